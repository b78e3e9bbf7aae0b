import type { FrameNumber, VirtAddr } from '../memory/address.ts';
import type { FrameTable } from '../memory/frames.ts';
import { pteFrame } from '../memory/pte.ts';

/** The pages of a snapshot: their entries by address. Every change is noted while somebody checks. */
export class HeldPages extends Map<VirtAddr, number> {
  readonly #frames: FrameTable;

  constructor(frames: FrameTable) {
    super();
    this.#frames = frames;
  }

  override set(va: VirtAddr, pte: number): this {
    this.#note(va, pte);
    return super.set(va, pte);
  }

  override delete(va: VirtAddr): boolean {
    this.#note(va, undefined);
    return super.delete(va);
  }

  #note(va: VirtAddr, pte: number | undefined): void {
    const { journal } = this.#frames;
    if (!journal) return;
    const before = this.get(va);
    if (before !== undefined) journal.held.push(pteFrame(before), -1);
    if (pte !== undefined) journal.held.push(pteFrame(pte), 1);
    journal.isIncomplete = true;
  }
}

/** The frames of a snapshot whose bytes are saved, and the frames they are saved in. */
export class SavedFrames extends Map<FrameNumber, FrameNumber> {
  readonly #frames: FrameTable;

  constructor(frames: FrameTable) {
    super();
    this.#frames = frames;
  }

  override set(frame: FrameNumber, copy: FrameNumber): this {
    this.#note(frame, copy);
    return super.set(frame, copy);
  }

  override delete(frame: FrameNumber): boolean {
    this.#note(frame, undefined);
    return super.delete(frame);
  }

  #note(frame: FrameNumber, copy: FrameNumber | undefined): void {
    const { journal } = this.#frames;
    if (!journal) return;
    const before = this.get(frame);
    if (before !== undefined) journal.held.push(before, -1);
    if (copy !== undefined) journal.held.push(copy, 1);
    journal.frames.add(frame);
    // What was saved and is not any more may be written by whoever still has it.
    if (before !== undefined) journal.isIncomplete = true;
  }
}
