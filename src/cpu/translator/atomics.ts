import type { Instruction } from '../../riscv/instruction.ts';
import { Op } from '../../riscv/op.ts';
import type { Emitter } from './emitter.ts';
import { pushLocation, type GroupedAccesses } from './memory-access.ts';
import { accessSize } from './operands.ts';
import { ValueType, Wasm } from './wasm-encoder.ts';

/**
 * The A extension: with one hart an AMO is a load, an operation and a store. Misaligned addresses miss the TLB and are
 * left to the interpreter, which raises the exception.
 */
export function emitAtomic(emitter: Emitter, groups: GroupedAccesses, instruction: Instruction): void {
  switch (instruction.op) {
    case Op.LrW:
    case Op.LrD:
      emitLoadReserved(emitter, groups, instruction);
      return;
    case Op.ScW:
    case Op.ScD:
      emitStoreConditional(emitter, groups, instruction);
      return;
    default:
      emitReadModifyWrite(emitter, groups, instruction);
  }
}

function emitLoadReserved(emitter: Emitter, groups: GroupedAccesses, { op, rd, rs1 }: Instruction): void {
  const { code, layout } = emitter;
  const size = accessSize(op);
  const at = emitter.scratch(ValueType.I32, 'at');
  const offset = pushLocation(emitter, groups, rs1, 0, false, size);
  code.localSet(at);
  code.i32Const(0);
  code.i32Const(1);
  code.access(Wasm.I32Store, 2, layout.reserved);
  // A reservation is an index into the whole memory.
  code.i32Const(0);
  code.localGet(at);
  code.i32Const(offset);
  code.op(Wasm.I32Add);
  code.access(Wasm.I32Store, 2, layout.reservation);
  code.localGet(at);
  code.access(size === 8 ? Wasm.I64Load : Wasm.I64Load32S, size === 8 ? 3 : 2, offset);
  emitter.setX(rd);
}

function emitStoreConditional(emitter: Emitter, groups: GroupedAccesses, instruction: Instruction): void {
  const { op, rd, rs1, rs2 } = instruction;
  const { code, layout } = emitter;
  const size = accessSize(op);
  const at = emitter.scratch(ValueType.I32, 'at');
  const failed = emitter.scratch(ValueType.I64, 'first');
  // A misaligned SC raises its exception whether or not there is a reservation.
  emitter.getX(rs1);
  code.i64Const(size - 1);
  code.op(Wasm.I64And);
  code.i64Const(0);
  code.op(Wasm.I64Ne);
  emitter.interpretIf();
  code.i64Const(1);
  code.localSet(failed);
  code.i32Const(0);
  code.access(Wasm.I32Load, 2, layout.reserved);
  emitter.open(Wasm.If);
  const offset = pushLocation(emitter, groups, rs1, 0, true, size);
  code.localTee(at);
  code.i32Const(offset);
  code.op(Wasm.I32Add);
  code.i32Const(0);
  code.access(Wasm.I32Load, 2, layout.reservation);
  code.op(Wasm.I32Eq);
  emitter.open(Wasm.If);
  code.localGet(at);
  emitter.getX(rs2);
  code.access(size === 8 ? Wasm.I64Store : Wasm.I64Store32, size === 8 ? 3 : 2, offset);
  code.i64Const(0);
  code.localSet(failed);
  emitter.end();
  emitter.end();
  code.i32Const(0);
  code.i32Const(0);
  code.access(Wasm.I32Store, 2, layout.reserved);
  code.localGet(failed);
  emitter.setX(rd);
}

function emitReadModifyWrite(emitter: Emitter, groups: GroupedAccesses, instruction: Instruction): void {
  const { op, rd, rs1, rs2 } = instruction;
  const { code } = emitter;
  const wide = op >= Op.LrD;
  const at = emitter.scratch(ValueType.I32, 'at');
  const old = emitter.scratch(ValueType.I64, 'first');
  const source = emitter.scratch(ValueType.I64, 'second');
  const offset = pushLocation(emitter, groups, rs1, 0, true, wide ? 8 : 4);
  code.localTee(at);
  code.access(wide ? Wasm.I64Load : Wasm.I64Load32S, wide ? 3 : 2, offset);
  code.localSet(old);
  emitter.getX(rs2);
  if (!wide) code.op(Wasm.I64Extend32S);
  code.localSet(source);
  code.localGet(at);
  combine(emitter, wide ? op - Op.LrD + Op.LrW : op, old, source);
  code.access(wide ? Wasm.I64Store : Wasm.I64Store32, wide ? 3 : 2, offset);
  code.localGet(old);
  emitter.setX(rd);
}

/** Both operands are sign-extended, which keeps the order of unsigned words too. */
function combine({ code }: Emitter, op: Op, old: number, source: number): void {
  const binary = (opcode: Wasm): void => {
    code.localGet(old);
    code.localGet(source);
    code.op(opcode);
  };
  const choose = (condition: Wasm): void => {
    code.localGet(old);
    code.localGet(source);
    binary(condition);
    code.op(Wasm.Select);
  };
  switch (op) {
    case Op.AmoSwapW:
      code.localGet(source);
      return;
    case Op.AmoAddW:
      binary(Wasm.I64Add);
      return;
    case Op.AmoXorW:
      binary(Wasm.I64Xor);
      return;
    case Op.AmoAndW:
      binary(Wasm.I64And);
      return;
    case Op.AmoOrW:
      binary(Wasm.I64Or);
      return;
    case Op.AmoMinW:
      choose(Wasm.I64LtS);
      return;
    case Op.AmoMaxW:
      choose(Wasm.I64GtS);
      return;
    case Op.AmoMinuW:
      choose(Wasm.I64LtU);
      return;
    case Op.AmoMaxuW:
      choose(Wasm.I64GtU);
      return;
    default:
      throw new Error(`not an atomic memory operation: ${op}`);
  }
}
