import type { FrameNumber, VirtAddr } from '../memory/address.ts';
import { FrameSet, type ChangeJournal } from '../memory/change-journal.ts';
import { FrameUse, type FrameTable } from '../memory/frames.ts';
import type { PageTables } from '../memory/page-table.ts';
import { PTES_PER_TABLE, Pte, pteFrame } from '../memory/pte.ts';

/** Bits that the hardware sets by itself. */
const SET_BY_HARDWARE = Pte.A | Pte.D;

/** Where a table hangs: below which root, what its first address is, and the entry that points to it (-1 for a root). */
export interface Home {
  readonly root: FrameNumber;
  readonly base: number;
  readonly at: number;
}

/** A table as it was when it was last looked at. */
interface Shadow {
  readonly level: number;
  readonly entries: Int32Array;
  readonly homes: Home[];
  /** It had several references: its pages are shared by all who have it. */
  isShared: boolean;
  /** The update in which it was read. */
  readonly round: number;
}

/** Told of the entries that changed; those of a shared table once for each root that has it. */
export interface EntryVisitor {
  /** An entry is valid, and new or another than before. */
  present(home: Home, va: VirtAddr, at: number, pte: number): void;
  /** A valid entry is as before, but may have been another in between. */
  unchanged(home: Home, va: VirtAddr, pte: number): void;
  /** An entry that was valid is gone, or its table. */
  absent(home: Home, va: VirtAddr): void;
  /** Whether a root sees the pages of a leaf table as another one does, by mappings that were looked at before. */
  seesAlike(home: Home, other: Home): boolean;
}

/**
 * The page tables as they were when they were last looked at, and what that comes to for each frame. Brought up to
 * date from what changed alone.
 */
export class TableShadows {
  /** Entries that map a frame, once for each table, or that point to a table; roots count once. */
  readonly found: Uint32Array;
  /** Those of them that allow writing. */
  readonly writers: Uint32Array;
  /** Those of them in tables that several roots share. */
  readonly inShared: Uint32Array;
  /** Frames for which one of these numbers may have changed. */
  readonly dirty: FrameSet;
  /** Something was seen that must not be, or that this class does not follow. */
  isOdd = false;
  readonly #tables: PageTables;
  readonly #frames: FrameTable;
  readonly #visitor: EntryVisitor;
  readonly #shadows = new Map<FrameNumber, Shadow>();
  /** Entries that point to another table than before. */
  readonly #links: { readonly table: FrameNumber; readonly index: number }[] = [];
  #round = 0;

  constructor(tables: PageTables, visitor: EntryVisitor) {
    this.#tables = tables;
    this.#frames = tables.frames;
    this.#visitor = visitor;
    const { total } = tables.frames;
    this.found = new Uint32Array(total);
    this.writers = new Uint32Array(total);
    this.inShared = new Uint32Array(total);
    this.dirty = new FrameSet(total);
  }

