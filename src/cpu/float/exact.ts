import { Flag, Rounding } from './float-file.ts';

/*
 * IEEE 754 arithmetic on bit patterns with integers of any length: exact in every rounding mode, with every exception
 * flag. Slow; the files beside it compute with host doubles wherever those are provably the same and come here for the
 * rest. Everything here is written once for both formats.
 */

/** A binary interchange format of IEEE 754. */
export interface Format {
  /** Bits in all. */
  readonly width: 32 | 64;
  /** Bits of the trailing significand. */
  readonly fraction: number;
  readonly bias: number;
}

export const SINGLE: Format = { width: 32, fraction: 23, bias: 127 };
export const DOUBLE: Format = { width: 64, fraction: 52, bias: 1023 };

/** A result and the flags that computing it raises. */
export interface Exact {
  readonly bits: bigint;
  readonly flags: number;
}

const enum Kind {
  Zero,
  Finite,
  Infinite,
  Quiet,
  Signalling,
}

/** (-1)^sign * significand * 2^exponent when finite. */
interface Unpacked {
  readonly kind: Kind;
  readonly sign: boolean;
  readonly significand: bigint;
  readonly exponent: number;
}

function unpack(format: Format, bits: bigint): Unpacked {
  const { width, fraction, bias } = format;
  const sign = ((bits >> BigInt(width - 1)) & 1n) === 1n;
  const biased = Number(bits >> BigInt(fraction)) & (2 * bias + 1);
  const trailing = bits & ((1n << BigInt(fraction)) - 1n);
  if (biased === 2 * bias + 1) {
    const quiet = trailing >> BigInt(fraction - 1) === 1n;
    const kind = trailing === 0n ? Kind.Infinite : quiet ? Kind.Quiet : Kind.Signalling;
    return { kind, sign, significand: 0n, exponent: 0 };
  }
  const subnormal = biased === 0;
  return {
    kind: subnormal && trailing === 0n ? Kind.Zero : Kind.Finite,
    sign,
    significand: subnormal ? trailing : trailing | (1n << BigInt(fraction)),
    exponent: (subnormal ? 1 : biased) - bias - fraction,
  };
}

function exact(bits: bigint): Exact {
  return { bits, flags: 0 };
}

function pack(format: Format, sign: boolean, biased: number, trailing: bigint): bigint {
  const signBit = sign ? 1n << BigInt(format.width - 1) : 0n;
  return signBit | (BigInt(biased) << BigInt(format.fraction)) | trailing;
}

const zero = (format: Format, sign: boolean): bigint => pack(format, sign, 0, 0n);
const infinity = (format: Format, sign: boolean): bigint => pack(format, sign, 2 * format.bias + 1, 0n);
const nan = (format: Format): bigint => pack(format, false, 2 * format.bias + 1, 1n << BigInt(format.fraction - 1));
const invalid = (format: Format): Exact => ({ bits: nan(format), flags: Flag.Invalid });

const isNaN = (value: Unpacked): boolean => value.kind >= Kind.Quiet;

/** A NaN operand gives the canonical NaN (section "NaN Generation and Propagation"), and NV when one signals. */
function propagate(format: Format, ...operands: Unpacked[]): Exact {
  return operands.some((operand) => operand.kind === Kind.Signalling) ? invalid(format) : exact(nan(format));
}

function bitLength(value: bigint): number {
  const digits = value.toString(16);
  return digits.length * 4 - (Math.clz32(parseInt(digits[0], 16)) - 28);
}

/** `value >> shift` rounded to an integer; a negative shift is exact. */
function shiftRounded(
  value: bigint,
  shift: number,
  sign: boolean,
  rounding: Rounding,
): { value: bigint; inexact: boolean } {
  if (shift <= 0) return { value: value << BigInt(-shift), inexact: false };
  const kept = value >> BigInt(shift);
  const rest = value & ((1n << BigInt(shift)) - 1n);
  if (rest === 0n) return { value: kept, inexact: false };
  const half = 1n << BigInt(shift - 1);
  let away: boolean;
  switch (rounding) {
    case Rounding.NearestEven:
      away = rest > half || (rest === half && (kept & 1n) === 1n);
      break;
    case Rounding.NearestMaxMagnitude:
      away = rest >= half;
      break;
    case Rounding.TowardZero:
      away = false;
      break;
    case Rounding.Down:
      away = sign;
      break;
    case Rounding.Up:
      away = !sign;
      break;
  }
  return { value: away ? kept + 1n : kept, inexact: true };
}

