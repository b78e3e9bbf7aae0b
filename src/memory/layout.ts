import { PAGE_SIZE } from './address.ts';

/**
 * Byte offsets into the one WebAssembly memory that holds everything generated code touches:
 *
 *     0x0000    unused, so that a null offset is never valid
 *     0x1000    the hart's state block (see cpu/hart-state.ts)
 *     0x10000   the translator's (see cpu/translator/layout.ts)
 *     0x100000  software TLBs: read, write, execute
 *     decoded   decoded instructions (see cpu/code-cache.ts)
 *     ram       guest RAM
 */
export interface MemoryLayout {
  readonly state: number;
  /** Entries of each TLB: twice the pages of `ramSpan` (see tlb.ts for why). */
  readonly tlbEntries: number;
  readonly tlbRead: number;
  readonly tlbWrite: number;
  readonly tlbExecute: number;
  /** For each frame of RAM a word: the address of its decoded page, or 0. */
  readonly decodedPageOf: number;
  readonly decodedPages: number;
  readonly decodedPageCount: number;
  readonly ram: number;
  /** Bytes of guest RAM that exist. */
  readonly ramSize: number;
  /** `ramSize` rounded up to a power of two: what the TLB's range check compares against. */
  readonly ramSpan: number;
  readonly total: number;
}

export const TLB_ENTRY_SIZE = 8;
export const MIN_RAM = 64 * PAGE_SIZE;
/** Offsets into RAM stay positive as 32-bit integers, and the whole memory fits WebAssembly's 4 GiB. */
export const MAX_RAM = 0x4000_0000;

/**
 * Of a decoded page: a pair of words for each halfword of the frame, one more pair for what comes after the last, and a
 * 16-bit count for each halfword.
 */
export const DECODED_PAGE_SIZE: number = 4 * PAGE_SIZE + 64 + PAGE_SIZE;
/** Programs that execute from more pages at a time have theirs decoded again and again. */
const MAX_DECODED_PAGES = 2048;

const STATE = 0x1000;
const TLBS = 0x10_0000;
const WASM_PAGE = 0x1_0000;

/** @param ramSize bytes of guest RAM: a multiple of the page size between `MIN_RAM` and `MAX_RAM`. */
export function memoryLayout(ramSize: number): MemoryLayout {
  if (ramSize % PAGE_SIZE !== 0 || ramSize < MIN_RAM || ramSize > MAX_RAM)
    throw new RangeError(`guest RAM of ${ramSize} bytes is not a multiple of 4 KiB between ${MIN_RAM} and ${MAX_RAM}`);
  let ramSpan = MIN_RAM;
  while (ramSpan < ramSize) ramSpan *= 2;
  const tlbEntries = (ramSpan / PAGE_SIZE) * 2;
  const tlbSize = tlbEntries * TLB_ENTRY_SIZE;
  const frames = ramSize / PAGE_SIZE;
  const decodedPageOf = TLBS + 3 * tlbSize;
  const decodedPages = Math.ceil((decodedPageOf + 4 * frames) / 64) * 64;
  const decodedPageCount = Math.min(frames, MAX_DECODED_PAGES);
  const ram = Math.ceil((decodedPages + decodedPageCount * DECODED_PAGE_SIZE) / WASM_PAGE) * WASM_PAGE;
  return {
    state: STATE,
    tlbEntries,
    tlbRead: TLBS,
    tlbWrite: TLBS + tlbSize,
    tlbExecute: TLBS + 2 * tlbSize,
    decodedPageOf,
    decodedPages,
    decodedPageCount,
    ram,
    ramSize,
    ramSpan,
    total: Math.ceil((ram + ramSize) / WASM_PAGE) * WASM_PAGE,
  };
}
