import { SyscallError } from './abi/errno.ts';
import type { Kernel } from './kernel.ts';
import type { Thread } from './thread.ts';

/** ROBUST_LIST_LIMIT of the kernel. */
const LIMIT = 2048;
const FUTEX_WAITERS = 0x8000_0000;
const FUTEX_OWNER_DIED = 0x4000_0000;
const FUTEX_TID_MASK = 0x3fff_ffff;

/**
 * Marks the robust mutexes that a dying thread holds, so that the next owner learns of its death
 * (Documentation/locking/robust-futexes.rst). The list is the guest's: whatever is wrong with it ends the walk.
 */
export function releaseRobustFutexes(kernel: Kernel, thread: Thread): void {
  if (thread.robustList === 0) return;
  const { process } = thread;
  const { memory } = process;
  try {
    const head = thread.robustList;
    const offset = Number(BigInt.asIntN(64, memory.readU64(head + 8)));
    const pending = memory.readWord(head + 16);
    let entry = memory.readWord(head);
    for (let i = 0; i < LIMIT && entry !== head; i++) {
      const next = memory.readWord(entry);
      if (entry !== pending) release(entry + offset);
      entry = next;
    }
    if (pending !== 0) release(pending + offset);
  } catch (error) {
    if (!(error instanceof SyscallError)) throw error;
  }

  function release(address: number): void {
    const word = memory.readU32(address);
    if ((word & FUTEX_TID_MASK) !== thread.tid) return;
    memory.writeU32(address, (word & FUTEX_WAITERS) | FUTEX_OWNER_DIED);
    if (word & FUTEX_WAITERS) kernel.futexes.wake({ process, address, isPrivate: false }, 1);
  }
}
