import { PAGE_SIZE, pageCeil, pageFloor, virtAddr } from '../../memory/address.ts';
import { Pte } from '../../memory/pte.ts';
import type { MemoryObject } from '../../platform/memory-object.ts';
import type { Permissions } from '../../platform/mapping.ts';
import { MMAP_MIN_ADDR } from '../../platform/space-layout.ts';
import type { MapRequest, Placement, SpaceAccess } from '../../platform/space-access.ts';
import { Errno, fail, SyscallError } from '../abi/errno.ts';
import { MapFlag, Prot } from '../abi/flags.ts';
import { OpenPath } from '../files/open-path.ts';
import { OpenRegularFile, Seal } from '../files/regular-file.ts';
import { checkBudget, isData } from '../memory-budget.ts';
import { Resource } from '../resource-limits.ts';
import type { Syscall } from '../syscall.ts';
import { checkLockable } from './memory-locks.ts';
import {
  clip,
  clipTo,
  hasHole,
  overlapping,
  type PageRange,
  pageRange,
  populate,
  sizeWithin,
  startingAt,
  value,
} from './page-range.ts';
import type { SyscallFamily } from './table.ts';

/** MS_ flags. */
const enum Sync {
  Asynchronous = 1,
  Invalidate = 2,
  Synchronous = 4,
}

/** LEGACY_MAP_MASK: what MAP_SHARED_VALIDATE lets pass. */
const KNOWN_MAP_FLAGS = 0x1f_ffff;
/** Offsets of files are signed, 64 bits wide. */
const MAX_FILE_END = 2 ** 63;

const ANYTHING: Permissions = Pte.R | Pte.W | Pte.X;

/** mincore(2) and msync(2) look at a range in steps of this many pages. */
const MINCORE_STEP = 4096;

