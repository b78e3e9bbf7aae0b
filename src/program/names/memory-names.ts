import { mappingName } from '../../inspect/mapping-view.ts';
import { SHARED_ANONYMOUS } from '../../inspect/page-view.ts';
import type { Process } from '../../linux/process.ts';
import type { MachineEvent } from '../../machine/machine-event.ts';
import type { Machine } from '../../machine/machine.ts';
import { PAGE_SIZE, pageFloor, toHex, type VirtAddr } from '../../memory/address.ts';
import type { Mapping } from '../../platform/mapping.ts';
import type { ReadMemory } from '../../symbols/frame.ts';
import { inMemory } from '../../symbols/storage.ts';
import type { Image, ImageTable } from '../images.ts';
import { processMemory } from '../process-memory.ts';
import { baseName } from '../source-map.ts';
import { nameInFile, namesInFile } from './file-names.ts';
import { arenaWith, glibcHeaps } from './glibc-heap.ts';
import { HeapNames } from './heap-names.ts';
import { listed, type MemoryName } from './memory-name.ts';
import type { Root } from './pointer-holders.ts';
import { StackNames } from './stack-names.ts';
import { ThreadLocalNames } from './thread-local-names.ts';
import { Words } from './words.ts';

/** What is known of a process at a moment. */
interface Known {
  readonly n: number;
  readonly mappings: readonly Mapping[];
  readonly read: ReadMemory;
  readonly stacks: StackNames;
  readonly threadLocals: ThreadLocalNames;
  /** Made when it is first asked for: it walks the heaps. */
  readonly heaps: () => HeapNames;
}

/** Memory that was given back, and where. */
interface Unmapped {
  readonly space: number;
  readonly start: number;
  readonly end: number;
  readonly place: string | undefined;
}

type UnmapEvent = Extract<MachineEvent, { kind: 'unmap' }>;

/** Older ones are forgotten. */
const MOST_UNMAPS = 1000;

/** Parts of one object that are told one by one. */
const MOST_PARTS = 3;
const MOST_LOOKED_AT = 64;

/** Names what lies at an address or in a page of a process: the one place that knows. It reads, and changes nothing. */
export class MemoryNames {
  readonly #known = new Map<Process, Known>();
  readonly #unmaps: Unmapped[] = [];

  constructor(
    private readonly machine: Machine,
    private readonly images: ImageTable,
  ) {}

  /** Forgets what the memory held: the debugger has written. */
  forget(): void {
    this.#known.clear();
  }

  /** What lies at an address; `undefined` where nothing is mapped, or the process has ended. */
  at(process: Process, address: number): MemoryName | undefined {
    const known = this.#of(process);
    const mapping = known?.mappings.find(({ start, end }) => start <= address && address < end);
    if (!known || !mapping) return undefined;
    return (
      this.#inFile(process, mapping, address, known) ??
      known.threadLocals.at(address) ??
      known.stacks.at(address) ??
      guardAt(mapping, known) ??
      (mayBeHeap(mapping) ? known.heaps().at(address) : undefined) ??
      mappingAt(mapping, address)
    );
  }

  /** The same in words. */
  textAt(process: Process, address: number): string | undefined {
    return this.at(process, address)?.text;
  }

  /** Whether a thread has its stack in the mapping that begins at an address. */
  isStack(process: Process, start: number): boolean {
    return (
      this.#of(process)
        ?.stacks.extents()
        .some((one) => one.start === start && !one.isAlternate) ?? false
    );
  }

  /** Where memory went that was at an address and is not any more; `undefined` where that is not known. */
  unmappedText(process: Process, address: number, what: string): string | undefined {
    const space = process.space && this.machine.provider.label(process.space);
    const record = this.#unmaps.findLast((one) => one.space === space && one.start <= address && address < one.end);
    return record && `${what} points to memory that was unmapped${record.place ? ` at ${record.place}` : ''}`;
  }

