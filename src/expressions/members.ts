import { stripped, type Member, type StructType, type Type } from '../symbols/type.ts';

/** A member, however deep in anonymous members and base classes. */
export interface FoundMember {
  readonly member: Member;
  /** Bytes from the start of the outer structure; undefined in a virtual base. */
  readonly offset: number | undefined;
}

/** Deeper inheritance is not followed; only hostile input has it. */
const DEEPEST = 50;

/** Finds a member by its name, or by `Base::name`. */
export function findMember(type: StructType, name: string): FoundMember | undefined {
  const cut = name.lastIndexOf('::');
  if (cut >= 0) {
    const base = findBase(type, name.slice(0, cut));
    const found = base && findMember(base.type, name.slice(cut + 2));
    return found && { member: found.member, offset: plus(base.offset, found.offset) };
  }
  return search(type, name, 0, 0);
}

function search(type: StructType, name: string, start: number | undefined, depth: number): FoundMember | undefined {
  if (depth > DEEPEST) return undefined;
  const own = type.members.find((member) => !member.isBase && member.name === name);
  if (own) return { member: own, offset: plus(start, own.offset) };
  const base = type.members.find((member) => member.isBase && member.name === name);
  if (base) return { member: base, offset: plus(start, base.offset) };
  for (const member of type.members) {
    const inner = stripped(member.type);
    if (inner.kind !== 'struct' || !(member.isBase || member.name === '')) continue;
    const found = search(inner, name, plus(start, member.offset), depth + 1);
    if (found) return found;
  }
  return undefined;
}

/** A class that this one inherits from, itself included, and where it lies in it. */
export function findBase(
  type: StructType,
  name: string,
  depth = 0,
): { readonly type: StructType; readonly offset: number | undefined } | undefined {
  if (type.name === name || type.name.endsWith(`::${name}`)) return { type, offset: 0 };
  if (depth > DEEPEST) return undefined;
  for (const member of type.members) {
    const inner = stripped(member.type);
    if (!member.isBase || inner.kind !== 'struct') continue;
    const found = findBase(inner, name, depth + 1);
    if (found) return { type: found.type, offset: plus(member.offset, found.offset) };
  }
  return undefined;
}

/** The names that can follow a `.`: those of anonymous members and base classes included. */
export function memberNames(type: StructType, depth = 0): { readonly name: string; readonly type: Type }[] {
  if (depth > DEEPEST) return [];
  return type.members.flatMap((member) => {
    const inner = stripped(member.type);
    const isOpen = inner.kind === 'struct' && (member.isBase || member.name === '');
    return isOpen ? memberNames(inner, depth + 1) : [{ name: member.name, type: member.type }];
  });
}

function plus(a: number | undefined, b: number | undefined): number | undefined {
  return a === undefined || b === undefined ? undefined : a + b;
}
