import type { Instruction } from '../../riscv/instruction.ts';
import { Op } from '../../riscv/op.ts';
import type { AccessGroup } from './access-groups.ts';
import { ExitKind, FloatForm, type Emitter } from './emitter.ts';
import { accessSize, isStore } from './operands.ts';
import { ValueType, Wasm } from './wasm-encoder.ts';

/*
 * Loads and stores. The TLB is looked up inline (memory/tlb.ts): one test of `address ^ entry` checks the page and the
 * alignment. What it refuses is left to the interpreter: there are no calls in generated code.
 */

const BOX = -0x1_0000_0000;
const PAGE_MASK = 0xfff;

interface OpenGroup {
  readonly group: AccessGroup;
  /** Holds the offset into RAM of `base + low`. */
  readonly local: number;
}

/** The groups whose check has been passed, by base register, within one block. */
export class GroupedAccesses {
  readonly #emitter: Emitter;
  readonly #open = new Map<number, OpenGroup>();
  readonly #starts = new Map<number, AccessGroup>();

  constructor(emitter: Emitter, groups: readonly AccessGroup[]) {
    this.#emitter = emitter;
    for (const group of groups) this.#starts.set(group.first, group);
  }

  /** To be called before the code of the instruction at `position`. */
  start(position: number): void {
    for (const [base, { group }] of this.#open) if (group.last < position) this.#open.delete(base);
    const group = this.#starts.get(position);
    if (!group) return;
    const emitter = this.#emitter;
    const { code } = emitter;
    const local = emitter.scratch(ValueType.I32, `group${group.base}`);
    emitter.open(Wasm.Block);
    const passed = emitter.depth - 1;
    emitter.open(Wasm.Block);
    const missed = emitter.depth - 1;
    pushHit(emitter, group.base, group.low, group.store, group.align);
    emitter.branchIfTo(missed);
    // Also all of the group must be in this page. Two branches are less work than one on both conditions.
    code.localGet(emitter.scratch(ValueType.I64, 'hit'));
    code.op(Wasm.I32WrapI64);
    code.localTee(local);
    code.i32Const(PAGE_MASK);
    code.op(Wasm.I32And);
    code.i32Const(PAGE_MASK + 1 - (group.end - group.low));
    code.op(Wasm.I32LeU);
    emitter.branchIfTo(passed);
    emitter.end();
    const exit = emitter.exit(ExitKind.Interpret, emitter.va, emitter.unretired);
    emitter.groupExits.set(exit, group);
    code.i32Const(exit);
    code.localSet(emitter.exitLocal);
    emitter.branchTo(emitter.exitDepth);
    emitter.end();
    this.#open.set(group.base, { group, local });
  }

  find(base: number): OpenGroup | undefined {
    return this.#open.get(base);
  }
}

/** Sets the scratch local `hit` to `address ^ TLB entry` and pushes whether it is a miss, or misaligned. */
function pushHit(emitter: Emitter, base: number, offset: number, write: boolean, align: number): void {
  const { code, layout } = emitter;
  const hit = emitter.scratch(ValueType.I64, 'hit');
  let address = emitter.integerLocal(base);
  if (base === 0 || offset !== 0) {
    address = emitter.scratch(ValueType.I64, 'address');
    if (base === 0) code.i64Const(offset);
    else {
      code.localGet(emitter.integerLocal(base));
      code.i64Const(offset);
      code.op(Wasm.I64Add);
    }
    code.localSet(address);
  }
  code.localGet(address);
  code.op(Wasm.I32WrapI64);
  code.i32Const(9);
  code.op(Wasm.I32ShrU);
  code.i32Const(layout.tlbOffsetMask);
  code.op(Wasm.I32And);
  code.access(Wasm.I64Load, 3, write ? layout.tlbWrite : layout.tlbRead);
  code.localGet(address);
  code.op(Wasm.I64Xor);
  code.localTee(hit);
  code.i64Const(-layout.ramSpan + (align - 1));
  code.op(Wasm.I64And);
  code.i64Const(0);
  code.op(Wasm.I64Ne);
}

/**
 * Pushes the i32 offset into RAM of an access; misses leave. The memory operation is to use the returned constant as
 * its offset.
 */
export function pushLocation(
  emitter: Emitter,
  groups: GroupedAccesses,
  base: number,
  offset: number,
  write: boolean,
  size: number,
): number {
  const { code, layout } = emitter;
  const open = groups.find(base);
  if (open) {
    code.localGet(open.local);
    return layout.ram + offset - open.group.low;
  }
  pushHit(emitter, base, offset, write, size);
  emitter.interpretIf();
  code.localGet(emitter.scratch(ValueType.I64, 'hit'));
  code.op(Wasm.I32WrapI64);
  return layout.ram;
}

const LOADS: ReadonlyMap<Op, Wasm> = new Map<Op, Wasm>([
  [Op.Lb, Wasm.I64Load8S],
  [Op.Lbu, Wasm.I64Load8U],
  [Op.Lh, Wasm.I64Load16S],
  [Op.Lhu, Wasm.I64Load16U],
  [Op.Lw, Wasm.I64Load32S],
  [Op.Lwu, Wasm.I64Load32U],
  [Op.Ld, Wasm.I64Load],
]);

const STORES: ReadonlyMap<Op, Wasm> = new Map<Op, Wasm>([
  [Op.Sb, Wasm.I64Store8],
  [Op.Sh, Wasm.I64Store16],
  [Op.Sw, Wasm.I64Store32],
  [Op.Sd, Wasm.I64Store],
  [Op.Fsw, Wasm.I64Store32],
]);

export function emitMemoryAccess(emitter: Emitter, groups: GroupedAccesses, instruction: Instruction): void {
  const { op, rd, rs1, rs2, imm } = instruction;
  const { code } = emitter;
  const size = accessSize(op);
  const align = 31 - Math.clz32(size);
  const store = isStore(op);
  const offset = pushLocation(emitter, groups, rs1, imm, store, size);
  switch (op) {
    case Op.Flw:
      code.access(Wasm.I64Load32U, align, offset);
      code.i64Const(BOX);
      code.op(Wasm.I64Or);
      code.localSet(emitter.floatLocal(rd));
      return;
    case Op.Fld:
      code.access(isDouble(emitter, rd) ? Wasm.F64Load : Wasm.I64Load, align, offset);
      code.localSet(emitter.floatLocal(rd));
      return;
    case Op.Fsd:
      code.localGet(emitter.floatLocal(rs2));
      code.access(isDouble(emitter, rs2) ? Wasm.F64Store : Wasm.I64Store, align, offset);
      return;
    case Op.Fsw:
      code.localGet(emitter.floatLocal(rs2));
      if (isDouble(emitter, rs2)) code.op(Wasm.I64ReinterpretF64);
      code.access(Wasm.I64Store32, align, offset);
      return;
    default:
      if (store) {
        emitter.getX(rs2);
        code.access(STORES.get(op)!, align, offset);
      } else {
        code.access(LOADS.get(op)!, align, offset);
        emitter.setX(rd);
      }
  }
}

function isDouble(emitter: Emitter, register: number): boolean {
  return emitter.floatForm[register] === Number(FloatForm.Double);
}
