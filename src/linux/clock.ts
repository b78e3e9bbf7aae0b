import type { HartState } from '../cpu/hart-state.ts';

/**
 * `time` where it is later than `now`, else the next time that a double can tell from `now`: 2^53 nanoseconds (104 days)
 * after boot and later, a short interval may be lost in rounding, and what repeats must still go on.
 */
export function after(now: number, time: number): number {
  return time > now ? time : now * (1 + Number.EPSILON * 2);
}

/**
 * Virtual time: one nanosecond an instruction, plus what was skipped while every task slept. It depends on nothing but
 * the guest, so a run can be repeated.
 */
export class Clock {
  readonly #hart: HartState;
  readonly #bootTime: bigint;
  #skipped = 0;
  #nextEvent = Infinity;

  /** @param bootTime nanoseconds since the epoch. */
  constructor(hart: HartState, bootTime: bigint) {
    this.#hart = hart;
    this.#bootTime = bootTime;
  }

  /** Nanoseconds since boot. */
  monotonic(): number {
    return this.#hart.instret + this.#skipped;
  }

  /** When the machine booted, in seconds since the epoch. */
  get bootSeconds(): bigint {
    return this.#bootTime / 1_000_000_000n;
  }

  /** Nanoseconds since the epoch. */
  realtime(): bigint {
    return this.#bootTime + BigInt(this.monotonic());
  }

  /** Seconds since the epoch. */
  seconds(): number {
    return Number(this.realtime() / 1_000_000_000n);
  }

  /** No later than the next time at which something happens by itself; `Infinity` when nothing will. */
  get nextEvent(): number {
    return this.#nextEvent;
  }

  /** Something is to happen at `ns` since boot. Whoever sets a deadline or a timer says so here, or it is not noticed. */
  programEvent(ns: number): void {
    if (ns < this.#nextEvent) this.#nextEvent = ns;
  }

  /** What was to happen has been looked through: what is left happens at `ns` or later. */
  reprogramEvents(ns: number): void {
    this.#nextEvent = ns;
  }

  /** Moves time on to `ns` since boot; never back. */
  skipTo(ns: number): void {
    const ahead = ns - this.monotonic();
    if (ahead > 0) this.#skipped += ahead;
  }
}
