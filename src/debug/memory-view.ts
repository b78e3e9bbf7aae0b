import type { DebugProtocol } from '@vscode/debugprotocol';
import type { Process } from '../linux/process.ts';
import type { Machine } from '../machine/machine.ts';
import { PAGE_SIZE, pageFloor, toHex, USER_END, virtAddr } from '../memory/address.ts';
import { toBase64 } from './base64.ts';

/** More than any view asks for at once. */
export const LONGEST_READ = 1 << 24;

/** One past the last address of Sv48's user half: nothing above is ever mapped. */

/**
 * Reads up to `count` bytes as they are, without touching the guest: those before the first unmapped page, and how many
 * after them cannot be read before the next mapped one or the end of the range.
 */
export function readMemory(
  machine: Machine,
  process: Process,
  address: bigint,
  count: number,
): NonNullable<DebugProtocol.ReadMemoryResponse['body']> {
  const start = address < 0n ? 0n : address;
  if (start >= USER_END) return { address: toHex(start), unreadableBytes: count };
  const va = virtAddr(Number(start));
  const bytes = machine.read(process, va, count);
  const unreadable = bytes.length === count ? 0 : gapLength(machine, process, va + bytes.length, va + count);
  return {
    address: toHex(va),
    ...(unreadable > 0 ? { unreadableBytes: unreadable } : {}),
    data: toBase64(bytes),
  };
}

/** Bytes from `from` to the next readable page, at most to `to`. */
function gapLength(machine: Machine, process: Process, from: number, to: number): number {
  let at = from;
  while (at < to && machine.read(process, virtAddr(at), 1).length === 0) at = pageFloor(at) + PAGE_SIZE;
  return Math.min(at, to) - from;
}
