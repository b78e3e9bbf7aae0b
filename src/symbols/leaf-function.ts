import { Op } from '../riscv/op.ts';
import { X } from '../riscv/registers.ts';
import { readWord } from './frame.ts';
import type { ReadMemory } from './frame.ts';
import { instructionAt } from './instruction-at.ts';

/** More than it takes to compute an address, also without optimisation. */
const MOST_INSTRUCTIONS = 256;

/**
 * What a function returns that only computes an address, from the thread pointer as a C library's `__errno_location` or from its
 * first argument as `what` of an exception: its instructions and those of functions that it calls are followed here, and nothing
 * of the program changes. Undefined for functions that do more.
 */
export function leafResult(
  read: ReadMemory,
  start: number,
  stackPointer: bigint,
  argument?: bigint,
): bigint | undefined {
  const x = new Map<number, bigint>([
    [X.Zero, 0n],
    [X.Sp, stackPointer],
    [X.Tp, read.threadPointer ?? 0n],
    // Where the function returns to is of no interest: it must come back to where it began.
    [X.Ra, 0n],
    [X.Fp, 0n],
    ...(argument === undefined ? [] : [[X.A0, argument] as const]),
  ]);
  /** What it has stored on its own stack. */
  const stack = new Map<bigint, bigint>();
  for (let at = start, count = 0; count < MOST_INSTRUCTIONS; count++) {
    const instruction = instructionAt(read, at);
    if (instruction === undefined) return undefined;
    const { op, rd, rs1, rs2, imm, length } = instruction;
    const a = x.get(rs1);
    const b = x.get(rs2);
    const set = (value: bigint | undefined): boolean => {
      if (value === undefined) return false;
      if (rd !== X.Zero) x.set(rd, BigInt.asUintN(64, value));
      return true;
    };
    const address = a === undefined ? undefined : BigInt.asUintN(64, a + BigInt(imm));
    let isKnown: boolean;
    switch (op) {
      case Op.Lui:
        isKnown = set(BigInt(imm));
        break;
      case Op.Auipc:
        isKnown = set(BigInt(at) + BigInt(imm));
        break;
      case Op.Addi:
        isKnown = set(address);
        break;
      case Op.Slli:
        isKnown = set(a === undefined ? undefined : a << BigInt(imm));
        break;
      case Op.Add:
        isKnown = set(a === undefined || b === undefined ? undefined : a + b);
        break;
      case Op.Sub:
        isKnown = set(a === undefined || b === undefined ? undefined : a - b);
        break;
      case Op.Ld:
        isKnown = address !== undefined && set(stack.get(address) ?? readWord(read, Number(address)));
        break;
      case Op.Sd:
        isKnown = address !== undefined && b !== undefined && address < stackPointer;
        if (isKnown) stack.set(address!, b!);
        break;
      case Op.Jalr:
        if (rd === X.Zero && rs1 === X.Ra && a === 0n) return x.get(X.A0);
        isKnown = address !== undefined && set(BigInt(at + length));
        if (isKnown) at = Number(address! & ~1n) - length;
        break;
      case Op.Jal:
        isKnown = set(BigInt(at + length));
        at += imm - length;
        break;
      case Op.Beq:
      case Op.Bne:
        isKnown = a !== undefined && b !== undefined;
        if (isKnown && (a === b) === (op === Op.Beq)) at += imm - length;
        break;
      default:
        isKnown = false;
    }
    if (!isKnown) return undefined;
    at += length;
  }
  return undefined;
}
