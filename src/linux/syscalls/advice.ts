import { Pte } from '../../memory/pte.ts';
import type { Mapping } from '../../platform/mapping.ts';
import { Errno, fail } from '../abi/errno.ts';
import { ProcessFile } from '../files/process-file.ts';
import type { Syscall } from '../syscall.ts';
import { clip, clipTo, hasHole, overlapping, type PageRange, pageRange, populate, value } from './page-range.ts';
import { readVectors } from './pieces.ts';
import type { SyscallFamily } from './table.ts';

const enum Advice {
  DontNeed = 4,
  Free = 8,
  Remove = 9,
  DontFork = 10,
  DoFork = 11,
  WipeOnFork = 18,
  KeepOnFork = 19,
  PopulateRead = 22,
  PopulateWrite = 23,
  DontNeedLocked = 24,
}

/** Advice that changes nothing that a guest could see: from MADV_NORMAL to MADV_COLLAPSE. */
const WITHOUT_EFFECT: readonly number[] = [0, 1, 2, 3, 12, 13, 14, 15, 16, 17, 20, 21, 25];

/** What a process may advise another one: MADV_WILLNEED, MADV_COLD, MADV_PAGEOUT, MADV_COLLAPSE. */
const FOR_OTHERS: readonly number[] = [3, 20, 21, 25];

/** madvise(2). */
export const ADVICE_SYSCALLS: SyscallFamily = {
  madvise(call) {
    const range = pageRange(call, Errno.EINVAL);
    const advice = call.int(2) as Advice;
    switch (advice) {
      case Advice.DontNeed:
      case Advice.DontNeedLocked:
      case Advice.Free:
        if (advice !== Advice.DontNeedLocked && call.process.lockedMemory.touches(range.start, range.end))
          return fail(Errno.EINVAL);
        if (advice === Advice.Free && call.memory.with((access) => overlapping(access, range).some(isOfObject)))
          return fail(Errno.EINVAL);
        call.memory.with((access) => {
          const inside = clip(access, range);
          for (const mapping of overlapping(access, inside)) value(access.discard(clipTo(mapping, inside)));
        });
        break;
      case Advice.DontFork:
      case Advice.DoFork:
        call.process.forkAdvice.set(range.start, range.end, advice === Advice.DontFork ? 'omit' : undefined);
        break;
      case Advice.WipeOnFork:
        if (call.memory.with((access) => overlapping(access, range).some(isOfObject))) return fail(Errno.EINVAL);
        call.process.forkAdvice.set(range.start, range.end, 'wipe');
        break;
      case Advice.KeepOnFork:
        call.process.forkAdvice.set(range.start, range.end, undefined);
        break;
      case Advice.PopulateRead:
      case Advice.PopulateWrite:
        if (call.memory.with((access) => hasHole(access, range))) return fail(Errno.ENOMEM);
        if (!call.memory.with((access) => overlapping(access, range).every((part) => allows(part, advice))))
          return fail(Errno.EINVAL);
        return call.memory.with((access) => populate(access, range, advice === Advice.PopulateWrite))
          ? 0
          : fail(Errno.EFAULT);
      case Advice.Remove:
        return remove(call, range);
      default:
        if (!WITHOUT_EFFECT.includes(advice)) return fail(Errno.EINVAL);
    }
    return call.memory.with((access) => hasHole(access, range)) ? fail(Errno.ENOMEM) : 0;
  },

  process_madvise(call) {
    const file = call.process.files.get(call.int(0));
    if (call.uint(4) !== 0) return fail(Errno.EINVAL);
    const pieces = readVectors(call.memory, call.word(1), call.word(2));
    if (!(file instanceof ProcessFile)) return fail(Errno.EBADF);
    if (!file.process.space) return fail(Errno.ESRCH);
    if (!FOR_OTHERS.includes(call.int(3))) return fail(Errno.EINVAL);
    return pieces.reduce((sum, { length }) => sum + length, 0);
  },
};

/** MADV_REMOVE: a hole in what is mapped. */
function remove(call: Syscall, range: PageRange): number {
  const parts = call.memory.with((access) =>
    hasHole(access, range) ? fail(Errno.ENOMEM) : overlapping(access, range),
  );
  for (const { sharing, object, permissions } of parts) {
    if (!object) return fail(Errno.EINVAL);
    if (sharing === 'private' || !(permissions & Pte.W)) return fail(Errno.EACCES);
  }
  for (const part of parts) {
    const [from, to] = [Math.max(part.start, range.start), Math.min(part.end, range.end)];
    const offset = part.offset + (from - part.start);
    call.kernel.cache.punch(part.object!, offset, to - from);
  }
  return 0;
}

/** Whether a mapping lets its pages be made present so. */
function allows({ permissions }: Mapping, advice: Advice.PopulateRead | Advice.PopulateWrite): boolean {
  return (permissions & (advice === Advice.PopulateWrite ? Pte.W : Pte.R | Pte.W)) !== 0;
}

/** Whether the pages are not just zeroes of the process's own. */
function isOfObject({ sharing, object }: Mapping): boolean {
  return sharing === 'shared' || object !== undefined;
}
