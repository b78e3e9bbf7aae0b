import type { GuestMemory } from '../memory/guest-memory.ts';
import { Op } from '../riscv/op.ts';
import { Csr } from '../riscv/registers.ts';
import { StateOffset } from './hart-state.ts';

const TWO_32 = 0x1_0000_0000;

/** The counters that user mode may read, sampled when an instruction reads one. */
export interface Counters {
  /** Instructions retired before the one that reads; also the cycle counter. */
  readonly instret: number;
  readonly time: () => number;
}

/** The width and position in fcsr of the CSRs that are views of it. */
function floatField(csr: number): { readonly shift: number; readonly mask: number } | undefined {
  switch (csr) {
    case Csr.Fflags:
      return { shift: 0, mask: 0x1f };
    case Csr.Frm:
      return { shift: 5, mask: 0x7 };
    case Csr.Fcsr:
      return { shift: 0, mask: 0xff };
    default:
      return undefined;
  }
}

/**
 * Executes a Zicsr instruction. `rd` and `rs1` are indices of low words; `uimm` is the rs1 field itself, which is the
 * operand of the immediate forms, and says whether csrrs and csrrc write at all.
 * @returns false for a CSR that does not exist in user mode, or a write to a read-only one: illegal instructions.
 */
export function executeCsr(
  memory: GuestMemory,
  op: Op,
  csr: number,
  rd: number,
  rs1: number,
  uimm: number,
  counters: Counters,
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
  const count = csr === Csr.Time ? counters.time() : counters.instret;
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
