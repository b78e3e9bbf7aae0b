import type { FrameNumber, VirtAddr } from '../../memory/address.ts';
import { PTES_PER_TABLE, PTE_FLAGS, makePte } from '../../memory/pte.ts';
import type { Machine } from '../../machine/machine.ts';
import type { Mapping } from '../../platform/mapping.ts';

/** A page table as it was: where it stood, and the low words of its entries. */
export interface TableCopy {
  readonly frame: FrameNumber;
  readonly entries: Int32Array;
}

/** The mappings and tables of a memory as they were. */
export interface MemoryState {
  readonly root: FrameNumber;
  readonly mappings: readonly Mapping[];
  /**
   * Its tables by `placeKey`. Of one that is parked only those of the last level, made up: of the pages that it gets back,
   * with the frames that have their bytes.
   */
  readonly tables: ReadonlyMap<number, TableCopy>;
  readonly isParked: boolean;
  /** Other memories have some of its tables too: what they use, it has used. */
  readonly sharesTables: boolean;
}

/** A number for the table of a level whose first address is `base`. */
export function placeKey(level: number, base: number): number {
  return base * 4 + level;
}

/** The level and the first address that a `placeKey` stands for. */
export function placeOf(key: number): { readonly level: number; readonly base: number } {
  return { level: key % 4, base: Math.floor(key / 4) };
}

/**
 * Copies the state of a memory. Tables that are as they were in `before` are not copied again, and neither are those
 * that other memories have too, which `copies` knows by their frames.
 */
export function captureState(
  machine: Machine,
  space: number,
  before: MemoryState | undefined,
  copies: Map<FrameNumber, TableCopy>,
): MemoryState {
  const { inspector } = machine;
  const isParked = inspector.isParked(space);
  const { root } = inspector.viewOf(space);
  const { refcounts } = inspector.frames;
  const tables = isParked
    ? parkedTables(machine, space, before)
    : tablesOf(machine, space, root, before?.isParked === false ? before : undefined, copies);
  return {
    root,
    mappings: inspector.mappings(space),
    tables,
    isParked,
    sharesTables: !isParked && [...tables.values()].some(({ frame }) => refcounts[frame] > 1),
  };
}

function tablesOf(
  { inspector, memory }: Machine,
  space: number,
  root: FrameNumber,
  before: MemoryState | undefined,
  copies: Map<FrameNumber, TableCopy>,
): Map<number, TableCopy> {
  const { tables } = inspector;
  const { start, end } = inspector.viewOf(space).range;
  const state = new Map<number, TableCopy>();
  tables.forEachTable(root, (frame, level, base) => {
    // Where all have one table, the rest of it is others'.
    if (base + tables.span(level) * PTES_PER_TABLE <= start || base >= end) return;
    const key = placeKey(level, base);
    let copy = copies.get(frame);
    if (!copy) {
      copy = copyOf(memory.i32, tables.entry(frame, 0), frame, before?.tables.get(key));
      copies.set(frame, copy);
    }
    state.set(key, copy);
  });
  return state;
}

/** The entries of a table from `start` on in guest RAM: the copy that there is already, if nothing has changed. */
function copyOf(i32: Int32Array, start: number, frame: FrameNumber, before: TableCopy | undefined): TableCopy {
  if (before?.frame === frame && isSame(i32, start, before.entries)) return before;
  const entries = new Int32Array(PTES_PER_TABLE);
  for (let index = 0; index < PTES_PER_TABLE; index++) entries[index] = i32[start + 2 * index];
  return { frame, entries };
}

function isSame(i32: Int32Array, start: number, entries: Int32Array): boolean {
  for (let index = 0; index < PTES_PER_TABLE; index++) if (i32[start + 2 * index] !== entries[index]) return false;
  return true;
}

function parkedTables(
  { inspector }: Machine,
  space: number,
  before: MemoryState | undefined,
): ReadonlyMap<number, TableCopy> {
  const { tables } = inspector;
  const span = tables.span(1);
  const state = new Map<number, TableCopy>();
  const at = (va: VirtAddr): readonly [Int32Array, number] => {
    const key = placeKey(0, va - (va % span));
    const copy = state.get(key) ?? { frame: 0 as FrameNumber, entries: new Int32Array(PTES_PER_TABLE) };
    state.set(key, copy);
    return [copy.entries, tables.vpn(va, 0)];
  };
  inspector.forEachEntry(space, inspector.viewOf(space).range, (va, pte) => {
    const [entries, index] = at(va);
    entries[index] = pte;
  });
  inspector.forEachFrame(space, (va, frame) => {
    const [entries, index] = at(va);
    entries[index] = makePte(frame, entries[index] & PTE_FLAGS);
  });
  // Equal ones are kept, so that they need not be compared.
  if (before?.isParked)
    for (const [key, { entries }] of state) {
      const known = before.tables.get(key);
      if (known && known.entries.every((entry, index) => entry === entries[index])) state.set(key, known);
    }
  return state;
}
