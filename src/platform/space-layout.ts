import { pageFloor, virtAddr, type AddressRange, type VirtAddr } from '../memory/address.ts';

/** Linux's vm.mmap_min_addr: what lies below is never mapped, so that null pointers fault. */
export const MMAP_MIN_ADDR = 0x1_0000;

/** Room for a stack to grow between the highest mapping that the kernel places and the end of the range (Linux's MIN_GAP). */
const MIN_STACK_ROOM = 128 * 2 ** 20;

/** Where a space puts what may go anywhere, and how far its stacks grow. */
export interface SpaceLayout {
  /** One past the highest address that a mapping without a place gets (Linux's mmap_base). */
  readonly mapTop: VirtAddr;
  /** Bytes that a mapping that grows down may have (RLIMIT_STACK). */
  readonly stackLimit: number;
}

/** The layout of a space whose stack is at the end of its range. @param shift bytes that everything is moved down by. */
export function layoutOf({ start, end }: AddressRange, stackLimit: number, shift = 0): SpaceLayout {
  const size = end - start;
  const least = Math.min(MIN_STACK_ROOM, size / 6);
  const room = Math.min(Math.max(stackLimit, least), (size * 5) / 6);
  return { mapTop: virtAddr(pageFloor(end - room) - shift), stackLimit };
}
