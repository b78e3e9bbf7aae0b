import type { Instruction } from '../../riscv/instruction.ts';
import { DYNAMIC_ROUNDING } from '../../riscv/instruction.ts';
import { Op } from '../../riscv/op.ts';
import { Csr } from '../../riscv/registers.ts';
import { writesFloatRegister } from '../../riscv/operands.ts';

/** What an instruction reads and writes: the facts about operands that the analyses need. Sets are 32-bit masks. */

export const isBranch = (op: Op): boolean => op >= Op.Beq && op <= Op.Bgeu;
const isFloatLoad = (op: Op): boolean => op === Op.Flw || op === Op.Fld;
const isFloatStore = (op: Op): boolean => op === Op.Fsw || op === Op.Fsd;
export const isLoad = (op: Op): boolean => (op >= Op.Lb && op <= Op.Lwu) || isFloatLoad(op);
export const isStore = (op: Op): boolean => (op >= Op.Sb && op <= Op.Sd) || isFloatStore(op);
export const isAtomic = (op: Op): boolean => op >= Op.LrW && op <= Op.AmoMaxuD;
/** A computation on f registers: what needs the floating-point guard of a region. */
export const isFloatComputation = (op: Op): boolean => op >= Op.FmaddS;

const RA = 1;
const ALTERNATE_RA = 5;

/** A jump that links as calls do (Unprivileged ISA, table "Return-address stack prediction hints"). */
export const isCall = ({ op, rd }: Instruction): boolean =>
  (op === Op.Jal || op === Op.Jalr) && (rd === RA || rd === ALTERNATE_RA);

export const isReturn = ({ op, rd, rs1, imm }: Instruction): boolean =>
  op === Op.Jalr && rd === 0 && rs1 === RA && imm === 0;

/** Bytes that a load, store or atomic accesses. */
export function accessSize(op: Op): 1 | 2 | 4 | 8 {
  switch (op) {
    case Op.Lb:
    case Op.Lbu:
    case Op.Sb:
      return 1;
    case Op.Lh:
    case Op.Lhu:
    case Op.Sh:
      return 2;
    case Op.Ld:
    case Op.Sd:
    case Op.Fld:
    case Op.Fsd:
      return 8;
    default:
      return op >= Op.LrD && op <= Op.AmoMaxuD ? 8 : 4;
  }
}

/** The operations on singles; a conversion between the formats counts as both. */
export const isSingle = (op: Op): boolean => (op >= Op.FmaddS && op <= Op.FcvtSLu) || op === Op.FcvtSD;

const isFused = (op: Op): boolean => (op >= Op.FmaddS && op <= Op.FnmaddS) || (op >= Op.FmaddD && op <= Op.FnmaddD);

/** Operations with two f sources. */
function readsTwoFloats(op: Op): boolean {
  return (
    isFused(op) ||
    (op >= Op.FaddS && op <= Op.FdivS) ||
    (op >= Op.FsgnjS && op <= Op.FleS) ||
    (op >= Op.FaddD && op <= Op.FdivD) ||
    (op >= Op.FsgnjD && op <= Op.FleD)
  );
}

/** Operations whose rs1 is an x register: moves and conversions from integers. */
const readsInteger = (op: Op): boolean =>
  op === Op.FmvWX || (op >= Op.FcvtSW && op <= Op.FcvtSLu) || op === Op.FmvDX || (op >= Op.FcvtDW && op <= Op.FcvtDLu);

/** The x registers that are read; x0 is never among them. */
export function integerSources({ op, rs1, rs2 }: Instruction): number {
  let sources = 0;
  if (op >= Op.FmaddS) sources = readsInteger(op) ? 1 << rs1 : 0;
  else if (op >= Op.Csrrw && op <= Op.Csrrc) sources = 1 << rs1;
  else if (isBranch(op) || (op >= Op.Sb && op <= Op.Sd) || isAtomic(op)) sources = (1 << rs1) | (1 << rs2);
  else if ((op >= Op.Add && op <= Op.And) || (op >= Op.Addw && op <= Op.Sraw) || (op >= Op.Mul && op <= Op.Remuw))
    sources = (1 << rs1) | (1 << rs2);
  else if (op !== Op.Lui && op !== Op.Auipc && op !== Op.Jal && op !== Op.Fence && op !== Op.FenceI)
    sources = op >= Op.Csrrwi && op <= Op.Csrrci ? 0 : 1 << rs1;
  return sources & ~1;
}

/** The x register that is written, as a set. */
export function integerDestination({ op, rd }: Instruction): number {
  if (isBranch(op) || isStore(op) || op === Op.Fence || op === Op.FenceI) return 0;
  return writesFloatRegister(op) ? 0 : (1 << rd) & ~1;
}

/** The f registers that are read. */
export function floatSources({ op, rs1, rs2, rs3 }: Instruction): number {
  if (isFloatStore(op)) return 1 << rs2;
  if (op < Op.FmaddS || readsInteger(op)) return 0;
  return (1 << rs1) | (readsTwoFloats(op) ? 1 << rs2 : 0) | (isFused(op) ? 1 << rs3 : 0);
}

/** The f register that is written, as a set. */
export function floatDestination({ op, rd }: Instruction): number {
  return writesFloatRegister(op) ? 1 << rd : 0;
}

/**
 * Whether the translator has code for an instruction. The others are left to the interpreter: system calls and traps,
 * counters, and arithmetic whose static rounding mode is not to nearest even.
 */
export function isTranslatable(instruction: Instruction): boolean {
  const { op, rm } = instruction;
  if (op === Op.Illegal || op === Op.Ecall || op === Op.Ebreak) return false;
  if (op >= Op.Csrrw && op <= Op.Csrrci) return accessesFcsr(instruction);
  if (!isFloatComputation(op)) return true;
  if ((op >= Op.FcvtWS && op <= Op.FcvtLuS) || (op >= Op.FcvtWD && op <= Op.FcvtLuD))
    return rm <= 3 || rm === DYNAMIC_ROUNDING;
  return !roundsByMode(op) || rm === 0 || rm === DYNAMIC_ROUNDING;
}

/** Whether an instruction accesses fflags, frm or fcsr: what `fenv.h` and the mathematical library do often. */
export function accessesFcsr({ op, imm }: Instruction): boolean {
  const csr = imm & 0xfff;
  return op >= Op.Csrrw && op <= Op.Csrrci && csr >= Csr.Fflags && csr <= Csr.Fcsr;
}

/** Whether the `rm` field of a floating-point computation is a rounding mode. */
function roundsByMode(op: Op): boolean {
  if (isFused(op)) return true;
  return (
    (op >= Op.FaddS && op <= Op.FsqrtS) ||
    (op >= Op.FaddD && op <= Op.FsqrtD) ||
    (op >= Op.FcvtWS && op <= Op.FcvtSLu) ||
    (op >= Op.FcvtWD && op <= Op.FcvtDS)
  );
}