/** mmap and its relatives; the break. */
export const MEMORY_SYSCALLS: SyscallFamily = {
  brk(call) {
    const { process, memory } = call;
    const wanted = call.word(0);
    const { programBreak, image } = process;
    if (wanted < image.heapStart) return programBreak;
    const [from, to] = [pageCeil(programBreak), pageCeil(wanted)];
    if (wanted - image.heapStart > process.limits.bytes(Resource.Data)) return programBreak;
    const moved = memory.with((access) => {
      if (to > access.range.end) return false;
      if (to < from) return access.unmap({ start: to, end: from }).ok;
      if (to === from) return true;
      if (!hasBudget(call, access, to - from)) return false;
      const placement = { kind: 'if-free', start: from } as const;
      return access.map({
        placement,
        length: to - from,
        permissions: Pte.R | Pte.W,
        sharing: 'private',
        name: '[heap]',
      }).ok;
    });
    if (moved) process.programBreak = wanted;
    return process.programBreak;
  },

  mmap(call) {
    const [hint, length, protection, flags, offset] = [
      call.word(0),
      call.word(1),
      call.int(2),
      call.int(3),
      call.word(5),
    ];
    if (length === 0 || offset % PAGE_SIZE !== 0) fail(Errno.EINVAL);
    const fixed = (flags & (MapFlag.Fixed | MapFlag.FixedNoReplace)) !== 0;
    if (fixed && hint % PAGE_SIZE !== 0) fail(Errno.EINVAL);
    const kind: MapFlag = flags & MapFlag.TypeMask;
    if (kind !== MapFlag.Private && kind !== MapFlag.Shared && kind !== MapFlag.SharedValidate) fail(Errno.EINVAL);
    const sharing = kind === MapFlag.Private ? 'private' : 'shared';
    if (kind === MapFlag.SharedValidate && flags & MapFlag.Anonymous) fail(Errno.EINVAL);
    if (kind === MapFlag.SharedValidate && flags & ~KNOWN_MAP_FLAGS) fail(Errno.EOPNOTSUPP);
    if (flags & MapFlag.HugeTlb) fail(Errno.ENOMEM);
    if (flags & MapFlag.GrowsDown && sharing === 'shared') fail(Errno.EINVAL);
    if (!(flags & MapFlag.Anonymous) && offset + pageCeil(length) >= MAX_FILE_END) fail(Errno.EOVERFLOW);
    if (fixed && hint < MMAP_MIN_ADDR) fail(Errno.EPERM);
    const backing =
      flags & MapFlag.Anonymous ? anonymous(call, sharing, length) : fileBacking(call, sharing, protection);
    try {
      return call.memory.with((access) => {
        if (length > access.range.end) fail(Errno.ENOMEM);
        const request: MapRequest = {
          placement: placementOf(flags, hint),
          length,
          permissions: permissionsOf(protection),
          maximum: backing.maximum,
          sharing,
          growth: flags & MapFlag.GrowsDown ? 'down' : 'fixed',
          ...(backing.object ? { object: backing.object, offset } : {}),
          name: backing.name,
        };
        const bytes = pageCeil(length);
        const replaced = request.placement.kind === 'replace' ? overlapping(access, startingAt(hint, bytes)) : [];
        const isPrivateData = isData({ ...request, growth: request.growth ?? 'fixed' });
        const isCommitted = (isPrivateData || (sharing === 'shared' && backing.owned)) && !(flags & MapFlag.NoReserve);
        checkBudget(call.kernel, call.process, access, {
          mapped: bytes - sizeWithin(replaced, startingAt(hint, bytes)),
          data: isPrivateData ? bytes - sizeWithin(replaced.filter(isData), startingAt(hint, bytes)) : 0,
          committed: isCommitted ? bytes : 0,
        });
        const locks = (flags & MapFlag.Locked) !== 0 || call.process.locksFuture;
        if (locks) checkLockable(call, bytes, Errno.EAGAIN);
        const start = value(access.map(request));
        const range = { start, end: pageCeil(start + length) };
        forget(call, range);
        if (locks) call.process.lockedMemory.set(range.start, range.end, true);
        if (flags & MapFlag.Populate || locks)
          populate(access, range, sharing === 'private' && (protection & Prot.Write) !== 0);
        return start;
      });
    } finally {
      if (backing.owned) backing.object?.release();
    }
  },

  munmap(call) {
    const range = pageRange(call, Errno.EINVAL);
    if (range.start === range.end) fail(Errno.EINVAL);
    call.memory.with((access) => {
      if (range.end > access.range.end) fail(Errno.EINVAL);
      const inside = clip(access, range);
      if (inside.start < inside.end) value(access.unmap(inside));
      forget(call, inside);
    });
    return 0;
  },

  mprotect(call) {
    const asked = pageRange(call, Errno.ENOMEM);
    const protection = call.int(2);
    if (protection & ~(Prot.Read | Prot.Write | Prot.Execute | Prot.GrowsDown)) fail(Errno.EINVAL);
    if (asked.start === asked.end) return 0;
    call.memory.with((access) => {
      if (asked.end > access.range.end) fail(Errno.ENOMEM);
      const range = protection & Prot.GrowsDown ? fromStackStart(access, asked) : asked;
      const permissions = permissionsOf(protection);
      // As Linux: mapping by mapping, and what comes before one that is refused, or a hole, stays changed.
      let at: number = range.start;
      for (const mapping of overlapping(access, range)) {
        if (mapping.start > at) fail(Errno.ENOMEM);
        if (permissions & ~mapping.maximum) fail(Errno.EACCES);
        const part = clipTo(mapping, range);
        const data = !isData(mapping) && isData({ ...mapping, permissions }) ? part.end - part.start : 0;
        checkBudget(call.kernel, call.process, access, { mapped: 0, data, committed: 0 });
        value(access.protect(part, permissions));
        at = part.end;
      }
      if (at < range.end) fail(Errno.ENOMEM);
    });
    return 0;
  },

  msync(call) {
    const range = pageRange(call, Errno.ENOMEM);
    const flags = call.uint(2);
    if (flags & ~7 || (flags & Sync.Asynchronous && flags & Sync.Synchronous)) return fail(Errno.EINVAL);
    if (flags & Sync.Invalidate && call.process.lockedMemory.touches(range.start, range.end)) return fail(Errno.EBUSY);
    return call.memory.with((access) => (hasHole(access, range) ? fail(Errno.ENOMEM) : 0));
  },

  mincore(call) {
    const range = pageRange(call, Errno.ENOMEM);
    const { inspector } = call.kernel.provider;
    const space = call.kernel.provider.label(call.process.space!);
    if (call.memory.with((access) => hasHole(access, range))) fail(Errno.ENOMEM);
    const step = MINCORE_STEP * PAGE_SIZE;
    for (let start: number = range.start; start < range.end; start += step) {
      const part = { start: virtAddr(start), end: virtAddr(Math.min(range.end, start + step)) };
      const resident = new Uint8Array((part.end - part.start) / PAGE_SIZE);
      inspector.forEachPage(space, part, ({ va }) => void (resident[(va - start) / PAGE_SIZE] = 1));
      call.memory.write(call.word(2) + (start - range.start) / PAGE_SIZE, resident);
    }
    return 0;
  },
};

