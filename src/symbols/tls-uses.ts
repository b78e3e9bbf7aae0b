import { Op } from '../riscv/op.ts';
import { X } from '../riscv/registers.ts';
import { isCallerSaved } from './frame.ts';
import type { ReadMemory } from './frame.ts';
import { instructionAt } from './instruction-at.ts';
import type { AddressRange } from './range-index.ts';

/** What a register holds, as far as it leads to a thread-local variable: a distance from `tp`, an address or a number. */
interface Known {
  readonly from: 'tp' | 'address' | 'number';
  readonly value: number;
}

/** Code, and those parts of it that are asked about: what is inlined may use registers that were set around it. */
export interface UsingCode extends AddressRange {
  readonly parts: readonly AddressRange[];
}

/** Longer functions are not read to their end. */
const MOST_INSTRUCTIONS = 20_000;

/**
 * The thread-local variables that code uses (RISC-V psABI, "Thread Local Storage"): distances from the thread pointer, and
 * addresses in the global offset table. The code is followed in the order of its addresses, as if no branch were taken.
 */
export function tlsUses(
  read: ReadMemory,
  code: readonly UsingCode[],
): { readonly distances: ReadonlySet<number>; readonly slots: ReadonlySet<number> } {
  const distances = new Set<number>();
  const slots = new Set<number>();
  for (const one of code) follow(read, one, distances, slots);
  return { distances, slots };
}

function follow(read: ReadMemory, { low, high, parts }: UsingCode, distances: Set<number>, slots: Set<number>): void {
  const registers = new Map<number, Known>([[X.Tp, { from: 'tp', value: 0 }]]);
  const set = (register: number, known: Known | undefined): void => {
    if (register === X.Zero || register === X.Tp) return;
    if (known) registers.set(register, known);
    else registers.delete(register);
  };
  for (let at = low, count = 0; at < high && count < MOST_INSTRUCTIONS; count++) {
    const instruction = instructionAt(read, at);
    if (instruction === undefined) return;
    const { op, rd, rs1, rs2, imm, length } = instruction;
    const base = registers.get(rs1);
    const reach = (): Known | undefined => {
      if (base === undefined || base.from === 'number') return undefined;
      const known = { from: base.from, value: base.value + imm };
      if (parts.some((part) => at >= part.low && at < part.high))
        (known.from === 'tp' ? distances : slots).add(known.value);
      return known;
    };
    switch (op) {
      case Op.Lui:
        set(rd, { from: 'number', value: imm });
        break;
      case Op.Auipc:
        set(rd, { from: 'address', value: at + imm });
        break;
      case Op.Add:
        set(rd, sum(base, registers.get(rs2)) ?? sum(registers.get(rs2), base));
        break;
      case Op.Addi:
        set(rd, reach());
        break;
      case Op.Sb:
      case Op.Sh:
      case Op.Sw:
      case Op.Sd:
      case Op.Flw:
      case Op.Fld:
      case Op.Fsw:
      case Op.Fsd:
        reach();
        break;
      case Op.Beq:
      case Op.Bne:
      case Op.Blt:
      case Op.Bge:
      case Op.Bltu:
      case Op.Bgeu:
        break;
      case Op.Lb:
      case Op.Lh:
      case Op.Lw:
      case Op.Ld:
      case Op.Lbu:
      case Op.Lhu:
      case Op.Lwu:
        reach();
        set(rd, undefined);
        break;
      case Op.Jal:
      case Op.Jalr:
        if (rd === X.Ra)
          for (const register of [...registers.keys()]) if (isCallerSaved(register)) registers.delete(register);
        break;
      default:
        set(rd, undefined);
    }
    at += length;
  }
}

/** A distance from `tp` and a number. */
function sum(pointer: Known | undefined, number: Known | undefined): Known | undefined {
  if (pointer?.from !== 'tp' || number?.from !== 'number') return undefined;
  return { from: 'tp', value: pointer.value + number.value };
}
