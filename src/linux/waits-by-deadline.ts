import type { Wait } from './task.ts';
import type { Thread } from './thread.ts';

/** A wait that ends by itself, as it was when it was begun. */
interface Timed {
  readonly deadline: number;
  readonly wait: Wait;
  readonly thread: Thread;
}

/** Waits that were given up are looked through when there are so many of them, and more than half. */
const FEW = 64;

/**
 * The waits of threads that end by themselves, the first one first (a binary heap). A wait that was given up stays until
 * its time comes, or until most are of that kind.
 */
export class WaitsByDeadline {
  #heap: Timed[] = [];
  /** How many there were when all were known to be good. */
  #good = 0;

  add(thread: Thread, wait: Wait, deadline: number): void {
    if (this.#heap.length > FEW + 2 * this.#good) this.#clear();
    const entry = { deadline, wait, thread };
    const heap = this.#heap;
    let at = heap.length;
    while (at > 0) {
      const parent = (at - 1) >>> 1;
      if (heap[parent].deadline <= deadline) break;
      heap[at] = heap[parent];
      at = parent;
    }
    heap[at] = entry;
  }

  /** When the first of them ends; `Infinity` for never. */
  earliest(): number {
    while (this.#heap.length > 0 && !isGood(this.#heap[0])) this.#takeFirst();
    return this.#heap[0]?.deadline ?? Infinity;
  }

  /** Wakes all whose wait is over. */
  wake(now: number): void {
    while (this.earliest() <= now) {
      const { thread } = this.#heap[0];
      this.#takeFirst();
      thread.wake();
    }
  }

  #takeFirst(): void {
    const heap = this.#heap;
    const last = heap.pop()!;
    if (heap.length === 0) return;
    let at = 0;
    for (;;) {
      let child = 2 * at + 1;
      if (child >= heap.length) break;
      if (child + 1 < heap.length && heap[child + 1].deadline < heap[child].deadline) child++;
      if (heap[child].deadline >= last.deadline) break;
      heap[at] = heap[child];
      at = child;
    }
    heap[at] = last;
  }

  #clear(): void {
    // What is in order stays a heap.
    this.#heap = this.#heap.filter(isGood).sort((one, other) => one.deadline - other.deadline);
    this.#good = this.#heap.length;
  }
}

function isGood({ thread, wait }: Timed): boolean {
  return thread.wait === wait;
}
