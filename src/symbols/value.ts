import type { ReadMemory } from './frame.ts';
import { baseText, enumText, integerOf, isSigned, stringText } from './scalar.ts';
import { inMemory, within } from './storage.ts';
import type { Storage, Unavailable } from './storage.ts';
import { sizeOf, stripped, typeName } from './type.ts';
import type { ArrayType, Member, PointerType, StructType, Type } from './type.ts';

/** A value as a person reads it, with what is needed to expand, follow or change it. */
export interface Value {
  readonly value: string;
  /** The type as C writes it. */
  readonly type: string;
  readonly typeModel: Type;
  readonly address?: number;
  /** DWARF register number, for a value that is in one register. */
  readonly register?: number;
  /** The object's bytes, for scalars. */
  readonly bytes?: Uint8Array;
  /** Set for bit fields, whose bytes are shared with their neighbours. */
  readonly bits?: { readonly first: number; readonly count: number };
  readonly children?: Children;
}

export type NamedValue = { readonly name: string } & (Value | (Unavailable & { readonly type: string }));

/** Members, elements or what a pointer points to; read when sliced. */
export interface Children {
  readonly count: number;
  readonly isIndexed: boolean;
  slice(start: number, count: number): NamedValue[];
}

/** How values are written. */
export interface ValueContext {
  readonly read: ReadMemory;
  /** Names the code that a function pointer points to. */
  readonly describeCode: (address: number) => string | undefined;
  readonly asHex?: boolean;
}

const LONGEST_STRING = 200;
const MOST_SUMMARISED = 8;
const DEEPEST_SUMMARY = 2;

/** Reads the object of a type. Structures and arrays come with a one-line summary and children. */
export function readValue(
  type: Type,
  storage: Storage,
  context: ValueContext,
  bits?: { first: number; count: number },
): Value | Unavailable {
  const inner = stripped(type);
  const place = {
    ...(storage.address === undefined ? {} : { address: storage.address }),
    ...(storage.register === undefined ? {} : { register: storage.register }),
  };
  const common = { type: typeName(type), typeModel: type, ...place };
  switch (inner.kind) {
    case 'struct': {
      if (inner.isIncomplete) return { unavailable: 'its type is not defined in this program' };
      return {
        ...common,
        value: summary(type, storage, context, 0),
        children: structChildren(inner, storage, context),
      };
    }
    case 'array': {
      const children = arrayChildren(inner, storage, context);
      const value = summary(type, storage, context, 0);
      return children ? { ...common, value, children } : { ...common, value };
    }
    case 'base':
    case 'enum':
    case 'pointer': {
      // A bit field may lie across more bytes than its type has.
      const size = bits ? Math.ceil((bits.first + bits.count) / 8) : inner.size;
      const bytes = storage.read(0, size);
      if ('unavailable' in bytes) return bytes;
      const scalar = { ...common, bytes, ...(bits ? { bits } : {}) };
      if (inner.kind === 'base') return { ...scalar, value: baseText(inner, bytes, context.asHex ?? false, bits) };
      if (inner.kind === 'enum') return { ...scalar, value: enumText(inner, integerOf(bytes, isSigned(inner), bits)) };
      const children = pointerChildren(inner, bytes, context);
      const value = pointerText(inner, bytes, context);
      return children ? { ...scalar, value, children } : { ...scalar, value };
    }
    case 'function':
      return storage.address === undefined
        ? { unavailable: 'not in memory' }
        : { ...common, value: codeText(storage.address, context) };
    case 'void':
      return { unavailable: 'void has no value' };
    case 'unknown':
      return { unavailable: 'its type is not described' };
  }
}

function codeText(address: number, { describeCode }: ValueContext): string {
  const name = describeCode(address);
  return `0x${address.toString(16)}${name === undefined ? '' : ` <${name}>`}`;
}

function pointerText(type: PointerType, bytes: Uint8Array, context: ValueContext): string {
  const address = Number(integerOf(bytes, false));
  const target = stripped(type.target);
  if (address !== 0 && target.kind === 'function') return codeText(address, context);
  const text = `0x${address.toString(16)}`;
  if (address === 0 || !isCharacter(target)) return text;
  const string = readString(address, context.read);
  return string === undefined ? text : `${text} ${string}`;
}

function isCharacter(type: Type): boolean {
  return (
    type.kind === 'base' && type.size === 1 && (type.encoding === 'signed char' || type.encoding === 'unsigned char')
  );
}

