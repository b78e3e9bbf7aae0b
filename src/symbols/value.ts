import { arrayChildren, placeOfMember, structChildren, variantChildren } from './children.ts';
import type { Children, Method, NamedValue, ObjectReader } from './children.ts';
import { wholeObject } from './dynamic-class.ts';
import type { ReadMemory } from './frame.ts';
import { baseText, enumText, integerOf, isSigned } from './scalar.ts';
import { inMemory, within } from './storage.ts';
import type { Storage, Unavailable } from './storage.ts';
import { charactersText, pointedText, unitSize } from './strings.ts';
import { summarise } from './summaries/summary.ts';
import { sizeOf, stripped, typeName } from './type.ts';
import type { ArrayType, PointerType, StructType, Type } from './type.ts';
import { activeCase, isTuple, tupleName } from './variants.ts';

/** A value as a person reads it, with what is needed to expand, follow or change it. */
export interface Value {
  readonly value: string;
  /** The type as C writes it. */
  readonly type: string;
  /** For a reference that of what it refers to: the value is the object's, and so is its place. */
  readonly typeModel: Type;
  readonly address?: number;
  /** DWARF register number, for a value that is in one register. */
  readonly register?: number;
  /** The object's bytes, for scalars. */
  readonly bytes?: Uint8Array;
  /** Set for bit fields, whose bytes are shared with their neighbours. */
  readonly bits?: Bits;
  readonly children?: Children;
}

interface Bits {
  readonly first: number;
  readonly count: number;
}

/** What pointers are followed by: `main`, `table+8`. */
export interface AddressNames {
  /** Names the code that a function pointer points to. */
  readonly describeCode: (address: number) => string | undefined;
  /** Names the object that a pointer points into. */
  readonly describeData: (address: number) => string | undefined;
  /** A C++ class by its name with namespaces. @param near an address in the file that makes objects of it */
  readonly classNamed?: (name: string, near: number) => Type | undefined;
  /** The member function that begins at an address. */
  readonly methodAt?: (address: number) => Method | undefined;
}

/** How values are written. */
export interface ValueContext extends AddressNames {
  readonly read: ReadMemory;
  readonly asHex?: boolean;
}

const NO_NAMES: AddressNames = { describeCode: () => undefined, describeData: () => undefined };

const MOST_SUMMARISED = 8;
const DEEPEST_SUMMARY = 2;
/** References to references exist only in damaged files. */
const MOST_REFERENCES = 4;

/** Reads the object of a type. Structures and arrays come with a one-line summary and children. */
export function readValue(type: Type, storage: Storage, context: ValueContext, bits?: Bits): Value | Unavailable {
  return valueOf(type, storage, context, bits, 0);
}

