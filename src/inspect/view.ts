/**
 * Plain, JSON-serialisable projections of a machine: what trees, scopes and `inspect --json` show. Addresses and PTEs are
 * hex strings with `0x`; frames, counts and pids are numbers. Field names are part of the command line's contract.
 */

/** What has become of a page since the last stop. */
export type PageChangeKind =
  /** Written, and copied for the writer: its sharing is broken. */
  | 'split'
  /** Written by the last sharer, who keeps the frame. */
  | 'taken-over'
  /** Written in place, after its bytes were put aside for a parent that waits. */
  | 'saved'
  /** Of a parent that waits: its bytes are put aside, because the child has written. */
  | 'kept'
  /** The bytes that were put aside are back. */
  | 'restored'
  | 'mapped'
  | 'unmapped'
  /** It is another one. */
  | 'replaced'
  | 'protected'
  /** It has become copy-on-write. */
  | 'shared'
  /** Nothing but its A and D bits is different. */
  | 'used';

/** What is different about a row since the last stop. */
export interface Changed {
  /** `inside`: rows below it are different, it is not; `used`: only A and D bits are. */
  readonly how: 'itself' | 'inside' | 'used';
  /** `split now by pid 2 at child (fork-cow.c:17)`. */
  readonly text: string;
}

export interface ThreadView {
  readonly tid: number;
  readonly name: string;
  /** `running`, or why it does not run: `waits for child 2`. */
  readonly state: string;
}

export interface ProcessView {
  readonly changed?: Changed;
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
  readonly changed?: Changed;
  readonly start: string;
  readonly end: string;
  /** As /proc/PID/maps: `rw-p`. */
  readonly perms: string;
  readonly name: string;
  /** Present pages, and those among them that are marked copy-on-write: shared, of a file, or no longer shared. */
  readonly present: number;
  readonly cow: number;
  /** Private pages in a frame that another process has too: those that the CoW ledger counts. */
  readonly shared: number;
}

/**
 * The sharing state of a present page.
 * `private`: the space's own frame. `cow-shared`: others refer to the frame, the next write copies it. `cow-last`: marked
 * CoW, but nobody else is left: the next write takes the frame over. `shared`: MAP_SHARED, stores are seen by all.
 * `page-cache`: a page of a file, read-only here. `lent`: of a parent that waits while its child runs in the page.
 * `borrowed`: of that child; what the parent had is put back.
 */
export type SharingState = 'private' | 'cow-shared' | 'cow-last' | 'shared' | 'page-cache' | 'lent' | 'borrowed';

export interface PageView {
  readonly va: string;
  readonly level: number;
  readonly pte: string;
  readonly frame: number;
  readonly refcount: number;
  readonly cow: boolean;
  /** `VRWXUGAD` with `-` for clear bits. */
  readonly flags: string;
  /** pids of the other processes that map the frame, or get it back when their child leaves their pages. */
  readonly sharedWith: readonly number[];
  /** What lies in the page, where the program is known: `shared_counter`, `table[4..7]`, `buffer in main`. */
  readonly names?: readonly string[];
}

export interface PageDetail extends PageView {
  readonly changed?: Changed;
  readonly state: SharingState;
  /** The state in a sentence: `copy-on-write, shared with pid 1: the next write copies frame 0x23`. */
  readonly explanation: string;
  /** Every reference to the frame: `pid 1 at 0x11000`, `page cache of fork-cow, page 3`, `pinned by a syscall`. */
  readonly owners: readonly string[];
}

/** Present pages that follow each other, as many as are shown at once. */
export interface PageGroupView {
  readonly changed?: Changed;
  /** The first of them, and one past the last. */
  readonly start: string;
  readonly end: string;
  readonly count: number;
}

/** One entry of a page table. */
export interface EntryView {
  readonly changed?: Changed;
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
  /** Of a page what lies in it, where the program is known. */
  readonly names?: readonly string[];
}

/** A process among those it was forked from. */
export interface LineageView {
  readonly pid: number;
  readonly name: string;
  readonly state: 'running' | 'zombie';
  /** pid of the process that forked it, which may be gone; absent for the first one. */
  readonly forkedFrom?: number;
  /** When and where that was, where the fork shared pages. */
  readonly forkedAt?: LedgerMomentView;
  /** The inspector's number of its address space; absent for a zombie. */
  readonly space?: number;
  /** pids whose memory is the same space. */
  readonly sameSpaceAs: readonly number[];
  /** Why it waits at the gate of a fork: `parent pid 1 waits: child 2 runs in its pages`. */
  readonly gate?: string;
}

