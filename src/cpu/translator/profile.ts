import { PAGE_SIZE, fromWords, type VirtAddr } from '../../memory/address.ts';
import type { Mmu } from '../../memory/mmu.ts';
import type { CodeCache } from '../code-cache.ts';
import { JUMPS, JUMPS_NEXT, JUMPS_SIZE, JUMP_SIZE } from './layout.ts';

/** A count that starts here takes long to be one that says "hot". */
const SETTLED = -0x8000;
const MAX_TARGETS = 128;

interface IndirectJump {
  readonly targets: VirtAddr[];
  readonly counts: number[];
}

/**
 * Which places of the code are hot, and where indirect jumps go, by physical address. The counts are in the decoded
 * pages: the cold interpreter counts there how often backward jumps, calls and indirect jumps lead to a place.
 */
export class Profile {
  readonly #mmu: Mmu;
  readonly #code: CodeCache;
  readonly #jumps = new Map<number, IndirectJump>();
  readonly #threshold: number;
  /** Where in the record of indirect jumps the first is that was not looked at. */
  #nextJump = 0;

  constructor(mmu: Mmu, code: CodeCache, threshold: number) {
    this.#mmu = mmu;
    this.#code = code;
    this.#threshold = threshold;
  }

  /** Learns from the latest indirect jumps that the cold interpreter executed. */
  readJumps(): void {
    const { i32 } = this.#mmu.frames.memory;
    const next = i32[JUMPS_NEXT >>> 2];
    for (let at = this.#nextJump; at !== next; at = (at + JUMP_SIZE) % JUMPS_SIZE) {
      const word = (JUMPS + at) >>> 2;
      const jump = this.#code.physical(i32[word]);
      if (jump >= 0) this.noteTarget(jump, fromWords(i32[word + 2], i32[word + 3]));
    }
    this.#nextJump = next;
  }

  /**
   * Counts control coming to an address.
   * @param weight what it counts for
   * @returns whether it just became hot
   */
  arrive(va: VirtAddr, weight: number): boolean {
    const { i16 } = this.#mmu.frames.memory;
    const at = this.countOf(va);
    return at >= 0 && (i16[at] += weight) >= this.#threshold;
  }

  /** Does not count control coming to an address for a long time: it is translated, or cannot be. */
  settle(va: VirtAddr): void {
    const at = this.countOf(va);
    if (at >= 0) this.#mmu.frames.memory.i16[at] = SETTLED;
  }

  /** Counts control coming to an address again, from the start. */
  restart(frame: number, offset: number): void {
    if (this.#code.isDecoded(frame, offset)) this.#mmu.frames.memory.i16[this.#code.count(frame, offset)] = 0;
  }

  /** Notes where an indirect jump at a physical address went. */
  noteTarget(jump: number, target: VirtAddr): void {
    let known = this.#jumps.get(jump);
    if (!known) this.#jumps.set(jump, (known = { targets: [], counts: [] }));
    const { targets, counts } = known;
    const at = targets.indexOf(target);
    if (at < 0) {
      if (targets.length === MAX_TARGETS) return;
      targets.push(target);
      counts.push(1);
      return;
    }
    counts[at]++;
    if (at > 0 && counts[at] > counts[at - 1]) {
      [counts[at], counts[at - 1]] = [counts[at - 1], counts[at]];
      [targets[at], targets[at - 1]] = [targets[at - 1], targets[at]];
    }
  }

  /** Where the indirect jump at a physical address went, most frequent first. */
  targets(jump: number): readonly VirtAddr[] {
    return this.#jumps.get(jump)?.targets ?? [];
  }

  /** Forgets a frame: its code changed. */
  drop(frame: number): void {
    for (const jump of this.#jumps.keys()) if (Math.floor(jump / PAGE_SIZE) === frame) this.#jumps.delete(jump);
  }

  /** Index of the count of an address whose page the execute TLB holds, else -1. */
  private countOf(va: VirtAddr): number {
    const frame = this.#mmu.execute.peek(va | 0, Math.floor(va / 0x1_0000_0000));
    return frame < 0 ? -1 : this.#code.count(frame, va % PAGE_SIZE);
  }
}
