import type { EventContext, MachineEvent } from '../machine/machine-event.ts';
import type { Machine } from '../machine/machine.ts';
import { NO_FRAME, pageFloor, type FrameNumber, type VirtAddr } from '../memory/address.ts';
import { FrameUse } from '../memory/frames.ts';
import type { CowBreak } from '../platform/space-event.ts';
import { Recent } from './recent.ts';
import { pidsBySpace, spaceOf } from './spaces.ts';

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
  readonly parentSpace: number;
  readonly childSpace: number;
}

/** The end of the sharing of a page, for the space that wrote it; `va` is where the page begins. */
export interface BreakRecord extends LedgerMoment, Omit<CowBreak, 'kind'> {
  /** Since when the page was shared; `undefined` where it was a file's, or the fork is not known. */
  readonly fork: ForkRecord | undefined;
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

const MOST_FORKS = 10_000;
const MOST_BREAKS = 50_000;
const MOST_ENDS = 10_000;

/**
 * Remembers from a machine's events since when pages are shared and how that ended. What is shared now it reads from
 * the page tables when asked: a fork costs one record, however many pages it shares. Its memory is bounded.
 */
export class CowLedger {
  readonly #machine: Machine;
  readonly #place: (event: EventContext) => EventPlace | undefined;
  readonly #forks = new Recent<ForkRecord>(MOST_FORKS);
  readonly #breaks = new Recent<BreakRecord>(MOST_BREAKS);
  readonly #ends = new Recent<EndRecord>(MOST_ENDS);
  /** The fork that made a space, while it has the pages that it got then. */
  readonly #madeBy = new Map<number, ForkRecord>();
  /** The forks of a space, oldest first. */
  readonly #forksOf = new Map<number, ForkRecord[]>();
  /** When a frame was last filled, or taken over by the last of its sharers, by instruction count. */
  readonly #ownedSince: Float64Array;
  #lastId = 0;

  /** @param place where in the source an event happened, which is asked while it happens */
  constructor(machine: Machine, place: (event: EventContext) => EventPlace | undefined = () => undefined) {
    this.#machine = machine;
    this.#place = place;
    this.#ownedSince = new Float64Array(machine.frames.total + 1);
  }

  /** Oldest first. */
  get forks(): Iterable<ForkRecord> {
    return this.#forks;
  }

  /** Oldest first. */
  get breaks(): Iterable<BreakRecord> {
    return this.#breaks;
  }

  get ends(): Iterable<EndRecord> {
    return this.#ends;
  }

  /** Records that are forgotten, because there were too many. */
  get dropped(): number {
    return this.#forks.dropped + this.#breaks.dropped;
  }

