import type { VirtAddr } from '../memory/address.ts';
import { CloningProvider } from './cloning-provider.ts';
import type { Image } from './image.ts';
import type { TableCopy } from './table-copy.ts';

/**
 * A fork shares whole leaf page tables, so that its cost hardly depends on how much memory is mapped (on-demand-fork,
 * EuroSys '21). The first change in a region of 2 MiB copies its table, and then the page as on any platform.
 */
export class OnDemandProvider extends CloningProvider {
  override readonly name: string = 'on-demand';

  protected prepare(copy: TableCopy, image: Image, footprint: readonly VirtAddr[]): boolean {
    const { tables } = this.memory;
    const needed = footprint.map((va) => ({ start: va, end: (va + 1) as VirtAddr }));
    if (!image.split(...needed)) return false;
    const regions = new Set(footprint.map((va) => Math.floor(va / tables.span(1))));
    return (
      copy.takeTables((table, base) => !regions.has(Math.floor(base / tables.span(1))) && !copy.hasPinned(table)) &&
      copy.separate(footprint) &&
      copy.takePinned()
    );
  }
}
