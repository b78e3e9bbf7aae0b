import { ValueType, Vector, Wasm, WasmCode, encodeModule } from './wasm-encoder.ts';

/*
 * The host's own fused multiply-add. WebAssembly has it as a relaxed vector instruction, which may round once or twice:
 * what this host does is found out by doing it.
 */

type Operand = () => void;

/** Pushes `a * b + c`, rounded once. The operands push one value of the type each. */
export function pushHostFused(
  code: WasmCode,
  type: ValueType.F64 | ValueType.F32,
  a: Operand,
  b: Operand,
  c: Operand,
): void {
  const double = type === ValueType.F64;
  for (const push of [a, b, c]) {
    push();
    code.vector(double ? Vector.F64x2Splat : Vector.F32x4Splat);
  }
  code.vector(double ? Vector.F64x2RelaxedMadd : Vector.F32x4RelaxedMadd);
  code.firstLane(double ? Vector.F64x2ExtractLane : Vector.F32x4ExtractLane);
}

let fuses: boolean | undefined;

/** Whether the host has relaxed vector instructions, and they round once. */
export function hostFuses(): boolean {
  return (fuses ??= roundsOnce(ValueType.F64) && roundsOnce(ValueType.F32));
}

function roundsOnce(type: ValueType.F64 | ValueType.F32): boolean {
  const module = probe(type);
  if (!WebAssembly.validate(module)) return false;
  const memory = new WebAssembly.Memory({ initial: 0, maximum: 0 });
  const { exports } = new WebAssembly.Instance(new WebAssembly.Module(module), { e: { m: memory } });
  return (exports['f'] as (one: number, unused: number) => number)(1, 0) === 1;
}

/**
 * A function that tells whether (x + e)^2 - (x + 2e) is e^2, for its first argument x = 1: the term is lost when the
 * product is rounded. The argument keeps compilers from knowing the result.
 */
function probe(type: ValueType.F64 | ValueType.F32): Uint8Array<ArrayBuffer> {
  const double = type === ValueType.F64;
  const e = double ? 2 ** -30 : 2 ** -13;
  const code = new WasmCode();
  const constant = (value: number): void => {
    if (double) code.f64Const(value);
    else code.f32Const(value);
  };
  const pushSum = (term: number): void => {
    code.localGet(0);
    code.op(Wasm.I64ExtendI32S);
    code.op(double ? Wasm.F64ConvertI64S : Wasm.F32ConvertI64S);
    constant(term);
    code.op(double ? Wasm.F64Add : Wasm.F32Add);
  };
  const pushFactor = (): void => pushSum(e);
  pushHostFused(code, type, pushFactor, pushFactor, () => {
    pushSum(2 * e);
    code.op(double ? Wasm.F64Neg : Wasm.F32Neg);
  });
  constant(e * e);
  code.op(double ? Wasm.F64Eq : Wasm.F32Eq);
  code.op(Wasm.End);
  return encodeModule({ name: 'probe', locals: [], body: code.bytes, memoryPages: 0 });
}
