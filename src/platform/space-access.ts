import type { AddressRange, FrameNumber, VirtAddr } from '../memory/address.ts';
import type { Result } from '../result.ts';
import type { RefusedCause } from './fault.ts';
import type { SpaceSizes } from './image-sizes.ts';
import type { Mapping, Permissions } from './mapping.ts';
import type { MemoryObject } from './memory-object.ts';
import type { SpaceLayout } from './space-layout.ts';

/** Where a new mapping goes. */
export type Placement =
  /** Anywhere; near `hint` when it is free. */
  | { readonly kind: 'anywhere'; readonly hint?: VirtAddr }
  /** Exactly here; what was mapped there is replaced. */
  | { readonly kind: 'replace'; readonly start: VirtAddr }
  /** Exactly here, or not at all. */
  | { readonly kind: 'if-free'; readonly start: VirtAddr };

export interface MapRequest {
  readonly placement: Placement;
  /** Bytes; rounded up to whole pages. */
  readonly length: number;
  readonly permissions: Permissions;
  /** Everything by default. */
  readonly maximum?: Permissions;
  readonly sharing: Mapping['sharing'];
  readonly growth?: Mapping['growth'];
  /** Retained by the mapping. */
  readonly object?: MemoryObject;
  readonly offset?: number;
  readonly name?: string;
}

export type MapError =
  /** No gap, outside the space's range, or guest RAM is used up: ENOMEM. */
  | 'no-space'
  /** Something is mapped there already: EEXIST. */
  | 'exists'
  /** Part of the range is not mapped: ENOMEM of mprotect, EFAULT of mremap. */
  | 'unmapped';

/** A copy stopped at an address that the guest may not access. */
export interface AccessFault {
  readonly va: VirtAddr;
  readonly cause: RefusedCause;
  /** Bytes copied before it. */
  readonly done: number;
}

/**
 * What the shim may do to a space while it borrows it. Addresses are page aligned where mappings are concerned.
 * Every operation either succeeds or leaves the space as it was.
 */
export interface SpaceAccess {
  readonly range: AddressRange;
  readonly sizes: SpaceSizes;
  readonly layout: SpaceLayout;
  /** From now on; a fork passes it on. */
  setLayout(layout: SpaceLayout): void;
  mappings(): readonly Mapping[];
  find(va: VirtAddr): Mapping | undefined;

  map(request: MapRequest): Result<VirtAddr, MapError>;
  /** Unmaps whatever is in the range; nothing there is no error. */
  unmap(range: AddressRange): Result<void, MapError>;
  /** Changes permissions; fails with `unmapped`, and changes nothing, where the range has a hole. */
  protect(range: AddressRange, permissions: Permissions): Result<void, MapError>;
  /** Moves the pages of one range, as they are, to `to`, where whatever was mapped is replaced. */
  move(from: AddressRange, to: VirtAddr): Result<void, MapError>;
  /** Drops the pages: private ones read as fresh afterwards (MADV_DONTNEED). */
  discard(range: AddressRange): Result<void, MapError>;

  /** Copies out of the space as a load of the guest would: page faults are resolved on the way. */
  read(va: VirtAddr, into: Uint8Array): Result<void, AccessFault>;
  /** Copies into the space as a store of the guest would: it breaks copy-on-write. */
  write(va: VirtAddr, bytes: Uint8Array): Result<void, AccessFault>;
  /**
   * As `write`, but also into pages that the guest may not write (a debugger's write into text): private pages are
   * copied first, so that nobody else sees it. Shared, read-only pages are refused.
   */
  poke(va: VirtAddr, bytes: Uint8Array): Result<void, AccessFault>;
  /** As `read`, but also from pages that the guest may not read. */
  peek(va: VirtAddr, into: Uint8Array): Result<void, AccessFault>;

  /**
   * Holds the page for a syscall in flight, after making it this space's own as a store would: a later fork copies it
   * for the child, and it stays in its frame until `unpin`, even if it is unmapped meanwhile.
   */
  pin(va: VirtAddr): Result<FrameNumber, AccessFault>;
  unpin(frame: FrameNumber): void;
}
