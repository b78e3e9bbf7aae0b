import type { ObjectReader } from '../children.ts';
import { pagedMemory, wordAt } from '../paged-memory.ts';
import { inBytes, inMemory } from '../storage.ts';
import type { Storage } from '../storage.ts';
import { textOf, unitSize } from '../strings.ts';
import { sizeOf, stripped } from '../type.ts';
import type { StructType, Type } from '../type.ts';
import { hashTable, tree } from './libstdcxx-maps.ts';
import { bitOf } from './held.ts';
import { VALUES } from './libstdcxx-values.ts';
import { counted, sequence, wrapped } from './listing.ts';
import { chain } from './nodes.ts';
import type { NextNode } from './nodes.ts';
import { alignmentOf, alignUp, member, numberIn, plausible, search, target } from './view.ts';
import type { Summary, View } from './view.ts';

/** Nodes of a singly linked list that are counted. */
const MOST_COUNTED = 1 << 18;

type Summarise = (object: View, arguments_: readonly Type[], reader: ObjectReader) => Summary | undefined;

/** By the template's name without namespaces of versions. Layouts: libstdc++, <bits/stl_*.h>, unchanged since gcc 5. */
const TEMPLATES: Readonly<Record<string, Summarise>> = {
  basic_string: (object, _, reader) =>
    stringOf(member(object, '_M_dataplus', '_M_p'), numberIn(member(object, '_M_string_length')), reader),
  basic_string_view: (object, _, reader) =>
    stringOf(member(object, '_M_str'), numberIn(member(object, '_M_len')), reader),
  vector: (object, [element], reader) => {
    const data = member(object, '_M_impl');
    if (stripped(element).kind === 'base' && sizeOf(element) === 1 && member(data, '_M_start', '_M_p'))
      return bits(object, reader);
    const [first, last] = [numberIn(member(data, '_M_start')), numberIn(member(data, '_M_finish'))];
    const count = plausible(((last ?? NaN) - (first ?? NaN)) / (sizeOf(element) ?? NaN));
    return count === undefined ? undefined : sequence(element, first!, count, reader);
  },
  array: (object, [element], reader) => {
    const elements = member(object, '_M_elems');
    const type = elements && stripped(elements.type);
    if (type?.kind === 'struct' && type.members.length === 0) return sequence(element, 0, 0, reader);
    if (type?.kind !== 'array' || type.count === undefined) return undefined;
    const size = sizeOf(element) ?? 0;
    const { storage } = elements!;
    if (storage.address !== undefined) return sequence(element, storage.address, type.count, reader);
    return counted(type.count, reader, () => (index) => ({ type: element, storage: part(storage, index * size) }));
  },
  deque: (object, [element], reader) => deque(object, element, reader),
  list: (object, [element], reader) => {
    const head = member(object, '_M_impl', '_M_node');
    const count = plausible(
      numberIn(member(head, '_M_size')) ?? numberIn(search(head, (_, name) => name === '_M_data')),
    );
    return count === undefined ? undefined : linked(head, element, count, 16, reader);
  },
  forward_list: (object, [element], reader) => {
    const head = member(object, '_M_impl', '_M_head');
    return linked(head, element, lengthOf(numberIn(member(head, '_M_next')) ?? 0, reader), 8, reader);
  },
  map: (object, [key, value, comparator], reader) => tree(object, { key, value, comparator }, reader),
  multimap: (object, [key, value], reader) => tree(object, { key, value, isMulti: true }, reader),
  set: (object, [key], reader) => tree(object, { key }, reader),
  multiset: (object, [key], reader) => tree(object, { key }, reader),
  unordered_map: (object, [key, value], reader) => hashTable(object, { key, value }, reader),
  unordered_multimap: (object, [key, value], reader) => hashTable(object, { key, value, isMulti: true }, reader),
  unordered_set: (object, [key], reader) => hashTable(object, { key }, reader),
  unordered_multiset: (object, [key], reader) => hashTable(object, { key }, reader),
  optional: (object, _, reader) => {
    const isSet = numberIn(member(object, '_M_payload', '_M_engaged'));
    const value = member(object, '_M_payload', '_M_payload', '_M_value');
    if (isSet === 0) return { text: () => 'nullopt', isLong: false };
    return isSet === 1 && value ? wrapped(value, reader) : undefined;
  },
  unique_ptr: (object, _, reader) => {
    return heldIn(headOf(member(object, '_M_t'), 0), reader);
  },
  shared_ptr: sharedPointer,
  weak_ptr: sharedPointer,
  // gcc leaves the parameter pack of a tuple's own entry empty.
  tuple: (object, _, reader) => {
    const parts: View[] = [];
    for (let part = headOf(object, 0); part !== undefined; part = headOf(object, parts.length)) parts.push(part);
    const all = counted(parts.length, reader, () => (index) => parts[index]);
    const text = (): string => `(${parts.map(({ type, storage }) => reader.text(type, storage)).join(', ')})`;
    return all && { ...all, text };
  },
  __normal_iterator: (object, _, reader) => heldIn(member(object, '_M_current'), reader),
  _Deque_iterator: (object, _, reader) => heldIn(member(object, '_M_cur'), reader),
  _Rb_tree_iterator: (object, [element], reader) => inNode(member(object, '_M_node'), 32, element, reader),
  _Rb_tree_const_iterator: (object, [element], reader) => inNode(member(object, '_M_node'), 32, element, reader),
  _List_iterator: (object, [element], reader) => inNode(member(object, '_M_node'), 16, element, reader),
  _List_const_iterator: (object, [element], reader) => inNode(member(object, '_M_node'), 16, element, reader),
  _Fwd_list_iterator: (object, [element], reader) => inNode(member(object, '_M_node'), 8, element, reader),
  _Node_iterator: (object, [element], reader) => inNode(member(object, '_M_cur'), 8, element, reader),
  _Node_const_iterator: (object, [element], reader) => inNode(member(object, '_M_cur'), 8, element, reader),
  stack: (object, _, reader) => adapted(object, reader),
  queue: (object, _, reader) => adapted(object, reader),
  priority_queue: (object, _, reader) => adapted(object, reader),
  pair: (object, _, reader) => {
    const [first, second] = [member(object, 'first'), member(object, 'second')];
    if (first === undefined || second === undefined) return undefined;
    const texts = (): string => [first, second].map(({ type, storage }) => reader.text(type, storage)).join(', ');
    const all = [first, second].map((one, index) => ({ one, name: index === 0 ? 'first' : 'second' }));
    return {
      text: () => `(${texts()})`,
      isLong: true,
      children: {
        count: 2,
        isIndexed: false,
        slice: (start, count, asHex) =>
          all.slice(start, start + count).map(({ one, name }) => reader.named(name, one.type, one.storage, asHex)),
      },
    };
  },
  variant: (object, arguments_, reader) => {
    const index = numberIn(member(object, '_M_index'));
    if (index === undefined || index >= arguments_.length) return { text: () => 'valueless', isLong: false };
    let holder = member(object, '_M_u');
    for (let rest = index; rest > 0; rest--) holder = member(holder, '_M_rest');
    const value = member(holder, '_M_first', '_M_storage');
    if (value === undefined) return undefined;
    return wrapped({ type: arguments_[index], storage: value.storage }, reader);
  },
  atomic: (object, _, reader) => {
    const inner = member(object, '_M_base') ?? member(object, '_M_b') ?? member(object, '_M_impl') ?? object;
    return heldIn(member(inner, '_M_i') ?? member(inner, '_M_p') ?? member(inner, '_M_fp'), reader);
  },
  initializer_list: (object, [element], reader) => {
    const [first, count] = [numberIn(member(object, '_M_array')), plausible(numberIn(member(object, '_M_len')))];
    return first === undefined || count === undefined ? undefined : sequence(element, first, count, reader);
  },
  span: (object, [element], reader) => {
    const first = numberIn(member(object, '_M_ptr'));
    const inner = stripped(object.type);
    // How many a span of a fixed number has is a part of its name only.
    const fixed = Number(/, (\d+)[uUlL]*\s*>$/.exec(inner.kind === 'struct' ? inner.name : '')?.[1] ?? NaN);
    const count = plausible(numberIn(member(object, '_M_extent', '_M_extent_value')) ?? fixed);
    return first === undefined || count === undefined ? undefined : sequence(element, first, count, reader);
  },
};

