import { PAGE_SIZE, pageCeil, pageFloor, type VirtAddr, virtAddr } from '../../memory/address.ts';
import { Pte } from '../../memory/pte.ts';
import type { MemoryObject } from '../../platform/memory-object.ts';
import type { Mapping, Permissions } from '../../platform/mapping.ts';
import type { MapError, MapRequest, Placement, SpaceAccess } from '../../platform/space-access.ts';
import type { Result } from '../../result.ts';
import { Errno, fail } from '../abi/errno.ts';
import { MapFlag, Prot, Remap } from '../abi/flags.ts';
import { OpenRegularFile, Seal } from '../files/regular-file.ts';
import type { Syscall } from '../syscall.ts';
import { COPY_CHUNK } from '../user-memory.ts';
import { lengthOf, type Piece, readVectors } from './pieces.ts';
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
}

/** Advice that changes nothing that a guest could see: from MADV_NORMAL to MADV_COLLAPSE. */
const WITHOUT_EFFECT: readonly number[] = [0, 1, 2, 3, 12, 13, 14, 15, 16, 17, 20, 21, 25];

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
    const moved = memory.with((access) => {
      if (to > access.range.end) return false;
      if (to < from) return access.unmap({ start: to, end: from }).ok;
      if (to === from) return true;
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
    const backing =
      flags & MapFlag.Anonymous ? anonymous(call, sharing, length) : fileBacking(call, sharing, protection);
    try {
      return call.memory.with((access) => {
        if (length > access.range.end) fail(Errno.ENOMEM);
        const request: MapRequest = {
          placement: placementOf(flags, hint),
          length,
          permissions: permissionsOf(protection),
          sharing,
          growth: flags & MapFlag.GrowsDown ? 'down' : 'fixed',
          ...(backing.object ? { object: backing.object, offset } : {}),
          name: backing.name,
        };
        const start = value(access.map(request));
        const range = { start, end: pageCeil(start + length) };
        call.process.forkAdvice.set(range.start, range.end, undefined);
        if (flags & MapFlag.Populate) populate(access, range, sharing === 'private' && (protection & Prot.Write) !== 0);
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
      call.process.forkAdvice.set(inside.start, inside.end, undefined);
    });
    return 0;
  },

  mprotect(call) {
    const range = pageRange(call, Errno.ENOMEM);
    const protection = call.int(2);
    if (protection & ~(Prot.Read | Prot.Write | Prot.Execute | Prot.GrowsDown)) fail(Errno.EINVAL);
    if (range.start === range.end) return 0;
    call.memory.with((access) => {
      if (range.end > access.range.end) fail(Errno.ENOMEM);
      value(access.protect(range, permissionsOf(protection)));
    });
    return 0;
  },

  mremap(call) {
    const [old, oldSize, newSize, flags, target] = [
      call.word(0),
      call.word(1),
      call.word(2),
      call.int(3),
      call.word(4),
    ];
    if (flags & ~(Remap.MayMove | Remap.Fixed | Remap.DontUnmap) || old % PAGE_SIZE !== 0 || newSize === 0)
      fail(Errno.EINVAL);
    if (flags & Remap.Fixed && !(flags & Remap.MayMove)) fail(Errno.EINVAL);
    const keeps = (flags & Remap.DontUnmap) !== 0;
    if (keeps && (!(flags & Remap.MayMove) || pageCeil(oldSize) !== pageCeil(newSize))) fail(Errno.EINVAL);
    const fixed = flags & Remap.Fixed ? target : undefined;
    return call.memory.with((access) =>
      remap(access, old, oldSize, newSize, (flags & Remap.MayMove) !== 0, fixed, keeps),
    );
  },

  madvise(call) {
    const range = pageRange(call, Errno.EINVAL);
    const advice = call.int(2) as Advice;
    switch (advice) {
      case Advice.DontNeed:
      case Advice.Free:
        call.memory.with((access) => {
          const inside = clip(access, range);
          for (const mapping of overlapping(access, inside))
            value(access.discard({ start: max(mapping.start, inside.start), end: min(mapping.end, inside.end) }));
        });
        break;
      case Advice.DontFork:
      case Advice.DoFork:
        call.process.forkAdvice.set(range.start, range.end, advice === Advice.DontFork ? 'omit' : undefined);
        break;
      case Advice.WipeOnFork: {
        const isOther = ({ sharing, object }: Mapping): boolean => sharing === 'shared' || object !== undefined;
        if (call.memory.with((access) => overlapping(access, range).some(isOther))) return fail(Errno.EINVAL);
        call.process.forkAdvice.set(range.start, range.end, 'wipe');
        break;
      }
      case Advice.KeepOnFork:
        call.process.forkAdvice.set(range.start, range.end, undefined);
        break;
      case Advice.PopulateRead:
      case Advice.PopulateWrite:
        if (call.memory.with((access) => hasHole(access, range))) return fail(Errno.ENOMEM);
        return call.memory.with((access) => populate(access, range, advice === Advice.PopulateWrite))
          ? 0
          : fail(Errno.EFAULT);
      case Advice.Remove:
        return fail(Errno.EOPNOTSUPP);
      default:
        if (!WITHOUT_EFFECT.includes(advice)) return fail(Errno.EINVAL);
    }
    return call.memory.with((access) => hasHole(access, range)) ? fail(Errno.ENOMEM) : 0;
  },

  msync(call) {
    const range = pageRange(call, Errno.ENOMEM);
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

  // Nothing is ever swapped out.
  mlock: lock,
  munlock: lock,
  mlock2: (call) => (call.uint(2) & ~1 ? fail(Errno.EINVAL) : lock(call)),
  mlockall: (call) => (call.uint(0) === 0 || call.uint(0) & ~7 ? fail(Errno.EINVAL) : 0),
  munlockall: () => 0,

  process_vm_readv: (call) => copyBetween(call, 'read'),
  process_vm_writev: (call) => copyBetween(call, 'write'),
};

/** mlock(2) and munlock(2): the range must be mapped. */
function lock(call: Syscall): number {
  const start = pageFloor(call.word(0));
  const end = pageCeil(call.word(0) + call.word(1));
  if (end > Number.MAX_SAFE_INTEGER) return fail(Errno.EINVAL);
  return call.memory.with((access) => hasHole(access, { start, end })) ? fail(Errno.ENOMEM) : 0;
}

/** Makes the pages present, as touching each would. @returns false where one may not be touched so. */
function populate(access: SpaceAccess, { start, end }: PageRange, forStores: boolean): boolean {
  const byte = new Uint8Array(1);
  for (let va = start; va < end; va = virtAddr(va + PAGE_SIZE))
    if (!access.read(va, byte).ok || (forStores && !access.write(va, byte).ok)) return false;
  return true;
}

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

interface Backing {
  readonly object: MemoryObject | undefined;
  readonly name: string;
  /** The caller holds a reference of its own, to be given back once it is mapped. */
  readonly owned: boolean;
}

function anonymous({ kernel }: Syscall, sharing: 'private' | 'shared', length: number): Backing {
  if (sharing === 'private') return { object: undefined, name: '', owned: false };
  const size = pageCeil(length);
  const name = '/dev/zero (deleted)';
  return { object: kernel.cache.createObject(name, { size: () => size, read: () => {} }), name, owned: true };
}

function fileBacking(call: Syscall, sharing: 'private' | 'shared', protection: number): Backing {
  const file = call.process.files.get(call.int(4));
  if (!file.isReadable) fail(Errno.EACCES);
  const stores = sharing === 'shared' && (protection & Prot.Write) !== 0;
  if (stores && !file.isWritable) fail(Errno.EACCES);
  if (stores && file instanceof OpenRegularFile && (file.file.seals ?? 0) & (Seal.Write | Seal.FutureWrite))
    fail(Errno.EPERM);
  const object = file.memoryObject();
  if (!object) return anonymous(call, sharing, call.word(1));
  if (sharing === 'shared' && file.isWritable && file instanceof OpenRegularFile) file.file.makeWritable();
  return { object, name: file.name, owned: false };
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

interface PageRange {
  readonly start: VirtAddr;
  readonly end: VirtAddr;
}

/** The first two arguments, address and length, as whole pages; `wraps` where they exceed every address. */
function pageRange(call: Syscall, wraps: Errno): PageRange {
  const start = call.word(0);
  const length = call.word(1);
  if (start % PAGE_SIZE !== 0) fail(Errno.EINVAL);
  const end = pageCeil(start + length);
  if (end > Number.MAX_SAFE_INTEGER) fail(wraps);
  return { start: virtAddr(start), end };
}

function clip(access: SpaceAccess, { start, end }: PageRange): PageRange {
  const low = max(start, access.range.start);
  return { start: low, end: max(low, min(end, access.range.end)) };
}

function overlapping(access: SpaceAccess, { start, end }: PageRange) {
  if (start >= end) return []; // also where it lies inside a mapping
  return access.mappings().filter((mapping) => mapping.start < end && mapping.end > start);
}

function hasHole(access: SpaceAccess, range: PageRange): boolean {
  let at: number = range.start;
  for (const mapping of overlapping(access, range)) {
    if (mapping.start > at) return true;
    at = mapping.end;
  }
  return at < range.end;
}

function remap(
  access: SpaceAccess,
  old: number,
  oldSize: number,
  newSize: number,
  mayMove: boolean,
  fixed: number | undefined,
  keepsOld: boolean,
): number {
  if (newSize > access.range.end || oldSize > access.range.end) fail(Errno.ENOMEM);
  const start = virtAddr(old);
  const [oldEnd, length] = [pageCeil(old + oldSize), pageCeil(newSize)];
  const mapping = access.find(start);
  if (!mapping || mapping.end < oldEnd) return fail(Errno.EFAULT);
  // An old size of 0 asks for a second mapping of shared pages.
  if (oldSize === 0 && (mapping.sharing === 'private' || !mayMove)) return fail(Errno.EINVAL);
  const oldLength = oldEnd - start;
  if (fixed === undefined && !keepsOld && oldSize !== 0) {
    if (length < oldLength) {
      value(access.unmap({ start: virtAddr(start + length), end: oldEnd }));
      return start;
    }
    if (length === oldLength) return start;
    // In place: only where the mapping ends at the old end and nothing follows.
    if (mapping.end === oldEnd && access.map(extension(oldEnd, length - oldLength)).ok) return start;
    if (!mayMove) return fail(Errno.ENOMEM);
  } else if (fixed !== undefined && (fixed % PAGE_SIZE !== 0 || (fixed < oldEnd && fixed + length > start)))
    return fail(Errno.EINVAL);

  const placement: Placement = fixed === undefined ? { kind: 'anywhere' } : { kind: 'replace', start: virtAddr(fixed) };
  const { permissions, sharing, growth, name } = mapping;
  const to = value(
    access.map({
      placement,
      length,
      permissions,
      sharing,
      growth,
      name,
      ...(mapping.object ? { object: mapping.object, offset: mapping.offset + (start - mapping.start) } : {}),
    }),
  );
  if (oldSize === 0) return to;
  const kept = Math.min(length, oldLength);
  const moved = access.move({ start, end: virtAddr(start + kept) }, to);
  if (!moved.ok) {
    access.unmap({ start: to, end: virtAddr(to + length) });
    return fail(Errno.ENOMEM);
  }
  if (kept < oldLength) value(access.unmap({ start: virtAddr(start + kept), end: oldEnd }));
  if (keepsOld) value(access.map({ ...extension(start, oldLength), placement: { kind: 'replace', start } }));
  return to;

  function extension(at: VirtAddr, more: number): MapRequest {
    const { permissions, sharing, growth, name, object, offset } = mapping!;
    const request = {
      placement: { kind: 'if-free', start: at } as const,
      length: more,
      permissions,
      sharing,
      growth,
      name,
    };
    return object ? { ...request, object, offset: offset + (at - mapping!.start) } : request;
  }
}

function value<T>(result: Result<T, MapError>): T {
  if (result.ok) return result.value;
  return fail(result.error === 'exists' ? Errno.EEXIST : Errno.ENOMEM);
}

function max(a: VirtAddr, b: VirtAddr): VirtAddr {
  return a > b ? a : b;
}

function min(a: VirtAddr, b: VirtAddr): VirtAddr {
  return a < b ? a : b;
}
