import { Damaged } from '../byte-cursor.ts';
import { Encoding } from './constants.ts';

/** The base type of a value on the expression stack (DWARF 5, 2.5.1.1). */
export interface StackType {
  readonly size: number;
  readonly encoding: number;
}

/** A value on the expression stack: its bits, unsigned; without a type it is 64 bits wide and untyped. */
export interface StackValue {
  readonly bits: bigint;
  readonly type: StackType | undefined;
}

export type BinaryOperation = 'plus' | 'minus' | 'mul' | 'div' | 'mod' | 'and' | 'or' | 'xor' | 'shl' | 'shr' | 'shra';
export type Comparison = 'eq' | 'ne' | 'lt' | 'le' | 'gt' | 'ge';

export function untyped(bits: bigint): StackValue {
  return { bits: BigInt.asUintN(64, bits), type: undefined };
}

export function typed(bits: bigint, type: StackType | undefined): StackValue {
  return { bits: BigInt.asUintN(widthOf(type), bits), type };
}

/** The number that the bits stand for; untyped values count as signed, as DWARF's comparisons and divisions want. */
function signedValue({ bits, type }: StackValue): bigint {
  return isSigned(type) ? BigInt.asIntN(widthOf(type), bits) : bits;
}

/** DW_OP_convert: keeps the number as far as the new type can hold it. */
export function convert(value: StackValue, type: StackType | undefined): StackValue {
  if (isFloat(value.type)) {
    const number = toDouble(value);
    if (isFloat(type)) return fromDouble(number, type!);
    return typed(Number.isFinite(number) ? BigInt(Math.trunc(number)) : 0n, type);
  }
  return isFloat(type) ? fromDouble(Number(signedValue(value)), type!) : typed(signedValue(value), type);
}

export function negate(value: StackValue): StackValue {
  return isFloat(value.type) ? fromDouble(-toDouble(value), value.type!) : typed(-value.bits, value.type);
}

export function absolute(value: StackValue): StackValue {
  if (isFloat(value.type)) return fromDouble(Math.abs(toDouble(value)), value.type!);
  const number = signedValue(value);
  return typed(number < 0n ? -number : number, value.type);
}

/** The type of the result is that of the left operand. Division by zero is {@link Damaged}: compilers guard against it. */
export function combine(operation: BinaryOperation, left: StackValue, right: StackValue): StackValue {
  if (isFloat(left.type)) return combineFloats(operation, left, right);
  const { type } = left;
  const shift = right.bits > 127n ? 127n : right.bits;
  switch (operation) {
    case 'plus':
      return typed(left.bits + right.bits, type);
    case 'minus':
      return typed(left.bits - right.bits, type);
    case 'mul':
      return typed(left.bits * right.bits, type);
    case 'div':
      if (right.bits === 0n) throw new Damaged('an expression divides by zero');
      return typed(signedValue(left) / signedValue(right), type);
    case 'mod':
      if (right.bits === 0n) throw new Damaged('an expression divides by zero');
      // Untyped values are unsigned here, unlike in a division (DWARF 5, 2.5.1.4).
      return type === undefined ? untyped(left.bits % right.bits) : typed(signedValue(left) % signedValue(right), type);
    case 'and':
      return typed(left.bits & right.bits, type);
    case 'or':
      return typed(left.bits | right.bits, type);
    case 'xor':
      return typed(left.bits ^ right.bits, type);
    case 'shl':
      return typed(left.bits << shift, type);
    case 'shr':
      return typed(left.bits >> shift, type);
    case 'shra':
      return typed(BigInt.asIntN(widthOf(type), left.bits) >> shift, type);
  }
}

export function compare(comparison: Comparison, left: StackValue, right: StackValue): StackValue {
  const a = isFloat(left.type) ? toDouble(left) : signedValue(left);
  const b = isFloat(right.type) ? toDouble(right) : signedValue(right);
  const holds = {
    eq: a === b,
    ne: a !== b,
    lt: a < b,
    le: a <= b,
    gt: a > b,
    ge: a >= b,
  }[comparison];
  return untyped(holds ? 1n : 0n);
}

function combineFloats(operation: BinaryOperation, left: StackValue, right: StackValue): StackValue {
  const a = toDouble(left);
  const b = isFloat(right.type) ? toDouble(right) : Number(signedValue(right));
  switch (operation) {
    case 'plus':
      return fromDouble(a + b, left.type!);
    case 'minus':
      return fromDouble(a - b, left.type!);
    case 'mul':
      return fromDouble(a * b, left.type!);
    case 'div':
      return fromDouble(a / b, left.type!);
    default:
      throw new Damaged('an expression treats a floating-point number as bits');
  }
}

function toDouble({ bits, type }: StackValue): number {
  const view = new DataView(new ArrayBuffer(8));
  view.setBigUint64(0, bits, true);
  return type!.size === 4 ? view.getFloat32(0, true) : view.getFloat64(0, true);
}

function fromDouble(value: number, type: StackType): StackValue {
  const view = new DataView(new ArrayBuffer(8));
  if (type.size === 4) view.setFloat32(0, value, true);
  else view.setFloat64(0, value, true);
  return typed(view.getBigUint64(0, true), type);
}

function widthOf(type: StackType | undefined): number {
  return type === undefined ? 64 : type.size * 8;
}

function isSigned(type: StackType | undefined): boolean {
  return (
    type === undefined ||
    type.encoding === (Encoding.Signed as number) ||
    type.encoding === (Encoding.SignedChar as number)
  );
}

function isFloat(type: StackType | undefined): boolean {
  return type !== undefined && type.encoding === (Encoding.Float as number) && (type.size === 4 || type.size === 8);
}
