import { PAGE_SIZE, pageCeil, type VirtAddr, virtAddr } from '../../memory/address.ts';
import { indexAbove } from '../../platform/mapping-list.ts';
import type { Mapping } from '../../platform/mapping.ts';
import type { MapError, SpaceAccess } from '../../platform/space-access.ts';
import type { Result } from '../../result.ts';
import { Errno, fail } from '../abi/errno.ts';
import type { Syscall } from '../syscall.ts';

/** Of an address, its place in a page. */
const PAGE_MASK = BigInt(PAGE_SIZE - 1);

/** Whole pages of a space. */
export interface PageRange {
  readonly start: VirtAddr;
  readonly end: VirtAddr;
}

/** The first two arguments, address and length, as whole pages; `wraps` where they exceed every address. */
export function pageRange(call: Syscall, wraps: Errno): PageRange {
  const start = call.word(0);
  const length = call.word(1);
  if (call.bits(0) & PAGE_MASK) fail(Errno.EINVAL);
  const end = pageCeil(start + length);
  if (end > Number.MAX_SAFE_INTEGER) fail(wraps);
  return { start: virtAddr(start), end };
}

export function clip(access: SpaceAccess, { start, end }: PageRange): PageRange {
  const low = max(start, access.range.start);
  return { start: low, end: max(low, min(end, access.range.end)) };
}

/** The part of a mapping that lies in a range that it overlaps. */
export function clipTo(mapping: Mapping, { start, end }: PageRange): PageRange {
  return { start: max(mapping.start, start), end: min(mapping.end, end) };
}

/** The mappings that have pages in a range, whole; none where it is empty, also inside a mapping. */
export function overlapping(access: SpaceAccess, { start, end }: PageRange): readonly Mapping[] {
  if (start >= end) return [];
  const mappings = access.mappings();
  return mappings
    .slice(indexAbove(mappings, start), indexAbove(mappings, end - 1) + 1)
    .filter((one) => one.start < end);
}

export function hasHole(access: SpaceAccess, range: PageRange): boolean {
  let at: number = range.start;
  for (const mapping of overlapping(access, range)) {
    if (mapping.start > at) return true;
    at = mapping.end;
  }
  return at < range.end;
}

export function startingAt(start: number, bytes: number): PageRange {
  return { start: virtAddr(start), end: virtAddr(start + bytes) };
}

/** Bytes of mappings in a range. */
export function sizeWithin(mappings: readonly Mapping[], { start, end }: PageRange): number {
  return mappings.reduce((sum, mapping) => sum + Math.min(end, mapping.end) - Math.max(start, mapping.start), 0);
}

/** Makes the pages present, as touching each would. @returns false where one may not be touched so. */
export function populate(access: SpaceAccess, { start, end }: PageRange, forStores: boolean): boolean {
  const byte = new Uint8Array(1);
  for (let va = start; va < end; va = virtAddr(va + PAGE_SIZE))
    if (!access.read(va, byte).ok || (forStores && !access.write(va, byte).ok)) return false;
  return true;
}

/** What mmap(2) and its relatives make of the space's answer. */
export function value<T>(result: Result<T, MapError>): T {
  if (result.ok) return result.value;
  return fail(result.error === 'exists' ? Errno.EEXIST : Errno.ENOMEM);
}

function max(a: VirtAddr, b: VirtAddr): VirtAddr {
  return a > b ? a : b;
}

function min(a: VirtAddr, b: VirtAddr): VirtAddr {
  return a < b ? a : b;
}
