import type { ReadMemory } from '../symbols/frame.ts';
import { plainName } from '../symbols/mangled-name.ts';
import { inMemory } from '../symbols/storage.ts';
import { stripped, type StructType, type Type } from '../symbols/type.ts';
import { findBase, follow } from './members.ts';
import { Wrong } from './problem.ts';
import type { Span } from './syntax.ts';

/** A class is found by its name with namespaces. */
export type ClassNamed = (name: string) => Type | undefined;

/** Longer names of classes are taken for damage. */
const LONGEST_NAME = 1024;
const NAME_PART = 64;
/** As deep as inheritance is followed. */
const DEEPEST = 50;

/** A whole object, of which a pointer to a class leads to a part. */
export interface WholeObject {
  readonly address: bigint;
  readonly type: StructType;
}

/** Where the whole object begins: the virtual table of its part says how far before it (Itanium C++ ABI, 2.5.2). */
export function startOfObject(pointer: bigint, read: ReadMemory, span: Span): bigint {
  const table = Number(word(pointer, read, span));
  return BigInt.asUintN(64, pointer + BigInt.asIntN(64, word(table - 16, read, span)));
}

/** The whole object with its class, whose name the virtual table leads to (Itanium C++ ABI, 2.9.5). */
export function objectAround(pointer: bigint, read: ReadMemory, classNamed: ClassNamed, span: Span): WholeObject {
  const table = Number(word(pointer, read, span));
  const information = Number(word(table - 8, read, span));
  const mangled = text(Number(word(information + 8, read, span)), read, span);
  const name = plainName(`_Z${mangled.replace(/^\*/, '')}`);
  const found = name === undefined ? undefined : classNamed(`::${name}`);
  const type = found && stripped(found);
  if (type?.kind !== 'struct') throw new Wrong(`The class of the object is not known: ${name ?? mangled}`, span);
  return { address: startOfObject(pointer, read, span), type };
}

/** Where an object has a part of another class; `undefined` if it has none. */
export function partOf(
  { address, type }: WholeObject,
  wanted: StructType,
  read: ReadMemory,
  span: Span,
): bigint | undefined {
  const way = findBase(type, wanted.name)?.path;
  return way && BigInt(follow(inMemory(Number(address), read), way, read, span).address ?? Number(address));
}

/** Whether objects of a class begin with the address of a virtual table. */
export function hasVirtualTable(type: StructType, depth = 0): boolean {
  const [first] = type.members.filter(({ isStatic, offset }) => !isStatic && offset === 0);
  if (first === undefined || depth > DEEPEST) return false;
  const inner = stripped(first.type);
  return (
    first.name.startsWith('_vptr') || (first.isBase && inner.kind === 'struct' && hasVirtualTable(inner, depth + 1))
  );
}

function word(address: number | bigint, read: ReadMemory, span: Span): bigint {
  const bytes = read(Number(address), 8);
  if (!bytes) throw new Wrong('There is no object: its virtual table cannot be read', span);
  return new DataView(bytes.buffer, bytes.byteOffset).getBigUint64(0, true);
}

function text(address: number, read: ReadMemory, span: Span): string {
  let found = '';
  for (let at = address; found.length < LONGEST_NAME;) {
    // Up to the next boundary: what follows the name may be no memory.
    const bytes = read(at, NAME_PART - (at % NAME_PART));
    if (!bytes) break;
    const end = bytes.indexOf(0);
    found += String.fromCharCode(...bytes.subarray(0, end < 0 ? bytes.length : end));
    if (end >= 0) return found;
    at += bytes.length;
  }
  throw new Wrong('There is no object: the name of its class cannot be read', span);
}
