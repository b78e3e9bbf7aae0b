import { Errno, fail } from '../abi/errno.ts';
import type { Thread } from '../thread.ts';
import type { ThreadGroup } from '../thread-group.ts';
import { type Waitable, WaitQueue } from '../wait-queue.ts';
import { type IpcObject, IpcObjects } from './ipc-objects.ts';

/** SEMVMX: the largest value. */
export const MAX_SEMAPHORE = 32767;

interface Semaphore {
  value: number;
  /** Who changed it last. */
  pid: number;
}

/** One struct sembuf. */
interface SemaphoreOperation {
  readonly index: number;
  readonly change: number;
  readonly undo: boolean;
}

/** What keeps operations from being done: a semaphore that must become larger, or zero. */
interface Obstacle {
  readonly index: number;
  readonly awaits: 'increase' | 'zero';
  /** Value that it has now. */
  readonly value: number;
}

/** A set of System V semaphores (semget(2)). Times are seconds since the epoch, 0 for never. */
export class SemaphoreSet implements IpcObject {
  readonly semaphores: Semaphore[];
  readonly changed = new WaitQueue();
  operatedAt = 0;
  isRemoved = false;
  /** SEM_UNDO: what the end of a process adds to each semaphore. */
  readonly #undo = new Map<ThreadGroup, number[]>();
  readonly #waiting = new Map<Thread, Obstacle>();

  constructor(
    readonly id: number,
    public key: number,
    public mode: number,
    count: number,
    public changedAt: number,
  ) {
    this.semaphores = Array.from({ length: count }, () => ({ value: 0, pid: 0 }));
  }

  /** Does all the operations, or none. @returns what is in the way. */
  operate(process: ThreadGroup, operations: readonly SemaphoreOperation[]): Obstacle | undefined {
    const values = this.semaphores.map(({ value }) => value);
    const undo = [...(this.#undo.get(process) ?? values.map(() => 0))];
    for (const { index, change, undo: undone } of operations) {
      const value = values[index];
      if (change === 0 && value !== 0) return { index, awaits: 'zero', value };
      if (value + change < 0) return { index, awaits: 'increase', value };
      if (value + change > MAX_SEMAPHORE) return fail(Errno.ERANGE);
      values[index] = value + change;
      if (undone) undo[index] -= change;
      if (Math.abs(undo[index]) > MAX_SEMAPHORE) return fail(Errno.ERANGE);
    }
    for (const { index } of operations) this.semaphores[index].pid = process.pid;
    values.forEach((value, index) => (this.semaphores[index].value = value));
    if (undo.some((adjustment) => adjustment !== 0)) this.#undo.set(process, undo);
    else this.#undo.delete(process);
    if (operations.some(({ change }) => change !== 0)) this.changed.wakeAll();
    return undefined;
  }

  /** SETVAL and SETALL: adjustments at the end of processes are forgotten too. */
  set(index: number, value: number, pid: number): void {
    this.semaphores[index] = { value, pid };
    for (const undo of this.#undo.values()) undo[index] = 0;
    this.changed.wakeAll();
  }

  /** Threads that wait for a semaphore to do something. */
  waiting(index: number, awaits: Obstacle['awaits']): number {
    return [...this.#waiting.values()].filter((each) => each.index === index && each.awaits === awaits).length;
  }

  queue(obstacle: Obstacle): Waitable {
    return {
      add: (thread) => {
        this.#waiting.set(thread, obstacle);
        this.changed.add(thread);
      },
      remove: (thread) => {
        this.#waiting.delete(thread);
        this.changed.remove(thread);
      },
    };
  }

  remove(): void {
    this.isRemoved = true;
    this.changed.wakeAll();
  }

  /** Undoes what a process did with SEM_UNDO; a value never leaves its range. */
  ended(process: ThreadGroup, now: number): void {
    const undo = this.#undo.get(process);
    if (!undo) return;
    this.#undo.delete(process);
    undo.forEach((adjustment, index) => {
      const semaphore = this.semaphores[index];
      semaphore.value = Math.max(0, Math.min(MAX_SEMAPHORE, semaphore.value + adjustment));
      if (adjustment !== 0) semaphore.pid = process.pid;
    });
    this.operatedAt = now;
    this.changed.wakeAll();
  }
}

/** All semaphores of a machine: fewer than Linux's SEMMNS, because they live in the debugger's memory. */
const MAX_SEMAPHORES = 1 << 20;

/** The semaphore sets of a machine. */
export class SemaphoreSets extends IpcObjects<SemaphoreSet> {
  /** @returns a new set, ENOSPC where there are too many semaphores. */
  create(id: number, key: number, mode: number, count: number, now: number): SemaphoreSet {
    const existing = [...this.all()].reduce((sum, { semaphores }) => sum + semaphores.length, 0);
    return existing + count > MAX_SEMAPHORES ? fail(Errno.ENOSPC) : new SemaphoreSet(id, key, mode, count, now);
  }

  /** To be called when a process has ended. */
  ended(process: ThreadGroup, now: number): void {
    for (const set of this.all()) set.ended(process, now);
  }
}
