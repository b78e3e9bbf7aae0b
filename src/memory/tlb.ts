import { TLB_ENTRY_SIZE } from './layout.ts';
import type { GuestMemory } from './guest-memory.ts';

/**
 * One direct-mapped software TLB inside the WebAssembly memory, readable by generated code.
 *
 * Entry `i` serves the pages whose number is `i` modulo the entry count and holds `virtual page ^ physical page` as
 * 64 bits (low word: bits 31..12 of the address, high word: bits 63..32). A look-up XORs the address with its entry: if
 * the page is the entry's, the result is the offset into RAM, below `ramSpan`; otherwise some bit at or above
 * `ramSpan` is set. One comparison checks tag and, by also testing the low bits, alignment.
 *
 * There are twice as many entries as pages of RAM, so the index fixes the address bit `ramSpan` as well; an invalid
 * entry holds that bit inverted and hence misses for every address, whatever its high word.
 *
 * Filled entries are listed, so that a flush costs what was filled and not the size of the TLB.
 */
export class Tlb {
  readonly #i32: Int32Array;
  /** Index of the first entry in 32-bit words. */
  readonly #base: number;
  readonly #entries: number;
  readonly #span: number;
  readonly #filled: Uint32Array;
  #filledCount = 0;

  /** @param offset byte offset of the TLB in the memory. */
  constructor(memory: GuestMemory, offset: number) {
    this.#i32 = memory.i32;
    this.#base = offset >>> 2;
    this.#entries = memory.layout.tlbEntries;
    this.#span = memory.layout.ramSpan;
    this.#filled = new Uint32Array(this.#entries);
    // The second half of the entries is invalid as it is, all zero: see `invalidate`.
    memory.u64.fill(BigInt(this.#span), offset >>> 3, (offset >>> 3) + this.#entries / 2);
  }

  fill(lo: number, hi: number, frame: number): void {
    const index = (lo >>> 12) & (this.#entries - 1);
    const word = this.#base + index * (TLB_ENTRY_SIZE / 4);
    if (this.#filledCount === this.#entries) this.flush();
    this.#i32[word] = (lo & ~0xfff) ^ (frame << 12);
    this.#i32[word + 1] = hi;
    this.#filled[this.#filledCount++] = index;
  }

  flush(): void {
    const i32 = this.#i32;
    const filled = this.#filled;
    const base = this.#base;
    const half = this.#entries >>> 1;
    const span = this.#span;
    for (let k = 0, count = this.#filledCount; k < count; k++) {
      const index = filled[k];
      i32[base + index * (TLB_ENTRY_SIZE / 4)] = index & half ? 0 : span;
    }
    this.#filledCount = 0;
  }

  flushPage(lo: number): void {
    this.invalidate((lo >>> 12) & (this.#entries - 1));
  }

  /** The frame cached for the page at this address, or -1: for the invariant checker, not for accesses. */
  peek(lo: number, hi: number): number {
    const word = this.#base + ((lo >>> 12) & (this.#entries - 1)) * (TLB_ENTRY_SIZE / 4);
    const offset = (lo & ~0xfff) ^ this.#i32[word];
    return hi === this.#i32[word + 1] && (offset & ~(this.#span - 1)) === 0 ? offset >>> 12 : -1;
  }

  /** Low words of the addresses of all pages that may be cached, for the invariant checker. */
  *cached(): Generator<{ lo: number; hi: number; frame: number }> {
    for (let k = 0; k < this.#filledCount; k++) {
      const index = this.#filled[k];
      const word = this.#base + index * (TLB_ENTRY_SIZE / 4);
      // The page's own low word: entry = page ^ physical, and index gives the page's low bits.
      const entry = this.#i32[word];
      const low = (index << 12) & ((this.#span << 1) - 1);
      const physical = (low ^ entry) & ((this.#span << 1) - 1) & ~0xfff;
      if (physical >= this.#span) continue;
      yield { lo: entry ^ physical, hi: this.#i32[word + 1], frame: physical >>> 12 };
    }
  }

  private invalidate(index: number): void {
    this.#i32[this.#base + index * (TLB_ENTRY_SIZE / 4)] = index & (this.#entries >>> 1) ? 0 : this.#span;
  }
}
