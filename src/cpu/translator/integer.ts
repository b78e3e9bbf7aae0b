import type { Instruction } from '../../riscv/instruction.ts';
import { Op } from '../../riscv/op.ts';
import { Sharing, isQuotient, isUnsigned, isWide } from './divisions.ts';
import type { Emitter } from './emitter.ts';
import { ValueType, Wasm } from './wasm-encoder.ts';

/*
 * Integer computation: one WebAssembly operation for most instructions. Instructions that write x0 have no effect and
 * no code.
 */

type Binary = readonly [op: Op, opcode: Wasm];

const REGISTER: ReadonlyMap<Op, Wasm> = new Map<Op, Wasm>([
  [Op.Add, Wasm.I64Add],
  [Op.Sub, Wasm.I64Sub],
  [Op.Sll, Wasm.I64Shl],
  [Op.Xor, Wasm.I64Xor],
  [Op.Srl, Wasm.I64ShrU],
  [Op.Sra, Wasm.I64ShrS],
  [Op.Or, Wasm.I64Or],
  [Op.And, Wasm.I64And],
  [Op.Mul, Wasm.I64Mul],
] satisfies Binary[]);

const IMMEDIATE: ReadonlyMap<Op, Wasm> = new Map<Op, Wasm>([
  [Op.Addi, Wasm.I64Add],
  [Op.Xori, Wasm.I64Xor],
  [Op.Ori, Wasm.I64Or],
  [Op.Andi, Wasm.I64And],
  [Op.Slli, Wasm.I64Shl],
  [Op.Srli, Wasm.I64ShrU],
  [Op.Srai, Wasm.I64ShrS],
] satisfies Binary[]);

const REGISTER_WORD: ReadonlyMap<Op, Wasm> = new Map<Op, Wasm>([
  [Op.Addw, Wasm.I32Add],
  [Op.Subw, Wasm.I32Sub],
  [Op.Sllw, Wasm.I32Shl],
  [Op.Srlw, Wasm.I32ShrU],
  [Op.Sraw, Wasm.I32ShrS],
  [Op.Mulw, Wasm.I32Mul],
] satisfies Binary[]);

const IMMEDIATE_WORD: ReadonlyMap<Op, Wasm> = new Map<Op, Wasm>([
  [Op.Addiw, Wasm.I32Add],
  [Op.Slliw, Wasm.I32Shl],
  [Op.Srliw, Wasm.I32ShrU],
  [Op.Sraiw, Wasm.I32ShrS],
] satisfies Binary[]);

const COMPARE: ReadonlyMap<Op, Wasm> = new Map<Op, Wasm>([
  [Op.Beq, Wasm.I64Eq],
  [Op.Bne, Wasm.I64Ne],
  [Op.Blt, Wasm.I64LtS],
  [Op.Bge, Wasm.I64GeS],
  [Op.Bltu, Wasm.I64LtU],
  [Op.Bgeu, Wasm.I64GeU],
]);

const COMPARE_WORDS: ReadonlyMap<Op, Wasm> = new Map<Op, Wasm>([
  [Op.Beq, Wasm.I32Eq],
  [Op.Bne, Wasm.I32Ne],
  [Op.Blt, Wasm.I32LtS],
  [Op.Bge, Wasm.I32GeS],
  [Op.Bltu, Wasm.I32LtU],
  [Op.Bgeu, Wasm.I32GeU],
]);

const BITWISE: ReadonlyMap<Op, Wasm> = new Map<Op, Wasm>([
  [Op.Xor, Wasm.I32Xor],
  [Op.Or, Wasm.I32Or],
  [Op.And, Wasm.I32And],
]);

const INVERSE: ReadonlyMap<Op, Op> = new Map([
  [Op.Beq, Op.Bne],
  [Op.Bne, Op.Beq],
  [Op.Blt, Op.Bge],
  [Op.Bge, Op.Blt],
  [Op.Bltu, Op.Bgeu],
  [Op.Bgeu, Op.Bltu],
]);

