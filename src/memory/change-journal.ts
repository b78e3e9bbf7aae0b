import type { FrameNumber } from './address.ts';

/** Some frames, each once, in the order in which they were first added. Adding and clearing take no memory. */
export class FrameSet {
  size = 0;
  readonly #list: Uint32Array;
  readonly #has: Uint8Array;

  constructor(total: number) {
    this.#list = new Uint32Array(total);
    this.#has = new Uint8Array(total);
  }

  at(index: number): FrameNumber {
    return this.#list[index] as FrameNumber;
  }

  add(frame: FrameNumber): void {
    if (this.#has[frame] !== 0) return;
    this.#has[frame] = 1;
    this.#list[this.size++] = frame;
  }

  clear(): void {
    for (let index = 0; index < this.size; index++) this.#has[this.#list[index]] = 0;
    this.size = 0;
  }
}

/**
 * What has changed in guest memory since it was last looked at, for whoever checks it: noted by those who change it, so
 * that looking costs what changed. It knows nothing of bytes, but for those that the kernel is about to write.
 */
export class ChangeJournal {
  /** Entries that have changed, by their index; A and D that the hardware sets are not counted. */
  readonly entries: number[] = [];
  /** Tables that are new, or of which many entries have changed. */
  readonly tables: FrameSet;
  /** Frames whose use, references or pins have changed; those that changed entries map need not be here. */
  readonly frames: FrameSet;
  /** Objects of other rooms, which know what changed in them. */
  readonly others = new Set<object>();
  /** References that are held outside of tables: a frame, and how many there are more, in turns. */
  readonly held: number[] = [];
  /** Something changed that is rare, and not noted more closely. */
  isIncomplete = false;

  /** @param beforeWrite called before the kernel writes into a frame. */
  constructor(
    total: number,
    readonly beforeWrite: (frame: FrameNumber) => void,
  ) {
    this.tables = new FrameSet(total);
    this.frames = new FrameSet(total);
  }

  clear(): void {
    // An array that is made empty gives up its memory.
    while (this.entries.length > 0) this.entries.pop();
    this.tables.clear();
    this.frames.clear();
    this.others.clear();
    this.held.length = 0;
    this.isIncomplete = false;
  }
}
