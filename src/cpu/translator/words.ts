import type { Instruction } from '../../riscv/instruction.ts';
import { Op } from '../../riscv/op.ts';
import { integerDestination } from './operands.ts';
import { instructionsOf, type Block, type Region } from './region.ts';

/*
 * Which x registers hold words: 32-bit values, sign-extended. Operations on words can be done in 32 bits, where the
 * host's compiler knows more idioms (rotations), and needs no extension when the result is used as a word.
 */

/** The registers that hold words at the start of each block, whatever way control came there; by block index. */
export function wordsAtEntry({ blocks }: Region, entries: readonly Block[]): Int32Array {
  const ALL = -1;
  const atEntry = new Int32Array(blocks.length).fill(ALL);
  for (const entry of entries) atEntry[entry.index] = 0;
  const work = [...blocks];
  for (let block = work.pop(); block; block = work.pop()) {
    let words = atEntry[block.index];
    for (const { instruction } of instructionsOf(block)) words = wordsAfter(instruction, words);
    for (const next of block.successors) {
      const common = atEntry[next.index] & words;
      if (common === atEntry[next.index]) continue;
      atEntry[next.index] = common;
      work.push(next);
    }
  }
  return atEntry;
}

/** The registers that hold words after an instruction, of those before it. x0 always does. */
export function wordsAfter(instruction: Instruction, before: number): number {
  const words = before | 1;
  const written = integerDestination(instruction);
  if (written === 0) return words;
  return makesWord(instruction, words) ? words | written : words & ~written;
}

function makesWord({ op, rs1, rs2, imm }: Instruction, words: number): boolean {
  const first = (words & (1 << rs1)) !== 0;
  const both = first && (words & (1 << rs2)) !== 0;
  switch (op) {
    case Op.Lui:
    case Op.Lb:
    case Op.Lh:
    case Op.Lw:
    case Op.Lbu:
    case Op.Lhu:
    case Op.Slti:
    case Op.Sltiu:
    case Op.Slt:
    case Op.Sltu:
    case Op.FmvXW:
      return true;
    case Op.Addi:
      return rs1 === 0 || (imm === 0 && first);
    case Op.Add:
      return (rs1 === 0 || rs2 === 0) && both;
    case Op.Xori:
    case Op.Ori:
    case Op.Srai:
      return first;
    case Op.Andi:
      return first || imm >= 0;
    case Op.Srli:
      return imm > 32;
    case Op.Xor:
    case Op.Or:
    case Op.And:
    case Op.Rem:
      return both;
    default:
      return (
        (op >= Op.Addiw && op <= Op.Sraw) || (op >= Op.Mulw && op <= Op.Remuw) || (op >= Op.LrW && op <= Op.AmoMaxuW)
      );
  }
}