/** The name of a template of GNU's C++ library, without its namespaces. */
export function libstdcxxName({ name }: StructType): string | undefined {
  return /^(?:std|__gnu_cxx)::(?:__\w+::|_V2::|chrono::|filesystem::)*(\w+)(?=<|$)/.exec(name)?.[1];
}

/** Objects of GNU's C++ library. */
export function summariseLibstdcxx(type: StructType, storage: Storage, reader: ObjectReader): Summary | undefined {
  const name = libstdcxxName(type);
  if (name === undefined) return undefined;
  const { templateArguments } = type;
  if (Object.hasOwn(VALUES, name)) return VALUES[name]({ type, storage }, templateArguments, reader);
  const summarise = Object.hasOwn(TEMPLATES, name) ? TEMPLATES[name] : undefined;
  if (summarise === undefined || (templateArguments.length === 0 && name !== 'tuple')) return undefined;
  return summarise({ type, storage }, templateArguments, reader);
}

function part(storage: Storage, offset: number): Storage {
  return { read: (from, length) => storage.read(offset + from, length) };
}

function stringOf(pointer: View | undefined, length: number | undefined, reader: ObjectReader): Summary | undefined {
  const type = pointer && stripped(pointer.type);
  if (length === 0 && numberIn(pointer) === 0 && type?.kind === 'pointer')
    return { text: () => '""', isLong: false, characters: { storage: inBytes(new Uint8Array()), count: 0, unit: 1 } };
  const characters = target(pointer, reader);
  const unit = characters && unitSize(characters.type);
  const count = plausible(length);
  if (unit === undefined || count === undefined || count > 2 ** 30) return undefined;
  if (count > 0 && 'unavailable' in characters!.storage.read(0, unit)) return undefined;
  const { storage } = characters!;
  return { text: () => textOf(count, unit, storage), isLong: false, characters: { storage, count, unit } };
}

