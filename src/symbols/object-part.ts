import { sizeOf, stripped } from './type.ts';
import type { Member, StructType, Type } from './type.ts';

/** A part of an object. */
export interface ObjectPart {
  /** What follows the object's name in an expression: `[17].next`; '' for the object itself. */
  readonly path: string;
  readonly type: Type;
  /** Bytes from the start of the part. */
  readonly offset: number;
}

/** Deeper than any type of a source. */
const DEEPEST = 64;

/** The smallest part of an object with a name of its own that holds the byte at an offset. */
export function partAt(type: Type, offset: number): ObjectPart {
  let part: ObjectPart & { readonly isNameless?: boolean } = { path: '', type, offset };
  for (let depth = 0; depth < DEEPEST; depth++) {
    const inner = innerPart(part, part.isNameless ?? false);
    if (!inner) break;
    part = inner;
  }
  return part;
}

/** The part of an array or structure within which an offset is; `undefined` where it has no such parts. */
function innerPart(
  { path, type, offset }: ObjectPart,
  isNameless: boolean,
): (ObjectPart & { readonly isNameless?: boolean }) | undefined {
  const inner = stripped(type);
  if (inner.kind === 'array') {
    const size = sizeOf(inner.element);
    if (!size) return undefined;
    const index = Math.floor(offset / size);
    return { path: `${path}[${index}]`, type: inner.element, offset: offset - index * size };
  }
  if (inner.kind !== 'struct' || inner.variants) return undefined;
  // Which of its members a union holds is not known; one without a name has no other name than those.
  if (inner.keyword === 'union' && !isNameless) return undefined;
  // A class may have members where a base of it has only padding.
  const found = inner.members.filter((one) => holds(one, offset));
  const member = found.find(({ isBase }) => !isBase) ?? found[0];
  if (member?.offset === undefined || isOfLibrary(inner, member)) return undefined;
  const isUnnamed = !member.isBase && member.name === '';
  return {
    path: member.isBase || isUnnamed ? path : `${path}.${member.name}`,
    type: member.type,
    offset: offset - member.offset,
    isNameless: isUnnamed,
  };
}

function holds({ isStatic, offset, bits, type }: Member, at: number): boolean {
  if (isStatic || offset === undefined) return false;
  if (!bits) return offset <= at && at < offset + (sizeOf(type) ?? Infinity);
  const first = offset + Math.floor(bits.first / 8);
  return first <= at && at < offset + Math.ceil((bits.first + bits.count) / 8);
}

/** What a library keeps in its classes has names that are reserved for it (C++17, 5.10); so have what lambdas capture. */
function isOfLibrary({ name: owner }: StructType, { name }: Member): boolean {
  return /^_[A-Z]/.test(name) || (name.startsWith('__') && owner.startsWith('std::'));
}
