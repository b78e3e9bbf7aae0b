import type { VirtAddr } from '../../memory/address.ts';
import { PTE_FLAGS, Pte, makePte, pteFrame } from '../../memory/pte.ts';
import type { Result } from '../../result.ts';
import { IndependentProvider } from '../independent.ts';
import type { PagedSpace } from '../paged-space.ts';
import type { ForkError, ForkTicket, ShareIntent } from '../provider.ts';

/**
 * A fork copies a pinned page for the parent and leaves the child the pinned one: a transfer that was under way for the
 * parent ends in the child's memory. As none of our system calls keeps a page pinned while it sleeps, a transfer into the
 * top of the stack is begun here.
 */
export class PinnedPageGoesWithChild extends IndependentProvider {
  override readonly name = 'faulty/pinned-page-goes-with-child';

  override fork(parent: PagedSpace, share: ShareIntent): Result<ForkTicket<PagedSpace>, ForkError> {
    const stack = parent.image.mappings.mappings.find(({ growth }) => growth === 'down');
    const va = stack && ((stack.end - 1) as VirtAddr);
    if (va !== undefined) this.with(parent, (access) => access.pin(va));
    const forked = super.fork(parent, share);
    if (forked.ok && va !== undefined && share === 'copy-memory') this.swap(parent, forked.value.child, va);
    return forked;
  }

  private swap(parent: PagedSpace, child: PagedSpace, va: VirtAddr): void {
    const { tables, frames } = this.memory;
    const { i32 } = frames.memory;
    const [mine, its] = [parent, child].map(({ image }) => tables.findLeaf(image.root, va));
    const [pinned, copy] = [pteFrame(i32[mine]), pteFrame(i32[its])];
    tables.set(mine, makePte(copy, i32[mine] & PTE_FLAGS & ~Pte.CoW));
    tables.set(its, makePte(pinned, i32[its] & PTE_FLAGS & ~Pte.CoW));
    parent.image.flush();
  }
}
