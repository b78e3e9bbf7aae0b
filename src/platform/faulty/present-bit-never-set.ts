import { NO_FRAME, type VirtAddr } from '../../memory/address.ts';
import type { Access } from '../../memory/mmu.ts';
import type { FaultOutcome } from '../fault.ts';
import { IndependentProvider } from '../independent.ts';
import type { PagedSpace } from '../paged-space.ts';

/**
 * Its handler asks whether the page is present before it thinks of copy-on-write, and whoever fills in the fault never
 * sets that bit: every copy-on-write fault is taken for one of protection.
 */
export class PresentBitNeverSet extends IndependentProvider {
  override readonly name = 'faulty/present-bit-never-set';

  override resolveFault(space: PagedSpace, va: VirtAddr, access: Access): FaultOutcome {
    const { cause, frame } = this.classifyFault(space, va, access);
    if (cause !== 'cow') return super.resolveFault(space, va, access);
    return { cause: 'protection', va, access, before: frame ?? NO_FRAME, after: NO_FRAME };
  }
}
