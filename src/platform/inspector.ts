import type { AddressRange, FrameNumber, VirtAddr } from '../memory/address.ts';
import type { FrameTable } from '../memory/frames.ts';
import type { PageTables, WalkStep } from '../memory/page-table.ts';
import type { AddressSpace } from './address-space.ts';
import type { Mapping } from './mapping.ts';

/** Who refers to a frame. */
export type FrameOwner =
  | { readonly kind: 'page'; readonly space: number; readonly va: VirtAddr }
  | { readonly kind: 'object'; readonly name: string; readonly page: number }
  | { readonly kind: 'pin'; readonly count: number };

/** One present page of a space. */
export interface PageView {
  readonly va: VirtAddr;
  readonly level: number;
  readonly pte: number;
  readonly frame: FrameNumber;
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
}

/** The debugger's read-only port into a provider: nothing here changes a bit of the guest, not even an A bit. */
export interface Inspector {
  readonly frames: FrameTable;
  readonly tables: PageTables;
  /** All live spaces, oldest first. */
  spaces(): readonly SpaceView[];
  view(space: AddressSpace): SpaceView;
  /** All images, also those that an exec is building. */
  images(): readonly ImageView[];
  mappings(space: number): readonly Mapping[];
  walk(space: number, va: VirtAddr): readonly WalkStep[];
  /** Calls `visit` with each present page of a range, in order. */
  forEachPage(space: number, range: AddressRange, visit: (page: PageView) => void): void;
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
  /**
   * The 4 KiB of a page as the guest would find them, whatever its permissions: absent pages read as zeroes or as their
   * object's. `undefined` where nothing is mapped, or past the end of the object. Not to be written; good until the
   * next change.
   */
  peek(space: number, page: VirtAddr): Uint8Array | undefined;
}
