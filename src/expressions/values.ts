import { fromBytes } from '../symbols/dwarf/expression.ts';
import { floatOf } from '../symbols/scalar.ts';
import type { Storage } from '../symbols/storage.ts';
import { sizeOf, stripped, typeName, type Type } from '../symbols/type.ts';
import { isFloating, isInteger, isPointer, isSignedType, type ArithmeticType } from './c-types.ts';
import { Wrong } from './problem.ts';
import type { Span } from './syntax.ts';

/** An object, wherever it is. */
export interface Place {
  readonly type: Type;
  readonly storage: Storage;
  readonly bits?: { readonly first: number; readonly count: number };
}

/**
 * What an expression comes to: integers and pointers in the range of their type, floating-point numbers, and the place of
 * everything else (what can be assigned to, structures, arrays, functions).
 */
export type Operand = bigint | number | Place;

/** A value of an arithmetic or pointer type. */
export type Scalar = bigint | number;

export function isScalarValue(value: Operand): value is Scalar {
  return typeof value !== 'object';
}

/** The value of a scalar object. */
export function load({ type, storage, bits }: Place, span: Span): Scalar {
  const inner = stripped(type);
  const size = bits ? Math.ceil((bits.first + bits.count) / 8) : sizeOf(inner);
  if (size === undefined || !(isInteger(inner) || isFloating(inner) || isPointer(inner)))
    throw new Wrong(`A value of type ${typeName(type)} cannot be used here`, span);
  const bytes = storage.read(0, size);
  if ('unavailable' in bytes) throw new Wrong(sentence(bytes.unavailable), span);
  if (isFloating(inner)) {
    const number = floatOf(bytes);
    if (number === undefined) throw new Wrong(`Values of type ${typeName(type)} cannot be computed with`, span);
    return number;
  }
  const whole = fromBytes(bytes);
  if (!bits) return wrap(whole, inner);
  const field = BigInt.asUintN(bits.count, whole >> BigInt(bits.first));
  return isSigned(inner) ? BigInt.asIntN(bits.count, field) : field;
}

/** The bytes of a scalar as it lies in memory. */
export function encode(value: Scalar, type: Type): Uint8Array {
  const size = sizeOf(type)!;
  const bytes = new Uint8Array(size);
  const view = new DataView(bytes.buffer);
  if (isFloating(type)) {
    const number = Number(value);
    if (size === 4) view.setFloat32(0, number, true);
    else if (size === 8) view.setFloat64(0, number, true);
    else if (size === 16) setInteger(bytes, quadBits(number));
    else throw new Wrong(`Values of type ${typeName(type)} cannot be computed with`);
  } else setInteger(bytes, value as bigint);
  return bytes;
}

/** Bytes with some of their bits replaced by the lowest of a number. */
export function withField(
  bytes: Uint8Array,
  { first, count }: { readonly first: number; readonly count: number },
  value: bigint,
): Uint8Array {
  const mask = ((1n << BigInt(count)) - 1n) << BigInt(first);
  const changed = new Uint8Array(bytes.length);
  setInteger(changed, (fromBytes(bytes) & ~mask) | ((value << BigInt(first)) & mask));
  return changed;
}

function setInteger(bytes: Uint8Array, value: bigint): void {
  let bits = BigInt.asUintN(bytes.length * 8, value);
  for (let index = 0; index < bytes.length; index++, bits >>= 8n) bytes[index] = Number(bits & 0xffn);
}

/** An integer brought into the range of its type, as a two's complement register does. */
export function wrap(value: bigint, type: Type): bigint {
  const inner = stripped(type);
  if (inner.kind === 'base' && inner.encoding === 'boolean') return value === 0n ? 0n : 1n;
  const width = (sizeOf(inner) ?? 8) * 8;
  return isSigned(inner) ? BigInt.asIntN(width, value) : BigInt.asUintN(width, value);
}

function isSigned(inner: Type): boolean {
  return inner.kind !== 'pointer' && isSignedType(inner as ArithmeticType);
}

/** A scalar converted to another scalar type (C11 6.3.1, 6.3.2). */
export function convert(value: Scalar, to: Type): Scalar {
  if (isFloating(to)) return typeof value === 'bigint' ? fromInteger(value, to) : rounded(value, to);
  if (typeof value === 'bigint') return wrap(value, to);
  const inner = stripped(to);
  if (inner.kind === 'base' && inner.encoding === 'boolean') return value === 0 ? 0n : 1n;
  return truncated(value, inner);
}

/** A result of arithmetic in a floating-point type. Quadruples are computed as doubles. */
export function rounded(value: number, type: Type): number {
  return sizeOf(type) === 4 ? Math.fround(value) : value;
}

/**
 * An integer as the nearest number of a type. What lies past a double's 53 bits is folded into the last one, so that
 * rounding a second time, to a single, goes the same way.
 */
function fromInteger(value: bigint, to: Type): number {
  if (sizeOf(to) !== 4) return Number(value);
  const magnitude = value < 0n ? -value : value;
  let shift = 0n;
  while (magnitude >> shift >= 1n << 53n) shift++;
  const sticky = (magnitude & ((1n << shift) - 1n)) === 0n ? 0n : 1n;
  const single = Math.fround(Number((magnitude >> shift) | sticky) * 2 ** Number(shift));
  return value < 0n ? -single : single;
}

/** Rounded toward zero; out of range as fcvt does it: the nearest value that there is (unprivileged manual, 21.7). */
function truncated(value: number, type: Type): bigint {
  const size = sizeOf(type) ?? 8;
  // Narrower types are converted in a register of 32 bits first.
  const width = BigInt(Math.max(32, size * 8));
  const signed = isSigned(type) || size < 4;
  const highest = (1n << (signed ? width - 1n : width)) - 1n;
  const lowest = signed ? -highest - 1n : 0n;
  if (Number.isNaN(value)) return wrap(highest, type);
  if (!Number.isFinite(value)) return wrap(value > 0 ? highest : lowest, type);
  const integer = BigInt(Math.trunc(value));
  return wrap(integer > highest ? highest : integer < lowest ? lowest : integer, type);
}

/** The bits of a double as a binary128. */
function quadBits(value: number): bigint {
  const view = new DataView(new ArrayBuffer(8));
  view.setFloat64(0, value);
  const bits = view.getBigUint64(0);
  const sign = (bits >> 63n) << 127n;
  let exponent = (bits >> 52n) & 0x7ffn;
  let fraction = bits & ((1n << 52n) - 1n);
  if (exponent === 0n && fraction === 0n) return sign;
  if (exponent === 0x7ffn) return sign | (0x7fffn << 112n) | (fraction << 60n);
  if (exponent === 0n) {
    // What is subnormal in a double is not in a quadruple.
    for (exponent = 1n; fraction >> 52n === 0n; exponent--) fraction <<= 1n;
    fraction &= (1n << 52n) - 1n;
  }
  return sign | ((exponent - 1023n + 16383n) << 112n) | (fraction << 60n);
}

/** What `symbols` says of a value that is not there, as a sentence. */
export function sentence(why: string): string {
  return `${why.charAt(0).toUpperCase()}${why.slice(1)}`;
}
