import { NO_FRAME, PAGE_SIZE, type FrameNumber } from '../memory/address.ts';
import { FrameUse, type FrameTable } from '../memory/frames.ts';

/** Where the pages of a memory object come from when they are first needed. */
export interface ObjectSource {
  /** Bytes; may change while the object lives (a file that grows). */
  size(): number;
  /** Fills `into` with the bytes at `offset`; what lies past the end is left as it is (zero). */
  read(offset: number, into: Uint8Array): void;
}

/**
 * Pages that several mappings, also of several spaces, may map: the page cache of a file, or shared anonymous memory.
 * Holds one reference to each frame it has. Counted: whoever keeps the object calls `retain` and `release`.
 */
export class MemoryObject {
  readonly #frames: FrameTable;
  readonly #source: ObjectSource;
  readonly #pages = new Map<number, FrameNumber>();
  #holders = 1;

  /** @param identity unique among the objects of a machine; stable for its life. */
  constructor(
    frames: FrameTable,
    readonly identity: number,
    readonly name: string,
    source: ObjectSource,
  ) {
    this.#frames = frames;
    this.#source = source;
  }

  get size(): number {
    return this.#source.size();
  }

  /** Whether page `index` lies wholly past the end: an access to it is SIGBUS. */
  isPastEnd(index: number): boolean {
    return index * PAGE_SIZE >= this.size;
  }

  /** The frame of page `index`, read in if need be; `NO_FRAME` when guest RAM is used up. */
  page(index: number): FrameNumber {
    const cached = this.#pages.get(index);
    if (cached !== undefined) return cached;
    const frame = this.#frames.allocate(FrameUse.Object);
    if (frame === NO_FRAME) return NO_FRAME;
    this.#source.read(index * PAGE_SIZE, this.#frames.memory.frameBytes(frame));
    this.#pages.set(index, frame);
    return frame;
  }

  /** The frame of page `index` if it has been read in. */
  cachedPage(index: number): FrameNumber | undefined {
    return this.#pages.get(index);
  }

  /** The bytes of page `index`, without reading it into a frame: for those who look and must not change anything. */
  peek(index: number): Uint8Array {
    const cached = this.#pages.get(index);
    if (cached !== undefined) return this.#frames.memory.frameBytes(cached);
    const bytes = new Uint8Array(PAGE_SIZE);
    this.#source.read(index * PAGE_SIZE, bytes);
    return bytes;
  }

  /** Lets go of a page: it is read again from where it comes from when it is next needed. */
  dropPage(index: number): void {
    const frame = this.#pages.get(index);
    if (frame === undefined) return;
    this.#pages.delete(index);
    this.#frames.release(frame);
  }

  /** The pages that are in frames, as (page index, frame). */
  cachedPages(): IterableIterator<[number, FrameNumber]> {
    return this.#pages.entries();
  }

  retain(): void {
    if (this.#holders === 0) throw new Error(`memory object ${this.name} is gone`);
    this.#holders++;
  }

  release(): void {
    if (this.#holders === 0) throw new Error(`memory object ${this.name} was released more often than held`);
    if (--this.#holders > 0) return;
    for (const frame of this.#pages.values()) this.#frames.release(frame);
    this.#pages.clear();
  }
}
