import { Op } from '../../riscv/op.ts';
import type { Instruction } from '../../riscv/instruction.ts';
import type { ReadMemory } from '../../symbols/frame.ts';
import { decodeAt } from '../instruction-bytes.ts';

/** An instruction and where it is. */
export interface Placed {
  readonly at: number;
  readonly instruction: Instruction;
}

/** Larger functions are not looked at as a whole. */
const LARGEST = 64 * 1024;

/**
 * The instructions that are executed one after the other, whichever way was taken before, up to the one at `end`: from
 * the last place in the function that something jumps to. Calls are among them.
 * @param inside whether `end` is inside of the last instruction or behind it: where a call returns to
 */
export function straightCode(read: ReadMemory, low: number, high: number, end: number): Placed[] {
  const limit = Math.min(high, low + LARGEST);
  const bytes = read(low, limit - low);
  if (!bytes || end < low || end > limit) return [];
  const all: Placed[] = [];
  const targets = new Set<number>();
  for (let at = low; at + 2 <= limit;) {
    const instruction = decodeAt(bytes.subarray(at - low, at - low + 4));
    if (!instruction) break;
    all.push({ at, instruction });
    if (isBranch(instruction.op)) targets.add(at + instruction.imm);
    else if (instruction.op === Op.Jal && instruction.rd === 0) targets.add(at + instruction.imm);
    at += instruction.length;
  }
  const before = all.filter(({ at }) => at < end);
  let first = 0;
  before.forEach(({ at, instruction }, index) => {
    const next = at + instruction.length;
    if (targets.has(at)) first = index;
    const { op, rd } = instruction;
    // Nothing falls through an unconditional jump.
    if ((op === Op.Jal || op === Op.Jalr) && rd === 0 && next <= end) first = index + 1;
  });
  if (targets.has(end)) return [];
  return before.slice(first);
}

function isBranch(op: Op): boolean {
  return op >= Op.Beq && op <= Op.Bgeu;
}
