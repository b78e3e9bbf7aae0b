/** Fields of a 32-bit instruction (unprivileged manual, "Base Instruction Formats"). */
interface Fields {
  readonly opcode: Opcode;
  readonly funct3: number;
  readonly funct7: number;
  readonly rs2: number;
  /** Bits 31 to 20. */
  readonly imm: number;
}

const enum Opcode {
  LoadFp = 0x07,
  Custom0 = 0x0b,
  MiscMem = 0x0f,
  OpImm = 0x13,
  OpImm32 = 0x1b,
  StoreFp = 0x27,
  Custom1 = 0x2b,
  Amo = 0x2f,
  Op = 0x33,
  Op32 = 0x3b,
  Madd = 0x43,
  Nmadd = 0x4f,
  OpFp = 0x53,
  Vector = 0x57,
  Custom2 = 0x5b,
  System = 0x73,
  VectorCrypto = 0x77,
  Custom3 = 0x7b,
}

/** csrrw x0, cycle, x0: what assemblers write for `unimp`. */
const UNIMP = 0xc0001073;

/**
 * What an encoding that cannot be executed stands for: `an instruction of the V extension (vectors)`. Undefined where no
 * ratified extension has it.
 * @param word its bits; of a compressed one only 16 count
 */
export function missingInstruction(word: number): string | undefined {
  const bits = word >>> 0;
  if ((bits & 3) !== 3) return compressed(bits & 0xffff);
  if (bits === UNIMP) return 'unimp, which compilers put where execution must not come';
  const fields: Fields = {
    opcode: bits & 0x7f,
    funct3: (bits >>> 12) & 7,
    funct7: bits >>> 25,
    rs2: (bits >>> 20) & 31,
    imm: bits >>> 20,
  };
  const extension = extensionOf(fields);
  if (extension) return `an instruction of the ${extension} extension`;
  if (fields.opcode === Opcode.System) return system(fields);
  const isCustom = [Opcode.Custom0, Opcode.Custom1, Opcode.Custom2, Opcode.Custom3].includes(fields.opcode);
  return isCustom ? 'an instruction of a vendor' : undefined;
}

function compressed(bits: number): string | undefined {
  if (bits === 0) return 'zeroes, which are no instruction: data or unwritten memory is executed, or c.unimp';
  const isByteAccess = (bits & 3) === 0 && bits >>> 13 === 4;
  const isUnary = (bits & 3) === 1 && bits >>> 10 === 0x27;
  return isByteAccess || isUnary ? 'an instruction of the Zcb extension (compressed)' : undefined;
}

function extensionOf({ opcode, funct3, funct7, rs2, imm }: Fields): string | undefined {
  switch (opcode) {
    case Opcode.Vector:
      return 'V (vectors)';
    case Opcode.VectorCrypto:
      return 'Zvk (cryptography on vectors)';
    case Opcode.LoadFp:
    case Opcode.StoreFp:
      return funct3 === 1 ? HALF : funct3 === 4 ? QUAD : funct3 === 2 || funct3 === 3 ? undefined : 'V (vectors)';
    case Opcode.OpFp:
      return formatOf(funct7) ?? 'Zfa (floating point)';
    case Opcode.Op:
      return ofTable(OP, funct7, funct3);
    case Opcode.Op32:
      return ofTable(OP_32, funct7, funct3);
    case Opcode.OpImm:
      // brev8, a reversal of bits with an operand of its own.
      if (funct3 === 5 && imm === 0x687) return CRYPTOGRAPHY;
      return funct3 === 1 || funct3 === 5 ? ofTable(SHIFTS, funct7 >>> 1, funct3) : undefined;
    case Opcode.OpImm32:
      return funct3 === 1 && funct7 >>> 1 === 2 ? ADDRESSES : funct7 === 0x30 ? BITS : undefined;
    case Opcode.Amo:
      return funct7 >>> 2 === 5 ? 'Zacas (compare and swap)' : funct3 < 2 ? 'Zabha (atomic bytes)' : undefined;
    case Opcode.MiscMem:
      return funct3 === 2 ? (rs2 === 4 ? 'Zicboz (cache blocks)' : 'Zicbom (cache blocks)') : undefined;
    case Opcode.System:
      if (funct3 === 0 && (imm === 0x00d || imm === 0x01d)) return 'Zawrs (waiting)';
      return funct3 === 4 ? ((imm & 0xb00) === 0x800 ? 'Zimop (may-be operations)' : 'H (hypervisor)') : undefined;
    default:
      return opcode >= Opcode.Madd && opcode <= Opcode.Nmadd ? formatOf(funct7) : undefined;
  }
}

const HALF = 'Zfh (half precision)';
const QUAD = 'Q (quadruple precision)';
const ADDRESSES = 'Zba (addresses)';
const BITS = 'Zbb (bits)';
const SINGLE_BITS = 'Zbs (single bits)';
const CARRYLESS = 'Zbc (carry-less multiplication)';
const CRYPTOGRAPHY = 'Zbkb (bits for cryptography)';
const SHUFFLES = 'Zbkx (crossbar)';
const CONDITIONAL = 'Zicond (conditional operations)';

type Table = readonly (readonly [funct7: number, funct3: readonly number[], extension: string])[];

const OP: Table = [
  [0x10, [2, 4, 6], ADDRESSES],
  [0x20, [4, 6, 7], BITS],
  [0x05, [4, 5, 6, 7], BITS],
  [0x05, [1, 2, 3], CARRYLESS],
  [0x30, [1, 5], BITS],
  [0x24, [1, 5], SINGLE_BITS],
  [0x14, [1], SINGLE_BITS],
  [0x34, [1], SINGLE_BITS],
  [0x14, [2, 4], SHUFFLES],
  [0x04, [4, 7], CRYPTOGRAPHY],
  [0x07, [5, 7], CONDITIONAL],
];
const OP_32: Table = [
  [0x04, [0], ADDRESSES],
  [0x04, [4], BITS],
  [0x10, [2, 4, 6], ADDRESSES],
  [0x30, [1, 5], BITS],
];
/** By the upper six bits. */
const SHIFTS: Table = [
  [0x18, [1, 5], BITS],
  [0x1a, [5], BITS],
  [0x0a, [5], BITS],
  [0x12, [1, 5], SINGLE_BITS],
  [0x0a, [1], SINGLE_BITS],
  [0x1a, [1], SINGLE_BITS],
  [0x02, [1, 5], CRYPTOGRAPHY],
];

function ofTable(table: Table, upper: number, funct3: number): string | undefined {
  return table.find(([bits, kinds]) => bits === upper && kinds.includes(funct3))?.[2];
}

/** The two lowest bits of funct7 say how wide the numbers are. */
function formatOf(funct7: number): string | undefined {
  return (funct7 & 3) === 2 ? HALF : (funct7 & 3) === 3 ? QUAD : undefined;
}

function system({ funct3, imm }: Fields): string {
  return funct3 === 0
    ? 'an instruction that only a kernel may execute'
    : `an access to control register 0x${imm.toString(16)}, which a process does not have`;
}
