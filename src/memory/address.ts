declare const unit: unique symbol;

/**
 * A guest virtual address in the user half of Sv39 or Sv48: a non-negative integer below 2^47, so exact in a double.
 * Registers and PTEs stay 64 bits wide; an address above the user half is never mapped and only ever shown.
 */
export type VirtAddr = number & { readonly [unit]: 'VirtAddr' };

/** Index of a 4 KiB frame of guest RAM: the PPN of a page-table entry. Frame 0 is never allocated. */
export type FrameNumber = number & { readonly [unit]: 'FrameNumber' };

export const PAGE_SIZE = 4096;

/** Nothing is higher in any address space (Sv48's user half). */
export const USER_END = 2n ** 47n;

/** The frame number that stands for "no frame": what a failed allocation returns. */
export const NO_FRAME = 0 as FrameNumber;

export function virtAddr(address: number): VirtAddr {
  return address as VirtAddr;
}

/** The address whose low and high 32-bit words are given; inexact (but still out of range) above 2^53. */
export function fromWords(lo: number, hi: number): VirtAddr {
  return ((hi >>> 0) * 0x1_0000_0000 + (lo >>> 0)) as VirtAddr;
}

/** The high 32-bit word of an address (the low one is `va | 0`). */
export function highWord(va: number): number {
  return Math.floor(va / 0x1_0000_0000) | 0;
}

export function pageFloor(va: number): VirtAddr {
  return (va - (va % PAGE_SIZE)) as VirtAddr;
}

export function pageCeil(va: number): VirtAddr {
  return (Math.ceil(va / PAGE_SIZE) * PAGE_SIZE) as VirtAddr;
}

export function pageOffset(va: number): number {
  return va & (PAGE_SIZE - 1);
}

export function toHex(value: number | bigint): string {
  return `0x${value.toString(16)}`;
}

/** A half-open range of virtual addresses, page aligned unless said otherwise. */
export interface AddressRange {
  readonly start: VirtAddr;
  readonly end: VirtAddr;
}
