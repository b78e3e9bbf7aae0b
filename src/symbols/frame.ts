/** Reads guest memory as one thread has it; undefined when any byte of the range cannot be read. */
export interface ReadMemory {
  (address: number, length: number): Uint8Array | undefined;
  /** Of that thread (`tp`): what its thread-local variables are found from. */
  readonly threadPointer?: bigint | undefined;
}

/**
 * A frame's view of the registers. Entries are undefined where a callee did not save them. `x[0]` is zero; `f` holds raw
 * bits, NaN boxing included.
 */
export interface Registers {
  /** One of them by its DWARF number, where that is cheaper than having all. */
  readonly one?: (number: number) => bigint | undefined;
  readonly x: ArrayLike<bigint | undefined>;
  readonly f: ArrayLike<bigint | undefined>;
}

/** One activation of a function: all that is needed to unwind it and to read its variables. */
export interface Frame {
  /** The instruction that runs next in this frame: for a caller, the return address. */
  readonly pc: number;
  /**
   * Whether `pc` is a return address. The call before it decides line, scope and unwinding rules, since a call that never
   * returns may be a function's last instruction.
   */
  readonly isCaller: boolean;
  readonly registers: Registers;
  readonly read: ReadMemory;
}

/** The address that says where a frame is: `pc`, or the last byte of the call before a return address. */
export function placeOf(frame: Frame): number {
  return frame.isCaller ? frame.pc - 1 : frame.pc;
}

/** Integer register numbers of the RISC-V psABI. */
export const enum Register {
  Ra = 1,
  Sp = 2,
  Gp = 3,
  Tp = 4,
  Fp = 8,
}

/** DWARF numbers of the RISC-V psABI: 0-31 are x0-x31, 32-63 are f0-f31. */
export const FIRST_FLOAT = 32;
export const REGISTER_COUNT = 64;

/** The value of a register by its DWARF number, as an unsigned 64-bit integer. */
export function registerValue(registers: Registers, number: number): bigint | undefined {
  if (number === 0) return 0n;
  if (registers.one) return registers.one(number);
  const value = number < FIRST_FLOAT ? registers.x[number] : registers.f[number - FIRST_FLOAT];
  return value === undefined ? undefined : BigInt.asUintN(64, value);
}

/**
 * Whether a call may change a register (psABI, "Integer Register Convention"): ra, t0-t6, a0-a7, ft0-ft11 and fa0-fa7.
 * Compilers write no unwinding rule for those.
 */
export function isCallerSaved(number: number): boolean {
  if (number < FIRST_FLOAT)
    return number === 1 || (number >= 5 && number <= 7) || (number >= 10 && number <= 17) || number >= 28;
  const float = number - FIRST_FLOAT;
  return float <= 7 || (float >= 10 && float <= 17) || float >= 28;
}

/** A word of memory as an address; undefined where it cannot be read. */
export function readWord(read: ReadMemory, address: number): bigint | undefined {
  const bytes = read(address, 8);
  return bytes && new DataView(bytes.buffer, bytes.byteOffset, 8).getBigUint64(0, true);
}
