import { parseQuad } from './quad.ts';
import { integerOf, isSigned } from './scalar.ts';
import { sizeOf, stripped, typeName } from './type.ts';
import type { BaseType, Type } from './type.ts';

/**
 * The bytes of a scalar that a person typed: numbers (decimal, 0x, 0b, 0 octal), `'a'`, true and false, enumerators and
 * their `|`, addresses for pointers. The error is a sentence.
 */
export function encodeScalar(type: Type, text: string): Uint8Array | { readonly error: string } {
  const inner = stripped(type);
  const trimmed = text.trim();
  switch (inner.kind) {
    case 'base':
      return inner.encoding === 'float' ? encodeFloat(inner, trimmed) : encodeBase(inner, trimmed);
    case 'enum': {
      const value = enumValue(inner.enumerators, trimmed);
      if (value === undefined) return { error: `“${text}” is not a value of ${typeName(type)}.` };
      return encodeInteger(value, inner.size, inner.isSigned, type);
    }
    case 'pointer': {
      const value = trimmed === 'NULL' || trimmed === 'nullptr' ? 0n : parseInteger(trimmed);
      return value === undefined
        ? { error: `“${text}” is not an address; write it as 0x….` }
        : encodeInteger(value, inner.size, false, type);
    }
    case 'member pointer':
    case 'struct':
    case 'array':
    case 'function':
    case 'void':
    case 'unknown':
      return { error: `A value of type ${typeName(type)} cannot be set as a whole; set its parts.` };
  }
}

/** The bytes that hold a bit field, with the field set to what a person typed and its neighbours as they are in `bytes`. */
export function encodeBits(
  type: Type,
  text: string,
  { first, count }: { readonly first: number; readonly count: number },
  bytes: Uint8Array,
): Uint8Array | { readonly error: string } {
  const value = encodeScalar(type, text);
  if ('error' in value) return value;
  const inner = stripped(type);
  const signed = (inner.kind === 'base' || inner.kind === 'enum') && isSigned(inner);
  const whole = integerOf(value, signed);
  const lowest = signed ? -(1n << BigInt(count - 1)) : 0n;
  const highest = signed ? -lowest - 1n : (1n << BigInt(count)) - 1n;
  if (whole < lowest || whole > highest)
    return { error: `${whole} does not fit in ${count} bits (${lowest} to ${highest}).` };
  const mask = ((1n << BigInt(count)) - 1n) << BigInt(first);
  const bits = (integerOf(bytes, false) & ~mask) | ((BigInt.asUintN(count, whole) << BigInt(first)) & mask);
  return bytes.map((_, index) => Number((bits >> BigInt(index * 8)) & 0xffn));
}

function encodeBase(type: BaseType, text: string): Uint8Array | { error: string } {
  if (type.encoding === 'other' || type.encoding === 'complex' || type.size === 0)
    return { error: `Values of type ${type.name} cannot be changed.` };
  const value = text === 'true' ? 1n : text === 'false' ? 0n : (parseInteger(text) ?? parseCharacter(text));
  if (value === undefined) return { error: `“${text}” is not a value of ${type.name}.` };
  if (type.encoding === 'boolean') return encodeInteger(value === 0n ? 0n : 1n, type.size, false, type);
  return encodeInteger(value, type.size, type.encoding === 'signed' || type.encoding === 'signed char', type);
}

const SPECIAL_QUADS: Readonly<Record<string, bigint>> = {
  inf: 0x7fffn << 112n,
  '-inf': 0xffffn << 112n,
  nan: 0x7fff8n << 108n,
};

function encodeFloat(type: BaseType, text: string): Uint8Array | { error: string } {
  const word = text.toLowerCase();
  const special: Readonly<Record<string, number>> = { inf: Infinity, '-inf': -Infinity, nan: NaN };
  const value = special[word] ?? (/^[-+]?(\d+\.?\d*|\.\d+)(e[-+]?\d+)?f?$/.test(word) ? parseFloat(word) : undefined);
  if (value === undefined) return { error: `“${text}” is not a number.` };
  const bytes = new Uint8Array(sizeOf(type) ?? 0);
  const view = new DataView(bytes.buffer);
  if (bytes.length === 16) {
    const quad = Number.isFinite(value) ? parseQuad(word) : (SPECIAL_QUADS[word] ?? parseQuad(word));
    if (quad === undefined) return { error: `“${text}” is not a number.` };
    view.setBigUint64(0, BigInt.asUintN(64, quad), true);
    view.setBigUint64(8, quad >> 64n, true);
  } else if (bytes.length === 4) view.setFloat32(0, value, true);
  else if (bytes.length === 8) view.setFloat64(0, value, true);
  else return { error: `Values of type ${type.name} cannot be changed.` };
  return bytes;
}

function enumValue(
  enumerators: readonly { readonly name: string; readonly value: bigint }[],
  text: string,
): bigint | undefined {
  let value = 0n;
  for (const part of text.split('|')) {
    const word = part.trim().replace(/^.*::/, '');
    const one = enumerators.find(({ name }) => name === word)?.value ?? parseInteger(word);
    if (one === undefined) return undefined;
    value |= one;
  }
  return value;
}

function encodeInteger(value: bigint, size: number, isSigned: boolean, type: Type): Uint8Array | { error: string } {
  const width = size * 8;
  const lowest = isSigned ? -(1n << BigInt(width - 1)) : 0n;
  const highest = isSigned ? -lowest - 1n : (1n << BigInt(width)) - 1n;
  // Hexadecimal bit patterns of negative numbers are welcome: 0xffffffff for an int is -1.
  const isPattern = isSigned && value > highest && value < 1n << BigInt(width);
  if ((value < lowest || value > highest) && !isPattern)
    return { error: `${value} does not fit in ${typeName(type)} (${lowest} to ${highest}).` };
  const bytes = new Uint8Array(size);
  const bits = BigInt.asUintN(width, value);
  for (let index = 0; index < size; index++) bytes[index] = Number((bits >> BigInt(index * 8)) & 0xffn);
  return bytes;
}

function parseInteger(text: string): bigint | undefined {
  const match = /^([-+]?)(0x[0-9a-f]+|0b[01]+|0[0-7]*|[1-9][0-9]*)[ul]*$/i.exec(text);
  if (match === null) return undefined;
  const digits = match[2];
  const value = BigInt(/^0[0-7]+$/.test(digits) ? `0o${digits.slice(1)}` : digits);
  return match[1] === '-' ? -value : value;
}

const ESCAPED: Readonly<Record<string, number>> = {
  '0': 0,
  a: 7,
  b: 8,
  t: 9,
  n: 10,
  v: 11,
  f: 12,
  r: 13,
  '\\': 92,
  "'": 39,
  '"': 34,
};

/** `'a'`, `'\n'`, `'\x41'`, and what a value view shows: `97 'a'`. */
function parseCharacter(text: string): bigint | undefined {
  const shown = /^(-?\d+) '.*'$/.exec(text);
  if (shown !== null) return BigInt(shown[1]);
  const match = /^'(?:\\x([0-9a-f]{1,2})|\\(.)|([^\\']))'$/iu.exec(text);
  if (match === null) return undefined;
  if (match[1] !== undefined) return BigInt(parseInt(match[1], 16));
  const value = match[2] === undefined ? match[3].codePointAt(0) : ESCAPED[match[2]];
  return value === undefined ? undefined : BigInt(value);
}
