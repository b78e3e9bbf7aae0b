import { PAGE_SIZE, fromWords, type VirtAddr } from '../../memory/address.ts';
import type { Mmu } from '../../memory/mmu.ts';
import type { Instruction } from '../../riscv/instruction.ts';
import { Op } from '../../riscv/op.ts';
import type { HartState } from '../hart-state.ts';
import { isBranch, isCall, isReturn } from './operands.ts';

/** Counts stop here: a place that reached it is counted no more. */
const SATURATED = 0xffff;
/** Executions of a jump that are watched. */
const WATCHED_JUMPS = 1000;
const MAX_TARGETS = 128;

interface IndirectTargets {
  readonly targets: VirtAddr[];
  readonly counts: number[];
}

/**
 * Which places of the code are hot, counted by physical address. The interpreter shows the backward branches, the calls
 * and the indirect jumps that it executes, each at most `WATCHED_JUMPS` times: later they cost nothing.
 */
export class Profile {
  readonly #mmu: Mmu;
  readonly #state: HartState;
  /** For each frame and each halfword in it how often control came there, or how often the jump there was watched. */
  readonly #counts: (Uint16Array | undefined)[] = [];
  readonly #jumps: (Uint16Array | undefined)[] = [];
  readonly #indirect = new Map<number, IndirectTargets>();
  readonly #threshold: number;

  constructor(mmu: Mmu, state: HartState, threshold: number) {
    this.#mmu = mmu;
    this.#state = state;
    this.#threshold = threshold;
  }

  /** Whether executions of an instruction are still to be shown. */
  watches(frame: number, offset: number, instruction: Instruction): boolean {
    return isCounted(instruction) && (this.#jumps[frame]?.[offset >>> 1] ?? 0) < WATCHED_JUMPS;
  }

  /**
   * Counts a jump that is about to execute.
   * @returns where it goes if that place just became hot, else -1
   */
  jump(va: VirtAddr, frame: number, offset: number, instruction: Instruction): number {
    const jumps = (this.#jumps[frame] ??= new Uint16Array(PAGE_SIZE / 2));
    if (jumps[offset >>> 1] < WATCHED_JUMPS) jumps[offset >>> 1]++;
    const { op, rs1, imm } = instruction;
    let target: VirtAddr;
    if (op === Op.Jalr) {
      const base = rs1 === 0 ? 0 : fromWords(this.#state.xLow(rs1), this.#state.xHigh(rs1));
      const sum = base + imm;
      target = (sum - (sum % 2)) as VirtAddr;
      this.noteTarget(frame * PAGE_SIZE + offset, target);
    } else target = (va + imm) as VirtAddr;
    return this.arrive(target) ? target : -1;
  }

  /** Counts control coming to an address. Returns whether it just became hot. */
  arrive(va: VirtAddr): boolean {
    const frame = this.frameOf(va);
    if (frame < 0) return false;
    const counts = (this.#counts[frame] ??= new Uint16Array(PAGE_SIZE / 2));
    const half = (va % PAGE_SIZE) >>> 1;
    if (counts[half] >= SATURATED) return false;
    return ++counts[half] >= this.#threshold;
  }

  /** No longer counts control coming to an address: it is translated, or cannot be. */
  settle(va: VirtAddr): void {
    this.set(va, SATURATED);
  }

  /** Counts control coming to an address again, from the start. */
  restart(frame: number, offset: number): void {
    const counts = this.#counts[frame];
    if (counts) counts[offset >>> 1] = 0;
  }

  noteTarget(jump: number, target: VirtAddr): void {
    let known = this.#indirect.get(jump);
    if (!known) this.#indirect.set(jump, (known = { targets: [], counts: [] }));
    const at = known.targets.indexOf(target);
    if (at < 0) {
      if (known.targets.length === MAX_TARGETS) return;
      known.targets.push(target);
      known.counts.push(1);
      return;
    }
    known.counts[at]++;
    if (at > 0 && known.counts[at] > known.counts[at - 1]) {
      [known.counts[at], known.counts[at - 1]] = [known.counts[at - 1], known.counts[at]];
      [known.targets[at], known.targets[at - 1]] = [known.targets[at - 1], known.targets[at]];
    }
  }

  /** Where the indirect jump at a physical address went, most frequent first. */
  targets(jump: number): readonly VirtAddr[] {
    return this.#indirect.get(jump)?.targets ?? [];
  }

  /** Forgets a frame: its code changed. */
  drop(frame: number): void {
    this.#counts[frame] = undefined;
    const jumps = this.#jumps[frame];
    this.#jumps[frame] = undefined;
    if (!jumps) return;
    for (let half = 0; half < jumps.length; half++)
      if (jumps[half]) this.#indirect.delete(frame * PAGE_SIZE + half * 2);
  }

  private set(va: VirtAddr, count: number): void {
    const frame = this.frameOf(va);
    if (frame < 0) return;
    const counts = (this.#counts[frame] ??= new Uint16Array(PAGE_SIZE / 2));
    counts[(va % PAGE_SIZE) >>> 1] = count;
  }

  /** The frame of an address that the execute TLB holds, else -1. */
  private frameOf(va: VirtAddr): number {
    return this.#mmu.execute.peek(va | 0, Math.floor(va / 0x1_0000_0000));
  }
}

/** Backward branches and jumps, calls, and indirect jumps that are no returns. */
function isCounted(instruction: Instruction): boolean {
  const { op, imm } = instruction;
  if (isBranch(op)) return imm < 0;
  if (op === Op.Jal) return imm < 0 || isCall(instruction);
  return op === Op.Jalr && !isReturn(instruction);
}
