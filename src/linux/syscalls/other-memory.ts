import { Errno, fail } from '../abi/errno.ts';
import type { Syscall } from '../syscall.ts';
import { COPY_CHUNK } from '../user-memory.ts';
import { lengthOf, type Piece, readVectors } from './pieces.ts';
import type { SyscallFamily } from './table.ts';

/** Memory of other processes. */
export const OTHER_MEMORY_SYSCALLS: SyscallFamily = {
  process_vm_readv: (call) => copyBetween(call, 'read'),
  process_vm_writev: (call) => copyBetween(call, 'write'),
};

/** process_vm_readv(2), process_vm_writev(2): copies up to the first address that either side may not access. */
function copyBetween(call: Syscall, direction: 'read' | 'write'): number {
  if (call.uint(5) !== 0) fail(Errno.EINVAL);
  const local = readVectors(call.memory, call.word(1), call.word(2));
  const remote = readVectors(call.memory, call.word(3), call.word(4));
  const other = call.kernel.processes.get(call.int(0)) ?? fail(Errno.ESRCH);
  if (!other.space) return fail(Errno.ESRCH);
  const [from, to] = direction === 'read' ? [other.memory, call.memory] : [call.memory, other.memory];
  const [sources, targets] = direction === 'read' ? [remote, local] : [local, remote];
  const total = Math.min(lengthOf(sources), lengthOf(targets));
  let done = 0;
  while (done < total) {
    const source = pieceAt(sources, done);
    const target = pieceAt(targets, done);
    const chunk = new Uint8Array(Math.min(source.length, target.length, COPY_CHUNK));
    const read = from.readSome(source.start, chunk);
    const written = to.writeSome(target.start, chunk.subarray(0, read));
    done += written;
    if (written < chunk.length) break;
  }
  return done === 0 && total > 0 ? fail(Errno.EFAULT) : done;
}

/** What is left at byte `at` of pieces taken together, in one piece. */
function pieceAt(pieces: readonly Piece[], at: number): Piece {
  let before = 0;
  for (const { start, length } of pieces) {
    if (at < before + length) return { start: start + at - before, length: before + length - at };
    before += length;
  }
  return { start: 0, length: 0 };
}
