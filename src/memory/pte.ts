import type { FrameNumber } from './address.ts';

/**
 * Bits of a page-table entry (privileged manual, "Sv39: Page-Based 39-bit Virtual-Memory System").
 * Guest RAM has fewer than 2^20 frames, so that the PPN and all bits below it fit the low 32-bit word, and the high
 * word (PBMT, N and reserved bits) is always zero.
 */
export const enum Pte {
  V = 1 << 0,
  R = 1 << 1,
  W = 1 << 2,
  X = 1 << 3,
  U = 1 << 4,
  G = 1 << 5,
  A = 1 << 6,
  D = 1 << 7,
  /** RSW bit 8: a private page that is copied on the next write; in an entry that points to a table, the same for the table. */
  CoW = 1 << 8,
}

export const PTE_PPN_SHIFT = 10;
export const PTE_FLAGS = 0x3ff;
export const PTES_PER_TABLE = 512;

export function makePte(frame: FrameNumber, flags: number): number {
  return (frame << PTE_PPN_SHIFT) | flags;
}

export function pteFrame(pte: number): FrameNumber {
  return (pte >>> PTE_PPN_SHIFT) as FrameNumber;
}

/** A valid entry is a leaf when it may be read or executed, else it points to the next table. */
export function isLeaf(pte: number): boolean {
  return (pte & (Pte.R | Pte.X)) !== 0;
}

/** The flags as a fixed-width string `VRWXUGAD`, with `-` for a clear bit. */
export function pteFlags(pte: number): string {
  return [...'VRWXUGAD'].map((letter, bit) => ((pte >>> bit) & 1 ? letter : '-')).join('');
}
