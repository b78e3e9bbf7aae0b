import { Signal } from './abi/signal-number.ts';
import { Resource, type ResourceLimits } from './resource-limits.ts';

/** A timer of setitimer(2), in nanoseconds of its clock; 0 for disarmed. */
export interface Alarm {
  readonly at: number;
  readonly interval: number;
}

export const NO_ALARM: Alarm = { at: 0, interval: 0 };
const SECOND = 1e9;

/** When an alarm that is due at `now` rings next. */
function afterRinging({ at, interval }: Alarm, now: number): Alarm {
  return interval === 0 ? NO_ALARM : { at: at + interval * (Math.floor((now - at) / interval) + 1), interval };
}

/**
 * What rings when a process has used so much of the processor: ITIMER_VIRTUAL, ITIMER_PROF and RLIMIT_CPU. System calls
 * take no time of their own, so that the first two count the same. Times are nanoseconds that it has run.
 */
export class CpuAlarms {
  virtual = NO_ALARM;
  profile = NO_ALARM;
  /** SIGXCPU is sent once a second beyond the soft limit. */
  #warned = 0;

  /** When something rings next; `Infinity` for never. */
  next(limits: ResourceLimits): number {
    const soft = Math.max(limits.bytes(Resource.Cpu) * SECOND, this.#warned);
    return Math.min(this.virtual.at || Infinity, this.profile.at || Infinity, soft, hardLimit(limits));
  }

  /** @returns the signals that are due when the process has run for `used`. */
  ring(used: number, limits: ResourceLimits): Signal[] {
    const signals: Signal[] = [];
    if (used >= hardLimit(limits)) return [Signal.SIGKILL];
    if (this.virtual.at !== 0 && this.virtual.at <= used) {
      this.virtual = afterRinging(this.virtual, used);
      signals.push(Signal.SIGVTALRM);
    }
    if (this.profile.at !== 0 && this.profile.at <= used) {
      this.profile = afterRinging(this.profile, used);
      signals.push(Signal.SIGPROF);
    }
    if (used >= Math.max(limits.bytes(Resource.Cpu) * SECOND, this.#warned)) {
      this.#warned = used + SECOND;
      signals.push(Signal.SIGXCPU);
    }
    return signals;
  }
}

function hardLimit(limits: ResourceLimits): number {
  return limits.hardBytes(Resource.Cpu) * SECOND;
}
