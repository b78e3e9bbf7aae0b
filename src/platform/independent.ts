import type { VirtAddr } from '../memory/address.ts';
import { CloningProvider } from './cloning-provider.ts';
import type { Image } from './image.ts';
import type { TableCopy } from './table-copy.ts';

/**
 * Every space has a page table of its own. A fork copies the table and shares the frames: private pages become
 * read-only on both sides and are copied when either side writes. Both sides can run at once.
 */
export class IndependentProvider extends CloningProvider {
  override readonly name: string = 'independent';

  protected prepare(copy: TableCopy, _image: Image, footprint: readonly VirtAddr[]): boolean {
    return copy.takeTables() && copy.separate(footprint) && copy.takePinned();
  }
}
