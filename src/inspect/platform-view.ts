import { gateText } from '../linux/life-cycle.ts';
import { toHex } from '../memory/address.ts';
import type { Machine } from '../machine/machine.ts';
import type { HandleView as Handle, LayerView as Layer } from '../platform/inspector.ts';
import type { CowLedger } from './cow-ledger.ts';
import { momentView } from './ledger-view.ts';
import { baseName } from './process-view.ts';
import { listedProcesses, pidsBySpace, spaceOf } from './spaces.ts';
import type { HandleView, LayerView, LineageView, PlatformView, SlotView } from './view.ts';

type Pids = ReadonlyMap<number, readonly number[]>;

/** What only the platform knows: who waits for whom, what is saved, which slots are taken, which handles there are. */
export function platformView(machine: Machine, ledger: CowLedger): PlatformView {
  const { inspector, provider } = machine;
  const pids = pidsBySpace(machine);
  const layers = inspector.images().flatMap(({ layer }) => (layer ? [layerView(layer, pids)] : []));
  return {
    platform: provider.name,
    lineage: lineage(machine, pids, layers, ledger),
    layers,
    slotCount: inspector.slotCount,
    slots: slots(machine, pids),
    handles: inspector.handles().map((handle) => handleView(handle, pids)),
  };
}

function lineage(machine: Machine, pids: Pids, layers: readonly LayerView[], ledger: CowLedger): LineageView[] {
  const forks = new Map([...ledger.forks].map((fork) => [fork.child, fork]));
  return listedProcesses(machine).map((process) => {
    const space = spaceOf(machine, process);
    const fork = forks.get(process.pid);
    const gate = layers.find(({ parents }) => parents.includes(process.pid))?.gate;
    return {
      pid: process.pid,
      name: baseName(process.executable),
      state: process.state === 'zombie' ? 'zombie' : 'running',
      ...(process.forkedFrom === undefined ? {} : { forkedFrom: process.forkedFrom }),
      ...(fork ? { forkedAt: momentView(fork) } : {}),
      ...(space === undefined ? {} : { space }),
      sameSpaceAs: space === undefined ? [] : pids.get(space)!.filter((pid) => pid !== process.pid),
      ...(gate?.state === 'closed' ? { gate: gate.reason } : {}),
    };
  });
}

function layerView({ range, depth, parents, children, pages, saved, gate }: Layer, pids: Pids): LayerView {
  const waiting = pidsOf(parents, pids);
  const running = pidsOf(children, pids);
  return {
    start: toHex(range.start),
    end: toHex(range.end),
    depth,
    parents: waiting,
    children: running,
    gate: { state: gate.state, reason: gate.state === 'closed' ? waitText(waiting, running, gate.reason) : '' },
    present: pages.size,
    saved: saved.size,
  };
}

function waitText([parent]: readonly number[], [child]: readonly number[], reason: string): string {
  if (parent === undefined) return 'nobody waits: the parent was killed';
  return child === undefined ? `parent pid ${parent} waits for a layer above` : gateText(parent, child, reason);
}

function slots({ inspector }: Machine, pids: Pids): SlotView[] {
  return inspector.slots().map(({ index, range, spaces, reservedFor }) => ({
    index,
    start: toHex(range.start),
    end: toHex(range.end),
    processes: pidsOf(spaces, pids),
    reservedFor: pidsOf(reservedFor, pids),
  }));
}

function handleView({ space, parent, isLive, createdAt, consumedAt }: Handle, pids: Pids): HandleView {
  return {
    space,
    processes: pids.get(space) ?? [],
    ...(parent === undefined ? {} : { parent }),
    state: isLive ? 'live' : 'consumed',
    createdBy: functionsOf(createdAt),
    ...(consumedAt === undefined ? {} : { consumedBy: functionsOf(consumedAt) }),
  };
}

/** The named functions of a stack, innermost first, from the provider's method on. */
function functionsOf(stack: string): string[] {
  const names = [...stack.matchAll(/^ +at (?:async )?([\w.#$]+) \(/gm)].map(([, name]) => name.replace(/^_/, ''));
  return names.filter((name) => !/\b(TRACED|createSpace|consume)$/.test(name));
}

/** The processes that have these spaces, oldest first. */
function pidsOf(spaces: readonly number[], pids: Pids): number[] {
  return [...new Set(spaces.flatMap((space) => pids.get(space) ?? []))].sort((a, b) => a - b);
}