/** Text up to its NUL, in small reads since the next page may not be there. */
function readString(address: number, read: ReadMemory): string | undefined {
  const text: number[] = [];
  while (text.length < LONGEST_STRING) {
    const toAligned = 32 - (address % 32);
    const chunk = Number.isSafeInteger(address) ? read(address, toAligned) : undefined;
    if (chunk === undefined) return text.length === 0 ? undefined : stringText(Uint8Array.from(text), true);
    const end = chunk.indexOf(0);
    text.push(...(end < 0 ? chunk : chunk.subarray(0, end)));
    if (end >= 0) return stringText(Uint8Array.from(text.slice(0, LONGEST_STRING)), text.length > LONGEST_STRING);
    address += toAligned;
  }
  return stringText(Uint8Array.from(text.slice(0, LONGEST_STRING)), true);
}

function pointerChildren(type: PointerType, bytes: Uint8Array, context: ValueContext): Children | undefined {
  const address = Number(integerOf(bytes, false));
  const target = stripped(type.target);
  if (address === 0 || target.kind === 'function' || target.kind === 'void' || target.kind === 'unknown')
    return undefined;
  const storage = inMemory(address, context.read);
  if (target.kind === 'struct') return target.isIncomplete ? undefined : structChildren(target, storage, context);
  return {
    count: 1,
    isIndexed: false,
    slice: (start, count) => (start === 0 && count > 0 ? [named('*', type.target, storage, context)] : []),
  };
}

function structChildren({ members }: StructType, storage: Storage, context: ValueContext): Children {
  return {
    count: members.length,
    isIndexed: false,
    slice: (start, count) => members.slice(start, start + count).map((member) => memberValue(member, storage, context)),
  };
}

function memberValue(member: Member, storage: Storage, context: ValueContext): NamedValue {
  const name = member.name || `(${stripped(member.type).kind === 'struct' ? 'anonymous' : 'unnamed'})`;
  if (member.offset === undefined)
    return { name, type: typeName(member.type), unavailable: 'its place depends on the object (virtual base)' };
  return named(name, member.type, within(storage, member.offset), context, member.bits);
}

function arrayChildren({ element, count }: ArrayType, storage: Storage, context: ValueContext): Children | undefined {
  const size = sizeOf(element);
  if (count === undefined || count === 0 || size === undefined) return undefined;
  return {
    count,
    isIndexed: true,
    slice(start, wanted) {
      const values: NamedValue[] = [];
      for (let index = start; index < Math.min(count, start + wanted); index++)
        values.push(named(`[${index}]`, element, within(storage, index * size), context));
      return values;
    },
  };
}

function named(
  name: string,
  type: Type,
  storage: Storage,
  context: ValueContext,
  bits?: { first: number; count: number },
): NamedValue {
  const value = readValue(type, storage, context, bits);
  return 'unavailable' in value ? { name, type: typeName(type), ...value } : { name, ...value };
}

/** A structure or array on one line, cut where it gets long or deep. */
function summary(type: Type, storage: Storage, context: ValueContext, depth: number): string {
  const inner = stripped(type);
  if (inner.kind === 'struct') {
    if (depth === DEEPEST_SUMMARY) return '{…}';
    const shown = inner.members.slice(0, MOST_SUMMARISED).map((member) => {
      const prefix = member.name ? `${member.name} = ` : '';
      if (member.offset === undefined) return `${prefix}…`;
      return prefix + summaryOf(member.type, within(storage, member.offset), context, depth + 1, member.bits);
    });
    return `{${shown.join(', ')}${inner.members.length > MOST_SUMMARISED ? ', …' : ''}}`;
  }
  if (inner.kind === 'array') {
    if (inner.count === undefined) return '[]';
    const element = stripped(inner.element);
    if (isCharacter(element)) return charactersText(inner.count, storage);
    const size = sizeOf(element);
    if (depth === DEEPEST_SUMMARY || size === undefined) return `[${inner.count}]`;
    const shown: string[] = [];
    for (let index = 0; index < Math.min(inner.count, MOST_SUMMARISED); index++)
      shown.push(summaryOf(inner.element, within(storage, index * size), context, depth + 1));
    return `{${shown.join(', ')}${inner.count > MOST_SUMMARISED ? ', …' : ''}}`;
  }
  return '';
}

function summaryOf(
  type: Type,
  storage: Storage,
  context: ValueContext,
  depth: number,
  bits?: { first: number; count: number },
): string {
  const { kind } = stripped(type);
  if (kind === 'struct' || kind === 'array') return summary(type, storage, context, depth);
  const value = readValue(type, storage, context, bits);
  return 'unavailable' in value ? `<${value.unavailable}>` : value.value;
}

function charactersText(count: number, storage: Storage): string {
  const length = Math.min(count, LONGEST_STRING);
  const bytes = storage.read(0, length);
  if ('unavailable' in bytes) return `<${bytes.unavailable}>`;
  const end = bytes.indexOf(0);
  return stringText(end < 0 ? bytes : bytes.subarray(0, end), end < 0 && count > length);
}
