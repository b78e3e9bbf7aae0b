import type { ObjectReader } from '../children.ts';
import { mangledClassOf } from '../dynamic-class.ts';
import { inMemory, within } from '../storage.ts';
import { sizeOf, stripped } from '../type.ts';
import type { Type } from '../type.ts';
import { calendar, duration, timePoint } from './chrono.ts';
import { bitOf, heldAs, says } from './held.ts';
import { counted, sequence, wrapped } from './listing.ts';
import { alignmentOf, alignUp, member, numberIn, plausible, search, target } from './view.ts';
import type { Summary, View } from './view.ts';

type Summarise = (object: View, arguments_: readonly Type[], reader: ObjectReader) => Summary | undefined;

/** What std::function keeps in itself is no larger (<bits/std_function.h>). */
const LARGEST_LOCAL = 16;
/** Bits that a line shows. */
const MOST_BITS = 128;

/** Objects that hold one value of some kind, by their names without namespaces. Layouts: libstdc++ since gcc 7. */
export const VALUES: Readonly<Record<string, Summarise>> = {
  any: (object, _, reader) => {
    const manager = numberIn(member(object, '_M_manager'));
    if (manager === 0) return says('no value');
    const type = manager === undefined ? undefined : reader.methodAt(manager)?.of;
    const made = type && stripped(type);
    if (made?.kind !== 'struct') return undefined;
    const [held] = made.templateArguments as readonly (Type | undefined)[];
    const storage = member(object, '_M_storage');
    if (!held || !storage) return undefined;
    if (/_Manager_internal</.test(made.name)) return heldAs({ type: held, storage: storage.storage }, reader);
    return pointed(member(storage, '_M_ptr'), held, reader);
  },
  function: (object, _, reader) => {
    const invoker = numberIn(member(object, '_M_invoker'));
    if (numberIn(member(object, '_M_manager')) === 0) return says('no function');
    const type = invoker === undefined ? undefined : reader.methodAt(invoker)?.of;
    const handler = type && stripped(type);
    // _Function_handler<signature, functor>
    const [, functor] = handler?.kind === 'struct' ? (handler.templateArguments as readonly (Type | undefined)[]) : [];
    const storage = member(object, '_M_functor');
    if (!functor || !storage) return undefined;
    if (isStoredLocally({ type: type!, storage: storage.storage }, functor, reader))
      return callable({ type: functor, storage: storage.storage }, reader);
    const held = targetAddress(member(storage, '_M_unused', '_M_object'));
    return held === undefined ? undefined : callable({ type: functor, storage: inMemory(held, reader.read) }, reader);
  },
  reference_wrapper: (object, _, reader) => {
    const referred = target(member(object, '_M_data'), reader);
    return referred && wrapped(referred, reader);
  },
  bitset: (object, _, reader) => {
    const inner = stripped(object.type);
    const count = plausible(Number(/<(\d+)[uUlL]*\s*>$/.exec(inner.kind === 'struct' ? inner.name : '')?.[1] ?? NaN));
    const words = member(object, '_M_w');
    if (count === undefined || (count > 0 && (!words || count > (sizeOf(words.type) ?? 0) * 8))) return undefined;
    const storage = words?.storage ?? object.storage;
    const all = counted(count, reader, () => (index) => bitOf(storage, index));
    // As to_string() writes it: the highest bit first.
    const text = (): string => {
      const bits = Array.from({ length: Math.min(count, MOST_BITS) }, (_one, index) => {
        const byte = bitOf(storage, count - 1 - index).storage.read(0, 1);
        return 'unavailable' in byte ? '?' : String(byte[0]);
      });
      return `[${count}]${count > 0 ? ' ' : ''}${bits.join('')}${count > MOST_BITS ? '…' : ''}`;
    };
    return all && { ...all, text };
  },
  complex: (object, _, reader) => held(member(object, '_M_value'), reader),
  valarray: (object, [element], reader) => {
    const [first, count] = [numberIn(member(object, '_M_data')), plausible(numberIn(member(object, '_M_size')))];
    return first === undefined || count === undefined ? undefined : sequence(element, first, count, reader);
  },
  atomic_flag: (object, _, reader) => held(member(object, '_M_i'), reader),
  strong_ordering: (object) => ordering(object, 'equal'),
  weak_ordering: (object) => ordering(object, 'equivalent'),
  partial_ordering: (object) => ordering(object, 'equivalent'),
  duration: (object, _, reader) => duration(object, '__r', reader),
  time_point: (object, _, reader) => timePoint(object, ['__d', '__r'], reader),
  ...Object.fromEntries(
    ['year_month_day', 'year', 'month', 'day', 'weekday'].map((name): [string, Summarise] => [
      name,
      (object, _, reader) => calendar(name, object, reader, '_M_'),
    ]),
  ),
  path: (object, _, reader) => held(member(object, '_M_pathname'), reader),
  error_code: (object, _, reader) => errorCode(object, reader),
  error_condition: (object, _, reader) => errorCode(object, reader),
  expected: (object, _, reader) => {
    const isValue = numberIn(member(object, '_M_has_value'));
    if (isValue === 0) {
      const error = member(object, '_M_unex');
      return error && wrapped(error, reader, (text) => `unexpected ${text}`);
    }
    if (isValue !== 1) return undefined;
    const value = member(object, '_M_val');
    return value ? wrapped(value, reader) : member(object, '_M_void') && says('a value');
  },
  _Bit_iterator: bit,
  _Bit_const_iterator: bit,
  _Bit_reference: (object, _, reader) => {
    const [address, mask] = [numberIn(member(object, '_M_p')), numberIn(member(object, '_M_mask'))];
    const place = mask === undefined ? NaN : Math.log2(mask);
    return address && Number.isInteger(place)
      ? wrapped(bitOf(inMemory(address, reader.read), place), reader)
      : undefined;
  },
  reverse_iterator: (object, _, reader) => {
    // What it stands for is before what it holds.
    const current = member(object, 'current');
    const pointer = current && (member(current, '_M_current') ?? current);
    const type = pointer && stripped(pointer.type);
    const address = targetAddress(pointer);
    const size = type?.kind === 'pointer' ? sizeOf(type.target) : undefined;
    if (type?.kind !== 'pointer' || address === undefined || !size) return undefined;
    const element = { type: type.target, storage: inMemory(address - size, reader.read) };
    return 'unavailable' in element.storage.read(0, size) ? undefined : wrapped(element, reader);
  },
  // What was taken out of a map or a set: a tree's nodes have four words before the value, those of a table one.
  _Node_handle: (object, arguments_, reader) => {
    const node = numberIn(member(object, '_M_ptr'));
    if (node === 0) return says('empty');
    const allocator = arguments_.at(-1);
    const [name] = allocator ? [stripped(allocator)].map((one) => (one.kind === 'struct' ? one.name : '')) : [''];
    const value = arguments_[1] as Type | undefined;
    if (!node || !value) return undefined;
    const header = /_Rb_tree_node</.test(name) ? 32 : 8;
    return wrapped({ type: value, storage: inMemory(node + alignUp(header, alignmentOf(value)), reader.read) }, reader);
  },
  mutex: (object) => mutex(object),
  recursive_mutex: (object) => mutex(object),
  timed_mutex: (object) => mutex(object),
  recursive_timed_mutex: (object) => mutex(object),
};

