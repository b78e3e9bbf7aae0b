import { Op } from './op.ts';

/**
 * One decoded instruction. A compressed instruction is represented by the instruction that it expands to, with length 2.
 * Fields that the instruction does not have hold whatever its encoding has there, and mean nothing.
 */
export interface Instruction {
  readonly op: Op;
  /** Register numbers, 0 to 31; whether they name x or f registers follows from `op`. */
  readonly rd: number;
  /** For `csrrwi`, `csrrsi` and `csrrci` the five-bit unsigned immediate. */
  readonly rs1: number;
  readonly rs2: number;
  readonly rs3: number;
  /**
   * The sign-extended immediate as an i32: for `lui` and `auipc` already shifted, for jumps and branches the byte offset.
   * A CSR instruction has the CSR's number here, `fence` its fm/pred/succ bits, an atomic aq * 2 + rl, and an
   * {@link Op.Illegal} the raw encoding.
   */
  readonly imm: number;
  /** The rounding-mode field of a floating-point operation: 0 to 4, 7 for the dynamic one in frm; 5 and 6 are reserved. */
  readonly rm: number;
  /** Bytes. */
  readonly length: 2 | 4;
}

/** The `rm` field that means "the rounding mode in frm". */
export const DYNAMIC_ROUNDING = 7;

/** What a reserved encoding decodes to; keeps the raw bits so that they can be shown. */
export function illegal(word: number, length: 2 | 4): Instruction {
  return { op: Op.Illegal, rd: 0, rs1: 0, rs2: 0, rs3: 0, imm: word | 0, rm: 0, length };
}