/**
 * Rounds `significand * 2^exponent`, significand positive, to the format. An inexact significand must have its lowest
 * bit set as a sticky bit and at least two bits more than the format's precision.
 */
function round(format: Format, sign: boolean, significand: bigint, exponent: number, rounding: Rounding): Exact {
  const { fraction, bias } = format;
  const minimum = 1 - bias;
  const top = exponent + bitLength(significand) - 1;
  const lowest = Math.max(top, minimum) - fraction;
  const { value, inexact } = shiftRounded(significand, lowest - exponent, sign, rounding);
  let flags: number = inexact ? Flag.Inexact : 0;
  // RISC-V detects tininess after rounding: as if the exponent range had no lower bound.
  if (inexact && top < minimum) {
    const unbounded = shiftRounded(significand, top - fraction - exponent, sign, rounding).value;
    const carried = unbounded >> BigInt(fraction + 1) !== 0n;
    if (top < minimum - 1 || !carried) flags |= Flag.Underflow;
  }
  const hidden = 1n << BigInt(fraction);
  const carry = value === hidden << 1n;
  const biased = value < hidden ? 0 : lowest + fraction + bias + (carry ? 1 : 0);
  if (biased > 2 * bias) {
    flags |= Flag.Overflow | Flag.Inexact;
    const toInfinity =
      rounding === Rounding.NearestEven ||
      rounding === Rounding.NearestMaxMagnitude ||
      rounding === (sign ? Rounding.Down : Rounding.Up);
    return { bits: toInfinity ? infinity(format, sign) : pack(format, sign, 2 * bias, hidden - 1n), flags };
  }
  return { bits: pack(format, sign, biased, carry ? 0n : value & (hidden - 1n)), flags };
}

/** Sum of two finite values that are not both zero with the same sign. */
function addFinite(format: Format, a: Unpacked, b: Unpacked, rounding: Rounding): Exact {
  const exponent = Math.min(a.exponent, b.exponent);
  const term = (value: Unpacked): bigint => {
    const aligned = value.significand << BigInt(value.exponent - exponent);
    return value.sign ? -aligned : aligned;
  };
  const sum = term(a) + term(b);
  if (sum === 0n) {
    // An exact zero sum of operands with different signs is +0, but -0 when rounding down.
    const sign = a.sign === b.sign ? a.sign : rounding === Rounding.Down;
    return exact(zero(format, sign));
  }
  return round(format, sum < 0n, sum < 0n ? -sum : sum, exponent, rounding);
}

function addUnpacked(format: Format, a: Unpacked, b: Unpacked, rounding: Rounding): Exact {
  if (isNaN(a) || isNaN(b)) return propagate(format, a, b);
  if (a.kind === Kind.Infinite)
    return b.kind === Kind.Infinite && a.sign !== b.sign ? invalid(format) : exact(infinity(format, a.sign));
  if (b.kind === Kind.Infinite) return exact(infinity(format, b.sign));
  return addFinite(format, a, b, rounding);
}

const negated = (value: Unpacked): Unpacked => ({ ...value, sign: !value.sign });

export function add(format: Format, a: bigint, b: bigint, rounding: Rounding): Exact {
  return addUnpacked(format, unpack(format, a), unpack(format, b), rounding);
}

export function subtract(format: Format, a: bigint, b: bigint, rounding: Rounding): Exact {
  return addUnpacked(format, unpack(format, a), negated(unpack(format, b)), rounding);
}

export function multiply(format: Format, left: bigint, right: bigint, rounding: Rounding): Exact {
  const a = unpack(format, left);
  const b = unpack(format, right);
  if (isNaN(a) || isNaN(b)) return propagate(format, a, b);
  const sign = a.sign !== b.sign;
  if (a.kind === Kind.Infinite || b.kind === Kind.Infinite)
    return a.kind === Kind.Zero || b.kind === Kind.Zero ? invalid(format) : exact(infinity(format, sign));
  if (a.kind === Kind.Zero || b.kind === Kind.Zero) return exact(zero(format, sign));
  return round(format, sign, a.significand * b.significand, a.exponent + b.exponent, rounding);
}

