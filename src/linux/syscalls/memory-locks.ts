import { pageCeil, pageFloor } from '../../memory/address.ts';
import { Errno, fail } from '../abi/errno.ts';
import { PageRanges } from '../page-ranges.ts';
import { Resource } from '../resource-limits.ts';
import type { Syscall } from '../syscall.ts';
import { hasHole, populate } from './page-range.ts';
import type { SyscallFamily } from './table.ts';

/** MCL_ flags. */
const enum LockAll {
  Current = 1,
  Future = 2,
  OnFault = 4,
}

/** Locking memory: nothing is ever swapped out, so what is left is that locked pages are present, and are counted. */
export const MEMORY_LOCK_SYSCALLS: SyscallFamily = {
  mlock: (call) => lock(call, true, true),
  munlock: (call) => lock(call, false, false),
  mlock2: (call) => (call.uint(2) & ~1 ? fail(Errno.EINVAL) : lock(call, true, call.uint(2) === 0)),

  mlockall(call) {
    const { process, memory } = call;
    const flags = call.uint(0);
    if (flags === 0 || flags === (LockAll.OnFault as number) || flags & ~7) return fail(Errno.EINVAL);
    if (flags & LockAll.Current) {
      const mappings = memory.with((access) => access.mappings());
      checkLockable(
        call,
        mappings.reduce((sum, { start, end }) => sum + end - start, -process.lockedMemory.size),
      );
      for (const { start, end } of mappings) process.lockedMemory.set(start, end, true);
    }
    process.locksFuture = (flags & LockAll.Future) !== 0;
    return 0;
  },

  munlockall({ process }) {
    process.lockedMemory = new PageRanges();
    process.locksFuture = false;
    return 0;
  },
};

/** mlock(2) and munlock(2): the range must be mapped. */
function lock(call: Syscall, on: boolean, populates: boolean): number {
  const start = pageFloor(call.word(0));
  const end = pageCeil(call.word(0) + call.word(1));
  if (end > Number.MAX_SAFE_INTEGER) return fail(Errno.EINVAL);
  const { lockedMemory } = call.process;
  if (on) checkLockable(call, end - start - lockedMemory.sizeWithin(start, end));
  if (call.memory.with((access) => hasHole(access, { start, end }))) return fail(Errno.ENOMEM);
  lockedMemory.set(start, end, on || undefined);
  if (populates) call.memory.with((access) => populate(access, { start, end }, false));
  return 0;
}

/** RLIMIT_MEMLOCK. @param tooMuch the error beyond it. */
export function checkLockable({ process }: Syscall, bytes: number, tooMuch = Errno.ENOMEM): void {
  const limit = process.limits.bytes(Resource.LockedMemory);
  if (limit === 0) fail(Errno.EPERM);
  if (process.lockedMemory.size + bytes > limit) fail(tooMuch);
}
