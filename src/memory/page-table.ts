import { NO_FRAME, PAGE_SIZE, type AddressRange, type FrameNumber, type VirtAddr } from './address.ts';
import { FrameUse, type FrameTable } from './frames.ts';
import { PTES_PER_TABLE, PTE_FLAGS, Pte, isLeaf, makePte, pteFrame } from './pte.ts';

/** A translation scheme of the privileged manual. */
export interface PagingMode {
  readonly name: 'sv39' | 'sv48';
  readonly levels: 3 | 4;
  /** One past the highest user address: half of the virtual address space. */
  readonly userEnd: VirtAddr;
  /** The high 32-bit word of `userEnd`. */
  readonly userHigh: number;
}

export const SV39: PagingMode = { name: 'sv39', levels: 3, userEnd: (2 ** 38) as VirtAddr, userHigh: 2 ** 6 };
export const SV48: PagingMode = { name: 'sv48', levels: 4, userEnd: (2 ** 47) as VirtAddr, userHigh: 2 ** 15 };

/** One entry looked at by a walk. `level` counts down from `levels - 1` to 0, as in the manual. */
export interface WalkStep {
  readonly level: number;
  readonly table: FrameNumber;
  /** Index of the entry in its table: the VPN field of this level. */
  readonly index: number;
  readonly pte: number;
}

const TABLE_WORDS = PAGE_SIZE / 4;

/** The bytes that one entry spans, by level. */
const SPANS = [0, 1, 2, 3].map((level) => PAGE_SIZE * PTES_PER_TABLE ** level);
/** Powers of two, so exact; and a product takes a fraction of the time of a quotient. */
const PER_SPAN = SPANS.map((span) => 1 / span);

/**
 * Page tables in guest frames. Leaf entries are named by their *entry index*: the index of their low word in
 * `GuestMemory.i32`. Spaces map 4 KiB pages only; all functions are about the user half.
 *
 * A leaf table may be shared: several level-1 entries point to it, each with the bit `Pte.CoW`, which the hardware
 * ignores there. Sv39 and Sv48 have no W for a whole table, so that the entries of a shared table have none either.
 * `split` gives a root its own copy before entries are changed; entries of a table that is not shared refer to their
 * frames one by one, those of a shared one refer to them once for all that share it.
 */
export class PageTables {
  constructor(
    readonly frames: FrameTable,
    readonly mode: PagingMode,
  ) {}

  /** An empty root table, or `NO_FRAME`. */
  createRoot(): FrameNumber {
    return this.frames.allocate(FrameUse.Table);
  }

  /** The bytes that one entry of a table at `level` spans. */
  span(level: number): number {
    return SPANS[level];
  }

  /** The VPN field of `va` for a table at `level`. */
  vpn(va: number, level: number): number {
    return (va * PER_SPAN[level]) & (PTES_PER_TABLE - 1);
  }

  /** The entry index of entry `vpn` of a table. */
  entry(table: FrameNumber, vpn: number): number {
    return (this.frames.memory.layout.ram >>> 2) + table * TABLE_WORDS + vpn * 2;
  }

  /** Writes an entry. */
  set(at: number, pte: number): void {
    this.frames.memory.i32[at] = pte;
    this.frames.journal?.entries.push(at);
  }

  /** To be called when entries of a table were written otherwise than by `set`. */
  changed(table: FrameNumber): void {
    this.frames.journal?.tables.add(table);
  }

  /** The entry index of the level-0 entry for `va`, or -1 when there is no table for it. */
  findLeaf(root: FrameNumber, va: number): number {
    const { i32 } = this.frames.memory;
    let table = root;
    for (let level = this.mode.levels - 1; level > 0; level--) {
      const pte = i32[this.entry(table, this.vpn(va, level))];
      if (!(pte & Pte.V)) return -1;
      table = pteFrame(pte);
    }
    return this.entry(table, (va >>> 12) & (PTES_PER_TABLE - 1));
  }

  /**
   * As `findLeaf`, making the tables that are missing and splitting a shared one.
   * @param spare frames that must be left where that takes any, for the page itself.
   * @returns -1 when guest RAM is used up; then nothing has changed.
   */
  ensureLeaf(root: FrameNumber, va: number, spare = 0): number {
    const { i32 } = this.frames.memory;
    let table = root;
    for (let level = this.mode.levels - 1; level > 0; level--) {
      const at = this.entry(table, this.vpn(va, level));
      if (!(i32[at] & Pte.V)) return this.makeTables(at, level, va, spare);
      if (i32[at] & Pte.CoW && !this.splitEntry(at, spare)) return -1;
      table = pteFrame(i32[at]);
    }
    return this.entry(table, (va >>> 12) & (PTES_PER_TABLE - 1));
  }

