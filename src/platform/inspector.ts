import type { AddressRange, FrameNumber, VirtAddr } from '../memory/address.ts';
import type { FrameTable, FrameUse } from '../memory/frames.ts';
import type { PageTables, WalkStep } from '../memory/page-table.ts';
import type { AddressSpace } from './address-space.ts';
import type { Mapping } from './mapping.ts';

/** Who refers to a frame. */
export type FrameOwner =
  | { readonly kind: 'page'; readonly space: number; readonly va: VirtAddr }
  | { readonly kind: 'object'; readonly name: string; readonly page: number }
  /** The snapshot of a parked space: `held` as its page was, `copy` of the bytes that it had. */
  | { readonly kind: 'snapshot'; readonly what: 'held' | 'copy'; readonly space: number; readonly va: VirtAddr }
  /** `space` is the oldest one with the image that was pinned, while there is one. */
  | { readonly kind: 'pin'; readonly count: number; readonly space: number | undefined };

/** A page in a frame. */
export interface PageInFrame {
  readonly va: VirtAddr;
  readonly frame: FrameNumber;
}

/** One present page of a space. */
export interface PageView extends PageInFrame {
  readonly level: number;
  readonly pte: number;
  /** As `Inspector.references` counts. */
  readonly refcount: number;
}

export interface SpaceView {
  readonly space: number;
  readonly root: FrameNumber;
  readonly range: AddressRange;
  /** The space that it was forked from. */
  readonly parent: number | undefined;
  /** Spaces with the same image (share-memory forks). */
  readonly sharers: number;
  /** The pages a fault handler itself needs, copied at fork. */
  readonly footprint: readonly VirtAddr[];
}

/** The memory of one or more spaces: share-memory forks have one image in common, and an exec is building one for none yet. */
export interface ImageView {
  readonly root: FrameNumber;
  readonly range: AddressRange;
  readonly mappings: readonly Mapping[];
  /** The spaces that have it, oldest first. */
  readonly spaces: readonly number[];
  /** Its pages are another image's for now: they are in the layer over it, not in the table. */
  readonly isParked: boolean;
  /** What the image must leave as it was: it runs in the pages of the layer's parent. */
  readonly layer: LayerView | undefined;
}

/** The pages of a parked space, as they were when it forked, while its child runs in them. Layers of nested forks stack. */
export interface LayerView {
  /** The spaces that wait, oldest first; none when all were destroyed meanwhile. */
  readonly parents: readonly number[];
  /** The spaces that run in the pages, or wait for a layer above. */
  readonly children: readonly number[];
  readonly range: AddressRange;
  /** 0 for the layer right above the pages of a slot's own image. */
  readonly depth: number;
  /** The entries that the parent had, by address. */
  readonly pages: ReadonlyMap<VirtAddr, number>;
  /** Frames that have been written since, and the frames with the bytes they had. */
  readonly saved: ReadonlyMap<FrameNumber, FrameNumber>;
  readonly gate: { readonly state: 'open' | 'closed'; readonly reason: string };
}

/** A part of the address space that one process at a time may map, where all have one page table. */
export interface SlotView {
  readonly index: number;
  readonly range: AddressRange;
  /** Spaces whose pages are in it, oldest first; children that run there included. */
  readonly spaces: readonly number[];
  /** Spaces that will move here when they execute a program. */
  readonly reservedFor: readonly number[];
}

/** What is known of a handle: of all that are live, and of those that were consumed last. */
export interface HandleView {
  readonly space: number;
  readonly parent: number | undefined;
  readonly isLive: boolean;
  /** Stacks, for a person. */
  readonly createdAt: string;
  readonly consumedAt: string | undefined;
}

