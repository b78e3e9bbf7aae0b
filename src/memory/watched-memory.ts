import { PAGE_SIZE, type FrameNumber, type VirtAddr } from './address.ts';

/** The accesses that somebody watches for; combined as bits. */
export const enum Watched {
  Loads = 1,
  Stores = 2,
}

/** Bytes that are watched at an address, in every address space. */
interface WatchedRange {
  readonly start: number;
  readonly end: number;
  /** `Watched` bits. */
  readonly accesses: number;
}

/** Bytes of a frame that are watched wherever it is mapped; offsets into the frame. */
export interface WatchedBytes extends WatchedRange {
  readonly frame: FrameNumber;
}

/** The entry of a page in the table below `root`. */
export interface WatchedEntry {
  readonly root: FrameNumber;
  readonly va: VirtAddr;
}

/** What is watched, all of it. */
interface WatchedPlaces {
  readonly ranges: readonly WatchedRange[];
  readonly bytes: readonly WatchedBytes[];
  readonly entries: readonly WatchedEntry[];
}

/** An access of the kernel to watched bytes, which has been carried out. */
export interface KernelAccess {
  /** Where; absent for a page of a file that is written through its cache. */
  readonly place: { readonly space: number; readonly va: VirtAddr } | undefined;
  readonly frame: FrameNumber;
  /** In the frame. */
  readonly offset: number;
  readonly access: Watched;
  readonly before: Uint8Array;
  readonly after: Uint8Array;
}

const NOTHING: WatchedPlaces = { ranges: [], bytes: [], entries: [] };

/**
 * Memory that a debugger watches. Its pages never enter the read and write TLBs, so that every access to them takes the
 * slow path, where it is looked at; programs that touch no such page run as if nothing was watched.
 */
export class WatchedMemory {
  /** Told of what the kernel does to watched bytes. */
  listener: ((access: KernelAccess) => void) | undefined;
  /** Accesses go through unseen: the instruction at pc is executed that was stopped before. */
  isSuspended = false;
  #places = NOTHING;
  #pages: ReadonlySet<number> = new Set();
  #frames: ReadonlySet<number> = new Set();
  #isEmpty = true;

  /** Whoever calls this flushes the read and write TLBs. */
  set(places: WatchedPlaces): void {
    this.#places = places;
    this.#pages = new Set(places.ranges.flatMap(pagesOf));
    this.#frames = new Set(places.bytes.map(({ frame }) => frame));
    this.#isEmpty = places.ranges.length + places.bytes.length + places.entries.length === 0;
  }

  get isEmpty(): boolean {
    return this.#isEmpty;
  }

  /** Whether a page must stay out of the TLBs for loads and stores. */
  covers(va: VirtAddr, frame: FrameNumber): boolean {
    return !this.#isEmpty && (this.#pages.has(Math.floor(va / PAGE_SIZE)) || this.#frames.has(frame));
  }

  /** Whether the hart must leave before an access to `size` bytes of one page. @param accesses `Watched` bits */
  stopsAt(va: VirtAddr, frame: FrameNumber, size: number, accesses: number): boolean {
    return !this.isSuspended && this.covers(va, frame) && this.concerns(va, frame, va % PAGE_SIZE, size, accesses);
  }

  /** Whether the hart must leave before it changes the entry of a page. */
  stopsAtEntry(root: FrameNumber, va: VirtAddr): boolean {
    if (this.#isEmpty || this.isSuspended) return false;
    const page = Math.floor(va / PAGE_SIZE);
    return this.#places.entries.some((entry) => entry.root === root && Math.floor(entry.va / PAGE_SIZE) === page);
  }

  /** Whether bytes of a page are watched: by address, where there is one, or by frame. */
  concerns(va: VirtAddr | undefined, frame: FrameNumber, offset: number, size: number, accesses: number): boolean {
    const { ranges, bytes } = this.#places;
    return (
      (va !== undefined && ranges.some((range) => meets(range, va, size, accesses))) ||
      bytes.some((range) => range.frame === frame && meets(range, offset, size, accesses))
    );
  }
}

function meets({ start, end, accesses: wanted }: WatchedRange, at: number, size: number, accesses: number): boolean {
  return (wanted & accesses) !== 0 && start < at + size && at < end;
}

function pagesOf({ start, end }: WatchedRange): number[] {
  const first = Math.floor(start / PAGE_SIZE);
  return Array.from({ length: Math.ceil(end / PAGE_SIZE) - first }, (_, index) => first + index);
}
