import type { Process } from '../linux/process.ts';
import type { Task } from '../linux/task.ts';
import { NO_FRAME, PAGE_SIZE, pageFloor, virtAddr, type FrameNumber, type VirtAddr } from '../memory/address.ts';
import { FrameUse } from '../memory/frames.ts';
import { Pte, pteFrame } from '../memory/pte.ts';
import { Watched, type KernelAccess, type WatchedBytes, type WatchedEntry } from '../memory/watched-memory.ts';
import { objectPage } from '../platform/page-faults.ts';
import type { Machine } from './machine.ts';
import type { Agent, EntryWatch, MemoryWatch, RefcountWatch, Watch, WatchHit } from './watchpoint.ts';

type MemoryHit = Extract<WatchHit, { kind: 'memory' }>;
type Change = Omit<Extract<WatchHit, { kind: 'entry' }>, keyof Context> | RefcountChange;
type RefcountChange = Omit<Extract<WatchHit, { kind: 'refcount' }>, keyof Context>;

interface Context {
  readonly pid: number;
  readonly tid: number;
  readonly pc: VirtAddr;
  readonly by: Agent;
}

/** The part of an access that meets a watch. */
interface Touch {
  readonly watch: MemoryWatch;
  readonly access: Watched;
  readonly va: VirtAddr;
  readonly size: number;
  /** What is reported: the bytes of the access, or all that are watched where these are few. */
  readonly at: VirtAddr;
  readonly length: number;
}

/** A page of a watch that is shared memory: the same frame may be mapped elsewhere. */
interface Alias {
  readonly watch: MemoryWatch;
  /** Where the watch has it. */
  readonly page: VirtAddr;
  readonly frame: FrameNumber;
}

interface SeenEntry {
  readonly watch: EntryWatch;
  /** `undefined` while there is no such process. */
  value: number | undefined;
}

interface SeenRefcount {
  readonly watch: RefcountWatch;
  /** `NO_FRAME` until the page is present. */
  frame: FrameNumber;
  count: number;
}

/** Watched ranges up to this many bytes are reported whole, so that the value of a variable can be shown. */
const SHOWN_WHOLE = 64;

const ACCESSES: Record<MemoryWatch['on'], number> = {
  load: Watched.Loads,
  store: Watched.Stores,
  change: Watched.Stores,
  access: Watched.Loads | Watched.Stores,
};

/**
 * What the debugger watches in a machine. Accesses to memory are seen by the hart and by the kernel's copies (see
 * `WatchedMemory`); page-table entries and reference counts, which only the kernel and the hart's A and D bits change,
 * are looked at whenever the kernel has worked.
 */
export class Watchpoints {
  readonly #machine: Machine;
  #memory: readonly MemoryWatch[] = [];
  #aliases: readonly Alias[] = [];
  #entries: readonly SeenEntry[] = [];
  #refcounts: readonly SeenRefcount[] = [];
  /** Where the watched entries are now. */
  #places: readonly WatchedEntry[] = [];
  /** What the kernel has accessed since it was last asked about. */
  #byKernel: Omit<MemoryHit, keyof Context>[] = [];

  constructor(machine: Machine) {
    this.#machine = machine;
    machine.frames.watched.listener = (access) => this.#kernelAccess(access);
  }

  get isEmpty(): boolean {
    return this.#memory.length + this.#entries.length + this.#refcounts.length === 0;
  }

