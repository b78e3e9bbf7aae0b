import { StateOffset } from '../cpu/hart-state.ts';
import { fromWords, type VirtAddr } from '../memory/address.ts';

/** The registers of one task, on the hart or switched out. A view: it is valid until the next run of the machine. */
export class RegisterFile {
  readonly #view: DataView;

  /** @param context bytes laid out as the hart's state block. */
  constructor(context: Uint8Array) {
    this.#view = new DataView(context.buffer, context.byteOffset, context.byteLength);
  }

  x(index: number): bigint {
    return this.#view.getBigUint64(StateOffset.X + index * 8, true);
  }

  setX(index: number, value: bigint): void {
    if (index !== 0) this.#view.setBigUint64(StateOffset.X + index * 8, BigInt.asUintN(64, value), true);
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
