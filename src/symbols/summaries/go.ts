import type { ObjectReader } from '../children.ts';
import type { Storage } from '../storage.ts';
import type { StructType } from '../type.ts';
import { stripped } from '../type.ts';
import { sequence, text } from './listing.ts';
import { member, numberIn, plausible } from './view.ts';
import type { Summary } from './view.ts';

/**
 * What a structure of Go is by the members that its runtime gives it (reflect.StringHeader, reflect.SliceHeader): types
 * that a program names have the same. The pointer to the first element.
 */
export function goSequence({ members }: StructType): { readonly isText: boolean; readonly first: string } | undefined {
  const names = members.map(({ name }) => name).join();
  if (names === 'str,len') return { isText: true, first: 'str' };
  return names === 'array,len,cap' ? { isText: false, first: 'array' } : undefined;
}

/** Strings and slices of Go. */
export function summariseGo(type: StructType, storage: Storage, reader: ObjectReader): Summary | undefined {
  const found = goSequence(type);
  if (!found) return undefined;
  const object = { type, storage };
  const count = plausible(numberIn(member(object, 'len')));
  const first = member(object, found.first);
  if (found.isText) return text(first, count, reader);
  const pointer = first && stripped(first.type);
  const address = numberIn(first);
  if (pointer?.kind !== 'pointer' || address === undefined || count === undefined) return undefined;
  return sequence(pointer.target, address, count, reader);
}
