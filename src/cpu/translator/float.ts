import { DYNAMIC_ROUNDING, type Instruction } from '../../riscv/instruction.ts';
import { Op } from '../../riscv/op.ts';
import { FloatForm, type Emitter } from './emitter.ts';
import { emitClassify } from './float-class.ts';
import { emitDoubleArithmetic, emitDoubleFused } from './float-double.ts';
import { getDouble, getSingle, requireBoxed, setDouble, setSingle, noteInexact } from './float-registers.ts';
import { emitSingleArithmetic, emitSingleFused } from './float-single.ts';
import { floatDestination, floatSources, isSingle } from './operands.ts';
import { instructionsOf, type Region } from './region.ts';
import { ValueType, Wasm } from './wasm-encoder.ts';

/*
 * Floating point. Generated code rounds to nearest even with the host's operations and raises no flag but NX; whatever
 * might do more (NaNs, infinities from finite operands, tiny results, other rounding modes) is left to the
 * interpreter's exact arithmetic, one instruction at a time.
 */

const FRM = 0xe0;
const NX = 1;
const SIGN = -0x8000_0000_0000_0000n;

/** How each f register of a region is kept: as a double unless some instruction takes it for a single. */
export function floatForms(region: Region): Uint8Array {
  const forms = new Uint8Array(32).fill(FloatForm.Double);
  let bits = 0;
  for (const block of region.blocks)
    for (const { instruction } of instructionsOf(block)) {
      const { op } = instruction;
      if (op === Op.FcvtDS || op === Op.Fsw) bits |= floatSources(instruction);
      else if (op === Op.FcvtSD || op === Op.Flw) bits |= floatDestination(instruction);
      else if (isSingle(op)) bits |= floatSources(instruction) | floatDestination(instruction);
    }
  for (let r = 0; r < 32; r++) if (bits & (1 << r)) forms[r] = FloatForm.Bits;
  return forms;
}

/** Pushes whether fcsr is not as the region was built for, and fetches NX where it is to be noticed. */
export function pushUnsuitableRounding(emitter: Emitter): void {
  const { code, layout, inexactLocal } = emitter;
  code.i32Const(0);
  code.access(Wasm.I32Load, 2, layout.fcsr);
  if (inexactLocal < 0) {
    code.i32Const(FRM | NX);
    code.op(Wasm.I32And);
    code.i32Const(NX);
    code.op(Wasm.I32Ne);
    return;
  }
  code.localTee(inexactLocal);
  code.i32Const(FRM);
  code.op(Wasm.I32And);
  code.localGet(inexactLocal);
  code.i32Const(NX);
  code.op(Wasm.I32And);
  code.localSet(inexactLocal);
}

