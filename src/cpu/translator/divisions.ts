import { Op } from '../../riscv/op.ts';
import { integerDestination } from './operands.ts';
import type { Placed } from './region.ts';

export const isQuotient = (op: Op): boolean => op === Op.Div || op === Op.Divu || op === Op.Divw || op === Op.Divuw;
export const isUnsigned = (op: Op): boolean => op === Op.Divu || op === Op.Remu || op === Op.Divuw || op === Op.Remuw;
export const isWide = (op: Op): boolean => op >= Op.Div && op <= Op.Remu;

const isDivision = (op: Op): boolean => (op >= Op.Div && op <= Op.Remu) || (op >= Op.Divw && op <= Op.Remuw);

/** Whether a division has a partner: a later one of the same block that needs the same quotient. */
export const enum Sharing {
  None,
  First,
  Second,
}

/**
 * Pairs of quotient and remainder of the same operands, which compilers put near each other: the host divides once.
 * @returns for positions in the block what they are of a pair
 */
export function sharedDivisions(body: readonly Placed[]): ReadonlyMap<number, Sharing> {
  const shared = new Map<number, Sharing>();
  let open: { position: number; op: Op; rs1: number; rs2: number } | undefined;
  body.forEach(({ instruction }, position) => {
    const { op, rd, rs1, rs2 } = instruction;
    if (isDivision(op) && rd !== 0) {
      const pairs =
        open?.rs1 === rs1 &&
        open.rs2 === rs2 &&
        isWide(open.op) === isWide(op) &&
        isUnsigned(open.op) === isUnsigned(op) &&
        isQuotient(open.op) !== isQuotient(op);
      if (open && pairs) {
        shared.set(open.position, Sharing.First);
        shared.set(position, Sharing.Second);
        open = undefined;
      } else open = { position, op, rs1, rs2 };
    }
    const written = integerDestination(instruction);
    if (open && written & ((1 << open.rs1) | (1 << open.rs2))) open = undefined;
  });
  return shared;
}
