/**
 * What the parent of a fork waits for before it may run again. Opens exactly once; already open where both sides can
 * run at once.
 */
export interface Gate {
  readonly state: 'open' | 'closed';
  /** Why it is closed, as what a person would say of the child: `runs in its pages`; empty when open. */
  readonly reason: string;
  /** Calls `then` when the gate opens, at once if it is open. */
  whenOpen(then: () => void): void;
}

export const OPEN_GATE: Gate = { state: 'open', reason: '', whenOpen: (then) => then() };
