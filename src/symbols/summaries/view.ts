import type { Children, ObjectReader } from '../children.ts';
import { integerOf } from '../scalar.ts';
import { inMemory, within } from '../storage.ts';
import type { Storage } from '../storage.ts';
import { sizeOf, stripped } from '../type.ts';
import type { Type } from '../type.ts';
import type { Key } from './keys.ts';

/** What is shown for an object of a library instead of its members. */
export interface Summary {
  /** One line; made when it is needed. */
  readonly text: () => string;
  /** Whether the line lists parts, so that it is left out deep inside other values. */
  readonly isLong: boolean;
  readonly children?: Children;
  /** Finds what a map holds for a key, without going through all that it holds. */
  readonly find?: (key: Key) => View | undefined;
  /** Of a text: where its characters are, how many, and the bytes of each. */
  readonly characters?: { readonly storage: Storage; readonly count: number; readonly unit: number };
  /** Of what holds one value or pointer: that. */
  readonly held?: View;
}

/** An object whose members are looked for by name. */
export interface View {
  readonly type: Type;
  readonly storage: Storage;
}

/** Deeper nesting of bases and members than any library has. */
const DEEPEST = 12;
/** No object of a program has more parts; a larger count is that of an object which was never constructed. */
const MOST_ELEMENTS = 2 ** 31;

/** What a search may still visit: in a damaged file a structure may contain itself, many times over. */
interface Budget {
  left: number;
}

const MOST_VISITED = 500;

/** The member that a path of names leads to, also those of base classes. */
export function member(view: View | undefined, ...path: readonly string[]): View | undefined {
  let found = view;
  for (const name of path) found = found && memberNamed(found, name, 0, { left: MOST_VISITED });
  return found;
}

function memberNamed({ type, storage }: View, name: string, depth: number, budget: Budget): View | undefined {
  const inner = stripped(type);
  if (inner.kind !== 'struct' || depth === DEEPEST || budget.left-- <= 0) return undefined;
  for (const one of inner.members)
    if (one.name === name && !one.isBase && one.offset !== undefined)
      return { type: one.type, storage: within(storage, one.offset) };
  for (const one of inner.members) {
    if ((!one.isBase && one.name !== '') || one.offset === undefined) continue;
    const part = { type: one.type, storage: within(storage, one.offset) };
    const found = memberNamed(part, name, depth + 1, budget);
    if (found !== undefined) return found;
  }
  return undefined;
}

/** The first part, at any depth, that a test accepts. */
export function search(
  view: View | undefined,
  accepts: (view: View, name: string) => boolean,
  depth = 0,
  budget: Budget = { left: MOST_VISITED },
): View | undefined {
  const inner = view && stripped(view.type);
  if (view === undefined || inner?.kind !== 'struct' || depth === DEEPEST) return undefined;
  for (const { name, type, offset } of inner.members) {
    if (offset === undefined || budget.left-- <= 0) continue;
    const part = { type, storage: within(view.storage, offset) };
    const found = accepts(part, name) ? part : search(part, accepts, depth + 1, budget);
    if (found !== undefined) return found;
  }
  return undefined;
}

export function isPointer({ type }: View): boolean {
  return stripped(type).kind === 'pointer';
}

/** An integer, a pointer's address, or what an object with a single scalar holds. */
export function numberIn(view: View | undefined, depth = 0): number | undefined {
  const inner = view && stripped(view.type);
  if (view === undefined || inner === undefined) return undefined;
  if (inner.kind === 'struct') {
    const only = inner.members.filter(({ type }) => sizeOf(type) !== 0);
    if (only.length !== 1 || only[0].offset === undefined || depth === DEEPEST) return undefined;
    return numberIn({ type: only[0].type, storage: within(view.storage, only[0].offset) }, depth + 1);
  }
  if (inner.kind !== 'base' && inner.kind !== 'pointer' && inner.kind !== 'enum') return undefined;
  const bytes = view.storage.read(0, inner.size);
  if ('unavailable' in bytes || inner.size > 8) return undefined;
  return Number(integerOf(bytes, inner.kind === 'base' && inner.encoding === 'signed'));
}

/** What a pointer points to. */
export function target(view: View | undefined, { read }: ObjectReader): View | undefined {
  const inner = view && stripped(view.type);
  const address = numberIn(view);
  if (inner?.kind !== 'pointer' || address === undefined || address === 0) return undefined;
  return { type: inner.target, storage: inMemory(address, read) };
}

/** How an object in memory is aligned (psABI, "C/C++ type details"). */
export function alignmentOf(type: Type, depth = 0, budget: Budget = { left: MOST_VISITED }): number {
  const inner = stripped(type);
  switch (inner.kind) {
    case 'struct':
      if (depth === DEEPEST || budget.left-- <= 0) return 8;
      return inner.members.reduce(
        (most, one) => (one.isStatic ? most : Math.max(most, alignmentOf(one.type, depth + 1, budget))),
        1,
      );
    case 'array':
      return depth === DEEPEST ? 8 : alignmentOf(inner.element, depth + 1, budget);
    case 'base':
      return inner.encoding === 'complex' ? inner.size / 2 : Math.max(1, inner.size);
    case 'member pointer':
      return 8;
    default:
      return sizeOf(inner) ?? 1;
  }
}

export function alignUp(offset: number, alignment: number): number {
  return Math.ceil(offset / alignment) * alignment;
}

/** A count that a container can have, else undefined: the object is not one, or not yet. */
export function plausible(count: number | undefined): number | undefined {
  return count !== undefined && Number.isInteger(count) && count >= 0 && count < MOST_ELEMENTS ? count : undefined;
}
