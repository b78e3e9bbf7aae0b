import { err, ok, type Result } from '../result.ts';
import { OPEN_GATE } from './gate.ts';
import { PagedProvider } from './paged-provider.ts';
import type { PagedSpace } from './paged-space.ts';
import type { ForkError, ForkTicket, NoSpace, ShareIntent } from './provider.ts';
import { TableCopy } from './table-copy.ts';

/**
 * Every space has a page table of its own. A fork copies the table and shares the frames: private pages become
 * read-only on both sides and are copied when either side writes. Both sides can run at once.
 */
export class IndependentProvider extends PagedProvider {
  override readonly name: string = 'independent';

  create(): Result<PagedSpace, NoSpace> {
    const image = this.createImage();
    return image ? ok(this.createSpace(image, undefined)) : err({ kind: 'no-space' });
  }

  fork(parent: PagedSpace, share: ShareIntent): Result<ForkTicket<PagedSpace>, ForkError> {
    const { image, label } = this.own(parent);
    if (share === 'share-memory') {
      image.sharers++;
      return ok({ child: this.createSpace(image, label), parentGate: OPEN_GATE });
    }
    const clone = this.createImage();
    if (!clone) return err({ kind: 'no-space' });
    const footprint = this.footprint(parent);
    const copy = new TableCopy(this.memory.tables);
    if (!copy.prepare(image.root, clone.root, footprint)) {
      this.dropImage(clone);
      return err({ kind: 'no-space' });
    }
    copy.commit();
    clone.adoptMappings(image.mappings);
    image.flushWrites();
    for (const va of footprint) image.flushPage(va);
    return ok({ child: this.createSpace(clone, label), parentGate: OPEN_GATE });
  }
}
