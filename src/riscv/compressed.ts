import { DYNAMIC_ROUNDING, type Instruction, illegal } from './instruction.ts';
import { Op } from './op.ts';

const ZERO = 0;
const RA = 1;
const SP = 2;

/**
 * Expands a 16-bit instruction of the C extension (RV64DC) to the 32-bit instruction that it stands for. Reserved
 * encodings are illegal; HINTs expand to operations without an effect (Unprivileged ISA, sections 16.7 and 16.8).
 */
export function decodeCompressed(half: number): Instruction {
  switch (half & 3) {
    case 0:
      return quadrant0(half);
    case 1:
      return quadrant1(half);
    default:
      return quadrant2(half);
  }
}

function expand(op: Op, rd: number, rs1: number, rs2: number, imm: number): Instruction {
  return { op, rd, rs1, rs2, rs3: 0, imm, rm: DYNAMIC_ROUNDING, length: 2 };
}

/** The three-bit register fields name x8 to x15. */
const popular = (half: number, shift: number): number => 8 + ((half >>> shift) & 7);

/** imm[5] in bit 12, imm[4:0] in bits 6:2, sign-extended. */
const signed6 = (half: number): number => (((half << 19) >> 31) << 5) | ((half >>> 2) & 31);
const unsigned6 = (half: number): number => ((half >>> 7) & 32) | ((half >>> 2) & 31);

/** Offsets of c.lw/c.sw (uimm[5:3|2|6]) and c.ld/c.sd (uimm[5:3|7:6]). */
const offsetW = (half: number): number => ((half >>> 7) & 0x38) | ((half >>> 4) & 4) | ((half << 1) & 0x40);
const offsetD = (half: number): number => ((half >>> 7) & 0x38) | ((half << 1) & 0xc0);

function quadrant0(half: number): Instruction {
  const rdOrRs2 = popular(half, 2);
  const rs1 = popular(half, 7);
  switch (half >>> 13) {
    case 0: {
      const imm = ((half >>> 7) & 0x30) | ((half >>> 1) & 0x3c0) | ((half >>> 4) & 4) | ((half >>> 2) & 8);
      return imm === 0 ? illegal(half, 2) : expand(Op.Addi, rdOrRs2, SP, 0, imm);
    }
    case 1:
      return expand(Op.Fld, rdOrRs2, rs1, 0, offsetD(half));
    case 2:
      return expand(Op.Lw, rdOrRs2, rs1, 0, offsetW(half));
    case 3:
      return expand(Op.Ld, rdOrRs2, rs1, 0, offsetD(half));
    case 5:
      return expand(Op.Fsd, 0, rs1, rdOrRs2, offsetD(half));
    case 6:
      return expand(Op.Sw, 0, rs1, rdOrRs2, offsetW(half));
    case 7:
      return expand(Op.Sd, 0, rs1, rdOrRs2, offsetD(half));
    default:
      return illegal(half, 2);
  }
}