/** What was noted of a range that is mapped anew, or not any more. */
export function forget({ process }: Syscall, { start, end }: PageRange): void {
  process.faultFiles.set(start, end, undefined);
  process.forkAdvice.set(start, end, undefined);
  process.lockedMemory.set(start, end, undefined);
}

function hasBudget({ kernel, process }: Syscall, access: SpaceAccess, bytes: number): boolean {
  try {
    checkBudget(kernel, process, access, { mapped: bytes, data: bytes, committed: bytes });
    return true;
  } catch (error) {
    if (error instanceof SyscallError) return false;
    throw error;
  }
}

/** PROT_GROWSDOWN: from the start of the stack that the range is in. */
function fromStackStart(access: SpaceAccess, { start, end }: PageRange): PageRange {
  const stack = access.find(start) ?? fail(Errno.ENOMEM);
  return stack.growth === 'down' ? { start: stack.start, end } : fail(Errno.EINVAL);
}

interface Backing {
  readonly object: MemoryObject | undefined;
  readonly name: string;
  /** The caller holds a reference of its own, to be given back once it is mapped. */
  readonly owned: boolean;
  /** What mprotect(2) may allow. */
  readonly maximum: Permissions;
}

function anonymous({ kernel }: Syscall, sharing: 'private' | 'shared', length: number): Backing {
  if (sharing === 'private') return { object: undefined, name: '', owned: false, maximum: ANYTHING };
  const size = pageCeil(length);
  const name = '/dev/zero (deleted)';
  const object = kernel.cache.createObject(name, { size: () => size, read: () => {} });
  return { object, name, owned: true, maximum: ANYTHING };
}

function fileBacking(call: Syscall, sharing: 'private' | 'shared', protection: number): Backing {
  const file = call.process.files.get(call.int(4));
  if (file instanceof OpenPath) fail(Errno.EBADF);
  if (!file.isReadable) fail(Errno.EACCES);
  const stores = sharing === 'shared' && (protection & Prot.Write) !== 0;
  if (stores && !file.isWritable) fail(Errno.EACCES);
  const isSealed = file instanceof OpenRegularFile && ((file.file.seals ?? 0) & (Seal.Write | Seal.FutureWrite)) !== 0;
  if (stores && isSealed) fail(Errno.EPERM);
  const object = file.memoryObject();
  if (!object) return anonymous(call, sharing, call.word(1));
  if (sharing === 'shared' && file.isWritable && file instanceof OpenRegularFile) file.file.makeWritable();
  const maximum = sharing === 'private' || (file.isWritable && !isSealed) ? ANYTHING : Pte.R | Pte.X;
  return { object, name: file.name, owned: false, maximum };
}

function placementOf(flags: number, hint: number): Placement {
  if (flags & MapFlag.FixedNoReplace) return { kind: 'if-free', start: virtAddr(hint) };
  if (flags & MapFlag.Fixed) return { kind: 'replace', start: virtAddr(hint) };
  return hint === 0 ? { kind: 'anywhere' } : { kind: 'anywhere', hint: pageFloor(hint) };
}

/** PROT_ bits as PTE bits. Writable memory is readable: the manual reserves W without R (mmap(2) allows it too). */
function permissionsOf(protection: number): Permissions {
  const readable = protection & (Prot.Read | Prot.Write) ? Pte.R : 0;
  return readable | (protection & Prot.Write ? Pte.W : 0) | (protection & Prot.Execute ? Pte.X : 0);
}
