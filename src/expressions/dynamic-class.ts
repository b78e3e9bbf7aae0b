import { demangledType } from '../symbols/demangled-type.ts';
import { mangledClassOf } from '../symbols/dynamic-class.ts';
import type { ReadMemory } from '../symbols/frame.ts';
import { plainName } from '../symbols/mangled-name.ts';
import { inMemory } from '../symbols/storage.ts';
import { stripped, typeName, type StructType, type Type } from '../symbols/type.ts';
import { follow, isNamed } from './members.ts';
import { Wrong } from './problem.ts';
import type { Span } from './syntax.ts';

/** A class is found by its name with namespaces. */
export type ClassNamed = (name: string) => Type | undefined;

/** More parts of one object are not looked at; only hostile files have them. */
const MOST_PARTS = 500;

/** An object of a class: a whole one, or the part of another that a base class is. */
export interface ClassObject {
  readonly address: bigint;
  readonly type: StructType;
}

/** A part of an object, and whether it is public in it. */
interface Part extends ClassObject {
  readonly isPublic: boolean;
}

/** Where the whole object begins: the virtual table of its part says how far before it (Itanium C++ ABI, 2.5.2). */
export function startOfObject(pointer: bigint, read: ReadMemory, span: Span): bigint {
  const table = Number(word(pointer, read, span));
  return BigInt.asUintN(64, pointer + BigInt.asIntN(64, word(table - 16, read, span)));
}

/** The whole object with its class, whose name the virtual table leads to (Itanium C++ ABI, 2.9.5). */
export function objectAround(pointer: bigint, read: ReadMemory, classNamed: ClassNamed, span: Span): ClassObject {
  const table = Number(word(pointer, read, span));
  const mangled = mangledClassOf(table, read);
  if (mangled === undefined) throw new Wrong('There is no object: the name of its class cannot be read', span);
  const name = plainName(`_Z${mangled}`) ?? demangledType(mangled);
  const found = name === undefined ? undefined : classNamed(`::${name}`);
  const type = found && stripped(found);
  if (type?.kind !== 'struct') throw new Wrong(`The class of the object is not known: ${name ?? mangled}`, span);
  return { address: startOfObject(pointer, read, span), type };
}

/** Everything of a class that an object has, itself included; a virtual base, which several parts have, is there once. */
export function partsOf(object: ClassObject, wanted: StructType, read: ReadMemory, span: Span): readonly Part[] {
  const parts = new Map<string, Part>();
  const visit = ({ address, type }: ClassObject, isPublic: boolean): void => {
    const key = `${address} ${type.name}`;
    const known = parts.get(key);
    if (known && (known.isPublic || !isPublic)) return;
    if (parts.size >= MOST_PARTS)
      throw new Wrong(`A ${typeName(object.type)} has more than ${MOST_PARTS} base classes`, span);
    parts.set(key, { address, type, isPublic });
    for (const member of type.members) {
      const base = stripped(member.type);
      if (!member.isBase || base.kind !== 'struct') continue;
      const place = follow(inMemory(Number(address), read), [member], read, span).address ?? Number(address);
      visit({ address: BigInt(place), type: base }, isPublic && !member.isHidden);
    }
  };
  visit(object, true);
  return [...parts.values()].filter(({ type }) => isNamed(type.name, wanted.name));
}

/** The objects of a class, within a whole object, that a part of that is a base of, and whether it is public in them. */
export function partsAround(
  whole: ClassObject,
  part: ClassObject,
  wanted: StructType,
  read: ReadMemory,
  span: Span,
): readonly Part[] {
  return partsOf(whole, wanted, read, span).flatMap((around) => {
    const found = partsOf(around, part.type, read, span).find(({ address }) => address === part.address);
    return found ? [{ ...around, isPublic: found.isPublic }] : [];
  });
}

/** Where `dynamic_cast` leads from a part of an object (C++, [expr.dynamic.cast]); `undefined` where it fails. */
export function castAcross(
  whole: ClassObject,
  part: ClassObject,
  wanted: StructType,
  read: ReadMemory,
  span: Span,
): bigint | undefined {
  const around = partsAround(whole, part, wanted, read, span);
  if (around.length === 1 && around[0].isPublic) return around[0].address;
  const [self] = partsAround(whole, part, whole.type, read, span);
  const beside = partsOf(whole, wanted, read, span);
  return self?.isPublic && beside.length === 1 && beside[0].isPublic ? beside[0].address : undefined;
}

function word(address: number | bigint, read: ReadMemory, span: Span): bigint {
  const bytes = read(Number(address), 8);
  if (!bytes) throw new Wrong('There is no object: its virtual table cannot be read', span);
  return new DataView(bytes.buffer, bytes.byteOffset).getBigUint64(0, true);
}
