import { SAFE_HIGH, SAFE_LOW, productError, roundedToOdd, sumError } from './error-free.ts';
import * as exact from './exact.ts';
import { Flag, Rounding, raise, type FloatFile } from './float-file.ts';

/*
 * Double-precision arithmetic on registers. Rounding to nearest even is what the host does, so the value comes from the
 * host wherever no exception but inexact can occur; whether it is inexact follows from the rounding error, and need not
 * be asked once NX is set. Everything else (other modes, NaNs, infinities, overflow, tiny results) is computed exactly.
 */

/** Results below this magnitude might be tiny or inexact by underflow: twice the smallest normal number. */
const TINY = 2 ** -1021;

/** The magnitude is between the bounds, and the value is no NaN. */
function within(value: number, low: number, high: number): boolean {
  const magnitude = Math.abs(value);
  return magnitude >= low && magnitude <= high;
}

function settle(file: FloatFile, rd: number, result: exact.Exact): void {
  file.u64[file.base + rd] = result.bits;
  raise(file, result.flags);
}

export function addDouble(file: FloatFile, rd: number, rs1: number, rs2: number, rounding: Rounding): void {
  const { f64, i32, base, fcsr } = file;
  if (rounding === Rounding.NearestEven) {
    const a = f64[base + rs1];
    const b = f64[base + rs2];
    const sum = a + b;
    if (Math.abs(sum) <= SAFE_HIGH) {
      if ((i32[fcsr] & Flag.Inexact) === 0 && sumError(a, b, sum) !== 0) i32[fcsr] |= Flag.Inexact;
      f64[base + rd] = sum;
      return;
    }
  }
  const { u64 } = file;
  settle(file, rd, exact.add(exact.DOUBLE, u64[base + rs1], u64[base + rs2], rounding));
}

export function subtractDouble(file: FloatFile, rd: number, rs1: number, rs2: number, rounding: Rounding): void {
  const { f64, i32, base, fcsr } = file;
  if (rounding === Rounding.NearestEven) {
    const a = f64[base + rs1];
    const b = f64[base + rs2];
    const difference = a - b;
    if (Math.abs(difference) <= SAFE_HIGH) {
      if ((i32[fcsr] & Flag.Inexact) === 0 && sumError(a, -b, difference) !== 0) i32[fcsr] |= Flag.Inexact;
      f64[base + rd] = difference;
      return;
    }
  }
  const { u64 } = file;
  settle(file, rd, exact.subtract(exact.DOUBLE, u64[base + rs1], u64[base + rs2], rounding));
}

export function multiplyDouble(file: FloatFile, rd: number, rs1: number, rs2: number, rounding: Rounding): void {
  const { f64, i32, base, fcsr } = file;
  if (rounding === Rounding.NearestEven) {
    const a = f64[base + rs1];
    const b = f64[base + rs2];
    const product = a * b;
    if (within(product, TINY, SAFE_HIGH)) {
      if ((i32[fcsr] & Flag.Inexact) !== 0) {
        f64[base + rd] = product;
        return;
      }
      if (within(product, SAFE_LOW, SAFE_HIGH) && within(a, SAFE_LOW, SAFE_HIGH) && within(b, SAFE_LOW, SAFE_HIGH)) {
        if (productError(a, b, product) !== 0) i32[fcsr] |= Flag.Inexact;
        f64[base + rd] = product;
        return;
      }
    } else if (product === 0 && (a === 0 || b === 0)) {
      f64[base + rd] = product;
      return;
    }
  }
  const { u64 } = file;
  settle(file, rd, exact.multiply(exact.DOUBLE, u64[base + rs1], u64[base + rs2], rounding));
}