export function emitFloat(emitter: Emitter, instruction: Instruction): void {
  const { op, rd, rs1, rs2 } = instruction;
  const { code } = emitter;
  switch (op) {
    case Op.FaddD:
    case Op.FsubD:
    case Op.FmulD:
    case Op.FdivD:
    case Op.FsqrtD:
      emitDoubleArithmetic(emitter, instruction);
      return;
    case Op.FmaddD:
    case Op.FmsubD:
    case Op.FnmsubD:
    case Op.FnmaddD:
      emitDoubleFused(emitter, instruction);
      return;
    case Op.FaddS:
    case Op.FsubS:
    case Op.FmulS:
    case Op.FdivS:
    case Op.FsqrtS:
      emitSingleArithmetic(emitter, instruction);
      return;
    case Op.FmaddS:
    case Op.FmsubS:
    case Op.FnmsubS:
    case Op.FnmaddS:
      emitSingleFused(emitter, instruction);
      return;
    case Op.FsgnjD:
    case Op.FsgnjnD:
    case Op.FsgnjxD:
      emitSignDouble(emitter, instruction);
      return;
    case Op.FsgnjS:
    case Op.FsgnjnS:
    case Op.FsgnjxS:
      emitSignSingle(emitter, instruction);
      return;
    case Op.FminD:
    case Op.FmaxD:
      refuseNaNs(emitter, instruction);
      getDouble(emitter, rs1);
      getDouble(emitter, rs2);
      code.op(op === Op.FminD ? Wasm.F64Min : Wasm.F64Max);
      setDouble(emitter, rd);
      return;
    case Op.FminS:
    case Op.FmaxS:
      refuseNaNs(emitter, instruction);
      getSingle(emitter, rs1);
      getSingle(emitter, rs2);
      code.op(op === Op.FminS ? Wasm.F32Min : Wasm.F32Max);
      setSingle(emitter, rd);
      return;
    case Op.FeqD:
    case Op.FltD:
    case Op.FleD:
      refuseNaNs(emitter, instruction);
      getDouble(emitter, rs1);
      getDouble(emitter, rs2);
      code.op(op === Op.FeqD ? Wasm.F64Eq : op === Op.FltD ? Wasm.F64Lt : Wasm.F64Le);
      code.op(Wasm.I64ExtendI32U);
      emitter.setX(rd);
      return;
    case Op.FeqS:
    case Op.FltS:
    case Op.FleS:
      refuseNaNs(emitter, instruction);
      getSingle(emitter, rs1);
      getSingle(emitter, rs2);
      code.op(op === Op.FeqS ? Wasm.F32Eq : op === Op.FltS ? Wasm.F32Lt : Wasm.F32Le);
      code.op(Wasm.I64ExtendI32U);
      emitter.setX(rd);
      return;
    case Op.FmvXD:
      code.localGet(emitter.floatLocal(rs1));
      if (isDouble(emitter, rs1)) code.op(Wasm.I64ReinterpretF64);
      emitter.setX(rd);
      return;
    case Op.FmvDX:
      emitter.getX(rs1);
      if (isDouble(emitter, rd)) code.op(Wasm.F64ReinterpretI64);
      code.localSet(emitter.floatLocal(rd));
      emitter.boxed &= ~(1 << rd);
      return;
    case Op.FmvXW:
      code.localGet(emitter.floatLocal(rs1));
      code.op(Wasm.I64Extend32S);
      emitter.setX(rd);
      return;
    case Op.FmvWX:
      emitter.getW(rs1);
      code.op(Wasm.F32ReinterpretI32);
      setSingle(emitter, rd);
      return;
    case Op.FcvtWD:
    case Op.FcvtWuD:
    case Op.FcvtLD:
    case Op.FcvtLuD:
      getDouble(emitter, rs1);
      emitToInteger(emitter, instruction, op - Op.FcvtWD);
      return;
    case Op.FcvtWS:
    case Op.FcvtWuS:
    case Op.FcvtLS:
    case Op.FcvtLuS:
      requireBoxed(emitter, rs1);
      getSingle(emitter, rs1);
      code.op(Wasm.F64PromoteF32);
      emitToInteger(emitter, instruction, op - Op.FcvtWS);
      return;
    case Op.FcvtDW:
    case Op.FcvtDWu:
    case Op.FcvtDL:
    case Op.FcvtDLu:
      pushInteger(emitter, rs1, op - Op.FcvtDW, op >= Op.FcvtDL ? 53 : 64);
      code.op(op === Op.FcvtDLu ? Wasm.F64ConvertI64U : Wasm.F64ConvertI64S);
      setDouble(emitter, rd);
      return;
    case Op.FcvtSW:
    case Op.FcvtSWu:
    case Op.FcvtSL:
    case Op.FcvtSLu:
      pushInteger(emitter, rs1, op - Op.FcvtSW, 24);
      code.op(op === Op.FcvtSLu ? Wasm.F32ConvertI64U : Wasm.F32ConvertI64S);
      setSingle(emitter, rd);
      return;
    case Op.FclassD:
    case Op.FclassS:
      emitClassify(emitter, instruction);
      return;
    case Op.FcvtSD:
      emitNarrow(emitter, instruction);
      return;
    case Op.FcvtDS:
      requireBoxed(emitter, rs1);
      getSingle(emitter, rs1);
      getSingle(emitter, rs1);
      code.op(Wasm.F32Ne);
      emitter.interpretIf();
      getSingle(emitter, rs1);
      code.op(Wasm.F64PromoteF32);
      setDouble(emitter, rd);
      return;
    default:
      throw new Error(`no code for operation ${op}`);
  }
}