  /** Makes the tables for `va` below an absent entry of a table at `level`. */
  private makeTables(at: number, level: number, va: number, spare: number): number {
    if (this.frames.available < level + spare) return -1;
    let entry = at;
    for (let below = level - 1; below >= 0; below--) {
      const table = this.frames.allocate(FrameUse.Table);
      this.set(entry, makePte(table, Pte.V));
      entry = this.entry(table, this.vpn(va, below));
    }
    return entry;
  }

  /** The entries that the hardware would read for `va`, from the root to the leaf or to where it ends. */
  walk(root: FrameNumber, va: number): WalkStep[] {
    const steps: WalkStep[] = [];
    let table = root;
    for (let level = this.mode.levels - 1; level >= 0; level--) {
      const index = this.vpn(va, level);
      const pte = this.frames.memory.i32[this.entry(table, index)];
      steps.push({ level, table, index, pte });
      if (!(pte & Pte.V) || isLeaf(pte)) break;
      table = pteFrame(pte);
    }
    return steps;
  }

  /** Calls `visit` with every valid leaf entry in `[start, end)`, in order, skipping absent tables whole. */
  forEachLeaf(
    root: FrameNumber,
    start: number,
    end: number,
    visit: (at: number, va: VirtAddr, pte: number) => void,
  ): void {
    this.visitTable(root, this.mode.levels - 1, 0, start, end, visit);
  }

  private visitTable(
    table: FrameNumber,
    level: number,
    base: number,
    start: number,
    end: number,
    visit: (at: number, va: VirtAddr, pte: number) => void,
  ): void {
    const { i32 } = this.frames.memory;
    const span = this.span(level);
    const last = lastEntry(span, base, end);
    for (let index = firstEntry(span, base, start); index < last; index++) {
      const at = this.entry(table, index);
      const pte = i32[at];
      if (!(pte & Pte.V)) continue;
      const va = base + index * span;
      if (level === 0) visit(at, va as VirtAddr, pte);
      else this.visitTable(pteFrame(pte), level - 1, va, start, end, visit);
    }
  }

  /** Calls `visit` with the leaf entries of two roots for each page that one of them has, in order; 0 where there is none. */
  forEachPair(one: FrameNumber, other: FrameNumber, visit: (va: VirtAddr, one: number, other: number) => void): void {
    this.visitPairs(one, other, this.mode.levels - 1, 0, visit);
  }

  private visitPairs(
    one: FrameNumber,
    other: FrameNumber,
    level: number,
    base: number,
    visit: (va: VirtAddr, one: number, other: number) => void,
  ): void {
    const { i32 } = this.frames.memory;
    const span = this.span(level);
    const first = this.entry(one, 0);
    const second = this.entry(other, 0);
    for (let word = 0; word < TABLE_WORDS; word += 2) {
      const mine = one === NO_FRAME ? 0 : i32[first + word];
      const theirs = other === NO_FRAME ? 0 : i32[second + word];
      if (((mine | theirs) & Pte.V) === 0) continue;
      const va = base + (word / 2) * span;
      if (level === 0) visit(va as VirtAddr, mine, theirs);
      else this.visitPairs(pteFrame(mine), pteFrame(theirs), level - 1, va, visit);
    }
  }

  /** How many leaf entries of two roots lead to the same frame, of those that are used for this. */
  countSame(one: FrameNumber, other: FrameNumber, use: FrameUse): number {
    return this.countSameBelow(one, other, this.mode.levels - 1, use);
  }

  private countSameBelow(one: FrameNumber, other: FrameNumber, level: number, use: number): number {
    const { memory, uses } = this.frames;
    const { i32 } = memory;
    const first = this.entry(one, 0);
    const second = this.entry(other, 0);
    let count = 0;
    for (let word = 0; word < TABLE_WORDS; word += 2) {
      const mine = i32[first + word];
      const theirs = i32[second + word];
      if ((mine & theirs & Pte.V) === 0) continue;
      const frame = pteFrame(mine);
      if (level > 0) count += this.countSameBelow(frame, pteFrame(theirs), level - 1, use);
      else if (frame === pteFrame(theirs) && uses[frame] === use) count++;
    }
    return count;
  }

