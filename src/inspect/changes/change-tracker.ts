import type { MachineEvent } from '../../machine/machine-event.ts';
import type { Machine } from '../../machine/machine.ts';
import type { FrameNumber } from '../../memory/address.ts';
import { Pte, makePte } from '../../memory/pte.ts';
import type { CowBreak } from '../../platform/space-event.ts';
import { signalName } from '../../linux/abi/signal-number.ts';
import type { ExitStatus } from '../../linux/process.ts';
import type { BreakRecord, CowLedger } from '../cow-ledger.ts';
import { baseName } from '../process-view.ts';
import { listedProcesses, spaceOf } from '../spaces.ts';
import { compareMappings, type MappingChange } from './mapping-changes.ts';
import { captureState, type MemoryState, type TableCopy } from './memory-state.ts';
import { compareStates, entryIn, noCounts, type PageChange, type TableDifferences } from './page-changes.ts';

/** What has become of a process. */
export interface ProcessChange {
  readonly pid: number;
  readonly kind: 'started' | 'executed' | 'ended';
  readonly text: string;
}

/** What has changed in a memory. */
export interface MemoryChanges extends TableDifferences {
  readonly memory: number;
  /** The processes that have it. */
  readonly pids: readonly number[];
  /** It was made since: only what was written in it is known. */
  readonly isNew: boolean;
  readonly mappings: readonly MappingChange[];
}

export interface Changes {
  /** The instruction count that everything is compared with. */
  readonly since: number;
  readonly processes: readonly ProcessChange[];
  /** How many processes came and went that are not listed. */
  readonly moreProcesses: number;
  /** Those in which something has changed, by the number of the memory. */
  readonly memories: ReadonlyMap<number, MemoryChanges>;
  /** Pages whose bytes were put back, in all. */
  readonly restored: number;
  /** Memories that were too large to be followed. */
  readonly unfollowed: number;
}

/** How everything was at a moment. */
interface Moment {
  readonly n: number;
  readonly mark: number;
  /** `undefined` for one that is not followed. */
  readonly memories: ReadonlyMap<number, { readonly space: number; readonly state: MemoryState | undefined }>;
  readonly refcounts: Uint32Array;
  readonly pagesRestored: number;
  /** How many breaks the ledger had heard of. */
  readonly breaks: number;
  readonly forks: number;
}

/** Tables that are kept: of 2 KiB each, for two moments. */
const MOST_TABLES = 32_768;
/** Forks, execs and ends between two stops that are kept. */
const MOST_PROCESSES = 1000;

/**
 * Knows what has changed since the machine last stood still. While it runs this costs nothing but a record for a process that comes
 * or goes: at a stop the tables of those memories that were used are compared with copies of before.
 */
export class ChangeTracker {
  readonly #machine: Machine;
  readonly #ledger: CowLedger;
  #before: Moment | undefined;
  #now: Moment | undefined;
  #changes: Changes | undefined;
  readonly #processes: ProcessChange[] = [];
  #moreProcesses = 0;

  constructor(machine: Machine, ledger: CowLedger) {
    this.#machine = machine;
    this.#ledger = ledger;
  }

  /** A listener of the machine's events. */
  notice(event: MachineEvent): void {
    switch (event.kind) {
      case 'fork':
      case 'vfork':
        this.#add({ pid: event.child, kind: 'started', text: `started, forked by pid ${event.pid}` });
        break;
      case 'exec':
        this.#add({ pid: event.pid, kind: 'executed', text: `runs ${baseName(event.path)} now` });
        break;
      case 'exit':
        this.#add({ pid: event.pid, kind: 'ended', text: endText(event.status) });
        break;
      default:
    }
  }

  /** The machine goes on from a stop: the next one is compared with this. */
  begin(): void {
    this.#before = this.#look();
    this.#now = undefined;
    this.#changes = undefined;
    this.#processes.length = 0;
    this.#moreProcesses = 0;
  }

  /** The debugger has changed something. */
  outdate(): void {
    this.#now = undefined;
    this.#changes = undefined;
  }