/** The pages of a parent that waits, as they were at the fork, under the child that runs in them. */
export interface LayerView {
  /** The slot that the pages are in; with `depth` it names the layer. */
  readonly start: string;
  readonly end: string;
  /** 0 for the layer right above the slot's own pages; forks in a window stack further ones. */
  readonly depth: number;
  /** pids that wait: none where they were killed meanwhile. */
  readonly parents: readonly number[];
  /** pids that run in the pages, or wait for a layer above. */
  readonly children: readonly number[];
  readonly gate: { readonly state: 'open' | 'closed'; readonly reason: string };
  /** Pages that were present at the fork, and frames among them whose bytes are saved. */
  readonly present: number;
  readonly saved: number;
}

/** A page in a window. */
export interface LayerPageView {
  readonly va: string;
  /**
   * `saved`: the bytes that it had are kept aside. `kept`: as it was at the fork, or of an object that takes no part.
   * `new`: the child's alone.
   */
  readonly kind: 'saved' | 'kept' | 'new';
  /** The frame that the parent had, or, of a new page, that the child has. */
  readonly frame: number;
  /** `VRWXUGAD` of the entry that is put back; of a new page, of the one that is dropped. */
  readonly flags: string;
  readonly cow: boolean;
  /** The frame with the bytes that are put back. */
  readonly savedIn?: number;
  /** What happened to it, and what happens when the window closes. */
  readonly explanation: string;
}

/** A part of the one address space that all processes have on some platforms. */
export interface SlotView {
  readonly index: number;
  readonly start: string;
  readonly end: string;
  /** pids whose pages are here, also those that run in another's. */
  readonly processes: readonly number[];
  /** pids that move here when they execute a program. */
  readonly reservedFor: readonly number[];
}

/** A handle of an address space: live, or one of the last that were consumed. */
export interface HandleView {
  readonly space: number;
  /** pids that have it; none when it was consumed. */
  readonly processes: readonly number[];
  /** The space that it was forked from. */
  readonly parent?: number;
  readonly state: 'live' | 'consumed';
  /** The functions of Pagewalk that made it and consumed it, innermost first. */
  readonly createdBy: readonly string[];
  readonly consumedBy?: readonly string[];
}

/** How the platform keeps the address spaces there are. */
export interface PlatformView {
  readonly platform: string;
  /** Oldest first. */
  readonly lineage: readonly LineageView[];
  readonly layers: readonly LayerView[];
  /** How many slots there are; 0 where every space has a page table of its own. */
  readonly slotCount: number;
  /** Those in use, by index. */
  readonly slots: readonly SlotView[];
  readonly handles: readonly HandleView[];
}

/** Where and when something happened. */
export interface LedgerMomentView {
  /** Instruction count of the machine. */
  readonly n: number;
  readonly pid: number;
  readonly tid: number;
  readonly pc: string;
  /** `main (fork-cow.c:33)`, where lines are known. */
  readonly place?: string;
  /** The path of that source file, and its line from 1. */
  readonly file?: string;
  readonly line?: number;
}

/** A fork by `pid` that shares pages until they are written. */
export interface LedgerForkView extends LedgerMomentView {
  readonly changed?: Changed;
  /** Counts the forks of the run from 1. */
  readonly id: number;
  readonly child: number;
  /** Writes that have ended the sharing of a page by this fork. */
  readonly broken: number;
  /** The child has ended all its sharing. */
  readonly childEnd?: { readonly how: 'exit' | 'exec'; readonly text: string };
  /**
   * Private pages that both sides still have in one frame, copy-on-write; 0 when one of them is gone. Pages of files and
   * shared memory are not counted.
   */
  readonly shared: number;
  /** What is counted, in a sentence. */
  readonly counts: string;
  readonly text: string;
}

export interface LedgerView {
  /** Oldest first. */
  readonly forks: readonly LedgerForkView[];
  /** Pages written that no known fork had shared: of the page cache. */
  readonly others: number;
  /** Forks and writes that are no longer known, because there were too many. */
  readonly forgotten: number;
}

