import { NO_FRAME, type FrameNumber, type VirtAddr } from '../memory/address.ts';
import { FrameUse, type FrameTable } from '../memory/frames.ts';
import type { PageTables } from '../memory/page-table.ts';
import { PTES_PER_TABLE, PTE_FLAGS, PTE_PPN_SHIFT, Pte, makePte, pteFrame } from '../memory/pte.ts';
import { isSoleOwner } from './image.ts';

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

/**
 * Copies a page table for a fork in two steps, so that a failed one has nothing to undo in the parent: `prepare` takes
 * every frame that the fork needs, `commit` cannot fail and touches both sides.
 */
export class TableCopy {
  readonly #frames: FrameTable;
  readonly #tables: PageTables;
  /** Frames taken so far. */
  readonly #taken: FrameNumber[] = [];
  /** Entry indices of the first entries of level-0 tables: the parent's, then the child's, in turns. */
  readonly #leafTables: number[] = [];
  /** Pages that are copied at once, by the parent's entry index. */
  readonly #copies = new Map<number, PageCopy>();

  constructor(tables: PageTables) {
    this.#frames = tables.frames;
    this.#tables = tables;
  }

  /**
   * Takes the frames for a copy of the tables below `source`, and for the private pages that the two sides
   * must not share: pinned ones, and those of `footprint`.
   * @param target an empty root table.
   * @returns false, and everything is as it was, when guest RAM is used up.
   */
  prepare(source: FrameNumber, target: FrameNumber, footprint: readonly VirtAddr[]): boolean {
    const done =
      this.copyTable(source, target, this.#tables.mode.levels - 1) &&
      footprint.every((va) => this.copyForHandler(source, target, va)) &&
      (this.#frames.pinned === 0 || this.copyPinned());
    if (done) return true;
    // The pages of the target are not referenced yet: only what was taken goes back.
    const root = this.#tables.entry(target, 0);
    this.#frames.memory.i32.fill(0, root, root + TABLE_WORDS);
    for (const frame of this.#taken) this.#frames.release(frame);
    return false;
  }

  /**
   * Fills the leaf entries of the copy: both sides refer to every frame, and a private page that could be written is
   * now copied before the next write on either side. Shared pages are mapped as they are.
   */
  commit(): void {
    const { refcounts, uses } = this.#frames;
    const { i32 } = this.#frames.memory;
    const leafTables = this.#leafTables;
    for (let pair = 0; pair < leafTables.length; pair += 2) {
      let from = leafTables[pair];
      let to = leafTables[pair + 1];
      for (const end = from + TABLE_WORDS; from < end; from += 2, to += 2) {
        let pte = i32[from];
        if ((pte & Pte.V) === 0) continue;
        const frame = pte >>> PTE_PPN_SHIFT;
        refcounts[frame]++;
        if ((pte & Pte.W) !== 0 && uses[frame] === PRIVATE) {
          pte = (pte & ~Pte.W) | Pte.CoW;
          i32[from] = pte;
        }
        i32[to] = pte;
      }
    }
    for (const [from, { to, frame, parentPte, childPte }] of this.#copies) {
      i32[from] = parentPte;
      i32[to] = childPte;
      this.#frames.release(frame);
      if (pteFrame(parentPte) !== frame) this.#frames.release(frame);
    }
  }

  private copyTable(source: FrameNumber, target: FrameNumber, level: number): boolean {
    const { i32 } = this.#frames.memory;
    const from = this.#tables.entry(source, 0);
    const to = this.#tables.entry(target, 0);
    if (level === 0) {
      i32.fill(0, to, to + TABLE_WORDS);
      this.#leafTables.push(from, to);
      return true;
    }
    i32.copyWithin(to, from, from + TABLE_WORDS);
    for (let word = 0; word < TABLE_WORDS; word += 2) {
      const pte = i32[from + word];
      if (!(pte & Pte.V)) continue;
      const table = this.#frames.allocateForCopy(FrameUse.Table);
      if (table === NO_FRAME) return false;
      this.#taken.push(table);
      i32[to + word] = makePte(table, pte & PTE_FLAGS);
      if (!this.copyTable(pteFrame(pte), table, level - 1)) return false;
    }
    return true;
  }

  /** The child gets copies of pinned pages: the pinner's device or syscall goes on with the parent's. */
  private copyPinned(): boolean {
    const { pins } = this.#frames;
    const { i32 } = this.#frames.memory;
    for (let pair = 0; pair < this.#leafTables.length; pair += 2) {
      const from = this.#leafTables[pair];
      const to = this.#leafTables[pair + 1];
      for (let word = 0; word < TABLE_WORDS; word += 2) {
        const pte = i32[from + word];
        if (!isPrivateWritable(this.#frames, pte) || pins[pteFrame(pte)] === 0 || this.#copies.has(from + word))
          continue;
        const copy = this.takeCopy(pteFrame(pte));
        if (copy === NO_FRAME) return false;
        this.#copies.set(from + word, {
          to: to + word,
          frame: pteFrame(pte),
          parentPte: pte,
          childPte: makePte(copy, writableFlags(pte)),
        });
      }
    }
    return true;
  }

  /** Each side gets a page of its own, so that the fault handler that runs on it never faults there itself. */
  private copyForHandler(source: FrameNumber, target: FrameNumber, va: VirtAddr): boolean {
    const from = this.#tables.findLeaf(source, va);
    const pte = from < 0 ? 0 : this.#frames.memory.i32[from];
    if (!isPrivateWritable(this.#frames, pte) || this.#copies.has(from)) return true;
    const frame = pteFrame(pte);
    const parents = isSoleOwner(this.#frames, frame) ? frame : this.takeCopy(frame);
    const childs = this.takeCopy(frame);
    if (parents === NO_FRAME || childs === NO_FRAME) return false;
    this.#copies.set(from, {
      to: this.#tables.findLeaf(target, va),
      frame,
      parentPte: makePte(parents, writableFlags(pte)),
      childPte: makePte(childs, writableFlags(pte)),
    });
    return true;
  }

  private takeCopy(frame: FrameNumber): FrameNumber {
    const copy = this.#frames.allocateCopy(frame);
    if (copy !== NO_FRAME) this.#taken.push(copy);
    return copy;
  }
}

/** Whether an entry maps a page of a private writable mapping: W of its own frame, or CoW. */
function isPrivateWritable(frames: FrameTable, pte: number): boolean {
  if (!(pte & Pte.V)) return false;
  return (pte & Pte.CoW) !== 0 || ((pte & Pte.W) !== 0 && frames.useOf(pteFrame(pte)) === FrameUse.Private);
}

function writableFlags(pte: number): number {
  return (pte & PTE_FLAGS & ~Pte.CoW) | Pte.W;
}
