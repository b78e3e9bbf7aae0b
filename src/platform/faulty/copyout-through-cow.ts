import { NO_FRAME, type FrameNumber, type VirtAddr } from '../../memory/address.ts';
import { Access } from '../../memory/mmu.ts';
import type { FaultTarget } from '../fault-handler.ts';
import type { RefusedCause } from '../fault.ts';
import { ImageAccess } from '../image-access.ts';
import { IndependentProvider } from '../independent.ts';

/** The kernel's writes into guest memory go through copy-on-write pages without breaking them. */
export class CopyoutThroughCow extends IndependentProvider {
  override readonly name = 'faulty/copyout-through-cow';

  protected override createAccess(target: FaultTarget): ImageAccess {
    return new UnbrokenAccess(target, this.faults, this);
  }
}

class UnbrokenAccess extends ImageAccess {
  protected override touch(va: VirtAddr, access: Access.Read | Access.Write): FrameNumber | RefusedCause {
    const present = this.find(va) ? this.frameAt(va) : NO_FRAME;
    return access === Access.Write && present !== NO_FRAME ? present : super.touch(va, access);
  }
}
