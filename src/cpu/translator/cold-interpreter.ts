import { PAGE_SIZE } from '../../memory/address.ts';
import type { MemoryLayout } from '../../memory/layout.ts';
import { DECODED_COUNTS, Decoded, END_OF_PAGE } from '../code-cache.ts';
import { COLD_OPS, COLD_REGISTERS, LEFT, emitColdInstruction, retire, type ColdLocals } from './cold-instructions.ts';
import { Emitter } from './emitter.ts';
import { codeLayout } from './layout.ts';
import { ValueType, Wasm, encodeModule } from './wasm-encoder.ts';

/** Why the cold interpreter returned. pc is at the instruction that it would have executed next. */
export const enum ColdExit {
  /** The budget is used up. */
  Budget,
  /** A jump led to a place for the time that makes it hot. */
  Hot,
  /** The instruction is not decoded. */
  Undecoded,
  /** The instruction, or this execution of it, is for the other interpreter. */
  Rare,
}

/** Executes at most `budget` instructions; how many of them are left is in the state block then. */
export type ColdFunction = (unused: number, budget: number) => ColdExit;

/** More than any count. */
const NEVER = 0x8000;
/** Of the words of all instructions of a page. */
const WORDS_SIZE = 4 * PAGE_SIZE;

/**
 * The module of an interpreter in WebAssembly, for code that is not hot, or not yet: several times as fast as the one in
 * TypeScript, and fast from its first instruction on. It reads the same decoded pages and executes what is frequent
 * (integers, loads and stores that hit the TLB, jumps to pages that are decoded), and counts where jumps lead.
 */
