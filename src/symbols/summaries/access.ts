import type { NamedValue } from '../children.ts';
import type { ReadMemory } from '../frame.ts';
import { inBytes, inMemory, within } from '../storage.ts';
import type { Storage, Unavailable } from '../storage.ts';
import { sizeOf, stripped } from '../type.ts';
import type { StructType, Type } from '../type.ts';
import { readerOf } from '../value.ts';
import { goSequence } from './go.ts';
import { BOOL } from './held.ts';
import type { Key } from './keys.ts';
import { libstdcxxName } from './libstdcxx.ts';
import { summarise } from './summary.ts';
import { target } from './view.ts';
import type { Summary, View } from './view.ts';

/** What an object of a standard library is in an expression, besides a structure. */
export interface LibraryType {
  /** Of the elements that `[]` gives, by their number or by keys of a type. */
  readonly element?: { readonly type: Type; readonly by: 'number' | Type };
  /** Of what `*` and `->` lead to. */
  readonly target?: Type;
  /** Text that can be compared with text. */
  readonly isText?: boolean;
  /** It stands for a scalar: a pointer that is owned, a number that is shared. */
  readonly scalar?: Type;
}

/** Longer texts are compared up to here. */
const LONGEST_TEXT = 4096;

/** Undefined for types that are of no library, or not known. */
export function libraryType(type: Type): LibraryType | undefined {
  const inner = stripped(type);
  if (inner.kind !== 'struct') return undefined;
  switch (inner.language) {
    case 'c':
      return undefined;
    case 'c++':
      return libstdcxxType(inner);
    case 'go':
      return goType(inner);
    case 'rust':
      return rustType(inner);
  }
}

function goType(type: StructType): LibraryType | undefined {
  const found = goSequence(type);
  const first = found && type.members.find(({ name }) => name === found.first);
  const pointer = first && stripped(first.type);
  if (pointer?.kind !== 'pointer') return undefined;
  return { element: { type: pointer.target, by: 'number' }, ...(found?.isText ? { isText: true } : {}) };
}

function libstdcxxType(type: StructType): LibraryType | undefined {
  const [first, second] = type.templateArguments as readonly (Type | undefined)[];
  const name = libstdcxxName(type);
  if (name === 'path') return { isText: true };
  if (name === 'bitset') return { element: { type: BOOL, by: 'number' } };
  if (first === undefined) return undefined;
  switch (name) {
    case 'basic_string':
    case 'basic_string_view':
      return { element: { type: first, by: 'number' }, ...(sizeOf(first) === 1 ? { isText: true } : {}) };
    case 'vector':
    case 'array':
    case 'deque':
    case 'span':
    case 'initializer_list':
    case 'valarray':
    case 'list':
    case 'forward_list':
      return { element: { type: first, by: 'number' } };
    case 'map':
    case 'unordered_map':
      return second && { element: { type: second, by: first } };
    case 'unique_ptr':
    case 'shared_ptr':
    case 'weak_ptr':
      return { target: first, scalar: { kind: 'pointer', sigil: '*', size: 8, target: first } };
    case 'optional':
    case 'expected':
    case 'reference_wrapper':
      return { target: first };
    case 'atomic':
    case 'duration':
      return { scalar: first };
    case '__normal_iterator': {
      const pointer = stripped(first);
      return pointer.kind === 'pointer' ? { target: pointer.target } : undefined;
    }
    case '_Rb_tree_iterator':
    case '_Rb_tree_const_iterator':
    case '_List_iterator':
    case '_List_const_iterator':
    case '_Fwd_list_iterator':
    case '_Deque_iterator':
    case '_Node_iterator':
    case '_Node_const_iterator':
      return { target: first };
    default:
      return undefined;
  }
}

function rustType(type: StructType): LibraryType | undefined {
  const [first, second] = type.templateArguments as readonly (Type | undefined)[];
  const data = type.members.find(({ name }) => name === 'data_ptr');
  const pointer = data && stripped(data.type);
  if (pointer?.kind === 'pointer')
    return { element: { type: pointer.target, by: 'number' }, ...(/\bstr\b/.test(type.name) ? { isText: true } : {}) };
  switch (type.name.replace(/<.*$/, '')) {
    case 'alloc::string::String':
      return { isText: true };
    case 'alloc::vec::Vec':
    case 'alloc::collections::vec_deque::VecDeque':
      return first && { element: { type: first, by: 'number' } };
    case 'std::collections::hash::map::HashMap':
    case 'hashbrown::map::HashMap':
      return first && second && { element: { type: second, by: first } };
    case 'alloc::rc::Rc':
    case 'alloc::sync::Arc':
    case 'core::cell::RefCell':
    case 'core::cell::Cell':
      return first && { target: first };
    default:
      return undefined;
  }
}

