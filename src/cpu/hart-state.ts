import { fromWords, highWord, type VirtAddr } from '../memory/address.ts';
import type { GuestMemory } from '../memory/guest-memory.ts';

/** Byte offsets of the hart's registers in the state block at `layout.state`. Generated code uses the same ones. */
export const enum StateOffset {
  /** x0..x31, 8 bytes each; x0 is always zero. */
  X = 0,
  /** Where an instruction with rd = x0 writes. */
  Sink = 256,
  /** f0..f31, 8 bytes each, single precision NaN-boxed. */
  F = 264,
  Pc = 520,
  /** frm in bits 7..5, fflags in bits 4..0. */
  Fcsr = 528,
  /** 1 while an LR reservation is held. */
  Reserved = 532,
  /** The reserved byte offset into RAM. */
  Reservation = 536,
  /** Address of the access that faulted. */
  FaultVa = 544,
  /** Instructions left of the current run (for generated code). */
  Budget = 552,
  End = 1024,
}

/** What a context switch saves: everything up to and including fcsr; a reservation never survives one. */
const CONTEXT_SIZE = StateOffset.Reserved;

/** The registers of the hart, in the WebAssembly memory. */
export class HartState {
  readonly #memory: GuestMemory;
  /** Index of the state block in 32-bit and 64-bit words. */
  readonly #word: number;
  readonly #dword: number;
  /** Instructions retired since the machine was made: the machine's clock. */
  instret = 0;

  constructor(memory: GuestMemory) {
    this.#memory = memory;
    this.#word = memory.layout.state >>> 2;
    this.#dword = memory.layout.state >>> 3;
  }

  x(index: number): bigint {
    return this.#memory.u64[this.#dword + (StateOffset.X >>> 3) + index];
  }

  setX(index: number, value: bigint): void {
    if (index !== 0) this.#memory.u64[this.#dword + (StateOffset.X >>> 3) + index] = BigInt.asUintN(64, value);
  }

  /** The low word of an x register, sign-extended. */
  xLow(index: number): number {
    return this.#memory.i32[this.#word + (StateOffset.X >>> 2) + index * 2];
  }

  xHigh(index: number): number {
    return this.#memory.i32[this.#word + (StateOffset.X >>> 2) + index * 2 + 1];
  }

  /** An x register as an unsigned number; inexact above 2^53. */
  xNumber(index: number): number {
    return fromWords(this.xLow(index), this.xHigh(index));
  }

  /** Sets an x register to a number of at most 53 bits, sign-extended. */
  setXNumber(index: number, value: number): void {
    if (index === 0) return;
    const at = this.#word + (StateOffset.X >>> 2) + index * 2;
    this.#memory.i32[at] = (value % 0x1_0000_0000) | 0;
    this.#memory.i32[at + 1] = Math.floor(value / 0x1_0000_0000) | 0;
  }

  /** The raw bits of an f register. */
  f(index: number): bigint {
    return this.#memory.u64[this.#dword + (StateOffset.F >>> 3) + index];
  }

  setF(index: number, bits: bigint): void {
    this.#memory.u64[this.#dword + (StateOffset.F >>> 3) + index] = BigInt.asUintN(64, bits);
  }

  get pc(): VirtAddr {
    const at = this.#word + (StateOffset.Pc >>> 2);
    return fromWords(this.#memory.i32[at], this.#memory.i32[at + 1]);
  }

  set pc(value: number) {
    const at = this.#word + (StateOffset.Pc >>> 2);
    this.#memory.i32[at] = value | 0;
    this.#memory.i32[at + 1] = highWord(value);
  }

  get fcsr(): number {
    return this.#memory.i32[this.#word + (StateOffset.Fcsr >>> 2)];
  }

  set fcsr(value: number) {
    this.#memory.i32[this.#word + (StateOffset.Fcsr >>> 2)] = value & 0xff;
  }

  /** The exact 64-bit address of the last fault. */
  get faultAddress(): bigint {
    return this.#memory.u64[this.#dword + (StateOffset.FaultVa >>> 3)];
  }

  /** The address of the last fault; inexact only far outside the user half. */
  get faultVa(): VirtAddr {
    const at = this.#word + (StateOffset.FaultVa >>> 2);
    return fromWords(this.#memory.i32[at], this.#memory.i32[at + 1]);
  }

  dropReservation(): void {
    this.#memory.i32[this.#word + (StateOffset.Reserved >>> 2)] = 0;
  }

  /** A copy of the registers for a context switch. */
  save(): Uint8Array {
    const start = this.#memory.layout.state;
    return this.#memory.u8.slice(start, start + CONTEXT_SIZE);
  }

  /** As `save`, into a context that was saved before. */
  saveInto(context: Uint8Array): void {
    const start = this.#memory.layout.state;
    context.set(this.#memory.u8.subarray(start, start + CONTEXT_SIZE));
  }

  restore(context: Uint8Array): void {
    this.#memory.u8.set(context, this.#memory.layout.state);
    this.dropReservation();
  }
}
