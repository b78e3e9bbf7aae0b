import { toHex, type FrameNumber } from '../memory/address.ts';
import { PTES_PER_TABLE, Pte, isLeaf, pteFlags, pteFrame } from '../memory/pte.ts';
import type { Machine } from '../machine/machine.ts';
import type { ChangeMarks } from './changes/change-marks.ts';
import type { EntryView } from './view.ts';

/** A page table named by where it stands: its level, and the first address that it translates. */
export interface TablePlace {
  readonly table: FrameNumber;
  readonly level: number;
  readonly base: number;
}

export function rootTable(machine: Machine, root: FrameNumber): TablePlace {
  return { table: root, level: machine.mmu.mode.levels - 1, base: 0 };
}

/**
 * The valid entries of one table.
 * @param marks what is different about them, for the space whose table it is
 */
export function entryViews(
  machine: Machine,
  { table, level, base }: TablePlace,
  space?: number,
  marks?: ChangeMarks,
): EntryView[] {
  const { tables } = machine.inspector;
  const { i32 } = machine.memory;
  const span = tables.span(level);
  const entries: EntryView[] = [];
  for (let index = 0; index < PTES_PER_TABLE; index++) {
    const pte = i32[tables.entry(table, index)];
    if (!(pte & Pte.V)) continue;
    const leaf = level === 0 || isLeaf(pte);
    const start = base + index * span;
    const changed = space === undefined ? undefined : marks?.entry(space, level, start, pte, leaf);
    entries.push({
      index,
      level,
      start: toHex(start),
      end: toHex(start + span),
      pte: toHex(pte >>> 0),
      flags: pteFlags(pte),
      kind: leaf ? 'leaf' : 'table',
      frame: pteFrame(pte),
      cow: (pte & Pte.CoW) !== 0,
      decoded: decodePte(pte),
      children: leaf ? 0 : countValid(machine, pteFrame(pte)),
      ...(changed ? { changed } : {}),
    });
  }
  return entries;
}

const BIT_NAMES: readonly (readonly [number, string])[] = [
  [Pte.V, 'valid'],
  [Pte.R, 'readable'],
  [Pte.W, 'writable'],
  [Pte.X, 'executable'],
  [Pte.U, 'user'],
  [Pte.G, 'global'],
  [Pte.A, 'accessed'],
  [Pte.D, 'dirty'],
  [Pte.CoW, 'copy-on-write (RSW bit 8)'],
];

/** The bits of an entry in words; a pointer to a table is one without R, W and X. */
export function decodePte(pte: number): string {
  if (!(pte & Pte.V)) return 'not valid';
  if (!isLeaf(pte)) return 'valid, points to the next table';
  return BIT_NAMES.filter(([bit]) => pte & bit)
    .map(([, name]) => name)
    .join(', ');
}

/** How many entries of a table are valid. */
export function countValid(machine: Machine, table: FrameNumber): number {
  const { tables } = machine.inspector;
  let count = 0;
  for (let index = 0; index < PTES_PER_TABLE; index++)
    if (machine.memory.i32[tables.entry(table, index)] & Pte.V) count++;
  return count;
}
