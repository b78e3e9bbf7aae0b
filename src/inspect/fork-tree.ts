import type { EventContext } from '../machine/machine-event.ts';
import type { Machine } from '../machine/machine.ts';
import { Recent } from './recent.ts';
import { spaceOf } from './spaces.ts';

/** Where in the program an event happens: in words, and as a line of a file where there is one. */
export interface EventPlace {
  /** `main (fork-cow.c:36)`. */
  readonly text: string;
  readonly file?: string;
  /** Counts from 1. */
  readonly line?: number;
}

/** An instruction of a process, and where it is in the source if that is known. */
export interface LedgerMoment extends EventContext {
  readonly place: string | undefined;
  readonly file: string | undefined;
  readonly line: number | undefined;
}

/** A fork that shares pages until they are written. */
export interface ForkRecord extends LedgerMoment {
  /** Counts the forks from 1. */
  readonly id: number;
  readonly child: number;
  /** The memories of the two sides, as `ForkTree.memoryOf` numbers them. */
  readonly parentMemory: number;
  readonly childMemory: number;
}

const MOST_FORKS = 10_000;
/** So many spaces may have ended before they are forgotten. */
const MOST_ENDED = 1000;

/**
 * Which memory was forked from which, and by which fork: what decides since when two of them share a page. A space has one
 * memory until its process executes another program; processes that share memory by clone(2) have the same one.
 */
export class ForkTree {
  readonly #machine: Machine;
  readonly #forks = new Recent<ForkRecord>(MOST_FORKS);
  /** The memory of each space. */
  readonly #memories = new Map<number, number>();
  /** The fork that made a memory. */
  readonly #madeBy = new Map<number, ForkRecord>();
  /** The forks of a memory, oldest first. */
  readonly #forksOf = new Map<number, Set<ForkRecord>>();
  #lastMemory = 0;
  #lastId = 0;

  constructor(machine: Machine) {
    this.#machine = machine;
  }

  /** Oldest first. */
  get forks(): Iterable<ForkRecord> {
    return this.#forks;
  }

  /** Forks that are forgotten, because there were too many. */
  get dropped(): number {
    return this.#forks.dropped;
  }

  /** The number of the last fork; 0 before the first. */
  get lastId(): number {
    return this.#lastId;
  }

  fork(id: number): ForkRecord | undefined {
    for (const fork of this.#forks) if (fork.id === id) return fork;
    return undefined;
  }

  madeBy(memory: number): ForkRecord | undefined {
    return this.#madeBy.get(memory);
  }

  /** Oldest first. */
  forksOf(memory: number): readonly ForkRecord[] {
    return [...(this.#forksOf.get(memory) ?? [])];
  }

  /** A number for the memory that a space has now. */
  memoryOf(space: number): number {
    return this.#memories.get(space) ?? this.#give(space, ++this.#lastMemory);
  }

  /** The memory that a process has; `undefined` for one that has ended. */
  memoryOfProcess(pid: number): number | undefined {
    const process = this.#machine.process(pid);
    const space = process && spaceOf(this.#machine, process);
    return space === undefined ? undefined : this.memoryOf(space);
  }

  /** Whether both sides of a fork are there, with the memory that they had at it. */
  isLive({ pid, child, parentMemory, childMemory }: ForkRecord): boolean {
    return this.memoryOfProcess(child) === childMemory && this.memoryOfProcess(pid) === parentMemory;
  }

  /** Whether a memory is that of the fork's child, or descends from it. */
  isSince(memory: number, fork: ForkRecord): boolean {
    for (let one = this.#madeBy.get(memory); one; one = this.#madeBy.get(one.parentMemory))
      if (one === fork) return true;
    return false;
  }

  /**
   * The forks by which a memory shares a page with others that have its frame, oldest first: the one that made it, where
   * one of them is not of its descendants, and each of its own whose child, or a descendant, is among them.
   */
  sharedBy(memory: number, others: readonly number[]): readonly ForkRecord[] {
    const forks = new Set<ForkRecord>();
    const seen = new Set([memory]);
    for (const other of others) {
      let one = other;
      while (!seen.has(one)) {
        seen.add(one);
        const fork = this.#madeBy.get(one);
        if (fork?.parentMemory === memory) forks.add(fork);
        const birth = fork ? undefined : this.#madeBy.get(memory);
        if (birth) forks.add(birth);
        one = fork?.parentMemory ?? memory;
      }
    }
    return [...forks].sort((a, b) => a.id - b.id);
  }

  /** A fork by `moment.pid`, which has happened. */
  forked(moment: LedgerMoment, child: number, share: 'copy-memory' | 'share-memory'): void {
    const process = this.#machine.process(child);
    const space = process && spaceOf(this.#machine, process);
    const parentMemory = this.memoryOfProcess(moment.pid);
    if (space === undefined || parentMemory === undefined) return;
    if (share === 'share-memory') {
      this.#give(space, parentMemory);
      return;
    }
    const fork = { ...moment, id: ++this.#lastId, child, parentMemory, childMemory: this.memoryOf(space) };
    const dropped = this.#forks.add(fork);
    this.#madeBy.set(fork.childMemory, fork);
    const others = this.#forksOf.get(parentMemory);
    if (others) others.add(fork);
    else this.#forksOf.set(parentMemory, new Set([fork]));
    if (dropped) this.#forget(dropped);
  }

  /** A process executes another program. */
  executed(pid: number): void {
    const process = this.#machine.process(pid);
    const space = process && spaceOf(this.#machine, process);
    if (space !== undefined) this.#give(space, ++this.#lastMemory);
  }

  #give(space: number, memory: number): number {
    this.#memories.set(space, memory);
    const spaces = this.#machine.kernel.processes.size;
    if (this.#memories.size > 2 * (spaces + MOST_ENDED)) this.#forgetEnded();
    return memory;
  }

  #forgetEnded(): void {
    const live = new Set(this.#machine.inspector.spaces().map(({ space }) => space));
    for (const space of this.#memories.keys()) if (!live.has(space)) this.#memories.delete(space);
  }

  #forget(fork: ForkRecord): void {
    this.#madeBy.delete(fork.childMemory);
    const others = this.#forksOf.get(fork.parentMemory);
    others?.delete(fork);
    if (others?.size === 0) this.#forksOf.delete(fork.parentMemory);
  }
}
