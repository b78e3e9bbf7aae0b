import { virtAddr } from '../memory/address.ts';
import { PageRanges } from './page-ranges.ts';
import type { UserMemory } from './user-memory.ts';

/** What a child does not get of its parent's memory: MADV_DONTFORK leaves it out, MADV_WIPEONFORK gives zeroes. */
type ForkTreatment = 'omit' | 'wipe';

/** The parts of a process's memory that madvise(2) asked to treat otherwise at a fork. */
export class ForkAdvice extends PageRanges<ForkTreatment> {
  /**
   * Treats the memory of a child that has just been forked.
   * @returns the advice that holds for the child; `undefined` when there is no room to treat all of it: such a child
   * must not run, or it would see what was to be kept from it.
   */
  apply(child: UserMemory): ForkAdvice | undefined {
    const inherited = new ForkAdvice();
    if (this.isEmpty) return inherited;
    return child.with((access) => {
      for (const { start, end, mark } of this.all()) {
        const range = { start: virtAddr(start), end: virtAddr(end) };
        const treated = mark === 'omit' ? access.unmap(range) : access.discard(range);
        if (!treated.ok && treated.error === 'no-space') return undefined;
        if (mark !== 'omit') inherited.set(start, end, mark);
      }
      return inherited;
    });
  }
}