function held(view: View | undefined, reader: ObjectReader): Summary | undefined {
  return view && wrapped(view, reader);
}

function pointed(pointer: View | undefined, type: Type, reader: ObjectReader): Summary | undefined {
  const address = targetAddress(pointer);
  if (address === undefined) return undefined;
  const storage = inMemory(address, reader.read);
  return 'unavailable' in storage.read(0, Math.min(sizeOf(type) ?? 1, 4096))
    ? undefined
    : heldAs({ type, storage }, reader);
}

function targetAddress(pointer: View | undefined): number | undefined {
  return numberIn(pointer) || undefined;
}

/** A function by its name, an object with its class. */
function callable(view: View, reader: ObjectReader): Summary {
  const inner = stripped(view.type);
  return inner.kind === 'pointer' || inner.kind === 'member pointer' ? wrapped(view, reader) : heldAs(view, reader);
}

/** Whether a functor is in the object that holds it: the library's class for it says so, else its size and its members. */
function isStoredLocally(handler: View, functor: Type, reader: ObjectReader): boolean {
  const known = staticNumber(handler, '__stored_locally', reader);
  if (known !== undefined) return known !== 0;
  const inner = stripped(functor);
  const isPlain =
    inner.kind !== 'struct' ||
    inner.members.every(({ type }) => {
      const part = stripped(type);
      return part.kind !== 'struct' || !part.name.startsWith('std::');
    });
  return isPlain && (sizeOf(functor) ?? Infinity) <= LARGEST_LOCAL && alignmentOf(functor) <= 8;
}

