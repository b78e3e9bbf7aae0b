import { NO_FRAME, type AddressRange, type FrameNumber, type VirtAddr } from '../memory/address.ts';
import { FrameUse } from '../memory/frames.ts';
import { PTE_FLAGS, Pte, makePte, pteFrame } from '../memory/pte.ts';
import { isPinnedPrivate, isPrivateWritable, isSoleOwner, leafFlags, type PagedMemory } from './image.ts';
import type { Mapping } from './mapping.ts';
import { HeldPages, SavedFrames } from './held-frames.ts';
import { framesFor, objectPage } from './page-faults.ts';

/**
 * The pages of a space as they are at a fork, so that another one can run in them and everything can be put back. The
 * layer refers to every frame that was mapped. Bytes are saved before they change: the frame is then written in place.
 * Layers over the same pages form a stack; only the topmost one's pages are in use.
 */
export class SnapshotLayer {
  /** The entries of the pages that were present, by address. */
  readonly pages: Map<VirtAddr, number>;
  /** Frames that may have changed since, and the frames with the bytes they had. */
  readonly saved: Map<FrameNumber, FrameNumber>;
  /** Private frames of `pages` that were in the table: whoever runs in the pages may have them still. */
  readonly #held = new Set<FrameNumber>();
  protected readonly memory: PagedMemory;
  readonly #root: FrameNumber;
  readonly #range: AddressRange;
  readonly #below: SnapshotLayer | undefined;
  #above: SnapshotLayer | undefined;

  /** @param below the layer that the pages have already. */
  constructor(memory: PagedMemory, root: FrameNumber, range: AddressRange, below: SnapshotLayer | undefined) {
    this.memory = memory;
    this.pages = new HeldPages(memory.frames);
    this.saved = new SavedFrames(memory.frames);
    this.#root = root;
    this.#range = range;
    this.#below = below;
  }

  get depth(): number {
    return this.#below ? this.#below.depth + 1 : 0;
  }

