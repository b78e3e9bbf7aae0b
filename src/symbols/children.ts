import type { ReadMemory } from './frame.ts';
import { within } from './storage.ts';
import type { Storage, Unavailable } from './storage.ts';
import { sizeOf, stripped, typeName } from './type.ts';
import type { ArrayType, Member, StructType, Type } from './type.ts';
import type { Value } from './value.ts';
import { activeCase } from './variants.ts';

export type NamedValue = {
  readonly name: string;
  /** Set for parts that are no members of their own name. */
  readonly role?: 'base' | 'static' | 'anonymous' | 'target';
} & (Value | (Unavailable & { readonly type: string }));

/** Members, elements or what a pointer points to; read when sliced. */
export interface Children {
  readonly count: number;
  readonly isIndexed: boolean;
  /** @param asHex how integers are written; as in the value itself when absent. */
  slice(start: number, count: number, asHex?: boolean): NamedValue[];
  /** The number of an element that a slice has shown under a name; for elements that are not named by their numbers. */
  numberOf?(name: string): number | undefined;
  /** Of elements that follow each other in memory. */
  readonly run?: { readonly address: number; readonly size: number };
  /** The class of the object that they are of, where that is not the one that the pointer or reference to it declares. */
  readonly dynamicClass?: StructType;
  /** The members of an object whose children are not its members. */
  raw?(): NamedValue;
}

/** A member function of a class. */
export interface Method {
  readonly of: Type;
  readonly mangled: string;
}

/** Reads parts of a value. */
export interface ObjectReader {
  readonly read: ReadMemory;
  /** The member function that begins at an address: objects that hold anything know what by their functions. */
  readonly methodAt: (address: number) => Method | undefined;
  /** A part on one line. */
  text(type: Type, storage: Storage, bits?: Member['bits']): string;
  named(name: string, type: Type, storage: Storage, asHex?: boolean, bits?: Member['bits']): NamedValue;
}

/** Where a member of an object is. */
export function placeOfMember(member: Member, object: Storage, read: ReadMemory): Storage | Unavailable {
  if (member.offset !== undefined) return within(object, member.offset);
  return member.find?.(object, read) ?? { unavailable: 'its place is not described' };
}

export function structChildren({ members }: StructType, storage: Storage, reader: ObjectReader): Children {
  return {
    count: members.length,
    isIndexed: false,
    slice: (start, count, asHex) =>
      members.slice(start, start + count).map((member) => memberValue(member, storage, reader, asHex)),
  };
}

function memberValue(member: Member, storage: Storage, reader: ObjectReader, asHex: boolean | undefined): NamedValue {
  const name = member.name || `(${stripped(member.type).kind === 'struct' ? 'anonymous' : 'unnamed'})`;
  const role = member.isBase ? 'base' : member.isStatic ? 'static' : member.name === '' ? 'anonymous' : undefined;
  const place = placeOfMember(member, storage, reader.read);
  const value =
    'unavailable' in place
      ? { name, type: typeName(member.type), ...place }
      : reader.named(name, member.type, place, asHex, member.bits);
  return role === undefined ? value : { ...value, role };
}

/** The members of the alternative that an object holds, behind those that all alternatives have. */
export function variantChildren(type: StructType, storage: Storage, reader: ObjectReader): Children {
  const common = structChildren(type, storage, reader);
  const active = activeCase(type, storage);
  if (active === undefined || 'unavailable' in active) return common;
  const place = placeOfMember(active.member, storage, reader.read);
  const payload = stripped(active.member.type);
  if ('unavailable' in place || payload.kind !== 'struct') return common;
  return structChildren({ ...payload, members: [...type.members, ...payload.members] }, place, reader);
}

export function arrayChildren(
  { element, count }: ArrayType,
  storage: Storage,
  reader: ObjectReader,
): Children | undefined {
  const size = sizeOf(element);
  if (count === undefined || count === 0 || size === undefined) return undefined;
  const at = (index: number, asHex: boolean | undefined): NamedValue =>
    reader.named(`[${index}]`, element, within(storage, index * size), asHex);
  const { address } = storage;
  return { ...elements(count, () => at), ...(address === undefined ? {} : { run: { address, size } }) };
}

/** Children that are counted. @param open begins a question about some of them */
export function elements(
  count: number,
  open: () => (index: number, asHex: boolean | undefined) => NamedValue,
): Children {
  return {
    count,
    isIndexed: true,
    slice(start, wanted, asHex) {
      const at = open();
      const values: NamedValue[] = [];
      for (let index = start; index < Math.min(count, start + wanted); index++) values.push(at(index, asHex));
      return values;
    },
  };
}
