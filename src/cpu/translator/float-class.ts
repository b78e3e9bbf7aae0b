import type { Instruction } from '../../riscv/instruction.ts';
import { Op } from '../../riscv/op.ts';
import { FloatForm, type Emitter } from './emitter.ts';
import { getSingle, requireBoxed } from './float-registers.ts';
import { ValueType, Wasm } from './wasm-encoder.ts';

/** Bits of the result (table "Format of result of FCLASS instruction"), for the negative and the positive kind. */
const NORMAL = [1 << 1, 1 << 6];
const SUBNORMAL = [1 << 2, 1 << 5];
const ZERO = [1 << 3, 1 << 4];
const INFINITE = [1 << 0, 1 << 7];

const MAX_EXPONENT = 0x7ff;

/** Classifies numbers; NaNs are left to the interpreter. A single is classified by its bits, moved to a double's places. */
export function emitClassify(emitter: Emitter, { op, rd, rs1 }: Instruction): void {
  const { code } = emitter;
  const bits = emitter.scratch(ValueType.I64, 'first');
  const exponent = emitter.scratch(ValueType.I32, 'value');
  const single = op === Op.FclassS;
  if (single) {
    requireBoxed(emitter, rs1);
    getSingle(emitter, rs1);
    code.op(Wasm.I32ReinterpretF32);
    code.op(Wasm.I64ExtendI32U);
    code.i64Const(32);
    code.op(Wasm.I64Shl);
  } else {
    code.localGet(emitter.floatLocal(rs1));
    if (emitter.floatForm[rs1] === Number(FloatForm.Double)) code.op(Wasm.I64ReinterpretF64);
  }
  code.localTee(bits);
  code.i64Const(single ? 55 : 52);
  code.op(Wasm.I64ShrU);
  code.op(Wasm.I32WrapI64);
  const maximum = single ? 0xff : MAX_EXPONENT;
  code.i32Const(maximum);
  code.op(Wasm.I32And);
  code.localSet(exponent);
  const bySign = ([negative, positive]: readonly number[]): void => {
    code.i64Const(negative);
    code.i64Const(positive);
    code.localGet(bits);
    code.i64Const(0);
    code.op(Wasm.I64LtS);
    code.op(Wasm.Select);
  };
  const pushFraction = (): void => {
    code.localGet(bits);
    code.i64Const(single ? 9 : 12);
    code.op(Wasm.I64Shl);
  };
  code.localGet(exponent);
  code.i32Const(1);
  code.op(Wasm.I32Sub);
  code.i32Const(maximum - 1);
  code.op(Wasm.I32LtU);
  emitter.openIf(ValueType.I64);
  bySign(NORMAL);
  emitter.otherwise();
  code.localGet(exponent);
  emitter.openIf(ValueType.I64);
  pushFraction();
  code.i64Const(0);
  code.op(Wasm.I64Ne);
  emitter.interpretIf();
  bySign(INFINITE);
  emitter.otherwise();
  pushFraction();
  code.op(Wasm.I64Eqz);
  emitter.openIf(ValueType.I64);
  bySign(ZERO);
  emitter.otherwise();
  bySign(SUBNORMAL);
  emitter.end();
  emitter.end();
  emitter.end();
  emitter.setX(rd);
}
