import { inMemory, within } from '../symbols/storage.ts';
import { libraryType } from '../symbols/summaries/access.ts';
import { sizeOf, stripped, typeName } from '../symbols/type.ts';
import { isInteger, isPointer, pointerTarget, pointerTo, UNSIGNED_LONG } from './c-types.ts';
import { cast } from './casts.ts';
import { libraryTarget } from './library.ts';
import type { Moment } from './names.ts';
import { addressOf, placeOf, valueOf, type Node } from './node.ts';
import { Operators } from './operators.ts';
import { Wrong } from './problem.ts';
import type { Span } from './syntax.ts';
import { sentence } from './values.ts';

/** `&`. */
export function addressed<M extends Moment>(node: Node<M>, span: Span): Node<M> {
  if (!node.isPlace || node.isText) throw new Wrong('It has no address: it is a value, not an object', node.span);
  if (node.bits !== undefined) throw new Wrong('A bit field has no address', node.span);
  const place = placeOf(node);
  return {
    type: pointerTo(node.type),
    span,
    isPlace: false,
    run: (moment) => BigInt(addressOf(place(moment), node.span)),
  };
}

/** `*`; an address without a type, such as a register's, is one of 64 bits. */
export function dereferenced<M extends Moment>(node: Node<M>, span: Span): Node<M> {
  const held = libraryTarget(node, span);
  if (held) return referred(held);
  const { type } = valueOf(node);
  const target = isPointer(type) ? pointerTarget(type) : undefined;
  if (target && target.kind !== 'void') return followed(node, span);
  if (!target && !isInteger(type))
    throw new Wrong(`A ${typeName(type)} cannot be followed: it is not a pointer`, node.span);
  return followed(cast(pointerTo(UNSIGNED_LONG), node, span), span);
}

/** What a pointer points to. */
export function followed<M extends Moment>(node: Node<M>, span: Span): Node<M> {
  const { type, run } = valueOf(node);
  const inner = stripped(type);
  const target = inner.kind === 'pointer' ? inner.target : type;
  return referred({
    type: target,
    span,
    isPlace: true,
    run: (moment) => ({ type: target, storage: inMemory(Number(run(moment)), moment.frame.read) }),
  });
}

/** The element of an array, or of what a pointer points into. */
export function element<M extends Moment>(array: Node<M>, index: Node<M>, span: Span): Node<M> {
  const inner = stripped(array.type);
  // An array may be in registers, or be a text: it has no address then, but elements.
  if (array.isPlace && inner.kind === 'array' && isInteger(index.type)) {
    const { element } = inner;
    const size = sizeOf(element);
    if (size !== undefined) {
      const place = placeOf(array);
      const at = valueOf(index).run;
      return referred({
        type: element,
        span,
        isPlace: true,
        run: (moment) => ({ type: element, storage: within(place(moment).storage, Number(at(moment)) * size) }),
      });
    }
  }
  if (inner.kind === 'struct' && !libraryType(array.type)?.scalar)
    throw new Wrong(
      `A ${typeName(array.type)} has no elements of its own: an operator[] of the program is not executed by the debugger`,
      array.span,
    );
  const sum = new Operators<M>().binary('+', array, index, span);
  if (!isPointer(sum.type)) throw new Wrong(`A ${typeName(array.type)} has no elements`, array.span);
  return dereferenced(sum, span);
}

/** What a reference refers to is what its name stands for. */
export function referred<M extends Moment>(node: Node<M>): Node<M> {
  const inner = stripped(node.type);
  if (inner.kind !== 'pointer' || inner.sigil === '*') return node;
  const place = placeOf(node);
  const { target } = inner;
  return {
    type: target,
    span: node.span,
    isPlace: true,
    run(moment) {
      const bytes = place(moment).storage.read(0, 8);
      if ('unavailable' in bytes) throw new Wrong(sentence(bytes.unavailable), node.span);
      const address = new DataView(bytes.buffer, bytes.byteOffset).getBigUint64(0, true);
      return { type: target, storage: inMemory(Number(address), moment.frame.read) };
    },
  };
}
