import { decodeCompressed } from './compressed.ts';
import type { Instruction } from './instruction.ts';
import { illegal } from './instruction.ts';
import { Op } from './op.ts';

/** Instruction formats: which bits hold the immediate (Unprivileged ISA, section 2.3). */
const immI = (word: number): number => word >> 20;
const immS = (word: number): number => ((word >> 25) << 5) | ((word >>> 7) & 31);
const immB = (word: number): number =>
  ((word >> 31) << 12) | ((word & 0x80) << 4) | ((word >>> 20) & 0x7e0) | ((word >>> 7) & 0x1e);
const immU = (word: number): number => word & ~0xfff;
const immJ = (word: number): number =>
  ((word >> 31) << 20) | (word & 0xff000) | ((word >>> 9) & 0x800) | ((word >>> 20) & 0x7fe);

const BRANCHES = [Op.Beq, Op.Bne, Op.Illegal, Op.Illegal, Op.Blt, Op.Bge, Op.Bltu, Op.Bgeu];
const LOADS = [Op.Lb, Op.Lh, Op.Lw, Op.Ld, Op.Lbu, Op.Lhu, Op.Lwu, Op.Illegal];
const STORES = [Op.Sb, Op.Sh, Op.Sw, Op.Sd, Op.Illegal, Op.Illegal, Op.Illegal, Op.Illegal];
const OP_IMM = [Op.Addi, Op.Slli, Op.Slti, Op.Sltiu, Op.Xori, Op.Srli, Op.Ori, Op.Andi];
const OP = [Op.Add, Op.Sll, Op.Slt, Op.Sltu, Op.Xor, Op.Srl, Op.Or, Op.And];
const OP_M = [Op.Mul, Op.Mulh, Op.Mulhsu, Op.Mulhu, Op.Div, Op.Divu, Op.Rem, Op.Remu];
const OP_32_M = [Op.Mulw, Op.Illegal, Op.Illegal, Op.Illegal, Op.Divw, Op.Divuw, Op.Remw, Op.Remuw];
const SYSTEM = [Op.Illegal, Op.Csrrw, Op.Csrrs, Op.Csrrc, Op.Illegal, Op.Csrrwi, Op.Csrrsi, Op.Csrrci];

/**
 * Decodes one instruction. `word` holds its 32 bits; when the two lowest are not 11 the instruction is a compressed
 * one and only the low 16 bits count. Reserved encodings decode to {@link Op.Illegal}, as do 48-bit and longer ones.
 */
export function decode(word: number): Instruction {
  if ((word & 3) !== 3) return decodeCompressed(word & 0xffff);
  const rd = (word >>> 7) & 31;
  const rs1 = (word >>> 15) & 31;
  const rs2 = (word >>> 20) & 31;
  const funct3 = (word >>> 12) & 7;
  const funct7 = word >>> 25;
  const make = (op: Op, imm: number): Instruction => {
    if (op === Op.Illegal) return illegal(word, 4);
    return { op, rd, rs1, rs2, rs3: word >>> 27, imm, rm: funct3, length: 4 };
  };
  switch ((word >>> 2) & 31) {
    case 0x00:
      return make(LOADS[funct3], immI(word));
    case 0x01:
      return make(funct3 === 2 ? Op.Flw : funct3 === 3 ? Op.Fld : Op.Illegal, immI(word));
    case 0x03: // MISC-MEM. Unused fields are reserved for finer fences and must be ignored (section 2.7).
      return make(funct3 === 0 ? Op.Fence : funct3 === 1 ? Op.FenceI : Op.Illegal, word >>> 20);
    case 0x04:
      if (funct3 === 1) return make(funct7 >>> 1 === 0 ? Op.Slli : Op.Illegal, (word >>> 20) & 63);
      if (funct3 === 5) return make(rightShift(funct7 >>> 1, 0x10, Op.Srli, Op.Srai), (word >>> 20) & 63);
      return make(OP_IMM[funct3], immI(word));
    case 0x05:
      return make(Op.Auipc, immU(word));
    case 0x06:
      if (funct3 === 0) return make(Op.Addiw, immI(word));
      if (funct3 === 1) return make(funct7 === 0 ? Op.Slliw : Op.Illegal, rs2);
      if (funct3 === 5) return make(rightShift(funct7, 0x20, Op.Srliw, Op.Sraiw), rs2);
      return illegal(word, 4);
    case 0x08:
      return make(STORES[funct3], immS(word));
    case 0x09:
      return make(funct3 === 2 ? Op.Fsw : funct3 === 3 ? Op.Fsd : Op.Illegal, immS(word));
    case 0x0b:
      return make(decodeAtomic(word), funct7 & 3);
    case 0x0c:
      if (funct7 === 0) return make(OP[funct3], 0);
      if (funct7 === 1) return make(OP_M[funct3], 0);
      if (funct7 === 0x20) return make(funct3 === 0 ? Op.Sub : funct3 === 5 ? Op.Sra : Op.Illegal, 0);
      return illegal(word, 4);
    case 0x0d:
      return make(Op.Lui, immU(word));
    case 0x0e:
      return make(decodeOp32(funct3, funct7), 0);
    case 0x10:
      return make(fused(word, Op.FmaddS, Op.FmaddD), 0);
    case 0x11:
      return make(fused(word, Op.FmsubS, Op.FmsubD), 0);
    case 0x12:
      return make(fused(word, Op.FnmsubS, Op.FnmsubD), 0);
    case 0x13:
      return make(fused(word, Op.FnmaddS, Op.FnmaddD), 0);
    case 0x14:
      return make(decodeFloat(funct3, funct7, rs2), 0);
    case 0x18:
      return make(BRANCHES[funct3], immB(word));
    case 0x19:
      return make(funct3 === 0 ? Op.Jalr : Op.Illegal, immI(word));
    case 0x1b:
      return make(Op.Jal, immJ(word));
    case 0x1c:
      if (word === 0x00000073) return make(Op.Ecall, 0);
      if (word === 0x00100073) return make(Op.Ebreak, 0);
      return make(SYSTEM[funct3], word >>> 20);
    default:
      return illegal(word, 4);
  }
}