/** Pushes whether a branch is taken, or not taken if `inverted`. */
export function emitCondition(emitter: Emitter, { op, rs1, rs2 }: Instruction, inverted: boolean): void {
  const { code } = emitter;
  const test = inverted ? INVERSE.get(op)! : op;
  const words = emitter.isWord(rs1) && emitter.isWord(rs2);
  if (rs2 === 0 && test === Op.Beq) {
    if (words) emitter.getW(rs1);
    else emitter.getX(rs1);
    code.op(words ? Wasm.I32Eqz : Wasm.I64Eqz);
    return;
  }
  if (words) {
    emitter.getW(rs1);
    emitter.getW(rs2);
    code.op(COMPARE_WORDS.get(test)!);
    return;
  }
  emitter.getX(rs1);
  emitter.getX(rs2);
  code.op(COMPARE.get(test)!);
}

/** @returns false when the instruction is none of those that this file knows. */
export function emitInteger(
  emitter: Emitter,
  instruction: Instruction,
  va: number,
  sharing: Sharing = Sharing.None,
): boolean {
  const { op, rd, rs1, rs2, imm } = instruction;
  const { code } = emitter;
  if (op === Op.Fence || op === Op.FenceI) return true;
  if (op > Op.Remuw || (op >= Op.Lb && op <= Op.Sd)) return false;
  if (rd === 0) return true;

  if (emitAsWord(emitter, instruction) || emitField(emitter, instruction)) return true;
  if (op === Op.Slli && rs1 !== 0) {
    emitter.getX(rs1);
    code.localSet(emitter.scratch(ValueType.I64, `before${rd}`));
  }
  const immediate = IMMEDIATE.get(op);
  if (immediate !== undefined) {
    if (imm === 0) emitter.getX(rs1);
    else if (rs1 === 0 && op === Op.Addi) code.i64Const(imm);
    else {
      emitter.getX(rs1);
      code.i64Const(imm);
      code.op(immediate);
    }
    // and-ing with zero is the one operation of these that an immediate of zero does not leave unchanged.
    if (imm === 0 && op === Op.Andi) {
      code.op(Wasm.Drop);
      code.i64Const(0);
    }
    emitter.setX(rd);
    return true;
  }
  const register = REGISTER.get(op);
  if (register !== undefined) {
    if (op === Op.Add && rs1 === 0) emitter.getX(rs2);
    else if (op === Op.Add && rs2 === 0) emitter.getX(rs1);
    else {
      emitter.getX(rs1);
      emitter.getX(rs2);
      code.op(register);
    }
    emitter.setX(rd);
    return true;
  }
  const immediateWord = IMMEDIATE_WORD.get(op);
  if (immediateWord !== undefined) {
    emitter.getW(rs1);
    if (imm !== 0) {
      code.i32Const(imm);
      code.op(immediateWord);
    }
    if (op === Op.Srliw && imm > 0) emitter.setUnsigned(rd);
    else emitter.setW(rd);
    return true;
  }
  const registerWord = REGISTER_WORD.get(op);
  if (registerWord !== undefined) {
    emitter.getW(rs1);
    emitter.getW(rs2);
    code.op(registerWord);
    emitter.setW(rd);
    return true;
  }
  switch (op) {
    case Op.Lui:
      code.i64Const(imm);
      emitter.setX(rd);
      return true;
    case Op.Auipc:
      code.i64Const(va + imm);
      emitter.setX(rd);
      return true;
    case Op.Slti:
    case Op.Sltiu:
      emitter.getX(rs1);
      code.i64Const(imm);
      code.op(op === Op.Slti ? Wasm.I64LtS : Wasm.I64LtU);
      code.op(Wasm.I64ExtendI32U);
      emitter.setX(rd);
      return true;
    case Op.Slt:
    case Op.Sltu:
      emitter.getX(rs1);
      emitter.getX(rs2);
      code.op(op === Op.Slt ? Wasm.I64LtS : Wasm.I64LtU);
      code.op(Wasm.I64ExtendI32U);
      emitter.setX(rd);
      return true;
    case Op.Mulh:
    case Op.Mulhsu:
    case Op.Mulhu:
      emitMultiplyHigh(emitter, instruction);
      return true;
    case Op.Div:
    case Op.Rem:
    case Op.Divw:
    case Op.Remw:
    case Op.Divu:
    case Op.Remu:
    case Op.Divuw:
    case Op.Remuw:
      if (sharing !== Sharing.None) emitSharedDivision(emitter, instruction, sharing === Sharing.First);
      else {
        pushDivision(emitter, instruction, isQuotient(op));
        if (isWide(op)) emitter.setX(rd);
        else emitter.setW(rd);
      }
      return true;
    default:
      return false;
  }
}

