import type { VirtAddr } from '../memory/address.ts';
import { fromWords } from '../memory/address.ts';
import { Access, type Mmu } from '../memory/mmu.ts';
import type { Instruction } from '../riscv/instruction.ts';
import { Op } from '../riscv/op.ts';
import { Atomics } from './atomics.ts';
import { CodeCache, Decoded, SPECIAL, packImmediate, packRegisters } from './code-cache.ts';
import { executeCsr } from './csr.ts';
import { DataAccess } from './data-access.ts';
import { Exit, Resume, type Engine, type WatchedAccess } from './engine.ts';
import { executeFloat } from './float-instructions.ts';
import { BOXED, floatFile, type FloatFile } from './float/float-file.ts';
import { StateOffset, type HartState } from './hart-state.ts';
import { divide, divideWords, multiplyHigh, multiplyHighWords } from './multiply-divide.ts';

/** Instructions run in one go: the loop counts them in a small integer. */
const SLICE = 0x3000_0000;

const PAGE_MASK = 0xfff;
const TWO_32 = 0x1_0000_0000;
/** A page offset that stands for "elsewhere: at the jump target". */
const FAR = -0x4000_0000;

/** What `runWatched` returns besides the exits: at an instruction that the watcher wants to leave at. */
export const WATCHED = -1;

/** Sees instructions that `CodeCache.watches` chose, before they execute. */
export interface Watcher {
  watches(frame: number, offset: number): boolean;
  /**
   * @param left instructions that the run may still retire
   * @returns true to leave the interpreter at this instruction
   */
  arrive(lo: number, hi: number, frame: number, offset: number, left: number): boolean;
}

/**
 * The interpreter: registers are pairs of 32-bit words in guest memory, instructions are decoded once per frame, and
 * loads and stores look the TLB up inline. Both halves of pc are kept as a page and an offset into it, so that only
 * leaving the page costs more than an addition.
 */
export class Interpreter implements Engine {
  time: () => number = () => 0;
  readonly #state: HartState;
  readonly #mmu: Mmu;
  readonly #code: CodeCache;
  readonly #data: DataAccess;
  readonly #atomics: Atomics;
  readonly #float: FloatFile;
  #breakpoints: ReadonlySet<VirtAddr> = new Set();
  #watcher: Watcher | undefined;
  /** The watcher is to be asked. */
  #watching = false;
  /** An instruction that is not cached, and its decoded words. */
  #special: Instruction | undefined;
  #registers = 0;
  #immediate = 0;

  constructor(state: HartState, mmu: Mmu) {
    const { memory } = mmu.frames;
    this.#state = state;
    this.#mmu = mmu;
    this.#code = new CodeCache(mmu);
    this.#data = new DataAccess(mmu);
    this.#atomics = new Atomics(memory, this.#data);
    this.#float = floatFile(memory);
  }

  get faultAccess(): Access {
    return this.#data.faultAccess;
  }

  get watchedAccess(): WatchedAccess {
    return this.#data.watchedAccess;
  }

  /** The decoded instructions, for whoever translates them. */
  get code(): CodeCache {
    return this.#code;
  }

  /** Notes why `Mmu.translate` has found no frame. Returns the exit for it. */
  refuse(reason: number, lo: number, hi: number, access: Access): Exit {
    this.#data.refuse(reason, lo, hi, access);
    return this.#data.refusal;
  }

  /** Lets `watcher` choose instructions to see, before any is decoded. */
  watch(watcher: Watcher): void {
    this.#watcher = watcher;
    this.#code.watches = (frame, offset) => watcher.watches(frame, offset);
  }

  /**
   * As `run`, for at most 2^29 instructions, but leaves where the watcher says so; `unseen` hides the first instruction
   * from it.
   */
  runWatched(budget: number, resume: Resume, unseen: boolean): Exit | typeof WATCHED {
    this.#watching = true;
    const exit = this.slice(Math.min(budget, SLICE), resume === Resume.PastBreakpoint, unseen);
    this.#watching = false;
    return exit;
  }

  setBreakpoints(addresses: ReadonlySet<VirtAddr>): void {
    this.#breakpoints = new Set(addresses);
    this.#code.mark(this.#breakpoints);
  }

