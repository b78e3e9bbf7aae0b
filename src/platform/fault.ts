import type { FrameNumber, VirtAddr } from '../memory/address.ts';
import type { Access } from '../memory/mmu.ts';
import type { Mapping } from './mapping.ts';

/** Why an access faulted. */
export type FaultCause = ResolvableCause | RefusedCause;

/** Causes that the provider resolves. */
export type ResolvableCause =
  | 'demand-zero'
  /** A store to a page that is shared until it is written. */
  | 'cow'
  /** A page of a file, or of shared memory, that was not mapped yet. */
  | 'file'
  | 'stack-growth'
  /** The entry allows the access: a stale translation, or another task resolved it already. */
  | 'spurious';

/** Causes that end in a signal. */
export type RefusedCause =
  /** The mapping does not allow the access: SIGSEGV, SEGV_ACCERR. */
  | 'protection'
  /** No mapping: SIGSEGV, SEGV_MAPERR. */
  | 'unmapped'
  /** Past the end of the mapped object: SIGBUS, BUS_ADRERR. */
  | 'past-end'
  /** Guest RAM is used up. */
  | 'no-memory';

/** How many faults there were of each cause. */
export class FaultCounts {
  readonly #counts: Record<FaultCause, number> = {
    'demand-zero': 0,
    cow: 0,
    file: 0,
    'stack-growth': 0,
    spurious: 0,
    protection: 0,
    unmapped: 0,
    'past-end': 0,
    'no-memory': 0,
  };

  add(cause: FaultCause): void {
    this.#counts[cause]++;
  }

  /** How many were resolved, whatever that took. */
  get resolved(): number {
    const counts = this.#counts;
    return counts['demand-zero'] + counts.cow + counts.file + counts['stack-growth'] + counts.spurious;
  }

  /** Without the causes that there were none of. */
  get byCause(): Partial<Record<FaultCause, number>> {
    return Object.fromEntries(Object.entries(this.#counts).filter(([, count]) => count > 0));
  }
}

/** What a fault at an address would be, without handling it. */
export interface FaultClass {
  readonly cause: FaultCause;
  readonly mapping: Mapping | undefined;
  /** The frame that the entry holds now. */
  readonly frame: FrameNumber | undefined;
  readonly refcount: number;
}

/** What was done about a fault. */
export interface FaultOutcome {
  readonly cause: FaultCause;
  readonly va: VirtAddr;
  readonly access: Access;
  /** The frame mapped before, `NO_FRAME` if none. */
  readonly before: FrameNumber;
  /** The frame mapped now, `NO_FRAME` if the fault was refused. */
  readonly after: FrameNumber;
}

export function isRefused(cause: FaultCause): cause is RefusedCause {
  return cause === 'protection' || cause === 'unmapped' || cause === 'past-end' || cause === 'no-memory';
}
