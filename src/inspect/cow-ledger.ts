import type { EventContext, MachineEvent } from '../machine/machine-event.ts';
import type { Machine } from '../machine/machine.ts';
import { NO_FRAME, PAGE_SIZE, pageFloor, type FrameNumber, type VirtAddr } from '../memory/address.ts';
import { FrameUse } from '../memory/frames.ts';
import type { CowBreak } from '../platform/space-event.ts';
import { ForkTree, type EventPlace, type ForkRecord, type LedgerMoment } from './fork-tree.ts';
import { Recent } from './recent.ts';
import { pidsBySpace } from './spaces.ts';

/** The end of the sharing of a page, for the space that wrote it; `va` is where the page begins. */
export interface BreakRecord extends LedgerMoment, Omit<CowBreak, 'kind'> {
  /** Of the space, as `ForkTree.memoryOf` numbers it. */
  readonly memory: number;
  /** The forks by which it shared the page until then, oldest first: none where it was a file's, or they are not known. */
  readonly forks: readonly ForkRecord[];
  /** Whose page it was besides: the page cache's, or another process's. */
  readonly from: 'page-cache' | 'process';
  /** pids that have the frame still. */
  readonly left: readonly number[];
  /** It was the debugger that wrote. */
  readonly byDebugger: boolean;
}

/** The end of all sharing of a process. */
interface EndRecord extends LedgerMoment {
  readonly how: 'exit' | 'exec';
}

const MOST_BREAKS = 50_000;
const MOST_ENDS = 10_000;

/**
 * Remembers from a machine's events since when pages are shared and how that ended. What is shared now is read from the
 * page tables when somebody asks: a fork costs one record, however many pages it shares. Its memory is bounded.
 */
export class CowLedger {
  readonly tree: ForkTree;
  readonly #machine: Machine;
  readonly #place: (event: EventContext) => EventPlace | undefined;
  readonly #breaks = new Recent<BreakRecord>(MOST_BREAKS);
  readonly #ends = new Recent<EndRecord>(MOST_ENDS);
  /** The breaks of a page, by `pageKey`, oldest first. */
  readonly #breaksOfPage = new Map<number, BreakRecord[]>();
  readonly #breakCounts = new Map<ForkRecord | undefined, number>();
  /** When a frame was last filled, or taken over by the last of its sharers, by instruction count. */
  readonly #ownedSince: Float64Array;
  /** The last break of each memory: a run of writes ends the same sharing page by page, and is kept once. */
  readonly #lastBreak = new Map<number, BreakRecord>();
  #pids: Map<number, number[]> | undefined;

  /** @param place where in the source an event happened, which is asked while it happens */
  constructor(machine: Machine, place: (event: EventContext) => EventPlace | undefined = () => undefined) {
    this.#machine = machine;
    this.#place = place;
    this.#ownedSince = new Float64Array(machine.frames.total + 1);
    this.tree = new ForkTree(machine);
  }

  /** Oldest first. */
  get forks(): Iterable<ForkRecord> {
    return this.tree.forks;
  }

  /** Oldest first. */
  get breaks(): Iterable<BreakRecord> {
    return this.#breaks;
  }

  /** How many breaks there were so far. */
  get breakCount(): number {
    return this.#breaks.added;
  }

  /** The breaks that are known of those after the first `count`, oldest first. */
  breaksAfter(count: number): BreakRecord[] {
    return this.#breaks.last(this.#breaks.added - count);
  }

  get ends(): Iterable<EndRecord> {
    return this.#ends;
  }

  /** Records that are forgotten, because there were too many. */
  get dropped(): number {
    return this.tree.dropped + this.#breaks.dropped;
  }

  /** How many writes have ended a sharing by a fork; without one those of pages that no known fork had shared. */
  breaksSince(fork: ForkRecord | undefined): number {
    return this.#breakCounts.get(fork) ?? 0;
  }

