import type { Instruction } from '../../riscv/instruction.ts';
import { Op } from '../../riscv/op.ts';
import { Csr } from '../../riscv/registers.ts';
import { ExitKind, type Emitter } from './emitter.ts';
import { ValueType, Wasm } from './wasm-encoder.ts';

const FRM = 0xe0;
const NX = 1;

/**
 * Executes an access to fcsr or a part of it. What the region assumes about fcsr is checked again after a write; if it
 * no longer holds, the region is left behind the instruction.
 */
export function emitFcsr(emitter: Emitter, { op, rd, rs1, imm, length }: Instruction): void {
  const { code, layout } = emitter;
  const csr = imm & 0xfff;
  const shift = csr === Csr.Frm ? 5 : 0;
  const mask = csr === Csr.Frm ? 7 : csr === Csr.Fflags ? 0x1f : 0xff;
  const old = emitter.scratch(ValueType.I32, 'old');
  const value = emitter.scratch(ValueType.I32, 'value');
  const immediate = op >= Op.Csrrwi;
  const replaces = op === Op.Csrrw || op === Op.Csrrwi;
  emitter.spillFlags();
  code.i32Const(0);
  code.access(Wasm.I32Load, 2, layout.fcsr);
  code.localSet(old);
  // rs1 is the immediate, and 0 means in either form of csrrs and csrrc that nothing is written.
  const writes = replaces || rs1 !== 0;
  if (writes) {
    if (immediate) code.i32Const(rs1);
    else emitter.getW(rs1);
    code.i32Const(mask);
    code.op(Wasm.I32And);
    if (shift !== 0) {
      code.i32Const(shift);
      code.op(Wasm.I32Shl);
    }
    code.localSet(value);
    code.i32Const(0);
    code.localGet(old);
    if (replaces) {
      code.i32Const(~(mask << shift));
      code.op(Wasm.I32And);
      code.localGet(value);
      code.op(Wasm.I32Or);
    } else {
      code.localGet(value);
      if (op === Op.Csrrc || op === Op.Csrrci) {
        code.i32Const(-1);
        code.op(Wasm.I32Xor);
        code.op(Wasm.I32And);
      } else code.op(Wasm.I32Or);
    }
    code.localTee(value);
    code.access(Wasm.I32Store, 2, layout.fcsr);
  }
  if (rd !== 0) {
    code.localGet(old);
    code.i32Const(shift);
    code.op(Wasm.I32ShrU);
    code.i32Const(mask);
    code.op(Wasm.I32And);
    code.op(Wasm.I64ExtendI32U);
    emitter.setX(rd);
  }
  if (!writes || !emitter.computesFloats) return;
  code.localGet(value);
  if (emitter.inexactLocal >= 0) {
    code.i32Const(NX);
    code.op(Wasm.I32And);
    code.localSet(emitter.inexactLocal);
    code.localGet(value);
    code.i32Const(FRM);
    code.op(Wasm.I32And);
  } else {
    code.i32Const(FRM | NX);
    code.op(Wasm.I32And);
    code.i32Const(NX);
    code.op(Wasm.I32Ne);
  }
  emitter.open(Wasm.If);
  emitter.leave(ExitKind.Rounding, emitter.va + length, emitter.unretired - 1);
  emitter.end();
}
