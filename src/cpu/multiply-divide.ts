import type { GuestMemory } from '../memory/guest-memory.ts';
import { Op } from '../riscv/op.ts';

/*
 * The multiplications and divisions of the M extension that do not fit the interpreter's main loop, on registers as
 * pairs of 32-bit words. Arguments are indices of low words in `GuestMemory.i32`.
 */

const TWO_32 = 0x1_0000_0000;
const TWO_53 = 2 ** 53;

/** The high word of the unsigned product of two words. */
export function multiplyHighWords(a: number, b: number): number {
  const lowA = a & 0xffff;
  const highA = a >>> 16;
  const lowB = b & 0xffff;
  const highB = b >>> 16;
  const low = lowA * lowB;
  const cross = highA * lowB + (low >>> 16);
  const middle = lowA * highB + (cross & 0xffff);
  return (highA * highB + (cross >>> 16) + (middle >>> 16)) | 0;
}

/** rd = the high 64 bits of the 128-bit product. */
export function multiplyHigh(memory: GuestMemory, op: Op, rd: number, rs1: number, rs2: number): void {
  const { i32 } = memory;
  const al = i32[rs1];
  const ah = i32[rs1 + 1];
  const bl = i32[rs2];
  const bh = i32[rs2 + 1];
  // Column sums of the schoolbook product; every term is below 2^32, so the sums are exact in doubles.
  const middle = (multiplyHighWords(al, bl) >>> 0) + (Math.imul(al, bh) >>> 0) + (Math.imul(ah, bl) >>> 0);
  let low =
    Math.floor(middle / TWO_32) +
    (multiplyHighWords(al, bh) >>> 0) +
    (multiplyHighWords(ah, bl) >>> 0) +
    (Math.imul(ah, bh) >>> 0);
  let high = (multiplyHighWords(ah, bh) >>> 0) + Math.floor(low / TWO_32);
  low %= TWO_32;
  // A negative operand counts as itself plus 2^64: take the other operand off the high half.
  if (op !== Op.Mulhu && ah < 0) {
    low -= bl >>> 0;
    high -= bh >>> 0;
  }
  if (op === Op.Mulh && bh < 0) {
    low -= al >>> 0;
    high -= ah >>> 0;
  }
  i32[rd] = low;
  i32[rd + 1] = high + Math.floor(low / TWO_32);
}

/**
 * rd = the quotient or remainder of 64-bit operands. Division by zero and overflow give the values of the table
 * "Semantics for division by zero and division overflow"; neither traps.
 */
export function divide(memory: GuestMemory, op: Op, rd: number, rs1: number, rs2: number): void {
  const { i32 } = memory;
  const signed = op === Op.Div || op === Op.Rem;
  const quotient = op === Op.Div || op === Op.Divu;
  const ah = i32[rs1 + 1];
  const bh = i32[rs2 + 1];
  const a = (signed ? ah : ah >>> 0) * TWO_32 + (i32[rs1] >>> 0);
  const b = (signed ? bh : bh >>> 0) * TWO_32 + (i32[rs2] >>> 0);
  // Below 2^53 the rounded quotient truncates to the exact one: its distance from an integer exceeds its error.
  if (Math.abs(a) < TWO_53 && Math.abs(b) < TWO_53 && b !== 0) {
    const whole = Math.trunc(a / b);
    const result = quotient ? whole : a - whole * b;
    i32[rd + 1] = Math.floor(result / TWO_32);
    i32[rd] = result;
    return;
  }
  divideExactly(memory, signed, quotient, rd, rs1, rs2);
}

function divideExactly(
  { u64 }: GuestMemory,
  signed: boolean,
  quotient: boolean,
  rd: number,
  rs1: number,
  rs2: number,
): void {
  const a = signed ? BigInt.asIntN(64, u64[rs1 >>> 1]) : u64[rs1 >>> 1];
  const b = signed ? BigInt.asIntN(64, u64[rs2 >>> 1]) : u64[rs2 >>> 1];
  const result = b === 0n ? (quotient ? -1n : a) : quotient ? a / b : a % b;
  u64[rd >>> 1] = BigInt.asUintN(64, result);
}

/** rd = the sign-extended quotient or remainder of the low words. */
export function divideWords(i32: Int32Array, op: Op, rd: number, rs1: number, rs2: number): void {
  const signed = op === Op.Divw || op === Op.Remw;
  const a = signed ? i32[rs1] : i32[rs1] >>> 0;
  const b = signed ? i32[rs2] : i32[rs2] >>> 0;
  const quotient = op === Op.Divw || op === Op.Divuw;
  const result = quotient ? (b === 0 ? -1 : (a / b) | 0) : b === 0 ? a | 0 : (a % b) | 0;
  i32[rd] = result;
  i32[rd + 1] = result >> 31;
}