function valueOf(
  type: Type,
  storage: Storage,
  context: ValueContext,
  bits: Bits | undefined,
  references: number,
): Value | Unavailable {
  const inner = stripped(type);
  const place = {
    ...(storage.address === undefined ? {} : { address: storage.address }),
    ...(storage.register === undefined ? {} : { register: storage.register }),
  };
  const common = { type: typeName(type), typeModel: type, ...place };
  const reader = readerOf(context, 0);
  switch (inner.kind) {
    case 'struct': {
      if (inner.isIncomplete) return { unavailable: 'its type is not defined in this program' };
      const children = childrenOf(inner, storage, reader);
      return { ...common, value: summary(inner, storage, context, 0), ...(children && { children }) };
    }
    case 'array': {
      const children = arrayChildren(inner, storage, reader);
      return { ...common, value: summary(inner, storage, context, 0), ...(children && { children }) };
    }
    case 'pointer':
      if (inner.sigil !== '*' && references < MOST_REFERENCES) {
        const bytes = storage.read(0, inner.size);
        if ('unavailable' in bytes) return bytes;
        const target = inMemory(Number(integerOf(bytes, false)), context.read);
        const whole = wholeOf(inner.target, target, context);
        const value = valueOf(
          whole?.type ?? inner.target,
          whole?.storage ?? target,
          context,
          undefined,
          references + 1,
        );
        if ('unavailable' in value) return value;
        return { ...value, type: common.type, ...(whole ? { children: ofClass(whole.type, value.children) } : {}) };
      }
      return scalarValue(inner, storage, context, common, bits);
    case 'base':
    case 'enum':
    case 'member pointer':
      return scalarValue(inner, storage, context, common, bits);
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

function scalarValue(
  type: Extract<Type, { kind: 'base' | 'enum' | 'pointer' | 'member pointer' }>,
  storage: Storage,
  context: ValueContext,
  common: Pick<Value, 'type' | 'typeModel' | 'address' | 'register'>,
  bits: Bits | undefined,
): Value | Unavailable {
  // A bit field may lie across more bytes than its type has.
  const size = bits ? Math.ceil((bits.first + bits.count) / 8) : type.size;
  const bytes = storage.read(0, size);
  if ('unavailable' in bytes) return bytes;
  const scalar = { ...common, bytes, ...(bits ? { bits } : {}) };
  const asHex = context.asHex ?? false;
  switch (type.kind) {
    case 'base':
      return { ...scalar, value: baseText(type, bytes, asHex, bits, isCharacter(common.typeModel)) };
    case 'enum':
      return { ...scalar, value: enumText(type, integerOf(bytes, isSigned(type), bits), asHex) };
    case 'member pointer':
      return { ...scalar, value: memberPointerText(type, bytes, context) };
    case 'pointer': {
      const whole = wholeOf(type.target, inMemory(Number(integerOf(bytes, false)), context.read), context);
      const reader = readerOf(context, 0);
      const children = whole
        ? ofClass(whole.type, childrenOf(whole.type, whole.storage, reader))
        : pointerChildren(type, bytes, reader);
      const text = pointerText(type, bytes, context);
      return {
        ...scalar,
        value: whole ? `(${typeName(whole.type)} *) ${text}` : text,
        ...(children ? { children } : {}),
      };
    }
  }
}

/** The object of another class that an object is a part of. */
function wholeOf(type: Type, storage: Storage, context: ValueContext): ReturnType<typeof wholeObject> {
  const inner = stripped(type);
  return inner.kind === 'struct' ? wholeObject(inner, storage, context) : undefined;
}

/** Children of an object of another class than the declared one. */
export function ofClass(dynamicClass: StructType, children?: Children): Children {
  return { count: 0, isIndexed: false, slice: () => [], ...children, dynamicClass };
}

/** Whether characters are text up to their NUL: those that are signed or unsigned by name are often just bytes. */
function isText(element: Type): boolean {
  return element.kind !== 'base' || !/^(?:un)?signed char$/.test(element.name);
}

function isCharacter(type: Type): boolean {
  return unitSize(type) !== undefined;
}

/** @param depth how many one-line summaries the texts are within. */
export function readerOf(given: Pick<ValueContext, 'read'> & Partial<ValueContext>, depth: number): ObjectReader {
  const context = { ...NO_NAMES, ...given };
  return {
    read: context.read,
    methodAt: (address) => context.methodAt?.(address),
    text: (type, storage, bits) => summaryOf(type, storage, context, depth + 1, bits),
    named: (name, type, storage, asHex, bits) => {
      const format = asHex === undefined ? context : { ...context, asHex };
      const value = readValue(type, storage, format, bits);
      return 'unavailable' in value ? { name, type: typeName(type), ...value } : { name, ...value };
    },
  };
}

/** What a structure expands to: the elements of a container of a library that is known, else its members. */
function childrenOf(type: StructType, storage: Storage, reader: ObjectReader): Children | undefined {
  const members = type.variants ? variantChildren(type, storage, reader) : structChildren(type, storage, reader);
  const known = summarise(type, storage, reader);
  if (known === undefined) return members;
  const shown = known.children ?? { count: 0, isIndexed: false, slice: () => [] };
  return { ...shown, raw: () => rawValue(type, storage, members) };
}

function rawValue(type: StructType, storage: Storage, members: Children): NamedValue {
  return {
    name: '[raw]',
    value: '{…}',
    type: typeName(type),
    typeModel: type,
    ...(storage.address === undefined ? {} : { address: storage.address }),
    children: members,
  };
}

function codeText(address: number, { describeCode }: ValueContext): string {
  const name = describeCode(address);
  return `0x${address.toString(16)}${name === undefined ? '' : ` <${name}>`}`;
}

function pointerText(type: PointerType, bytes: Uint8Array, context: ValueContext): string {
  const address = Number(integerOf(bytes, false));
  const target = stripped(type.target);
  if (address !== 0 && target.kind === 'function') return codeText(address, context);
  if (address === 0) return '0x0';
  const name = context.describeData(address);
  const text = `0x${address.toString(16)}${name === undefined ? '' : ` <${name}>`}`;
  const size = unitSize(type.target);
  const string = size === undefined ? undefined : pointedText(address, size, context.read);
  return string === undefined ? text : `${text} ${string}`;
}

/**
 * Itanium C++ ABI, 2.3: of data the offset, -1 for null; of functions the address or, if it is odd, one more than the
 * offset of an entry in the virtual table.
 */
function memberPointerText(
  type: Extract<Type, { kind: 'member pointer' }>,
  bytes: Uint8Array,
  context: ValueContext,
): string {
  const value = integerOf(bytes.subarray(0, 8), true);
  if (type.target.kind !== 'function') {
    if (value === -1n) return 'nullptr';
    const container = stripped(type.container);
    const members = container.kind === 'struct' ? container.members : [];
    const member = members.find(({ offset, isBase }) => !isBase && offset === Number(value));
    return member ? `&${typeName(container)}::${member.name}` : `offset ${value}`;
  }
  const thisOffset = integerOf(bytes.subarray(8, 16), true);
  const more = thisOffset === 0n ? '' : `, this + ${thisOffset}`;
  if (value & 1n) return `virtual function at ${value - 1n} of the virtual table${more}`;
  return value === 0n ? 'nullptr' : codeText(Number(value), context) + more;
}

function pointerChildren(type: PointerType, bytes: Uint8Array, reader: ObjectReader): Children | undefined {
  const address = Number(integerOf(bytes, false));
  const target = stripped(type.target);
  if (address === 0 || target.kind === 'function' || target.kind === 'void' || target.kind === 'unknown')
    return undefined;
  const storage = inMemory(address, reader.read);
  if (target.kind === 'struct') {
    const known = target.isIncomplete ? undefined : summarise(target, storage, reader);
    // What has no parts, as a text, is a part itself.
    if (!known || known.children) return target.isIncomplete ? undefined : childrenOf(target, storage, reader);
  }
  return {
    count: 1,
    isIndexed: false,
    slice: (start, count, asHex) =>
      start === 0 && count > 0 ? [{ ...reader.named('*', type.target, storage, asHex), role: 'target' }] : [],
  };
}

/** A structure or array on one line, cut where it gets long or deep. */
function summary(type: StructType | ArrayType, storage: Storage, context: ValueContext, depth: number): string {
  return type.kind === 'struct'
    ? structSummary(type, storage, context, depth)
    : arraySummary(type, storage, context, depth);
}

function structSummary(type: StructType, storage: Storage, context: ValueContext, depth: number): string {
  const known = summarise(type, storage, readerOf(context, depth));
  if (known !== undefined) return depth > DEEPEST_SUMMARY && known.isLong ? '{…}' : known.text();
  if (type.variants) return variantSummary(type, storage, context, depth);
  const own = type.members.filter(({ isStatic }) => !isStatic);
  if (type.language === 'rust' && own.length === 0) return tupleName(type.name) || '()';
  const isTupleLike = type.language === 'rust' && isTuple(own);
  if (depth === DEEPEST_SUMMARY) return isTupleLike ? '(…)' : '{…}';
  const shown = own.slice(0, MOST_SUMMARISED).map((member) => {
    const prefix = member.name && !isTupleLike ? `${member.name} = ` : '';
    const place = placeOfMember(member, storage, context.read);
    if ('unavailable' in place) return `${prefix}…`;
    return prefix + summaryOf(member.type, place, context, depth + 1, member.bits);
  });
  const list = `${shown.join(', ')}${own.length > MOST_SUMMARISED ? ', …' : ''}`;
  return isTupleLike ? `${tupleName(type.name)}(${list})` : `{${list}}`;
}

function variantSummary(type: StructType, storage: Storage, context: ValueContext, depth: number): string {
  const active = activeCase(type, storage);
  if (active === undefined) return '<no variant>';
  if ('unavailable' in active) return `<${active.unavailable}>`;
  const payload = stripped(active.member.type);
  if (payload.kind !== 'struct' || payload.members.length === 0) return active.member.name;
  const place = placeOfMember(active.member, storage, context.read);
  if ('unavailable' in place) return `${active.member.name}(…)`;
  const text = structSummary(payload, place, context, depth);
  return text.startsWith('{') ? `${active.member.name} ${text}` : text.replace(/^\w*\(/, `${active.member.name}(`);
}

function arraySummary(type: ArrayType, storage: Storage, context: ValueContext, depth: number): string {
  const element = stripped(type.element);
  const unit = unitSize(type.element);
  if (type.count === undefined || type.isFlexible) return flexibleText(storage, unit, context);
  if (unit !== undefined) return charactersText(type.count, unit, storage, !isText(element));
  const size = sizeOf(element);
  if (depth >= DEEPEST_SUMMARY || size === undefined) return `[${type.count}]`;
  const shown: string[] = [];
  for (let index = 0; index < Math.min(type.count, MOST_SUMMARISED); index++)
    shown.push(summaryOf(type.element, within(storage, index * size), context, depth + 1));
  return `{${shown.join(', ')}${type.count > MOST_SUMMARISED ? ', …' : ''}}`;
}

/** A flexible array has as many elements as its maker knows: text ends at its NUL, `array@3` shows some of others. */
function flexibleText({ address }: Storage, unit: 1 | 2 | 4 | undefined, { read }: ValueContext): string {
  if (address === undefined) return '[…]';
  const text = unit === undefined ? undefined : pointedText(address, unit, read);
  return text ?? `[…] at 0x${address.toString(16)}`;
}

function summaryOf(type: Type, storage: Storage, context: ValueContext, depth: number, bits?: Bits): string {
  const inner = stripped(type);
  if ((inner.kind === 'struct' && !inner.isIncomplete) || inner.kind === 'array')
    return summary(inner, storage, context, depth);
  const value = readValue(type, storage, context, bits);
  return 'unavailable' in value ? `<${value.unavailable}>` : value.value;
}