  /** Replaces all watches. One that was there before, the same object, goes on from what it saw last. */
  set(watches: readonly Watch[]): void {
    this.#memory = watches.filter((watch) => watch.kind === 'memory');
    const [entries, refcounts] = [this.#entries, this.#refcounts];
    this.#entries = watches
      .filter((watch) => watch.kind === 'entry')
      .map((watch) => entries.find((seen) => seen.watch === watch) ?? { watch, value: this.#entry(watch) });
    this.#refcounts = watches
      .filter((watch) => watch.kind === 'refcount')
      .map((watch) => refcounts.find((seen) => seen.watch === watch) ?? this.#begin(watch));
    this.#byKernel = [];
    this.#install();
  }

  /** To be called before an access of the hart. @returns what to call when the instruction has retired */
  beforeAccess(task: Task, va: VirtAddr, size: number, access: Watched): () => WatchHit[] {
    const { process, tid } = task;
    const context = { pid: process.pid, tid, pc: this.#machine.hart.pc, by: { kind: 'instruction' } as const };
    const touches = this.#touches(va, size, access, process);
    const read = ({ at, length }: Touch): Uint8Array => this.#machine.read(process, at, length);
    const before = touches.map(read);
    return () => {
      const hits: WatchHit[] = [];
      for (let index = 0; index < touches.length; index++) {
        const hit = hitIn(context, touches[index], before[index], read(touches[index]));
        if (isWanted(hit)) hits.push(hit);
      }
      for (const change of this.#changes()) hits.push({ ...context, ...change });
      return hits;
    };
  }

  /** To be called when the kernel has worked for a task, at `pc`: what of that was watched for. */
  afterWork(task: Task, pc: VirtAddr, by: Agent): WatchHit[] {
    if (this.isEmpty) return [];
    const { pid } = task.process;
    const context = { pid, tid: task.tid, pc, by };
    const accessed = this.#byKernel.filter((hit) => isWanted(hit) && isMeant(hit.watch, pid));
    this.#byKernel = [];
    const hits = [...accessed, ...this.#changes()].map((hit) => ({ ...context, ...hit }));
    if (!this.#isInstalled()) this.#install();
    return hits;
  }

  /** Tells the hart what to look for. */
  #install(): void {
    const { frames, mmu } = this.#machine;
    this.#aliases = this.#memory.flatMap((watch) => this.#aliasesOf(watch));
    this.#places = this.#entryPlaces();
    frames.watched.set({
      ranges: this.#memory.map(({ start, end, on }) => ({ start, end, accesses: ACCESSES[on] })),
      bytes: this.#aliases.map(({ watch, page, frame }): WatchedBytes => {
        const { start, end } = clip(page, PAGE_SIZE, watch)!;
        return { frame, start: start - page, end: end - page, accesses: ACCESSES[watch.on] };
      }),
      entries: this.#places,
    });
    mmu.flushData();
  }

  /** Whether roots and frames are still those that the hart was told of. */
  #isInstalled(): boolean {
    const aliases = this.#memory.flatMap((watch) => this.#aliasesOf(watch));
    const places = this.#entryPlaces();
    return (
      aliases.length === this.#aliases.length &&
      places.length === this.#places.length &&
      aliases.every(({ frame, page }, at) => this.#aliases[at].frame === frame && this.#aliases[at].page === page) &&
      places.every(({ root }, at) => this.#places[at].root === root)
    );
  }

  #aliasesOf(watch: MemoryWatch): Alias[] {
    const { inspector, provider } = this.#machine;
    const space = this.#machine.process(watch.pid)?.space;
    if (!space) return [];
    const mappings = inspector.mappings(provider.label(space));
    const aliases: Alias[] = [];
    for (let at = pageFloor(watch.start); at < watch.end; at = virtAddr(at + PAGE_SIZE)) {
      const mapping = mappings.find(({ start, end }) => start <= at && at < end);
      if (mapping?.sharing !== 'shared') continue;
      const frame = mapping.object?.cachedPage(objectPage(mapping, at));
      if (frame !== undefined) aliases.push({ watch, page: at, frame });
    }
    return aliases;
  }

  #entryPlaces(): WatchedEntry[] {
    const { inspector } = this.#machine;
    return this.#entries.flatMap(({ watch }) => {
      const space = this.#machine.process(watch.pid)?.space;
      return space && watch.level === 0 ? [{ root: inspector.view(space).root, va: watch.va }] : [];
    });
  }

  /** What of an access, as the process sees it, is watched: at its address, or by the frame that it reaches. */
  #touches(va: VirtAddr, size: number, access: Watched, process: Process): Touch[] {
    const touches: Touch[] = [];
    for (const watch of this.#memory) {
      if (!(ACCESSES[watch.on] & access) || !isMeant(watch, process.pid)) continue;
      const part = clip(va, size, watch) ?? this.#aliasPart(watch, va, size, process);
      if (part) touches.push(touchOf(watch, access, part, part.delta));
    }
    return touches;
  }

  #aliasPart(watch: MemoryWatch, va: VirtAddr, size: number, process: Process): Part | undefined {
    for (const alias of this.#aliases) {
      if (alias.watch !== watch) continue;
      for (let page = pageFloor(va); page < va + size; page = virtAddr(page + PAGE_SIZE)) {
        if (this.#frameAt(process, page) !== alias.frame) continue;
        const start = Math.max(va, page);
        const end = Math.min(va + size, page + PAGE_SIZE);
        const delta = page - alias.page;
        const part = clip(start - delta, end - start, watch);
        if (part) return { start: part.start + delta, end: part.end + delta, delta };
      }
    }
    return undefined;
  }

  #kernelAccess({ place, frame, offset, access, before, after }: KernelAccess): void {
    const { kernel, provider } = this.#machine;
    const owner =
      place && [...kernel.processes.values()].find(({ space }) => space && provider.label(space) === place.space);
    if (place && !owner) return;
    const seen = place
      ? [{ va: place.va, process: owner!, only: undefined }]
      : this.#aliases
          .filter((alias) => alias.frame === frame)
          .map(({ page, watch }) => ({
            va: virtAddr(page + offset),
            process: this.#machine.process(watch.pid)!,
            only: watch,
          }));
    for (const { va, process, only } of seen)
      for (const touch of this.#touches(va, after.length, access, process)) {
        if (only && touch.watch !== only) continue;
        // What was accessed is only a part of what is reported.
        const now = this.#machine.read(process, touch.at, touch.length);
        const then = now.slice();
        for (let at = 0; at < then.length; at++) then[at] = before[touch.at + at - va] ?? then[at];
        this.#byKernel.push(hitOf(touch, then, now));
      }
  }

