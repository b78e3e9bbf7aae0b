import { PAGE_SIZE, type FrameNumber } from '../memory/address.ts';
import { DECODED_PAGE_SIZE } from '../memory/layout.ts';
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

/** In place of an `Op`, behind the last halfword of a page: there is no instruction here. */
export const END_OF_PAGE = 0xfe;

/** Byte offset in a decoded page of its counts. */
export const DECODED_COUNTS: number = 4 * PAGE_SIZE + 64;

/**
 * Decoded instructions, by physical frame and hence shared by all address spaces. A page is a word pair for every
 * halfword of a frame, so a page offset is also the index of its pair; it is in the WebAssembly memory. The frame is
 * marked as code while it has decoded instructions: a store into it, by the guest or on its behalf, drops them. When
 * there are more such frames than pages, one that has a page loses it.
 */
export class CodeCache {
  readonly #mmu: Mmu;
  readonly #i32: Int32Array;
  /** Index of the word that says which page a frame has. */
  readonly #pageOf: number;
  /** The frame of each page, or -1. */
  readonly #frames: Int32Array;
  /** Pages that have been in use and are no more, zeroed. */
  readonly #free: number[] = [];
  /** Pages from this one on were never used. */
  #used = 0;
  /** The next page to be taken from its frame. */
  #hand = 0;
  /** For every halfword offset in a page whether some breakpoint has it. */
  readonly #marked = new Uint8Array(PAGE_SIZE / 2);
  /** Instructions decoded before, each at a place that its bits choose. */
  readonly #known: { readonly bits: number; readonly instruction: Instruction }[] = [];
  /** Whether somebody wants to see an instruction each time before it executes. */
  watches: ((frame: number, offset: number) => boolean) | undefined;

  constructor(mmu: Mmu) {
    this.#mmu = mmu;
    const { i32, layout } = mmu.frames.memory;
    this.#i32 = i32;
    this.#pageOf = layout.decodedPageOf >>> 2;
    this.#frames = new Int32Array(layout.decodedPageCount).fill(-1);
    mmu.frames.onCodeDropped((frame) => this.drop(frame));
  }

  /**
   * The page of a frame, as an index into words. It is valid until the frame's code is dropped, is all zero from then
   * on, and then or when another frame is asked for it may become that one's.
   */
  page(frame: number): number {
    const address = this.#i32[this.#pageOf + frame];
    return address !== 0 ? address >>> 2 : this.add(frame);
  }

  /** The instruction at `offset` of a frame; undefined where one begins that ends in the next page. */
  instruction(frame: number, offset: number): Instruction | undefined {
    const { u16, layout } = this.#mmu.frames.memory;
    const at = (layout.ram + frame * PAGE_SIZE + offset) >>> 1;
    const low = u16[at];
    if ((low & 3) !== 3) return this.known(low);
    return offset === PAGE_SIZE - 2 ? undefined : this.known(low | (u16[at + 1] << 16));
  }

  /** As `decode` of riscv/decode.ts: instructions that are looked at one by one come again and again. */
  known(bits: number): Instruction {
    const place = (Math.imul(bits, 0x9e37_79b1) >>> 24) & 0xff;
    const known = this.#known[place];
    if (known?.bits === bits) return known.instruction;
    const instruction = decode(bits);
    this.#known[place] = { bits, instruction };
    return instruction;
  }

  /** Decodes the instruction at `offset` of a frame into its page. */
  decode(frame: number, offset: number): void {
    const at = this.page(frame) + offset;
    const instruction = this.#marked[offset >>> 1] ? undefined : this.instruction(frame, offset);
    if (!instruction || this.watches?.(frame, offset)) {
      this.#i32[at] = SPECIAL | Decoded.Present;
      return;
    }
    this.#i32[at] = packRegisters(instruction);
    this.#i32[at + 1] = packImmediate(instruction);
  }

  /** Whether the instruction was decoded, hence executed, since the frame's code was last dropped. */
  isDecoded(frame: number, offset: number): boolean {
    const address = this.#i32[this.#pageOf + frame];
    return address !== 0 && this.#i32[(address >>> 2) + offset] !== 0;
  }

  /** Decodes an instruction anew if it was decoded: what `watches` says of it has changed. */
  redecode(frame: number, offset: number): void {
    if (this.isDecoded(frame, offset)) this.decode(frame, offset);
  }

  /** The index, in 16-bit units, of the count that belongs to a halfword of a frame. */
  count(frame: number, offset: number): number {
    return this.page(frame) * 2 + (DECODED_COUNTS >>> 1) + (offset >>> 1);
  }

  /** The physical address of the instruction whose pair of words is at an address, or -1 when it is gone. */
  physical(address: number): number {
    const from = address - this.#mmu.frames.memory.layout.decodedPages;
    const page = Math.floor(from / DECODED_PAGE_SIZE);
    const frame = this.#frames[page];
    return frame < 0 ? -1 : frame * PAGE_SIZE + (from - page * DECODED_PAGE_SIZE) / 4;
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
    for (let page = 0; page < this.#used; page++)
      if (this.#frames[page] >= 0) for (const half of changed) this.#i32[this.wordOf(page) + half * 2] = 0;
  }

  private wordOf(page: number): number {
    return (this.#mmu.frames.memory.layout.decodedPages + page * DECODED_PAGE_SIZE) >>> 2;
  }

  private add(frame: number): number {
    let page = this.#free.pop();
    if (page === undefined) {
      if (this.#used < this.#frames.length) page = this.#used++;
      else {
        this.drop(this.#frames[this.#hand]);
        this.#hand = (this.#hand + 1) % this.#frames.length;
        page = this.#free.pop()!;
      }
    }
    const word = this.wordOf(page);
    this.#frames[page] = frame;
    this.#i32[this.#pageOf + frame] = word << 2;
    this.#i32[word + PAGE_SIZE] = END_OF_PAGE | Decoded.Present;
    this.#mmu.markCode(frame as FrameNumber);
    return word;
  }

  private drop(frame: number): void {
    const address = this.#i32[this.#pageOf + frame];
    if (address === 0) return;
    const word = address >>> 2;
    this.#i32.fill(0, word, word + DECODED_PAGE_SIZE / 4);
    this.#i32[this.#pageOf + frame] = 0;
    const page = (address - this.#mmu.frames.memory.layout.decodedPages) / DECODED_PAGE_SIZE;
    this.#frames[page] = -1;
    this.#free.push(page);
  }
}
