import { PAGE_SIZE } from '../memory/address.ts';
import { Access, type Mmu } from '../memory/mmu.ts';
import { StateOffset } from './hart-state.ts';

/**
 * Loads and stores that the inline TLB look-up of an engine cannot finish: those that miss and those that are
 * misaligned, also across a page boundary. A store writes nothing unless all of its bytes are writable.
 *
 * Addresses are pairs of 32-bit words. A refused access leaves its kind and its address, that of the first byte in the
 * page that refused.
 */
export class DataAccess {
  /** The value of the last load: for 8 bytes two words, for fewer the bytes zero-extended in `low`. */
  low = 0;
  high = 0;
  faultAccess: Access = Access.Read;
  readonly #mmu: Mmu;
  readonly #u8: Uint8Array;
  readonly #i32: Int32Array;
  readonly #ram: number;
  readonly #faultVa: number;

  constructor(mmu: Mmu) {
    const { memory } = mmu.frames;
    this.#mmu = mmu;
    this.#u8 = memory.u8;
    this.#i32 = memory.i32;
    this.#ram = memory.layout.ram;
    this.#faultVa = (memory.layout.state + StateOffset.FaultVa) >>> 2;
  }

  /** Loads `size` bytes. Returns whether the access was allowed. */
  load(lo: number, hi: number, size: number): boolean {
    const first = this.locate(lo, hi, Access.Read);
    if (first < 0) return false;
    const inFirst = PAGE_SIZE - (lo & (PAGE_SIZE - 1));
    const second = inFirst < size ? this.locateNextPage(lo, hi, Access.Read) : 0;
    if (second < 0) return false;
    this.low = this.high = 0;
    for (let i = 0; i < size; i++) {
      const byte = this.#u8[i < inFirst ? first + i : second + i - inFirst];
      if (i < 4) this.low |= byte << (i * 8);
      else this.high |= byte << ((i - 4) * 8);
    }
    return true;
  }

  /** Stores the low `size` bytes of the word pair. Returns whether the access was allowed. */
  store(lo: number, hi: number, size: number, low: number, high: number): boolean {
    const first = this.locate(lo, hi, Access.Write);
    if (first < 0) return false;
    const inFirst = PAGE_SIZE - (lo & (PAGE_SIZE - 1));
    const second = inFirst < size ? this.locateNextPage(lo, hi, Access.Write) : 0;
    if (second < 0) return false;
    for (let i = 0; i < size; i++) {
      const byte = i < 4 ? low >>> (i * 8) : high >>> ((i - 4) * 8);
      this.#u8[i < inFirst ? first + i : second + i - inFirst] = byte;
    }
    return true;
  }

  /** The index in guest memory of the byte at an address, or -1 where the access faults. */
  locate(lo: number, hi: number, access: Access): number {
    const frame = this.#mmu.translate(lo, hi, access);
    if (frame >= 0) return this.#ram + frame * PAGE_SIZE + (lo & (PAGE_SIZE - 1));
    this.fault(lo, hi, access);
    return -1;
  }

  fault(lo: number, hi: number, access: Access): void {
    this.faultAccess = access;
    this.#i32[this.#faultVa] = lo;
    this.#i32[this.#faultVa + 1] = hi;
  }

  private locateNextPage(lo: number, hi: number, access: Access): number {
    const next = ((lo & ~(PAGE_SIZE - 1)) + PAGE_SIZE) | 0;
    return this.locate(next, next === 0 ? (hi + 1) | 0 : hi, access);
  }
}