  /** @param gone roots that are not in use any more. @param fresh those that now are. */
  update(
    { entries, tables: changed }: ChangeJournal,
    gone: readonly FrameNumber[],
    fresh: readonly FrameNumber[],
  ): void {
    const { i32 } = this.#frames.memory;
    this.#round++;
    this.#links.length = 0;
    // What hung somewhere else, or was another table, is let go of before it is found where it is now.
    for (const root of gone) this.unlink(root, -1);
    for (let at = 0; at < changed.size; at++) {
      const table = changed.at(at);
      const shadow = this.#shadows.get(table);
      if (shadow && shadow.level > 0) this.unlinkChanged(table, shadow);
    }
    for (const at of entries) {
      const table = this.#tables.tableOf(at);
      const shadow = this.#shadows.get(table);
      if (shadow && shadow.level > 0) this.unlinkEntry(table, shadow, this.indexOf(table, at));
    }
    for (const root of fresh) this.link(root, { root, base: 0, at: -1 }, this.#tables.mode.levels - 1);
    for (const { table, index } of this.#links) {
      const shadow = this.#shadows.get(table);
      const at = this.#tables.entry(table, index);
      // What was read meanwhile is linked already, as is what was noted twice.
      if (shadow?.entries[index] === 0) this.linkEntry(shadow, index, at, i32[at]);
    }
    for (let at = 0; at < changed.size; at++) {
      const table = changed.at(at);
      const shadow = this.#shadows.get(table);
      if (shadow?.level !== 0 || shadow.round === this.#round) continue;
      for (let index = 0; index < PTES_PER_TABLE; index++) this.compareEntry(table, shadow, index);
    }
    for (const at of entries) {
      const table = this.#tables.tableOf(at);
      const shadow = this.#shadows.get(table);
      if (shadow?.level === 0) this.compareEntry(table, shadow, this.indexOf(table, at));
    }
  }

  /** To be called for a dirty frame: whether it is a table that does not look as it must, given its references. */
  isOddTable(frame: FrameNumber): boolean {
    const shadow = this.#shadows.get(frame);
    if (!shadow) return false;
    const { refcounts, memory } = this.#frames;
    const isShared = refcounts[frame] > 1;
    if (shadow.level > 0) return isShared || shadow.homes.length > 1;
    const mayWrite = isShared !== shadow.isShared && this.setShared(shadow, isShared);
    return mayWrite || (isShared && shadow.homes.some(({ at }) => at < 0 || !(memory.i32[at] & Pte.CoW)));
  }

  /** @returns whether a private page in the table is writable though it is shared. */
  private setShared(shadow: Shadow, isShared: boolean): boolean {
    shadow.isShared = isShared;
    let mayWrite = false;
    for (const pte of shadow.entries) {
      if (!(pte & Pte.V)) continue;
      const frame = pteFrame(pte);
      this.inShared[frame] += isShared ? 1 : -1;
      this.dirty.add(frame);
      mayWrite ||= isShared && (pte & Pte.W) !== 0 && this.#frames.useOf(frame) === FrameUse.Private;
    }
    return mayWrite;
  }

  private indexOf(table: FrameNumber, at: number): number {
    return (at - this.#tables.entry(table, 0)) / 2;
  }

  private unlinkChanged(table: FrameNumber, shadow: Shadow): void {
    for (let index = 0; index < PTES_PER_TABLE; index++) this.unlinkEntry(table, shadow, index);
  }

  private unlinkEntry(table: FrameNumber, { entries }: Shadow, index: number): void {
    const at = this.#tables.entry(table, index);
    const [before, now] = [entries[index], this.#frames.memory.i32[at]];
    if (before === now) return;
    const wasLink = (before & Pte.V) !== 0;
    const isLink = (now & Pte.V) !== 0;
    if (wasLink && isLink && pteFrame(before) === pteFrame(now)) {
      entries[index] = now;
      this.dirty.add(pteFrame(now));
      return;
    }
    entries[index] = 0;
    if (wasLink) this.unlink(pteFrame(before), at);
    if (isLink) this.#links.push({ table, index });
  }

  private unlink(table: FrameNumber, at: number): void {
    this.found[table]--;
    this.dirty.add(table);
    const shadow = this.#shadows.get(table);
    const which = shadow?.homes.findIndex((home) => home.at === at) ?? -1;
    if (!shadow || which < 0) {
      this.isOdd = true;
      return;
    }
    const [home] = shadow.homes.splice(which, 1);
    const isGone = shadow.homes.length === 0;
    if (isGone) this.#shadows.delete(table);
    const start = this.#tables.entry(table, 0);
    const { entries, level } = shadow;
    for (let index = 0; index < PTES_PER_TABLE; index++) {
      const pte = entries[index];
      if (!(pte & Pte.V)) continue;
      if (level > 0 && isGone) this.unlink(pteFrame(pte), start + index * 2);
      if (level > 0) continue;
      this.#visitor.absent(home, vaOf(home, index));
      if (isGone) this.uncount(shadow, pte);
    }
  }

  private link(table: FrameNumber, home: Home, level: number): void {
    if (table >= this.#frames.total) {
      this.isOdd = true;
      return;
    }
    this.found[table]++;
    this.dirty.add(table);
    const shared = this.#shadows.get(table);
    if (shared) this.linkAgain(table, shared, home, level);
    else this.read(table, home, level);
  }

  /** A table that hangs somewhere already: a leaf table that is shared. */
  private linkAgain(table: FrameNumber, shadow: Shadow, home: Home, level: number): void {
    if (level > 0 || shadow.level > 0) this.isOdd = true;
    const alike = shadow.homes.some((other) => this.#visitor.seesAlike(home, other));
    shadow.homes.push(home);
    if (alike) return;
    const start = this.#tables.entry(table, 0);
    for (let index = 0; index < PTES_PER_TABLE; index++)
      if (shadow.entries[index] & Pte.V)
        this.#visitor.present(home, vaOf(home, index), start + index * 2, shadow.entries[index]);
  }

  private read(table: FrameNumber, home: Home, level: number): void {
    const { i32 } = this.#frames.memory;
    const shadow = {
      level,
      entries: new Int32Array(PTES_PER_TABLE),
      homes: [home],
      isShared: false,
      round: this.#round,
    };
    this.#shadows.set(table, shadow);
    const start = this.#tables.entry(table, 0);
    for (let index = 0; index < PTES_PER_TABLE; index++) {
      const pte = i32[start + index * 2];
      if (!(pte & Pte.V)) continue;
      if (level > 0) {
        this.linkEntry(shadow, index, start + index * 2, pte);
        continue;
      }
      shadow.entries[index] = pte;
      this.count(shadow, pte);
      this.#visitor.present(home, vaOf(home, index), start + index * 2, pte);
    }
  }

  private linkEntry(shadow: Shadow, index: number, at: number, pte: number): void {
    const { level, homes } = shadow;
    const base = homes[0].base + index * this.#tables.span(level);
    // The kernel's half is empty.
    if (base >= this.#tables.mode.userEnd || level === 0) this.isOdd = true;
    shadow.entries[index] = pte;
    this.link(pteFrame(pte), { root: homes[0].root, base, at }, level - 1);
  }

  private compareEntry(table: FrameNumber, shadow: Shadow, index: number): void {
    const { entries, homes } = shadow;
    const at = this.#tables.entry(table, index);
    const [before, now] = [entries[index], this.#frames.memory.i32[at]];
    if (before === now) {
      // It may have lost A or D that the hardware had set.
      if (now & Pte.V) for (const home of homes) this.#visitor.unchanged(home, vaOf(home, index), now);
      return;
    }
    const isPresent = (now & Pte.V) !== 0;
    entries[index] = isPresent ? now : 0;
    if ((before & ~SET_BY_HARDWARE) !== (now & ~SET_BY_HARDWARE)) {
      if (before & Pte.V) this.uncount(shadow, before);
      if (isPresent) this.count(shadow, now);
    }
    for (const home of homes)
      if (isPresent) this.#visitor.present(home, vaOf(home, index), at, now);
      else if (before & Pte.V) this.#visitor.absent(home, vaOf(home, index));
  }

  private count(shadow: Shadow, pte: number): void {
    const frame = pteFrame(pte);
    this.found[frame]++;
    if (pte & Pte.W) this.writers[frame]++;
    if (shadow.isShared) this.inShared[frame]++;
    this.dirty.add(frame);
  }

  private uncount(shadow: Shadow, pte: number): void {
    const frame = pteFrame(pte);
    this.found[frame]--;
    if (pte & Pte.W) this.writers[frame]--;
    if (shadow.isShared) this.inShared[frame]--;
    this.dirty.add(frame);
  }
}

function vaOf({ base }: Home, index: number): VirtAddr {
  return (base + index * 4096) as VirtAddr;
}
