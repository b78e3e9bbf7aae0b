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

/** The debugger's read-only port into a provider: nothing here changes a bit of the guest, not even an A bit. */
export interface Inspector {
  readonly frames: FrameTable;
  readonly tables: PageTables;
  /** All live spaces, oldest first. */
  spaces(): readonly SpaceView[];
  view(space: AddressSpace): SpaceView;
  mappings(space: number): readonly Mapping[];
  walk(space: number, va: VirtAddr): readonly WalkStep[];
  /** Calls `visit` with each present page of a range, in order. */
  forEachPage(space: number, range: AddressRange, visit: (page: PageView) => void): void;
  /** Everybody who refers to the frame. `near` is an address where sharers are likely to map it. */
  owners(frame: FrameNumber, near?: VirtAddr): readonly FrameOwner[];
  /** Reads memory as it is: absent pages of zeroes read as zero, others are left out: `undefined` for an unmapped page. */
  peek(space: number, page: VirtAddr): Uint8Array | undefined;
}
