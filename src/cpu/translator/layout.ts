import type { MemoryLayout } from '../../memory/layout.ts';
import { StateOffset } from '../hart-state.ts';

/*
 * What the translator keeps in the part of the WebAssembly memory that is reserved for it (memory/layout.ts):
 *
 *     0x10000   jump cache: for an address the translation that starts there; 16 bytes an entry
 *               (address, target, unused)
 *     0x50000   links: for each table slot the targets of the region's exits, 4 bytes each
 *     0xf0000   one byte a table slot, set when its function is entered: for eviction
 *     0xf1000   where the indirect jumps went that the cold interpreter executed lately, 16 bytes each
 *               (address of the decoded jump, unused, target), and at 0xf0ff8 the offset of the next one
 *
 * A target is `table slot << 16 | entry number`; 0 stands for none.
 */

export const JUMP_CACHE = 0x1_0000;
export const JUMP_CACHE_ENTRIES = 0x4000;
export const JUMP_CACHE_ENTRY_SIZE = 16;

const LINKS = 0x5_0000;
export const LINKS_PER_SLOT = 160;

export const ENTERED = 0xf_0000;

export const JUMPS_NEXT = 0xf_0ff8;
export const JUMPS = 0xf_1000;
export const JUMPS_SIZE = 0x4000;
export const JUMP_SIZE = 16;

/** Slots of the table of translations. Every module that imports a table pays for its size, so it is small. */
export const TABLE_SIZE = 1024;

export function linkAddress(slot: number, index: number): number {
  return LINKS + (slot * LINKS_PER_SLOT + index) * 4;
}

export function jumpCacheEntry(lo: number): number {
  return JUMP_CACHE + ((lo >>> 1) & (JUMP_CACHE_ENTRIES - 1)) * JUMP_CACHE_ENTRY_SIZE;
}

/** The addresses that generated code has built in. */
export interface CodeLayout {
  readonly x: number;
  readonly f: number;
  readonly pc: number;
  readonly fcsr: number;
  readonly reserved: number;
  readonly reservation: number;
  readonly budget: number;
  readonly tlbRead: number;
  readonly tlbWrite: number;
  readonly tlbExecute: number;
  /** Selects the byte offset of a TLB entry from an address shifted right by 9. */
  readonly tlbOffsetMask: number;
  readonly ram: number;
  readonly ramSpan: number;
}

export function codeLayout(layout: MemoryLayout): CodeLayout {
  const { state } = layout;
  return {
    x: state + StateOffset.X,
    f: state + StateOffset.F,
    pc: state + StateOffset.Pc,
    fcsr: state + StateOffset.Fcsr,
    reserved: state + StateOffset.Reserved,
    reservation: state + StateOffset.Reservation,
    budget: state + StateOffset.Budget,
    tlbRead: layout.tlbRead,
    tlbWrite: layout.tlbWrite,
    tlbExecute: layout.tlbExecute,
    tlbOffsetMask: (layout.tlbEntries - 1) * 8,
    ram: layout.ram,
    ramSpan: layout.ramSpan,
  };
}
