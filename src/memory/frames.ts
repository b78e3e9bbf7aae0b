import { NO_FRAME, PAGE_SIZE, toHex, type FrameNumber } from './address.ts';
import type { ChangeJournal } from './change-journal.ts';
import type { GuestMemory } from './guest-memory.ts';
import { Watched, WatchedMemory, type KernelAccess } from './watched-memory.ts';

/** What a frame is used for. */
export const enum FrameUse {
  Free,
  /** A page-table page. */
  Table,
  /** Private memory of address spaces. */
  Private,
  /** A page of a memory object: page cache of a file, or shared anonymous memory. */
  Object,
}

/** Reference counts saturate nowhere: a frame has at most one reference per PTE, and RAM holds fewer than 2^27 PTEs. */
const MAX_REFCOUNT = 0xffff_ffff;
const MAX_PINS = 0xffff;

/** The references to a frame, as whoever holds them counts them, cannot be. */
export class FrameMiscount extends Error {}

/**
 * The frame table: one record a frame of guest RAM. A frame is freed when its last reference goes: a PTE, a page of a
 * memory object, or a pin.
 */
export class FrameTable {
  readonly total: number;
  /** References to each frame: PTEs that map it + memory objects + pins. For a table: the tables that point to it, or 1 for a root. */
  readonly refcounts: Uint32Array;
  /** Pins of each frame (a syscall in flight); counted in `refcounts` too. */
  readonly pins: Uint16Array;
  readonly uses: Uint8Array;
  /** What a debugger watches. */
  readonly watched = new WatchedMemory();
  used = 0;
  peak = 0;
  /** Pages that were copied into a frame of their own so far. */
  pagesCopied = 0;
  /** Page tables that were copied so far. */
  tablesCopied = 0;
  /** Pages whose bytes were put back over those of another frame so far. */
  pagesRestored = 0;
  /** Pins of all frames together. */
  pinned = 0;
  /** Frames whose decoded or translated instructions somebody caches. */
  readonly #code: Uint8Array;
  /** Frames that were used before: they are zeroed when they are next handed out, not when they are freed. */
  readonly #dirty: Uint8Array;
  /** Frames that were freed; they are used again before those that never were in use. */
  readonly #free: Uint32Array;
  #freeCount = 0;
  /** The frames from this one on were never in use. */
  #unused = NO_FRAME + 1;
  /** Told of what changes, while somebody checks. */
  journal: ChangeJournal | undefined;
  /** Asked to free what nobody uses when no frame is left. */
  onShortage: (() => void) | undefined;
  #codeListeners: ((frame: FrameNumber) => void)[] = [];

  constructor(readonly memory: GuestMemory) {
    this.total = memory.layout.ramSize / PAGE_SIZE;
    this.refcounts = new Uint32Array(this.total);
    this.pins = new Uint16Array(this.total);
    this.uses = new Uint8Array(this.total);
    this.#code = new Uint8Array(this.total);
    this.#dirty = new Uint8Array(this.total);
    this.#free = new Uint32Array(this.total);
  }

  /** The frames from this one on were never in use. */
  get firstUnused(): FrameNumber {
    return this.#unused as FrameNumber;
  }

  get available(): number {
    return this.#freeCount + this.total - this.#unused;
  }

  /** Has what nobody uses freed if fewer than `count` frames are left. @returns whether there are as many now. */
  makeRoom(count: number): boolean {
    if (this.available < count) this.onShortage?.();
    return this.available >= count;
  }

  /** A frame of zeroes with one reference, or `NO_FRAME` when guest RAM is used up. */
  allocate(use: FrameUse): FrameNumber {
    const frame = this.take(use);
    if (frame !== NO_FRAME && this.#dirty[frame]) {
      const start = this.memory.layout.ram + frame * PAGE_SIZE;
      this.memory.u8.fill(0, start, start + PAGE_SIZE);
    }
    return frame;
  }

  /** A frame with one reference whose bytes the caller overwrites entirely, or `NO_FRAME`. */
  allocateForCopy(use: FrameUse): FrameNumber {
    const frame = this.take(use);
    if (frame === NO_FRAME) return NO_FRAME;
    if (use === FrameUse.Table) this.tablesCopied++;
    else this.pagesCopied++;
    return frame;
  }

  useOf(frame: FrameNumber): FrameUse {
    return this.uses[frame];
  }

  /** A private copy of `source` with one reference, or `NO_FRAME`. */
  allocateCopy(source: FrameNumber): FrameNumber {
    // The source must not be freed to make room for its copy.
    this.addReference(source);
    const frame = this.allocateForCopy(FrameUse.Private);
    if (frame !== NO_FRAME) this.copyBytes(frame, source);
    this.release(source);
    return frame;
  }

  /** Puts the bytes of `source` back into a frame that had them. */
  restore(frame: FrameNumber, source: FrameNumber): void {
    this.beforeWrite(frame);
    this.copyBytes(frame, source);
    this.pagesRestored++;
  }

