import type { GuestMemory } from '../../memory/guest-memory.ts';
import { StateOffset } from '../hart-state.ts';

/** Rounding modes as encoded in frm and in `rm` fields (Unprivileged ISA, table "Rounding mode encoding"). */
export const enum Rounding {
  NearestEven,
  TowardZero,
  Down,
  Up,
  NearestMaxMagnitude,
}

/** Accrued exceptions as in fflags. */
export const enum Flag {
  Inexact = 1,
  Underflow = 2,
  Overflow = 4,
  DivideByZero = 8,
  Invalid = 16,
}

/**
 * The f registers and fcsr of a hart, as views over the guest memory. The arithmetic takes register numbers: what it
 * reads and writes is then visible to generated code as well, and nothing is allocated on the way.
 */
export interface FloatFile {
  readonly f64: Float64Array;
  readonly u64: BigUint64Array;
  readonly f32: Float32Array;
  readonly i32: Int32Array;
  /** Index of f0 in the 64-bit views; its low half is at twice that in the 32-bit ones. */
  readonly base: number;
  /** Index of fcsr in `i32`. */
  readonly fcsr: number;
}

export function floatFile(memory: GuestMemory): FloatFile {
  const { f64, u64, f32, i32, layout } = memory;
  return {
    f64,
    u64,
    f32,
    i32,
    base: (layout.state + StateOffset.F) >>> 3,
    fcsr: (layout.state + StateOffset.Fcsr) >>> 2,
  };
}

/** High word of a register that holds a single: all ones (section "NaN Boxing of Narrower Values"). */
export const BOXED = -1;
export const CANONICAL_NAN_SINGLE = 0x7fc0_0000;

/** The 32 bits of a register as a single: the canonical NaN when it is not properly boxed. */
export function singleBits(file: FloatFile, register: number): number {
  const at = (file.base + register) * 2;
  return file.i32[at + 1] === BOXED ? file.i32[at] : CANONICAL_NAN_SINGLE;
}

export function setSingleBits(file: FloatFile, register: number, bits: number): void {
  const at = (file.base + register) * 2;
  file.i32[at] = bits;
  file.i32[at + 1] = BOXED;
}

export function raise(file: FloatFile, flags: number): void {
  file.i32[file.fcsr] |= flags;
}
