import { SignalCode } from './abi/signal-number.ts';
import type { TimerFile } from './files/timer-file.ts';
import { IntervalTimer } from './interval-timer.ts';
import type { Kernel } from './kernel.ts';
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

  create(process: ThreadGroup, clockId: number, notify: (id: number) => TimerNotification): PosixTimer {
    const own = this.#posix.get(process) ?? new Map<number, PosixTimer>();
    this.#posix.set(process, own);
    let id = 0;
    while (own.has(id)) id++;
    const timer = new IntervalTimer(this.#kernel.clock);
    const created = { id, clockId, process, notification: notify(id), timer, overrun: 0 };
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
    for (const own of this.#posix.values())
      for (const { timer, notification } of own.values())
        if (timer.at !== 0 && notification.signal !== 0) earliest = Math.min(earliest, timer.at);
    return earliest;
  }

  /** The time of the first expiration after `now`, those included that nobody waits for yet. */
  nextEvent(now: number): number {
    let next = Infinity;
    for (const { expiresAt } of this.files) if (expiresAt > now) next = Math.min(next, expiresAt);
    for (const own of this.#posix.values())
      for (const { timer } of own.values()) if (timer.at > now) next = Math.min(next, timer.at);
    return next;
  }

  /** Lets everything expire that is due at `now`. */
  expire(now: number): void {
    for (const file of this.files) if (file.deadline !== 0 && file.deadline <= now) file.expire();
    for (const own of [...this.#posix.values()])
      for (const posix of [...own.values()])
        if (posix.notification.signal !== 0 && posix.timer.at !== 0 && posix.timer.at <= now) this.#notify(posix);
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