  addReference(frame: FrameNumber): void {
    if (this.refcounts[frame] === 0 || this.refcounts[frame] === MAX_REFCOUNT)
      throw new FrameMiscount(`frame ${toHex(frame)} cannot take a reference: it has ${this.refcounts[frame]}`);
    this.refcounts[frame]++;
    this.journal?.frames.add(frame);
  }

  release(frame: FrameNumber): void {
    // Checked first: what `--` yields for an element that is 0 is -1, whatever the array then holds.
    if (this.refcounts[frame] === 0)
      throw new FrameMiscount(`frame ${toHex(frame)} was released more often than referenced`);
    this.journal?.frames.add(frame);
    if (--this.refcounts[frame] > 0) return;
    if (this.pins[frame] !== 0) throw new FrameMiscount(`frame ${toHex(frame)} was freed while pinned`);
    if (this.#code[frame]) this.dropCode(frame);
    this.uses[frame] = FrameUse.Free;
    this.#dirty[frame] = 1;
    this.#free[this.#freeCount++] = frame;
    this.used--;
  }

  pin(frame: FrameNumber): void {
    if (this.pins[frame] === MAX_PINS) throw new Error(`frame ${frame} cannot take another pin`);
    this.addReference(frame);
    this.pins[frame]++;
    this.pinned++;
  }

  unpin(frame: FrameNumber): void {
    if (this.pins[frame] === 0) throw new FrameMiscount(`frame ${toHex(frame)} is not pinned`);
    this.pins[frame]--;
    this.pinned--;
    this.release(frame);
  }

  /** Calls `listener` when instructions cached from a frame become stale: it is about to be written, or was freed. */
  onCodeDropped(listener: (frame: FrameNumber) => void): void {
    this.#codeListeners.push(listener);
  }

  /**
   * Notes that somebody caches instructions of this frame. The write TLB never holds a code frame: whoever sets this
   * on a frame that had none must flush the write TLB (`Mmu.markCode` does both).
   * @returns whether the frame was not yet marked.
   */
  markCode(frame: FrameNumber): boolean {
    if (this.#code[frame]) return false;
    this.#code[frame] = 1;
    return true;
  }

  isCode(frame: FrameNumber): boolean {
    return this.#code[frame] !== 0;
  }

  /** Whether two frames have the same bytes. */
  isEqual(one: FrameNumber, other: FrameNumber): boolean {
    const { i32, layout } = this.memory;
    const first = (layout.ram + one * PAGE_SIZE) >>> 2;
    const second = (layout.ram + other * PAGE_SIZE) >>> 2;
    for (let word = 0; word < PAGE_SIZE / 4; word++) if (i32[first + word] !== i32[second + word]) return false;
    return true;
  }

  /** To be called before every write into a frame that does not go through the write TLB. */
  beforeWrite(frame: FrameNumber): void {
    this.journal?.beforeWrite(frame);
    if (this.#code[frame]) this.dropCode(frame);
  }

  /** Copies bytes of a frame out for the kernel. `into` ends in the frame. */
  readBytes(frame: FrameNumber, offset: number, into: Uint8Array, place: KernelAccess['place']): void {
    const source = this.memory.frameBytes(frame).subarray(offset, offset + into.length);
    into.set(source);
    if (!this.watched.isEmpty) this.tell(frame, offset, Watched.Loads, place, source, source);
  }

  /** Overwrites bytes of a frame for the kernel. */
  writeBytes(frame: FrameNumber, offset: number, bytes: Uint8Array, place: KernelAccess['place']): void {
    this.beforeWrite(frame);
    const target = this.memory.frameBytes(frame).subarray(offset, offset + bytes.length);
    const before = this.watched.isEmpty ? undefined : target.slice();
    target.set(bytes);
    if (before) this.tell(frame, offset, Watched.Stores, place, before, bytes);
  }

  private tell(
    frame: FrameNumber,
    offset: number,
    access: Watched,
    place: KernelAccess['place'],
    before: Uint8Array,
    after: Uint8Array,
  ): void {
    const { watched } = this;
    if (!watched.listener || watched.isSuspended || !watched.concerns(place?.va, frame, offset, after.length, access))
      return;
    watched.listener({ place, frame, offset, access, before, after: after.slice() });
  }

  private take(use: FrameUse): FrameNumber {
    if (!this.makeRoom(1)) return NO_FRAME;
    const frame = (this.#freeCount > 0 ? this.#free[--this.#freeCount] : this.#unused++) as FrameNumber;
    this.refcounts[frame] = 1;
    this.uses[frame] = use;
    this.journal?.frames.add(frame);
    if (use === FrameUse.Table) this.journal?.tables.add(frame);
    if (++this.used > this.peak) this.peak = this.used;
    return frame;
  }

  private copyBytes(frame: FrameNumber, source: FrameNumber): void {
    const { ram } = this.memory.layout;
    const start = ram + source * PAGE_SIZE;
    this.memory.u8.copyWithin(ram + frame * PAGE_SIZE, start, start + PAGE_SIZE);
  }

  private dropCode(frame: FrameNumber): void {
    this.#code[frame] = 0;
    for (const listener of this.#codeListeners) listener(frame);
  }
}