  #changes(): Change[] {
    const changes: Change[] = [];
    for (const seen of this.#entries) {
      const after = this.#entry(seen.watch);
      const before = seen.value;
      seen.value = after;
      if (before !== undefined && before !== after) changes.push({ kind: 'entry', watch: seen.watch, before, after });
    }
    for (const seen of this.#refcounts) {
      const { watch, frame, count: before } = seen;
      if (frame === NO_FRAME) Object.assign(seen, this.#begin(watch));
      else {
        const after = this.#references(frame, watch.va);
        seen.count = after;
        if (after === 0) seen.frame = NO_FRAME;
        const isWatchedFor = watch.on === 'one' ? before > 1 && after === 1 : before !== after;
        if (isWatchedFor) changes.push({ kind: 'refcount', watch, frame, before, after });
      }
    }
    return changes;
  }

  #entry({ pid, va, level }: EntryWatch): number | undefined {
    const { inspector, provider } = this.#machine;
    const space = this.#machine.process(pid)?.space;
    if (!space) return undefined;
    return inspector.walk(provider.label(space), va).find((step) => step.level === level)?.pte ?? 0;
  }

  #begin(watch: RefcountWatch): SeenRefcount {
    const process = this.#machine.process(watch.pid);
    const frame = process ? this.#frameAt(process, watch.va) : NO_FRAME;
    return { watch, frame, count: frame === NO_FRAME ? 0 : this.#references(frame, watch.va) };
  }

  #references(frame: FrameNumber, near: VirtAddr): number {
    const { frames, inspector } = this.#machine;
    return frames.useOf(frame) === FrameUse.Free ? 0 : inspector.references(frame, near);
  }

  #frameAt({ space }: Process, va: VirtAddr): FrameNumber {
    const { inspector, provider } = this.#machine;
    const last = space && inspector.walk(provider.label(space), va).at(-1);
    return last?.level === 0 && last.pte & Pte.V ? pteFrame(last.pte) : NO_FRAME;
  }
}

interface Part {
  readonly start: number;
  readonly end: number;
  /** How much higher the accessing process has it than the watch. */
  readonly delta: number;
}

function clip(va: number, size: number, watch: MemoryWatch): Part | undefined {
  const start = Math.max(va, watch.start);
  const end = Math.min(va + size, watch.end);
  return start < end ? { start, end, delta: 0 } : undefined;
}

function touchOf(watch: MemoryWatch, access: Watched, { start, end }: Part, delta: number): Touch {
  // Another mapping of shared memory goes on where the page of the access ends, or with something else.
  const isWhole = watch.end - watch.start <= SHOWN_WHOLE && (delta === 0 || isInPage(watch));
  return {
    watch,
    access,
    va: virtAddr(start),
    size: end - start,
    at: virtAddr(isWhole ? watch.start + delta : start),
    length: isWhole ? watch.end - watch.start : end - start,
  };
}

function isInPage({ start, end }: MemoryWatch): boolean {
  return pageFloor(start) === pageFloor(end - 1);
}

/** Field by field: it is done at every access, and spreading objects takes ten times as long. */
function hitIn(
  { pid, tid, pc, by }: Context,
  { watch, access, va, size, at }: Touch,
  before: Uint8Array,
  after: Uint8Array,
): MemoryHit {
  return { pid, tid, pc, by, kind: 'memory', watch, access, va, size, at, before, after };
}

function hitOf(
  { watch, access, va, size, at }: Touch,
  before: Uint8Array,
  after: Uint8Array,
): Omit<MemoryHit, keyof Context> {
  return { kind: 'memory', watch, access, va, size, at, before, after };
}

function isWanted({ watch, before, after }: Pick<MemoryHit, 'watch' | 'before' | 'after'>): boolean {
  return watch.on !== 'change' || before.some((byte, at) => byte !== after[at]);
}

function isMeant({ only }: MemoryWatch, pid: number): boolean {
  return only === undefined || only === pid;
}
