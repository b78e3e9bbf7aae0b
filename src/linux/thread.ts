import type { SignalSet } from './abi/signal-number.ts';
import type { Clock } from './clock.ts';
import { ResourceUsage } from './resource-usage.ts';
import type { RunQueue } from './run-queue.ts';
import { SignalQueue } from './signal-queue.ts';
import type { Task, TaskState, Wait } from './task.ts';
import type { ThreadGroup } from './thread-group.ts';
import { type Suspension, waitFor } from './wait-queue.ts';
import type { WaitsByDeadline } from './waits-by-deadline.ts';

/** sigaltstack(2) of a thread; `size` 0 means none. */
export interface AlternateStack {
  readonly start: number;
  readonly size: number;
  /** SS_AUTODISARM or 0. */
  readonly flags: number;
}

/** Default of PR_SET_TIMERSLACK, in nanoseconds. */
export const DEFAULT_TIMER_SLACK = 50_000;

/** What sched(7) knows of a thread; kept and told, and without effect: turns go round. */
export interface Scheduling {
  /** SCHED_OTHER, SCHED_BATCH or SCHED_IDLE. */
  readonly policy: number;
  /** -20 to 19. */
  readonly nice: number;
  /** SCHED_RESET_ON_FORK. */
  readonly resetsOnFork: boolean;
  /** ioprio_set(2). */
  readonly ioPriority: number;
}

const STOPPED = waitFor('stopped by a signal');

const DEFAULT_SCHEDULING: Scheduling = { policy: 0, nice: 0, resetsOnFork: false, ioPriority: 0 };

export const NO_ALTERNATE_STACK: AlternateStack = { start: 0, size: 0, flags: 0 };

/** What a thread tells of when it begins and ends to wait. */
export interface ThreadQueues {
  readonly clock: Clock;
  readonly runnable: RunQueue<Thread>;
  readonly timed: WaitsByDeadline;
}

/** A task with what the shim keeps about it. */
export class Thread implements Task {
  state: TaskState = 'runnable';
  wait: Wait | undefined;
  /** The syscall that it is blocked in, or is about to execute again. */
  suspension: Suspension | undefined;
  /** pc of that syscall: a debugger that moves pc makes it forget. */
  suspendedAt = 0;
  /** Blocked signals. */
  mask: SignalSet = 0n;
  /** The mask to come back to after sigsuspend, ppoll or pselect, while one of them runs with its own. */
  savedMask: SignalSet | undefined;
  /** Blocked signals that sigtimedwait(2) waits for. */
  awaited: SignalSet = 0n;
  readonly pending = new SignalQueue();
  alternateStack = NO_ALTERNATE_STACK;
  /** set_tid_address(2): zeroed, and its futex woken, when the thread ends; 0 for none. */
  clearChildTid = 0;
  /** CLONE_CHILD_SETTID: where its tid is written when it first runs; 0 for nowhere. */
  setChildTid = 0;
  /** set_robust_list(2). */
  robustList = 0;
  scheduling = DEFAULT_SCHEDULING;
  timerSlack = DEFAULT_TIMER_SLACK;
  noNewPrivileges = false;
  /** Up to the last switch. */
  readonly usage = new ResourceUsage();
  /** Waits that signals do not interrupt: vfork(2), the gate of a fork. */
  readonly #holds = new Set<Wait>();
  /** `suspension` while it sleeps in it. */
  #sleepingIn: Suspension | undefined;
  readonly #queues: ThreadQueues;

  /** @param tid changes only when a thread that is not the leader executes a new program. */
  constructor(
    public tid: number,
    readonly order: number,
    readonly process: ThreadGroup,
    readonly context: Uint8Array,
    public comm: string,
    queues: ThreadQueues,
  ) {
    this.#queues = queues;
    queues.runnable.add(this);
  }

  /** Takes over what clone(2) does not start afresh. */
  inherit({ scheduling, timerSlack, noNewPrivileges }: Thread): void {
    const nice = scheduling.resetsOnFork ? Math.max(0, scheduling.nice) : scheduling.nice;
    this.scheduling = { ...scheduling, nice, resetsOnFork: false };
    this.timerSlack = timerSlack;
    this.noNewPrivileges = noNewPrivileges;
  }

  /** Blocks it until it is woken, then it executes its syscall again. */
  suspend(suspension: Suspension): void {
    this.suspension = suspension;
    this.#sleepingIn = suspension;
    for (const queue of suspension.queues) queue.add(this);
    this.#update();
  }

  /** Ends the wait of a suspended thread, so that it looks again. */
  wake(): void {
    this.#leaveQueues();
    this.#update();
  }

  /** Forgets the syscall that it was suspended in: it is complete, or was interrupted. */
  finishCall(): void {
    this.#leaveQueues();
    this.suspension?.opened?.release();
    this.suspension = undefined;
  }

  /** Blocks it, with its syscall complete, until the returned function is called. */
  hold(reason: string): () => void {
    const hold = waitFor(reason);
    this.#holds.add(hold);
    this.#update();
    return () => {
      this.#holds.delete(hold);
      this.#update();
    };
  }

  /** After the process was stopped or continued. */
  stopChanged(): void {
    this.#update();
  }

  die(): void {
    this.finishCall();
    this.#holds.clear();
    if (this.state === 'runnable') this.#queues.runnable.remove(this);
    this.state = 'dead';
    this.wait = undefined;
  }

  /** Whether it sleeps in a syscall that a signal may interrupt. */
  get isSuspended(): boolean {
    return this.#sleepingIn !== undefined;
  }

  /** Whether the syscall that it is suspended in may have what it waits for by now; pause(2) waits for nothing. */
  get awaitsSomething(): boolean {
    const { suspension, awaited } = this;
    return awaited !== 0n || (suspension !== undefined && (suspension.queues.length > 0 || !!suspension.wait.deadline));
  }

  #leaveQueues(): void {
    if (this.suspension) for (const queue of this.suspension.queues) queue.remove(this);
    this.#sleepingIn = undefined;
  }

  #update(): void {
    if (this.state === 'dead') return;
    const [hold] = this.#holds;
    const before = this.wait;
    this.wait = this.process.stopped ? STOPPED : (hold ?? this.#sleepingIn?.wait);
    if (this.wait === before) return;
    const { runnable, timed, clock } = this.#queues;
    if (this.wait && !before) {
      this.usage.voluntarySwitches++;
      runnable.remove(this);
    } else if (!this.wait) runnable.add(this);
    this.state = this.wait ? 'blocked' : 'runnable';
    const deadline = this.wait?.deadline;
    if (this.wait === undefined || deadline === undefined) return;
    timed.add(this, this.wait, deadline);
    clock.programEvent(deadline);
  }
}
