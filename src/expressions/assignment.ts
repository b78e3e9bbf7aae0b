import { inBytes } from '../symbols/storage.ts';
import { stripped, typeName, type StructType } from '../symbols/type.ts';
import { isScalar } from './c-types.ts';
import type { Moment } from './names.ts';
import { converted, placeOf, valueOf, type Node } from './node.ts';
import { succeed, Wrong } from './problem.ts';
import type { Span } from './syntax.ts';
import { encode, load, sentence, withField, type Place } from './values.ts';

/** A node that stores a value in an object, or where else the target keeps it. */
export function assignment<M extends Moment>(target: Node<M>, value: Node<M>, span: Span): Node<M> {
  const { type } = target;
  if (target.write) {
    const run = converted(valueOf(value), type);
    const { write } = target;
    return {
      type,
      span,
      isPlace: false,
      run(moment) {
        const given = run(moment);
        write(moment, given);
        return given;
      },
    };
  }
  if (!target.isPlace || target.isText)
    throw new Wrong('It cannot be assigned to: it is a value, not an object', target.span);
  const place = placeOf(target);
  const bytesOf = bytesFor(target, value);
  const isWhole = !isScalar(type);
  return {
    type,
    span,
    isPlace: isWhole,
    run(moment) {
      const found = place(moment);
      const bytes = bytesOf(moment, found);
      succeed(moment.store(found, bytes), span);
      // The frame may have a copy of the register that an object is in.
      return isWhole ? found : load({ ...found, storage: inBytes(bytes) }, span);
    },
  };
}

/** The bytes of an object after it was assigned a value; those around a bit field stay as they are. */
function bytesFor<M extends Moment>(target: Node<M>, value: Node<M>): (moment: M, place: Place) => Uint8Array {
  const { type, span } = target;
  const inner = stripped(type);
  const from = stripped(value.type);
  if (inner.kind === 'struct' && from.kind === 'struct' && value.isPlace && isSameStruct(inner, from)) {
    const source = placeOf(value);
    return (moment) => bytesOf(source(moment), inner.size, value.span);
  }
  if (!isScalar(type)) throw new Wrong(`A ${typeName(type)} cannot be assigned as a whole: assign its parts`, span);
  const run = converted(valueOf(value), type);
  return (moment, place) => {
    const number = run(moment);
    const { bits } = place;
    if (!bits) return encode(number, inner);
    return withField(bytesOf(place, Math.ceil((bits.first + bits.count) / 8), span), bits, number as bigint);
  };
}

function bytesOf({ storage }: Place, size: number, span: Span): Uint8Array {
  const bytes = storage.read(0, size);
  if ('unavailable' in bytes) throw new Wrong(sentence(bytes.unavailable), span);
  return bytes;
}

function isSameStruct(a: StructType, b: StructType): boolean {
  return a === b || (a.name !== '' && a.name === b.name && a.size === b.size);
}
