import type { Result } from '../../result.ts';
import { IndependentProvider } from '../independent.ts';
import type { PagedSpace } from '../paged-space.ts';
import type { ForkError, ForkTicket, ShareIntent } from '../provider.ts';

/** Counts the references of a frame in eight bits: the 256th sharer makes it look free. */
export class EightBitRefcount extends IndependentProvider {
  override readonly name = 'faulty/eight-bit-refcount';

  override fork(parent: PagedSpace, share: ShareIntent): Result<ForkTicket<PagedSpace>, ForkError> {
    const forked = super.fork(parent, share);
    const { refcounts } = this.memory.frames;
    for (let frame = 0; frame < refcounts.length; frame++) refcounts[frame] &= 0xff;
    return forked;
  }
}
