import type { Image } from '../image.ts';
import { IndependentEagerProvider } from '../independent-eager.ts';
import type { TableCopy } from '../table-copy.ts';

/** A fork that runs out of memory half-way throws away its new root table, and forgets the frames that it has taken. */
export class FailedForkLeaks extends IndependentEagerProvider {
  override readonly name = 'faulty/failed-fork-leaks';

  protected override rollBack(_copy: TableCopy, clone: Image): void {
    const { tables, frames } = this.memory;
    const root = tables.entry(clone.root, 0);
    frames.memory.i32.fill(0, root, root + 1024);
    this.dropImage(clone);
  }
}