export function divideDouble(file: FloatFile, rd: number, rs1: number, rs2: number, rounding: Rounding): void {
  const { f64, i32, base, fcsr } = file;
  if (rounding === Rounding.NearestEven) {
    const a = f64[base + rs1];
    const b = f64[base + rs2];
    const quotient = a / b;
    if (within(quotient, TINY, SAFE_HIGH)) {
      if ((i32[fcsr] & Flag.Inexact) !== 0) {
        f64[base + rd] = quotient;
        return;
      }
      if (within(quotient, SAFE_LOW, SAFE_HIGH) && within(a, SAFE_LOW, SAFE_HIGH) && within(b, SAFE_LOW, SAFE_HIGH)) {
        const back = quotient * b;
        if (back !== a || productError(quotient, b, back) !== 0) i32[fcsr] |= Flag.Inexact;
        f64[base + rd] = quotient;
        return;
      }
    } else if (quotient === 0 && a === 0) {
      f64[base + rd] = quotient;
      return;
    }
  }
  const { u64 } = file;
  settle(file, rd, exact.divide(exact.DOUBLE, u64[base + rs1], u64[base + rs2], rounding));
}

export function squareRootDouble(file: FloatFile, rd: number, rs1: number, rounding: Rounding): void {
  const { f64, i32, base, fcsr } = file;
  const a = f64[base + rs1];
  if (rounding === Rounding.NearestEven && a >= SAFE_LOW && a <= SAFE_HIGH) {
    const root = Math.sqrt(a);
    if ((i32[fcsr] & Flag.Inexact) === 0) {
      const square = root * root;
      if (square !== a || productError(root, root, square) !== 0) i32[fcsr] |= Flag.Inexact;
    }
    f64[base + rd] = root;
    return;
  }
  settle(file, rd, exact.squareRoot(exact.DOUBLE, file.u64[base + rs1], rounding));
}

const PLAIN: exact.Negate = { product: false, addend: false };
const NEGATE_ADDEND: exact.Negate = { product: false, addend: true };
const NEGATE_PRODUCT: exact.Negate = { product: true, addend: false };
const NEGATE_BOTH: exact.Negate = { product: true, addend: true };

export function negation(product: boolean, addend: boolean): exact.Negate {
  if (product) return addend ? NEGATE_BOTH : NEGATE_PRODUCT;
  return addend ? NEGATE_ADDEND : PLAIN;
}

/**
 * rd = ±(rs1 * rs2) ± rs3, rounded once. The host has no fused multiply-add; with the product and its sum with rs3 as
 * exact pairs of doubles, rounding the low part to odd makes the final addition round as if from the exact value
 * (Boldo and Melquiond, "Emulation of a FMA and correctly rounded sums", 2008).
 */
export function multiplyAddDouble(
  file: FloatFile,
  rd: number,
  rs1: number,
  rs2: number,
  rs3: number,
  negate: exact.Negate,
  rounding: Rounding,
): void {
  const { f64, i32, base, fcsr } = file;
  if (rounding === Rounding.NearestEven) {
    const a = negate.product ? -f64[base + rs1] : f64[base + rs1];
    const b = f64[base + rs2];
    const c = negate.addend ? -f64[base + rs3] : f64[base + rs3];
    const product = a * b;
    if (
      within(product, SAFE_LOW, SAFE_HIGH) &&
      within(a, SAFE_LOW, SAFE_HIGH) &&
      within(b, SAFE_LOW, SAFE_HIGH) &&
      (c === 0 || within(c, SAFE_LOW, SAFE_HIGH))
    ) {
      const productLow = productError(a, b, product);
      const tail = c + productLow;
      const tailLow = sumError(c, productLow, tail);
      const head = product + tail;
      const headLow = sumError(product, tail, head);
      const low = tailLow + headLow;
      const lowError = sumError(tailLow, headLow, low);
      const odd = roundedToOdd(low, lowError);
      const result = head + odd;
      if ((i32[fcsr] & Flag.Inexact) === 0 && (lowError !== 0 || sumError(head, odd, result) !== 0))
        i32[fcsr] |= Flag.Inexact;
      f64[base + rd] = result;
      return;
    }
    if ((a === 0 || b === 0) && product === 0 && Math.abs(c) <= SAFE_HIGH) {
      f64[base + rd] = product + c;
      return;
    }
  }
  const { u64 } = file;
  const operands = [u64[base + rs1], u64[base + rs2], u64[base + rs3]] as const;
  settle(file, rd, exact.multiplyAdd(exact.DOUBLE, operands, negate, rounding));
}
