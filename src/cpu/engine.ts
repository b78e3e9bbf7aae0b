import type { VirtAddr } from '../memory/address.ts';
import type { Access } from '../memory/mmu.ts';

/** Why `Engine.run` returned. pc is at the instruction named here, which has not retired. */
export const enum Exit {
  /** The budget is used up; pc is at the next instruction. */
  Budget,
  /** At an `ecall`. Whoever serves it advances pc by 4 and counts it with `HartState.instret`. */
  Ecall,
  Ebreak,
  IllegalInstruction,
  /** The MMU refused an access: see `Engine.faultAccess` and `HartState.faultVa`. Run again once it is resolved. */
  PageFault,
  /** A misaligned LR, SC or AMO, at `HartState.faultVa`. */
  Misaligned,
  /** At a breakpoint. */
  Breakpoint,
  /**
   * Before an access to watched memory, or one that sets a bit of a watched entry: see `Engine.watchedAccess` and
   * `HartState.faultVa`. Nothing has happened yet; run one instruction with `WatchedMemory.isSuspended` set.
   */
  Watchpoint,
}

export const enum Resume {
  /** Stop at every breakpoint, also at one on the first instruction. */
  Normal,
  /** Execute the first instruction even if a breakpoint is on it. */
  PastBreakpoint,
}

/** What the hart is about to do at `HartState.faultVa`. */
export interface WatchedAccess {
  /** Bytes; 0 where only an entry is watched. */
  readonly size: number;
  /** `Watched` bits: an atomic instruction both loads and stores. */
  readonly accesses: number;
}

/**
 * Something that executes instructions on the state block and the RAM of one machine. The interpreter is one; a
 * translator may be another, or wrap it.
 */
export interface Engine {
  /** The access that faulted; valid after `Exit.PageFault`. */
  readonly faultAccess: Access;
  /** The watched access; valid after `Exit.Watchpoint`. */
  readonly watchedAccess: WatchedAccess;
  /** What `csrr time` reads: ticks of a 10 MHz clock. */
  time: () => number;
  /**
   * Retires at most `budget` instructions and adds exactly their number to `HartState.instret`.
   * Never allocates in the steady state, never throws on anything a guest does.
   */
  run(budget: number, resume: Resume): Exit;
  /** Replaces the breakpoints. Costs nothing at run time on pages that have none. */
  setBreakpoints(addresses: ReadonlySet<VirtAddr>): void;
}