  /**
   * Records the pages, and write-protects those that are private.
   * @param upFront whether to save a private page now and leave it writable.
   * @returns false, and nothing has changed, when guest RAM is used up.
   */
  take(upFront: (va: VirtAddr) => boolean): boolean {
    const { frames, tables } = this.memory;
    const { start, end } = this.#range;
    let needed = 0;
    tables.forEachLeaf(this.#root, start, end, (_at, va, pte) => {
      if (this.isSavedUpFront(va, pte, upFront)) needed++;
    });
    if (!frames.makeRoom(needed)) return false;
    if (this.#below) this.#below.#above = this;
    tables.forEachLeaf(this.#root, start, end, (at, va, pte) => this.record(at, va, pte, upFront));
    return true;
  }

  /** Whether a private page with this frame may be written as it is, as far as the layer is concerned. */
  mayWrite(frame: FrameNumber): boolean {
    return this.#held.has(frame) ? this.saved.has(frame) : isSoleOwner(this.memory.frames, frame);
  }

  /** Whether a frame belongs to a parent that waits, here or further below, and is its again afterwards. */
  holds(frame: FrameNumber): boolean {
    return this.holders(frame) > 0;
  }

  /** As `Image.makeWritable`, for the pages that the layer is about. */
  makeWritable(frame: FrameNumber): FrameNumber {
    if (this.mayWrite(frame)) return frame;
    const { frames } = this.memory;
    const inPlace =
      this.#held.has(frame) && frames.pins[frame] === 0 && frames.refcounts[frame] - this.holders(frame) === 1;
    const copy = frames.allocateCopy(frame);
    if (copy === NO_FRAME) return NO_FRAME;
    if (inPlace) {
      this.saved.set(frame, copy);
      return frame;
    }
    frames.release(frame);
    return copy;
  }

  /** The frame with the bytes that a page had when the layer was made; `NO_FRAME` when it was absent. */
  frameAt(page: VirtAddr): FrameNumber {
    const pte = this.pages.get(page);
    return pte === undefined ? NO_FRAME : this.bytesOf(pteFrame(pte));
  }

  /** Where the bytes are that a frame had when the layer was made: the first layer that saved them, or the frame. */
  bytesOf(frame: FrameNumber): FrameNumber {
    return this.saved.get(frame) ?? this.#above?.bytesOf(frame) ?? frame;
  }

  /**
   * A frame that the parked space's page may be written in without anybody else seeing it: the kernel writes there for
   * a space that waits.
   * @returns `NO_FRAME`, and nothing has changed, when guest RAM is used up.
   */
  own(page: VirtAddr, mapping: Mapping): FrameNumber {
    const { frames } = this.memory;
    const pte = this.pages.get(page);
    if (pte === undefined) return this.makePresent(page, mapping);
    const frame = pteFrame(pte);
    if (frames.useOf(frame) === FrameUse.Object) {
      const copy = frames.allocateCopy(frame);
      if (copy === NO_FRAME) return NO_FRAME;
      frames.release(frame);
      this.pages.set(page, makePte(copy, leafFlags(mapping.permissions)));
      return copy;
    }
    const known = this.saved.get(frame);
    // A page that was pinned at the fork was copied for the child, one that is not held came later: nobody else has it.
    if (known === undefined && (!this.#held.has(frame) || frames.pins[frame] > 0)) return frame;
    if (!frames.makeRoom((known === undefined ? 1 : 0) + (this.#below?.lacksBytesOf(frame) ? 1 : 0))) return NO_FRAME;
    this.saveBelow(frame);
    if (known !== undefined) return known;
    const copy = frames.allocateCopy(this.bytesOf(frame));
    this.saved.set(frame, copy);
    return copy;
  }

  /**
   * As `own`, but the frame is the page's from now on, also when everything is put back: a transfer that is under way
   * goes into it. Whoever runs in the pages keeps the other one.
   */
  detach(page: VirtAddr, mapping: Mapping): FrameNumber {
    const { frames } = this.memory;
    const before = this.pages.get(page);
    const own = this.own(page, mapping);
    if (own === NO_FRAME || before === undefined) return own;
    const frame = pteFrame(before);
    if (this.saved.get(frame) !== own) return own;
    this.saved.delete(frame);
    this.#held.delete(frame);
    this.pages.set(page, makePte(own, leafFlags(mapping.permissions)));
    frames.release(frame);
    return own;
  }

  /**
   * Puts everything back: first the bytes, then the entries with their permissions. What became present since is
   * dropped. Translations must be forgotten afterwards.
   */
  restore(): void {
    const { frames, tables } = this.memory;
    for (const [frame, copy] of this.saved) {
      this.restoreBytes(frame, copy);
      frames.release(copy);
    }
    const absent = new Map(this.pages);
    tables.forEachLeaf(this.#root, this.#range.start, this.#range.end, (at, va, pte) => {
      const before = absent.get(va);
      const isSame = before !== undefined && pteFrame(before) === pteFrame(pte);
      tables.set(at, isSame ? before | (pte & (Pte.A | Pte.D)) : 0);
      frames.release(pteFrame(pte));
      if (isSame) absent.delete(va);
    });
    // The tables are still there: none is freed while a layer lies over them.
    for (const [va, pte] of absent) tables.set(tables.findLeaf(this.#root, va), pte);
    if (this.#below) this.#below.#above = undefined;
  }

  private record(at: number, va: VirtAddr, pte: number, upFront: (va: VirtAddr) => boolean): void {
    const { frames, tables } = this.memory;
    const frame = pteFrame(pte);
    this.pages.set(va, pte);
    frames.addReference(frame);
    if (frames.useOf(frame) === FrameUse.Private) this.#held.add(frame);
    const isWritable = isPrivateWritable(frames, pte);
    if (this.isSavedUpFront(va, pte, upFront)) {
      const flags = isWritable ? (pte & PTE_FLAGS & ~Pte.CoW) | Pte.W : pte & PTE_FLAGS;
      tables.set(at, makePte(this.makeWritable(frame), flags));
    } else if (isWritable) tables.set(at, (pte & ~Pte.W) | Pte.CoW);
  }

  /** Pinned pages stay with their pinner: whoever runs in the others has copies of them from the start. */
  private isSavedUpFront(va: VirtAddr, pte: number, upFront: (va: VirtAddr) => boolean): boolean {
    const { frames } = this.memory;
    return isPinnedPrivate(frames, pteFrame(pte)) || (isPrivateWritable(frames, pte) && upFront(va));
  }

  /** For the layer below, what is written for a parked space is a write as any other. */
  private saveBelow(frame: FrameNumber): void {
    if (this.#below?.lacksBytesOf(frame))
      this.#below.saved.set(frame, this.memory.frames.allocateCopy(this.bytesOf(frame)));
  }

  private lacksBytesOf(frame: FrameNumber): boolean {
    return this.#held.has(frame) && !this.saved.has(frame);
  }

  /** How many layers, this one and those below it, hold a frame. */
  private holders(frame: FrameNumber): number {
    return (this.#held.has(frame) ? 1 : 0) + (this.#below?.holders(frame) ?? 0);
  }

  private makePresent(page: VirtAddr, mapping: Mapping): FrameNumber {
    const { frames, tables } = this.memory;
    const { object } = mapping;
    const index = objectPage(mapping, page);
    frames.makeRoom(tables.mode.levels + 2);
    const needed = framesFor(object, index, true);
    // The entry is filled when everything is put back, and that must not fail.
    if (frames.available < needed || tables.ensureLeaf(this.#root, page, needed) < 0) return NO_FRAME;
    const frame = object ? frames.allocateCopy(object.page(index)) : frames.allocate(FrameUse.Private);
    this.pages.set(page, makePte(frame, leafFlags(mapping.permissions)));
    return frame;
  }

  private restoreBytes(frame: FrameNumber, copy: FrameNumber): void {
    const { frames } = this.memory;
    if (!frames.isEqual(frame, copy)) frames.restore(frame, copy);
  }
}
