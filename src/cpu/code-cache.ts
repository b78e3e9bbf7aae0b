import { PAGE_SIZE, type FrameNumber } from '../memory/address.ts';
import type { Mmu } from '../memory/mmu.ts';
import { decode } from '../riscv/decode.ts';
import type { Instruction } from '../riscv/instruction.ts';
import { Op } from '../riscv/op.ts';
import { writesFloatRegister } from '../riscv/operands.ts';

/**
 * A decoded instruction is two 32-bit words. The first packs `Op` and the registers:
 *
 *     bits 0..7    Op, or `SPECIAL`
 *     bits 8..14   2 * rd; an x0 destination is 64, the sink beside the registers (see `StateOffset.Sink`)
 *     bits 15..20  2 * rs1
 *     bits 21..26  2 * rs2
 *     bit  27      set for a 4-byte instruction
 *     bit  28      always set, so that zero means "not decoded yet"
 *
 * Registers are doubled because they index 32-bit halves. The second word is the immediate; floating-point operations
 * have their rounding mode in its bits 0..2 and rs3 in bits 3..7 instead.
 */
export const enum Decoded {
  RdShift = 8,
  RdMask = 0x7f,
  Rs1Shift = 15,
  Rs2Shift = 21,
  RsMask = 0x3f,
  LengthShift = 27,
  Present = 1 << 28,
  Rs3Shift = 3,
}

/** In place of an `Op`: decode afresh each time. Instructions that straddle pages, and offsets with a breakpoint. */
export const SPECIAL = 0xff;

const SINK = 32;

export function packRegisters(instruction: Instruction): number {
  const { op, rd, rs1, rs2, length } = instruction;
  const to = rd === 0 && !writesFloatRegister(op) ? SINK : rd;
  const long = length === 4 ? 1 << Decoded.LengthShift : 0;
  const sources = (rs1 << (Decoded.Rs1Shift + 1)) | (rs2 << (Decoded.Rs2Shift + 1));
  return op | (to << (Decoded.RdShift + 1)) | sources | long | Decoded.Present;
}

export function packImmediate(instruction: Instruction): number {
  const { op, imm, rm, rs3 } = instruction;
  return op >= Op.FmaddS ? rm | (rs3 << Decoded.Rs3Shift) : imm;
}

/**
 * Decoded instructions, by physical frame and hence shared by all address spaces. A page is a word pair for every
 * halfword of a frame, so a page offset is also the index of its pair. The frame is marked as code while it has
 * decoded instructions: a store into it, by the guest or on its behalf, drops them.
 */
export class CodeCache {
  readonly #mmu: Mmu;
  readonly #pages: (Int32Array | undefined)[];
  /** Pages of frames that hold no code any more, zeroed. */
  readonly #spare: Int32Array[] = [];
  /** For every halfword offset in a page whether some breakpoint has it. */
  readonly #marked = new Uint8Array(PAGE_SIZE / 2);
  /** Whether somebody wants to see an instruction each time before it executes. */
  watches: ((frame: number, offset: number, instruction: Instruction) => boolean) | undefined;

  constructor(mmu: Mmu) {
    this.#mmu = mmu;
    this.#pages = new Array<Int32Array | undefined>(mmu.frames.total).fill(undefined);
    mmu.frames.onCodeDropped((frame) => this.drop(frame));
  }

  /** The page of a frame. It is valid until the frame's code is dropped, and all zero from then on. */
  page(frame: number): Int32Array {
    const cached = this.#pages[frame];
    if (cached !== undefined) return cached;
    const page = this.#spare.pop() ?? new Int32Array(PAGE_SIZE);
    this.#pages[frame] = page;
    this.#mmu.markCode(frame as FrameNumber);
    return page;
  }

  /** Decodes the instruction at `offset` of a frame into its page. */
  decode(frame: number, offset: number): void {
    const page = this.page(frame);
    const { u16, layout } = this.#mmu.frames.memory;
    const at = (layout.ram + frame * PAGE_SIZE + offset) >>> 1;
    const low = u16[at];
    const straddles = (low & 3) === 3 && offset === PAGE_SIZE - 2;
    if (straddles || this.#marked[offset >>> 1]) {
      page[offset] = SPECIAL | Decoded.Present;
      return;
    }
    const instruction = decode((low & 3) === 3 ? low | (u16[at + 1] << 16) : low);
    if (this.watches?.(frame, offset, instruction)) {
      page[offset] = SPECIAL | Decoded.Present;
      return;
    }
    page[offset] = packRegisters(instruction);
    page[offset + 1] = packImmediate(instruction);
  }

  /** Whether the instruction was decoded, hence executed, since the frame's code was last dropped. */
  isDecoded(frame: number, offset: number): boolean {
    const page = this.#pages[frame];
    return page !== undefined && page[offset] !== 0;
  }

  /** Decodes an instruction anew if it was decoded: what `watches` says of it has changed. */
  redecode(frame: number, offset: number): void {
    if (this.isDecoded(frame, offset)) this.decode(frame, offset);
  }

  /** Forgets all decoded instructions, so that `watches` sees each of them. */
  clear(): void {
    for (const page of this.#pages) page?.fill(0);
  }

  /** Makes exactly the page offsets of these addresses special, in every page. */
  mark(addresses: ReadonlySet<number>): void {
    const wanted = new Uint8Array(this.#marked.length);
    for (const address of addresses) wanted[(address % PAGE_SIZE) >>> 1] = 1;
    const changed: number[] = [];
    wanted.forEach((mark, half) => {
      if (mark !== this.#marked[half]) changed.push(half);
    });
    this.#marked.set(wanted);
    if (changed.length === 0) return;
    for (const page of this.#pages) {
      if (page === undefined) continue;
      for (const half of changed) page[half * 2] = 0;
    }
  }

  private drop(frame: number): void {
    const page = this.#pages[frame];
    if (page === undefined) return;
    page.fill(0);
    this.#pages[frame] = undefined;
    this.#spare.push(page);
  }
}
