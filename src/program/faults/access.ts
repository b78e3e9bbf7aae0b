import type { Process } from '../../linux/process.ts';
import type { Machine } from '../../machine/machine.ts';
import type { VirtAddr } from '../../memory/address.ts';
import { Access } from '../../memory/mmu.ts';
import type { Instruction } from '../../riscv/instruction.ts';
import { Op } from '../../riscv/op.ts';
import { decodeAt } from '../instruction-bytes.ts';

/** What an instruction does to memory: at the register `rs1` plus `imm`. */
export interface MemoryAccess {
  readonly kind: 'load' | 'store' | 'atomic';
  readonly size: number;
  readonly isUnsigned: boolean;
  readonly base: number;
  readonly offset: number;
}

const SIZES: ReadonlyMap<Op, readonly [size: number, isUnsigned?: boolean]> = new Map([
  [Op.Lb, [1]],
  [Op.Lh, [2]],
  [Op.Lw, [4]],
  [Op.Ld, [8]],
  [Op.Lbu, [1, true]],
  [Op.Lhu, [2, true]],
  [Op.Lwu, [4, true]],
  [Op.Flw, [4]],
  [Op.Fld, [8]],
  [Op.Sb, [1]],
  [Op.Sh, [2]],
  [Op.Sw, [4]],
  [Op.Sd, [8]],
  [Op.Fsw, [4]],
  [Op.Fsd, [8]],
]);

/** The access of an instruction; `undefined` for one that does not touch memory. */
export function memoryAccess({ op, rs1, imm }: Instruction): MemoryAccess | undefined {
  const known = SIZES.get(op);
  if (known) {
    const isStore = (op >= Op.Sb && op <= Op.Sd) || op === Op.Fsw || op === Op.Fsd;
    const [size, isUnsigned = false] = known;
    return { kind: isStore ? 'store' : 'load', size, isUnsigned, base: rs1, offset: imm };
  }
  if (op < Op.LrW || op > Op.AmoMaxuD) return undefined;
  const kind = op === Op.LrW || op === Op.LrD ? 'load' : 'atomic';
  return { kind, size: op < Op.LrD ? 4 : 8, isUnsigned: false, base: rs1, offset: 0 };
}

/** What the instruction at `pc` does to memory at `va`. */
export function accessOf(machine: Machine, process: Process, pc: VirtAddr, va: bigint): Access {
  if (va === BigInt(pc)) return Access.Execute;
  const instruction = decodeAt(machine.read(process, pc, 4));
  if (!instruction) return Access.Execute;
  const kind = memoryAccess(instruction)?.kind ?? 'load';
  return kind === 'load' ? Access.Read : Access.Write;
}
