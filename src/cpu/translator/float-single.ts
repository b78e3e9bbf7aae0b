import type { Instruction } from '../../riscv/instruction.ts';
import { Op } from '../../riscv/op.ts';
import type { Emitter } from './emitter.ts';
import { emitRoundToOdd, pushSumError } from './float-errors.ts';
import { pushOutside } from './float-range.ts';
import { getSingle, noteInexact, requireBoxed, setSingle } from './float-registers.ts';
import { pushHostFused } from './host-fused.ts';
import { ValueType, Wasm } from './wasm-encoder.ts';

/*
 * Singles. Whether a result is inexact shows in doubles: products, quotients times divisors and squares of singles are
 * exact there.
 */

/** Results of these magnitudes neither overflow nor are tiny. */
const NORMAL = { low: -125, high: 127 };
const FINITE = { high: NORMAL.high };
/** As a double, this is still rounded to a finite single. */
const GREATEST = 2 ** NORMAL.high;

function pushDouble(emitter: Emitter, register: number): void {
  getSingle(emitter, register);
  emitter.code.op(Wasm.F64PromoteF32);
}

/** Leaves when a result may have raised more than NX. It is exactly zero when one of the registers `zeros` is. */
function requireNormal(emitter: Emitter, result: number, zeros: readonly number[]): void {
  const { code } = emitter;
  pushOutside(emitter, result, ValueType.F32, NORMAL);
  emitter.open(Wasm.If);
  zeros.forEach((register, position) => {
    getSingle(emitter, register);
    code.f32Const(0);
    code.op(Wasm.F32Eq);
    if (position > 0) code.op(Wasm.I32Or);
  });
  code.localGet(result);
  code.f32Const(0);
  code.op(Wasm.F32Eq);
  code.op(Wasm.I32And);
  code.op(Wasm.I32Eqz);
  emitter.interpretIf();
  emitter.end();
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
  if (op === Op.FmulS) requireNormal(emitter, result, [rs1, rs2]);
  else if (op === Op.FdivS) requireNormal(emitter, result, [rs1]);
  else {
    pushOutside(emitter, result, ValueType.F32, FINITE);
    emitter.interpretIf();
  }
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

/** rd = ±(rs1 * rs2) ± rs3, rounded once. */
export function emitSingleFused(emitter: Emitter, instruction: Instruction): void {
  const { rd, rs1, rs2, rs3 } = instruction;
  const result = emitter.scratch(ValueType.F32, 'result');
  for (const register of [rs1, rs2, rs3]) requireBoxed(emitter, register);
  if (emitter.hostFuses) emitWithHostFused(emitter, instruction, result);
  else emitFusedAsDouble(emitter, instruction, result);
  emitter.code.localGet(result);
  setSingle(emitter, rd);
}

function emitWithHostFused(emitter: Emitter, instruction: Instruction, result: number): void {
  const { rs1, rs2, rs3 } = instruction;
  const { code } = emitter;
  const { negatesProduct, negatesAddend } = signs(instruction);
  pushHostFused(
    code,
    ValueType.F32,
    () => {
      getSingle(emitter, rs1);
      if (negatesProduct) code.op(Wasm.F32Neg);
    },
    () => getSingle(emitter, rs2),
    () => {
      getSingle(emitter, rs3);
      if (negatesAddend) code.op(Wasm.F32Neg);
    },
  );
  code.localSet(result);
  requireNormal(emitter, result, [rs1, rs2]);
  noteInexact(emitter, () => {
    const sum = emitSum(emitter, instruction);
    pushSumError(emitter, sum.product, sum.addend, sum.sum, emitter.scratch(ValueType.F64, 'd'));
    code.f64Const(0);
    code.op(Wasm.F64Ne);
    code.localGet(result);
    code.op(Wasm.F64PromoteF32);
    code.localGet(sum.sum);
    code.op(Wasm.F64Ne);
    code.op(Wasm.I32Or);
  });
}

/** The product is exact as a double, and its sum with rs3 is rounded to odd before it is rounded to a single. */
function emitFusedAsDouble(emitter: Emitter, instruction: Instruction, result: number): void {
  const { code } = emitter;
  const odd = emitter.scratch(ValueType.F64, 'tail');
  const error = emitter.scratch(ValueType.F64, 'error');
  const { product, addend, sum } = emitSum(emitter, instruction);
  code.localGet(sum);
  code.localTee(odd);
  code.op(Wasm.F64Abs);
  code.f64Const(GREATEST);
  code.op(Wasm.F64Le);
  code.op(Wasm.I32Eqz);
  emitter.interpretIf();
  pushSumError(emitter, product, addend, sum, emitter.scratch(ValueType.F64, 'd'));
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
  pushOutside(emitter, result, ValueType.F32, NORMAL);
  emitter.open(Wasm.If);
  pushInexact();
  emitter.interpretIf();
  emitter.end();
  noteInexact(emitter, pushInexact);
}

interface Sum {
  readonly product: number;
  readonly addend: number;
  readonly sum: number;
}

/** Sets locals to the exact product and the addend, both as doubles, and to their rounded sum. */
function emitSum(emitter: Emitter, instruction: Instruction): Sum {
  const { rs1, rs2, rs3 } = instruction;
  const { code } = emitter;
  const product = emitter.scratch(ValueType.F64, 'product');
  const addend = emitter.scratch(ValueType.F64, 'c');
  const sum = emitter.scratch(ValueType.F64, 'head');
  const { negatesProduct, negatesAddend } = signs(instruction);
  pushDouble(emitter, rs1);
  if (negatesProduct) code.op(Wasm.F64Neg);
  pushDouble(emitter, rs2);
  code.op(Wasm.F64Mul);
  code.localSet(product);
  pushDouble(emitter, rs3);
  if (negatesAddend) code.op(Wasm.F64Neg);
  code.localSet(addend);
  code.localGet(product);
  code.localGet(addend);
  code.op(Wasm.F64Add);
  code.localSet(sum);
  return { product, addend, sum };
}

function signs({ op }: Instruction): { negatesProduct: boolean; negatesAddend: boolean } {
  return {
    negatesProduct: op === Op.FnmsubS || op === Op.FnmaddS,
    negatesAddend: op === Op.FmsubS || op === Op.FnmaddS,
  };
}
