import { PAGE_SIZE, pageCeil, type VirtAddr, virtAddr } from '../../memory/address.ts';
import type { MapRequest, Placement, SpaceAccess } from '../../platform/space-access.ts';
import { Errno, fail } from '../abi/errno.ts';
import { Remap } from '../abi/flags.ts';
import { checkBudget, isData } from '../memory-budget.ts';
import type { Syscall } from '../syscall.ts';
import { forget } from './memory.ts';
import { value } from './page-range.ts';
import type { SyscallFamily } from './table.ts';

/** Mappings that move and grow. */
export const REMAP_SYSCALLS: SyscallFamily = {
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
      remap(call, access, old, oldSize, newSize, (flags & Remap.MayMove) !== 0, fixed, keeps),
    );
  },
};

function remap(
  call: Syscall,
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
  if (!mapping) return fail(Errno.EFAULT);
  if (fixed === undefined && !keepsOld && length < oldEnd - start && oldSize !== 0) {
    const rest = { start: virtAddr(start + length), end: oldEnd };
    value(access.unmap(rest));
    forget(call, rest);
    return start;
  }
  if (mapping.end < oldEnd) return fail(Errno.EFAULT);
  // An old size of 0 asks for a second mapping of shared pages.
  if (oldSize === 0 && (mapping.sharing === 'private' || !mayMove)) return fail(Errno.EINVAL);
  const oldLength = oldEnd - start;
  const added = keepsOld || oldSize === 0 ? length : Math.max(0, length - oldLength);
  const data = isData(mapping) ? added : 0;
  if (added > 0) checkBudget(call.kernel, call.process, access, { mapped: added, data, committed: data });
  if (fixed === undefined && !keepsOld && oldSize !== 0) {
    if (length === oldLength) return start;
    // In place: only where the mapping ends at the old end and nothing follows.
    if (mapping.end === oldEnd && access.map(extension(oldEnd, length - oldLength)).ok) return start;
    if (!mayMove) return fail(Errno.ENOMEM);
  } else if (fixed !== undefined && (fixed % PAGE_SIZE !== 0 || (fixed < oldEnd && fixed + length > start)))
    return fail(Errno.EINVAL);

  const placement: Placement = fixed === undefined ? { kind: 'anywhere' } : { kind: 'replace', start: virtAddr(fixed) };
  const { permissions, maximum, sharing, growth, name } = mapping;
  const to = value(
    access.map({
      placement,
      length,
      permissions,
      maximum,
      sharing,
      growth,
      name,
      ...(mapping.object ? { object: mapping.object, offset: mapping.offset + (start - mapping.start) } : {}),
    }),
  );
  forget(call, { start: to, end: virtAddr(to + length) });
  if (oldSize === 0) return to;
  const kept = Math.min(length, oldLength);
  const moved = access.move({ start, end: virtAddr(start + kept) }, to);
  if (!moved.ok) {
    access.unmap({ start: to, end: virtAddr(to + length) });
    return fail(Errno.ENOMEM);
  }
  if (kept < oldLength) value(access.unmap({ start: virtAddr(start + kept), end: oldEnd }));
  if (!keepsOld) forget(call, { start, end: oldEnd });
  if (keepsOld) value(access.map({ ...extension(start, oldLength), placement: { kind: 'replace', start } }));
  return to;

  function extension(at: VirtAddr, more: number): MapRequest {
    const { permissions, maximum, sharing, growth, name, object, offset } = mapping!;
    const request = {
      placement: { kind: 'if-free', start: at } as const,
      length: more,
      permissions,
      maximum,
      sharing,
      growth,
      name,
    };
    return object ? { ...request, object, offset: offset + (at - mapping!.start) } : request;
  }
}
