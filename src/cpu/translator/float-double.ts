import type { Instruction } from '../../riscv/instruction.ts';
import { Op } from '../../riscv/op.ts';
import type { Emitter } from './emitter.ts';
import { emitRoundToOdd, pushProductError, pushSumError } from './float-errors.ts';
import { pushOutside } from './float-range.ts';
import { getDouble, noteInexact, setDouble } from './float-registers.ts';
import { pushHostFused } from './host-fused.ts';
import { ValueType, Wasm } from './wasm-encoder.ts';

/** Results of these magnitudes are neither tiny nor near overflow: from twice the smallest normal number on. */
const NORMAL = { low: -1021, high: 1000 };
const LARGE = { high: NORMAL.high };
/** Operands between these give products, and errors of products, that neither overflow nor underflow. */
const SAFE_LOW = 2 ** -450;
const SAFE_HIGH = 2 ** 450;
const ADDEND_LOW = 2 ** -900;
const ADDEND_HIGH = 2 ** 900;

interface Scratch {
  readonly a: number;
  readonly b: number;
  readonly result: number;
}

function operands(emitter: Emitter, rs1: number, rs2: number): Scratch {
  const scratch = {
    a: emitter.scratch(ValueType.F64, 'a'),
    b: emitter.scratch(ValueType.F64, 'b'),
    result: emitter.scratch(ValueType.F64, 'result'),
  };
  getDouble(emitter, rs1);
  emitter.code.localSet(scratch.a);
  getDouble(emitter, rs2);
  emitter.code.localSet(scratch.b);
  return scratch;
}

/** Pushes `low <= |value| <= high`. */
function pushWithin({ code }: Emitter, value: number, low: number, high: number): void {
  code.localGet(value);
  code.op(Wasm.F64Abs);
  code.f64Const(low);
  code.op(Wasm.F64Ge);
  code.localGet(value);
  code.op(Wasm.F64Abs);
  code.f64Const(high);
  code.op(Wasm.F64Le);
  code.op(Wasm.I32And);
}

function pushIsZero({ code }: Emitter, value: number): void {
  code.localGet(value);
  code.f64Const(0);
  code.op(Wasm.F64Eq);
}

export function emitDoubleArithmetic(emitter: Emitter, { op, rd, rs1, rs2 }: Instruction): void {
  const { code } = emitter;
  const { a, b, result } = operands(emitter, rs1, op === Op.FsqrtD ? rs1 : rs2);
  switch (op) {
    case Op.FaddD:
    case Op.FsubD:
      code.localGet(a);
      code.localGet(b);
      // The error term below is that of a sum.
      if (op === Op.FsubD) {
        code.op(Wasm.F64Neg);
        code.localTee(b);
      }
      code.op(Wasm.F64Add);
      code.localSet(result);
      pushOutside(emitter, result, ValueType.F64, LARGE);
      emitter.interpretIf();
      noteInexact(emitter, () => {
        pushSumError(emitter, a, b, result, emitter.scratch(ValueType.F64, 'c'));
        code.f64Const(0);
        code.op(Wasm.F64Ne);
      });
      break;
    case Op.FmulD:
      code.localGet(a);
      code.localGet(b);
      code.op(Wasm.F64Mul);
      code.localSet(result);
      requireNormal(emitter, result, [a, b]);
      noteProductError(emitter, a, b, result, [a, b]);
      break;
    case Op.FdivD: {
      code.localGet(a);
      code.localGet(b);
      code.op(Wasm.F64Div);
      code.localSet(result);
      requireNormal(emitter, result, [a]);
      noteBackProduct(emitter, result, b, a);
      break;
    }
    default:
      code.localGet(a);
      code.f64Const(0);
      code.op(Wasm.F64Ge);
      code.op(Wasm.I32Eqz);
      emitter.interpretIf();
      code.localGet(a);
      code.op(Wasm.F64Sqrt);
      code.localSet(result);
      noteBackProduct(emitter, result, result, a);
  }
  code.localGet(result);
  setDouble(emitter, rd);
}

