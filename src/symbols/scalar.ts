import { fromBytes } from './dwarf/expression.ts';
import { quadText } from './quad.ts';
import type { BaseType, EnumType } from './type.ts';

/** The number in a scalar's bytes, or in some of their bits. */
export function integerOf(bytes: Uint8Array, isSigned: boolean, bits?: { first: number; count: number }): bigint {
  let value = fromBytes(bytes);
  let width = bytes.length * 8;
  if (bits !== undefined) {
    width = bits.count;
    value = BigInt.asUintN(width, value >> BigInt(bits.first));
  }
  return isSigned ? BigInt.asIntN(width, value) : value;
}

export function isSigned(type: BaseType | EnumType): boolean {
  return type.kind === 'enum' ? type.isSigned : type.encoding === 'signed' || type.encoding === 'signed char';
}

/**
 * A scalar as a C programmer reads it: `-3`, `97 'a'`, `true`, `0.1`. `asHex` writes integers as 0x….
 * @param isCharacter of a type that is named as one: `wchar_t`.
 */
export function baseText(
  type: BaseType,
  bytes: Uint8Array,
  asHex: boolean,
  bits?: { first: number; count: number },
  isCharacter = false,
): string {
  // Rust's unit type.
  if (type.size === 0) return type.name;
  const value = integerOf(bytes, isSigned(type), bits);
  switch (type.encoding) {
    case 'boolean':
      return value === 0n ? 'false' : value === 1n ? 'true' : `true (${value})`;
    case 'float':
      return floatText(bytes);
    case 'complex': {
      const half = bytes.length / 2;
      const [real, imaginary] = [floatText(bytes.subarray(0, half)), floatText(bytes.subarray(half))];
      return imaginary.startsWith('-') ? `${real} - ${imaginary.slice(1)}i` : `${real} + ${imaginary}i`;
    }
    case 'signed char':
    case 'unsigned char':
      return `${integerText(value, bytes.length, asHex)} ${characterText(Number(value & 0xffn))}`;
    case 'utf':
      return `${integerText(value, bytes.length, asHex)} ${wideCharacterText(Number(value))}`;
    case 'signed':
    case 'unsigned': {
      const text = integerText(value, bytes.length, asHex);
      return isCharacter ? `${text} ${wideCharacterText(Number(value))}` : text;
    }
    case 'other':
      return `{${[...bytes].map((byte) => byte.toString(16).padStart(2, '0')).join(' ')}}`;
  }
}

/** The enumerator's name; for flags their names joined by `|`, and what is left of the number; else the number. */
export function enumText(type: EnumType, value: bigint, asHex = false): string {
  const number = integerText(value, type.size, asHex);
  const nameOf = (name: string): string => (type.isScoped ? `${type.name.replace(/^enum /, '')}::${name}` : name);
  const named = type.enumerators.find((enumerator) => enumerator.value === value);
  if (named !== undefined) return `${nameOf(named.name)} (${number})`;
  const flags: string[] = [];
  let left = value;
  for (const { name, value: flag } of type.enumerators)
    if (flag > 0n && (flag & (flag - 1n)) === 0n && (left & flag) !== 0n) {
      flags.push(nameOf(name));
      left &= ~flag;
    }
  if (left !== 0n && isFlags(type)) flags.push(`0x${BigInt.asUintN(type.size * 8, left).toString(16)}`);
  else if (left !== 0n) return number;
  return flags.length > 1 ? `${flags.join(' | ')} (${number})` : number;
}

/** Whether every enumerator is a bit of its own. */
function isFlags({ enumerators }: EnumType): boolean {
  return enumerators.every(({ value }) => value >= 0n && (value & (value - 1n)) === 0n);
}

function integerText(value: bigint, size: number, asHex: boolean): string {
  return asHex ? `0x${BigInt.asUintN(size * 8, value).toString(16)}` : value.toString();
}

const ESCAPES: Readonly<Record<number, string>> = {
  0: '\\0',
  7: '\\a',
  8: '\\b',
  9: '\\t',
  10: '\\n',
  11: '\\v',
  12: '\\f',
  13: '\\r',
  92: '\\\\',
};

/** One byte as a C character, without quotes. */
function escapeByte(byte: number, quote: string): string {
  const escape = ESCAPES[byte];
  if (escape !== undefined) return escape;
  const character = String.fromCharCode(byte);
  if (character === quote) return `\\${quote}`;
  return byte >= 0x20 && byte < 0x7f ? character : `\\x${byte.toString(16).padStart(2, '0')}`;
}

function characterText(byte: number): string {
  return `'${escapeByte(byte, "'")}'`;
}

function wideCharacterText(unit: number): string {
  const point = unit >>> 0;
  if (point < 0x80) return characterText(point);
  return point <= 0x10ffff && (point < 0xd800 || point > 0xdfff)
    ? `'${String.fromCodePoint(point)}'`
    : `'\\x${point.toString(16)}'`;
}

/** Bytes of text as C writes them; UTF-8 stays readable. */
export function stringText(bytes: Uint8Array, isCut: boolean): string {
  let text = '';
  try {
    const decoded = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
    for (const character of decoded)
      text += character.charCodeAt(0) < 0x80 ? escapeByte(character.charCodeAt(0), '"') : character;
  } catch {
    for (const byte of bytes) text += escapeByte(byte, '"');
  }
  return `"${text}"${isCut ? '…' : ''}`;
}

function floatText(bytes: Uint8Array): string {
  if (bytes.length === 16) return quadText(fromBytes(bytes));
  const value = floatOf(bytes);
  if (value === undefined) return `{${bytes.length} bytes}`;
  return numberText(bytes.length === 4 ? shortestSingle(value) : value);
}

/** The number in the bytes of a half, single, double or quadruple (rounded to a double); undefined for other sizes. */
export function floatOf(bytes: Uint8Array): number | undefined {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  switch (bytes.length) {
    case 4:
      return view.getFloat32(0, true);
    case 8:
      return view.getFloat64(0, true);
    case 2:
      return fromHalf(view.getUint16(0, true));
    case 16:
      return Number(quadText(fromBytes(bytes)).replace('inf', 'Infinity'));
    default:
      return undefined;
  }
}

function numberText(value: number): string {
  if (Object.is(value, -0)) return '-0';
  if (Number.isNaN(value)) return 'nan';
  if (!Number.isFinite(value)) return value < 0 ? '-inf' : 'inf';
  return value.toString();
}

/** The double with the fewest digits that rounds to the same single: 0.1, not 0.10000000149011612. */
function shortestSingle(value: number): number {
  if (value === 0) return value;
  for (let digits = 1; digits < 9; digits++) {
    const candidate = Number(value.toPrecision(digits));
    if (Math.fround(candidate) === value) return candidate;
  }
  return value;
}

function fromHalf(bits: number): number {
  const sign = bits & 0x8000 ? -1 : 1;
  const exponent = (bits >> 10) & 0x1f;
  const fraction = bits & 0x3ff;
  if (exponent === 0x1f) return fraction ? NaN : sign * Infinity;
  return sign * (exponent === 0 ? fraction * 2 ** -24 : (1 + fraction / 1024) * 2 ** (exponent - 15));
}
