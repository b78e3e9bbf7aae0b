import type { Instruction } from '../../riscv/instruction.ts';
import { Op } from '../../riscv/op.ts';
import { Decoded } from '../code-cache.ts';
import { StateOffset } from '../hart-state.ts';
import type { Emitter } from './emitter.ts';
import { emitCondition, emitInteger } from './integer.ts';
import { JUMPS, JUMPS_NEXT, JUMPS_SIZE, JUMP_SIZE } from './layout.ts';
import { accessSize, isBranch, isLoad, isStore } from './operands.ts';
import { ValueType, Wasm } from './wasm-encoder.ts';

/*
 * What the cold interpreter does for each instruction. Guest registers are in memory; a handler loads the operands into
 * the locals of x1 and x2, lets the translator's code compute x3, and stores that.
 */

const FIRST = 1;
const SECOND = 2;
const RESULT = 3;
/** Registers of the emitter. */
export const COLD_REGISTERS: number = (1 << FIRST) | (1 << SECOND) | (1 << RESULT);
/** The local that counts the instructions that may still retire. */
export const LEFT = 1;

/** Where handlers of instructions go on. */
export interface ColdLabels {
  /** Retires the instruction and goes on behind it. */
  readonly next: number;
  /** Retires the jump and goes on at the decoded instruction `at`, which may be out of the page. */
  readonly near: number;
  /** Goes on at the address `target`. */
  readonly far: number;
  /** Leaves with `ColdExit.Rare` before the instruction. */
  readonly rare: number;
}

/** Locals of the cold interpreter. Guest registers are in memory; x1, x2 and x3 of the emitter are operands and result. */
export interface ColdLocals {
  /** The words of the instruction. */
  readonly word: number;
  /** Address of the pair of words of the instruction. */
  readonly at: number;
  /** Address of the decoded page. */
  readonly page: number;
  /** Virtual address of the page, an i64. */
  readonly pageVa: number;
  /** Where a jump goes that leaves the page, an i64. */
  readonly target: number;
  /** Whether the jump is counted. */
  readonly counted: number;
}

/** The operation on two registers that does what one with an immediate does. */
const REGISTER_FORMS: ReadonlyMap<Op, Op> = new Map<Op, Op>([
  [Op.Addi, Op.Add],
  [Op.Slti, Op.Slt],
  [Op.Sltiu, Op.Sltu],
  [Op.Xori, Op.Xor],
  [Op.Ori, Op.Or],
  [Op.Andi, Op.And],
  [Op.Slli, Op.Sll],
  [Op.Srli, Op.Srl],
  [Op.Srai, Op.Sra],
  [Op.Addiw, Op.Addw],
  [Op.Slliw, Op.Sllw],
  [Op.Srliw, Op.Srlw],
  [Op.Sraiw, Op.Sraw],
]);

const LOADS: ReadonlyMap<Op, Wasm> = new Map<Op, Wasm>([
  [Op.Lb, Wasm.I64Load8S],
  [Op.Lbu, Wasm.I64Load8U],
  [Op.Lh, Wasm.I64Load16S],
  [Op.Lhu, Wasm.I64Load16U],
  [Op.Lw, Wasm.I64Load32S],
  [Op.Lwu, Wasm.I64Load32U],
  [Op.Ld, Wasm.I64Load],
  [Op.Flw, Wasm.I64Load32U],
  [Op.Fld, Wasm.I64Load],
]);

const STORES: ReadonlyMap<Op, Wasm> = new Map<Op, Wasm>([
  [Op.Sb, Wasm.I64Store8],
  [Op.Sh, Wasm.I64Store16],
  [Op.Sw, Wasm.I64Store32],
  [Op.Sd, Wasm.I64Store],
  [Op.Fsw, Wasm.I64Store32],
  [Op.Fsd, Wasm.I64Store],
]);

/** The upper half of a register that holds a single. */
const BOX = -0x1_0000_0000;

/** The instructions that the cold interpreter executes, in ascending order: `Op.Illegal` also stands for "not decoded". */
export const COLD_OPS: readonly Op[] = Array.from({ length: Op.Fsd }, (_, k): Op => k + 1).filter(
  (op) => op !== Op.Ecall && op !== Op.Ebreak,
);

/** Counts the instruction as retired. */
export function retire({ code }: Emitter): void {
  code.localGet(LEFT);
  code.i32Const(1);
  code.op(Wasm.I32Sub);
  code.localSet(LEFT);
}

/** Emits the handler of an operation, which ends in a jump to one of the labels. */
export function emitColdInstruction(emitter: Emitter, op: Op, locals: ColdLocals, labels: ColdLabels): void {
  const handler = new Handler(emitter, locals, labels);
  if (isBranch(op)) handler.branch(op);
  else if (op === Op.Jal) handler.jal();
  else if (op === Op.Jalr) handler.jalr();
  else if (isLoad(op)) handler.load(op);
  else if (isStore(op)) handler.store(op);
  else handler.compute(op);
}

class Handler {
  readonly #emitter: Emitter;
  readonly #locals: ColdLocals;
  readonly #labels: ColdLabels;

