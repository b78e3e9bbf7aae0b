import { NO_FRAME, type AddressRange, type FrameNumber, type VirtAddr } from '../memory/address.ts';
import { FrameUse, type FrameTable } from '../memory/frames.ts';
import type { Mmu } from '../memory/mmu.ts';
import type { PageTables } from '../memory/page-table.ts';
import { Pte, pteFrame } from '../memory/pte.ts';
import type { Gate } from './gate.ts';
import { MappingList, type MappingEdit } from './mapping-list.ts';
import type { Mapping, Permissions } from './mapping.ts';
import { ImageSizes } from './image-sizes.ts';
import { layoutOf, type SpaceLayout } from './space-layout.ts';
import type { CowBreak } from './space-event.ts';

/** What every image of a provider stands on. */
export interface PagedMemory {
  readonly frames: FrameTable;
  readonly tables: PageTables;
  /** Who pinned the private frames that are pinned; entries of other frames mean nothing. */
  readonly pinners: Map<FrameNumber, Image>;
  /** The MMUs that may hold translations of some image. */
  readonly mmus: readonly Mmu[];
  /** What a space may map. */
  readonly range: AddressRange;
  /** Of spaces that have not been given a layout. */
  readonly stackLimit: number;
}

/** The pages of another image that an image runs in, and what will be put back. */
export interface ImageWindow {
  readonly below: Image;
  readonly layer: {
    readonly depth: number;
    readonly pages: ReadonlyMap<VirtAddr, number>;
    readonly saved: ReadonlyMap<FrameNumber, FrameNumber>;
  };
  readonly gate: Gate;
}

/** As many mappings as Linux allows one process (vm.max_map_count). */
export const MAX_MAPPINGS = 65530;

/**
 * The memory of a process: a page table and the mappings that say what belongs there. One address space has one image
 * at a time; spaces made by a share-memory fork have the same one.
 */
export class Image {
  mappings: MappingList = MappingList.EMPTY;
  /** Spaces that have this image. */
  sharers = 1;
  /** The labels of the handles that have it, oldest first; fewer than `sharers` while one of them is being made. */
  readonly labels = new Set<number>();
  layout: SpaceLayout;
  /** The moment of `Inspector.mark` that was the last when it ran, or was worked on. */
  usedAt = 0;
  readonly sizes = new ImageSizes();

  /** @param identity unique for the life of the provider. */
  constructor(
    readonly memory: PagedMemory,
    readonly root: FrameNumber,
    readonly identity: number,
  ) {
    this.layout = layoutOf(memory.range, memory.stackLimit);
  }

  /** Puts an edited list in place: every mapping holds its object once. */
  apply(edit: MappingEdit): void {
    this.mappings = edit.list;
    for (const mapping of edit.added) mapping.object?.retain();
    for (const mapping of edit.removed) mapping.object?.release();
    this.sizes.mapped += bytesOf(edit.added) - bytesOf(edit.removed);
    this.memory.frames.journal?.others.add(this);
  }

  /** Takes over the mappings, the layout and the number of pages of the image that this one is a clone of. */
  adopt({ mappings, layout, sizes }: Image): void {
    this.apply({ list: mappings, removed: this.mappings.mappings, added: mappings.mappings });
    this.layout = layout;
    this.sizes.present = sizes.present;
  }

  /**
   * Makes the leaf tables of these ranges the image's own, so that their entries can be changed.
   * @returns false, and nothing has changed, when guest RAM is used up.
   */
  split(...ranges: readonly AddressRange[]): boolean {
    return this.memory.tables.split(this.root, ranges);
  }

  /** As `split`, for the tables that a range covers only in part: what `dropPages` needs. */
  splitEdges({ start, end }: AddressRange): boolean {
    const span = this.memory.tables.span(1);
    const edges: AddressRange[] = [];
    if (start % span !== 0) edges.push({ start, end: (start + 1) as VirtAddr });
    if (end % span !== 0) edges.push({ start: (end - 1) as VirtAddr, end });
    return edges.length === 0 || this.split(...edges);
  }

  /** Whether somebody else runs in its pages for now. */
  get isParked(): boolean {
    return false;
  }

  /** What it must leave as it was, where it runs in the pages of another image. */
  get window(): ImageWindow | undefined {
    return undefined;
  }

  /** The frame with the page that the space finds at `va`, `NO_FRAME` when none is present. */
  frameAt(va: VirtAddr): FrameNumber {
    const { tables, frames, range } = this.memory;
    const at = va >= range.start && va < range.end ? tables.findLeaf(this.root, va) : -1;
    const pte = at < 0 ? 0 : frames.memory.i32[at];
    return pte & Pte.V ? pteFrame(pte) : NO_FRAME;
  }

  /** The frame that has the bytes of a page of this image, which `forEachPage` gave with `frame`. */
  bytesOf(frame: FrameNumber): FrameNumber {
    return frame;
  }