export function encodeColdInterpreter(memory: MemoryLayout, threshold: number): Uint8Array<ArrayBuffer> {
  const layout = codeLayout(memory);
  const emitter = new Emitter(
    layout,
    { integers: COLD_REGISTERS, floats: 0, computesFloats: false },
    new Uint8Array(32),
    true,
    false,
  );
  const { code } = emitter;
  const locals: ColdLocals = {
    word: emitter.local(ValueType.I32),
    at: emitter.local(ValueType.I32),
    page: emitter.local(ValueType.I32),
    pageVa: emitter.local(ValueType.I64),
    target: emitter.local(ValueType.I64),
    counted: emitter.local(ValueType.I32),
  };
  const { word, at, page, pageVa, target, counted } = locals;
  const hit = emitter.scratch(ValueType.I64, 'hit');
  const count = emitter.local(ValueType.I32);
  const exit = emitter.exitLocal;

  const open = (opcode: Wasm.Block | Wasm.Loop | Wasm.If): number => {
    emitter.open(opcode);
    return emitter.depth - 1;
  };
  const leave = (kind: ColdExit, label: number): void => {
    code.i32Const(kind);
    code.localSet(exit);
    emitter.branchTo(label);
  };
  const pushOffset = (): void => {
    code.localGet(at);
    code.localGet(page);
    code.op(Wasm.I32Sub);
  };
  /** Counts control coming to `at` by a jump that is counted, and leaves when that makes it hot. */
  const countArrival = (atInstruction: number): void => {
    code.localGet(counted);
    open(Wasm.If);
    pushOffset();
    code.i32Const(2);
    code.op(Wasm.I32ShrU);
    code.localGet(page);
    code.op(Wasm.I32Add);
    code.localTee(count);
    code.localGet(count);
    code.access(Wasm.I32Load16S, 1, DECODED_COUNTS);
    code.i32Const(1);
    code.op(Wasm.I32Add);
    code.localTee(count);
    code.access(Wasm.I32Store16, 1, DECODED_COUNTS);
    code.localGet(count);
    code.i32Const(Math.min(threshold, NEVER));
    code.op(Wasm.I32GeS);
    open(Wasm.If);
    leave(ColdExit.Hot, atInstruction);
    emitter.end();
    emitter.end();
  };

  code.i32Const(0);
  code.access(Wasm.I64Load, 3, layout.pc);
  code.localSet(target);
  const out = open(Wasm.Block);
  const atInstruction = open(Wasm.Block);
  const elsewhere = open(Wasm.Block);
  const far = open(Wasm.Loop);

  // To `target`: its page must be in the execute TLB and have a decoded page.
  code.localGet(LEFT);
  code.op(Wasm.I32Eqz);
  open(Wasm.If);
  code.i32Const(ColdExit.Budget);
  code.localSet(exit);
  emitter.branchTo(elsewhere);
  emitter.end();
  code.i32Const(ColdExit.Rare);
  code.localSet(exit);
  code.localGet(target);
  code.op(Wasm.I32WrapI64);
  code.i32Const(9);
  code.op(Wasm.I32ShrU);
  code.i32Const(layout.tlbOffsetMask);
  code.op(Wasm.I32And);
  code.access(Wasm.I64Load, 3, layout.tlbExecute);
  code.localGet(target);
  code.op(Wasm.I64Xor);
  code.localTee(hit);
  code.i64Const(-layout.ramSpan);
  code.op(Wasm.I64And);
  code.i64Const(0);
  code.op(Wasm.I64Ne);
  emitter.branchIfTo(elsewhere);
  code.localGet(hit);
  code.op(Wasm.I32WrapI64);
  code.i32Const(12);
  code.op(Wasm.I32ShrU);
  code.i32Const(2);
  code.op(Wasm.I32Shl);
  code.access(Wasm.I32Load, 2, memory.decodedPageOf);
  code.localTee(page);
  code.op(Wasm.I32Eqz);
  emitter.branchIfTo(elsewhere);
  code.localGet(target);
  code.i64Const(-PAGE_SIZE);
  code.op(Wasm.I64And);
  code.localSet(pageVa);
  code.localGet(target);
  code.op(Wasm.I32WrapI64);
  code.i32Const(PAGE_SIZE - 1);
  code.op(Wasm.I32And);
  code.i32Const(2);
  code.op(Wasm.I32Shl);
  code.localGet(page);
  code.op(Wasm.I32Add);
  code.localSet(at);
  countArrival(atInstruction);

  const dispatch = open(Wasm.Loop);
  const near = open(Wasm.Block);
  const next = open(Wasm.Block);
  const rare = open(Wasm.Block);
  const undecoded = open(Wasm.Block);
  const endOfPage = open(Wasm.Block);
  const handlers = COLD_OPS.map((op) => ({ op, label: 0 })).reverse();
  for (const handler of handlers) handler.label = open(Wasm.Block);
  code.localGet(at);
  code.access(Wasm.I32Load, 2, 0);
  code.localTee(word);
  code.i32Const(0xff);
  code.op(Wasm.I32And);
  const depthOf = (label: number): number => emitter.depth - label - 1;
  const depths: number[] = [depthOf(undecoded)];
  for (const { op, label } of handlers.toReversed()) {
    while (depths.length <= Number(op)) depths.push(depthOf(rare));
    depths[op] = depthOf(label);
  }
  while (depths.length < END_OF_PAGE) depths.push(depthOf(rare));
  depths.push(depthOf(endOfPage));
  code.brTable(depths, depthOf(rare));
  for (const { op } of handlers.toReversed()) {
    emitter.end();
    emitColdInstruction(emitter, op, locals, { next, near, far, rare });
  }
  emitter.end();
  code.localGet(pageVa);
  code.i64Const(PAGE_SIZE);
  code.op(Wasm.I64Add);
  code.localSet(target);
  code.i32Const(0);
  code.localSet(counted);
  emitter.branchTo(far);
  emitter.end();
  leave(ColdExit.Undecoded, atInstruction);
  emitter.end();
  leave(ColdExit.Rare, atInstruction);
  emitter.end();

  // Behind the instruction.
  code.localGet(at);
  code.i32Const(8);
  code.op(Wasm.I32Add);
  code.localGet(word);
  code.i32Const(Decoded.LengthShift - 3);
  code.op(Wasm.I32ShrU);
  code.i32Const(8);
  code.op(Wasm.I32And);
  code.op(Wasm.I32Add);
  code.localSet(at);
  retire(emitter);
  code.localGet(LEFT);
  emitter.branchIfTo(dispatch);
  leave(ColdExit.Budget, atInstruction);
  emitter.end();

  // A relative jump has changed `at`: still in the page?
  retire(emitter);
  pushOffset();
  code.i32Const(WORDS_SIZE);
  code.op(Wasm.I32GeU);
  open(Wasm.If);
  code.localGet(pageVa);
  pushOffset();
  code.i32Const(2);
  code.op(Wasm.I32ShrS);
  code.op(Wasm.I64ExtendI32S);
  code.op(Wasm.I64Add);
  code.localSet(target);
  emitter.branchTo(far);
  emitter.end();
  countArrival(atInstruction);
  code.localGet(LEFT);
  emitter.branchIfTo(dispatch);
  leave(ColdExit.Budget, atInstruction);
  emitter.end();
  code.op(Wasm.Unreachable);
  emitter.end();
  code.op(Wasm.Unreachable);

  // The ways out: at `target`, and at `at`.
  emitter.end();
  code.i32Const(0);
  code.localGet(target);
  code.access(Wasm.I64Store, 3, layout.pc);
  emitter.branchTo(out);
  emitter.end();
  code.i32Const(0);
  code.localGet(pageVa);
  pushOffset();
  code.i32Const(2);
  code.op(Wasm.I32ShrU);
  code.op(Wasm.I64ExtendI32U);
  code.op(Wasm.I64Add);
  code.access(Wasm.I64Store, 3, layout.pc);
  emitter.end();
  code.i32Const(0);
  code.localGet(LEFT);
  code.access(Wasm.I32Store, 2, layout.budget);
  code.localGet(exit);
  code.op(Wasm.End);
  return encodeModule({
    name: 'cold',
    locals: emitter.locals,
    body: code.bytes,
    memoryPages: memory.total >>> 16,
  });
}