  /** What has changed since the last stop; `undefined` at the first one. */
  get changes(): Changes | undefined {
    if (!this.#before) return undefined;
    this.#changes ??= this.#compare(this.#before, this.#look());
    return this.#changes;
  }

  /** The state of a memory at the last stop. */
  stateBefore(memory: number): MemoryState | undefined {
    return this.#before?.memories.get(memory)?.state;
  }

  /** The entry for an address in the tables below a root, at the last stop; `undefined` where that is not known. */
  entryBefore(root: FrameNumber, level: number, va: number): number | undefined {
    const { tables } = this.#machine.inspector;
    let isKnown = false;
    for (const { state } of this.#before?.memories.values() ?? []) {
      if (!state || state.isParked || state.root !== root) continue;
      isKnown = true;
      const entry = entryIn(state, level, va, (one) => tables.span(one));
      if (entry !== 0) return entry;
    }
    return isKnown ? 0 : undefined;
  }

  /** The references that a frame had at the last stop. */
  refcountBefore(frame: FrameNumber): number | undefined {
    return this.#before?.refcounts[frame];
  }

  /** How many writes that broke a sharing there had been at the last stop. */
  get breaksBefore(): number {
    return this.#before?.breaks ?? 0;
  }

  /** The number of the last fork before the last stop. */
  get forksBefore(): number {
    return this.#before?.forks ?? 0;
  }

  #add(change: ProcessChange): void {
    if (this.#processes.length < MOST_PROCESSES) this.#processes.push(change);
    else this.#moreProcesses++;
  }

  #look(): Moment {
    this.#now ??= this.#capture(this.#before);
    return this.#now;
  }

  #capture(last: Moment | undefined): Moment {
    const machine = this.#machine;
    const { inspector, frames } = machine;
    const memories = new Map<number, { space: number; state: MemoryState | undefined }>();
    const copies = new Map<FrameNumber, TableCopy>();
    let tables = 0;
    for (const process of listedProcesses(machine)) {
      const space = spaceOf(machine, process);
      if (space === undefined) continue;
      const memory = this.#ledger.tree.memoryOf(space);
      if (memories.has(memory)) continue;
      const known = last?.memories.get(memory);
      const isAsBefore =
        known?.state !== undefined && !known.state.sharesTables && !inspector.wasUsed(space, last!.mark);
      const before = copies.size;
      let state = isAsBefore ? known.state : undefined;
      if (!isAsBefore && tables < MOST_TABLES) state = captureState(machine, space, known?.state, copies);
      tables += isAsBefore ? known.state.tables.size : copies.size - before;
      memories.set(memory, { space, state });
    }
    return {
      n: machine.hart.instret,
      mark: inspector.mark(),
      memories,
      refcounts: frames.refcounts.slice(),
      pagesRestored: frames.pagesRestored,
      breaks: this.#ledger.breakCount,
      forks: this.#ledger.tree.lastId,
    };
  }

  #compare(before: Moment, now: Moment): Changes {
    const breaks = this.#breaksSince(before);
    const pids = new Map<number, number[]>();
    for (const process of listedProcesses(this.#machine)) {
      const memory = this.#ledger.tree.memoryOfProcess(process.pid);
      if (memory !== undefined) pids.set(memory, [...(pids.get(memory) ?? []), process.pid]);
    }
    const memories = new Map<number, MemoryChanges>();
    let unfollowed = 0;
    for (const [memory, { state }] of now.memories) {
      const old = before.memories.get(memory);
      if (old && (!old.state || !state)) unfollowed++;
      const written = breaks.get(memory) ?? [];
      const found = old?.state && state ? this.#compareMemory(old.state, state, written) : this.#written(written);
      const mappings = old?.state && state ? compareMappings(old.state.mappings, state.mappings) : [];
      if (mappings.length + found.tables.length + found.pages.length === 0) continue;
      memories.set(memory, { memory, pids: pids.get(memory) ?? [], isNew: !old, mappings, ...found });
    }
    return {
      since: before.n,
      processes: this.#processes,
      moreProcesses: this.#moreProcesses,
      memories,
      restored: now.pagesRestored - before.pagesRestored,
      unfollowed,
    };
  }

  #compareMemory(old: MemoryState, state: MemoryState, written: readonly BreakRecord[]): TableDifferences {
    const hows = new Map<number, CowBreak['how']>(written.map(({ va, how }) => [va, how]));
    const { tables } = this.#machine.inspector;
    return compareStates(old, state, hows, (level) => tables.span(level));
  }

  /** Of a memory that was not there, or was not followed: what ended a sharing. */
  #written(written: readonly BreakRecord[]): TableDifferences {
    const counts = noCounts();
    const pages = new Map<number, PageChange>();
    for (const { va, how, before, after } of written)
      pages.set(va, {
        va,
        kind: how === 'copied' ? 'split' : how,
        before: makePte(before, Pte.V),
        after: makePte(after, Pte.V),
      });
    for (const { kind } of pages.values()) counts[kind]++;
    return { pages: [...pages.values()].sort((a, b) => a.va - b.va), tables: [], counts };
  }

  #breaksSince({ breaks }: Moment): Map<number, BreakRecord[]> {
    const records = new Map<number, BreakRecord[]>();
    for (const record of this.#ledger.breaksAfter(breaks)) {
      const others = records.get(record.memory);
      if (others) others.push(record);
      else records.set(record.memory, [record]);
    }
    return records;
  }
}

function endText(status: ExitStatus): string {
  return status.kind === 'exited' ? `ended with code ${status.code}` : `was ended by ${signalName(status.signal)}`;
}
