import { NO_FRAME, PAGE_SIZE, toHex, type VirtAddr } from '../../memory/address.ts';
import { PTES_PER_TABLE, Pte, pteFlags, pteFrame } from '../../memory/pte.ts';
import type { CowBreak } from '../../platform/space-event.ts';
import type { PageChangeKind } from '../view.ts';
import { placeKey, placeOf, type MemoryState } from './memory-state.ts';

/** What has become of a page, and the entries that it had and has; 0 for none. */
export interface PageChange {
  readonly va: VirtAddr;
  readonly kind: PageChangeKind;
  readonly before: number;
  readonly after: number;
}

/** An entry that points to a table, and is another one than before. */
export interface TableChange {
  readonly level: number;
  readonly start: number;
}

export interface TableDifferences {
  /** In order of addresses: not more than `MOST_PAGES`. */
  readonly pages: PageChange[];
  readonly tables: TableChange[];
  readonly counts: Record<PageChangeKind, number>;
}

/** Changed pages that are kept of one memory. All are counted. */
const MOST_PAGES = 65_536;

/** A page entry's bits that say what a page is, and not how it has been used. */
const LASTING = ~(Pte.A | Pte.D);

export function noCounts(): Record<PageChangeKind, number> {
  return {
    split: 0,
    'taken-over': 0,
    saved: 0,
    kept: 0,
    restored: 0,
    mapped: 0,
    unmapped: 0,
    replaced: 0,
    protected: 0,
    shared: 0,
    used: 0,
  };
}

/**
 * What differs between two states of a memory.
 * @param breaks how the sharing of pages was ended in between, by address
 */
export function compareStates(
  before: MemoryState,
  after: MemoryState,
  breaks: ReadonlyMap<number, CowBreak['how']>,
  spanOf: (level: number) => number,
): TableDifferences {
  const found: TableDifferences = { pages: [], tables: [], counts: noCounts() };
  const visit = (level: number, start: number, was: number, is: number): void => {
    if (level > 0) {
      found.tables.push({ level, start });
      return;
    }
    const kind = kindOf(was, is, breaks.get(start), before.isParked, after.isParked);
    found.counts[kind]++;
    if (found.pages.length < MOST_PAGES) found.pages.push({ va: start as VirtAddr, kind, before: was, after: is });
  };
  // What is parked has no tables of its own: only pages can be compared.
  const isWhole = !before.isParked && !after.isParked;
  const keys = new Set([...before.tables.keys(), ...after.tables.keys()]);
  for (const key of [...keys].sort((a, b) => a - b)) {
    const { level, base } = placeOf(key);
    if (level > 0 && !isWhole) continue;
    const was = before.tables.get(key);
    const is = after.tables.get(key);
    if (was === is) continue;
    const span = spanOf(level);
    for (let index = 0; index < PTES_PER_TABLE; index++) {
      const [old, now] = [was?.entries[index] ?? 0, is?.entries[index] ?? 0];
      if (old !== now && (old | now) & Pte.V) visit(level, base + index * span, old, now);
    }
  }
  return found;
}

function kindOf(
  was: number,
  is: number,
  how: CowBreak['how'] | undefined,
  wasParked: boolean,
  isParked: boolean,
): PageChangeKind {
  if (!(was & Pte.V)) return 'mapped';
  if (!(is & Pte.V)) return 'unmapped';
  if (how !== undefined) return how === 'copied' ? 'split' : how;
  if (pteFrame(was) !== pteFrame(is)) {
    if (isParked) return 'kept';
    if (wasParked) return 'restored';
    return was & Pte.CoW ? 'split' : 'replaced';
  }
  if (((was ^ is) & LASTING) === 0) return 'used';
  if (was & Pte.CoW && is & Pte.W) return 'taken-over';
  return !(was & Pte.CoW) && is & Pte.CoW ? 'shared' : 'protected';
}

/** The entry for an address at a level; 0 where there was none. */
export function entryIn(state: MemoryState, level: number, va: number, spanOf: (level: number) => number): number {
  const span = spanOf(level);
  const base = va - (va % (span * PTES_PER_TABLE));
  return state.tables.get(placeKey(level, base))?.entries[Math.floor((va - base) / span)] ?? 0;
}

/** Whether nothing but the bits that the hart sets is different. */
export function isUse(was: number, is: number): boolean {
  return was !== is && ((was ^ is) & LASTING) === 0;
}

/** What is different about an entry: `W set, CoW cleared, frame 0x14 is now 0x20`. */
export function entryChangeText(was: number, is: number): string {
  if (!(was & Pte.V)) return 'made';
  const letters = (pte: number): string[] => [...pteFlags(pte).replaceAll('-', ''), ...(pte & Pte.CoW ? ['CoW'] : [])];
  const [old, now] = [letters(was), letters(is)];
  const set = now.filter((letter) => !old.includes(letter));
  const cleared = old.filter((letter) => !now.includes(letter));
  const [from, to] = [pteFrame(was), pteFrame(is)];
  return [
    ...(set.length > 0 ? [`${set.join(', ')} set`] : []),
    ...(cleared.length > 0 ? [`${cleared.join(', ')} cleared`] : []),
    ...(from !== to && to !== NO_FRAME ? [`frame ${toHex(from)} is now ${toHex(to)}`] : []),
  ].join(', ');
}

/** How many of the changes lie in `[start, end)`; they are in order. */
export function changesWithin(pages: readonly PageChange[], start: number, end: number): readonly PageChange[] {
  return pages.slice(firstFrom(pages, start), firstFrom(pages, end));
}

function firstFrom(pages: readonly PageChange[], va: number): number {
  let [low, high] = [0, pages.length];
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (pages[middle].va < va) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** The end of a page. */
export function endOf(va: number): number {
  return va + PAGE_SIZE;
}