/** Leaves when a result may have raised more than NX. It is exactly zero when one of `zeros` is. */
function requireNormal(emitter: Emitter, result: number, zeros: readonly number[]): void {
  const { code } = emitter;
  pushOutside(emitter, result, ValueType.F64, NORMAL);
  emitter.open(Wasm.If);
  zeros.forEach((zero, position) => {
    pushIsZero(emitter, zero);
    if (position > 0) code.op(Wasm.I32Or);
  });
  pushIsZero(emitter, result);
  code.op(Wasm.I32And);
  code.op(Wasm.I32Eqz);
  emitter.interpretIf();
  emitter.end();
}

/** Notices that `result` is not exactly `a * b`. */
function noteProductError(emitter: Emitter, a: number, b: number, result: number, ranges: readonly number[]): void {
  const { code } = emitter;
  noteInexact(emitter, () => {
    pushIsZero(emitter, result);
    emitter.openIf(ValueType.I32);
    code.i32Const(0);
    emitter.otherwise();
    requireSafe(emitter, ranges);
    pushProductError(emitter, a, b, result, emitter.scratch(ValueType.F64, 'c'), emitter.scratch(ValueType.F64, 'd'));
    code.f64Const(0);
    code.op(Wasm.F64Ne);
    emitter.end();
  });
}

/** Notices that `factor * other` is not exactly `whole`: whether a quotient or a root was rounded. */
function noteBackProduct(emitter: Emitter, factor: number, other: number, whole: number): void {
  const { code } = emitter;
  const product = emitter.scratch(ValueType.F64, 'e');
  noteInexact(emitter, () => {
    pushIsZero(emitter, whole);
    emitter.openIf(ValueType.I32);
    code.i32Const(0);
    emitter.otherwise();
    requireSafe(emitter, [factor, other]);
    code.localGet(factor);
    code.localGet(other);
    code.op(Wasm.F64Mul);
    code.localTee(product);
    code.localGet(whole);
    code.op(Wasm.F64Ne);
    pushProductError(
      emitter,
      factor,
      other,
      product,
      emitter.scratch(ValueType.F64, 'c'),
      emitter.scratch(ValueType.F64, 'd'),
    );
    code.f64Const(0);
    code.op(Wasm.F64Ne);
    code.op(Wasm.I32Or);
    emitter.end();
  });
}

function requireSafe(emitter: Emitter, values: readonly number[]): void {
  [...new Set(values)].forEach((value, position) => {
    pushWithin(emitter, value, SAFE_LOW, SAFE_HIGH);
    if (position > 0) emitter.code.op(Wasm.I32And);
  });
  emitter.code.op(Wasm.I32Eqz);
  emitter.interpretIf();
}

/** rd = ±(rs1 * rs2) ± rs3, rounded once. */
export function emitDoubleFused(emitter: Emitter, { op, rd, rs1, rs2, rs3 }: Instruction): void {
  const { code } = emitter;
  const { a, b, result } = operands(emitter, rs1, rs2);
  const c = emitter.scratch(ValueType.F64, 'c');
  if (op === Op.FnmsubD || op === Op.FnmaddD) {
    code.localGet(a);
    code.op(Wasm.F64Neg);
    code.localSet(a);
  }
  getDouble(emitter, rs3);
  if (op === Op.FmsubD || op === Op.FnmaddD) code.op(Wasm.F64Neg);
  code.localSet(c);
  if (emitter.hostFuses) emitWithHostFused(emitter, a, b, c, result);
  else emitFusedFromPairs(emitter, a, b, c, result);
  code.localGet(result);
  setDouble(emitter, rd);
}

function emitWithHostFused(emitter: Emitter, a: number, b: number, c: number, result: number): void {
  const { code } = emitter;
  pushHostFused(
    code,
    ValueType.F64,
    () => code.localGet(a),
    () => code.localGet(b),
    () => code.localGet(c),
  );
  code.localSet(result);
  requireNormal(emitter, result, [a, b]);
  noteInexact(emitter, () => {
    pushIsZero(emitter, a);
    pushIsZero(emitter, b);
    code.op(Wasm.I32Or);
    emitter.openIf(ValueType.I32);
    code.i32Const(0);
    emitter.otherwise();
    pushFusedRanges(emitter, a, b, c);
    code.op(Wasm.I32Eqz);
    emitter.interpretIf();
    const parts = emitPairSum(emitter, a, b, c);
    pushRounded(emitter, parts, result);
    emitter.end();
  });
}