  /** A listener of the machine's events: memory is gone. @param place where in the source */
  noticeUnmap({ space, start, end }: UnmapEvent, place: string | undefined): void {
    this.#unmaps.push({ space, start, end, place });
    if (this.#unmaps.length > MOST_UNMAPS) this.#unmaps.splice(0, MOST_UNMAPS / 2);
  }

  /** What lies in the page around an address, what the source knows of first. */
  page(process: Process, va: number): string[] {
    const start = pageFloor(va);
    return this.range(process, start, start + PAGE_SIZE);
  }

  /** What lies in a range of at most a few pages. */
  range(process: Process, low: number, high: number): string[] {
    const known = this.#of(process);
    if (!known) return [];
    const names: string[] = [];
    for (const mapping of known.mappings) {
      const start = Math.max(low, mapping.start);
      const end = Math.min(high, mapping.end);
      if (start >= end) continue;
      const image = isOfFile(mapping) ? this.images.at(process, start) : undefined;
      const found = [
        ...(image ? namesInFile(image, start, end) : known.stacks.within(start, end)),
        ...(image ? [] : known.threadLocals.within(start, end)),
        ...(mayBeHeap(mapping) ? known.heaps().within(start, end) : []),
      ];
      const other = guardAt(mapping, known) ?? mappingAt(mapping, start);
      // What the mapping itself is called is no news.
      if (found.length === 0 && (other.kind !== 'mapping' || mapping.name.startsWith('/'))) found.push(other.text);
      names.push(...found);
    }
    return listed(names);
  }

  /** What the bytes are of that differ between two versions of a page, in the order of their addresses. */
  differing(process: Process, va: VirtAddr, mine: Uint8Array, theirs: Uint8Array): string[] {
    const names: string[] = [];
    const differs = (at: number): boolean => mine[at] !== theirs[at];
    const end = Math.min(mine.length, theirs.length);
    for (let at = 0; at < end;) {
      if (!differs(at)) {
        at++;
        continue;
      }
      const name = this.at(process, va + at);
      const next = Math.min(end, name ? Math.max(at + 1, name.end - va) : end);
      const offsets: number[] = [];
      for (let inside = at; inside < next; inside++) if (differs(inside)) offsets.push(inside);
      names.push(...this.#partsAt(process, va, offsets));
      at = next;
    }
    return listed(names);
  }

  /** Parts of one object: of many the first and the last. */
  #partsAt(process: Process, va: VirtAddr, offsets: readonly number[]): string[] {
    const parts = new Set<string>();
    // Bytes of one word have one name: a few words are looked at one by one.
    for (const offset of offsets.slice(0, MOST_LOOKED_AT)) {
      const text = this.textAt(process, va + offset);
      if (text !== undefined) parts.add(text);
      if (parts.size > MOST_PARTS || offsets.length > MOST_LOOKED_AT)
        return this.range(process, va + offsets[0], va + offsets.at(-1)! + 1);
    }
    return [...parts];
  }

  #inFile(process: Process, mapping: Mapping, address: number, { read }: Known): MemoryName | undefined {
    if (!isOfFile(mapping)) return undefined;
    const image = this.images.at(process, address);
    return image && nameInFile(image, address, read);
  }

  #heaps(process: Process, mappings: readonly Mapping[], read: ReadMemory, stacks: StackNames): HeapNames {
    const { inspector, provider } = this.machine;
    const space = provider.label(process.space!);
    const words = new Words((page) => inspector.peek(space, page));
    const images = this.images.of(process);
    const heaps = glibcHeaps(mappings, words, (top) => arenaWith(images, words, top));
    return new HeapNames(heaps, () => rootsOf(images, stacks, process, read), read);
  }

  #of(process: Process): Known | undefined {
    if (!process.space) return undefined;
    const { machine, images } = this;
    const mappings = machine.inspector.mappings(machine.provider.label(process.space));
    const n = machine.hart.instret;
    const found = this.#known.get(process);
    if (found?.n === n && found.mappings === mappings) return found;
    const read = processMemory(machine, process);
    const stacks = new StackNames(machine, images, process, read);
    let heaps: HeapNames | undefined;
    const threadLocals = new ThreadLocalNames(machine, images, process);
    const known = {
      n,
      mappings,
      read,
      stacks,
      threadLocals,
      heaps: () => (heaps ??= this.#heaps(process, mappings, read, stacks)),
    };
    // Processes that are gone leave nothing behind.
    for (const [other, { n: then }] of this.#known) if (then !== n) this.#known.delete(other);
    this.#known.set(process, known);
    return known;
  }
}

/** A malloc's blocks are in memory of no file. */
function mayBeHeap({ name, object }: Mapping): boolean {
  return !object && (name === '[heap]' || name === '');
}

/** Zero-initialised variables follow a file's pages in memory of their own; heaps and stacks have names. */
function isOfFile({ name }: Mapping): boolean {
  return !name.startsWith('[');
}

/** Memory without permissions right below a stack, which ends it. */
function guardAt({ start, end, permissions }: Mapping, { stacks }: Known): MemoryName | undefined {
  if (permissions !== 0) return undefined;
  const extent = stacks.extents().find((one) => one.start === end);
  return extent && { text: `guard page of the stack of thread ${extent.task.tid}`, kind: 'guard', start, end };
}

/** Globals, then the locals of the threads, innermost calls first. */
function* rootsOf(images: readonly Image[], stacks: StackNames, process: Process, read: ReadMemory): Generator<Root> {
  for (const { symbols } of images)
    if (symbols)
      for (const { name, type, start, isCode } of symbols.contents.objects.items())
        if (type && !isCode) yield { name, within: undefined, type, storage: inMemory(start, read) };
  for (const task of process.tasks)
    if (task.state !== 'dead')
      for (const { locals, frames } of stacks.areas(task)) {
        const within = frames.at(-1)!.name;
        for (const { name, type, storage } of locals) yield { name, within, type, storage };
      }
}

/** What a mapping is for, and where in its file the address is. */
function mappingAt(mapping: Mapping, address: number): MemoryName {
  const { start, end, object, offset, name } = mapping;
  if (name === SHARED_ANONYMOUS) return { text: 'shared anonymous memory', kind: 'mapping', start, end };
  const inFile = object && offset + address - start;
  const what = /^\[.*\]$/.test(name) ? name.slice(1, -1) : baseName(mappingName(mapping));
  return { text: inFile ? `${what}+${toHex(inFile)}` : what, kind: 'mapping', start, end };
}
