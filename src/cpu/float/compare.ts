import { Flag, raise, setSingleBits, singleBits, CANONICAL_NAN_SINGLE, type FloatFile } from './float-file.ts';

/*
 * Comparison, minimum, maximum and classification. A register's value goes through one of these views of its bits: an
 * f64 or f32 element for ordering, the i32 words for NaN payloads and signs.
 */

const scratch = new Float32Array(1);
const scratchBits = new Int32Array(scratch.buffer);

function single(bits: number): number {
  scratchBits[0] = bits;
  return scratch[0];
}

const QUIET_SINGLE = 0x0040_0000;
const QUIET_DOUBLE_HIGH = 0x0008_0000;
const CANONICAL_NAN_DOUBLE_HIGH = 0x7ff8_0000;

function isSignallingSingle(bits: number): boolean {
  const magnitude = bits & 0x7fff_ffff;
  return magnitude > 0x7f80_0000 && (magnitude & QUIET_SINGLE) === 0;
}

function isSignallingDouble(file: FloatFile, register: number): boolean {
  const value = file.f64[file.base + register];
  return value !== value && (file.i32[(file.base + register) * 2 + 1] & QUIET_DOUBLE_HIGH) === 0;
}

export const enum Comparison {
  Equal,
  Less,
  LessOrEqual,
}

/** 1 or 0. feq is quiet: only a signalling NaN raises NV; flt and fle raise it for every NaN. */
function compare(a: number, b: number, comparison: Comparison): 0 | 1 {
  switch (comparison) {
    case Comparison.Equal:
      return a === b ? 1 : 0;
    case Comparison.Less:
      return a < b ? 1 : 0;
    case Comparison.LessOrEqual:
      return a <= b ? 1 : 0;
  }
}

export function compareDouble(file: FloatFile, rs1: number, rs2: number, comparison: Comparison): 0 | 1 {
  const a = file.f64[file.base + rs1];
  const b = file.f64[file.base + rs2];
  if (a !== a || b !== b) {
    if (comparison !== Comparison.Equal || isSignallingDouble(file, rs1) || isSignallingDouble(file, rs2))
      raise(file, Flag.Invalid);
    return 0;
  }
  return compare(a, b, comparison);
}

export function compareSingle(file: FloatFile, rs1: number, rs2: number, comparison: Comparison): 0 | 1 {
  const bits1 = singleBits(file, rs1);
  const bits2 = singleBits(file, rs2);
  const a = single(bits1);
  const b = single(bits2);
  if (a !== a || b !== b) {
    if (comparison !== Comparison.Equal || isSignallingSingle(bits1) || isSignallingSingle(bits2))
      raise(file, Flag.Invalid);
    return 0;
  }
  return compare(a, b, comparison);
}

/**
 * Whether the minimum (else the maximum) is the first of two numbers, -0 being less than +0 (IEEE 754-2019
 * minimumNumber and maximumNumber).
 */
function takesFirst(a: number, b: number, negativeA: boolean, minimum: boolean): boolean {
  if (a === b) return negativeA === minimum;
  return a < b === minimum;
}

export function minMaxDouble(file: FloatFile, rd: number, rs1: number, rs2: number, minimum: boolean): void {
  const { f64, i32, base } = file;
  const a = f64[base + rs1];
  const b = f64[base + rs2];
  if (isSignallingDouble(file, rs1) || isSignallingDouble(file, rs2)) raise(file, Flag.Invalid);
  const to = (base + rd) * 2;
  if (a !== a && b !== b) {
    i32[to] = 0;
    i32[to + 1] = CANONICAL_NAN_DOUBLE_HIGH;
    return;
  }
  const first = b !== b || (a === a && takesFirst(a, b, i32[(base + rs1) * 2 + 1] < 0, minimum));
  f64[base + rd] = first ? a : b;
}

export function minMaxSingle(file: FloatFile, rd: number, rs1: number, rs2: number, minimum: boolean): void {
  const bits1 = singleBits(file, rs1);
  const bits2 = singleBits(file, rs2);
  const a = single(bits1);
  const b = single(bits2);
  if (isSignallingSingle(bits1) || isSignallingSingle(bits2)) raise(file, Flag.Invalid);
  if (a !== a && b !== b) {
    setSingleBits(file, rd, CANONICAL_NAN_SINGLE);
    return;
  }
  const first = b !== b || (a === a && takesFirst(a, b, bits1 < 0, minimum));
  setSingleBits(file, rd, first ? bits1 : bits2);
}

/** The bit of `fclass` for a number of the given kind (table "Format of result of FCLASS instruction"). */
function classOf(negative: boolean, exponent: number, maximum: number, zeroFraction: boolean, quiet: boolean): number {
  if (exponent === maximum) {
    if (!zeroFraction) return quiet ? 1 << 9 : 1 << 8;
    return negative ? 1 << 0 : 1 << 7;
  }
  if (exponent !== 0) return negative ? 1 << 1 : 1 << 6;
  if (!zeroFraction) return negative ? 1 << 2 : 1 << 5;
  return negative ? 1 << 3 : 1 << 4;
}

export function classifyDouble(file: FloatFile, rs1: number): number {
  const at = (file.base + rs1) * 2;
  const high = file.i32[at + 1];
  const zeroFraction = ((high & 0xf_ffff) | file.i32[at]) === 0;
  return classOf(high < 0, (high >>> 20) & 0x7ff, 0x7ff, zeroFraction, (high & QUIET_DOUBLE_HIGH) !== 0);
}

export function classifySingle(file: FloatFile, rs1: number): number {
  const bits = singleBits(file, rs1);
  return classOf(bits < 0, (bits >>> 23) & 0xff, 0xff, (bits & 0x7f_ffff) === 0, (bits & QUIET_SINGLE) !== 0);
}
