import type { ReadMemory } from '../frame.ts';
import { wordAt } from '../paged-memory.ts';
import { floatOf, integerOf, isSigned } from '../scalar.ts';
import { inMemory } from '../storage.ts';
import { sizeOf, stripped } from '../type.ts';
import type { Type } from '../type.ts';
import { isPointer, member, search } from './view.ts';

/** A key of a map as a person writes it. Texts are bytes. */
export type Key = bigint | number | Uint8Array;

/** How a key relates to the one at an address: below 0 if it is less, 0 if equal; undefined if that cannot be read. */
export type Comparison = (address: number, read: ReadMemory) => number | undefined;

/** Compares a key with keys of a type, as `<` does; undefined for types whose keys nobody can write. */
export function comparison(type: Type, key: Key): Comparison | undefined {
  const inner = stripped(type);
  if (key instanceof Uint8Array) {
    const text = textLayout(inner);
    return (
      text &&
      ((address, read) => {
        const found = text(address, read);
        return found && compareBytes(key, found);
      })
    );
  }
  if (inner.kind === 'base' && inner.encoding === 'float') {
    // As the program converts it.
    const wanted = inner.size === 4 ? Math.fround(Number(key)) : Number(key);
    return (address, read) => {
      const bytes = read(address, inner.size);
      const value = bytes && floatOf(bytes);
      return value === undefined ? undefined : wanted - value;
    };
  }
  if ((inner.kind !== 'base' && inner.kind !== 'enum' && inner.kind !== 'pointer') || inner.size > 8) return undefined;
  const { size } = inner;
  const hasSign = inner.kind !== 'pointer' && isSigned(inner);
  const whole = typeof key === 'bigint' ? key : BigInt(Number.isFinite(key) ? Math.trunc(key) : 0);
  const wanted = hasSign ? BigInt.asIntN(size * 8, whole) : BigInt.asUintN(size * 8, whole);
  return (address, read) => {
    const bytes = read(address, size);
    const value = bytes && integerOf(bytes, hasSign);
    return value === undefined ? undefined : wanted < value ? -1 : wanted > value ? 1 : 0;
  };
}

/** Longer texts are no keys. */
const LONGEST = 1 << 16;

/** How the bytes of a text are found that a type holds. */
function textLayout(type: Type): ((address: number, read: ReadMemory) => Uint8Array | undefined) | undefined {
  if (type.kind === 'pointer' && sizeOf(type.target) === 1)
    return (address, read) => untilNul(wordAt(address, read) ?? 0, read);
  if (type.kind !== 'struct') return undefined;
  // Offsets are those in an object at address 0.
  const object = { type, storage: inMemory(0, () => undefined) };
  const [pointer, length] =
    type.language === 'rust'
      ? [
          member(object, 'data_ptr') ?? search(member(object, 'vec'), isPointer),
          member(object, 'length') ?? member(object, 'vec', 'len'),
        ]
      : [
          member(object, '_M_dataplus', '_M_p') ?? member(object, '_M_str'),
          member(object, '_M_string_length') ?? member(object, '_M_len'),
        ];
  const [start, count] = [pointer?.storage.address, length?.storage.address];
  const target = pointer && stripped(pointer.type);
  if (start === undefined || count === undefined || target?.kind !== 'pointer' || sizeOf(target.target) !== 1)
    return undefined;
  return (address, read) => {
    const [from, size] = [wordAt(address + start, read), wordAt(address + count, read)];
    return from === undefined || size === undefined || size > LONGEST ? undefined : read(from, size);
  };
}

function untilNul(start: number, read: ReadMemory): Uint8Array | undefined {
  for (let size = 16; size <= LONGEST; size *= 2) {
    const bytes = read(start, size) ?? read(start, 4096 - (start % 4096));
    const end = bytes?.indexOf(0) ?? -1;
    if (end >= 0) return bytes!.subarray(0, end);
  }
  return undefined;
}

function compareBytes(left: Uint8Array, right: Uint8Array): number {
  const shorter = Math.min(left.length, right.length);
  for (let at = 0; at < shorter; at++) if (left[at] !== right[at]) return left[at] - right[at];
  return left.length - right.length;
}

/** Whether a tree holds its keys as `<` orders them (1), the other way round (-1), or as only the program knows. */
export function orderOf(comparator: Type | undefined): 1 | -1 | undefined {
  const inner = comparator && stripped(comparator);
  const [, name] = /^std::(?:__\w+::)*(less|greater)</.exec(inner?.kind === 'struct' ? inner.name : '') ?? [];
  if (name === undefined) return undefined;
  return name === 'less' ? 1 : -1;
}
