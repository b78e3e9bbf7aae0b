import { Errno, fail } from '../abi/errno.ts';
import type { UserMemory } from '../user-memory.ts';

/** UIO_MAXIOV. */
const MAX_VECTORS = 1024;

/** Part of a process's memory, in bytes. */
export interface Piece {
  readonly start: number;
  readonly length: number;
}

/** An array of struct iovec. */
export function readVectors(memory: UserMemory, address: number, count: number): Piece[] {
  if (count > MAX_VECTORS) fail(Errno.EINVAL);
  const table = memory.view(address, count * 16);
  const pieces: Piece[] = [];
  let total = 0;
  for (let i = 0; i < count; i++) {
    const length = Number(table.getBigUint64(i * 16 + 8, true));
    total += length;
    if (total > Number.MAX_SAFE_INTEGER) fail(Errno.EINVAL);
    pieces.push({ start: Number(table.getBigUint64(i * 16, true)), length });
  }
  return pieces;
}

export function lengthOf(pieces: readonly Piece[]): number {
  return pieces.reduce((sum, { length }) => sum + length, 0);
}

/** The bytes of all pieces together. @param limit what there may be, in bytes: EMSGSIZE otherwise. */
export function gather(memory: UserMemory, pieces: readonly Piece[], limit: number): Uint8Array {
  return lengthOf(pieces) > limit ? fail(Errno.EMSGSIZE) : gatherPart(memory, pieces, 0, limit);
}

/** The bytes of the pieces from the `skip`th on, `max` at most. */
export function gatherPart(memory: UserMemory, pieces: readonly Piece[], skip: number, max: number): Uint8Array {
  const bytes = new Uint8Array(Math.min(max, Math.max(0, lengthOf(pieces) - skip)));
  let [before, done] = [0, 0];
  for (const { start, length } of pieces) {
    const from = Math.max(0, skip - before);
    const part = bytes.subarray(done, done + Math.max(0, length - from));
    if (part.length > 0 && memory.readSome(start + from, part) < part.length) fail(Errno.EFAULT);
    done += part.length;
    before += length;
  }
  return bytes;
}

/** Puts bytes into the pieces in order; they have room. */
export function scatter(memory: UserMemory, pieces: readonly Piece[], bytes: Uint8Array): void {
  let at = 0;
  for (const { start, length } of pieces) {
    const part = bytes.subarray(at, at + length);
    memory.write(start, part);
    at += part.length;
  }
}
