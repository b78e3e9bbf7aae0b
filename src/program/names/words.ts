import { PAGE_SIZE, pageFloor, type VirtAddr } from '../../memory/address.ts';

/** Reads words of a process one after the other, most of them from the page of the one before. */
export class Words {
  #page = -1;
  #view: DataView | undefined;

  /** @param peek gives the page that begins at an address. */
  constructor(private readonly peek: (page: VirtAddr) => Uint8Array | undefined) {}

  /** The 64-bit word at a multiple of 8: inexact above 2^53, where no address is. */
  at(address: number): number | undefined {
    if (!Number.isSafeInteger(address) || address < 0 || address % 8 !== 0) return undefined;
    const page = pageFloor(address);
    if (page !== this.#page) {
      const bytes = this.peek(page);
      this.#page = page;
      this.#view = bytes && new DataView(bytes.buffer, bytes.byteOffset, PAGE_SIZE);
    }
    if (!this.#view) return undefined;
    const at = address - page;
    return this.#view.getUint32(at + 4, true) * 2 ** 32 + this.#view.getUint32(at, true);
  }
}