function rightShift(funct: number, arithmetic: number, logicalOp: Op, arithmeticOp: Op): Op {
  return funct === 0 ? logicalOp : funct === arithmetic ? arithmeticOp : Op.Illegal;
}

function decodeOp32(funct3: number, funct7: number): Op {
  if (funct7 === 1) return OP_32_M[funct3];
  if (funct7 === 0) return funct3 === 0 ? Op.Addw : funct3 === 1 ? Op.Sllw : funct3 === 5 ? Op.Srlw : Op.Illegal;
  if (funct7 === 0x20) return funct3 === 0 ? Op.Subw : funct3 === 5 ? Op.Sraw : Op.Illegal;
  return Op.Illegal;
}

/** `funct5` of the A extension to the offset of the operation from `lr` (chapter 24, RV32/64A listing). */
const ATOMIC: ReadonlyMap<number, number> = new Map([
  [0x02, Op.LrW - Op.LrW],
  [0x03, Op.ScW - Op.LrW],
  [0x01, Op.AmoSwapW - Op.LrW],
  [0x00, Op.AmoAddW - Op.LrW],
  [0x04, Op.AmoXorW - Op.LrW],
  [0x0c, Op.AmoAndW - Op.LrW],
  [0x08, Op.AmoOrW - Op.LrW],
  [0x10, Op.AmoMinW - Op.LrW],
  [0x14, Op.AmoMaxW - Op.LrW],
  [0x18, Op.AmoMinuW - Op.LrW],
  [0x1c, Op.AmoMaxuW - Op.LrW],
]);

function decodeAtomic(word: number): Op {
  const funct3 = (word >>> 12) & 7;
  const funct5 = word >>> 27;
  const offset = ATOMIC.get(funct5);
  if (offset === undefined || (funct3 !== 2 && funct3 !== 3)) return Op.Illegal;
  if (funct5 === 0x02 && ((word >>> 20) & 31) !== 0) return Op.Illegal;
  return (funct3 === 2 ? Op.LrW : Op.LrD) + offset;
}

function fused(word: number, single: Op, double: Op): Op {
  const format = (word >>> 25) & 3;
  return format === 0 ? single : format === 1 ? double : Op.Illegal;
}

/** OP-FP. A reserved rounding mode decodes: it is an exception only when executed, as a dynamic one is. */
function decodeFloat(funct3: number, funct7: number, rs2: number): Op {
  const double = (funct7 & 3) === 1;
  if ((funct7 & 3) > 1) return Op.Illegal;
  const pick = (single: Op, ofDouble: Op): Op => (double ? ofDouble : single);
  const conversion = (single: Op, ofDouble: Op): Op => (rs2 < 4 ? (double ? ofDouble : single) + rs2 : Op.Illegal);
  switch (funct7 >>> 2) {
    case 0x00:
      return pick(Op.FaddS, Op.FaddD);
    case 0x01:
      return pick(Op.FsubS, Op.FsubD);
    case 0x02:
      return pick(Op.FmulS, Op.FmulD);
    case 0x03:
      return pick(Op.FdivS, Op.FdivD);
    case 0x0b:
      return rs2 === 0 ? pick(Op.FsqrtS, Op.FsqrtD) : Op.Illegal;
    case 0x04:
      return funct3 < 3 ? pick(Op.FsgnjS, Op.FsgnjD) + funct3 : Op.Illegal;
    case 0x05:
      return funct3 < 2 ? pick(Op.FminS, Op.FminD) + funct3 : Op.Illegal;
    case 0x08: // Between formats: the source format is in rs2, and must differ.
      if (double) return rs2 === 0 ? Op.FcvtDS : Op.Illegal;
      return rs2 === 1 ? Op.FcvtSD : Op.Illegal;
    case 0x14:
      if (funct3 === 2) return pick(Op.FeqS, Op.FeqD);
      if (funct3 === 1) return pick(Op.FltS, Op.FltD);
      return funct3 === 0 ? pick(Op.FleS, Op.FleD) : Op.Illegal;
    case 0x18:
      return conversion(Op.FcvtWS, Op.FcvtWD);
    case 0x1a:
      return conversion(Op.FcvtSW, Op.FcvtDW);
    case 0x1c:
      if (rs2 !== 0) return Op.Illegal;
      if (funct3 === 0) return pick(Op.FmvXW, Op.FmvXD);
      return funct3 === 1 ? pick(Op.FclassS, Op.FclassD) : Op.Illegal;
    case 0x1e:
      return rs2 === 0 && funct3 === 0 ? pick(Op.FmvWX, Op.FmvDX) : Op.Illegal;
    default:
      return Op.Illegal;
  }
}
