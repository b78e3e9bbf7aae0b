import type { GuestMemory } from '../memory/guest-memory.ts';
import { Op } from '../riscv/op.ts';
import { Csr } from '../riscv/registers.ts';
import { StateOffset } from './hart-state.ts';

const TWO_32 = 0x1_0000_0000;

/** A CSR that is a view of some bits of fcsr. */
interface FloatField {
  readonly shift: number;
  readonly mask: number;
}

const FFLAGS: FloatField = { shift: 0, mask: 0x1f };
const FRM: FloatField = { shift: 5, mask: 0x7 };
const FCSR: FloatField = { shift: 0, mask: 0xff };

function floatField(csr: number): FloatField | undefined {
  if (csr === Csr.Fflags) return FFLAGS;
  if (csr === Csr.Frm) return FRM;
  return csr === Csr.Fcsr ? FCSR : undefined;
}

/**
 * Executes a Zicsr instruction. `rd` and `rs1` are indices of low words; `uimm` is the rs1 field itself, which is the
 * operand of the immediate forms, and says whether csrrs and csrrc write at all. `instret` counts the instructions
 * retired before this one, and is the cycle counter too; `time` is asked only when the time CSR is read.
 * @returns false for a CSR that does not exist in user mode, or a write to a read-only one: illegal instructions.
 */
export function executeCsr(
  memory: GuestMemory,
  op: Op,
  csr: number,
  rd: number,
  rs1: number,
  uimm: number,
  instret: number,
  time: () => number,
): boolean {
  const { i32 } = memory;
  const writes = op === Op.Csrrw || op === Op.Csrrwi || uimm !== 0;
  const operand = op >= Op.Csrrwi ? uimm : i32[rs1];
  const field = floatField(csr);
  if (field !== undefined) {
    const fcsr = (memory.layout.state + StateOffset.Fcsr) >>> 2;
    const old = (i32[fcsr] >>> field.shift) & field.mask;
    if (writes) {
      const value = combine(op, old, operand) & field.mask;
      i32[fcsr] = (i32[fcsr] & ~(field.mask << field.shift)) | (value << field.shift);
    }
    i32[rd] = old;
    i32[rd + 1] = 0;
    return true;
  }
  if (writes || csr < Csr.Cycle || csr > Csr.Instret) return false;
  const count = csr === Csr.Time ? time() : instret;
  i32[rd] = count % TWO_32;
  i32[rd + 1] = count / TWO_32;
  return true;
}

function combine(op: Op, old: number, operand: number): number {
  switch (op) {
    case Op.Csrrs:
    case Op.Csrrsi:
      return old | operand;
    case Op.Csrrc:
    case Op.Csrrci:
      return old & ~operand;
    default:
      return operand;
  }
}
