import type { ObjectReader } from '../children.ts';
import type { ReadMemory } from '../frame.ts';
import { pagedMemory } from '../paged-memory.ts';
import { inMemory } from '../storage.ts';
import type { Storage } from '../storage.ts';
import { sizeOf, stripped } from '../type.ts';
import type { StructType, Type } from '../type.ts';
import { associationSummary } from './association.ts';
import type { EntryPart } from './association.ts';
import { counted, sequence, text, wrapped } from './listing.ts';
import { btree } from './rust-btree.ts';
import { chain } from './nodes.ts';
import { isPointer, member, numberIn, plausible, search, target } from './view.ts';
import type { Summary, View } from './view.ts';

/** Empty places of a hash table that are passed one after another. */
const MOST_BUCKETS = 1 << 20;

/** Objects of Rust's standard library, as the compilers since 1.60 lay them out. */
export function summariseRust(type: StructType, storage: Storage, reader: ObjectReader): Summary | undefined {
  const object = { type, storage };
  const slice = member(object, 'data_ptr');
  if (slice !== undefined) return sliceOf(type.name, slice, plausible(numberIn(member(object, 'length'))), reader);
  const name = type.name.replace(/<.*$/, '');
  const [argument] = type.templateArguments as readonly (Type | undefined)[];
  switch (name) {
    case 'alloc::string::String':
      return text(search(member(object, 'vec'), isPointer), numberIn(member(object, 'vec', 'len')), reader);
    case 'std::ffi::os_str::OsString':
    case 'std::path::PathBuf': {
      const bytes = search(object, (_, field) => field === 'buf');
      const length = search(object, (_, field) => field === 'len');
      return text(search(bytes, isPointer), numberIn(length), reader);
    }
    case 'alloc::vec::Vec': {
      const first = numberIn(search(member(object, 'buf'), isPointer));
      const count = plausible(numberIn(member(object, 'len')));
      if (argument === undefined || first === undefined || count === undefined) return undefined;
      return sequence(argument, first, count, reader);
    }
    case 'alloc::collections::vec_deque::VecDeque':
      return argument && ring(object, argument, reader);
    case 'alloc::collections::btree::map::BTreeMap': {
      const [key, value] = type.templateArguments as readonly (Type | undefined)[];
      return key && value && btree(object, key, value, reader);
    }
    case 'alloc::collections::btree::set::BTreeSet': {
      const map = member(object, 'map');
      return map && argument && btree(map, argument, undefined, reader);
    }
    case 'alloc::rc::Rc':
    case 'alloc::sync::Arc':
      return shared(object, reader);
    case 'core::cell::Cell':
    case 'core::cell::UnsafeCell': {
      const value = name.endsWith('UnsafeCell') ? member(object, 'value') : member(object, 'value', 'value');
      return value && wrapped(value, reader);
    }
    case 'core::cell::RefCell': {
      const value = member(object, 'value', 'value');
      const borrow = numberIn(member(object, 'borrow'));
      if (value === undefined || borrow === undefined) return undefined;
      return wrapped(value, reader, (inner) =>
        borrow === 0 ? inner : `${inner} (${borrow < 0 ? 'mutably ' : ''}borrowed)`,
      );
    }
    case 'std::collections::hash::map::HashMap':
    case 'hashbrown::map::HashMap':
    case 'std::collections::hash::set::HashSet':
      return hashTable(object, name.endsWith('Set'), reader);
    default:
      return undefined;
  }
}

function sliceOf(name: string, data: View, count: number | undefined, reader: ObjectReader): Summary | undefined {
  const pointer = stripped(data.type);
  const address = numberIn(data);
  if (pointer.kind !== 'pointer' || address === undefined || count === undefined) return undefined;
  return /\bstr\b/.test(name) ? text(data, count, reader) : sequence(pointer.target, address, count, reader);
}

function ring(object: View, element: Type, reader: ObjectReader): Summary | undefined {
  const buffer = member(object, 'buf');
  const first = numberIn(search(buffer, isPointer));
  const capacity = numberIn(search(buffer, (_, name) => name === 'cap'));
  const head = plausible(numberIn(member(object, 'head')));
  const count = plausible(numberIn(member(object, 'len')));
  const size = sizeOf(element);
  if (first === undefined || !capacity || head === undefined || count === undefined || !size) return undefined;
  return counted(count, reader, () => (index) => ({
    type: element,
    storage: inMemory(first + ((head + index) % capacity) * size, reader.read),
  }));
}

/** A pointer to two counts and the value. */
function shared(object: View, reader: ObjectReader): Summary | undefined {
  const inner = target(search(object, isPointer), reader);
  const value = member(inner, 'value') ?? member(inner, 'data');
  const [strong, weak] = [onlyNumber(member(inner, 'strong')), onlyNumber(member(inner, 'weak'))];
  if (value === undefined || strong === undefined || weak === undefined) return undefined;
  // All that share the object hold one weak reference together.
  return wrapped(value, reader, (shown) => `${shown} (${strong} strong, ${weak - 1} weak)`);
}

function onlyNumber(view: View | undefined): number | undefined {
  return numberIn(view) ?? numberIn(search(view, (one) => numberIn(one) !== undefined));
}

/** hashbrown: control bytes, below them the entries, the first one last. A control byte with its top bit clear has an entry. */
function hashTable(object: View, isSet: boolean, reader: ObjectReader): Summary | undefined {
  const table = search(object, ({ type }) => {
    const inner = stripped(type);
    return inner.kind === 'struct' && inner.name.startsWith('hashbrown::raw::RawTable<');
  });
  const type = table && stripped(table.type);
  const entry = type?.kind === 'struct' ? (type.templateArguments[0] as Type | undefined) : undefined;
  const control = numberIn(search(member(table, 'table', 'ctrl'), isPointer));
  const mask = plausible(numberIn(member(table, 'table', 'bucket_mask')));
  const count = plausible(numberIn(member(table, 'table', 'items')));
  const size = entry && sizeOf(entry);
  const [key, value] = [partOf(entry, '__0'), partOf(entry, '__1')];
  if (!key || !value || !size || control === undefined || mask === undefined || count === undefined) return undefined;
  const fullFrom = (first: number, read: ReadMemory): number | undefined => {
    for (let bucket = first; bucket <= mask && bucket - first < MOST_BUCKETS; bucket++) {
      const byte = read(control + bucket, 1);
      if (byte === undefined) return undefined;
      if (byte[0] < 0x80) return control - (bucket + 1) * size;
    }
    return undefined;
  };
  const first = count > 0 ? fullFrom(0, pagedMemory(reader.read)) : undefined;
  const open = chain({ first: first ?? 0, next: (at, read) => fullFrom((control - at) / size, read) }, count);
  return associationSummary({ count, open, key, ...(isSet ? {} : { value }) }, reader);
}

function partOf(type: Type | undefined, name: string): EntryPart | undefined {
  const inner = type && stripped(type);
  const member = inner?.kind === 'struct' ? inner.members.find((one) => one.name === name) : undefined;
  return member?.offset === undefined ? undefined : { type: member.type, offset: member.offset };
}
