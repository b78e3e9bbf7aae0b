import { CloningProvider } from './cloning-provider.ts';
import type { TableCopy } from './table-copy.ts';

/**
 * Every space has a page table of its own, and a fork copies every private page that either side may write: nothing is
 * copied later, so that no write after a fork faults for it.
 */
export class IndependentEagerProvider extends CloningProvider {
  override readonly name: string = 'independent-eager';

  protected prepare(copy: TableCopy): boolean {
    return copy.takeTables() && copy.separateAll() && copy.takePinned();
  }
}
