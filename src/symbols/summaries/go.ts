import type { ObjectReader } from '../children.ts';
import type { Storage } from '../storage.ts';
import type { StructType } from '../type.ts';
import { stripped } from '../type.ts';
import { sequence, text } from './listing.ts';
import { member, numberIn, plausible } from './view.ts';
import type { Summary } from './view.ts';

/** Strings and slices of Go, as its runtime lays them out (reflect.StringHeader, reflect.SliceHeader). */
export function summariseGo(type: StructType, storage: Storage, reader: ObjectReader): Summary | undefined {
  const object = { type, storage };
  const count = plausible(numberIn(member(object, 'len')));
  if (type.name === 'string') return text(member(object, 'str'), count, reader);
  if (!type.name.startsWith('[]')) return undefined;
  const array = member(object, 'array');
  const pointer = array && stripped(array.type);
  const address = numberIn(array);
  if (pointer?.kind !== 'pointer' || address === undefined || count === undefined) return undefined;
  return sequence(pointer.target, address, count, reader);
}
