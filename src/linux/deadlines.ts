import { Signal, SignalCode } from './abi/signal-number.ts';
import { after } from './clock.ts';
import type { Kernel } from './kernel.ts';

/** What happens by itself when its time comes: sleeps and waits that end, timers and alarms. */
export class Deadlines {
  readonly #kernel: Kernel;

  constructor(kernel: Kernel) {
    this.#kernel = kernel;
  }

  /** Wakes what sleeps until `now` or earlier, in virtual nanoseconds. Costs nothing before `Clock.nextEvent`. */
  wake(now: number): void {
    const { clock, processes, signals, timers } = this.#kernel;
    if (now < clock.nextEvent) return;
    for (const thread of this.#kernel.tasks()) if ((thread.wait?.deadline ?? Infinity) <= now) thread.wake();
    timers.expire(now);
    for (const process of processes.values()) {
      const { at, interval } = process.alarm;
      if (at === 0 || at > now) continue;
      const next = at + interval * Math.ceil((now - at + 1) / interval);
      process.alarm = { at: interval === 0 ? 0 : after(now, next), interval };
      signals.sendToProcess(process, { signal: Signal.SIGALRM, code: SignalCode.Kernel });
    }
    this.#ringCpuAlarms();
    clock.reprogramEvents(this.#next(now));
    this.programCpu();
  }

  /** The virtual time at which something wakes by itself, exactly: `Clock.nextEvent` may be earlier. */
  earliest(): number | undefined {
    let earliest = this.#kernel.timers.deadline();
    for (const thread of this.#kernel.tasks()) earliest = Math.min(earliest, thread.wait?.deadline ?? Infinity);
    for (const { alarm, state } of this.#kernel.processes.values())
      if (alarm.at !== 0 && state === 'running') earliest = Math.min(earliest, alarm.at);
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
    let next = this.#kernel.timers.nextEvent(now);
    for (const { wait } of this.#kernel.tasks()) if (wait?.deadline !== undefined) next = Math.min(next, wait.deadline);
    for (const { alarm } of this.#kernel.processes.values()) if (alarm.at !== 0) next = Math.min(next, alarm.at);
    return next;
  }
}