  /** Whether a leaf entry in `[start, end)`, or its table, is in a frame with a mark. */
  hasMarked(root: FrameNumber, start: number, end: number, marks: Uint8Array): boolean {
    const { i32 } = this.frames.memory;
    let found = false;
    this.forEachLeafTable(root, start, end, (at, base) => {
      const table = pteFrame(i32[at]);
      if (found || marks[table] !== 0) {
        found = true;
        return;
      }
      const first = this.entry(table, 0);
      const to = first + 2 * lastEntry(PAGE_SIZE, base, end);
      for (let leaf = first + 2 * firstEntry(PAGE_SIZE, base, start); leaf < to && !found; leaf += 2)
        found = (i32[leaf] & Pte.V) !== 0 && marks[pteFrame(i32[leaf])] !== 0;
    });
    return found;
  }

  /** Gives every frame that a leaf entry in `[start, end)` leads to this mark. */
  markFrames(root: FrameNumber, start: number, end: number, marks: Uint8Array, mark: number): void {
    const { i32 } = this.frames.memory;
    this.forEachLeafTable(root, start, end, (at, base) => {
      const first = this.entry(pteFrame(i32[at]), 0);
      const from = first + 2 * firstEntry(PAGE_SIZE, base, start);
      const to = first + 2 * lastEntry(PAGE_SIZE, base, end);
      for (let leaf = from; leaf < to; leaf += 2) if (i32[leaf] & Pte.V) marks[pteFrame(i32[leaf])] = mark;
    });
  }

  /** Calls `visit` with the entry index of every valid level-1 entry in `[start, end)`, in order. */
  forEachLeafTable(root: FrameNumber, start: number, end: number, visit: (at: number, base: number) => void): void {
    this.visitLeafTables(root, this.mode.levels - 1, 0, start, end, visit);
  }

  private visitLeafTables(
    table: FrameNumber,
    level: number,
    base: number,
    start: number,
    end: number,
    visit: (at: number, base: number) => void,
  ): void {
    const { i32 } = this.frames.memory;
    const span = this.span(level);
    const last = lastEntry(span, base, end);
    for (let index = firstEntry(span, base, start); index < last; index++) {
      const at = this.entry(table, index);
      if (!(i32[at] & Pte.V)) continue;
      if (level === 1) visit(at, base + index * span);
      else this.visitLeafTables(pteFrame(i32[at]), level - 1, base + index * span, start, end, visit);
    }
  }

  /** The table that an entry index belongs to. */
  tableOf(at: number): FrameNumber {
    return Math.floor((at - (this.frames.memory.layout.ram >>> 2)) / TABLE_WORDS) as FrameNumber;
  }

  /**
   * Gives `root` leaf tables of its own in these ranges, instead of those that it shares.
   * @returns false, and nothing has changed, when guest RAM is used up.
   */
  split(root: FrameNumber, ranges: readonly AddressRange[]): boolean {
    const { i32 } = this.frames.memory;
    const shared = new Set<number>();
    for (const { start, end } of ranges)
      this.forEachLeafTable(root, start, end, (at) => {
        if (i32[at] & Pte.CoW) shared.add(at);
      });
    return shared.size === 0 || this.splitEntries([...shared]);
  }

  /** Splits the tables that these level-1 entries share; the last one that has a table keeps it. */
  private splitEntries(entries: readonly number[]): boolean {
    const { i32 } = this.frames.memory;
    const { refcounts } = this.frames;
    if (entries.filter((at) => refcounts[pteFrame(i32[at])] > 1).length > this.frames.available) return false;
    for (const at of entries) this.splitEntry(at);
    return true;
  }

  /** As `splitEntries`, for one. @param spare frames that must be left after a copy. */
  private splitEntry(at: number, spare = 0): boolean {
    const { i32 } = this.frames.memory;
    const table = pteFrame(i32[at]);
    if (this.frames.refcounts[table] > 1) {
      const copy = this.frames.available > spare ? this.copyLeafTable(table) : NO_FRAME;
      if (copy === NO_FRAME) return false;
      this.set(at, makePte(copy, i32[at] & PTE_FLAGS));
      this.frames.release(table);
    }
    this.set(at, i32[at] & ~Pte.CoW);
    return true;
  }

  private copyLeafTable(table: FrameNumber): FrameNumber {
    const { refcounts, memory } = this.frames;
    const { i32 } = memory;
    const copy = this.frames.allocateForCopy(FrameUse.Table);
    if (copy === NO_FRAME) return NO_FRAME;
    const from = this.entry(table, 0);
    i32.copyWithin(this.entry(copy, 0), from, from + TABLE_WORDS);
    for (let at = from; at < from + TABLE_WORDS; at += 2) if (i32[at] & Pte.V) refcounts[pteFrame(i32[at])]++;
    return copy;
  }

