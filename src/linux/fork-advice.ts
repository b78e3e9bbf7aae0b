import { virtAddr } from '../memory/address.ts';
import type { UserMemory } from './user-memory.ts';

/** What a child does not get of its parent's memory: MADV_DONTFORK leaves it out, MADV_WIPEONFORK gives zeroes. */
type ForkTreatment = 'omit' | 'wipe';

interface Advised {
  readonly start: number;
  readonly end: number;
  readonly treatment: ForkTreatment;
}

/** The parts of a process's memory that madvise(2) asked to treat otherwise at a fork; ranges are whole pages. */
export class ForkAdvice {
  #advised: Advised[] = [];

  /** @param treatment `undefined` takes earlier advice back, as unmapping does. */
  set(start: number, end: number, treatment: ForkTreatment | undefined): void {
    if (this.#advised.length === 0 && treatment === undefined) return;
    const rest = this.#advised.flatMap((old) => [
      { ...old, end: Math.min(old.end, start) },
      { ...old, start: Math.max(old.start, end) },
    ]);
    if (treatment) rest.push({ start, end, treatment });
    this.#advised = rest.filter((range) => range.start < range.end);
  }

  /** Treats the memory of a child that has just been forked. @returns the advice that holds for the child. */
  apply(child: UserMemory): ForkAdvice {
    const inherited = new ForkAdvice();
    if (this.#advised.length === 0) return inherited;
    child.with((access) => {
      for (const { start, end, treatment } of this.#advised) {
        const range = { start: virtAddr(start), end: virtAddr(end) };
        if (treatment === 'omit') access.unmap(range);
        else {
          access.discard(range);
          inherited.set(start, end, treatment);
        }
      }
    });
    return inherited;
  }
}
