import { FloatForm, type Emitter } from './emitter.ts';
import { Wasm } from './wasm-encoder.ts';

/** Access to f registers as numbers, and the noticing of inexact results. */

const BOX = -0x1_0000_0000;

/** Pushes an f register as an f64. */
export function getDouble(emitter: Emitter, register: number): void {
  emitter.code.localGet(emitter.floatLocal(register));
  if (emitter.floatForm[register] === Number(FloatForm.Bits)) emitter.code.op(Wasm.F64ReinterpretI64);
}

/** Pops an f64 into an f register. */
export function setDouble(emitter: Emitter, register: number): void {
  if (emitter.floatForm[register] === Number(FloatForm.Bits)) emitter.code.op(Wasm.I64ReinterpretF64);
  emitter.code.localSet(emitter.floatLocal(register));
  emitter.boxed &= ~(1 << register);
}

/** Leaves when a register does not hold a properly boxed single: it then counts as a NaN. */
export function requireBoxed(emitter: Emitter, register: number): void {
  if (emitter.boxed & (1 << register)) return;
  const { code } = emitter;
  code.localGet(emitter.floatLocal(register));
  code.i64Const(BOX);
  code.op(Wasm.I64LtU);
  emitter.interpretIf();
  emitter.boxed |= 1 << register;
}

/** Pushes an f register, known to hold a single, as an f32. */
export function getSingle(emitter: Emitter, register: number): void {
  const { code } = emitter;
  code.localGet(emitter.floatLocal(register));
  code.op(Wasm.I32WrapI64);
  code.op(Wasm.F32ReinterpretI32);
}

/** Pops an f32 into an f register. */
export function setSingle(emitter: Emitter, register: number): void {
  const { code } = emitter;
  code.op(Wasm.I32ReinterpretF32);
  code.op(Wasm.I64ExtendI32U);
  code.i64Const(BOX);
  code.op(Wasm.I64Or);
  code.localSet(emitter.floatLocal(register));
  emitter.boxed |= 1 << register;
}

/** Raises NX if what `push` pushes is not 0; generates nothing where NX is known to be set. */
export function noteInexact(emitter: Emitter, push: () => void): void {
  const { code, inexactLocal } = emitter;
  if (inexactLocal < 0) return;
  code.localGet(inexactLocal);
  code.op(Wasm.I32Eqz);
  emitter.open(Wasm.If);
  push();
  code.localSet(inexactLocal);
  emitter.end();
}
