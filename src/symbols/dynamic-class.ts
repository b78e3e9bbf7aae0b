import { placeOfMember } from './children.ts';
import type { Method } from './children.ts';
import { demangledType } from './demangled-type.ts';
import type { ReadMemory } from './frame.ts';
import { plainName } from './mangled-name.ts';
import { wordAt } from './paged-memory.ts';
import { integerOf } from './scalar.ts';
import { inMemory } from './storage.ts';
import type { Storage } from './storage.ts';
import { stripped } from './type.ts';
import type { StructType, Type } from './type.ts';

/** Longer names of classes are taken for damage. */
const LONGEST_NAME = 1024;
const NAME_PART = 64;
/** As deep as inheritance is followed. */
const DEEPEST = 50;
/** More base classes of one object are not looked at; only hostile files have them. */
const MOST_BASES = 500;
/** Functions of a virtual table that are looked at. */
const MOST_FUNCTIONS = 64;
/** No object has its parts further apart. */
const LARGEST_OBJECT = 2 ** 30;

/** What is needed to say of which class an object is. */
export interface ClassContext {
  readonly read: ReadMemory;
  /** `vtable for ns::Class+16` for the address of a virtual table. */
  readonly describeData: (address: number) => string | undefined;
  /** A class by its name with namespaces. @param near an address in the file that makes objects of it */
  readonly classNamed?: (name: string, near: number) => Type | undefined;
  /** The member function that begins at an address. */
  readonly methodAt?: (address: number) => Method | undefined;
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

/** The mangled name of the class whose virtual table this is (Itanium C++ ABI, 2.9.5); undefined where there is none. */
export function mangledClassOf(table: number, read: ReadMemory): string | undefined {
  const information = wordAt(table - 8, read);
  return information ? mangledNameAt(information, read) : undefined;
}

/** The mangled name that a `std::type_info` has. */
export function mangledNameAt(information: number, read: ReadMemory): string | undefined {
  const start = wordAt(information + 8, read);
  let found = '';
  for (let at = start ?? 0; at > 0 && found.length < LONGEST_NAME;) {
    // Up to the next boundary: what follows the name may be no memory.
    const bytes = read(at, NAME_PART - (at % NAME_PART));
    if (!bytes) return undefined;
    const end = bytes.indexOf(0);
    found += String.fromCharCode(...bytes.subarray(0, end < 0 ? bytes.length : end));
    if (end >= 0) return found.replace(/^\*/, '') || undefined;
    at += bytes.length;
  }
  return undefined;
}

/**
 * The whole object that an object of a class is a part of, if that is of another class. What the memory says is believed only if
 * such an object has the part where it is: pointers may lead anywhere.
 */
export function wholeObject(
  type: StructType,
  { address }: Storage,
  context: ClassContext,
): { readonly type: StructType; readonly storage: Storage } | undefined {
  const { read, classNamed } = context;
  if (address === undefined || !classNamed || type.language !== 'c++' || !hasVirtualTable(type)) return undefined;
  const table = wordAt(address, read);
  if (!table || !Number.isSafeInteger(table)) return undefined;
  const toStart = read(table - 16, 8);
  if (toStart === undefined) return undefined;
  const start = address + Number(integerOf(toStart, true));
  if (!(start > 0 && start <= address && address - start < LARGEST_OBJECT)) return undefined;
  const found = classOf(table, wordAt(start, read) ?? table, context);
  const whole = found && stripped(found);
  if (whole?.kind !== 'struct' || whole.isIncomplete || whole.name === type.name) return undefined;
  const storage = inMemory(start, read);
  return hasPart(whole, storage, type, address, read) ? { type: whole, storage } : undefined;
}

/** @param primary the virtual table that the whole object begins with */
function classOf(table: number, primary: number, context: ClassContext): Type | undefined {
  const { read, describeData, classNamed } = context;
  const mangled = mangledClassOf(table, read);
  // Without type information the symbol says it.
  const plain =
    mangled === undefined
      ? /^vtable for (.*?)(?:\+\d+)?$/.exec(describeData(table) ?? '')?.[1]
      : plainName(`_Z${mangled}`);
  const found = plain === undefined ? undefined : classNamed!(plain, table);
  if (found ?? mangled === undefined) return found;
  const name = demangledType(mangled);
  return classOfFunctions(primary, mangled, context) ?? (name === undefined ? undefined : classNamed!(name, table));
}

/** The class that declares one of the functions of a virtual table, if it has this name: compilers spell templates differently. */
function classOfFunctions(table: number, mangled: string, { read, methodAt }: ClassContext): Type | undefined {
  if (!methodAt) return undefined;
  for (let slot = 0; slot < MOST_FUNCTIONS; slot++) {
    const address = wordAt(table + slot * 8, read);
    if (address === undefined) return undefined;
    const method = methodAt(address);
    if (method && isMethodOf(method.mangled, mangled)) return method.of;
  }
  return undefined;
}

/** Whether a mangled name is that of a member function of a class: `_ZN3BoxIiE3getEv` of `3BoxIiE`. */
function isMethodOf(method: string, mangled: string): boolean {
  if (mangled.startsWith('Z')) {
    // A class in a function: `_ZZ4mainEN5Local3getEv` of `Z4mainE5Local`.
    for (let end = mangled.indexOf('E'); end >= 0; end = mangled.indexOf('E', end + 1))
      if (follows(method, `_Z${mangled.slice(0, end + 1)}`, mangled.slice(end + 1))) return true;
    return false;
  }
  return follows(method, '_Z', mangled.startsWith('N') ? mangled.slice(1, -1) : mangled);
}

function follows(method: string, before: string, name: string): boolean {
  if (!method.startsWith(`${before}N`)) return false;
  const rest = method.slice(before.length + 1).replace(/^r?V?K?[RO]?/, '');
  return rest.startsWith(name) && rest[name.length] !== 'I';
}

/** Whether an object has a base class at an address. */
function hasPart(whole: StructType, object: Storage, wanted: StructType, address: number, read: ReadMemory): boolean {
  let left = MOST_BASES;
  const visit = (type: StructType, storage: Storage, depth: number): boolean => {
    if (depth > DEEPEST || left-- <= 0) return false;
    if (storage.address === address && type.name === wanted.name) return true;
    return type.members.some((member) => {
      const base = stripped(member.type);
      if (!member.isBase || base.kind !== 'struct') return false;
      const place = placeOfMember(member, storage, read);
      return !('unavailable' in place) && visit(base, place, depth + 1);
    });
  };
  return visit(whole, object, 0);
}