/** Bitwise operations whose operands were computed in 32 bits, or whose result depends on no more. */
function emitAsWord(emitter: Emitter, { op, rd, rs1, rs2, imm }: Instruction): boolean {
  const { code } = emitter;
  if (op === Op.Andi && imm >= 0) {
    emitter.getW(rs1);
    code.i32Const(imm);
    code.op(Wasm.I32And);
    emitter.setUnsigned(rd);
    return true;
  }
  const bitwise = BITWISE.get(op);
  const computed = (emitter.extended & ((1 << rs1) | (1 << rs2))) !== 0;
  if (bitwise === undefined || !computed || !emitter.isWord(rs1) || !emitter.isWord(rs2)) return false;
  emitter.getW(rs1);
  emitter.getW(rs2);
  code.op(bitwise);
  emitter.setW(rd);
  return true;
}

/** A shift to the left and one to the right by as much or, for words, by more: how a field is taken out and extended. */
function emitField(emitter: Emitter, { op, rd, rs1, imm }: Instruction): boolean {
  if (op !== Op.Srli && op !== Op.Srai) return false;
  const { code } = emitter;
  const before = emitter.shifted.get(rs1);
  if (!before) return false;
  const { by, local } = before;
  if (by === 32 && imm >= 32) {
    code.localGet(local);
    code.op(Wasm.I32WrapI64);
    if (imm > 32) {
      code.i32Const(imm - 32);
      code.op(op === Op.Srli ? Wasm.I32ShrU : Wasm.I32ShrS);
    }
    if (op === Op.Srli) emitter.setUnsigned(rd);
    else emitter.setW(rd);
    return true;
  }
  if (by !== imm || (by !== 48 && by !== 56)) return false;
  code.localGet(local);
  if (op === Op.Srli) {
    code.i64Const(by === 48 ? 0xffff : 0xff);
    code.op(Wasm.I64And);
  } else code.op(by === 48 ? Wasm.I64Extend16S : Wasm.I64Extend8S);
  emitter.setX(rd);
  return true;
}

/** The high half of a product from four products of 32-bit halves. */
function emitMultiplyHigh(emitter: Emitter, { op, rd, rs1, rs2 }: Instruction): void {
  const { code } = emitter;
  const first = emitter.scratch(ValueType.I64, 'first');
  const second = emitter.scratch(ValueType.I64, 'second');
  const low = (): void => {
    code.i64Const(0xffff_ffff);
    code.op(Wasm.I64And);
  };
  const high = (): void => {
    code.i64Const(32);
    code.op(Wasm.I64ShrU);
  };
  // first = high(rs1) * low(rs2) + high(low(rs1) * low(rs2))
  emitter.getX(rs1);
  high();
  emitter.getX(rs2);
  low();
  code.op(Wasm.I64Mul);
  emitter.getX(rs1);
  low();
  emitter.getX(rs2);
  low();
  code.op(Wasm.I64Mul);
  high();
  code.op(Wasm.I64Add);
  code.localSet(first);
  // second = low(rs1) * high(rs2) + low(first)
  emitter.getX(rs1);
  low();
  emitter.getX(rs2);
  high();
  code.op(Wasm.I64Mul);
  code.localGet(first);
  low();
  code.op(Wasm.I64Add);
  code.localSet(second);
  emitter.getX(rs1);
  high();
  emitter.getX(rs2);
  high();
  code.op(Wasm.I64Mul);
  code.localGet(first);
  high();
  code.op(Wasm.I64Add);
  code.localGet(second);
  high();
  code.op(Wasm.I64Add);
  // A negative operand counts as itself plus 2^64: take the other one off.
  const correct = (negative: number, other: number): void => {
    emitter.getX(negative);
    code.i64Const(63);
    code.op(Wasm.I64ShrS);
    emitter.getX(other);
    code.op(Wasm.I64And);
    code.op(Wasm.I64Sub);
  };
  if (op !== Op.Mulhu) correct(rs1, rs2);
  if (op === Op.Mulh) correct(rs2, rs1);
  emitter.setX(rd);
}

