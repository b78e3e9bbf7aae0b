/*
 * Error-free transformations: the rounding error of one operation on doubles, itself computed in doubles. Exact when
 * nothing overflows or underflows on the way; callers check the ranges. See Muller et al., "Handbook of Floating-Point
 * Arithmetic", chapter 4.
 */

/** Factors and products with magnitudes between these bounds neither overflow nor underflow in `productError`. */
export const SAFE_LOW = 2 ** -900;
export const SAFE_HIGH = 2 ** 900;

/** `(a + b) - sum` exactly, where `sum` is `a + b` rounded to nearest (Knuth's TwoSum). */
export function sumError(a: number, b: number, sum: number): number {
  const virtual = sum - a;
  return a - (sum - virtual) + (b - virtual);
}

const SPLIT = 2 ** 27 + 1;

/** `a * b - product` exactly, where `product` is `a * b` rounded to nearest (Dekker's product, Veltkamp's split). */
export function productError(a: number, b: number, product: number): number {
  const scaledA = SPLIT * a;
  const highA = scaledA - (scaledA - a);
  const lowA = a - highA;
  const scaledB = SPLIT * b;
  const highB = scaledB - (scaledB - b);
  const lowB = b - highB;
  return highA * highB - product + highA * lowB + lowA * highB + lowA * lowB;
}

const scratch = new Float64Array(1);
const words = new Int32Array(scratch.buffer);

/**
 * The sum `sum + error`, of which `sum` is the rounding to nearest, rounded to odd instead: an inexact result has its
 * last bit set. Rounding that once more, to a format at least two bits shorter, is then as if from the exact sum.
 */
export function roundedToOdd(sum: number, error: number): number {
  if (error === 0) return sum;
  scratch[0] = sum;
  const low = words[0];
  if ((low & 1) !== 0) return sum;
  if (error > 0 === sum > 0) {
    words[0] = low | 1;
  } else {
    if (low === 0) words[1]--;
    words[0] = low - 1;
  }
  return scratch[0];
}
