import { roundedToOdd, sumError } from './error-free.ts';
import * as exact from './exact.ts';
import { BOXED, Flag, Rounding, raise, setSingleBits, singleBits, type FloatFile } from './float-file.ts';

/** Conversions between the formats, and between them and integers in pairs of 32-bit words. */

const TWO_32 = 0x1_0000_0000;
const TWO_52 = 2 ** 52;

/** An integer type of the fcvt instructions, in the order of their encoding. */
export const enum IntegerType {
  W,
  Wu,
  L,
  Lu,
}

/** The least value of each type and the first one above its greatest. */
const LEAST = [-(2 ** 31), 0, -(2 ** 63), 0];
const BEYOND = [2 ** 31, 2 ** 32, 2 ** 63, 2 ** 64];

/** `value` rounded to an integer; exact for every double, as an integral double has no error to round. */
function roundToIntegral(value: number, rounding: Rounding): number {
  switch (rounding) {
    case Rounding.NearestEven:
      if (Math.abs(value) >= TWO_52) return value;
      return value < 0 ? value - TWO_52 + TWO_52 : value + TWO_52 - TWO_52;
    case Rounding.TowardZero:
      return Math.trunc(value);
    case Rounding.Down:
      return Math.floor(value);
    case Rounding.Up:
      return Math.ceil(value);
    case Rounding.NearestMaxMagnitude: {
      const whole = Math.trunc(value);
      return Math.abs(value - whole) >= 0.5 ? whole + Math.sign(value) : whole;
    }
  }
}

/**
 * Writes `value` as an integer to the words at `to`, a 32-bit result sign-extended even if unsigned. Out of range it
 * saturates and raises NV; a NaN counts as too large.
 */
function toInteger(file: FloatFile, to: number, value: number, type: IntegerType, rounding: Rounding): void {
  const { i32 } = file;
  const rounded = roundToIntegral(value, rounding);
  if (rounded >= LEAST[type] && rounded < BEYOND[type]) {
    if (rounded !== value) raise(file, Flag.Inexact);
    const high = Math.floor(rounded / TWO_32);
    const low = (rounded - high * TWO_32) | 0;
    i32[to] = low;
    i32[to + 1] = type <= IntegerType.Wu ? low >> 31 : high | 0;
    return;
  }
  raise(file, Flag.Invalid);
  const low = rounded < LEAST[type];
  switch (type) {
    case IntegerType.W:
      i32[to] = low ? 0x8000_0000 : 0x7fff_ffff;
      i32[to + 1] = low ? -1 : 0;
      break;
    case IntegerType.L:
      i32[to] = low ? 0 : -1;
      i32[to + 1] = low ? 0x8000_0000 : 0x7fff_ffff;
      break;
    case IntegerType.Wu:
    case IntegerType.Lu:
      i32[to] = i32[to + 1] = low ? 0 : -1;
      break;
  }
}

/** @param to index in `file.i32` of the low word that receives the integer. */
export function doubleToInteger(file: FloatFile, to: number, rs1: number, type: IntegerType, rounding: Rounding): void {
  toInteger(file, to, file.f64[file.base + rs1], type, rounding);
}

/** @param to index in `file.i32` of the low word that receives the integer. */
export function singleToInteger(file: FloatFile, to: number, rs1: number, type: IntegerType, rounding: Rounding): void {
  const at = (file.base + rs1) * 2;
  toInteger(file, to, file.i32[at + 1] === BOXED ? file.f32[at] : NaN, type, rounding);
}

/** The integer of `type` in the words, rounded to the nearest double; its error is what the two parts sum to less that. */
function highPart(high: number, type: IntegerType): number {
  if (type <= IntegerType.Wu) return 0;
  return (type === IntegerType.L ? high : high >>> 0) * TWO_32;
}

function lowPart(low: number, type: IntegerType): number {
  return type === IntegerType.W ? low : low >>> 0;
}

function integerBits(low: number, high: number, type: IntegerType): bigint {
  return BigInt(highPart(high, type)) + BigInt(lowPart(low, type));
}

/** @param from index in `file.i32` of the low word of the integer. */
export function integerToDouble(
  file: FloatFile,
  rd: number,
  from: number,
  type: IntegerType,
  rounding: Rounding,
): void {
  const low = file.i32[from];
  const high = file.i32[from + 1];
  const a = highPart(high, type);
  const b = lowPart(low, type);
  const sum = a + b;
  const inexact = sumError(a, b, sum) !== 0;
  if (inexact && rounding !== Rounding.NearestEven) {
    const result = exact.fromInteger(exact.DOUBLE, integerBits(low, high, type), rounding);
    file.u64[file.base + rd] = result.bits;
    raise(file, result.flags);
    return;
  }
  if (inexact) raise(file, Flag.Inexact);
  file.f64[file.base + rd] = sum;
}

/** @param from index in `file.i32` of the low word of the integer. */
export function integerToSingle(
  file: FloatFile,
  rd: number,
  from: number,
  type: IntegerType,
  rounding: Rounding,
): void {
  const low = file.i32[from];
  const high = file.i32[from + 1];
  const a = highPart(high, type);
  const b = lowPart(low, type);
  const sum = a + b;
  const error = sumError(a, b, sum);
  const rounded = Math.fround(roundedToOdd(sum, error));
  const inexact = error !== 0 || rounded !== sum;
  if (inexact && rounding !== Rounding.NearestEven) {
    const result = exact.fromInteger(exact.SINGLE, integerBits(low, high, type), rounding);
    setSingleBits(file, rd, Number(BigInt.asIntN(32, result.bits)));
    raise(file, result.flags);
    return;
  }
  if (inexact) raise(file, Flag.Inexact);
  const at = (file.base + rd) * 2;
  file.f32[at] = rounded;
  file.i32[at + 1] = BOXED;
}

/** Results between these magnitudes neither overflow nor are tiny as singles. */
const LOW = 2 ** -125;
const HIGH = 2 ** 127;

export function doubleToSingle(file: FloatFile, rd: number, rs1: number, rounding: Rounding): void {
  const value = file.f64[file.base + rs1];
  const rounded = Math.fround(value);
  const magnitude = Math.abs(rounded);
  const at = (file.base + rd) * 2;
  if (rounded === value || (rounding === Rounding.NearestEven && magnitude >= LOW && magnitude <= HIGH)) {
    if (rounded !== value) raise(file, Flag.Inexact);
    file.f32[at] = rounded;
    file.i32[at + 1] = BOXED;
    return;
  }
  const result = exact.convert(exact.DOUBLE, exact.SINGLE, file.u64[file.base + rs1], rounding);
  setSingleBits(file, rd, Number(BigInt.asIntN(32, result.bits)));
  raise(file, result.flags);
}

export function singleToDouble(file: FloatFile, rd: number, rs1: number): void {
  const at = (file.base + rs1) * 2;
  const value = file.i32[at + 1] === BOXED ? file.f32[at] : NaN;
  if (value === value) {
    file.f64[file.base + rd] = value;
    return;
  }
  const result = exact.convert(exact.SINGLE, exact.DOUBLE, BigInt(singleBits(file, rs1) >>> 0), Rounding.NearestEven);
  file.u64[file.base + rd] = result.bits;
  raise(file, result.flags);
}
