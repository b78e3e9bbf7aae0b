import { decode } from '../riscv/decode.ts';
import type { Instruction } from '../riscv/instruction.ts';

/** The instruction that starts with these bytes; `undefined` where there are not enough of them. */
export function decodeAt(bytes: Uint8Array): Instruction | undefined {
  if (bytes.length < 2) return undefined;
  const instruction = decode(bytes.subarray(0, 4).reduce((word, byte, at) => word | (byte << (8 * at)), 0));
  return instruction.length <= bytes.length ? instruction : undefined;
}
