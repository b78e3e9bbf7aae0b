import type { Emitter } from './emitter.ts';
import { ValueType, Wasm } from './wasm-encoder.ts';

/*
 * Whether a result is far from the ends of its format: not tiny, not large, no NaN. That is read off its exponent, as an
 * integer: one comparison, and no constants to be loaded into floating-point registers.
 */

const DOUBLE_BIAS = 1023;
const SINGLE_BIAS = 127;

/** Magnitudes from 2^low on, below 2^high; without `low` from 0 on. */
interface Magnitudes {
  readonly low?: number;
  readonly high: number;
}

/** Pushes whether the magnitude of a local is outside a range, as that of a NaN is. */
export function pushOutside(
  { code }: Emitter,
  value: number,
  type: ValueType.F64 | ValueType.F32,
  range: Magnitudes,
): void {
  const double = type === ValueType.F64;
  const bias = double ? DOUBLE_BIAS : SINGLE_BIAS;
  // Without the sign, the exponent is in the upper bits of a word.
  const shift = double ? 21 : 24;
  code.localGet(value);
  if (double) {
    code.op(Wasm.I64ReinterpretF64);
    code.i64Const(32);
    code.op(Wasm.I64ShrU);
    code.op(Wasm.I32WrapI64);
  } else code.op(Wasm.I32ReinterpretF32);
  code.i32Const(1);
  code.op(Wasm.I32Shl);
  const high = ((range.high + bias) << shift) >>> 0;
  const low = range.low === undefined ? 0 : ((range.low + bias) << shift) >>> 0;
  if (low > 0) {
    code.i32Const(low | 0);
    code.op(Wasm.I32Sub);
  }
  code.i32Const((high - low) | 0);
  code.op(Wasm.I32GeU);
}