/** vector<bool>: words of bits. */
function bits(object: View, reader: ObjectReader): Summary | undefined {
  const edge = (name: string): number =>
    (numberIn(member(object, '_M_impl', name, '_M_p')) ?? NaN) * 8 +
    (numberIn(member(object, '_M_impl', name, '_M_offset')) ?? NaN);
  const first = edge('_M_start');
  const count = plausible(edge('_M_finish') - first);
  if (count === undefined) return undefined;
  return counted(
    count,
    reader,
    () => (index) => bitOf(inMemory(Math.floor(first / 8), reader.read), (first % 8) + index),
  );
}

/** A map of blocks of 512 bytes. */
function deque(object: View, element: Type, reader: ObjectReader): Summary | undefined {
  const edge = (name: string, field: string): number => numberIn(member(object, '_M_impl', name, field)) ?? NaN;
  const size = sizeOf(element) || NaN;
  const perBlock = size < 512 ? Math.floor(512 / size) : 1;
  const first = {
    at: edge('_M_start', '_M_cur'),
    block: edge('_M_start', '_M_first'),
    node: edge('_M_start', '_M_node'),
  };
  const before = (first.at - first.block) / size;
  const last = (edge('_M_finish', '_M_node') - first.node) / 8;
  const count = plausible(
    last * perBlock + (edge('_M_finish', '_M_cur') - edge('_M_finish', '_M_first')) / size - before,
  );
  if (count === undefined) return undefined;
  return counted(count, reader, () => (index) => {
    const at = before + index;
    const block = wordAt(first.node + Math.floor(at / perBlock) * 8, reader.read);
    if (block === undefined) return undefined;
    return { type: element, storage: inMemory(block + (at % perBlock) * size, reader.read) };
  });
}

/** A list: nodes that lead to the next one and, unless it is singly linked, to the one before. */
function linked(
  head: View | undefined,
  element: Type,
  count: number,
  header: 8 | 16,
  reader: ObjectReader,
): Summary | undefined {
  const first = numberIn(member(head, '_M_next'));
  if (first === undefined) return undefined;
  const offset = alignUp(header, alignmentOf(element));
  const next: NextNode = (node, read) => wordAt(node, read);
  const previous: NextNode = (node, read) => wordAt(node + 8, read);
  const both = header === 16 ? { last: numberIn(member(head, '_M_prev')), previous } : {};
  const open = chain({ first, next, ...both }, count);
  return counted(count, reader, () => {
    const nodes = open(pagedMemory(reader.read));
    return (index) => {
      const node = nodes(index);
      return node === undefined ? undefined : { type: element, storage: inMemory(node + offset, reader.read) };
    };
  });
}

/** How many nodes a singly linked list has, counted as far as one question goes. */
function lengthOf(first: number, reader: ObjectReader): number {
  const read = pagedMemory(reader.read);
  let count = 0;
  for (let node: number | undefined = first; node && count < MOST_COUNTED; node = wordAt(node, read)) count++;
  return count;
}

function heldIn(pointer: View | undefined, reader: ObjectReader): Summary | undefined {
  return pointer && wrapped(pointer, reader);
}

/** The element in a node that an iterator points to; undefined at the end of some containers, where there is no node. */
function inNode(pointer: View | undefined, header: number, element: Type, reader: ObjectReader): Summary | undefined {
  const node = numberIn(pointer);
  if (!node) return undefined;
  const storage = inMemory(node + alignUp(header, alignmentOf(element)), reader.read);
  if ('unavailable' in storage.read(0, sizeOf(element) ?? 1)) return undefined;
  return wrapped({ type: element, storage }, reader);
}

/** Containers that are another container with fewer ways to use it. */
function adapted(object: View, reader: ObjectReader): Summary | undefined {
  return heldIn(member(object, 'c'), reader);
}

/** Element `index` of a tuple: each is in a base class of its own, which says its number. */
function headOf(object: View | undefined, index: number): View | undefined {
  const isHead = ({ type }: View, name: string): boolean =>
    stripped(type).kind === 'struct' && Number(/^std::_Head_base<(\d+)/.exec(name)?.[1]) === index;
  const head = search(object, isHead);
  // An empty class is a base itself.
  return member(head, '_M_head_impl') ?? head;
}

function sharedPointer(object: View, _: readonly Type[], reader: ObjectReader): Summary | undefined {
  const pointer = member(object, '_M_ptr');
  if (pointer === undefined) return undefined;
  const counts = target(member(object, '_M_refcount', '_M_pi'), reader);
  const [used, weak] = [numberIn(member(counts, '_M_use_count')), numberIn(member(counts, '_M_weak_count'))];
  if (used === undefined || weak === undefined) return wrapped(pointer, reader);
  // All that share the object hold one weak reference together.
  return wrapped(pointer, reader, (text) => `${text} (${used} shared, ${weak - (used > 0 ? 1 : 0)} weak)`);
}
