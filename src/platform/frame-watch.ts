import { NO_FRAME, PAGE_SIZE, toHex, type FrameNumber } from '../memory/address.ts';
import { FrameUse } from '../memory/frames.ts';
import { Pte, pteFrame } from '../memory/pte.ts';
import { sharersOf } from './image.ts';
import type { Inspector } from './inspector.ts';
import { INVARIANTS, type InvariantViolation } from './invariants.ts';

const WORDS = PAGE_SIZE / 4;

/**
 * Watches the private frames that several spaces share: as long as they are shared their bytes must not change, or one
 * side sees what the other wrote. That cannot be seen by looking once, so each look is compared with the one before.
 */
export class FrameWatch {
  /** Hashes of the frames that were shared at the last look. */
  #before = new Map<FrameNumber, number>();

  check(inspector: Inspector): InvariantViolation[] {
    const violations: InvariantViolation[] = [];
    const now = new Map<FrameNumber, number>();
    for (const frame of sharedFrames(inspector)) {
      const hash = hashOf(inspector, frame);
      const before = this.#before.get(frame);
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
    this.#before = now;
    return violations;
  }
}

/** Private frames that several pages have: by entries of their own, by an entry of a shared table, or in a snapshot. */
function* sharedFrames(inspector: Inspector): Generator<FrameNumber> {
  const { frames, tables } = inspector;
  // What is written in a window has been saved.
  const saved = new Set(inspector.images().flatMap(({ layer }) => [...(layer?.saved.keys() ?? [])]));
  for (let number = NO_FRAME + 1; number < frames.total; number++) {
    const frame = number as FrameNumber;
    if (frames.useOf(frame) === FrameUse.Private && sharersOf(frames, frame) > 1 && !saved.has(frame)) yield frame;
    if (frames.useOf(frame) !== FrameUse.Table || frames.refcounts[frame] < 2) continue;
    const start = tables.entry(frame, 0);
    for (let at = start; at < start + WORDS; at += 2) {
      const pte = frames.memory.i32[at];
      if (pte & Pte.V && frames.useOf(pteFrame(pte)) === FrameUse.Private) yield pteFrame(pte);
    }
  }
}

function hashOf({ frames }: Inspector, frame: FrameNumber): number {
  const { i32, layout } = frames.memory;
  const start = (layout.ram + frame * PAGE_SIZE) >>> 2;
  let hash = 0;
  for (let at = start; at < start + WORDS; at++) hash = Math.imul(hash ^ i32[at], 0x9e37_79b1) + (hash >>> 15);
  return hash;
}