/** A static member of a class or of what it is derived from. */
function staticNumber(view: View, name: string, reader: ObjectReader): number | undefined {
  const inner = stripped(view.type);
  if (inner.kind !== 'struct') return undefined;
  for (const one of inner.members) {
    if (one.isStatic && one.name === name) {
      const place = one.find?.(view.storage, reader.read);
      return !place || 'unavailable' in place ? undefined : numberIn({ type: one.type, storage: place });
    }
    if (!one.isBase || one.offset === undefined) continue;
    const base = stripped(one.type);
    const found =
      base.kind === 'struct'
        ? base.members.find((inherited) => inherited.isStatic && inherited.name === name)
        : undefined;
    const place = found?.find?.(within(view.storage, one.offset), reader.read);
    if (found && place && !('unavailable' in place)) return numberIn({ type: found.type, storage: place });
  }
  return undefined;
}

function ordering(object: View, zero: string): Summary | undefined {
  const value = numberIn(member(object, '_M_value'));
  const names: Readonly<Record<string, string>> = { '-1': 'less', 0: zero, 1: 'greater', 2: 'unordered' };
  const signed = value !== undefined && value > 127 ? value - 256 : value;
  return signed !== undefined && Object.hasOwn(names, signed) ? says(names[signed]) : undefined;
}

/** `generic:2`, as `operator<<` writes it; the category is known by its class. */
function errorCode(object: View, reader: ObjectReader): Summary | undefined {
  const value = member(object, '_M_value');
  const table = numberIn(target(member(object, '_M_cat'), reader) && pointerAt(member(object, '_M_cat'), reader));
  const mangled = table ? mangledClassOf(table, reader.read) : undefined;
  const category = /\d([a-z]\w*?)_error_category/.exec(mangled ?? '')?.[1];
  return value && category !== undefined ? wrapped(value, reader, (text) => `${category}:${text}`) : undefined;
}

/** The first word of what a pointer points to, as a number. */
function pointerAt(pointer: View | undefined, reader: ObjectReader): View | undefined {
  const address = targetAddress(pointer);
  const type: Type = { kind: 'base', name: 'unsigned long', size: 8, encoding: 'unsigned' };
  return address === undefined ? undefined : { type, storage: inMemory(address, reader.read) };
}

function bit(object: View, _: readonly Type[], reader: ObjectReader): Summary | undefined {
  const [address, offset] = [numberIn(member(object, '_M_p')), numberIn(member(object, '_M_offset'))];
  if (!address || offset === undefined) return undefined;
  const element = bitOf(inMemory(address, reader.read), offset);
  return 'unavailable' in element.storage.read(0, 1) ? undefined : wrapped(element, reader);
}

/** A mutex of glibc: who holds it. */
function mutex(object: View): Summary | undefined {
  const data = search(object, (_, name) => name === '__data');
  const [lock, owner, count] = ['__lock', '__owner', '__count'].map((name) => numberIn(member(data, name)));
  if (lock === undefined || owner === undefined) return undefined;
  if (lock === 0) return says('unlocked');
  return says(`locked by thread ${owner}${count !== undefined && count > 1 ? `, ${count} times` : ''}`);
}
