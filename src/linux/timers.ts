import { SignalCode } from './abi/signal-number.ts';
import type { TimerFile } from './files/timer-file.ts';
import { type CpuClock, cpuTime } from './cpu-clocks.ts';
import { IntervalTimer, passingTime, type TimeSource } from './interval-timer.ts';
import type { Kernel } from './kernel.ts';
import type { Thread } from './thread.ts';
import type { ThreadGroup } from './thread-group.ts';

/** How a POSIX timer tells (sigevent(3type)). */
export interface TimerNotification {
  /** 0 for SIGEV_NONE. */
  readonly signal: number;
  readonly value: bigint;
  /** The thread that gets the signal; the process when absent. */
  readonly tid: number | undefined;
}

/** A timer of timer_create(2). */
export interface PosixTimer {
  readonly id: number;
  readonly clockId: number;
  /** Whose running time it goes by, if not by the time that passes. */
  readonly cpu: CpuClock | undefined;
  readonly process: ThreadGroup;
  readonly notification: TimerNotification;
  readonly timer: IntervalTimer;
  /** Expirations of the last signal beyond the first. */
  overrun: number;
}

/** Timers that wake threads or send signals: those of timer_create(2) and timerfd_create(2). */
export class Timers {
  readonly files = new Set<TimerFile>();
  readonly #kernel: Kernel;
  readonly #posix = new Map<ThreadGroup, Map<number, PosixTimer>>();

  constructor(kernel: Kernel) {
    this.#kernel = kernel;
  }

  /** A timer of `process`. @param notify how it tells, given its number. */
  create(
    process: ThreadGroup,
    clockId: number,
    cpu: CpuClock | undefined,
    notify: (id: number) => TimerNotification,
  ): PosixTimer {
    const own = this.#posix.get(process) ?? new Map<number, PosixTimer>();
    this.#posix.set(process, own);
    let id = 0;
    while (own.has(id)) id++;
    const timer = new IntervalTimer(cpu ? this.#runningTime(cpu) : passingTime(this.#kernel.clock));
    const created = { id, clockId, cpu, process, notification: notify(id), timer, overrun: 0 };
    own.set(id, created);
    return created;
  }

  get(process: ThreadGroup, id: number): PosixTimer | undefined {
    return this.#posix.get(process)?.get(id);
  }

  delete(process: ThreadGroup, id: number): boolean {
    return this.#posix.get(process)?.delete(id) ?? false;
  }

  /** exec and exit delete a process's timers (timer_create(2), NOTES). */
  deleteAll(process: ThreadGroup): void {
    this.#posix.delete(process);
  }

  /** The virtual time at which the next one expires that anybody would notice. */
  deadline(): number {
    let earliest = Infinity;
    for (const { deadline } of this.files) if (deadline !== 0) earliest = Math.min(earliest, deadline);
    for (const { timer, notification, cpu } of this.#all())
      if (!cpu && timer.at !== 0 && notification.signal !== 0) earliest = Math.min(earliest, timer.at);
    return earliest;
  }

  /** The time of the first expiration after `now`, those included that nobody waits for yet. */
  nextEvent(now: number): number {
    let next = Infinity;
    for (const { expiresAt } of this.files) if (expiresAt > now) next = Math.min(next, expiresAt);
    for (const { timer, cpu } of this.#all()) if (!cpu && timer.at > now) next = Math.min(next, timer.at);
    return next;
  }

  /** Lets everything expire that is due at `now`. */
  expire(now: number): void {
    for (const file of this.files) if (file.deadline !== 0 && file.deadline <= now) file.expire();
    for (const posix of this.#all())
      if (!posix.cpu && posix.notification.signal !== 0 && posix.timer.at !== 0 && posix.timer.at <= now)
        this.#notify(posix);
  }

  /** Nanoseconds that a thread runs until a timer expires that goes by its time, or its process's. */
  untilCpuTimer(thread: Thread): number {
    let left = Infinity;
    for (const { timer, cpu } of this.#all())
      if (timer.at !== 0 && cpu && runs(cpu, thread)) left = Math.min(left, timer.at - cpuTime(this.#kernel, cpu));
    return left;
  }

  /** Lets the timers expire that are due by the time that a thread, or its process, has run. */
  expireCpuTimers(thread: Thread): void {
    for (const posix of this.#all()) {
      const { cpu, timer, notification } = posix;
      if (!cpu || timer.at === 0 || !runs(cpu, thread) || timer.at > cpuTime(this.#kernel, cpu)) continue;
      if (notification.signal === 0) timer.take();
      else this.#notify(posix);
    }
  }

  #all(): PosixTimer[] {
    return this.#posix.size === 0 ? [] : [...this.#posix.values()].flatMap((own) => [...own.values()]);
  }

  #runningTime(cpu: CpuClock): TimeSource {
    return { now: () => cpuTime(this.#kernel, cpu), program: () => this.#kernel.deadlines.programCpu() };
  }

  #notify(posix: PosixTimer): void {
    const { timer, process, notification, id } = posix;
    posix.overrun = timer.take() - 1;
    const { signal, value, tid } = notification;
    const info = { signal, code: SignalCode.Timer, pid: id, uid: posix.overrun, value };
    const thread = tid === undefined ? undefined : this.#kernel.lifeCycle.thread(tid);
    if (thread) this.#kernel.signals.sendToThread(thread, info);
    else if (tid === undefined) this.#kernel.signals.sendToProcess(process, info);
  }
}

/** Whether a CPU clock goes on while a thread runs. */
function runs({ process, thread }: CpuClock, running: Thread): boolean {
  return thread ? thread === running : process === running.process;
}