/** Which terms of `a * b + c` are negated. */
export interface Negate {
  readonly product: boolean;
  readonly addend: boolean;
}

/** Of operands that are no NaN, and not infinity times zero. */
function productKind(a: Kind, b: Kind): Kind {
  if (a === Kind.Infinite || b === Kind.Infinite) return Kind.Infinite;
  return a === Kind.Zero || b === Kind.Zero ? Kind.Zero : Kind.Finite;
}

export function multiplyAdd(
  format: Format,
  operands: readonly [bigint, bigint, bigint],
  negate: Negate,
  rounding: Rounding,
): Exact {
  const [a, b, third] = operands.map((bits) => unpack(format, bits));
  const c = negate.addend ? negated(third) : third;
  const infiniteTimesZero =
    (a.kind === Kind.Infinite && b.kind === Kind.Zero) || (a.kind === Kind.Zero && b.kind === Kind.Infinite);
  // NV also when the addend is a quiet NaN.
  if (infiniteTimesZero) return invalid(format);
  if (isNaN(a) || isNaN(b) || isNaN(c)) return propagate(format, a, b, c);
  const product: Unpacked = {
    kind: productKind(a.kind, b.kind),
    sign: (a.sign !== b.sign) !== negate.product,
    significand: a.significand * b.significand,
    exponent: a.exponent + b.exponent,
  };
  return addUnpacked(format, product, c, rounding);
}

export function divide(format: Format, left: bigint, right: bigint, rounding: Rounding): Exact {
  const a = unpack(format, left);
  const b = unpack(format, right);
  if (isNaN(a) || isNaN(b)) return propagate(format, a, b);
  const sign = a.sign !== b.sign;
  if (a.kind === Kind.Infinite) return b.kind === Kind.Infinite ? invalid(format) : exact(infinity(format, sign));
  if (b.kind === Kind.Infinite) return exact(zero(format, sign));
  if (b.kind === Kind.Zero) {
    if (a.kind === Kind.Zero) return invalid(format);
    return { bits: infinity(format, sign), flags: Flag.DivideByZero };
  }
  if (a.kind === Kind.Zero) return exact(zero(format, sign));
  // Enough bits that the quotient has more than the precision, whatever the lengths of the operands.
  const extra = 2 * format.fraction + 6;
  const dividend = a.significand << BigInt(extra);
  const quotient = dividend / b.significand;
  const sticky = quotient * b.significand === dividend ? 0n : 1n;
  return round(format, sign, (quotient << 1n) | sticky, a.exponent - b.exponent - extra - 1, rounding);
}

export function squareRoot(format: Format, bits: bigint, rounding: Rounding): Exact {
  const a = unpack(format, bits);
  if (isNaN(a)) return propagate(format, a);
  if (a.kind === Kind.Zero) return exact(bits);
  if (a.sign) return invalid(format);
  if (a.kind === Kind.Infinite) return exact(bits);
  const shift = 2 * format.fraction + 8;
  const even = (a.exponent - shift) % 2 === 0 ? shift : shift + 1;
  const radicand = a.significand << BigInt(even);
  const root = integerSquareRoot(radicand);
  const sticky = root * root === radicand ? 0n : 1n;
  return round(format, false, (root << 1n) | sticky, (a.exponent - even) / 2 - 1, rounding);
}

/** The largest integer whose square is at most `value`, by Newton's method from above. */
function integerSquareRoot(value: bigint): bigint {
  let root = 1n << BigInt((bitLength(value) >> 1) + 1);
  for (;;) {
    const next = (root + value / root) >> 1n;
    if (next >= root) return root;
    root = next;
  }
}

/** From one format to the other. */
export function convert(from: Format, to: Format, bits: bigint, rounding: Rounding): Exact {
  const a = unpack(from, bits);
  if (isNaN(a)) return propagate(to, a);
  if (a.kind === Kind.Infinite) return exact(infinity(to, a.sign));
  if (a.kind === Kind.Zero) return exact(zero(to, a.sign));
  return round(to, a.sign, a.significand, a.exponent, rounding);
}

export function fromInteger(format: Format, value: bigint, rounding: Rounding): Exact {
  if (value === 0n) return exact(zero(format, false));
  return round(format, value < 0n, value < 0n ? -value : value, 0, rounding);
}
