import { virtAddr } from '../memory/address.ts';
import type { AddressSpaceProvider, MemoryIdentity } from '../platform/provider.ts';
import type { Thread } from './thread.ts';
import type { ThreadGroup } from './thread-group.ts';
import type { Waitable } from './wait-queue.ts';

/**
 * What a word is to those who wait on it: its memory, whatever the space and address they see it at, or with
 * FUTEX_PRIVATE_FLAG its address in one space. The two never meet, as on Linux.
 */
type Key = MemoryIdentity | `private ${number} ${number}`;

/** A word as one process gives it. */
export interface FutexWord {
  readonly process: ThreadGroup;
  readonly address: number;
  readonly isPrivate: boolean;
}

interface Waiter {
  readonly thread: Thread;
  readonly key: Key;
  readonly bits: number;
}

/** Matches every waiter: FUTEX_BITSET_MATCH_ANY. */
export const ANY_BIT = 0xffff_ffff;

/** Waiting threads by what the word is that they wait on (futex(2)). */
export class Futexes {
  readonly #provider: AddressSpaceProvider;
  /** Oldest first in each. */
  readonly #waiters = new Map<Key, Waiter[]>();
  readonly #byThread = new Map<Thread, Waiter>();

  constructor(provider: AddressSpaceProvider) {
    this.#provider = provider;
  }

  #key({ process, address, isPrivate }: FutexWord): Key {
    return isPrivate
      ? `private ${this.#provider.label(process.space!)} ${address}`
      : this.#provider.memoryIdentity(process.space!, virtAddr(address));
  }

  /** Where a thread waits on a word. @param bits what wakes it must have one of these. */
  queue(word: FutexWord, bits: number): Waitable {
    const key = this.#key(word);
    return { add: (thread) => this.#enter({ thread, key, bits }), remove: (thread) => this.#leave(thread) };
  }

  /** Wakes at most `count` waiters. @returns how many were. */
  wake(word: FutexWord, count: number, bits = ANY_BIT): number {
    const list = this.#waiters.get(this.#key(word)) ?? [];
    const chosen = list.filter((waiter) => waiter.bits & bits).slice(0, count);
    for (const { thread } of chosen) {
      if (thread.suspension) thread.suspension.result = 0;
      thread.wake();
    }
    return chosen.length;
  }

  /** Moves at most `count` waiters to another word without waking them. @returns how many were. */
  requeue(from: FutexWord, to: FutexWord, count: number): number {
    const target = this.#key(to);
    const moved = [...(this.#waiters.get(this.#key(from)) ?? [])].slice(0, count);
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

  #list(key: Key): Waiter[] {
    let list = this.#waiters.get(key);
    if (!list) this.#waiters.set(key, (list = []));
    return list;
  }
}
