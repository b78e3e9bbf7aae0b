import type { ReadMemory } from './frame.ts';

const PAGE = 4096;
/** More pages are not kept. */
const MOST_PAGES = 4096;

/** Reads memory a page at a time and keeps the pages: for many small reads while nothing changes. */
export function pagedMemory(read: ReadMemory): ReadMemory {
  const pages = new Map<number, Uint8Array | undefined>();
  let number = NaN;
  let bytes: Uint8Array | undefined;
  return (address, length) => {
    const page = Math.floor(address / PAGE);
    const offset = address - page * PAGE;
    if (!(length <= PAGE - offset)) return read(address, length);
    if (page !== number) {
      if (!pages.has(page)) {
        if (pages.size === MOST_PAGES) pages.clear();
        pages.set(page, read(page * PAGE, PAGE));
      }
      number = page;
      bytes = pages.get(page);
    }
    return bytes ? bytes.subarray(offset, offset + length) : read(address, length);
  };
}

/** The 64 bits at an address, as an address has them. */
export function wordAt(address: number, read: ReadMemory): number | undefined {
  const bytes = read(address, 8);
  return bytes && lowHalf(bytes, 0) + lowHalf(bytes, 4) * 2 ** 32;
}

function lowHalf(bytes: Uint8Array, at: number): number {
  return (bytes[at] | (bytes[at + 1] << 8) | (bytes[at + 2] << 16) | (bytes[at + 3] << 24)) >>> 0;
}
