import { virtAddr } from '../memory/address.ts';
import type { MemoryObject } from '../platform/memory-object.ts';
import type { Kernel } from './kernel.ts';

/**
 * Drops the pages that mappings have of an object from a byte offset on, private copies as well: an access there is one
 * past the end from now on (mmap(2)). A space whose pages are another one's for now keeps them.
 * @param offset a multiple of the page size.
 */
export function dropMappedPages({ provider, processes }: Kernel, object: MemoryObject, offset: number): void {
  const spaces = [...processes.values()].flatMap(({ space }) => space ?? []);
  for (const image of provider.inspector.images()) {
    if (image.isParked || !image.mappings.some((mapping) => mapping.object === object)) continue;
    const space = spaces.find((each) => image.spaces.includes(provider.label(each)));
    if (!space) continue;
    provider.with(space, (access) => {
      for (const { start, end, object: mapped, offset: first } of image.mappings) {
        const from = Math.max(start, start + offset - first);
        // Where guest RAM is used up the pages stay: they have been zeroed.
        if (mapped === object && from < end) access.discard({ start: virtAddr(from), end });
      }
    });
  }
}