  constructor(emitter: Emitter, locals: ColdLocals, labels: ColdLabels) {
    this.#emitter = emitter;
    this.#locals = locals;
    this.#labels = labels;
  }

  compute(op: Op): void {
    const emitter = this.#emitter;
    if (op !== Op.Fence && op !== Op.FenceI) {
      this.pushDestination();
      if (op === Op.Lui) this.pushImmediate();
      else if (op === Op.Auipc) {
        this.pushPc();
        this.pushImmediate();
        emitter.code.op(Wasm.I64Add);
      } else {
        const form = REGISTER_FORMS.get(op);
        this.fetchFirst();
        if (form === undefined) this.fetchSecond();
        else {
          this.pushImmediate();
          emitter.setX(SECOND);
        }
        emitter.startBlock(0);
        emitInteger(emitter, onOperands(form ?? op), 0);
        emitter.getX(RESULT);
      }
      this.storeX();
    }
    emitter.branchTo(this.#labels.next);
  }

  branch(op: Op): void {
    const emitter = this.#emitter;
    const { code } = emitter;
    const { counted } = this.#locals;
    this.fetchFirst();
    this.fetchSecond();
    emitCondition(emitter, onOperands(op), true);
    emitter.branchIfTo(this.#labels.next);
    this.pushWordImmediate();
    code.i32Const(31);
    code.op(Wasm.I32ShrU);
    code.localSet(counted);
    this.moveBy();
    emitter.branchTo(this.#labels.near);
  }

  jal(): void {
    const emitter = this.#emitter;
    const { code } = emitter;
    // Counted: backward jumps, and those that link.
    this.pushWordImmediate();
    code.i32Const(31);
    code.op(Wasm.I32ShrU);
    this.pushLinks();
    code.op(Wasm.I32Or);
    code.localSet(this.#locals.counted);
    this.link();
    this.moveBy();
    emitter.branchTo(this.#labels.near);
  }

  jalr(): void {
    const emitter = this.#emitter;
    const { code } = emitter;
    const { word, target, counted, pageVa, page, at } = this.#locals;
    this.fetchFirst();
    emitter.getX(FIRST);
    this.pushImmediate();
    code.op(Wasm.I64Add);
    code.i64Const(-2);
    code.op(Wasm.I64And);
    code.localSet(target);
    // Counted: all but returns, `jalr x0, ra`.
    this.pushLinks();
    code.localGet(word);
    code.i32Const(Decoded.Rs1Shift);
    code.op(Wasm.I32ShrU);
    code.i32Const(Decoded.RsMask);
    code.op(Wasm.I32And);
    code.i32Const(2);
    code.op(Wasm.I32Ne);
    code.op(Wasm.I32Or);
    code.localTee(counted);
    emitter.open(Wasm.If);
    this.record();
    emitter.end();
    this.link();
    code.localGet(target);
    code.localGet(pageVa);
    code.op(Wasm.I64Xor);
    code.i64Const(0xfff);
    code.op(Wasm.I64GtU);
    emitter.open(Wasm.If);
    retire(emitter);
    emitter.branchTo(this.#labels.far);
    emitter.end();
    code.localGet(target);
    code.op(Wasm.I32WrapI64);
    code.i32Const(0xfff);
    code.op(Wasm.I32And);
    code.i32Const(2);
    code.op(Wasm.I32Shl);
    code.localGet(page);
    code.op(Wasm.I32Add);
    code.localSet(at);
    emitter.branchTo(this.#labels.near);
  }

  /** Writes down where the jump goes. */
  private record(): void {
    const emitter = this.#emitter;
    const { code } = emitter;
    const next = emitter.scratch(ValueType.I32, 'next');
    code.i32Const(0);
    code.access(Wasm.I32Load, 2, JUMPS_NEXT);
    code.localTee(next);
    code.localGet(this.#locals.at);
    code.access(Wasm.I32Store, 2, JUMPS);
    code.localGet(next);
    code.localGet(this.#locals.target);
    code.access(Wasm.I64Store, 3, JUMPS + 8);
    code.i32Const(0);
    code.localGet(next);
    code.i32Const(JUMP_SIZE);
    code.op(Wasm.I32Add);
    code.i32Const(JUMPS_SIZE - 1);
    code.op(Wasm.I32And);
    code.access(Wasm.I32Store, 2, JUMPS_NEXT);
  }

  load(op: Op): void {
    const { code, layout } = this.#emitter;
    const float = op === Op.Flw || op === Op.Fld;
    this.pushDestination();
    this.locate(op, layout.tlbRead);
    code.localGet(this.#emitter.scratch(ValueType.I64, 'hit'));
    code.op(Wasm.I32WrapI64);
    code.access(LOADS.get(op)!, alignment(op), layout.ram);
    if (op === Op.Flw) {
      code.i64Const(BOX);
      code.op(Wasm.I64Or);
    }
    code.access(Wasm.I64Store, 3, float ? layout.f : layout.x);
    this.#emitter.branchTo(this.#labels.next);
  }

  store(op: Op): void {
    const { code, layout } = this.#emitter;
    const float = op === Op.Fsw || op === Op.Fsd;
    this.locate(op, layout.tlbWrite);
    code.localGet(this.#emitter.scratch(ValueType.I64, 'hit'));
    code.op(Wasm.I32WrapI64);
    this.pushRegister(Decoded.Rs2Shift, float ? layout.f : layout.x);
    code.access(STORES.get(op)!, alignment(op), layout.ram);
    this.#emitter.branchTo(this.#labels.next);
  }

  /** Sets `hit` to the offset into RAM of an access, or goes to the way out when the TLB does not have it. */
  private locate(op: Op, tlb: number): void {
    const emitter = this.#emitter;
    const { code, layout } = emitter;
    const address = emitter.scratch(ValueType.I64, 'address');
    const hit = emitter.scratch(ValueType.I64, 'hit');
    this.pushRegister(Decoded.Rs1Shift, layout.x);
    this.pushImmediate();
    code.op(Wasm.I64Add);
    code.localTee(address);
    code.op(Wasm.I32WrapI64);
    code.i32Const(9);
    code.op(Wasm.I32ShrU);
    code.i32Const(layout.tlbOffsetMask);
    code.op(Wasm.I32And);
    code.access(Wasm.I64Load, 3, tlb);
    code.localGet(address);
    code.op(Wasm.I64Xor);
    code.localTee(hit);
    code.i64Const(-layout.ramSpan + (accessSize(op) - 1));
    code.op(Wasm.I64And);
    code.i64Const(0);
    code.op(Wasm.I64Ne);
    emitter.branchIfTo(this.#labels.rare);
  }

  private fetchFirst(): void {
    this.pushRegister(Decoded.Rs1Shift, this.#emitter.layout.x);
    this.#emitter.setX(FIRST);
  }

  private fetchSecond(): void {
    this.pushRegister(Decoded.Rs2Shift, this.#emitter.layout.x);
    this.#emitter.setX(SECOND);
  }

  /** Pushes the register that a field of the instruction names. The field is twice its number. */
  private pushRegister(shift: Decoded.Rs1Shift | Decoded.Rs2Shift, registers: number): void {
    const { code } = this.#emitter;
    code.localGet(this.#locals.word);
    code.i32Const(shift - 2);
    code.op(Wasm.I32ShrU);
    code.i32Const(Decoded.RsMask << 2);
    code.op(Wasm.I32And);
    code.access(Wasm.I64Load, 3, registers);
  }

  /** Pushes the offset of rd among the registers, for a store. */
  private pushDestination(): void {
    const { code } = this.#emitter;
    code.localGet(this.#locals.word);
    code.i32Const(Decoded.RdShift - 2);
    code.op(Wasm.I32ShrU);
    code.i32Const(Decoded.RdMask << 2);
    code.op(Wasm.I32And);
  }

  /** Pops the value, and the offset of rd. */
  private storeX(): void {
    const { code, layout } = this.#emitter;
    code.access(Wasm.I64Store, 3, layout.x);
  }

  private pushWordImmediate(): void {
    const { code } = this.#emitter;
    code.localGet(this.#locals.at);
    code.access(Wasm.I32Load, 2, 4);
  }

  private pushImmediate(): void {
    const { code } = this.#emitter;
    code.localGet(this.#locals.at);
    code.access(Wasm.I64Load32S, 2, 4);
  }

  private pushPc(): void {
    const { code } = this.#emitter;
    const { at, page, pageVa } = this.#locals;
    code.localGet(pageVa);
    code.localGet(at);
    code.localGet(page);
    code.op(Wasm.I32Sub);
    code.i32Const(2);
    code.op(Wasm.I32ShrU);
    code.op(Wasm.I64ExtendI32U);
    code.op(Wasm.I64Add);
  }

  /** Pushes whether rd is a register. */
  private pushLinks(): void {
    const { code } = this.#emitter;
    this.pushDestination();
    code.i32Const(SINK_OFFSET);
    code.op(Wasm.I32Ne);
  }

  private link(): void {
    const { code } = this.#emitter;
    this.pushDestination();
    this.pushPc();
    code.i64Const(2);
    code.op(Wasm.I64Add);
    code.localGet(this.#locals.word);
    code.i32Const(Decoded.LengthShift - 1);
    code.op(Wasm.I32ShrU);
    code.i32Const(2);
    code.op(Wasm.I32And);
    code.op(Wasm.I64ExtendI32U);
    code.op(Wasm.I64Add);
    this.storeX();
  }

  /** Moves `at` by the immediate. */
  private moveBy(): void {
    const { code } = this.#emitter;
    const { at } = this.#locals;
    code.localGet(at);
    this.pushWordImmediate();
    code.i32Const(2);
    code.op(Wasm.I32Shl);
    code.op(Wasm.I32Add);
    code.localSet(at);
  }
}

const SINK_OFFSET = StateOffset.Sink - StateOffset.X;

/** An operation on the operands of the handler. */
function onOperands(op: Op): Instruction {
  return { op, rd: RESULT, rs1: FIRST, rs2: SECOND, rs3: 0, imm: 0, rm: 0, length: 4 };
}

function alignment(op: Op): number {
  return 31 - Math.clz32(accessSize(op));
}