  run(budget: number, resume: Resume): Exit {
    let left = budget;
    let past = resume === Resume.PastBreakpoint;
    while (left > 0) {
      const before = this.#state.instret;
      const exit = this.slice(Math.min(left, SLICE), past, false);
      if (exit === WATCHED) throw new Error('the interpreter was watched outside runWatched');
      if (exit !== Exit.Budget) return exit;
      left -= this.#state.instret - before;
      past = false;
    }
    return Exit.Budget;
  }

  /** `run` for at most `SLICE` instructions; `past` ignores a breakpoint on the first one, `unseen` the watcher. */
  private slice(budget: number, past: boolean, unseen: boolean): Exit | typeof WATCHED {
    const mmu = this.#mmu;
    const memory = mmu.frames.memory;
    const code = this.#code;
    const data = this.#data;
    const { i32, u32, i16, u16, i8, u8, layout } = memory;
    const x = (layout.state + StateOffset.X) >>> 2;
    const f = (layout.state + StateOffset.F) >>> 2;
    const pc = (layout.state + StateOffset.Pc) >>> 2;
    const readTlb = layout.tlbRead >>> 2;
    const writeTlb = layout.tlbWrite >>> 2;
    const executeTlb = layout.tlbExecute >>> 2;
    const tlbMask = layout.tlbEntries - 1;
    /** The bits that a TLB look-up must leave clear. */
    const outside = ~(layout.ramSpan - 1);
    const { ram } = layout;
    const ram16 = ram >>> 1;
    const ram32 = ram >>> 2;

    // The page of pc, and pc's offset in it; outside 0..4095 pc has left the page and is to be looked up.
    let pageLo = 0;
    let pageHi = 0;
    let offset = FAR;
    let targetLo = i32[pc];
    let targetHi = i32[pc + 1];
    let frame = 0;
    /** Index of the decoded page. */
    let page = 0;
    let left = budget;
    let exit: Exit | typeof WATCHED = Exit.Budget;

    run: while (left > 0) {
      if ((offset & ~PAGE_MASK) !== 0) {
        if (offset !== FAR) {
          const sum = (pageLo >>> 0) + offset;
          targetLo = sum | 0;
          targetHi = (pageHi + Math.floor(sum / TWO_32)) | 0;
        }
        offset = FAR;
        const entry = executeTlb + ((targetLo >>> 12) & tlbMask) * 2;
        const hit = targetLo ^ i32[entry];
        if (((targetHi ^ i32[entry + 1]) | (hit & outside)) === 0) {
          frame = hit >>> 12;
        } else {
          frame = mmu.translate(targetLo, targetHi, Access.Execute);
          if (frame < 0) {
            data.refuse(frame, targetLo, targetHi, Access.Execute);
            exit = data.refusal;
            break;
          }
        }
        page = code.page(frame);
        pageLo = targetLo & ~PAGE_MASK;
        pageHi = targetHi;
        offset = targetLo & PAGE_MASK;
      }
      let word = i32[page + offset];
      let imm = i32[page + offset + 1];
      if (word === 0) {
        code.decode(frame, offset);
        // The page was dropped if a store wrote to its frame.
        page = code.page(frame);
        word = i32[page + offset];
        imm = i32[page + offset + 1];
      }
      execute: for (;;) {
        const rd = x + ((word >>> Decoded.RdShift) & Decoded.RdMask);
        const rs1 = x + ((word >>> Decoded.Rs1Shift) & Decoded.RsMask);
        const rs2 = x + ((word >>> Decoded.Rs2Shift) & Decoded.RsMask);
        const op: Op = word & 0xff;
        switch (op) {
          case Op.Lui:
            i32[rd] = imm;
            i32[rd + 1] = imm >> 31;
            break;
          case Op.Auipc: {
            const lo = pageLo | offset;
            const sum = (lo + imm) | 0;
            i32[rd] = sum;
            i32[rd + 1] = pageHi + (imm >> 31) + (sum >>> 0 < lo >>> 0 ? 1 : 0);
            break;
          }
          case Op.Jal: {
            const link = (pageLo + offset + 2 + ((word >>> (Decoded.LengthShift - 1)) & 2)) | 0;
            i32[rd] = link;
            i32[rd + 1] = pageHi + (link >>> 0 < pageLo >>> 0 ? 1 : 0);
            offset += imm;
            left--;
            continue run;
          }
          case Op.Jalr: {
            const base = i32[rs1];
            targetLo = (base + imm) | 0;
            targetHi = (i32[rs1 + 1] + (imm >> 31) + (targetLo >>> 0 < base >>> 0 ? 1 : 0)) | 0;
            targetLo &= ~1;
            const link = (pageLo + offset + 2 + ((word >>> (Decoded.LengthShift - 1)) & 2)) | 0;
            i32[rd] = link;
            i32[rd + 1] = pageHi + (link >>> 0 < pageLo >>> 0 ? 1 : 0);
            offset = (targetLo & ~PAGE_MASK) === pageLo && targetHi === pageHi ? targetLo & PAGE_MASK : FAR;
            left--;
            continue run;
          }
          case Op.Beq:
            if (i32[rs1] === i32[rs2] && i32[rs1 + 1] === i32[rs2 + 1]) {
              offset += imm;
              left--;
              continue run;
            }
            break;
          case Op.Bne:
            if (i32[rs1] !== i32[rs2] || i32[rs1 + 1] !== i32[rs2 + 1]) {
              offset += imm;
              left--;
              continue run;
            }
            break;
          case Op.Blt: {
            const a = i32[rs1 + 1];
            const b = i32[rs2 + 1];
            if (a < b || (a === b && u32[rs1] < u32[rs2])) {
              offset += imm;
              left--;
              continue run;
            }
            break;
          }
          case Op.Bge: {
            const a = i32[rs1 + 1];
            const b = i32[rs2 + 1];
            if (a > b || (a === b && u32[rs1] >= u32[rs2])) {
              offset += imm;
              left--;
              continue run;
            }
            break;
          }
          case Op.Bltu: {
            const a = u32[rs1 + 1];
            const b = u32[rs2 + 1];
            if (a < b || (a === b && u32[rs1] < u32[rs2])) {
              offset += imm;
              left--;
              continue run;
            }
            break;
          }
          case Op.Bgeu: {
            const a = u32[rs1 + 1];
            const b = u32[rs2 + 1];
            if (a > b || (a === b && u32[rs1] >= u32[rs2])) {
              offset += imm;
              left--;
              continue run;
            }
            break;
          }

          case Op.Lb: {
            const base = i32[rs1];
            const lo = (base + imm) | 0;
            const hi = (i32[rs1 + 1] + (imm >> 31) + (lo >>> 0 < base >>> 0 ? 1 : 0)) | 0;
            const entry = readTlb + ((lo >>> 12) & tlbMask) * 2;
            const hit = lo ^ i32[entry];
            let value: number;
            if (((hi ^ i32[entry + 1]) | (hit & outside)) === 0) {
              value = i8[ram + hit];
            } else {
              if (!data.load(lo, hi, 1)) {
                exit = data.refusal;
                break run;
              }
              value = (data.low << 24) >> 24;
            }
            i32[rd] = value;
            i32[rd + 1] = value >> 31;
            break;
          }
          case Op.Lh: {
            const base = i32[rs1];
            const lo = (base + imm) | 0;
            const hi = (i32[rs1 + 1] + (imm >> 31) + (lo >>> 0 < base >>> 0 ? 1 : 0)) | 0;
            const entry = readTlb + ((lo >>> 12) & tlbMask) * 2;
            const hit = lo ^ i32[entry];
            let value: number;
            if (((hi ^ i32[entry + 1]) | (hit & (outside | 1))) === 0) {
              value = i16[ram16 + (hit >>> 1)];
            } else {
              if (!data.load(lo, hi, 2)) {
                exit = data.refusal;
                break run;
              }
              value = (data.low << 16) >> 16;
            }
            i32[rd] = value;
            i32[rd + 1] = value >> 31;
            break;
          }
          case Op.Lw: {
            const base = i32[rs1];
            const lo = (base + imm) | 0;
            const hi = (i32[rs1 + 1] + (imm >> 31) + (lo >>> 0 < base >>> 0 ? 1 : 0)) | 0;
            const entry = readTlb + ((lo >>> 12) & tlbMask) * 2;
            const hit = lo ^ i32[entry];
            let value: number;
            if (((hi ^ i32[entry + 1]) | (hit & (outside | 3))) === 0) {
              value = i32[ram32 + (hit >>> 2)];
            } else {
              if (!data.load(lo, hi, 4)) {
                exit = data.refusal;
                break run;
              }
              value = data.low;
            }
            i32[rd] = value;
            i32[rd + 1] = value >> 31;
            break;
          }
          case Op.Ld: {
            const base = i32[rs1];
            const lo = (base + imm) | 0;
            const hi = (i32[rs1 + 1] + (imm >> 31) + (lo >>> 0 < base >>> 0 ? 1 : 0)) | 0;
            const entry = readTlb + ((lo >>> 12) & tlbMask) * 2;
            const hit = lo ^ i32[entry];
            if (((hi ^ i32[entry + 1]) | (hit & (outside | 7))) === 0) {
              const at = ram32 + (hit >>> 2);
              i32[rd] = i32[at];
              i32[rd + 1] = i32[at + 1];
            } else {
              if (!data.load(lo, hi, 8)) {
                exit = data.refusal;
                break run;
              }
              i32[rd] = data.low;
              i32[rd + 1] = data.high;
            }
            break;
          }
          case Op.Lbu: {
            const base = i32[rs1];
            const lo = (base + imm) | 0;
            const hi = (i32[rs1 + 1] + (imm >> 31) + (lo >>> 0 < base >>> 0 ? 1 : 0)) | 0;
            const entry = readTlb + ((lo >>> 12) & tlbMask) * 2;
            const hit = lo ^ i32[entry];
            let value: number;
            if (((hi ^ i32[entry + 1]) | (hit & outside)) === 0) {
              value = u8[ram + hit];
            } else {
              if (!data.load(lo, hi, 1)) {
                exit = data.refusal;
                break run;
              }
              value = data.low;
            }
            i32[rd] = value;
            i32[rd + 1] = 0;
            break;
          }
          case Op.Lhu: {
            const base = i32[rs1];
            const lo = (base + imm) | 0;
            const hi = (i32[rs1 + 1] + (imm >> 31) + (lo >>> 0 < base >>> 0 ? 1 : 0)) | 0;
            const entry = readTlb + ((lo >>> 12) & tlbMask) * 2;
            const hit = lo ^ i32[entry];
            let value: number;
            if (((hi ^ i32[entry + 1]) | (hit & (outside | 1))) === 0) {
              value = u16[ram16 + (hit >>> 1)];
            } else {
              if (!data.load(lo, hi, 2)) {
                exit = data.refusal;
                break run;
              }
              value = data.low;
            }
            i32[rd] = value;
            i32[rd + 1] = 0;
            break;
          }
          case Op.Lwu: {
            const base = i32[rs1];
            const lo = (base + imm) | 0;
            const hi = (i32[rs1 + 1] + (imm >> 31) + (lo >>> 0 < base >>> 0 ? 1 : 0)) | 0;
            const entry = readTlb + ((lo >>> 12) & tlbMask) * 2;
            const hit = lo ^ i32[entry];
            let value: number;
            if (((hi ^ i32[entry + 1]) | (hit & (outside | 3))) === 0) {
              value = i32[ram32 + (hit >>> 2)];
            } else {
              if (!data.load(lo, hi, 4)) {
                exit = data.refusal;
                break run;
              }
              value = data.low;
            }
            i32[rd] = value;
            i32[rd + 1] = 0;
            break;
          }
          case Op.Flw: {
            const base = i32[rs1];
            const lo = (base + imm) | 0;
            const hi = (i32[rs1 + 1] + (imm >> 31) + (lo >>> 0 < base >>> 0 ? 1 : 0)) | 0;
            const entry = readTlb + ((lo >>> 12) & tlbMask) * 2;
            const hit = lo ^ i32[entry];
            let value: number;
            if (((hi ^ i32[entry + 1]) | (hit & (outside | 3))) === 0) {
              value = i32[ram32 + (hit >>> 2)];
            } else {
              if (!data.load(lo, hi, 4)) {
                exit = data.refusal;
                break run;
              }
              value = data.low;
            }
            const to = f + ((word >>> Decoded.RdShift) & Decoded.RdMask);
            i32[to] = value;
            i32[to + 1] = BOXED;
            break;
          }
          case Op.Fld: {
            const base = i32[rs1];
            const lo = (base + imm) | 0;
            const hi = (i32[rs1 + 1] + (imm >> 31) + (lo >>> 0 < base >>> 0 ? 1 : 0)) | 0;
            const entry = readTlb + ((lo >>> 12) & tlbMask) * 2;
            const hit = lo ^ i32[entry];
            const to = f + ((word >>> Decoded.RdShift) & Decoded.RdMask);
            if (((hi ^ i32[entry + 1]) | (hit & (outside | 7))) === 0) {
              const at = ram32 + (hit >>> 2);
              i32[to] = i32[at];
              i32[to + 1] = i32[at + 1];
            } else {
              if (!data.load(lo, hi, 8)) {
                exit = data.refusal;
                break run;
              }
              i32[to] = data.low;
              i32[to + 1] = data.high;
            }
            break;
          }

          case Op.Sb: {
            const base = i32[rs1];
            const lo = (base + imm) | 0;
            const hi = (i32[rs1 + 1] + (imm >> 31) + (lo >>> 0 < base >>> 0 ? 1 : 0)) | 0;
            const entry = writeTlb + ((lo >>> 12) & tlbMask) * 2;
            const hit = lo ^ i32[entry];
            if (((hi ^ i32[entry + 1]) | (hit & outside)) === 0) {
              u8[ram + hit] = i32[rs2];
            } else if (!data.store(lo, hi, 1, i32[rs2], 0)) {
              exit = data.refusal;
              break run;
            }
            break;
          }
          case Op.Sh: {
            const base = i32[rs1];
            const lo = (base + imm) | 0;
            const hi = (i32[rs1 + 1] + (imm >> 31) + (lo >>> 0 < base >>> 0 ? 1 : 0)) | 0;
            const entry = writeTlb + ((lo >>> 12) & tlbMask) * 2;
            const hit = lo ^ i32[entry];
            if (((hi ^ i32[entry + 1]) | (hit & (outside | 1))) === 0) {
              u16[ram16 + (hit >>> 1)] = i32[rs2];
            } else if (!data.store(lo, hi, 2, i32[rs2], 0)) {
              exit = data.refusal;
              break run;
            }
            break;
          }
          case Op.Sw: {
            const base = i32[rs1];
            const lo = (base + imm) | 0;
            const hi = (i32[rs1 + 1] + (imm >> 31) + (lo >>> 0 < base >>> 0 ? 1 : 0)) | 0;
            const entry = writeTlb + ((lo >>> 12) & tlbMask) * 2;
            const hit = lo ^ i32[entry];
            if (((hi ^ i32[entry + 1]) | (hit & (outside | 3))) === 0) {
              i32[ram32 + (hit >>> 2)] = i32[rs2];
            } else if (!data.store(lo, hi, 4, i32[rs2], 0)) {
              exit = data.refusal;
              break run;
            }
            break;
          }
          case Op.Sd: {
            const base = i32[rs1];
            const lo = (base + imm) | 0;
            const hi = (i32[rs1 + 1] + (imm >> 31) + (lo >>> 0 < base >>> 0 ? 1 : 0)) | 0;
            const entry = writeTlb + ((lo >>> 12) & tlbMask) * 2;
            const hit = lo ^ i32[entry];
            if (((hi ^ i32[entry + 1]) | (hit & (outside | 7))) === 0) {
              const at = ram32 + (hit >>> 2);
              i32[at] = i32[rs2];
              i32[at + 1] = i32[rs2 + 1];
            } else if (!data.store(lo, hi, 8, i32[rs2], i32[rs2 + 1])) {
              exit = data.refusal;
              break run;
            }
            break;
          }
          case Op.Fsw: {
            const base = i32[rs1];
            const lo = (base + imm) | 0;
            const hi = (i32[rs1 + 1] + (imm >> 31) + (lo >>> 0 < base >>> 0 ? 1 : 0)) | 0;
            const entry = writeTlb + ((lo >>> 12) & tlbMask) * 2;
            const hit = lo ^ i32[entry];
            const from = f + ((word >>> Decoded.Rs2Shift) & Decoded.RsMask);
            if (((hi ^ i32[entry + 1]) | (hit & (outside | 3))) === 0) {
              i32[ram32 + (hit >>> 2)] = i32[from];
            } else if (!data.store(lo, hi, 4, i32[from], 0)) {
              exit = data.refusal;
              break run;
            }
            break;
          }
          case Op.Fsd: {
            const base = i32[rs1];
            const lo = (base + imm) | 0;
            const hi = (i32[rs1 + 1] + (imm >> 31) + (lo >>> 0 < base >>> 0 ? 1 : 0)) | 0;
            const entry = writeTlb + ((lo >>> 12) & tlbMask) * 2;
            const hit = lo ^ i32[entry];
            const from = f + ((word >>> Decoded.Rs2Shift) & Decoded.RsMask);
            if (((hi ^ i32[entry + 1]) | (hit & (outside | 7))) === 0) {
              const at = ram32 + (hit >>> 2);
              i32[at] = i32[from];
              i32[at + 1] = i32[from + 1];
            } else if (!data.store(lo, hi, 8, i32[from], i32[from + 1])) {
              exit = data.refusal;
              break run;
            }
            break;
          }

          case Op.Addi: {
            const a = i32[rs1];
            const sum = (a + imm) | 0;
            i32[rd + 1] = i32[rs1 + 1] + (imm >> 31) + (sum >>> 0 < a >>> 0 ? 1 : 0);
            i32[rd] = sum;
            break;
          }
          case Op.Slti: {
            const high = i32[rs1 + 1];
            const sign = imm >> 31;
            i32[rd] = high < sign || (high === sign && u32[rs1] < imm >>> 0) ? 1 : 0;
            i32[rd + 1] = 0;
            break;
          }
          case Op.Sltiu: {
            const high = u32[rs1 + 1];
            const sign = (imm >> 31) >>> 0;
            i32[rd] = high < sign || (high === sign && u32[rs1] < imm >>> 0) ? 1 : 0;
            i32[rd + 1] = 0;
            break;
          }
          case Op.Xori:
            i32[rd] = i32[rs1] ^ imm;
            i32[rd + 1] = i32[rs1 + 1] ^ (imm >> 31);
            break;
          case Op.Ori:
            i32[rd] = i32[rs1] | imm;
            i32[rd + 1] = i32[rs1 + 1] | (imm >> 31);
            break;
          case Op.Andi:
            i32[rd] = i32[rs1] & imm;
            i32[rd + 1] = i32[rs1 + 1] & (imm >> 31);
            break;
          case Op.Slli:
          case Op.Sll: {
            const shift = (op === Op.Slli ? imm : i32[rs2]) & 63;
            const low = i32[rs1];
            if (shift >= 32) {
              i32[rd + 1] = low << shift;
              i32[rd] = 0;
            } else {
              // Two steps, so that a shift by 0 moves nothing across.
              i32[rd + 1] = (i32[rs1 + 1] << shift) | ((low >>> 1) >>> (31 - shift));
              i32[rd] = low << shift;
            }
            break;
          }
          case Op.Srli:
          case Op.Srl: {
            const shift = (op === Op.Srli ? imm : i32[rs2]) & 63;
            const high = i32[rs1 + 1];
            if (shift >= 32) {
              i32[rd] = high >>> shift;
              i32[rd + 1] = 0;
            } else {
              i32[rd] = (i32[rs1] >>> shift) | ((high << 1) << (31 - shift));
              i32[rd + 1] = high >>> shift;
            }
            break;
          }
          case Op.Srai:
          case Op.Sra: {
            const shift = (op === Op.Srai ? imm : i32[rs2]) & 63;
            const high = i32[rs1 + 1];
            if (shift >= 32) {
              i32[rd] = high >> shift;
              i32[rd + 1] = high >> 31;
            } else {
              i32[rd] = (i32[rs1] >>> shift) | ((high << 1) << (31 - shift));
              i32[rd + 1] = high >> shift;
            }
            break;
          }
          case Op.Add: {
            const a = i32[rs1];
            const sum = (a + i32[rs2]) | 0;
            i32[rd + 1] = i32[rs1 + 1] + i32[rs2 + 1] + (sum >>> 0 < a >>> 0 ? 1 : 0);
            i32[rd] = sum;
            break;
          }
          case Op.Sub: {
            const a = i32[rs1];
            const b = i32[rs2];
            i32[rd + 1] = i32[rs1 + 1] - i32[rs2 + 1] - (a >>> 0 < b >>> 0 ? 1 : 0);
            i32[rd] = a - b;
            break;
          }
          case Op.Slt: {
            const a = i32[rs1 + 1];
            const b = i32[rs2 + 1];
            i32[rd] = a < b || (a === b && u32[rs1] < u32[rs2]) ? 1 : 0;
            i32[rd + 1] = 0;
            break;
          }
          case Op.Sltu: {
            const a = u32[rs1 + 1];
            const b = u32[rs2 + 1];
            i32[rd] = a < b || (a === b && u32[rs1] < u32[rs2]) ? 1 : 0;
            i32[rd + 1] = 0;
            break;
          }
          case Op.Xor:
            i32[rd] = i32[rs1] ^ i32[rs2];
            i32[rd + 1] = i32[rs1 + 1] ^ i32[rs2 + 1];
            break;
          case Op.Or:
            i32[rd] = i32[rs1] | i32[rs2];
            i32[rd + 1] = i32[rs1 + 1] | i32[rs2 + 1];
            break;
          case Op.And:
            i32[rd] = i32[rs1] & i32[rs2];
            i32[rd + 1] = i32[rs1 + 1] & i32[rs2 + 1];
            break;
          case Op.Addiw: {
            const value = (i32[rs1] + imm) | 0;
            i32[rd] = value;
            i32[rd + 1] = value >> 31;
            break;
          }
          case Op.Slliw: {
            const value = i32[rs1] << imm;
            i32[rd] = value;
            i32[rd + 1] = value >> 31;
            break;
          }
          case Op.Srliw: {
            const value = (i32[rs1] >>> imm) | 0;
            i32[rd] = value;
            i32[rd + 1] = value >> 31;
            break;
          }
          case Op.Sraiw: {
            const value = i32[rs1] >> imm;
            i32[rd] = value;
            i32[rd + 1] = value >> 31;
            break;
          }
          case Op.Addw: {
            const value = (i32[rs1] + i32[rs2]) | 0;
            i32[rd] = value;
            i32[rd + 1] = value >> 31;
            break;
          }
          case Op.Subw: {
            const value = (i32[rs1] - i32[rs2]) | 0;
            i32[rd] = value;
            i32[rd + 1] = value >> 31;
            break;
          }
          case Op.Sllw: {
            const value = i32[rs1] << i32[rs2];
            i32[rd] = value;
            i32[rd + 1] = value >> 31;
            break;
          }
          case Op.Srlw: {
            const value = (i32[rs1] >>> i32[rs2]) | 0;
            i32[rd] = value;
            i32[rd + 1] = value >> 31;
            break;
          }
          case Op.Sraw: {
            const value = i32[rs1] >> i32[rs2];
            i32[rd] = value;
            i32[rd + 1] = value >> 31;
            break;
          }
          case Op.Mulw: {
            const value = Math.imul(i32[rs1], i32[rs2]);
            i32[rd] = value;
            i32[rd + 1] = value >> 31;
            break;
          }

          case Op.Fence:
          case Op.FenceI:
            // One hart, and stores drop decoded instructions at once: there is nothing to order.
            break;
          case Op.Ecall:
            exit = Exit.Ecall;
            break run;
          case Op.Ebreak:
            exit = Exit.Ebreak;
            break run;
          case Op.Illegal:
            exit = Exit.IllegalInstruction;
            break run;

          case Op.Mul: {
            const al = i32[rs1];
            const bl = i32[rs2];
            const high = multiplyHighWords(al, bl) + Math.imul(al, i32[rs2 + 1]) + Math.imul(i32[rs1 + 1], bl);
            i32[rd + 1] = high;
            i32[rd] = Math.imul(al, bl);
            break;
          }
          case Op.Mulh:
          case Op.Mulhsu:
          case Op.Mulhu:
            multiplyHigh(memory, op, rd, rs1, rs2);
            break;
          case Op.Div:
          case Op.Divu:
          case Op.Rem:
          case Op.Remu:
            divide(memory, op, rd, rs1, rs2);
            break;
          case Op.Divw:
          case Op.Divuw:
          case Op.Remw:
          case Op.Remuw:
            divideWords(i32, op, rd, rs1, rs2);
            break;

          default: {
            if (Number(op) === SPECIAL) {
              const first = left === budget;
              const refused = this.decodeSpecial(pageLo, pageHi, frame, offset, past && first);
              if (refused !== Exit.Budget) {
                exit = refused;
                break run;
              }
              if (this.#watching && !(unseen && first) && this.arrive(pageLo, pageHi, frame, offset, left)) {
                exit = WATCHED;
                break run;
              }
              word = this.#registers;
              imm = this.#immediate;
              continue execute;
            }
            const refused = this.executeRare(word, imm, rd, rs1, rs2, budget - left);
            if (refused !== Exit.Budget) {
              exit = refused;
              break run;
            }
          }
        }
        break;
      }
      offset += 2 + ((word >>> (Decoded.LengthShift - 1)) & 2);
      left--;
    }

    if (offset === FAR) {
      i32[pc] = targetLo;
      i32[pc + 1] = targetHi;
    } else {
      const sum = (pageLo >>> 0) + offset;
      i32[pc] = sum;
      i32[pc + 1] = pageHi + Math.floor(sum / TWO_32);
    }
    this.#state.instret += budget - left;
    return exit;
  }

