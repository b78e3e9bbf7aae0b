import { TLB_ENTRY_SIZE } from './layout.ts';
import type { GuestMemory } from './guest-memory.ts';

/** From this many entries on, a native fill is faster than a loop. */
const LONG_RUN = 64;

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
 * Filled entries are listed, in runs of neighbours, so that a flush costs what was filled and not the size of the TLB.
 */
export class Tlb {
  readonly #i32: Int32Array;
  readonly #u64: BigUint64Array;
  /** Index of the first entry in 32-bit words. */
  readonly #base: number;
  readonly #entries: number;
  readonly #span: number;
  /** The runs of filled entries but for the last one: the first entry and the one after the last, in turns. */
  readonly #runs: Uint32Array;
  #runWords = 0;
  /** The last run, which the next entry may lengthen; empty if the two are equal. */
  #first = 0;
  #end = 0;

  /** @param offset byte offset of the TLB in the memory. */
  constructor(memory: GuestMemory, offset: number) {
    this.#i32 = memory.i32;
    this.#u64 = memory.u64;
    this.#base = offset >>> 2;
    this.#entries = memory.layout.tlbEntries;
    this.#span = memory.layout.ramSpan;
    this.#runs = new Uint32Array(this.#entries * 2);
    this.invalidate(0, this.#entries / 2); // The second half is invalid as it is, all zero.
  }

  fill(lo: number, hi: number, frame: number): void {
    const index = (lo >>> 12) & (this.#entries - 1);
    if (index === this.#end) this.#end = index + 1;
    else this.startRun(index);
    const word = this.#base + index * (TLB_ENTRY_SIZE / 4);
    this.#i32[word] = (lo & ~0xfff) ^ (frame << 12);
    this.#i32[word + 1] = hi;
  }

  flush(): void {
    const runs = this.#runs;
    for (let at = 0; at < this.#runWords; at += 2) this.invalidate(runs[at], runs[at + 1]);
    this.invalidate(this.#first, this.#end);
    this.#runWords = 0;
    this.#first = this.#end = 0;
  }

  flushPage(lo: number): void {
    const index = (lo >>> 12) & (this.#entries - 1);
    this.invalidate(index, index + 1);
  }

  /** The frame cached for the page at this address, or -1: for the invariant checker, not for accesses. */
  peek(lo: number, hi: number): number {
    const word = this.#base + ((lo >>> 12) & (this.#entries - 1)) * (TLB_ENTRY_SIZE / 4);
    const offset = (lo & ~0xfff) ^ this.#i32[word];
    return hi === this.#i32[word + 1] && (offset & ~(this.#span - 1)) === 0 ? offset >>> 12 : -1;
  }

  /** Low words of the addresses of all pages that may be cached, for the invariant checker. */
  *cached(): Generator<{ lo: number; hi: number; frame: number }> {
    const runs = [...this.#runs.subarray(0, this.#runWords), this.#first, this.#end];
    for (let at = 0; at < runs.length; at += 2)
      for (let index = runs[at]; index < runs[at + 1]; index++) {
        const word = this.#base + index * (TLB_ENTRY_SIZE / 4);
        // The page's own low word: entry = page ^ physical, and index gives the page's low bits.
        const entry = this.#i32[word];
        const low = (index << 12) & ((this.#span << 1) - 1);
        const physical = (low ^ entry) & ((this.#span << 1) - 1) & ~0xfff;
        if (physical >= this.#span) continue;
        yield { lo: entry ^ physical, hi: this.#i32[word + 1], frame: physical >>> 12 };
      }
  }

  private startRun(index: number): void {
    if (this.#runWords === this.#runs.length) this.flush();
    if (this.#first !== this.#end) {
      this.#runs[this.#runWords] = this.#first;
      this.#runs[this.#runWords + 1] = this.#end;
      this.#runWords += 2;
    }
    this.#first = index;
    this.#end = index + 1;
  }

  /** Makes these entries miss: see the class. */
  private invalidate(first: number, end: number): void {
    const half = this.#entries >>> 1;
    if (end - first >= LONG_RUN) {
      const entry = this.#base >>> 1;
      this.#u64.fill(BigInt(this.#span), entry + first, entry + Math.min(end, half));
      this.#u64.fill(0n, entry + Math.max(first, half), entry + end);
      return;
    }
    for (let index = first; index < end; index++)
      this.#i32[this.#base + index * (TLB_ENTRY_SIZE / 4)] = index & half ? 0 : this.#span;
  }
}
