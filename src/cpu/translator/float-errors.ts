import type { Emitter } from './emitter.ts';
import { pushHostFused } from './host-fused.ts';
import { ValueType, Wasm } from './wasm-encoder.ts';

/*
 * Error-free transformations as generated code: the rounding error of one operation on doubles (Muller et al.,
 * "Handbook of Floating-Point Arithmetic", chapter 4). Arguments are locals.
 */

/** Pushes `(a + b) - sum` exactly (TwoSum). `virtual` is overwritten. */
export function pushSumError({ code }: Emitter, a: number, b: number, sum: number, virtual: number): void {
  code.localGet(a);
  code.localGet(sum);
  code.localGet(sum);
  code.localGet(a);
  code.op(Wasm.F64Sub);
  code.localTee(virtual);
  code.op(Wasm.F64Sub);
  code.op(Wasm.F64Sub);
  code.localGet(b);
  code.localGet(virtual);
  code.op(Wasm.F64Sub);
  code.op(Wasm.F64Add);
}

/** Sets `high` to the upper half of the significand of `value` (Veltkamp's split). */
function split({ code }: Emitter, value: number, high: number): void {
  code.localGet(value);
  code.f64Const(2 ** 27 + 1);
  code.op(Wasm.F64Mul);
  code.localTee(high);
  code.localGet(high);
  code.localGet(value);
  code.op(Wasm.F64Sub);
  code.op(Wasm.F64Sub);
  code.localSet(high);
}

/**
 * Pushes `a * b - product` exactly, if nothing overflows or underflows on the way: fused, or as Dekker does it. The two
 * scratch locals are overwritten.
 */
export function pushProductError(
  emitter: Emitter,
  a: number,
  b: number,
  product: number,
  highA: number,
  highB: number,
): void {
  const { code } = emitter;
  if (emitter.hostFuses) {
    pushHostFused(
      code,
      ValueType.F64,
      () => code.localGet(a),
      () => code.localGet(b),
      () => {
        code.localGet(product);
        code.op(Wasm.F64Neg);
      },
    );
    return;
  }
  const low = (value: number, high: number): void => {
    code.localGet(value);
    code.localGet(high);
    code.op(Wasm.F64Sub);
  };
  split(emitter, a, highA);
  split(emitter, b, highB);
  code.localGet(highA);
  code.localGet(highB);
  code.op(Wasm.F64Mul);
  code.localGet(product);
  code.op(Wasm.F64Sub);
  code.localGet(highA);
  low(b, highB);
  code.op(Wasm.F64Mul);
  code.op(Wasm.F64Add);
  low(a, highA);
  code.localGet(highB);
  code.op(Wasm.F64Mul);
  code.op(Wasm.F64Add);
  low(a, highA);
  low(b, highB);
  code.op(Wasm.F64Mul);
  code.op(Wasm.F64Add);
}

/**
 * Rounds the local `sum`, the rounding to nearest of `sum + error`, to odd instead: an inexact result gets its last bit
 * set, towards the error. What is then rounded to a shorter format is rounded as the exact value would be.
 */
export function emitRoundToOdd(emitter: Emitter, sum: number, error: number, bits: number): void {
  const { code } = emitter;
  code.localGet(error);
  code.f64Const(0);
  code.op(Wasm.F64Ne);
  emitter.open(Wasm.If);
  code.localGet(sum);
  code.op(Wasm.I64ReinterpretF64);
  code.localTee(bits);
  // One step away from zero if sum and error have the same sign, else towards it; none if the last bit is set.
  code.localGet(bits);
  code.localGet(error);
  code.op(Wasm.I64ReinterpretF64);
  code.op(Wasm.I64Xor);
  code.i64Const(63);
  code.op(Wasm.I64ShrS);
  code.i64Const(1);
  code.op(Wasm.I64Or);
  code.i64Const(0);
  code.localGet(bits);
  code.op(Wasm.I32WrapI64);
  code.i32Const(1);
  code.op(Wasm.I32And);
  code.op(Wasm.I32Eqz);
  code.op(Wasm.Select);
  code.op(Wasm.I64Add);
  code.op(Wasm.F64ReinterpretI64);
  code.localSet(sum);
  emitter.end();
}