/** Pushes a quotient, or a remainder. Division by 0 and -1 apart: the first does not trap in the guest. */
function pushDivision(emitter: Emitter, { op, rs1, rs2 }: Instruction, quotient: boolean): void {
  if (isUnsigned(op)) pushUnsignedDivision(emitter, rs1, rs2, isWide(op), quotient);
  else pushSignedDivision(emitter, rs1, rs2, isWide(op), quotient);
}

function pushSignedDivision(emitter: Emitter, rs1: number, rs2: number, wide: boolean, quotient: boolean): void {
  const { code } = emitter;
  const type = wide ? ValueType.I64 : ValueType.I32;
  const get = (register: number): void => (wide ? emitter.getX(register) : emitter.getW(register));
  const constant = (value: number): void => (wide ? code.i64Const(value) : code.i32Const(value));
  get(rs2);
  constant(1);
  code.op(wide ? Wasm.I64Add : Wasm.I32Add);
  constant(1);
  code.op(wide ? Wasm.I64LeU : Wasm.I32LeU);
  emitter.openIf(type);
  get(rs2);
  code.op(wide ? Wasm.I64Eqz : Wasm.I32Eqz);
  emitter.openIf(type);
  if (quotient) constant(-1);
  else get(rs1);
  emitter.otherwise();
  constant(0);
  if (quotient) {
    get(rs1);
    code.op(wide ? Wasm.I64Sub : Wasm.I32Sub);
  }
  emitter.end();
  emitter.otherwise();
  get(rs1);
  get(rs2);
  if (wide) code.op(quotient ? Wasm.I64DivS : Wasm.I64RemS);
  else code.op(quotient ? Wasm.I32DivS : Wasm.I32RemS);
  emitter.end();
}

function pushUnsignedDivision(emitter: Emitter, rs1: number, rs2: number, wide: boolean, quotient: boolean): void {
  const { code } = emitter;
  const get = (register: number): void => (wide ? emitter.getX(register) : emitter.getW(register));
  get(rs2);
  code.op(wide ? Wasm.I64Eqz : Wasm.I32Eqz);
  emitter.openIf(wide ? ValueType.I64 : ValueType.I32);
  if (!quotient) get(rs1);
  else if (wide) code.i64Const(-1);
  else code.i32Const(-1);
  emitter.otherwise();
  get(rs1);
  get(rs2);
  if (wide) code.op(quotient ? Wasm.I64DivU : Wasm.I64RemU);
  else code.op(quotient ? Wasm.I32DivU : Wasm.I32RemU);
  emitter.end();
}

/**
 * A division whose quotient serves a later one of the same operands too, or the later one. In all cases, also those
 * that are no exceptions here, the remainder is the dividend less the divisor times the quotient.
 */
function emitSharedDivision(emitter: Emitter, instruction: Instruction, first: boolean): void {
  const { op, rd, rs1, rs2 } = instruction;
  const { code } = emitter;
  const wide = isWide(op);
  const quotient = emitter.scratch(wide ? ValueType.I64 : ValueType.I32, 'quotient');
  if (first) {
    pushDivision(emitter, instruction, true);
    code.localSet(quotient);
  }
  if (!isQuotient(op)) {
    if (wide) emitter.getX(rs1);
    else emitter.getW(rs1);
    if (wide) emitter.getX(rs2);
    else emitter.getW(rs2);
  }
  code.localGet(quotient);
  if (!isQuotient(op)) {
    code.op(wide ? Wasm.I64Mul : Wasm.I32Mul);
    code.op(wide ? Wasm.I64Sub : Wasm.I32Sub);
  }
  if (wide) emitter.setX(rd);
  else emitter.setW(rd);
}