function quadrant1(half: number): Instruction {
  const rd = (half >>> 7) & 31;
  switch (half >>> 13) {
    case 0:
      return expand(Op.Addi, rd, rd, 0, signed6(half));
    case 1:
      return rd === ZERO ? illegal(half, 2) : expand(Op.Addiw, rd, rd, 0, signed6(half));
    case 2:
      return expand(Op.Addi, rd, ZERO, 0, signed6(half));
    case 3: {
      const imm = signed6(half);
      if (imm === 0) return illegal(half, 2);
      if (rd !== SP) return expand(Op.Lui, rd, 0, 0, imm << 12);
      // c.addi16sp: nzimm[9] in bit 12, nzimm[4|6|8:7|5] in bits 6:2.
      const adjust =
        ((imm >> 5) << 9) | ((half >>> 2) & 0x10) | ((half << 1) & 0x40) | ((half << 4) & 0x180) | ((half << 3) & 0x20);
      return expand(Op.Addi, SP, SP, 0, adjust);
    }
    case 4:
      return arithmetic(half);
    case 5: {
      // offset[11|4|9:8|10|6|7|3:1|5] in bits 12:2.
      const offset =
        (((half << 19) >> 31) << 11) |
        ((half >>> 7) & 0x10) |
        ((half >>> 1) & 0x300) |
        ((half << 2) & 0x400) |
        ((half >>> 1) & 0x40) |
        ((half << 1) & 0x80) |
        ((half >>> 2) & 0xe) |
        ((half << 3) & 0x20);
      return expand(Op.Jal, ZERO, 0, 0, offset);
    }
    default: {
      // offset[8|4:3] in bits 12:10, offset[7:6|2:1|5] in bits 6:2.
      const offset =
        (((half << 19) >> 31) << 8) |
        ((half >>> 7) & 0x18) |
        ((half << 1) & 0xc0) |
        ((half >>> 2) & 6) |
        ((half << 3) & 0x20);
      return expand(half >>> 13 === 6 ? Op.Beq : Op.Bne, 0, popular(half, 7), ZERO, offset);
    }
  }
}

const REGISTER_ARITHMETIC = [Op.Sub, Op.Xor, Op.Or, Op.And, Op.Subw, Op.Addw, Op.Illegal, Op.Illegal];

function arithmetic(half: number): Instruction {
  const rd = popular(half, 7);
  switch ((half >>> 10) & 3) {
    case 0:
      return expand(Op.Srli, rd, rd, 0, unsigned6(half));
    case 1:
      return expand(Op.Srai, rd, rd, 0, unsigned6(half));
    case 2:
      return expand(Op.Andi, rd, rd, 0, signed6(half));
    default: {
      const op = REGISTER_ARITHMETIC[((half >>> 10) & 4) | ((half >>> 5) & 3)];
      return op === Op.Illegal ? illegal(half, 2) : expand(op, rd, rd, popular(half, 2), 0);
    }
  }
}

function quadrant2(half: number): Instruction {
  const rd = (half >>> 7) & 31;
  const rs2 = (half >>> 2) & 31;
  // Stack-relative offsets: loads uimm[5|4:3|8:6] and uimm[5|4:2|7:6], stores uimm[5:3|8:6] and uimm[5:2|7:6].
  const loadD = ((half >>> 7) & 0x20) | ((half >>> 2) & 0x18) | ((half << 4) & 0x1c0);
  const loadW = ((half >>> 7) & 0x20) | ((half >>> 2) & 0x1c) | ((half << 4) & 0xc0);
  const storeD = ((half >>> 7) & 0x38) | ((half >>> 1) & 0x1c0);
  const storeW = ((half >>> 7) & 0x3c) | ((half >>> 1) & 0xc0);
  switch (half >>> 13) {
    case 0:
      return expand(Op.Slli, rd, rd, 0, unsigned6(half));
    case 1:
      return expand(Op.Fld, rd, SP, 0, loadD);
    case 2:
      return rd === ZERO ? illegal(half, 2) : expand(Op.Lw, rd, SP, 0, loadW);
    case 3:
      return rd === ZERO ? illegal(half, 2) : expand(Op.Ld, rd, SP, 0, loadD);
    case 4:
      if ((half & 0x1000) === 0) {
        if (rs2 !== 0) return expand(Op.Add, rd, ZERO, rs2, 0);
        return rd === ZERO ? illegal(half, 2) : expand(Op.Jalr, ZERO, rd, 0, 0);
      }
      if (rs2 !== 0) return expand(Op.Add, rd, rd, rs2, 0);
      return rd === ZERO ? expand(Op.Ebreak, 0, 0, 0, 0) : expand(Op.Jalr, RA, rd, 0, 0);
    case 5:
      return expand(Op.Fsd, 0, SP, rs2, storeD);
    case 6:
      return expand(Op.Sw, 0, SP, rs2, storeW);
    default:
      return expand(Op.Sd, 0, SP, rs2, storeD);
  }
}