/** The debugger's read-only port into a provider: nothing here changes a bit of the guest, not even an A bit. */
export interface Inspector {
  readonly frames: FrameTable;
  readonly tables: PageTables;
  /** All live spaces, oldest first. */
  spaces(): readonly SpaceView[];
  view(space: AddressSpace): SpaceView;
  /** The root table of a space, and the part of the address space that it may map. */
  viewOf(space: number): Pick<SpaceView, 'root' | 'range'>;
  /** All images, also those that an exec is building. */
  images(): readonly ImageView[];
  /** How many slots the address space is cut into; 0 on platforms where each space has a page table of its own. */
  readonly slotCount: number;
  /** The slots in use, by index. */
  slots(): readonly SlotView[];
  /** Every handle that is live, and the last ones that were consumed, oldest first. */
  handles(): readonly HandleView[];
  /** A moment: what is done to spaces from now on is done since then. */
  mark(): number;
  /**
   * Whether a space may have other mappings, tables or pages than at a moment: it ran, or the kernel or a debugger worked on it.
   * Who shares its frames may change in any case.
   */
  wasUsed(space: number, since: number): boolean;
  /** Whether another space runs in the pages of this one for now. */
  isParked(space: number): boolean;
  mappings(space: number): readonly Mapping[];
  /** The mapping that holds an address. */
  mappingAt(space: number, va: VirtAddr): Mapping | undefined;
  /** The spaces that have the same memory, this one included, oldest first. */
  withSameMemory(space: number): readonly number[];
  /** The first of `withSameMemory`. */
  oldestWithMemory(space: number): number;
  walk(space: number, va: VirtAddr): readonly WalkStep[];
  /** Calls `visit` with each present page of a range, in order. */
  forEachPage(space: number, range: AddressRange, visit: (page: PageView) => void): void;
  /** As `forEachPage`, with the entry alone: for those who go through many pages. */
  forEachEntry(space: number, range: AddressRange, visit: (va: VirtAddr, pte: number) => void): void;
  /** How many pages of two spaces are in the same frame, at the same address, of those that are used for this. */
  countSame(one: number, other: number, use: FrameUse): number;
  /** Gives every frame with bytes that a space finds in its pages this mark. */
  markFrames(space: number, marks: Uint8Array, mark: number): void;
  /** A test of pages of a space, in order: whether one is in a private frame that other memory has too. */
  sharing(space: number): (va: VirtAddr, pte: number) => boolean;
  /** Calls `visit` with each present page of a space, in order, and the frame that has the bytes that it finds there. */
  forEachFrame(space: number, visit: (va: VirtAddr, frame: FrameNumber) => void): void;
  /**
   * Calls `visit` with each page that one of two spaces has, in order, and the frames that have the bytes that each finds
   * there; `NO_FRAME` for one that has none.
   */
  forEachPair(one: number, other: number, visit: (va: VirtAddr, mine: FrameNumber, theirs: FrameNumber) => void): void;
  /**
   * References of a frame as people count them: where spaces share a leaf table, each of them counts, and not only the
   * table's one entry. `near` is the address that they map it at.
   */
  references(frame: FrameNumber, near: VirtAddr): number;
  /**
   * Everybody who refers to the frame, each reference once: a page of a shared image is listed for its oldest space.
   * `near` is an address where sharers are likely to map it, which makes the search short.
   */
  owners(frame: FrameNumber, near?: VirtAddr): readonly FrameOwner[];
  /** The owners of each of these pages' frames, in about the time that one takes. */
  ownersOf(pages: readonly PageInFrame[]): readonly (readonly FrameOwner[])[];
  /** The spaces whose page at an address is in a frame, or who get it back there, one of each memory. Short, unlike `owners`. */
  sharersAt(frame: FrameNumber, va: VirtAddr): readonly number[];
  /**
   * The 4 KiB of a page as the guest would find them, whatever its permissions: absent pages read as zeroes or as their
   * object's. `undefined` where nothing is mapped, or past the end of the object. Not to be written; good until the
   * next change.
   */
  peek(space: number, page: VirtAddr): Uint8Array | undefined;
}
