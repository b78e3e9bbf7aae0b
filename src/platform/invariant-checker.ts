import { NO_FRAME, highWord, type AddressRange, type FrameNumber, type VirtAddr } from '../memory/address.ts';
import { ChangeJournal } from '../memory/change-journal.ts';
import { FrameUse } from '../memory/frames.ts';
import type { Mmu } from '../memory/mmu.ts';
import { Pte, pteFrame } from '../memory/pte.ts';
import { FrameWatch } from './frame-watch.ts';
import { Image, sharersOf, type ImageWindow, type PagedMemory } from './image.ts';
import type { Inspector } from './inspector.ts';
import {
  areInOrder,
  checkInvariants,
  entryAgainstMapping,
  isStale,
  tlbsOf,
  type InvariantViolation,
} from './invariants.ts';
import { changedRanges } from './mapping-changes.ts';
import type { MappingList } from './mapping-list.ts';
import type { Mapping } from './mapping.ts';
import { objectPage } from './page-faults.ts';
import { TableShadows, type EntryVisitor, type Home } from './table-shadows.ts';

/** What a checker sees of a provider. */
interface CheckedProvider {
  readonly memory: PagedMemory;
  readonly images: ReadonlySet<Image>;
  readonly inspector: Inspector;
}

/** What is wrong now, and what was written that must not be. */
interface Findings {
  readonly states: readonly InvariantViolation[];
  readonly writes: readonly InvariantViolation[];
}

const NONE: readonly FrameNumber[] = [];
const NOTHING: Findings = { states: [], writes: [] };

/** Everything is looked at again after so many checks, and one more for so many frames in use. */
const CHECKS_BETWEEN = 256;
const FRAMES_A_CHECK = 2;

/**
 * Checks the invariants after every transition, in a time that grows with what the transition changed. What changed is
 * noted in a journal, and judged in short: where anything may be wrong, or was changed in a way that is not followed, the
 * whole is looked at, and says what is. Now and then it is looked at in any case.
 */
export class InvariantChecker implements EntryVisitor {
  readonly #provider: CheckedProvider;
  readonly #mmu: Mmu;
  readonly #tlbs: ReturnType<typeof tlbsOf>;
  readonly #journal: ChangeJournal;
  readonly #watch: FrameWatch;
  #shadows: TableShadows;
  /** References that snapshots hold. */
  readonly #snapshots: Uint32Array;
  /** Whether a frame was in use, and how many were. */
  readonly #used: Uint8Array;
  #usedCount = 0;
  /** The images that were there, with their mappings, by image and by root. */
  readonly #mappings = new Map<Image, MappingList>();
  readonly #byRoot = new Map<FrameNumber, Image>();
  readonly #windows = new Map<Image, ImageWindow>();
  /** All have one root, each a part of its addresses. */
  readonly #hasSlots: boolean;
  /** Something is wrong, or may be. */
  #isOdd = false;
  /** Something was wrong at the last check: what was noted of the rest does not count. */
  #isBroken = true;
  #sinceWhole = 0;
  /** The mapping that was found last: pages come in order. */
  #mapping: Mapping | undefined;
  #mappingRoot: FrameNumber = NO_FRAME;

  constructor(provider: CheckedProvider, mmu: Mmu) {
    const { frames, tables } = provider.memory;
    this.#provider = provider;
    this.#mmu = mmu;
    this.#tlbs = tlbsOf(mmu);
    this.#hasSlots = provider.inspector.slotCount > 0;
    this.#watch = new FrameWatch(frames);
    this.#journal = new ChangeJournal(frames.total, (frame) => this.#watch.beforeWrite(frame));
    this.#shadows = new TableShadows(tables, this);
    this.#snapshots = new Uint32Array(frames.total);
    this.#used = new Uint8Array(frames.total);
    frames.journal = this.#journal;
  }

