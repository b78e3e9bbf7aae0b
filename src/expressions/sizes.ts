import { sizeOf, stripped, typeName, type Type } from '../symbols/type.ts';
import { isInteger, UNSIGNED_LONG } from './c-types.ts';
import { constant } from './constants.ts';
import type { Moment } from './names.ts';
import { placeOf, valueOf, type Node } from './node.ts';
import { Wrong } from './problem.ts';
import type { Span } from './syntax.ts';
import type { Scalar } from './values.ts';

/** More elements than a view can page through are a mistake. */
const MOST_ELEMENTS = 1_000_000;

/** `sizeof`, of a type or of a node of it. */
export function size<M extends Moment>(type: Type, node: Node<M> | undefined, span: Span): Node<M> {
  const known = sizeOf(type);
  if (known !== undefined) return constant(UNSIGNED_LONG, BigInt(known), span);
  const inner = stripped(type);
  if (inner.kind === 'void' || inner.kind === 'function') return constant(UNSIGNED_LONG, 1n, span);
  if (!node?.isPlace || inner.kind !== 'array') throw new Wrong(`The size of ${typeName(type)} is not known`, span);
  // A variable-length array has its bounds where it is.
  const place = placeOf(node);
  return {
    type: UNSIGNED_LONG,
    span,
    isPlace: false,
    run(moment) {
      const found = sizeOf(place(moment).type);
      if (found === undefined) throw new Wrong(`The size of ${typeName(type)} is not known`, span);
      return BigInt(found);
    },
  };
}

/** _Alignof, where the debug information does not say otherwise: that of the largest scalar in it. */
export function alignment(type: Type): number {
  const inner = stripped(type);
  if (inner.kind === 'array') return alignment(inner.element);
  if (inner.kind === 'struct') return Math.max(1, ...inner.members.map((member) => alignment(member.type)));
  return Math.min(16, sizeOf(inner) ?? 1);
}

/** The elements of an array that begins with an object: `*p@n`. */
export function repeated<M extends Moment>(object: Node<M>, count: Node<M>, span: Span): Node<M> {
  const number = valueOf(count);
  if (!isInteger(number.type)) throw new Wrong('The number of elements must be an integer', count.span);
  // Of an array of unknown length its elements are repeated.
  const whole = stripped(object.type);
  const element = whole.kind === 'array' && sizeOf(whole) === undefined ? whole.element : object.type;
  if (sizeOf(element) === undefined) throw new Wrong(`The size of ${typeName(element)} is not known`, object.span);
  const place = placeOf(object);
  return {
    type: { kind: 'array', element, count: undefined },
    span,
    isPlace: true,
    run(moment) {
      const { storage } = place(moment);
      return { type: { kind: 'array', element, count: inRange(number.run(moment), count.span) }, storage };
    },
  };
}

/** A number of elements. */
export function inRange(count: Scalar, span: Span): number {
  const number = Number(count);
  if (number < 1 || number > MOST_ELEMENTS)
    throw new Wrong(`${number} elements cannot be shown: 1 to ${MOST_ELEMENTS} can`, span);
  return number;
}
