import type { NamedValue, ObjectReader } from '../children.ts';
import { shortTypeName } from '../demangled-type.ts';
import type { Storage } from '../storage.ts';
import { stripped, typeName } from '../type.ts';
import type { Type } from '../type.ts';
import { wrapped } from './listing.ts';
import type { Summary, View } from './view.ts';

/** An object that holds one of a type which only the program knows: the value behind its type, `(int) 42`. */
export function heldAs(view: View, reader: ObjectReader): Summary {
  const inner = stripped(view.type);
  const type = inner.kind === 'struct' && inner.name === '' ? 'lambda' : shortTypeName(typeName(view.type));
  return {
    ...wrapped(view, reader, (text) => `(${type}) ${text}`),
    ...part(view, reader),
  };
}

/** What is held as the only part, where it has no parts of its own: so that it can be looked at and changed. */
function part({ type, storage }: View, reader: ObjectReader): Pick<Summary, 'children'> {
  const value = reader.named('[held]', type, storage);
  if ('children' in value && value.children) return {};
  const only = (asHex?: boolean): NamedValue => reader.named('[held]', type, storage, asHex);
  return {
    children: {
      count: 1,
      isIndexed: false,
      slice: (start, count, asHex) => (start === 0 && count > 0 ? [only(asHex)] : []),
    },
  };
}

/** A fixed text. */
export function says(text: string): Summary {
  return { text: () => text, isLong: false };
}

/** Bits of one truth value, wherever they are. */
export const BOOL: Type = { kind: 'base', name: 'bool', size: 1, encoding: 'boolean' };

/** One bit of an object as a truth value. */
export function bitOf(storage: Storage, bit: number): View {
  return {
    type: BOOL,
    storage: {
      read: () => {
        const byte = storage.read(Math.floor(bit / 8), 1);
        return 'unavailable' in byte ? byte : Uint8Array.of((byte[0] >> (bit % 8)) & 1);
      },
    },
  };
}