  /** How many entries of a table are valid. */
  entriesOf(table: FrameNumber): number {
    const { i32 } = this.frames.memory;
    const start = this.entry(table, 0);
    let count = 0;
    for (let at = start; at < start + TABLE_WORDS; at += 2) count += i32[at] & Pte.V;
    return count;
  }

  /**
   * Lets go of the shared leaf tables that lie wholly in `[start, end)`: their pages are absent then.
   * @param visit called with each before it goes.
   * @returns whether there were any.
   */
  dropShared(root: FrameNumber, start: number, end: number, visit: (table: FrameNumber) => void): boolean {
    const { i32 } = this.frames.memory;
    const span = this.span(1);
    let dropped = false;
    this.forEachLeafTable(root, start, end, (at, base) => {
      const table = pteFrame(i32[at]);
      if (!(i32[at] & Pte.CoW) || base < start || base + span > end) return;
      if (this.frames.refcounts[table] === 1) this.set(at, i32[at] & ~Pte.CoW);
      else {
        visit(table);
        this.set(at, 0);
        this.frames.release(table);
        dropped = true;
      }
    });
    return dropped;
  }

  /** Calls `visit` with every table frame below and including `root`, children before parents. */
  forEachTable(root: FrameNumber, visit: (table: FrameNumber, level: number, base: VirtAddr) => void): void {
    this.visitTables(root, this.mode.levels - 1, 0, visit);
  }

  private visitTables(
    table: FrameNumber,
    level: number,
    base: number,
    visit: (table: FrameNumber, level: number, base: VirtAddr) => void,
  ): void {
    if (level > 0) {
      const { i32 } = this.frames.memory;
      for (let index = 0; index < PTES_PER_TABLE; index++) {
        const pte = i32[this.entry(table, index)];
        if (pte & Pte.V) this.visitTables(pteFrame(pte), level - 1, base + index * this.span(level), visit);
      }
    }
    visit(table, level, base as VirtAddr);
  }

  /** Frees the tables in `[start, end)` that hold no entry any more; never the root. */
  prune(root: FrameNumber, start: number, end: number): void {
    this.pruneTable(root, this.mode.levels - 1, 0, start, end);
  }

  private pruneTable(table: FrameNumber, level: number, base: number, start: number, end: number): void {
    if (level === 0) return;
    const { i32 } = this.frames.memory;
    const span = this.span(level);
    const last = lastEntry(span, base, end);
    for (let index = firstEntry(span, base, start); index < last; index++) {
      const at = this.entry(table, index);
      const pte = i32[at];
      if (!(pte & Pte.V)) continue;
      const child = pteFrame(pte);
      this.pruneTable(child, level - 1, base + index * span, start, end);
      if (!this.isEmpty(child)) continue;
      this.set(at, 0);
      this.frames.release(child);
    }
  }

  private isEmpty(table: FrameNumber): boolean {
    const { i32 } = this.frames.memory;
    const start = this.entry(table, 0);
    for (let at = start; at < start + TABLE_WORDS; at += 2) if (i32[at] !== 0) return false;
    return true;
  }

  /** Frees every table including the root, and lets go of the pages in them. No hart may use the root any more. */
  destroy(root: FrameNumber): void {
    this.releasePages(root, this.mode.levels - 1);
    const tables: FrameNumber[] = [];
    this.forEachTable(root, (table) => tables.push(table));
    for (const table of tables) this.frames.release(table);
  }

  /** Lets go of the pages below a table; those in shared leaf tables are let go of with the last reference to the table. */
  private releasePages(table: FrameNumber, level: number): void {
    const { refcounts, memory } = this.frames;
    const { i32 } = memory;
    const start = this.entry(table, 0);
    for (let at = start; at < start + TABLE_WORDS; at += 2) {
      const pte = i32[at];
      if ((pte & Pte.V) === 0) continue;
      const frame = pteFrame(pte);
      // Most pages are shared where this takes long: at the end of a child.
      if (level === 0 && refcounts[frame] > 1) refcounts[frame]--;
      else if (level === 0) this.frames.release(frame);
      else if (level > 1 || refcounts[frame] === 1) this.releasePages(frame, level - 1);
    }
  }
}

/** Index of the first entry that a range from `start` on touches, in a table at `base` whose entries span `span` bytes. */
function firstEntry(span: number, base: number, start: number): number {
  return Math.max(0, Math.floor((start - base) / span));
}

/** One past the last entry that a range up to `end` touches. */
function lastEntry(span: number, base: number, end: number): number {
  return Math.min(PTES_PER_TABLE, Math.ceil((end - base) / span));
}
