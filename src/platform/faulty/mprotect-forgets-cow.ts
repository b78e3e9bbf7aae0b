import { Pte, makePte, pteFrame } from '../../memory/pte.ts';
import type { FaultTarget } from '../fault-handler.ts';
import { leafFlags, type Image } from '../image.ts';
import { ImageAccess } from '../image-access.ts';
import { IndependentProvider } from '../independent.ts';
import type { Mapping } from '../mapping.ts';

/**
 * mprotect from read-only to writable leaves private entries read-only "for copy-on-write", but does not mark them as
 * such: the next write finds nobody to handle it.
 */
export class MprotectForgetsCow extends IndependentProvider {
  override readonly name = 'faulty/mprotect-forgets-cow';

  protected override createAccess(target: FaultTarget): ImageAccess {
    return new AccessWithoutCow(target, this.faults, this);
  }
}

class AccessWithoutCow extends ImageAccess {
  protected override protectPages(image: Image, part: Mapping): void {
    const { tables } = image.memory;
    tables.forEachLeaf(image.root, part.start, part.end, (at, va, pte) => {
      const flags = leafFlags(part.permissions) & (part.sharing === 'private' ? ~Pte.W : ~0);
      tables.set(at, makePte(pteFrame(pte), flags | (pte & (Pte.A | Pte.D))));
      image.flushPage(va);
    });
  }
}
