import { NO_FRAME, type FrameNumber, type VirtAddr } from '../memory/address.ts';
import { FrameUse, type FrameTable } from '../memory/frames.ts';
import type { PageTables } from '../memory/page-table.ts';
import { PTES_PER_TABLE, PTE_FLAGS, PTE_PPN_SHIFT, Pte, makePte, pteFrame } from '../memory/pte.ts';
import { isPinnedPrivate, isPrivateWritable, isSoleOwner } from './image.ts';

/** 32-bit words of a table; entries have two. */
const TABLE_WORDS = PTES_PER_TABLE * 2;

/** The use of a frame as `FrameTable.uses` holds it. */
const PRIVATE: number = FrameUse.Private;

/** A page that the two sides do not share after the fork. */
interface PageCopy {
  /** Entry index on the child's side. */
  readonly to: number;
  /** The frame that the parent had. */
  readonly frame: FrameNumber;
  readonly parentPte: number;
  readonly childPte: number;
}

/** Whether the child shares a leaf table, whose first address is `base`, instead of getting a copy of it. */
type SharesTable = (table: FrameNumber, base: number) => boolean;

/**
 * Copies a page table for a fork in two steps, so that a failed one has nothing to undo in the parent: the `take` and
 * `separate` methods take every frame that the fork needs, `commit` cannot fail and touches both sides.
 */
export class TableCopy {
  /** Whether the commit changes frames of the parent, whose translations must then be forgotten. */
  replacesParentPages = false;
  readonly #frames: FrameTable;
  readonly #tables: PageTables;
  readonly #source: FrameNumber;
  readonly #target: FrameNumber;
  /** Frames taken so far. */
  readonly #taken: FrameNumber[] = [];
  /** Entry indices of the first entries of level-0 tables: the parent's, then the child's, in turns. */
  readonly #leafTables: number[] = [];
  /** Level-1 entries whose tables the two sides share: the parent's, then the child's, in turns. */
  readonly #sharedTables: number[] = [];
  /** Pages that are copied at once, by the parent's entry index. */
  readonly #copies = new Map<number, PageCopy>();

  /**
   * @param source the parent's root table.
   * @param target the child's, empty.
   */
  constructor(tables: PageTables, source: FrameNumber, target: FrameNumber) {
    this.#frames = tables.frames;
    this.#tables = tables;
    this.#source = source;
    this.#target = target;
  }

