import type { EventPlace } from '../inspect/fork-tree.ts';
import type { AddressExplanation } from '../inspect/explain.ts';
import type {
  Changed,
  ChangesView,
  EntryView,
  ForkDiffView,
  PageDiffKind,
  PageDiffView,
  SamePageKind,
  LayerPageView,
  LedgerPageView,
  LedgerPages,
  LedgerView,
  MappingView,
  PageChangeKind,
  PageDetail,
  PageGroupView,
  PlatformView,
  ProcessView,
} from '../inspect/view.ts';

/** A watch on something that only an address space has. Addresses are hex. */
export type WatchSpec = {
  readonly pid: number;
  readonly va: string;
  readonly condition?: string;
  readonly hitCondition?: string;
  /** Only checked, without ever stopping. */
  readonly isOff?: boolean;
} & (
  | {
      /** Accesses to a page by any process at its address, and wherever else it is mapped if it is shared. */
      readonly kind: 'page';
      readonly access: 'any' | 'read' | 'write';
      readonly onlyThisProcess?: boolean;
    }
  /** Changes of the entry for an address; without a level that of the page itself. */
  | { readonly kind: 'pte'; readonly level?: number }
  /** Changes of the reference count of the frame that is at the address now. */
  | { readonly kind: 'refcount'; readonly when: 'change' | 'one' }
);

/** A kind of event to stop at. */
export interface EventBreakpointSpec {
  /** The id of a filter, as the initialize response and `pagewalk inspect --break` spell it. */
  readonly filter: string;
  readonly condition?: string;
  /** Only checked, without ever stopping. */
  readonly isOff?: boolean;
}

/** What is to be explained. */
export interface ExplainArguments {
  /** An address, a memory reference (`p2:0x10400`), or an expression: a pointer's target, else where the object is. */
  readonly expression: string;
  /** The frame that names are looked up in; the innermost one of the thread that is looked at without it. */
  readonly frameId?: number;
}

/** DAP requests of our own, for what standard requests cannot do. */
export interface CustomRequests extends ViewRequests {
  /** Replaces the watches; at any time. The answer is as that of `setDataBreakpoints`. */
  'pagewalk/setWatches': {
    args: { watches: WatchSpec[] };
    body: { breakpoints: { id?: number; verified: boolean; message?: string }[] };
  };
  /**
   * Replaces the event filters that are chosen besides those of `setExceptionBreakpoints`; at any time. Conditions are
   * checked also of those that are off. The answer is as that of `setExceptionBreakpoints`.
   */
  'pagewalk/setEventBreakpoints': {
    args: { breakpoints: EventBreakpointSpec[] };
    body: { breakpoints: { id?: number; verified: boolean; message?: string }[] };
  };
  /** Everything about an address, `text` being all of it in lines. */
  'pagewalk/explain': { args: ExplainArguments; body: { explanation: AddressExplanation; text: string } };
  /** The forks that have shared pages, oldest first. */
  'pagewalk/ledger': { args: Record<string, never>; body: LedgerView };
  /**
   * Pages that a fork has shared, from the `skip`-th on, at most `count` (4096 without it); without a fork the written ones
   * that were of the page cache.
   */
  'pagewalk/ledgerPages': {
    args: { fork?: number; state: LedgerPages; skip?: number; count?: number };
    body: { pages: LedgerPageView[]; total: number };
  };
  /**
   * What has changed since the last stop, of all processes or of one. Of the pages those in `[start, end)` (hex) and of a
   * kind, where these are given: the `count` ones (256 without it) from the `skip`-th on.
   */
  'pagewalk/changes': {
    args: { pid?: number; start?: string; end?: string; kind?: PageChangeKind; skip?: number; count?: number };
    body: ChangesView;
  };
  /** The forks whose two sides are there and have memory of their own, the last one first. */
  'pagewalk/liveForks': {
    args: Record<string, never>;
    body: { forks: { parent: number; child: number; changed?: Changed }[] };
  };
  /** How many pages of two processes are the same, and how many are not. */
  'pagewalk/forkDiff': { args: { parent: number; child: number }; body: ForkDiffView };
  /**
   * Pages of one kind with their differences, from the `skip`-th on, at most `count` (4096 without it); with `same` of those
   * that are in the same frame only the ones of that kind.
   */
  'pagewalk/forkDiffPages': {
    args: { parent: number; child: number; kind: PageDiffKind; same?: SamePageKind; skip?: number; count?: number };
    body: { pages: PageDiffView[]; total: number };
  };
  /** Whether `continue` lets all processes run, or only that of its thread while it can; at any time. */
  'pagewalk/setRunScope': { args: { scope: RunScope }; body: undefined };
}

export type RunScope = 'all' | 'process';

/** Read-only and answered while stopped; while the guest runs they fail with `the guest is running`. */
export interface ViewRequests {
  /** Every process, parents before children. */
  'pagewalk/processes': { args: Record<string, never>; body: { processes: ProcessView[] } };
  /** Mappings of a process in address order, from the `skip`-th on, at most `count`; `total`: how many there are. */
  'pagewalk/mappings': {
    args: { pid: number; skip?: number; count?: number };
    body: { mappings: MappingView[]; total: number };
  };
  /** Present pages in `[start, end)` (hex), from the `skip`-th on, at most `count`. */
  'pagewalk/pages': {
    args: { pid: number; start: string; end: string; skip?: number; count?: number };
    body: { pages: PageDetail[]; total: number };
  };
  /** The present pages in `[start, end)` (hex) as groups of `size`, in order: where each begins and ends. */
  'pagewalk/pageGroups': {
    args: { pid: number; start: string; end: string; size: number };
    body: { groups: PageGroupView[] };
  };
  /** Valid entries of one table: the root without `table`, else the table (a frame number) at `level` that starts at `base` (hex). */
  'pagewalk/pageTable': {
    args: { pid: number; table?: number; level?: number; base?: string };
    body: { table: number; level: number; mode: 'sv39' | 'sv48'; entries: EntryView[] };
  };
  /** How the platform keeps the spaces: lineage, gates, snapshot layers, slots, handles. */
  'pagewalk/platform': { args: Record<string, never>; body: PlatformView };
  /** Pages of one kind in the layer over the slot that begins at `start` (hex), from the `skip`-th on, at most `count`. */
  'pagewalk/layerPages': {
    args: { start: string; depth: number; kind: LayerPageView['kind']; skip?: number; count?: number };
    body: { pages: LayerPageView[]; total: number };
  };
}

/** Body of our own event `pagewalk/stopped`, sent after `stopped`: what views need at once. */
export interface StoppedBody {
  /** Instruction count of the machine. */
  readonly n: number;
  readonly pid: number;
  readonly tid: number;
  /** Why, in words: the text of the `stopped` event. */
  readonly reason: string;
  /** Page that the stop is about, if any (hex). */
  readonly va?: string;
  /** Of a data breakpoint: where in the source it happened, with the line's file and number where there is one. */
  readonly by?: EventPlace;
}
