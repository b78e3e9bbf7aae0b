import { roundedToOdd, sumError } from './error-free.ts';
import * as exact from './exact.ts';
import { BOXED, Flag, Rounding, raise, setSingleBits, singleBits, type FloatFile } from './float-file.ts';

/*
 * Single-precision arithmetic on registers, in the manner of double.ts. A double has more than twice the precision of a
 * single plus two bits, so a double result rounded once more to single is rounded correctly (Figueroa, "When is double
 * rounding innocuous?", 1995); products of singles are exact in double.
 */

/** Results between these magnitudes neither overflow nor are tiny. */
const LOW = 2 ** -125;
const HIGH = 2 ** 127;

/** Both registers hold properly boxed singles. */
function boxed(file: FloatFile, rs1: number, rs2: number): boolean {
  const { i32, base } = file;
  return (i32[(base + rs1) * 2 + 1] & i32[(base + rs2) * 2 + 1]) === BOXED;
}

function put(file: FloatFile, register: number, value: number): void {
  const at = (file.base + register) * 2;
  file.f32[at] = value;
  file.i32[at + 1] = BOXED;
}

function settle(file: FloatFile, rd: number, result: exact.Exact): void {
  setSingleBits(file, rd, Number(BigInt.asIntN(32, result.bits)));
  raise(file, result.flags);
}

function bitsOf(file: FloatFile, register: number): bigint {
  return BigInt(singleBits(file, register) >>> 0);
}

export function addSingle(file: FloatFile, rd: number, rs1: number, rs2: number, rounding: Rounding): void {
  if (rounding === Rounding.NearestEven && boxed(file, rs1, rs2)) {
    const { f32, base } = file;
    const a = f32[(base + rs1) * 2];
    const b = f32[(base + rs2) * 2];
    const sum = a + b;
    const result = Math.fround(sum);
    // A sum that would be subnormal is exact.
    if (Math.abs(result) <= HIGH) {
      if (result !== sum || sumError(a, b, sum) !== 0) raise(file, Flag.Inexact);
      put(file, rd, result);
      return;
    }
  }
  settle(file, rd, exact.add(exact.SINGLE, bitsOf(file, rs1), bitsOf(file, rs2), rounding));
}

export function subtractSingle(file: FloatFile, rd: number, rs1: number, rs2: number, rounding: Rounding): void {
  if (rounding === Rounding.NearestEven && boxed(file, rs1, rs2)) {
    const { f32, base } = file;
    const a = f32[(base + rs1) * 2];
    const b = f32[(base + rs2) * 2];
    const difference = a - b;
    const result = Math.fround(difference);
    if (Math.abs(result) <= HIGH) {
      if (result !== difference || sumError(a, -b, difference) !== 0) raise(file, Flag.Inexact);
      put(file, rd, result);
      return;
    }
  }
  settle(file, rd, exact.subtract(exact.SINGLE, bitsOf(file, rs1), bitsOf(file, rs2), rounding));
}

export function multiplySingle(file: FloatFile, rd: number, rs1: number, rs2: number, rounding: Rounding): void {
  if (rounding === Rounding.NearestEven && boxed(file, rs1, rs2)) {
    const { f32, base } = file;
    const product = f32[(base + rs1) * 2] * f32[(base + rs2) * 2];
    const result = Math.fround(product);
    const magnitude = Math.abs(result);
    if (magnitude <= HIGH && (magnitude >= LOW || result === product)) {
      if (result !== product) raise(file, Flag.Inexact);
      put(file, rd, result);
      return;
    }
  }
  settle(file, rd, exact.multiply(exact.SINGLE, bitsOf(file, rs1), bitsOf(file, rs2), rounding));
}

export function divideSingle(file: FloatFile, rd: number, rs1: number, rs2: number, rounding: Rounding): void {
  if (rounding === Rounding.NearestEven && boxed(file, rs1, rs2)) {
    const { f32, base } = file;
    const a = f32[(base + rs1) * 2];
    const b = f32[(base + rs2) * 2];
    const result = Math.fround(a / b);
    const magnitude = Math.abs(result);
    if (magnitude <= HIGH && (magnitude >= LOW || a === 0)) {
      if (result * b !== a) raise(file, Flag.Inexact);
      put(file, rd, result);
      return;
    }
  }
  settle(file, rd, exact.divide(exact.SINGLE, bitsOf(file, rs1), bitsOf(file, rs2), rounding));
}

export function squareRootSingle(file: FloatFile, rd: number, rs1: number, rounding: Rounding): void {
  if (rounding === Rounding.NearestEven && boxed(file, rs1, rs1)) {
    const a = file.f32[(file.base + rs1) * 2];
    if (a >= 0 && a <= HIGH) {
      const result = Math.fround(Math.sqrt(a));
      if (result * result !== a) raise(file, Flag.Inexact);
      put(file, rd, result);
      return;
    }
  }
  settle(file, rd, exact.squareRoot(exact.SINGLE, bitsOf(file, rs1), rounding));
}

/** rd = ±(rs1 * rs2) ± rs3, rounded once: the exact product plus rs3, rounded to odd as a double, then to single. */
export function multiplyAddSingle(
  file: FloatFile,
  rd: number,
  rs1: number,
  rs2: number,
  rs3: number,
  negate: exact.Negate,
  rounding: Rounding,
): void {
  if (rounding === Rounding.NearestEven && boxed(file, rs1, rs2) && boxed(file, rs3, rs3)) {
    const { f32, base } = file;
    const factor = f32[(base + rs1) * 2];
    const product = (negate.product ? -factor : factor) * f32[(base + rs2) * 2];
    const addend = f32[(base + rs3) * 2];
    const c = negate.addend ? -addend : addend;
    const sum = product + c;
    if (Math.abs(sum) <= HIGH) {
      const error = sumError(product, c, sum);
      const result = Math.fround(roundedToOdd(sum, error));
      const inexact = error !== 0 || result !== sum;
      if (!inexact || Math.abs(result) >= LOW) {
        if (inexact) raise(file, Flag.Inexact);
        put(file, rd, result);
        return;
      }
    }
  }
  const operands = [bitsOf(file, rs1), bitsOf(file, rs2), bitsOf(file, rs3)] as const;
  settle(file, rd, exact.multiplyAdd(exact.SINGLE, operands, negate, rounding));
}
