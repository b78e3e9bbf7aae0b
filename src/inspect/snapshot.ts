import { NO_FRAME, toHex } from '../memory/address.ts';
import type { KernelWork } from '../machine/machine-event.ts';
import type { Machine } from '../machine/machine.ts';
import { stopText } from '../machine/stop-text.ts';
import type { Stop } from '../machine/stop.ts';
import type { CowLedger } from './cow-ledger.ts';
import { ACCESS_NAMES } from './explain.ts';
import { findLayer, layerPages } from './layer-pages.ts';
import { liveForks, wholeForkDiff } from './fork-diff.ts';
import { wholeLedger } from './ledger-view.ts';
import { mappingViews } from './mapping-view.ts';
import { pageViews } from './page-view.ts';
import { platformView } from './platform-view.ts';
import { processViews } from './process-view.ts';
import { spaceOf } from './spaces.ts';
import { violationText } from './violation.ts';
import type { LayerPageView, LayerView, MappingView, PageView, PlatformView, ProcessView } from './view.ts';

/** The document of `inspect --json`: a contract, see docs/command-line.md. */
export interface Snapshot extends Pick<PlatformView, 'lineage' | 'slotCount' | 'slots' | 'handles'> {
  readonly stop: {
    readonly n: number;
    readonly pid: number;
    readonly tid: number;
    readonly pc: string;
    readonly event: string;
    readonly cause?: string;
    readonly va?: string;
    readonly access?: 'load' | 'store' | 'fetch';
    /** What is broken, in one sentence, where that is why it stopped. */
    readonly why?: string;
    /** Whether the fault is handled already: one that the kernel ran into itself. */
    readonly handled?: boolean;
    /** What the kernel was about that accessed the memory. */
    readonly by?: KernelWork;
    /** What happened, in one line, where the program is known. */
    readonly text?: string;
  };
  readonly frames: { readonly total: number; readonly used: number; readonly shared: number };
  readonly processes: readonly (Pick<ProcessView, 'pid' | 'parent' | 'state' | 'platform' | 'root'> & {
    readonly mappings: readonly Pick<MappingView, 'start' | 'end' | 'perms' | 'name'>[];
    readonly pages: readonly PageView[];
  })[];
  readonly ledger: ReturnType<typeof wholeLedger>;
  readonly forkDiffs: readonly ReturnType<typeof wholeForkDiff>[];
  readonly layers: readonly (LayerView & { readonly pages: readonly LayerPageView[] })[];
}

/** Everything about every address space, at a stop. */
export function snapshot(machine: Machine, stop: Stop, ledger: CowLedger): Snapshot {
  const { frames, hart, current } = machine;
  const { lineage, layers, slotCount, slots, handles } = platformView(machine, ledger);
  let shared = 0;
  for (const count of frames.refcounts) if (count > 1) shared++;
  return {
    stop: {
      n: hart.instret,
      pid: current?.process.pid ?? 0,
      tid: current?.tid ?? 0,
      pc: toHex(hart.pc),
      ...stopFields(machine, stop),
    },
    frames: { total: frames.total, used: frames.used, shared },
    processes: processViews(machine).map(({ pid, parent, state, platform, root }) => {
      const process = machine.process(pid)!;
      const space = spaceOf(machine, process);
      return {
        pid,
        parent,
        state,
        platform,
        root,
        mappings:
          space === undefined
            ? []
            : mappingViews(machine, space).map(({ start, end, perms, name }) => ({ start, end, perms, name })),
        pages: space === undefined ? [] : pageViews(machine, space),
      };
    }),
    lineage,
    layers: layers.map((layer) => ({ ...layer, pages: pagesOf(machine, layer) })),
    slotCount,
    slots,
    handles,
    ledger: wholeLedger(machine, ledger),
    forkDiffs: liveForks(machine, ledger).map((pair) => wholeForkDiff(machine, ledger, pair)),
  };
}

/** All pages of a window. */
function pagesOf(machine: Machine, { start, depth }: LayerView): LayerPageView[] {
  const layer = findLayer(machine, Number(start), depth)!;
  return (['saved', 'kept', 'new'] as const).flatMap((kind) => layerPages(machine, layer, kind, 0, Infinity).pages);
}

function stopFields(
  machine: Machine,
  stop: Stop,
): Pick<Snapshot['stop'], 'event' | 'cause' | 'va' | 'access' | 'why' | 'handled' | 'by'> {
  if (stop.kind === 'invariant') {
    const { va } = stop.violation;
    return { event: stop.kind, ...(va === undefined ? {} : { va: toHex(va) }), why: violationText(machine, stop) };
  }
  if (stop.kind === 'platform-failure') return { event: stop.kind, why: stopText(stop) };
  if (stop.kind !== 'event') return { event: stop.kind };
  const { event } = stop;
  const by = event.by ? { by: event.by } : {};
  if (event.kind === 'cow-break') return { event: event.kind, va: toHex(event.va), ...by };
  if (event.kind !== 'fault') return { event: event.kind };
  return {
    event: 'fault',
    cause: event.cause,
    va: toHex(event.va),
    access: ACCESS_NAMES[event.access],
    handled: event.after !== NO_FRAME,
    ...by,
  };
}