  /** A listener of the machine's events. */
  notice(event: MachineEvent, byDebugger = false): void {
    switch (event.kind) {
      case 'fork':
      case 'vfork':
        this.#pids = undefined;
        this.tree.forked(this.#moment(event), event.child, event.share);
        break;
      case 'fault':
        if (event.after !== NO_FRAME && event.cause !== 'spurious' && event.cause !== 'cow')
          this.#ownedSince[event.after] = event.n;
        break;
      case 'cow-break':
        this.#broken(event, byDebugger);
        break;
      case 'exec':
        this.#pids = undefined;
        this.#ends.add({ ...this.#moment(event), how: 'exec' });
        this.tree.executed(event.pid);
        break;
      case 'exit':
        this.#pids = undefined;
        this.#ends.add({ ...this.#moment(event), how: 'exit' });
        break;
      default:
    }
  }

  /** The breaks of the page that begins at `va` in a space, oldest first. */
  breaksAt(space: number, va: VirtAddr): readonly BreakRecord[] {
    return this.breaksOf(this.tree.memoryOf(space), va);
  }

  /** The same for a memory, as `ForkTree.memoryOf` numbers it. */
  breaksOf(memory: number, va: VirtAddr): readonly BreakRecord[] {
    return this.#breaksOfPage.get(pageKey(memory, va)) ?? [];
  }

  #broken(event: CowBreak & EventContext, byDebugger: boolean): void {
    const { frames, inspector } = this.#machine;
    const { before, after, how } = event;
    const memory = this.tree.memoryOf(event.space);
    const va = pageFloor(event.va);
    const isFile = how === 'copied' && frames.uses[before] === (FrameUse.Object as number);
    const sharers = isFile ? [] : inspector.sharersAt(before, va);
    const others = sharers.map((one) => this.tree.memoryOf(one)).filter((one) => one !== memory);
    const forks = others.length > 0 || isFile ? this.tree.sharedBy(memory, others) : this.#forksSince(memory, before);
    const last = this.#lastBreak.get(memory);
    const record: BreakRecord = {
      ...this.#moment(event),
      ...{ space: event.space, memory, va, before, after, how, byDebugger },
      forks: sameAs(last?.forks, forks),
      from: isFile ? 'page-cache' : 'process',
      left: sameAs(last?.left, this.#pidsOf(sharers, event.space)),
    };
    this.#lastBreak.set(memory, record);
    this.#keep(record);
    if (how !== 'saved') this.#ownedSince[after] = event.n;
  }

  #keep(record: BreakRecord): void {
    const key = pageKey(record.memory, record.va);
    const others = this.#breaksOfPage.get(key);
    if (others) others.push(record);
    else this.#breaksOfPage.set(key, [record]);
    this.#count(record, 1);
    const dropped = this.#breaks.add(record);
    if (!dropped) return;
    this.#count(dropped, -1);
    const first = pageKey(dropped.memory, dropped.va);
    const rest = this.#breaksOfPage.get(first)?.slice(1) ?? [];
    if (rest.length > 0) this.#breaksOfPage.set(first, rest);
    else this.#breaksOfPage.delete(first);
  }

  #count({ forks }: BreakRecord, by: number): void {
    for (const fork of forks.length > 0 ? forks : [undefined]) {
      const count = this.breaksSince(fork) + by;
      if (count > 0) this.#breakCounts.set(fork, count);
      else this.#breakCounts.delete(fork);
    }
  }

  /** Nobody else is left with a frame: the forks that a memory had a part in since the frame was its own. */
  #forksSince(memory: number, frame: FrameNumber): readonly ForkRecord[] {
    const since = this.#ownedSince[frame];
    const birth = this.tree.madeBy(memory);
    const own = this.tree.forksOf(memory).filter((fork) => fork.n >= since);
    return birth && birth.n >= since ? [birth, ...own] : own;
  }

  /** The processes that have these spaces, besides those with the memory of `space`. */
  #pidsOf(spaces: readonly number[], space: number): readonly number[] {
    if (spaces.length === 0) return [];
    this.#pids ??= pidsBySpace(this.#machine);
    const own = this.#pids.get(space);
    const pids: number[] = [];
    for (const one of spaces) {
      const processes = this.#pids.get(one);
      // One may have ended since the list was made.
      if (processes && processes !== own)
        for (const pid of processes) if (this.#machine.process(pid)?.space) pids.push(pid);
    }
    return pids;
  }

  #moment({ n, pid, tid, pc }: EventContext): LedgerMoment {
    const place = this.#place({ n, pid, tid, pc });
    return { n, pid, tid, pc, place: place?.text, file: place?.file, line: place?.line };
  }
}

/** A number for a page of a memory: addresses have 35 bits above the offset. */
function pageKey(memory: number, va: VirtAddr): number {
  return memory * 2 ** 35 + va / PAGE_SIZE;
}

/** The list itself, or an equal one that is kept already. */
function sameAs<T>(kept: readonly T[] | undefined, list: readonly T[]): readonly T[] {
  return kept?.length === list.length && kept.every((item, index) => item === list[index]) ? kept : list;
}
