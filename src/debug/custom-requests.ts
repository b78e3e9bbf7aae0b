import type { EntryView, LayerPageView, MappingView, PageDetail, PlatformView, ProcessView } from '../inspect/view.ts';

/**
 * DAP requests of our own, for views that standard requests cannot serve. All are read-only and answered while stopped;
 * while the guest runs they fail with `the guest is running`.
 */
export interface CustomRequests {
  /** Every process, parents before children. */
  'pagewalk/processes': { args: Record<string, never>; body: { processes: ProcessView[] } };
  /** The mappings of a process, in address order. */
  'pagewalk/mappings': { args: { pid: number }; body: { mappings: MappingView[] } };
  /** Present pages in `[start, end)` (hex), from the `skip`-th on, at most `count`. */
  'pagewalk/pages': {
    args: { pid: number; start: string; end: string; skip?: number; count?: number };
    body: { pages: PageDetail[]; total: number };
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
}
