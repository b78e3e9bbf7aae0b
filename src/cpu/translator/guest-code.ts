import { PAGE_SIZE, pageFloor, type VirtAddr } from '../../memory/address.ts';
import type { Mmu } from '../../memory/mmu.ts';
import { Pte, isLeaf, pteFrame } from '../../memory/pte.ts';
import { decode } from '../../riscv/decode.ts';
import type { Instruction } from '../../riscv/instruction.ts';
import type { CodeCache } from '../code-cache.ts';
import type { CodeView } from './discover.ts';
import type { Profile } from './profile.ts';

const EXECUTED = Pte.V | Pte.U | Pte.X | Pte.A;

/**
 * The frame that the active space executes a page from, or -1 while it may not, or never did: looking must not set the
 * A bit of the page, which the guest's execution has not set yet.
 */
export function executedFrame(mmu: Mmu, page: number): number {
  if (mmu.root === 0 || page >= mmu.mode.userEnd) return -1;
  const index = mmu.tables.findLeaf(mmu.root, page);
  if (index < 0) return -1;
  const pte = mmu.frames.memory.i32[index];
  return (pte & EXECUTED) === EXECUTED && isLeaf(pte) ? pteFrame(pte) : -1;
}

/** What is known of places where there are translations. */
export interface ExistingTranslations {
  /** Whether one was asked for there. */
  isHead(va: VirtAddr, physical: number): boolean;
  /** Whether one may be entered there that stays as it is: no other is to have its code. */
  isSettled(va: VirtAddr, physical: number): boolean;
}

/** The code of the active space while one region is discovered. */
export class GuestCode implements CodeView {
  readonly #mmu: Mmu;
  readonly #code: CodeCache;
  readonly #profile: Profile;
  readonly #breakpoints: ReadonlySet<VirtAddr>;
  readonly #existing: ExistingTranslations;
  /** Take everything for executed. */
  readonly #eager: boolean;
  readonly #frames = new Map<VirtAddr, number>();
  readonly #instructions = new Map<VirtAddr, Instruction | undefined>();

  constructor(
    mmu: Mmu,
    code: CodeCache,
    profile: Profile,
    breakpoints: ReadonlySet<VirtAddr>,
    existing: ExistingTranslations,
    eager: boolean,
  ) {
    this.#mmu = mmu;
    this.#existing = existing;
    this.#code = code;
    this.#profile = profile;
    this.#breakpoints = breakpoints;
    this.#eager = eager;
  }

  frameOf(page: VirtAddr): number {
    let frame = this.#frames.get(page);
    if (frame === undefined) this.#frames.set(page, (frame = executedFrame(this.#mmu, page)));
    return frame;
  }

  instruction(va: VirtAddr): Instruction | undefined {
    if (this.#instructions.has(va)) return this.#instructions.get(va);
    const instruction = this.#breakpoints.has(va) ? undefined : this.fetch(va);
    this.#instructions.set(va, instruction);
    return instruction;
  }

  executed(va: VirtAddr): boolean {
    const frame = this.frameOf(pageFloor(va));
    return frame >= 0 && (this.#eager || this.#code.isDecoded(frame, va % PAGE_SIZE));
  }

  isHead(va: VirtAddr): boolean {
    const frame = this.frameOf(pageFloor(va));
    return frame >= 0 && this.#existing.isHead(va, frame * PAGE_SIZE + (va % PAGE_SIZE));
  }

  isSettled(va: VirtAddr): boolean {
    const frame = this.frameOf(pageFloor(va));
    return frame >= 0 && this.#existing.isSettled(va, frame * PAGE_SIZE + (va % PAGE_SIZE));
  }

  targets(va: VirtAddr): readonly VirtAddr[] {
    const frame = this.frameOf(pageFloor(va));
    return frame < 0 ? [] : this.#profile.targets(frame * PAGE_SIZE + (va % PAGE_SIZE));
  }

  private fetch(va: VirtAddr): Instruction | undefined {
    const low = this.half(va);
    if (low < 0) return undefined;
    if ((low & 3) !== 3) return decode(low);
    const high = this.half((va + 2) as VirtAddr);
    return high < 0 ? undefined : decode(low | (high << 16));
  }

  private half(va: VirtAddr): number {
    const frame = this.frameOf(pageFloor(va));
    const { u16, layout } = this.#mmu.frames.memory;
    return frame < 0 ? -1 : u16[(layout.ram + frame * PAGE_SIZE + (va % PAGE_SIZE)) >>> 1];
  }
}