  /**
   * Decodes an instruction that cannot be cached, into `#registers` and `#immediate`.
   * @returns `Exit.Budget` when it may execute, else why the hart leaves instead.
   */
  private decodeSpecial(pageLo: number, pageHi: number, frame: number, offset: number, past: boolean): Exit {
    const lo = pageLo | offset;
    if (!past && this.#breakpoints.has(fromWords(lo, pageHi))) return Exit.Breakpoint;
    const { u16, layout } = this.#mmu.frames.memory;
    const at = (layout.ram + (frame << 12) + offset) >>> 1;
    let word = u16[at];
    if ((word & 3) === 3) {
      let second = at + 1;
      if (offset === PAGE_MASK - 1) {
        const next = (lo + 2) | 0;
        const byte = this.#data.locate(next, next === 0 ? (pageHi + 1) | 0 : pageHi, Access.Execute);
        if (byte < 0) return this.#data.refusal;
        second = byte >>> 1;
      }
      word |= u16[second] << 16;
    }
    const instruction = this.#code.known(word);
    this.#special = instruction;
    this.#registers = packRegisters(instruction);
    this.#immediate = packImmediate(instruction);
    return Exit.Budget;
  }

  /** Whether the watcher wants to leave at the instruction that was just decoded. */
  private arrive(pageLo: number, pageHi: number, frame: number, offset: number, left: number): boolean {
    const watcher = this.#watcher;
    // An instruction that straddles pages is never watched: it is not known by one frame.
    if (!watcher || !this.#special || (this.#special.length === 4 && offset === PAGE_MASK - 1)) return false;
    return watcher.arrive(pageLo | offset, pageHi, frame, offset, left);
  }

  /** CSR, atomic and floating-point instructions. `retired` counts those of this run before it. */
  private executeRare(word: number, imm: number, rd: number, rs1: number, rs2: number, retired: number): Exit {
    const op: Op = word & 0xff;
    if (op >= Op.FmaddS) {
      const toFloat = (word >>> (Decoded.RdShift + 1)) & 31;
      const from1 = (word >>> (Decoded.Rs1Shift + 1)) & 31;
      const from2 = (word >>> (Decoded.Rs2Shift + 1)) & 31;
      const legal = executeFloat(this.#float, op, toFloat, from1, from2, rd, rs1, imm);
      return legal ? Exit.Budget : Exit.IllegalInstruction;
    }
    if (op >= Op.LrW) return this.#atomics.execute(op, rd, rs1, rs2);
    const state = this.#state;
    const uimm = (word >>> (Decoded.Rs1Shift + 1)) & 31;
    // The clock counts instructions: what it reads must not depend on where this run began.
    state.instret += retired;
    const legal = executeCsr(this.#mmu.frames.memory, op, imm & PAGE_MASK, rd, rs1, uimm, state.instret, this.time);
    state.instret -= retired;
    return legal ? Exit.Budget : Exit.IllegalInstruction;
  }
}
