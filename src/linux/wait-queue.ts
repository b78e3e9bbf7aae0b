import type { OpenFile } from './files/open-file.ts';
import type { Wait } from './task.ts';
import type { Thread } from './thread.ts';

/** Something a suspended thread can be woken by. */
export interface Waitable {
  add(thread: Thread): void;
  remove(thread: Thread): void;
}

/** A thread, or an epoll instance's interest in a file. */
interface Waiter {
  wake(): void;
  /** Absent for a thread, which always does; whether a thread would notice. */
  readonly isAwaited?: boolean;
}

/** Threads, and what threads watch through, that wait for the same thing to happen, oldest first. */
export class WaitQueue implements Waitable {
  readonly #waiters = new Set<Waiter>();

  add(waiter: Waiter): void {
    this.#waiters.add(waiter);
  }

  remove(waiter: Waiter): void {
    this.#waiters.delete(waiter);
  }

  /** Whether a thread waits, be it through an epoll instance. */
  get isAwaited(): boolean {
    for (const waiter of this.#waiters) if (waiter.isAwaited ?? true) return true;
    return false;
  }

  /** Lets every waiter look again: a thread executes its syscall once more. */
  wakeAll(): void {
    for (const waiter of [...this.#waiters]) waiter.wake();
  }
}

/** Why and how a syscall could not complete yet. The thread executes it again when it is woken. */
export interface Suspension {
  readonly wait: Wait;
  /** What can wake it, besides the deadline. */
  readonly queues: readonly Waitable[];
  /** What a handler of a signal makes of it: `restart` where SA_RESTART allows that, else EINTR (signal(7)). */
  readonly onSignal: 'restart' | 'interrupt';
  /** Called when a handler interrupts it with EINTR. */
  readonly interrupted?: () => void;
  /** Bytes transferred before it had to wait: what the syscall returns if a signal ends it. */
  readonly progress?: number;
  /** An open FIFO that waits for its other end: released if the wait is given up. */
  opened?: OpenFile | undefined;
  /** Result that whoever woke it decided (a futex wake). */
  result?: number;
}

export function waitFor(reason: string, deadline?: number): Wait {
  return { reason, deadline, forInput: false };
}
