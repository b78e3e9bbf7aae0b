import type { Instruction } from '../../riscv/instruction.ts';
import { Op } from '../../riscv/op.ts';
import type { Emitter } from './emitter.ts';
import { emitRoundToOdd, pushSumError } from './float-errors.ts';
import { getSingle, noteInexact, requireBoxed, setSingle } from './float-registers.ts';
import { ValueType, Wasm } from './wasm-encoder.ts';

/*
 * Singles. Whether a result is inexact shows in doubles: products, quotients times divisors and squares of singles are
 * exact there.
 */

/** Results between these magnitudes neither overflow nor are tiny. */
const LEAST = 2 ** -125;
const GREATEST = 2 ** 127;

function pushDouble(emitter: Emitter, register: number): void {
  getSingle(emitter, register);
  emitter.code.op(Wasm.F64PromoteF32);
}

function pushAtMost({ code }: Emitter, value: number, greatest: number): void {
  code.localGet(value);
  code.op(Wasm.F32Abs);
  code.f32Const(greatest);
  code.op(Wasm.F32Le);
}

export function emitSingleArithmetic(emitter: Emitter, { op, rd, rs1, rs2 }: Instruction): void {
  const { code } = emitter;
  const root = op === Op.FsqrtS;
  const a = emitter.scratch(ValueType.F64, 'a');
  const b = emitter.scratch(ValueType.F64, 'b');
  const wide = emitter.scratch(ValueType.F64, 'result');
  const result = emitter.scratch(ValueType.F32, 'result');
  requireBoxed(emitter, rs1);
  if (!root) requireBoxed(emitter, rs2);

  if (root) {
    getSingle(emitter, rs1);
    code.f32Const(0);
    code.op(Wasm.F32Ge);
    code.op(Wasm.I32Eqz);
    emitter.interpretIf();
    getSingle(emitter, rs1);
    code.op(Wasm.F32Sqrt);
    code.localSet(result);
    noteInexact(emitter, () => {
      code.localGet(result);
      code.op(Wasm.F64PromoteF32);
      code.localTee(wide);
      code.localGet(wide);
      code.op(Wasm.F64Mul);
      pushDouble(emitter, rs1);
      code.op(Wasm.F64Ne);
    });
    code.localGet(result);
    setSingle(emitter, rd);
    return;
  }

  getSingle(emitter, rs1);
  getSingle(emitter, rs2);
  const opcodes = [Wasm.F32Add, Wasm.F32Sub, Wasm.F32Mul, Wasm.F32Div];
  code.op(opcodes[op - Op.FaddS]);
  code.localSet(result);
  pushAtMost(emitter, result, GREATEST);
  if (op === Op.FmulS || op === Op.FdivS) {
    // Tiny results leave, but a zero that comes from a zero is exact.
    code.localGet(result);
    code.op(Wasm.F32Abs);
    code.f32Const(LEAST);
    code.op(Wasm.F32Ge);
    getSingle(emitter, rs1);
    code.f32Const(0);
    code.op(Wasm.F32Eq);
    if (op === Op.FmulS) {
      getSingle(emitter, rs2);
      code.f32Const(0);
      code.op(Wasm.F32Eq);
      code.op(Wasm.I32Or);
    }
    code.op(Wasm.I32Or);
    code.op(Wasm.I32And);
  }
  code.op(Wasm.I32Eqz);
  emitter.interpretIf();
  noteInexact(emitter, () => {
    pushDouble(emitter, rs1);
    code.localSet(a);
    pushDouble(emitter, rs2);
    if (op === Op.FsubS) code.op(Wasm.F64Neg);
    code.localSet(b);
    if (op === Op.FdivS) {
      code.localGet(result);
      code.op(Wasm.F64PromoteF32);
      code.localGet(b);
      code.op(Wasm.F64Mul);
      code.localGet(a);
      code.op(Wasm.F64Ne);
      return;
    }
    code.localGet(a);
    code.localGet(b);
    code.op(op === Op.FmulS ? Wasm.F64Mul : Wasm.F64Add);
    code.localTee(wide);
    code.localGet(result);
    code.op(Wasm.F64PromoteF32);
    code.op(Wasm.F64Ne);
    if (op === Op.FmulS) return;
    pushSumError(emitter, a, b, wide, emitter.scratch(ValueType.F64, 'c'));
    code.f64Const(0);
    code.op(Wasm.F64Ne);
    code.op(Wasm.I32Or);
  });
  code.localGet(result);
  setSingle(emitter, rd);
}

/** rd = ±(rs1 * rs2) ± rs3, rounded once: the product is exact as a double, and its sum with rs3 is rounded to odd. */
export function emitSingleFused(emitter: Emitter, { op, rd, rs1, rs2, rs3 }: Instruction): void {
  const { code } = emitter;
  const product = emitter.scratch(ValueType.F64, 'product');
  const c = emitter.scratch(ValueType.F64, 'c');
  const sum = emitter.scratch(ValueType.F64, 'head');
  const odd = emitter.scratch(ValueType.F64, 'tail');
  const error = emitter.scratch(ValueType.F64, 'error');
  const result = emitter.scratch(ValueType.F32, 'result');
  for (const register of [rs1, rs2, rs3]) requireBoxed(emitter, register);
  pushDouble(emitter, rs1);
  if (op === Op.FnmsubS || op === Op.FnmaddS) code.op(Wasm.F64Neg);
  pushDouble(emitter, rs2);
  code.op(Wasm.F64Mul);
  code.localSet(product);
  pushDouble(emitter, rs3);
  if (op === Op.FmsubS || op === Op.FnmaddS) code.op(Wasm.F64Neg);
  code.localSet(c);
  code.localGet(product);
  code.localGet(c);
  code.op(Wasm.F64Add);
  code.localTee(sum);
  code.localTee(odd);
  code.op(Wasm.F64Abs);
  code.f64Const(GREATEST);
  code.op(Wasm.F64Le);
  code.op(Wasm.I32Eqz);
  emitter.interpretIf();
  pushSumError(emitter, product, c, sum, emitter.scratch(ValueType.F64, 'd'));
  code.localSet(error);
  emitRoundToOdd(emitter, odd, error, emitter.scratch(ValueType.I64, 'first'));
  code.localGet(odd);
  code.op(Wasm.F32DemoteF64);
  code.localSet(result);
  const pushInexact = (): void => {
    code.localGet(error);
    code.f64Const(0);
    code.op(Wasm.F64Ne);
    code.localGet(result);
    code.op(Wasm.F64PromoteF32);
    code.localGet(sum);
    code.op(Wasm.F64Ne);
    code.op(Wasm.I32Or);
  };
  // An inexact result that may be tiny leaves.
  code.localGet(result);
  code.op(Wasm.F32Abs);
  code.f32Const(LEAST);
  code.op(Wasm.F32Lt);
  emitter.open(Wasm.If);
  pushInexact();
  emitter.interpretIf();
  emitter.end();
  noteInexact(emitter, pushInexact);
  code.localGet(result);
  setSingle(emitter, rd);
}
