import { PAGE_SIZE, virtAddr } from '../../memory/address.ts';
import { Errno, fail } from '../abi/errno.ts';
import type { Syscall } from '../syscall.ts';
import type { ThreadGroup } from '../thread-group.ts';
import { mayTrace } from '../tracing.ts';
import { lengthOf, type Piece, readVectors } from './pieces.ts';
import type { SyscallFamily } from './table.ts';

/** Memory of other processes. */
export const OTHER_MEMORY_SYSCALLS: SyscallFamily = {
  process_vm_readv: (call) => copyBetween(call, 'read'),
  process_vm_writev: (call) => copyBetween(call, 'write'),
};

/**
 * process_vm_readv(2), process_vm_writev(2): copies, a page of the other process at a time, up to the first address that
 * either side may not access.
 */
function copyBetween(call: Syscall, direction: 'read' | 'write'): number {
  if (call.uint(5) !== 0) fail(Errno.EINVAL);
  const local = readVectors(call.memory, call.word(1), call.word(2));
  if (lengthOf(local) === 0) return 0;
  const remote = readVectors(call.memory, call.word(3), call.word(4));
  if (lengthOf(remote) === 0) return 0;
  const other = call.kernel.lifeCycle.thread(call.int(0))?.process ?? fail(Errno.ESRCH);
  if (!other.space) return fail(Errno.ESRCH);
  if (!mayTrace(call.kernel, call.process, other)) return fail(Errno.EPERM);
  const total = Math.min(lengthOf(local), lengthOf(remote));
  let done = 0;
  while (done < total) {
    const [here, there] = [pieceAt(local, done), pieceAt(remote, done)];
    const length = Math.min(here.length, there.length, PAGE_SIZE - (there.start % PAGE_SIZE));
    const chunk = new Uint8Array(length);
    const copied = !isMapped(other, there.start)
      ? 0
      : direction === 'read'
        ? call.memory.writeSome(here.start, chunk.subarray(0, other.memory.readSome(there.start, chunk)))
        : other.memory.writeSome(there.start, chunk.subarray(0, call.memory.readSome(here.start, chunk)));
    done += copied;
    if (copied < length) break;
  }
  return done === 0 ? fail(Errno.EFAULT) : done;
}

/** The stack of another process does not grow by a look at it. */
function isMapped({ memory }: ThreadGroup, va: number): boolean {
  return memory.with((access) => va < access.range.end && access.find(virtAddr(va)) !== undefined);
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
