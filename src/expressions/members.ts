import type { ReadMemory } from '../symbols/frame.ts';
import { within, type Storage } from '../symbols/storage.ts';
import { stripped, type Member, type StructType, type Type } from '../symbols/type.ts';
import { Wrong } from './problem.ts';
import type { Span } from './syntax.ts';
import { sentence } from './values.ts';

/** The way to a member through anonymous members and base classes; the member itself is its last step. */
export type MemberPath = readonly Member[];

/** Deeper inheritance is not followed; only hostile input has it. */
const DEEPEST = 50;

/** Finds a member or a base class by its name, or a member by `Base::name`. */
export function findMember(type: StructType, name: string): MemberPath | undefined {
  const found = search(type, name, new Set());
  return found ?? memberOfBase(type, name);
}

function memberOfBase(type: StructType, name: string): MemberPath | undefined {
  const cut = name.lastIndexOf('::');
  if (cut >= 0) {
    const base = findBase(type, name.slice(0, cut));
    const found = base && findMember(base.type, name.slice(cut + 2));
    return found && [...base.path, ...found];
  }
  return undefined;
}

/** @param seen classes that do not have it, and those on the way. */
function search(type: StructType, name: string, seen: Set<StructType>, depth = 0): MemberPath | undefined {
  if (depth > DEEPEST || seen.has(type)) return undefined;
  seen.add(type);
  const own = type.members.find((member) => !member.isBase && member.name === name);
  if (own) return [own];
  const base = type.members.find((member) => member.isBase && isNamed(member.name, name));
  if (base) return [base];
  for (const member of type.members) {
    const inner = stripped(member.type);
    if (inner.kind !== 'struct' || !(member.isBase || member.name === '')) continue;
    const found = search(inner, name, seen, depth + 1);
    if (found) return [member, ...found];
  }
  return undefined;
}

/** A class that this one inherits from, itself included, and the way to it. */
export function findBase(
  type: StructType,
  name: string,
  seen = new Set<StructType>(),
  depth = 0,
): { readonly type: StructType; readonly path: MemberPath } | undefined {
  if (isNamed(type.name, name)) return { type, path: [] };
  if (depth > DEEPEST || seen.has(type)) return undefined;
  seen.add(type);
  for (const member of type.members) {
    const inner = stripped(member.type);
    if (!member.isBase || inner.kind !== 'struct') continue;
    const found = findBase(inner, name, seen, depth + 1);
    if (found) return { type: found.type, path: [member, ...found.path] };
  }
  return undefined;
}

/** Whether a class is meant by a name, which may lack namespaces or have more of them. */
export function isNamed(own: string, name: string): boolean {
  return own !== '' && (own === name || name.endsWith(`::${own}`) || own.endsWith(`::${name}`));
}

/** Where the end of a way is in an object. Throws `Wrong` where the object does not say. */
export function follow(object: Storage, path: MemberPath, read: ReadMemory, span: Span): Storage {
  return path.reduce((storage, { name, offset, find }) => {
    if (offset !== undefined) return within(storage, offset);
    const found = find?.(storage, read) ?? { unavailable: 'its place is not known' };
    if ('unavailable' in found) throw new Wrong(sentence(`${name} has no value: ${found.unavailable}`), span);
    return found;
  }, object);
}

/** Bytes from the start of an object to the end of a way; undefined where it depends on the object. */
export function distance(path: MemberPath): number | undefined {
  return path.reduce<number | undefined>(
    (sum, { offset }) => (sum === undefined || offset === undefined ? undefined : sum + offset),
    0,
  );
}

/** The names that can follow a `.`: those of anonymous members and base classes included. */
export function memberNames(
  type: StructType,
  seen = new Set<StructType>(),
  depth = 0,
): { readonly name: string; readonly type: Type }[] {
  if (depth > DEEPEST || seen.has(type)) return [];
  seen.add(type);
  return type.members.flatMap((member) => {
    const inner = stripped(member.type);
    const isOpen = inner.kind === 'struct' && (member.isBase || member.name === '');
    return isOpen ? memberNames(inner, seen, depth + 1) : [{ name: member.name, type: member.type }];
  });
}