const UNUSABLE: Unavailable = { unavailable: 'the object is damaged or not constructed yet' };

/** The element with a number. */
export function elementAt(object: View, index: number, read: ReadMemory): Storage | Unavailable {
  const summary = summaryOf(object, read);
  const count = summary && countIn(summary);
  if (summary === undefined || count === undefined) return UNUSABLE;
  if (index < 0 || index >= count)
    return { unavailable: `it has ${count} element${count === 1 ? '' : 's'}, and ${index} is none of their numbers` };
  if (summary.characters) return within(summary.characters.storage, index * summary.characters.unit);
  return placeOfPart(summary.children?.slice(index, 1)[0], read);
}

/** The value of a map's entry. @param shown the key as a person writes it */
export function entryWith(object: View, key: Key, shown: string, read: ReadMemory): Storage | Unavailable {
  const summary = summaryOf(object, read);
  if (summary?.find === undefined) return UNUSABLE;
  return summary.find(key)?.storage ?? { unavailable: `it has no key ${shown}` };
}

/** How many elements or characters an object has. */
export function countOf(object: View, read: ReadMemory): number | Unavailable {
  const summary = summaryOf(object, read);
  return (summary && countIn(summary)) ?? UNUSABLE;
}

/** What `*` leads to. */
export function targetOf(object: View, read: ReadMemory): Storage | Unavailable {
  const held = summaryOf(object, read)?.held;
  if (held === undefined) return { unavailable: 'it holds nothing' };
  if (!isPointerTo(held, object)) return held.storage;
  return target(held, readerOf({ read }, 0))?.storage ?? { unavailable: 'it is a null pointer' };
}

/** Where the scalar is that an object stands for. */
export function scalarIn(object: View, read: ReadMemory): Storage | Unavailable {
  return summaryOf(object, read)?.held?.storage ?? UNUSABLE;
}

/** The bytes of a text, without a NUL at its end. */
export function textIn(object: View, read: ReadMemory): Uint8Array | Unavailable {
  const summary = summaryOf(object, read);
  const inner = summary?.held;
  const characters = summary?.characters ?? (inner && summaryOf(inner, read)?.characters);
  if (characters === undefined) return UNUSABLE;
  return characters.storage.read(0, Math.min(characters.count, LONGEST_TEXT));
}

/** Where the first character or element is, for objects whose elements follow one another in memory. */
export function startOf(object: View, read: ReadMemory): number | undefined {
  const summary = summaryOf(object, read);
  return summary?.characters?.storage.address ?? addressOf(elementAt(object, 0, read));
}

function summaryOf({ type, storage }: View, read: ReadMemory): Summary | undefined {
  const inner = stripped(type);
  return inner.kind === 'struct' ? summarise(inner, storage, readerOf({ read }, 0)) : undefined;
}

function countIn({ characters, children }: Summary): number | undefined {
  return characters?.count ?? children?.count;
}

/** Whether what is held is the pointer itself, not what `*` leads to. */
function isPointerTo(held: View, object: View): boolean {
  const inner = stripped(object.type);
  const name = inner.kind === 'struct' ? libstdcxxName(inner) : undefined;
  return stripped(held.type).kind === 'pointer' && name !== undefined && POINTERS.has(name);
}

const POINTERS: ReadonlySet<string> = new Set([
  'unique_ptr',
  'shared_ptr',
  'weak_ptr',
  '__normal_iterator',
  '_Deque_iterator',
]);

function placeOfPart(part: NamedValue | undefined, read: ReadMemory): Storage | Unavailable {
  if (part === undefined) return UNUSABLE;
  if ('unavailable' in part) return part;
  if (part.address !== undefined) return inMemory(part.address, read);
  return part.bytes ? inBytes(part.bytes) : { unavailable: 'it is not in memory' };
}

function addressOf(place: Storage | Unavailable): number | undefined {
  return 'unavailable' in place ? undefined : place.address;
}
