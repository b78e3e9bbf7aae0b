import { err, ok, type Result } from '../result.ts';
import type { VirtAddr } from '../memory/address.ts';
import { OPEN_GATE } from './gate.ts';
import type { Image } from './image.ts';
import { TableProvider } from './table-provider.ts';
import type { PagedSpace } from './paged-space.ts';
import type { ForkError, ForkTicket, NoSpace, ShareIntent } from './provider.ts';
import { TableCopy } from './table-copy.ts';

/**
 * What the platforms have in common where a fork gives the child a page table of its own, so that both sides can run at
 * once. What of the parent's tables and pages is copied, and what is shared for now, tells them apart.
 */
export abstract class CloningProvider extends TableProvider {
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
    const copy = new TableCopy(this.memory.tables, image.root, clone.root);
    if (!this.prepare(copy, image, this.footprint(parent))) {
      this.rollBack(copy, clone);
      return err({ kind: 'no-space' });
    }
    copy.commit();
    clone.adopt(image);
    if (copy.replacesParentPages) image.flush();
    else image.flushWrites();
    return ok({ child: this.createSpace(clone, label), parentGate: OPEN_GATE });
  }

  /** After a fork that failed half-way: the parent is as it was, and what was taken goes back. */
  protected rollBack(copy: TableCopy, clone: Image): void {
    copy.undo();
    this.dropImage(clone);
  }

  /**
   * Takes all that the fork needs; the caller undoes it if that fails, else commits it.
   * @param footprint pages that neither side may ever share.
   * @returns false when guest RAM is used up.
   */
  protected abstract prepare(copy: TableCopy, image: Image, footprint: readonly VirtAddr[]): boolean;
}
