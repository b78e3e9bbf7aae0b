/**
 * Plain, JSON-serialisable projections of a machine: what trees, scopes and `inspect --json` show. Addresses and PTEs are
 * hex strings with `0x`; frames, counts and pids are numbers. Field names are part of the command line's contract.
 */

export interface ThreadView {
  readonly tid: number;
  readonly name: string;
  /** `running`, or why it does not run: `waits for child 2`. */
  readonly state: string;
}

export interface ProcessView {
  readonly pid: number;
  readonly parent: number;
  /** Name of the program. */
  readonly name: string;
  readonly state: 'running' | 'zombie';
  readonly platform: string;
  /** Frame number of the root page table, hex; absent for a zombie. */
  readonly root: string | undefined;
  readonly threads: readonly ThreadView[];
  /** pids whose memory is the same space (CLONE_VM). */
  readonly sameSpaceAs: readonly number[];
}

export interface MappingView {
  readonly start: string;
  readonly end: string;
  /** As /proc/PID/maps: `rw-p`. */
  readonly perms: string;
  readonly name: string;
  /** Present pages, and those among them that are copied on the next write. */
  readonly present: number;
  readonly cow: number;
}

/**
 * The sharing state of a present page.
 * `private`: the space's own frame. `cow-shared`: others refer to the frame, the next write copies it. `cow-last`: marked
 * CoW, but nobody else is left: the next write takes the frame over. `shared`: MAP_SHARED, stores are seen by all.
 * `page-cache`: a page of a file, read-only here.
 */
export type SharingState = 'private' | 'cow-shared' | 'cow-last' | 'shared' | 'page-cache';

export interface PageView {
  readonly va: string;
  readonly level: number;
  readonly pte: string;
  readonly frame: number;
  readonly refcount: number;
  readonly cow: boolean;
  /** `VRWXUGAD` with `-` for clear bits. */
  readonly flags: string;
  /** pids of the other processes that map the frame. */
  readonly sharedWith: readonly number[];
}

export interface PageDetail extends PageView {
  readonly state: SharingState;
  /** The state in a sentence: `copy-on-write, shared with pid 1: the next write copies frame 0x23`. */
  readonly explanation: string;
  /** Every reference to the frame: `pid 1 at 0x11000`, `page cache of fork-cow, page 3`, `pinned by a syscall`. */
  readonly owners: readonly string[];
}

/** One entry of a page table. */
export interface EntryView {
  readonly index: number;
  readonly level: number;
  /** First and one-past-last address that the entry translates. */
  readonly start: string;
  readonly end: string;
  readonly pte: string;
  readonly flags: string;
  readonly kind: 'table' | 'leaf';
  /** The next table, or the page's frame. */
  readonly frame: number;
  readonly cow: boolean;
  /** The bits in words: `valid, readable, user, accessed, copy-on-write`. */
  readonly decoded: string;
  /** Valid entries in the table it points to; 0 for a leaf. */
  readonly children: number;
}