  /** Stops to listen: it does not know any more what has changed. */
  close(): void {
    const { frames } = this.#provider.memory;
    if (frames.journal === this.#journal) frames.journal = undefined;
  }

  /** What `checkInvariants` and a `FrameWatch` find that look at everything each time. */
  check(): Findings {
    if (this.#isBroken) {
      this.#journal.clear();
      return this.checkWhole();
    }
    const isOdd = this.follow();
    this.#journal.clear();
    const { firstUnused } = this.#provider.memory.frames;
    const isDue = ++this.#sinceWhole > CHECKS_BETWEEN + firstUnused / FRAMES_A_CHECK;
    const isWritten = this.#watch.hasWritten || (isDue && this.#watch.sample());
    if (isWritten || ((isOdd || isDue) && this.isWrongNow())) return this.checkWhole();
    this.#watch.forgetWritten();
    return NOTHING;
  }

  present(home: Home, va: VirtAddr, at: number, pte: number): void {
    this.checkTlb(home, va, pte);
    const mapping = this.mappingAt(home.root, va);
    if (!mapping || this.isOddEntry(home.root, mapping, va, at, pte)) this.#isOdd = true;
  }

  unchanged(home: Home, va: VirtAddr, pte: number): void {
    this.checkTlb(home, va, pte);
  }

  absent(home: Home, va: VirtAddr): void {
    this.checkTlb(home, va, 0);
  }

  seesAlike(home: Home, other: Home): boolean {
    const [one, two] = [home, other].map(({ root }) => this.#byRoot.get(root));
    return home.base === other.base && !!one && !!two && one.mappings === two.mappings;
  }

  /** Looks at everything but the bytes. */
  private isWrongNow(): boolean {
    this.#sinceWhole = 0;
    if (checkInvariants(this.#provider.inspector, this.#mmu).length > 0) return true;
    if (this.#shadows.isOdd) this.readAll();
    return false;
  }

  private checkWhole(): Findings {
    const { inspector } = this.#provider;
    const states = checkInvariants(inspector, this.#mmu);
    const writes = this.#watch.check(inspector);
    if (states.length === 0 && (this.#isBroken || this.#shadows.isOdd)) this.readAll();
    this.#isBroken = states.length > 0;
    return { states, writes };
  }

  /** Begins anew from what is there, which is in order. */
  private readAll(): void {
    const { frames, tables } = this.#provider.memory;
    this.#shadows = new TableShadows(tables, this);
    this.#snapshots.fill(0);
    this.#used.fill(0);
    this.#usedCount = 0;
    this.#mappings.clear();
    this.#byRoot.clear();
    this.#windows.clear();
    this.followImages();
    for (const window of this.#windows.values()) this.countWindow(window, 1);
    for (let frame = NO_FRAME + 1; frame < frames.firstUnused; frame++) this.#shadows.dirty.add(frame as FrameNumber);
    this.followFrames();
    this.#journal.clear();
  }

  /** Brings everything up to date. @returns whether anything may be wrong. */
  private follow(): boolean {
    const journal = this.#journal;
    this.#isOdd = journal.isIncomplete;
    this.#mapping = undefined;
    const { held, others } = journal;
    for (let at = 0; at < held.length; at += 2) this.hold(held[at] as FrameNumber, held[at + 1]);
    if (others.has(this.#provider)) this.followImages();
    else if (journal.tables.size + journal.entries.length > 0) this.#shadows.update(journal, NONE, NONE);
    for (const other of others) if (other instanceof Image) this.followMappings(other);
    for (let at = 0; at < journal.frames.size; at++) this.#shadows.dirty.add(journal.frames.at(at));
    this.followFrames();
    return this.#isOdd || this.#shadows.isOdd || this.isOddNow();
  }

  /** What is looked at each time. */
  private isOddNow(): boolean {
    const { frames } = this.#provider.memory;
    const active = this.#mmu.root;
    for (const { gate } of this.#windows.values()) if (gate.state === 'open') return true;
    // Whoever has pinned a page has it to himself: pins are short, and seldom there.
    if (frames.pinned > 0 || frames.used !== this.#usedCount) return true;
    return active !== NO_FRAME && !this.isLive(active);
  }

  private isLive(root: FrameNumber): boolean {
    const image = this.#byRoot.get(root);
    if (image && image.labels.size > 0) return true;
    // Where all have one table, it is known by one of them.
    for (const other of this.#mappings.keys()) if (other.root === root && other.labels.size > 0) return true;
    return false;
  }

  private followImages(): void {
    const { images } = this.#provider;
    const before = new Set(this.#byRoot.keys());
    const slots = this.#hasSlots;
    // Slots, and who runs in whose pages, are not followed.
    if (slots) this.#isOdd = true;
    for (const [image, window] of this.#windows) {
      if (images.has(image)) continue;
      this.countWindow(window, -1);
      this.#windows.delete(image);
    }
    for (const image of this.#mappings.keys()) {
      if (images.has(image)) continue;
      this.#mappings.delete(image);
      if (this.#byRoot.get(image.root) === image) this.#byRoot.delete(image.root);
    }
    const gone = new Set([...before].filter((root) => !this.#byRoot.has(root)));
    const fresh = new Set<FrameNumber>();
    for (const image of images) {
      if (this.#mappings.has(image)) continue;
      this.#mappings.set(image, image.mappings);
      if (!areInOrder(image.mappings.mappings, image.memory.range)) this.#isOdd = true;
      if (image.window) this.#windows.set(image, image.window);
      if (this.#byRoot.has(image.root)) this.#isOdd ||= !slots;
      else {
        this.#byRoot.set(image.root, image);
        fresh.add(image.root);
      }
    }
    if (slots) {
      // One root for all: it goes with the last of them.
      for (const image of images)
        if (!this.#byRoot.has(image.root)) {
          this.#byRoot.set(image.root, image);
          fresh.add(image.root);
        }
      for (const root of [...fresh]) if (gone.delete(root)) fresh.delete(root);
    }
    this.#shadows.update(this.#journal, [...gone], [...fresh]);
  }

  private followMappings(image: Image): void {
    const before = this.#mappings.get(image);
    if (!before || before === image.mappings) return;
    this.#mappings.set(image, image.mappings);
    if (!areInOrder(image.mappings.mappings, image.memory.range)) this.#isOdd = true;
    for (const range of changedRanges(before.mappings, image.mappings.mappings)) this.checkRange(image, range);
  }

  private checkRange(image: Image, { start, end }: AddressRange): void {
    const { tables } = this.#provider.memory;
    tables.forEachLeaf(image.root, start, end, (at, va, pte) => {
      const mapping = this.mappingAt(image.root, va);
      if (!mapping || this.isOddEntry(image.root, mapping, va, at, pte)) this.#isOdd = true;
    });
  }

  private followFrames(): void {
    const { dirty } = this.#shadows;
    // It may grow on the way: the pages of a table that is shared from now on.
    for (let index = 0; index < dirty.size; index++) this.followFrame(dirty.at(index));
    dirty.clear();
  }

  private followFrame(frame: FrameNumber): void {
    const { frames } = this.#provider.memory;
    const { found, writers, inShared } = this.#shadows;
    const use = frames.useOf(frame);
    const isUsed = use === FrameUse.Free ? 0 : 1;
    this.#usedCount += isUsed - this.#used[frame];
    this.#used[frame] = isUsed;
    const references = found[frame] + this.#snapshots[frame] + frames.pins[frame] + (use === FrameUse.Object ? 1 : 0);
    if (frames.refcounts[frame] !== references) this.#isOdd = true;
    if (use === FrameUse.Table && this.#shadows.isOddTable(frame)) this.#isOdd = true;
    const sharers = sharersOf(frames, frame);
    if (use === FrameUse.Private && writers[frame] > 0 && sharers - this.#snapshots[frame] > 1) this.#isOdd = true;
    const isSaved = this.#windows.size > 0 && this.isSaved(frame);
    if (isSaved && use !== FrameUse.Private) this.#isOdd = true;
    this.#watch.note(frame, use === FrameUse.Private && ((sharers > 1 && !isSaved) || inShared[frame] > 0));
  }

  private isSaved(frame: FrameNumber): boolean {
    for (const { layer } of this.#windows.values()) if (layer.saved.has(frame)) return true;
    return false;
  }

  /** Whether a page may not look as it does, in its mapping; what its frame says of it is for `followFrame`. */
  private isOddEntry(root: FrameNumber, mapping: Mapping, va: VirtAddr, at: number, pte: number): boolean {
    const { frames, tables } = this.#provider.memory;
    if (entryAgainstMapping(mapping, pte) !== '') return true;
    const frame = pteFrame(pte);
    const isObjects = mapping.object?.cachedPage(objectPage(mapping, va)) === frame;
    if (mapping.sharing === 'shared') return !isObjects;
    if (!isObjects && frames.useOf(frame) !== FrameUse.Private) return true;
    if (!(pte & Pte.W)) return false;
    if (isObjects || frames.refcounts[tables.tableOf(at)] > 1) return true;
    return this.#windows.size > 0 && this.isUnsaved(root, va, frame);
  }

  /** Whether what is written to a page is seen by the parent that it is borrowed of. */
  private isUnsaved(root: FrameNumber, va: VirtAddr, frame: FrameNumber): boolean {
    for (const [image, { layer }] of this.#windows) {
      if (image.root !== root || image.isParked) continue;
      const before = layer.pages.get(va);
      if (before !== undefined && pteFrame(before) === frame && !layer.saved.has(frame)) return true;
    }
    return false;
  }

  private mappingAt(root: FrameNumber, va: VirtAddr): Mapping | undefined {
    const last = this.#mapping;
    if (last && this.#mappingRoot === root && last.start <= va && va < last.end) return last;
    this.#mappingRoot = root;
    return (this.#mapping = this.imageAt(root, va)?.mappings.find(va));
  }

  /** The image whose pages a root has at an address. */
  private imageAt(root: FrameNumber, va: VirtAddr): Image | undefined {
    if (!this.#hasSlots) return this.#byRoot.get(root);
    for (const image of this.#mappings.keys())
      if (image.root === root && !image.isParked && image.memory.range.start <= va && va < image.memory.range.end)
        return image;
    return undefined;
  }

  private checkTlb({ root }: Home, va: VirtAddr, pte: number): void {
    if (root !== this.#mmu.root) return;
    for (const { tlb, needed } of this.#tlbs) {
      const frame = tlb.peek(va | 0, highWord(va));
      if (frame >= 0 && isStale(pte, frame, needed)) this.#isOdd = true;
    }
  }

  private hold(frame: FrameNumber, more: number): void {
    this.#snapshots[frame] += more;
    this.#shadows.dirty.add(frame);
  }

  private countWindow({ layer }: ImageWindow, more: number): void {
    for (const pte of layer.pages.values()) this.hold(pteFrame(pte), more);
    for (const copy of layer.saved.values()) this.hold(copy, more);
  }
}