  fork(id: number): ForkRecord | undefined {
    for (const fork of this.#forks) if (fork.id === id) return fork;
    return undefined;
  }

  /** A listener of the machine's events. */
  notice(event: MachineEvent, byDebugger = false): void {
    switch (event.kind) {
      case 'fork':
      case 'vfork':
        if (event.share === 'copy-memory') this.#forked(event, event.child);
        break;
      case 'fault':
        if (event.after !== NO_FRAME && event.cause !== 'spurious' && event.cause !== 'cow')
          this.#ownedSince[event.after] = event.n;
        break;
      case 'cow-break':
        this.#broken(event, byDebugger);
        break;
      case 'exec':
        this.#ends.add({ ...this.#moment(event), how: 'exec' });
        this.#forgetPages(this.#spaceOf(event.pid));
        break;
      case 'exit':
        this.#ends.add({ ...this.#moment(event), how: 'exit' });
        break;
      default:
    }
  }

  /**
   * The fork since which spaces share a page: the first one that has one of them on its child's side and another on its
   * parent's.
   */
  sharedSince(spaces: readonly number[]): ForkRecord | undefined {
    const carriers = new Map<ForkRecord, number>();
    for (const space of new Set(spaces))
      for (let fork = this.#madeBy.get(space); fork; fork = this.#madeBy.get(fork.parentSpace))
        carriers.set(fork, (carriers.get(fork) ?? 0) + 1);
    const all = new Set(spaces).size;
    let first: ForkRecord | undefined;
    for (const [fork, count] of carriers) if (count < all && (!first || fork.id < first.id)) first = fork;
    return first;
  }

  /** Whether a space descends from the child of a fork, so that its pages may be shared since then. */
  isSince(space: number, fork: ForkRecord): boolean {
    for (let one = this.#madeBy.get(space); one; one = this.#madeBy.get(one.parentSpace)) if (one === fork) return true;
    return false;
  }

  /** The breaks of the page that begins at `va` in a space, oldest first. */
  breaksAt(space: number, va: VirtAddr): BreakRecord[] {
    return [...this.#breaks].filter((one) => one.space === space && one.va === va);
  }

  #forked(event: EventContext, childPid: number): void {
    const child = this.#machine.process(childPid);
    const childSpace = child && spaceOf(this.#machine, child);
    const parentSpace = this.#spaceOf(event.pid);
    if (childSpace === undefined || parentSpace === undefined) return;
    const fork = { ...this.#moment(event), id: ++this.#lastId, child: childPid, parentSpace, childSpace };
    const dropped = this.#forks.add(fork);
    this.#madeBy.set(childSpace, fork);
    const others = this.#forksOf.get(parentSpace);
    if (others) others.push(fork);
    else this.#forksOf.set(parentSpace, [fork]);
    if (dropped) this.#forget(dropped);
  }

  #broken(event: CowBreak & EventContext, byDebugger: boolean): void {
    const { frames, inspector } = this.#machine;
    const { space, before, after, how } = event;
    const va = pageFloor(event.va);
    const isFile = how === 'copied' && frames.uses[before] === (FrameUse.Object as number);
    const others = isFile ? [] : inspector.sharersAt(before, va).filter((one) => one !== space);
    const fork = isFile ? undefined : (this.sharedSince([space, ...others]) ?? this.#firstForkSince(space, before));
    const pids = others.length > 0 ? pidsBySpace(this.#machine) : undefined;
    this.#breaks.add({
      ...this.#moment(event),
      ...{ space, va, before, after, how, fork, byDebugger },
      from: isFile ? 'page-cache' : 'process',
      left: others.flatMap((one) => pids?.get(one) ?? []),
    });
    if (how !== 'saved') this.#ownedSince[after] = event.n;
  }

  /** Nobody else is left with a frame: the first fork that a space had a part in since the frame was its own. */
  #firstForkSince(space: number, frame: FrameNumber): ForkRecord | undefined {
    const since = this.#ownedSince[frame];
    let first: ForkRecord | undefined;
    for (let fork = this.#madeBy.get(space); fork && fork.n >= since; fork = this.#madeBy.get(fork.parentSpace))
      first = fork;
    return first ?? this.#forksOf.get(space)?.find((fork) => fork.n >= since);
  }

  #moment({ n, pid, tid, pc }: EventContext): LedgerMoment {
    const place = this.#place({ n, pid, tid, pc });
    return { n, pid, tid, pc, place: place?.text, file: place?.file, line: place?.line };
  }

  #spaceOf(pid: number): number | undefined {
    const process = this.#machine.process(pid);
    return process && spaceOf(this.#machine, process);
  }

  /** A space has the pages of another program. */
  #forgetPages(space: number | undefined): void {
    if (space === undefined) return;
    this.#madeBy.delete(space);
    this.#forksOf.delete(space);
  }

  #forget(fork: ForkRecord): void {
    if (this.#madeBy.get(fork.childSpace) === fork) this.#madeBy.delete(fork.childSpace);
    const others = this.#forksOf.get(fork.parentSpace);
    if (others?.[0] !== fork) return;
    others.shift();
    if (others.length === 0) this.#forksOf.delete(fork.parentSpace);
  }
}
