import { decode } from '../riscv/decode.ts';
import type { Instruction } from '../riscv/instruction.ts';
import type { ReadMemory } from './frame.ts';

/** The instruction at an address; undefined where it cannot be read. */
export function instructionAt(read: ReadMemory, at: number): Instruction | undefined {
  const low = read(at, 2);
  if (low === undefined) return undefined;
  const first = low[0] | (low[1] << 8);
  if ((first & 3) !== 3) return decode(first);
  const high = read(at + 2, 2);
  return high && decode(first | (high[0] << 16) | (high[1] << 24));
}