/**
 * Which of a fork's pages are asked for: `shared` by its two sides still; by descendants of the child with somebody
 * `elsewhere` than on its two sides; `broken`: written.
 */
export type LedgerPages = 'shared' | 'elsewhere' | 'broken';

/** A page that is shared by a fork, or was until it was written. */
export interface LedgerPageView {
  readonly changed?: Changed;
  readonly va: string;
  readonly state: 'shared' | 'broken';
  /** The frame that is or was shared. */
  readonly frame: number;
  /** Who shares it; of a broken page first the one who wrote it. Of many the first ones. */
  readonly owners: readonly { readonly pid: number; readonly va: string }[];
  /** How many owners there are. */
  readonly ownerCount: number;
  /** The forks that the page counts for. */
  readonly forks: readonly number[];
  /** The first of the forks by which it is or was shared. */
  readonly began?: LedgerMomentView & { readonly fork: number };
  readonly broke?: LedgerMomentView & {
    readonly how: 'copied' | 'taken-over' | 'saved';
    /** The frame that the page has since. */
    readonly after: number;
    readonly from: 'page-cache' | 'process';
    readonly byDebugger: boolean;
  };
  /** What lies in the page now, where the program is known. */
  readonly names?: readonly string[];
  readonly text: string;
}

/**
 * What became of a page on the two sides of a fork. `same`: one frame. `split`: a frame each. `new`: only one side has used
 * it. `unmapped`: the other side has nothing mapped there.
 */
export type PageDiffKind = 'split' | 'new' | 'unmapped' | 'same';

/**
 * Whose frame a page is that two processes have in common. `private`: copy-on-write since the fork, or not writable.
 * `file`: a page of a file. `shared`: shared memory.
 */
export type SamePageKind = 'private' | 'file' | 'shared';

export interface ForkDiffView {
  readonly changed?: Changed;
  readonly parent: number;
  readonly child: number;
  readonly counts: Readonly<Record<PageDiffKind, number>>;
  /** What the pages in the same frame are. */
  readonly same: Readonly<Record<SamePageKind, number>>;
  /** What is counted as the same, in words. */
  readonly text: string;
}

export interface PageDiffView {
  readonly changed?: Changed;
  readonly va: string;
  readonly kind: PageDiffKind;
  /** Of a page that is the same. */
  readonly same?: SamePageKind;
  readonly parentFrame?: number;
  readonly childFrame?: number;
  /** How many bytes differ between what the sides find there; absent where one has nothing mapped. */
  readonly bytes?: number;
  /** Address of the first of them. */
  readonly first?: string;
  /** What those bytes are of, where the program is known; of a page without a counterpart what lies in it. */
  readonly names?: readonly string[];
  /** The last write of each side that ended the sharing of the page. */
  readonly writes: readonly string[];
  /** Where those were, in the same order. */
  readonly writtenAt: readonly LedgerMomentView[];
  readonly text: string;
}

/** A page that is different since the last stop. */
export interface ChangedPageView {
  readonly pid: number;
  readonly va: string;
  readonly kind: PageChangeKind;
  /** The frames that it was and is in. */
  readonly before?: number;
  readonly after?: number;
  /** What lies in the page. */
  readonly names: readonly string[];
  readonly text: string;
}

/** What has changed since the last stop. */
export interface ChangesView {
  /** The instruction count of the last stop; absent at the first one, which is compared with nothing. */
  readonly since?: number;
  /** All in a line, where anything has changed. */
  readonly text?: string;
  readonly processes: readonly {
    readonly pid: number;
    readonly kind: 'started' | 'executed' | 'ended';
    readonly text: string;
  }[];
  readonly mappings: readonly (Pick<MappingView, 'start' | 'end' | 'perms' | 'name'> & {
    readonly pid: number;
    readonly kind: 'made' | 'removed' | 'changed';
    readonly text: string;
  })[];
  /** Those that were asked for, by memory and address; pages whose A and D bits alone are different are not listed. */
  readonly pages: readonly ChangedPageView[];
  /** How many there are. */
  readonly total: number;
  readonly counts: Readonly<Partial<Record<PageChangeKind, number>>>;
  /** Pages whose bytes were put back by the platform. */
  readonly restored: number;
  /** Frames with another number of references. */
  readonly recounted: number;
  /** Memories that are too large to be followed. */
  readonly unfollowed: number;
}