  /** Takes the child's tables. This, and each of the methods below, returns false when guest RAM is used up. */
  takeTables(shares?: SharesTable): boolean {
    return this.takeTable(this.#source, this.#target, this.#tables.mode.levels - 1, 0, shares);
  }

  /** The child gets copies of pinned pages: the pinner's device or syscall goes on with the parent's. */
  takePinned(): boolean {
    if (this.#frames.pinned === 0) return true;
    return this.everyLeaf((from, to, pte) => {
      if (!isPinnedPrivate(this.#frames, pteFrame(pte)) || this.#copies.has(from)) return true;
      const copy = this.takeCopy(pteFrame(pte));
      if (copy === NO_FRAME) return false;
      const flags = isPrivateWritable(this.#frames, pte) ? writableFlags(pte) : pte & PTE_FLAGS;
      const childPte = makePte(copy, flags);
      this.#copies.set(from, { to, frame: pteFrame(pte), parentPte: pte, childPte });
      return true;
    });
  }

  /** Each side gets frames of its own for these pages, so that a fault handler that runs on them never faults there. */
  separate(pages: readonly VirtAddr[]): boolean {
    return pages.every((va) => {
      const from = this.#tables.findLeaf(this.#source, va);
      return from < 0 || this.separatePage(from, this.#tables.findLeaf(this.#target, va));
    });
  }

  /** Each side gets frames of its own for all private pages that it may write. */
  separateAll(): boolean {
    return this.everyLeaf((from, to) => this.separatePage(from, to));
  }

  hasPinned(table: FrameNumber): boolean {
    if (this.#frames.pinned === 0) return false;
    const { i32 } = this.#frames.memory;
    const start = this.#tables.entry(table, 0);
    for (let at = start; at < start + TABLE_WORDS; at += 2)
      if (i32[at] & Pte.V && isPinnedPrivate(this.#frames, pteFrame(i32[at]))) return true;
    return false;
  }

  /** Gives everything back. The pages of the target are not referenced yet: only what was taken goes. */
  undo(): void {
    const root = this.#tables.entry(this.#target, 0);
    this.#frames.memory.i32.fill(0, root, root + TABLE_WORDS);
    for (const frame of this.#taken) this.#frames.release(frame);
  }

  /**
   * Fills the leaf tables of the copy: both sides refer to every frame, and a private page that could be written is
   * now copied before the next write on either side. Shared pages are mapped as they are.
   */
  commit(): void {
    const leafTables = this.#leafTables;
    for (let pair = 0; pair < leafTables.length; pair += 2) this.shareLeaves(leafTables[pair], leafTables[pair + 1]);
    for (const [from, { to, frame, parentPte, childPte }] of this.#copies) {
      this.#tables.set(from, parentPte);
      this.#tables.set(to, childPte);
      this.#frames.release(frame);
      if (pteFrame(parentPte) !== frame) this.#frames.release(frame);
    }
    this.shareTables();
  }

  /** Once the parent's entries are as they are to be on both sides, the table is copied whole. */
  private shareLeaves(from: number, to: number): void {
    const { refcounts, uses } = this.#frames;
    const { i32 } = this.#frames.memory;
    const end = from + TABLE_WORDS;
    for (let at = from; at < end; at += 2) {
      const pte = i32[at];
      if ((pte & Pte.V) === 0) continue;
      const frame = pte >>> PTE_PPN_SHIFT;
      refcounts[frame]++;
      if ((pte & Pte.W) !== 0 && uses[frame] === PRIVATE) i32[at] = (pte & ~Pte.W) | Pte.CoW;
    }
    i32.copyWithin(to, from, end);
    this.#tables.changed(this.#tables.tableOf(from));
    this.#tables.changed(this.#tables.tableOf(to));
  }

  /** A table that was shared before is read-only already: sharing it once more costs one reference. */
  private shareTables(): void {
    const { refcounts } = this.#frames;
    const { i32 } = this.#frames.memory;
    for (let pair = 0; pair < this.#sharedTables.length; pair += 2) {
      const from = this.#sharedTables[pair];
      const pte = i32[from];
      const table = pteFrame(pte);
      if ((pte & Pte.CoW) === 0) this.protectTable(table);
      refcounts[table]++;
      this.#tables.set(from, pte | Pte.CoW);
      this.#tables.set(this.#sharedTables[pair + 1], pte | Pte.CoW);
    }
  }

  private protectTable(table: FrameNumber): void {
    this.#tables.changed(table);
    const { uses } = this.#frames;
    const { i32 } = this.#frames.memory;
    const start = this.#tables.entry(table, 0);
    for (let at = start; at < start + TABLE_WORDS; at += 2) {
      const pte = i32[at];
      if ((pte & Pte.W) !== 0 && uses[pte >>> PTE_PPN_SHIFT] === PRIVATE) i32[at] = (pte & ~Pte.W) | Pte.CoW;
    }
  }

  private takeTable(
    source: FrameNumber,
    target: FrameNumber,
    level: number,
    base: number,
    shares: SharesTable | undefined,
  ): boolean {
    const { i32 } = this.#frames.memory;
    const from = this.#tables.entry(source, 0);
    const to = this.#tables.entry(target, 0);
    if (level === 0) {
      this.#leafTables.push(from, to);
      return true;
    }
    i32.copyWithin(to, from, from + TABLE_WORDS);
    const span = this.#tables.span(level);
    for (let word = 0; word < TABLE_WORDS; word += 2) {
      const pte = i32[from + word];
      if (!(pte & Pte.V)) continue;
      const first = base + (word / 2) * span;
      if (level === 1 && shares?.(pteFrame(pte), first)) {
        this.#sharedTables.push(from + word, to + word);
        continue;
      }
      const table = this.#frames.allocateForCopy(FrameUse.Table);
      if (table === NO_FRAME) return false;
      this.#taken.push(table);
      i32[to + word] = makePte(table, pte & PTE_FLAGS & ~Pte.CoW);
      if (!this.takeTable(pteFrame(pte), table, level - 1, first, shares)) return false;
    }
    return true;
  }

  private separatePage(from: number, to: number): boolean {
    const pte = this.#frames.memory.i32[from];
    if (!isPrivateWritable(this.#frames, pte) || this.#copies.has(from)) return true;
    const frame = pteFrame(pte);
    const parents = isSoleOwner(this.#frames, frame) ? frame : this.takeCopy(frame);
    const childs = this.takeCopy(frame);
    if (parents === NO_FRAME || childs === NO_FRAME) return false;
    if (parents !== frame) this.replacesParentPages = true;
    const flags = writableFlags(pte);
    this.#copies.set(from, { to, frame, parentPte: makePte(parents, flags), childPte: makePte(childs, flags) });
    return true;
  }

  /** Calls `visit` with each leaf entry of the copied tables, on both sides, while it returns true. */
  private everyLeaf(visit: (from: number, to: number, pte: number) => boolean): boolean {
    const { i32 } = this.#frames.memory;
    for (let pair = 0; pair < this.#leafTables.length; pair += 2) {
      const from = this.#leafTables[pair];
      const to = this.#leafTables[pair + 1];
      for (let word = 0; word < TABLE_WORDS; word += 2)
        if (i32[from + word] & Pte.V && !visit(from + word, to + word, i32[from + word])) return false;
    }
    return true;
  }

  private takeCopy(frame: FrameNumber): FrameNumber {
    const copy = this.#frames.allocateCopy(frame);
    if (copy !== NO_FRAME) this.#taken.push(copy);
    return copy;
  }
}

function writableFlags(pte: number): number {
  return (pte & PTE_FLAGS & ~Pte.CoW) | Pte.W;
}