function emitFusedFromPairs(emitter: Emitter, a: number, b: number, c: number, result: number): void {
  const { code } = emitter;
  pushFusedRanges(emitter, a, b, c);
  emitter.open(Wasm.If);
  const parts = emitPairSum(emitter, a, b, c);
  code.localGet(parts.head);
  code.localGet(parts.low);
  code.op(Wasm.F64Add);
  code.localSet(result);
  noteInexact(emitter, () => pushRounded(emitter, parts, result));
  emitter.otherwise();
  // A factor that is zero leaves the addend, exactly; all else is for the interpreter.
  pushIsZero(emitter, a);
  pushIsZero(emitter, b);
  code.op(Wasm.I32Or);
  code.op(Wasm.I32Eqz);
  emitter.interpretIf();
  code.localGet(a);
  code.localGet(b);
  code.op(Wasm.F64Mul);
  code.localGet(c);
  code.op(Wasm.F64Add);
  code.localSet(result);
  pushOutside(emitter, result, ValueType.F64, LARGE);
  emitter.interpretIf();
  emitter.end();
}

/** Pushes whether the pairs of `emitPairSum` are exact. */
function pushFusedRanges(emitter: Emitter, a: number, b: number, c: number): void {
  const { code } = emitter;
  pushWithin(emitter, a, SAFE_LOW, SAFE_HIGH);
  pushWithin(emitter, b, SAFE_LOW, SAFE_HIGH);
  code.op(Wasm.I32And);
  pushWithin(emitter, c, ADDEND_LOW, ADDEND_HIGH);
  pushIsZero(emitter, c);
  code.op(Wasm.I32Or);
  code.op(Wasm.I32And);
}

/** A sum as two doubles, the second rounded to odd, and what that rounding lost. Locals. */
interface PairSum {
  readonly head: number;
  readonly low: number;
  readonly error: number;
}

/**
 * `a * b + c`: product and sum as exact pairs of doubles, the sum of the low parts rounded to odd, so that `head + low`
 * is rounded as the exact sum would be (Boldo and Melquiond, "Emulation of a FMA and correctly rounded sums", 2008).
 */
function emitPairSum(emitter: Emitter, a: number, b: number, c: number): PairSum {
  const { code } = emitter;
  const [highA, highB, product, error, tail, tailLow, head, low] = [
    ...['d', 'e', 'product', 'error', 'tail', 'tailLow', 'head', 'low'],
  ].map((name) => emitter.scratch(ValueType.F64, name));
  code.localGet(a);
  code.localGet(b);
  code.op(Wasm.F64Mul);
  code.localSet(product);
  pushProductError(emitter, a, b, product, highA, highB);
  code.localTee(error);
  code.localGet(c);
  code.op(Wasm.F64Add);
  code.localSet(tail);
  pushSumError(emitter, c, error, tail, highA);
  code.localSet(tailLow);
  code.localGet(product);
  code.localGet(tail);
  code.op(Wasm.F64Add);
  code.localSet(head);
  pushSumError(emitter, product, tail, head, highA);
  code.localTee(highB);
  code.localGet(tailLow);
  code.op(Wasm.F64Add);
  code.localSet(low);
  pushSumError(emitter, tailLow, highB, low, highA);
  code.localSet(error);
  emitRoundToOdd(emitter, low, error, emitter.scratch(ValueType.I64, 'first'));
  return { head, low, error };
}

/** Pushes whether `result`, the rounded sum, is not exact. */
function pushRounded(emitter: Emitter, { head, low, error }: PairSum, result: number): void {
  const { code } = emitter;
  code.localGet(error);
  code.f64Const(0);
  code.op(Wasm.F64Ne);
  pushSumError(emitter, head, low, result, emitter.scratch(ValueType.F64, 'd'));
  code.f64Const(0);
  code.op(Wasm.F64Ne);
  code.op(Wasm.I32Or);
}
