import { StateOffset } from '../cpu/hart-state.ts';
import { fromWords, type VirtAddr } from '../memory/address.ts';

/** Of each file. */
const REGISTERS = 32;

/** The registers of one task, on the hart or switched out. A view: it is valid until the next run of the machine. */
export class RegisterFile {
  readonly #context: Uint8Array;
  readonly #view: DataView;

  /** @param context bytes laid out as the hart's state block. */
  constructor(context: Uint8Array) {
    this.#context = context;
    this.#view = new DataView(context.buffer, context.byteOffset, context.byteLength);
  }

  x(index: number): bigint {
    return this.#view.getBigUint64(StateOffset.X + index * 8, true);
  }

  /** A copy of x0 to x31. */
  allX(): BigUint64Array {
    return this.#copy(StateOffset.X);
  }

  /** A copy of the raw bits of f0 to f31. */
  allF(): BigUint64Array {
    return this.#copy(StateOffset.F);
  }

  setX(index: number, value: bigint): void {
    if (index !== 0) this.#view.setBigUint64(StateOffset.X + index * 8, BigInt.asUintN(64, value), true);
  }

  #copy(offset: number): BigUint64Array {
    return new BigUint64Array(this.#context.slice(offset, offset + REGISTERS * 8).buffer);
  }

  /** The raw bits of an f register. */
  f(index: number): bigint {
    return this.#view.getBigUint64(StateOffset.F + index * 8, true);
  }

  setF(index: number, bits: bigint): void {
    this.#view.setBigUint64(StateOffset.F + index * 8, BigInt.asUintN(64, bits), true);
  }

  get pc(): VirtAddr {
    return fromWords(this.#view.getInt32(StateOffset.Pc, true), this.#view.getInt32(StateOffset.Pc + 4, true));
  }

  set pc(value: number) {
    this.#view.setBigUint64(StateOffset.Pc, BigInt(value), true);
  }

  get fcsr(): number {
    return this.#view.getInt32(StateOffset.Fcsr, true);
  }

  set fcsr(value: number) {
    this.#view.setInt32(StateOffset.Fcsr, value & 0xff, true);
  }
}