function isDouble(emitter: Emitter, register: number): boolean {
  return emitter.floatForm[register] === Number(FloatForm.Double);
}

/** Leaves when an operand is a NaN: which flag that raises is for the interpreter to say. */
function refuseNaNs(emitter: Emitter, { op, rs1, rs2 }: Instruction): void {
  const { code } = emitter;
  const single = isSingle(op);
  for (const register of [rs1, rs2]) {
    if (single) requireBoxed(emitter, register);
    for (let k = 0; k < 2; k++) {
      if (single) getSingle(emitter, register);
      else getDouble(emitter, register);
    }
    code.op(single ? Wasm.F32Ne : Wasm.F64Ne);
  }
  code.op(Wasm.I32Or);
  emitter.interpretIf();
}

function emitSignDouble(emitter: Emitter, { op, rd, rs1, rs2 }: Instruction): void {
  const { code } = emitter;
  if (rs1 === rs2) {
    getDouble(emitter, rs1);
    if (op === Op.FsgnjnD) code.op(Wasm.F64Neg);
    if (op === Op.FsgnjxD) code.op(Wasm.F64Abs);
    setDouble(emitter, rd);
    return;
  }
  const bits = (register: number): void => {
    code.localGet(emitter.floatLocal(register));
    if (isDouble(emitter, register)) code.op(Wasm.I64ReinterpretF64);
  };
  const sign = emitter.scratch(ValueType.I64, 'first');
  bits(rs2);
  code.i64ConstBits(SIGN);
  code.op(Wasm.I64And);
  if (op === Op.FsgnjnD) {
    code.i64ConstBits(SIGN);
    code.op(Wasm.I64Xor);
  }
  code.localSet(sign);
  bits(rs1);
  if (op !== Op.FsgnjxD) {
    code.i64ConstBits(~SIGN);
    code.op(Wasm.I64And);
  }
  code.localGet(sign);
  code.op(Wasm.I64Xor);
  if (isDouble(emitter, rd)) code.op(Wasm.F64ReinterpretI64);
  code.localSet(emitter.floatLocal(rd));
  emitter.boxed &= ~(1 << rd);
}

function emitSignSingle(emitter: Emitter, { op, rd, rs1, rs2 }: Instruction): void {
  const { code } = emitter;
  requireBoxed(emitter, rs1);
  requireBoxed(emitter, rs2);
  const bits = (register: number): void => {
    getSingle(emitter, register);
    code.op(Wasm.I32ReinterpretF32);
  };
  bits(rs1);
  if (op !== Op.FsgnjxS) {
    code.i32Const(0x7fff_ffff);
    code.op(Wasm.I32And);
  }
  bits(rs2);
  code.i32Const(-0x8000_0000);
  code.op(Wasm.I32And);
  if (op === Op.FsgnjnS) {
    code.i32Const(-0x8000_0000);
    code.op(Wasm.I32Xor);
  }
  code.op(Wasm.I32Xor);
  code.op(Wasm.F32ReinterpretI32);
  setSingle(emitter, rd);
}

const ROUND = [Wasm.F64Nearest, Wasm.F64Trunc, Wasm.F64Floor, Wasm.F64Ceil];
/** The types W, Wu, L, Lu: the least value, and the greatest double that is in range. */
const LEAST = [-(2 ** 31), 0, -(2 ** 63), 0];
const GREATEST = [2 ** 31 - 1, 2 ** 32 - 1, 2 ** 63 - 1024, 2 ** 64 - 2048];

