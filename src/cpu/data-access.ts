import { fromWords, PAGE_SIZE, type FrameNumber, type VirtAddr } from '../memory/address.ts';
import { Access, NoFrame, type Mmu } from '../memory/mmu.ts';
import { Watched, type WatchedMemory } from '../memory/watched-memory.ts';
import { Exit } from './engine.ts';
import { StateOffset } from './hart-state.ts';

/**
 * Loads and stores that the inline TLB look-up of an engine cannot finish: those that miss and those that are
 * misaligned, also across a page boundary. A store writes nothing unless all of its bytes are writable.
 *
 * Addresses are pairs of 32-bit words. A refused access leaves why, its kind, and its address: that of the first byte in
 * the page that refused, or of the access itself where it is watched.
 */
export class DataAccess {
  /** The value of the last load: for 8 bytes two words, for fewer the bytes zero-extended in `low`. */
  low = 0;
  high = 0;
  faultAccess: Access = Access.Read;
  readonly watchedAccess = { size: 0, accesses: 0 };
  /** Why the hart has to leave. */
  refusal: Exit.PageFault | Exit.Watchpoint = Exit.PageFault;
  readonly #mmu: Mmu;
  readonly #u8: Uint8Array;
  readonly #i32: Int32Array;
  readonly #ram: number;
  readonly #faultVa: number;
  readonly #watched: WatchedMemory;

  constructor(mmu: Mmu) {
    const { memory } = mmu.frames;
    this.#mmu = mmu;
    this.#watched = mmu.frames.watched;
    this.#u8 = memory.u8;
    this.#i32 = memory.i32;
    this.#ram = memory.layout.ram;
    this.#faultVa = (memory.layout.state + StateOffset.FaultVa) >>> 2;
  }

  /** Loads `size` bytes. Returns whether it was allowed, and done. */
  load(lo: number, hi: number, size: number): boolean {
    const first = this.locate(lo, hi, Access.Read);
    if (first < 0) return false;
    const inFirst = PAGE_SIZE - (lo & (PAGE_SIZE - 1));
    const second = inFirst < size ? this.locateNextPage(lo, hi, Access.Read) : 0;
    if (second < 0) return false;
    if (!this.#watched.isEmpty && this.isWatched(lo, hi, size, first, second, Watched.Loads)) return false;
    this.low = this.high = 0;
    for (let i = 0; i < size; i++) {
      const byte = this.#u8[i < inFirst ? first + i : second + i - inFirst];
      if (i < 4) this.low |= byte << (i * 8);
      else this.high |= byte << ((i - 4) * 8);
    }
    return true;
  }

  /** Stores the low `size` bytes of the word pair. Returns whether it was allowed, and done. */
  store(lo: number, hi: number, size: number, low: number, high: number): boolean {
    const first = this.locate(lo, hi, Access.Write);
    if (first < 0) return false;
    const inFirst = PAGE_SIZE - (lo & (PAGE_SIZE - 1));
    const second = inFirst < size ? this.locateNextPage(lo, hi, Access.Write) : 0;
    if (second < 0) return false;
    if (!this.#watched.isEmpty && this.isWatched(lo, hi, size, first, second, Watched.Stores)) return false;
    for (let i = 0; i < size; i++) {
      const byte = i < 4 ? low >>> (i * 8) : high >>> ((i - 4) * 8);
      this.#u8[i < inFirst ? first + i : second + i - inFirst] = byte;
    }
    return true;
  }

  /** The index in guest memory of the byte at an address, or -1 where the hart has to leave. */
  locate(lo: number, hi: number, access: Access): number {
    const frame = this.#mmu.translate(lo, hi, access);
    if (frame >= 0) return this.#ram + frame * PAGE_SIZE + (lo & (PAGE_SIZE - 1));
    this.refuse(frame, lo, hi, access);
    return -1;
  }

  /**
   * As `locate`, for an access of `size` bytes in one page that is also refused where it is watched.
   * @param accesses `Watched` bits
   */
  locateWatched(lo: number, hi: number, size: number, access: Access, accesses: number): number {
    const at = this.locate(lo, hi, access);
    return at >= 0 && !this.#watched.isEmpty && this.isWatched(lo, hi, size, at, 0, accesses) ? -1 : at;
  }

  /** Notes why `Mmu.translate` has found no frame. */
  refuse(reason: number, lo: number, hi: number, access: Access): void {
    this.fault(lo, hi, access);
    if (reason === Number(NoFrame.Watched)) this.leave(0, 0);
  }

  fault(lo: number, hi: number, access: Access): void {
    this.refusal = Exit.PageFault;
    this.faultAccess = access;
    this.#i32[this.#faultVa] = lo;
    this.#i32[this.#faultVa + 1] = hi;
  }

  /** Whether an access that is allowed is watched: it then has to wait. @param second where its part in the next page is */
  private isWatched(lo: number, hi: number, size: number, first: number, second: number, accesses: number): boolean {
    const va = fromWords(lo, hi);
    const inFirst = Math.min(size, PAGE_SIZE - (lo & (PAGE_SIZE - 1)));
    const watched =
      this.#watched.stopsAt(va, this.frameOf(first), inFirst, accesses) ||
      (inFirst < size &&
        this.#watched.stopsAt((va + inFirst) as VirtAddr, this.frameOf(second), size - inFirst, accesses));
    if (!watched) return false;
    this.fault(lo, hi, accesses & Watched.Stores ? Access.Write : Access.Read);
    this.leave(size, accesses);
    return true;
  }

  private leave(size: number, accesses: number): void {
    this.refusal = Exit.Watchpoint;
    this.watchedAccess.size = size;
    this.watchedAccess.accesses = accesses;
  }

  private frameOf(at: number): FrameNumber {
    return ((at - this.#ram) >>> 12) as FrameNumber;
  }

  private locateNextPage(lo: number, hi: number, access: Access): number {
    const next = ((lo & ~(PAGE_SIZE - 1)) + PAGE_SIZE) | 0;
    return this.locate(next, next === 0 ? (hi + 1) | 0 : hi, access);
  }
}
