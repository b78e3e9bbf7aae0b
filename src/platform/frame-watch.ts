import { NO_FRAME, PAGE_SIZE, toHex, type FrameNumber } from '../memory/address.ts';
import { FrameUse, type FrameTable } from '../memory/frames.ts';
import { Pte, pteFrame } from '../memory/pte.ts';
import { sharersOf } from './image.ts';
import type { Inspector } from './inspector.ts';
import { INVARIANTS, type InvariantViolation } from './invariants.ts';

const WORDS = PAGE_SIZE / 4;
const FACTOR = 0x9e37_79b1;
/** Frames that are looked at in passing. */
const SAMPLE = 512;

/**
 * Watches the private frames that several spaces share: as long as they are shared their bytes must not change, or one
 * side sees what the other wrote. That cannot be seen by looking once, so each look is compared with the one before: at
 * all shared frames, or at those alone that the kernel said it would write. The hart cannot write the others.
 */
export class FrameWatch {
  readonly #frames: FrameTable;
  /** Frames that were shared at the last look. */
  readonly #shared: Uint8Array;
  /** Hashes of the frames that were shared at the last look at all of them, and have not changed hands since. */
  #hashes = new Map<FrameNumber, number>();
  /** Hashes of shared frames before the kernel wrote into them. */
  readonly #written = new Map<FrameNumber, number>();
  /** The frame that was looked at last in passing. */
  #next: number = NO_FRAME;

  constructor(frames: FrameTable) {
    this.#frames = frames;
    this.#shared = new Uint8Array(frames.total);
  }

  /** To be called before the kernel writes into a frame. */
  beforeWrite(frame: FrameNumber): void {
    if (this.#shared[frame] !== 0 && !this.#written.has(frame)) this.#written.set(frame, hashOf(this.#frames, frame));
  }

  /** To be called when those who have a frame may be others than at the last look. */
  note(frame: FrameNumber, isShared: boolean): void {
    this.#shared[frame] = isShared ? 1 : 0;
    this.#hashes.delete(frame);
  }

  /** Whether `checkWritten` would find something. */
  get hasWritten(): boolean {
    for (const [frame, hash] of this.#written)
      if (this.#shared[frame] !== 0 && hash !== hashOf(this.#frames, frame)) return true;
    return false;
  }

  /** To be called when a look is complete: what is written next is compared with what is there now. */
  forgetWritten(): void {
    this.#written.clear();
  }

  /** Looks at some shared frames, others each time. @returns whether one was written, though nobody said so. */
  sample(): boolean {
    const { firstUnused } = this.#frames;
    let isWritten = false;
    for (let count = 0; count < Math.min(SAMPLE, firstUnused); count++) {
      this.#next = this.#next + 1 < firstUnused ? this.#next + 1 : NO_FRAME + 1;
      const frame = this.#next as FrameNumber;
      if (this.#shared[frame] === 0) continue;
      const hash = hashOf(this.#frames, frame);
      const before = this.#hashes.get(frame);
      if (before === undefined) this.#hashes.set(frame, hash);
      else isWritten ||= before !== hash;
    }
    return isWritten;
  }

  /** Looks at all shared frames. */
  check(inspector: Inspector): InvariantViolation[] {
    const violations: InvariantViolation[] = [];
    const now = new Map<FrameNumber, number>();
    for (const frame of sharedFrames(inspector)) {
      const hash = hashOf(this.#frames, frame);
      const before = this.#hashes.get(frame) ?? this.#written.get(frame);
      now.set(frame, hash);
      if (before === undefined || before === hash) continue;
      const owners = inspector.owners(frame);
      const page = owners.find((owner) => owner.kind === 'page');
      violations.push({
        invariant: INVARIANTS.othersUntouched,
        message: `frame ${toHex(frame)} was written while it was shared copy-on-write by ${owners.length} pages`,
        frame,
        owners,
        ...(page ? { space: page.space, va: page.va } : {}),
      });
    }
    this.#shared.fill(0);
    for (const frame of now.keys()) this.#shared[frame] = 1;
    this.#hashes = now;
    this.#written.clear();
    return violations;
  }
}

/** Private frames that several pages have: by entries of their own, by an entry of a shared table, or in a snapshot. */
function sharedFrames(inspector: Inspector): ReadonlySet<FrameNumber> {
  const { frames, tables } = inspector;
  // What is written in a window has been saved.
  const saved = new Set(inspector.images().flatMap(({ layer }) => [...(layer?.saved.keys() ?? [])]));
  const shared = new Set<FrameNumber>();
  for (let number = NO_FRAME + 1; number < frames.firstUnused; number++) {
    const frame = number as FrameNumber;
    const use = frames.useOf(frame);
    if (use === FrameUse.Private && sharersOf(frames, frame) > 1 && !saved.has(frame)) shared.add(frame);
    if (use !== FrameUse.Table || frames.refcounts[frame] < 2) continue;
    const start = tables.entry(frame, 0);
    for (let at = start; at < start + WORDS; at += 2) {
      const pte = frames.memory.i32[at];
      if (pte & Pte.V && frames.useOf(pteFrame(pte)) === FrameUse.Private) shared.add(pteFrame(pte));
    }
  }
  return shared;
}

function hashOf(frames: FrameTable, frame: FrameNumber): number {
  const { i32, layout } = frames.memory;
  const start = (layout.ram + frame * PAGE_SIZE) >>> 2;
  // Four at a time: each step waits for the one before it in its own row alone.
  let [one, two, three, four] = [1, 2, 3, 4];
  for (let at = start; at < start + WORDS; at += 4) {
    one = Math.imul(one ^ i32[at], FACTOR) + (one >>> 15);
    two = Math.imul(two ^ i32[at + 1], FACTOR) + (two >>> 15);
    three = Math.imul(three ^ i32[at + 2], FACTOR) + (three >>> 15);
    four = Math.imul(four ^ i32[at + 3], FACTOR) + (four >>> 15);
  }
  return [two, three, four].reduce((hash, row) => Math.imul(hash ^ row, FACTOR) + (hash >>> 15), one);
}