/** Pops a double and sets rd to it as an integer of the type numbered as the instructions are. */
function emitToInteger(emitter: Emitter, { rd, rm }: Instruction, type: number): void {
  const { code } = emitter;
  const value = emitter.scratch(ValueType.F64, 'a');
  const rounded = emitter.scratch(ValueType.F64, 'result');
  code.localTee(value);
  code.op(ROUND[rm === DYNAMIC_ROUNDING ? 0 : rm]);
  code.localTee(rounded);
  code.f64Const(LEAST[type]);
  code.op(Wasm.F64Ge);
  code.localGet(rounded);
  code.f64Const(GREATEST[type]);
  code.op(Wasm.F64Le);
  code.op(Wasm.I32And);
  code.op(Wasm.I32Eqz);
  emitter.interpretIf();
  noteInexact(emitter, () => {
    code.localGet(rounded);
    code.localGet(value);
    code.op(Wasm.F64Ne);
  });
  code.localGet(rounded);
  code.op(type === 3 ? Wasm.I64TruncF64U : Wasm.I64TruncF64S);
  if (type === 1) code.op(Wasm.I64Extend32S);
  emitter.setX(rd);
}

/** Pushes an integer operand as an i64; leaves when its conversion might be inexact and that is to be noticed. */
function pushInteger(emitter: Emitter, register: number, type: number, precision: number): void {
  const { code, inexactLocal } = emitter;
  const value = emitter.scratch(ValueType.I64, 'first');
  emitter.getX(register);
  if (type === 0) code.op(Wasm.I64Extend32S);
  if (type === 1) {
    code.i64Const(0xffff_ffff);
    code.op(Wasm.I64And);
  }
  code.localSet(value);
  if (precision < 64 && inexactLocal >= 0) {
    // Outside [-2^precision, 2^precision], also as unsigned numbers.
    code.localGet(inexactLocal);
    code.op(Wasm.I32Eqz);
    code.localGet(value);
    code.i64Const(2 ** precision);
    code.op(Wasm.I64Add);
    code.i64ConstBits(2n ** BigInt(precision + 1));
    code.op(Wasm.I64GtU);
    code.op(Wasm.I32And);
    emitter.interpretIf();
    if (type === 3) {
      code.localGet(inexactLocal);
      code.op(Wasm.I32Eqz);
      code.localGet(value);
      code.i64Const(0);
      code.op(Wasm.I64LtS);
      code.op(Wasm.I32And);
      emitter.interpretIf();
    }
  }
  code.localGet(value);
}

const LEAST_NORMAL_SINGLE = 2 ** -125;
const GREATEST_SINGLE = 2 ** 127;

/** fcvt.s.d */
function emitNarrow(emitter: Emitter, { rd, rs1 }: Instruction): void {
  const { code } = emitter;
  const value = emitter.scratch(ValueType.F64, 'a');
  const result = emitter.scratch(ValueType.F32, 'result');
  getDouble(emitter, rs1);
  code.localTee(value);
  code.op(Wasm.F32DemoteF64);
  code.localTee(result);
  code.op(Wasm.F64PromoteF32);
  code.localGet(value);
  code.op(Wasm.F64Ne);
  emitter.open(Wasm.If);
  code.localGet(result);
  code.op(Wasm.F32Abs);
  code.f32Const(LEAST_NORMAL_SINGLE);
  code.op(Wasm.F32Ge);
  code.localGet(result);
  code.op(Wasm.F32Abs);
  code.f32Const(GREATEST_SINGLE);
  code.op(Wasm.F32Le);
  code.op(Wasm.I32And);
  code.op(Wasm.I32Eqz);
  emitter.interpretIf();
  if (emitter.inexactLocal >= 0) {
    code.i32Const(1);
    code.localSet(emitter.inexactLocal);
  }
  emitter.end();
  code.localGet(result);
  setSingle(emitter, rd);
}
