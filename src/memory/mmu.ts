import { fromWords, type FrameNumber } from './address.ts';
import type { FrameTable } from './frames.ts';
import type { PagingMode, PageTables } from './page-table.ts';
import { Pte, isLeaf, pteFrame } from './pte.ts';
import { Tlb } from './tlb.ts';

export const enum Access {
  Read = 1,
  Write = 2,
  Execute = 3,
}

const NEEDED: Record<Access, number> = { [Access.Read]: Pte.R, [Access.Write]: Pte.W, [Access.Execute]: Pte.X };

/** What `Mmu.translate` returns instead of a frame. */
export const enum NoFrame {
  /** The access faults. */
  Refused = -1,
  /** The entry, which is watched, would change: its A or D bit. */
  Watched = -2,
}

/**
 * The memory-management unit of the hart: the active root table and the TLBs in front of it. It reads and updates real
 * PTEs and knows nothing of faults: what it cannot translate it refuses, and the hart leaves with a page fault.
 */
export class Mmu {
  readonly read: Tlb;
  readonly write: Tlb;
  readonly execute: Tlb;
  /** The root table of the active space; `NO_FRAME` when none is. */
  root = 0 as FrameNumber;

  constructor(
    readonly frames: FrameTable,
    readonly tables: PageTables,
  ) {
    const { memory } = frames;
    this.read = new Tlb(memory, memory.layout.tlbRead);
    this.write = new Tlb(memory, memory.layout.tlbWrite);
    this.execute = new Tlb(memory, memory.layout.tlbExecute);
  }

  get mode(): PagingMode {
    return this.tables.mode;
  }

  /** Makes `root` the active table (the write of satp) and forgets every cached translation. */
  activate(root: FrameNumber): void {
    if (root === this.root) return;
    this.root = root;
    this.flush();
  }

  /**
   * Walks the active table for an access that missed the TLB, sets the A and D bits as the hardware does, and fills the
   * TLB, unless the page is watched. A store into a frame with cached instructions drops those first.
   * @returns the frame, or a `NoFrame`; then nothing has changed.
   */
  translate(lo: number, hi: number, access: Access): number {
    if (hi < 0 || hi >= this.mode.userHigh || this.root === 0) return NoFrame.Refused;
    const { i32 } = this.frames.memory;
    const va = fromWords(lo, hi);
    const index = this.tables.findLeaf(this.root, va);
    if (index < 0) return NoFrame.Refused;
    const pte = i32[index];
    const needed = Pte.V | Pte.U | NEEDED[access];
    if ((pte & needed) !== needed || !isLeaf(pte)) return NoFrame.Refused;
    const used = pte | Pte.A | (access === Access.Write ? Pte.D : 0);
    const { watched } = this.frames;
    if (used !== pte) {
      if (watched.stopsAtEntry(this.root, va)) return NoFrame.Watched;
      i32[index] = used;
    }
    const frame = pteFrame(pte);
    if (access === Access.Write) {
      this.frames.beforeWrite(frame);
      if (!watched.covers(va, frame)) this.write.fill(lo, hi, frame);
    } else if (access === Access.Execute) this.execute.fill(lo, hi, frame);
    else if (!watched.covers(va, frame)) this.read.fill(lo, hi, frame);
    return frame;
  }

  /** Notes that instructions of this frame are cached: from now on a store into it misses the write TLB. */
  markCode(frame: FrameNumber): void {
    if (this.frames.markCode(frame)) this.write.flush();
  }

  /** Forgets every translation of the active space (sfence.vma with no address). */
  flush(): void {
    this.read.flush();
    this.write.flush();
    this.execute.flush();
  }

  /** To be called when other memory is watched. */
  flushData(): void {
    this.read.flush();
    this.write.flush();
  }

  /** After pages of the space with this root lost write permission. */
  flushWrites(root: FrameNumber): void {
    if (root === this.root) this.write.flush();
  }

  /** After any pages of the space with this root changed. */
  flushAll(root: FrameNumber): void {
    if (root === this.root) this.flush();
  }

  /** After the PTE of one page of the space with this root changed (sfence.vma with an address). */
  flushPage(root: FrameNumber, va: number): void {
    if (root !== this.root) return;
    const lo = va | 0;
    this.read.flushPage(lo);
    this.write.flushPage(lo);
    this.execute.flushPage(lo);
  }
}