  /** Calls `visit` with each present page of a range, in order. */
  forEachPage({ start, end }: AddressRange, visit: (va: VirtAddr, pte: number) => void): void {
    this.memory.tables.forEachLeaf(this.root, start, end, (_at, va, pte) => visit(va, pte));
  }

  /** Whether a private page with this frame may be written as it is. */
  mayWrite(frame: FrameNumber): boolean {
    return isSoleOwner(this.memory.frames, frame);
  }

  /**
   * The frame that a private page with this one gets when it is written: a copy, or the frame itself. The page's
   * reference goes over to it.
   * @returns `NO_FRAME`, and nothing has changed, when guest RAM is used up.
   */
  makeWritable(frame: FrameNumber): FrameNumber {
    const { frames } = this.memory;
    if (isSoleOwner(frames, frame)) return frame;
    const copy = frames.allocateCopy(frame);
    if (copy !== NO_FRAME) frames.release(frame);
    return copy;
  }

  /** How `makeWritable` kept the page's old bytes for those who still have them. */
  howKept(before: FrameNumber, after: FrameNumber): CowBreak['how'] {
    return before === after ? 'taken-over' : 'copied';
  }

  /** Frees the tables of a range that are empty. */
  prune({ start, end }: AddressRange): void {
    this.memory.tables.prune(this.root, start, end);
  }

  /** Drops the present pages of a range, whose edges are split, and the tables that are empty then. */
  dropPages(range: AddressRange): void {
    const { frames, tables } = this.memory;
    let dropped = 0;
    const hasShared = tables.dropShared(this.root, range.start, range.end, (table) => {
      dropped += tables.entriesOf(table);
    });
    if (hasShared) this.flush();
    tables.forEachLeaf(this.root, range.start, range.end, (at, va, pte) => {
      tables.set(at, 0);
      dropped++;
      this.flushPage(va);
      frames.release(pteFrame(pte));
    });
    this.sizes.present -= dropped;
    this.prune(range);
  }

  flushPage(va: VirtAddr): void {
    for (const mmu of this.memory.mmus) mmu.flushPage(this.root, va);
  }

  flush(): void {
    for (const mmu of this.memory.mmus) mmu.flushAll(this.root);
  }

  flushWrites(): void {
    for (const mmu of this.memory.mmus) mmu.flushWrites(this.root);
  }

  /** Gives back every page, table and object. No hart runs in it any more. */
  release(): void {
    this.memory.tables.destroy(this.root);
    this.apply({ list: MappingList.EMPTY, removed: this.mappings.mappings, added: [] });
  }
}

function bytesOf(mappings: readonly Mapping[]): number {
  return mappings.reduce((sum, { start, end }) => sum + end - start, 0);
}

/** The references of a frame by which memory could change under somebody: all but pins. */
export function sharersOf(frames: FrameTable, frame: FrameNumber): number {
  return frames.refcounts[frame] - frames.pins[frame];
}

/**
 * Whether a private page with this frame may be written without a copy. An object's frame never is: the object itself
 * holds a reference to it.
 */
export function isSoleOwner(frames: FrameTable, frame: FrameNumber): boolean {
  return sharersOf(frames, frame) === 1;
}

/** Whether an entry maps a page of a private writable mapping: W of its own frame, or CoW. */
export function isPrivateWritable(frames: FrameTable, pte: number): boolean {
  if (!(pte & Pte.V)) return false;
  return (pte & Pte.CoW) !== 0 || ((pte & Pte.W) !== 0 && frames.useOf(pteFrame(pte)) === FrameUse.Private);
}

/** Whether a page must stay with whoever pinned it, also where its mapping has become read-only since. */
export function isPinnedPrivate(frames: FrameTable, frame: FrameNumber): boolean {
  return frames.pins[frame] > 0 && frames.useOf(frame) === FrameUse.Private;
}

/**
 * The flags of a leaf entry that grants `permissions` at once, A and D clear. Two combinations need care: W without R
 * is reserved in a PTE, so writing implies reading; and a page of a mapping with no permissions stays present, but
 * loses U, so that user accesses fault.
 */
export function leafFlags(permissions: Permissions): number {
  if (permissions === 0) return Pte.V | Pte.R;
  return Pte.V | Pte.U | permissions | (permissions & Pte.W ? Pte.R : 0);
}

/** As `leafFlags`, for a private page that must be copied before it is written. */
export function cowFlags(permissions: Permissions): number {
  return permissions & Pte.W ? (leafFlags(permissions) & ~Pte.W) | Pte.CoW : leafFlags(permissions);
}

export function createImage(memory: PagedMemory, identity: number): Image | undefined {
  const root = memory.tables.createRoot();
  return root === NO_FRAME ? undefined : new Image(memory, root, identity);
}
