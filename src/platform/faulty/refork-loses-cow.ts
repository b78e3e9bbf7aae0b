import { Pte } from '../../memory/pte.ts';
import type { Result } from '../../result.ts';
import { IndependentProvider } from '../independent.ts';
import type { PagedSpace } from '../paged-space.ts';
import type { ForkError, ForkTicket, ShareIntent } from '../provider.ts';

/**
 * A fork marks writable pages as copy-on-write, and takes those that are read-only already for pages that nobody may
 * write: a page that was shared before loses its mark on the child's side.
 */
export class ReforkLosesCow extends IndependentProvider {
  override readonly name = 'faulty/refork-loses-cow';

  override fork(parent: PagedSpace, share: ShareIntent): Result<ForkTicket<PagedSpace>, ForkError> {
    const { tables, frames } = this.memory;
    const marked: number[] = [];
    parent.image.forEachPage(this.range(parent), (va, pte) => pte & Pte.CoW && marked.push(va));
    const forked = super.fork(parent, share);
    if (forked.ok && share === 'copy-memory')
      for (const va of marked) {
        const at = tables.findLeaf(forked.value.child.image.root, va);
        tables.set(at, frames.memory.i32[at] & ~Pte.CoW);
      }
    return forked;
  }
}
