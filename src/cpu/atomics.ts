import { Access } from '../memory/mmu.ts';
import type { GuestMemory } from '../memory/guest-memory.ts';
import { Watched } from '../memory/watched-memory.ts';
import { Op } from '../riscv/op.ts';
import type { DataAccess } from './data-access.ts';
import { Exit } from './engine.ts';
import { StateOffset } from './hart-state.ts';

/**
 * The A extension. With a single hart every read-modify-write is atomic, and aq and rl order nothing.
 * A reservation is a byte offset into RAM, hence survives neither CoW of its page nor a context switch.
 */
export class Atomics {
  readonly #i32: Int32Array;
  readonly #data: DataAccess;
  readonly #reserved: number;
  readonly #reservation: number;

  constructor(memory: GuestMemory, data: DataAccess) {
    this.#i32 = memory.i32;
    this.#data = data;
    this.#reserved = (memory.layout.state + StateOffset.Reserved) >>> 2;
    this.#reservation = (memory.layout.state + StateOffset.Reservation) >>> 2;
  }

  /**
   * Executes an LR, SC or AMO. Registers are given as indices of their low words.
   * @returns `Exit.Budget` when it retired, else why it did not, with nothing changed.
   */
  execute(op: Op, rd: number, rs1: number, rs2: number): Exit {
    const i32 = this.#i32;
    const lo = i32[rs1];
    const hi = i32[rs1 + 1];
    const double = op >= Op.LrD;
    if ((lo & (double ? 7 : 3)) !== 0) {
      this.#data.fault(lo, hi, op === Op.LrW || op === Op.LrD ? Access.Read : Access.Write);
      return Exit.Misaligned;
    }
    switch (op) {
      case Op.LrW:
      case Op.LrD:
        return this.loadReserved(rd, lo, hi, double);
      case Op.ScW:
      case Op.ScD:
        return this.storeConditional(rd, rs2, lo, hi, double);
      default: {
        const at = this.#data.locateWatched(lo, hi, double ? 8 : 4, Access.Write, Watched.Loads | Watched.Stores);
        if (at < 0) return this.#data.refusal;
        if (double) this.modifyDouble(op, rd, at >>> 2, rs2);
        else this.modifyWord(op, rd, at >>> 2, rs2);
        return Exit.Budget;
      }
    }
  }

  private loadReserved(rd: number, lo: number, hi: number, double: boolean): Exit {
    const i32 = this.#i32;
    const at = this.#data.locateWatched(lo, hi, double ? 8 : 4, Access.Read, Watched.Loads);
    if (at < 0) return this.#data.refusal;
    i32[this.#reserved] = 1;
    i32[this.#reservation] = at;
    const low = i32[at >>> 2];
    i32[rd + 1] = double ? i32[(at >>> 2) + 1] : low >> 31;
    i32[rd] = low;
    return Exit.Budget;
  }

  private storeConditional(rd: number, rs2: number, lo: number, hi: number, double: boolean): Exit {
    const i32 = this.#i32;
    let failed = 1;
    if (i32[this.#reserved] !== 0) {
      const at = this.#data.locateWatched(lo, hi, double ? 8 : 4, Access.Write, Watched.Stores);
      if (at < 0) return this.#data.refusal;
      if (at === i32[this.#reservation]) {
        i32[at >>> 2] = i32[rs2];
        if (double) i32[(at >>> 2) + 1] = i32[rs2 + 1];
        failed = 0;
      }
    }
    // Successful or not, an SC ends the reservation.
    i32[this.#reserved] = 0;
    i32[rd] = failed;
    i32[rd + 1] = 0;
    return Exit.Budget;
  }

  private modifyWord(op: Op, rd: number, at: number, rs2: number): void {
    const i32 = this.#i32;
    const old = i32[at];
    i32[at] = combineWords(op, old, i32[rs2]);
    i32[rd] = old;
    i32[rd + 1] = old >> 31;
  }

  private modifyDouble(op: Op, rd: number, at: number, rs2: number): void {
    const i32 = this.#i32;
    const low = i32[at];
    const high = i32[at + 1];
    const sourceLow = i32[rs2];
    const sourceHigh = i32[rs2 + 1];
    if (op === Op.AmoAddD) {
      const sum = (low + sourceLow) | 0;
      i32[at] = sum;
      i32[at + 1] = high + sourceHigh + (sum >>> 0 < low >>> 0 ? 1 : 0);
    } else if (op >= Op.AmoMinD) {
      const signed = op === Op.AmoMinD || op === Op.AmoMaxD;
      const less =
        high === sourceHigh ? low >>> 0 < sourceLow >>> 0 : signed ? high < sourceHigh : high >>> 0 < sourceHigh >>> 0;
      const keep = less === (op === Op.AmoMinD || op === Op.AmoMinuD);
      if (!keep) {
        i32[at] = sourceLow;
        i32[at + 1] = sourceHigh;
      }
    } else {
      const bitwise = (op - Op.LrD + Op.LrW) as Op;
      i32[at] = combineWords(bitwise, low, sourceLow);
      i32[at + 1] = combineWords(bitwise, high, sourceHigh);
    }
    i32[rd] = low;
    i32[rd + 1] = high;
  }
}

function combineWords(op: Op, old: number, source: number): number {
  switch (op) {
    case Op.AmoSwapW:
      return source;
    case Op.AmoAddW:
      return (old + source) | 0;
    case Op.AmoXorW:
      return old ^ source;
    case Op.AmoAndW:
      return old & source;
    case Op.AmoOrW:
      return old | source;
    case Op.AmoMinW:
      return Math.min(old, source);
    case Op.AmoMaxW:
      return Math.max(old, source);
    case Op.AmoMinuW:
      return old >>> 0 < source >>> 0 ? old : source;
    case Op.AmoMaxuW:
      return old >>> 0 > source >>> 0 ? old : source;
    default:
      throw new Error(`not an atomic memory operation: ${op}`);
  }
}
