import { after, type Clock } from './clock.ts';

/** What timer_gettime(2) and its relatives tell, in nanoseconds; `left` 0 means disarmed. */
export interface TimerSetting {
  readonly left: number;
  readonly interval: number;
}

/** What a timer goes by, in nanoseconds. */
export interface TimeSource {
  now(): number;
  /** Told when a timer is to expire, so that somebody looks then. */
  program(at: number): void;
}

/** The time that passes, also while nobody runs. */
export function passingTime(clock: Clock): TimeSource {
  return { now: () => clock.monotonic(), program: (at) => clock.programEvent(at) };
}

/** A timer of a guest, in nanoseconds of a clock: once, or again and again. */
export class IntervalTimer {
  /** The next expiration; 0 when disarmed. */
  at = 0;
  interval = 0;
  readonly #clock: TimeSource;

  constructor(clock: TimeSource) {
    this.#clock = clock;
  }

  get setting(): TimerSetting {
    const { at, interval } = this;
    if (at === 0) return { left: 0, interval };
    const now = this.#clock.now();
    const passed = at <= now && interval > 0 ? at + interval * Math.floor((now - at) / interval + 1) : at;
    return { left: Math.max(1, Math.ceil(passed - now)), interval };
  }

  /** @param left nanoseconds to the first expiration; 0 disarms it. */
  set({ left, interval }: TimerSetting): void {
    this.at = left === 0 ? 0 : this.#clock.now() + Math.max(0, left);
    this.interval = interval;
    if (left !== 0) this.#clock.program(this.at);
  }

  /** Takes the expirations up to now. @returns how many there were. */
  take(): number {
    const now = this.#clock.now();
    if (this.at === 0 || this.at > now) return 0;
    if (this.interval === 0) {
      this.at = 0;
      return 1;
    }
    const count = Math.floor((now - this.at) / this.interval) + 1;
    this.at = after(now, this.at + count * this.interval);
    this.#clock.program(this.at);
    return count;
  }
}
