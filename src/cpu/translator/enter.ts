import type { MemoryLayout } from '../../memory/layout.ts';
import { TABLE_SIZE, codeLayout } from './layout.ts';
import { ValueType, Wasm, WasmCode, encodeModule } from './wasm-encoder.ts';

/** In what a translation returns: the rest is the target where to go on. */
export const TO_TRANSLATION: number = 0x8000_0000 | 0;

/** Calls translations, from the first target to the exit that is not to another one: (target, budget) -> exit. */
export type EnterFunction = (target: number, budget: number) => number;

/**
 * The module with the function that calls translations. They return to it to go on in another one: a tail call would be
 * a little quicker, but then each of them had to import the table, and instantiating a module that imports a table takes
 * the longer the more functions are in it.
 */
export function encodeEnter(memory: MemoryLayout): Uint8Array<ArrayBuffer> {
  const { budget } = codeLayout(memory);
  const code = new WasmCode(64);
  const [TARGET, BUDGET, RESULT] = [0, 1, 2];
  code.open(Wasm.Loop);
  code.localGet(TARGET);
  code.i32Const(0xffff);
  code.op(Wasm.I32And);
  code.localGet(BUDGET);
  code.localGet(TARGET);
  code.i32Const(16);
  code.op(Wasm.I32ShrU);
  code.callIndirect();
  code.localTee(RESULT);
  code.i32Const(0);
  code.op(Wasm.I32LtS);
  code.open(Wasm.If);
  code.localGet(RESULT);
  code.i32Const(~TO_TRANSLATION);
  code.op(Wasm.I32And);
  code.localSet(TARGET);
  code.i32Const(0);
  code.access(Wasm.I32Load, 2, budget);
  code.localSet(BUDGET);
  code.br(1);
  code.op(Wasm.End);
  code.op(Wasm.End);
  code.localGet(RESULT);
  code.op(Wasm.End);
  return encodeModule({
    name: 'enter',
    locals: [{ count: 1, type: ValueType.I32 }],
    body: code.bytes,
    memoryPages: memory.total >>> 16,
    tableSize: TABLE_SIZE,
  });
}
