import { findLayer, layerPages } from '../inspect/layer-pages.ts';
import { mappingViews } from '../inspect/mapping-view.ts';
import { pageDetails, pageGroups } from '../inspect/page-view.ts';
import { platformView } from '../inspect/platform-view.ts';
import { processViews } from '../inspect/process-view.ts';
import { entryViews, rootTable } from '../inspect/table-view.ts';
import type { Process } from '../linux/process.ts';
import type { Machine } from '../machine/machine.ts';
import { namedEntries, namedPages } from '../program/names/named-views.ts';
import { FrameUse } from '../memory/frames.ts';
import { virtAddr, type FrameNumber } from '../memory/address.ts';
import type { ViewRequests } from './custom-requests.ts';
import type { Looked } from './looked.ts';
import { Refusal } from './refusal.ts';

/** Pages that a request without a count gets. */
const MOST_PAGES = 4096;
/** Mappings that a request without a count gets. */
const MOST_MAPPINGS = 1024;

type Handlers = {
  readonly [R in keyof ViewRequests]: (
    machine: Machine,
    args: ViewRequests[R]['args'],
    looked: Looked,
  ) => ViewRequests[R]['body'];
};

const LAYER_PAGES = ['saved', 'kept', 'new'] as const;

const HANDLERS: Handlers = {
  'pagewalk/processes': (machine, _args, { marks }) => ({ processes: processViews(machine, marks) }),
  'pagewalk/mappings': (machine, { pid, skip = 0, count = MOST_MAPPINGS }, { marks }) => {
    const space = spaceOf(machine, pid);
    const slice = { skip: whole(skip, 'skip'), count: whole(count, 'count') };
    return { mappings: mappingViews(machine, space, marks, slice), total: machine.inspector.mappings(space).length };
  },
  'pagewalk/pages': (machine, { pid, start, end, skip, count }, { names, marks }) => {
    const range = { start: address(start, 'start'), end: address(end, 'end') };
    const space = spaceOf(machine, pid);
    const { pages, total } = pageDetails(machine, space, range, skip ?? 0, count ?? MOST_PAGES, marks);
    return { pages: namedPages(names, processOf(machine, pid), pages), total };
  },
  'pagewalk/pageGroups': (machine, { pid, start, end, size }, { marks }) => {
    const range = { start: address(start, 'start'), end: address(end, 'end') };
    if (!Number.isInteger(size) || size < 1) throw new Refusal('"size" must be a positive integer.');
    return { groups: pageGroups(machine, spaceOf(machine, pid), range, size, marks) };
  },
  'pagewalk/pageTable': (machine, { pid, table, level, base }, { names, marks }) => {
    const root = rootTable(machine, machine.inspector.view(processOf(machine, pid).space!).root);
    const place =
      table === undefined
        ? root
        : {
            table: tableFrame(machine, table),
            level: level ?? 0,
            base: base === undefined ? 0 : address(base, 'base'),
          };
    if (place.level < 0 || place.level > root.level) throw new Refusal(`There is no level ${place.level}.`);
    const entries = entryViews(machine, place, spaceOf(machine, pid), marks);
    return { ...place, mode: machine.mmu.mode.name, entries: namedEntries(names, processOf(machine, pid), entries) };
  },
  'pagewalk/platform': (machine, _args, { ledger }) => platformView(machine, ledger),
  'pagewalk/layerPages': (machine, { start, depth, kind, skip, count }) => {
    const layer = findLayer(machine, address(start, 'start'), depth);
    if (!layer) throw new Refusal(`There is no snapshot layer ${depth} at ${start}.`);
    if (!LAYER_PAGES.includes(kind)) throw new Refusal(`"kind" must be one of ${LAYER_PAGES.join(', ')}.`);
    return layerPages(machine, layer, kind, skip ?? 0, count ?? MOST_PAGES);
  },
};

export function isViewRequest(command: string): command is keyof ViewRequests {
  return Object.hasOwn(HANDLERS, command);
}

/** Serves a request of our own; throws `Refusal` for arguments that mean nothing. */
export function serveViewRequest(looked: Looked, command: keyof ViewRequests, args: unknown): object {
  const handler = HANDLERS[command] as (machine: Machine, args: unknown, looked: Looked) => object;
  return handler(looked.machine, args ?? {}, looked);
}

function whole(value: unknown, name: string): number {
  if (typeof value !== 'number' || !Number.isInteger(value) || value < 0)
    throw new Refusal(`The request is malformed: "${name}" must be a whole number.`);
  return value;
}

function processOf(machine: Machine, pid: unknown): Process {
  if (typeof pid !== 'number') throw new Refusal('The request is malformed: "pid" must be an integer.');
  const process = machine.process(pid);
  if (!process) throw new Refusal(`There is no process ${pid}.`);
  if (!process.space) throw new Refusal(`Process ${process.pid} has ended.`);
  return process;
}

function spaceOf(machine: Machine, pid: unknown): number {
  return machine.provider.label(processOf(machine, pid).space!);
}

function address(text: unknown, name: string): ReturnType<typeof virtAddr> {
  const value = typeof text === 'string' && /^0x[0-9a-f]{1,12}$/i.test(text) ? Number(text) : undefined;
  if (value === undefined) throw new Refusal(`"${name}" must be an address such as 0x10000.`);
  return virtAddr(value);
}

/** A client may keep the number of a table that is gone: its frame may hold anything by now. */
function tableFrame(machine: Machine, frame: unknown): FrameNumber {
  const isTable = typeof frame === 'number' && machine.frames.uses[frame] === (FrameUse.Table as number);
  if (!isTable) throw new Refusal(`Frame ${String(frame)} is no page table.`);
  return frame as FrameNumber;
}
