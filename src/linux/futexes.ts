import { virtAddr } from '../memory/address.ts';
import type { AddressSpaceProvider, MemoryIdentity } from '../platform/provider.ts';
import type { Thread } from './thread.ts';
import type { ThreadGroup } from './thread-group.ts';
import type { Waitable } from './wait-queue.ts';

interface Waiter {
  readonly thread: Thread;
  readonly key: MemoryIdentity;
  readonly bits: number;
}

/** Matches every waiter: FUTEX_BITSET_MATCH_ANY. */
export const ANY_BIT = 0xffff_ffff;

/** Waiting threads by what the word they wait on is, whatever the space and address they see it at (futex(2)). */
export class Futexes {
  readonly #provider: AddressSpaceProvider;
  /** Oldest first in each. */
  readonly #waiters = new Map<MemoryIdentity, Waiter[]>();
  readonly #byThread = new Map<Thread, Waiter>();

  constructor(provider: AddressSpaceProvider) {
    this.#provider = provider;
  }

  #key(process: ThreadGroup, address: number): MemoryIdentity {
    return this.#provider.memoryIdentity(process.space!, virtAddr(address));
  }

  /** Where a thread waits on a word. @param bits what wakes it must have one of these. */
  queue(process: ThreadGroup, address: number, bits: number): Waitable {
    const key = this.#key(process, address);
    return { add: (thread) => this.#enter({ thread, key, bits }), remove: (thread) => this.#leave(thread) };
  }

  /** Wakes at most `count` waiters. @returns how many were. */
  wake(process: ThreadGroup, address: number, count: number, bits = ANY_BIT): number {
    const list = this.#waiters.get(this.#key(process, address)) ?? [];
    const chosen = list.filter((waiter) => waiter.bits & bits).slice(0, count);
    for (const { thread } of chosen) {
      if (thread.suspension) thread.suspension.result = 0;
      thread.wake();
    }
    return chosen.length;
  }

  /** Moves at most `count` waiters to another word without waking them. @returns how many were. */
  requeue(process: ThreadGroup, from: number, to: number, count: number): number {
    const target = this.#key(process, to);
    const moved = [...(this.#waiters.get(this.#key(process, from)) ?? [])].slice(0, count);
    for (const waiter of moved) {
      this.#leave(waiter.thread);
      this.#enter({ ...waiter, key: target });
    }
    return moved.length;
  }

  #enter(waiter: Waiter): void {
    this.#byThread.set(waiter.thread, waiter);
    this.#list(waiter.key).push(waiter);
  }

  #leave(thread: Thread): void {
    const waiter = this.#byThread.get(thread);
    if (!waiter) return;
    this.#byThread.delete(thread);
    const list = this.#list(waiter.key);
    list.splice(list.indexOf(waiter), 1);
    if (list.length === 0) this.#waiters.delete(waiter.key);
  }

  #list(key: MemoryIdentity): Waiter[] {
    let list = this.#waiters.get(key);
    if (!list) this.#waiters.set(key, (list = []));
    return list;
  }
}
