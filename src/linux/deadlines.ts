import { Signal, SignalCode } from './abi/signal-number.ts';
import type { Alarm } from './cpu-alarms.ts';
import { after } from './clock.ts';
import type { Kernel } from './kernel.ts';
import type { ThreadGroup } from './thread-group.ts';

/** What happens by itself when its time comes: sleeps and waits that end, timers and alarms. */
export class Deadlines {
  readonly #kernel: Kernel;
  /** Processes with a timer of setitimer(ITIMER_REAL). */
  readonly #alarmed = new Set<ThreadGroup>();

  constructor(kernel: Kernel) {
    this.#kernel = kernel;
  }

  /** Sets the timer of setitimer(ITIMER_REAL). */
  setAlarm(process: ThreadGroup, alarm: Alarm): void {
    process.alarm = alarm;
    if (alarm.at === 0) this.#alarmed.delete(process);
    else {
      this.#alarmed.add(process);
      this.#kernel.clock.programEvent(alarm.at);
    }
  }

  /** A process has ended: it gets no alarm any more. */
  forget(process: ThreadGroup): void {
    this.#alarmed.delete(process);
  }

  /** Wakes what sleeps until `now` or earlier, in virtual nanoseconds. Costs nothing before `Clock.nextEvent`. */
  wake(now: number): void {
    const { clock, signals, timers } = this.#kernel;
    if (now < clock.nextEvent) return;
    this.#kernel.lifeCycle.queues.timed.wake(now);
    timers.expire(now);
    for (const process of this.#alarmed) {
      const { at, interval } = process.alarm;
      if (at === 0 || at > now) continue;
      const next = at + interval * Math.ceil((now - at + 1) / interval);
      this.setAlarm(process, { at: interval === 0 ? 0 : after(now, next), interval });
      signals.sendToProcess(process, { signal: Signal.SIGALRM, code: SignalCode.Kernel });
    }
    this.#ringCpuAlarms();
    clock.reprogramEvents(this.#next(now));
    this.programCpu();
  }

  /** The virtual time at which something wakes by itself, exactly: `Clock.nextEvent` may be earlier. */
  earliest(): number | undefined {
    const { timers, lifeCycle } = this.#kernel;
    let earliest = Math.min(timers.deadline(), lifeCycle.queues.timed.earliest());
    for (const { alarm } of this.#alarmed) earliest = Math.min(earliest, alarm.at);
    return earliest === Infinity ? undefined : earliest;
  }

  /** What rings by the time that the current process has run is due when it has run on for so long. */
  programCpu(): void {
    const { clock, current, timers } = this.#kernel;
    if (!current) return;
    const { process } = current;
    const next = process.cpuAlarms.next(process.limits);
    if (next !== Infinity) {
      this.#kernel.account();
      clock.programEvent(clock.monotonic() + next - process.instructions());
    }
    const left = timers.untilCpuTimer(current);
    if (left !== Infinity) clock.programEvent(clock.monotonic() + left);
  }

  #ringCpuAlarms(): void {
    const { current, signals, timers } = this.#kernel;
    if (current?.process.state !== 'running') return;
    const { process } = current;
    timers.expireCpuTimers(current);
    if (process.cpuAlarms.next(process.limits) === Infinity) return;
    this.#kernel.account();
    for (const signal of process.cpuAlarms.ring(process.instructions(), process.limits))
      signals.sendToProcess(process, { signal, code: SignalCode.Kernel });
  }

  /** The first time after `now` at which something may have to be woken. */
  #next(now: number): number {
    const { timers, lifeCycle } = this.#kernel;
    let next = Math.min(timers.nextEvent(now), lifeCycle.queues.timed.earliest());
    for (const { alarm } of this.#alarmed) next = Math.min(next, alarm.at);
    return next;
  }
}
