import type { Instruction } from '../../riscv/instruction.ts';
import { Op } from '../../riscv/op.ts';
import type { AccessGroup } from './access-groups.ts';
import type { Analysis } from './analysis.ts';
import type { CodeLayout } from './layout.ts';
import { integerDestination } from './operands.ts';
import { ValueType, Wasm, WasmCode, type LocalGroup } from './wasm-encoder.ts';
import { wordsAfter } from './words.ts';

/** Why a translation returns to the engine. */
export const enum ExitKind {
  /** To an address outside the region; `link` is where the engine may store its translation. */
  Link,
  /** To an address, in pc, that the jump cache does not have; `va` is the jump. */
  Indirect,
  /** The instruction at `va` is for the interpreter. */
  Interpret,
  /** The budget may not last until the next check. */
  Budget,
  /** At an entry: a page of the region is not in the execute TLB with the frame that the region was built from. */
  Stale,
  /** At an entry: the rounding mode or the flags are not those that the region was built for. */
  Rounding,
}

/** One way out of a translation. All but `Indirect` leave pc to be set to `va` by the engine. */
export interface RegionExit {
  readonly kind: ExitKind;
  readonly va: number;
  /** Instructions that were taken off the budget and did not retire. */
  readonly unretired: number;
  /** Address of the link, or 0. */
  readonly link: number;
  /** What it leads to would be part of the region, had it been executed before. */
  readonly inside: boolean;
}

export const STATE_LOCAL = 0;
export const BUDGET_LOCAL = 1;

/** f registers: a double, or 64 bits where a single may be in it. */
export const enum FloatForm {
  Double,
  Bits,
}

/**
 * The function being generated: its code, its locals, its exits. Guest registers that the region uses are in locals;
 * the value of x0 is a constant.
 */
export class Emitter {
  readonly code = new WasmCode(16384);
  readonly exits: RegionExit[] = [];
  /** The exits that are taken when the check of a group of accesses fails. */
  readonly groupExits = new Map<number, AccessGroup>();
  readonly computesFloats: boolean;
  readonly exitLocal: number;
  readonly pcLocal: number;
  /** NX of fflags, where it is to be noticed; else -1. */
  readonly inexactLocal: number;
  /** f registers that hold properly boxed singles at this point of the block. */
  boxed = 0;
  /** x registers that hold words at this point: see words.ts. */
  words = 1;
  /** Those of them whose last operation in this block was in 32 bits: the extension may turn out to be needless. */
  extended = 0;
  /** By register, how far the last operation in this block shifted it left, and a local with the value before. */
  readonly shifted = new Map<number, { readonly by: number; readonly local: number }>();
  /** Labels that are open. */
  depth = 0;
  /** Depth of the label that side exits jump to. */
  exitDepth = 0;
  /** Address and count of unretired instructions, that of the current one included. */
  va = 0;
  unretired = 0;
  /** The current instruction has set its register to an extended word. */
  #extends = false;
  readonly #types: ValueType[] = [];
  readonly #integers = new Int16Array(32).fill(-1);
  readonly #floats = new Int16Array(32).fill(-1);
  readonly #scratch = new Map<string, number>();

  constructor(
    readonly layout: CodeLayout,
    analysis: Pick<Analysis, 'integers' | 'floats' | 'computesFloats'>,
    readonly floatForm: Uint8Array,
    /** fflags has NX set wherever the function is: inexact results need not be noticed. */
    readonly inexactIsSet: boolean,
    /** The host has a fused multiply-add. */
    readonly hostFuses: boolean,
  ) {
    this.computesFloats = analysis.computesFloats;
    this.exitLocal = this.local(ValueType.I32);
    this.pcLocal = this.local(ValueType.I64);
    this.inexactLocal = analysis.computesFloats && !inexactIsSet ? this.local(ValueType.I32) : -1;
    for (let r = 1; r < 32; r++) if (analysis.integers & (1 << r)) this.#integers[r] = this.local(ValueType.I64);
    for (let r = 0; r < 32; r++)
      if (analysis.floats & (1 << r))
        this.#floats[r] = this.local(floatForm[r] === Number(FloatForm.Double) ? ValueType.F64 : ValueType.I64);
  }

  get locals(): LocalGroup[] {
    const groups: { count: number; type: ValueType }[] = [];
    for (const type of this.#types) {
      const last = groups.at(-1);
      if (last?.type === type) last.count++;
      else groups.push({ count: 1, type });
    }
    return groups;
  }

  local(type: ValueType): number {
    return 2 + this.#types.push(type) - 1;
  }

  /** A local for intermediate values that all instructions share. */
  scratch(type: ValueType, name: string): number {
    const key = `${type}${name}`;
    let local = this.#scratch.get(key);
    if (local === undefined) this.#scratch.set(key, (local = this.local(type)));
    return local;
  }

  integerLocal(register: number): number {
    return this.#integers[register];
  }

  floatLocal(register: number): number {
    return this.#floats[register];
  }

  /** Pushes an x register. */
  getX(register: number): void {
    if (register === 0) this.code.i64Const(0);
    else this.code.localGet(this.#integers[register]);
  }

  /** Pushes the low word of an x register. */
  getW(register: number): void {
    if (register === 0) {
      this.code.i32Const(0);
      return;
    }
    this.code.localGet(this.#integers[register]);
    this.code.op(Wasm.I32WrapI64);
  }

  /** Pops an i64 into an x register. */
  setX(register: number): void {
    if (register === 0) this.code.op(Wasm.Drop);
    else this.code.localSet(this.#integers[register]);
  }

  /** Pops an i32 and sets an x register to it, sign-extended. */
  setW(register: number): void {
    this.code.op(Wasm.I64ExtendI32S);
    this.setX(register);
    this.#extends = true;
  }

  /** Pops an i32 into an x register, zero-extended: on most hosts it is already. */
  setUnsigned(register: number): void {
    this.code.op(Wasm.I64ExtendI32U);
    this.setX(register);
  }

  open(opcode: Wasm.Block | Wasm.Loop | Wasm.If): void {
    this.code.open(opcode);
    this.depth++;
  }

  openIf(result: ValueType): void {
    this.code.openIf(result);
    this.depth++;
  }

  otherwise(): void {
    this.code.op(Wasm.Else);
  }

  end(): void {
    this.code.op(Wasm.End);
    this.depth--;
  }

  /** Jumps to the label that was opened at `depth`. */
  branchTo(depth: number): void {
    this.code.br(this.depth - depth - 1);
  }

  branchIfTo(depth: number): void {
    this.code.brIf(this.depth - depth - 1);
  }

  exit(kind: ExitKind, va: number, unretired = 0, link = 0, inside = false): number {
    return this.exits.push({ kind, va, unretired, link, inside }) - 1;
  }

  /** Leaves by the common way out, which saves every register that the region writes. */
  leave(kind: ExitKind, va: number, unretired: number): void {
    this.code.i32Const(this.exit(kind, va, unretired));
    this.code.localSet(this.exitLocal);
    this.branchTo(this.exitDepth);
  }

  /** Pops a condition; when it holds, the current instruction is left to the interpreter. */
  interpretIf(): void {
    this.open(Wasm.If);
    this.interpret();
    this.end();
  }

  interpret(): void {
    this.leave(ExitKind.Interpret, this.va, this.unretired);
  }

  /** Forgets what is known of registers from the block before. */
  startBlock(words: number): void {
    this.boxed = 0;
    this.words = words | 1;
    this.extended = 0;
    this.shifted.clear();
  }

  /** To be called before the code of an instruction. */
  startInstruction(va: number, unretired: number): void {
    this.va = va;
    this.unretired = unretired;
    this.#extends = false;
  }

  /** Takes note of what an instruction, whose code is complete, has written. */
  endInstruction(instruction: Instruction): void {
    const written = integerDestination(instruction);
    this.words = wordsAfter(instruction, this.words);
    this.extended = this.#extends ? this.extended | written : this.extended & ~written;
    const { op, rd, rs1, imm } = instruction;
    if (written === 0) return;
    this.shifted.delete(rd);
    if (op === Op.Slli && rs1 !== 0)
      this.shifted.set(rd, { by: imm, local: this.scratch(ValueType.I64, `before${rd}`) });
  }

  isWord(register: number): boolean {
    return (this.words & (1 << register)) !== 0;
  }

  /** Stores NX if it may have been raised. */
  spillFlags(): void {
    if (this.inexactLocal < 0) return;
    const { code, layout } = this;
    code.i32Const(0);
    code.i32Const(0);
    code.access(Wasm.I32Load, 2, layout.fcsr);
    code.localGet(this.inexactLocal);
    code.op(Wasm.I32Or);
    code.access(Wasm.I32Store, 2, layout.fcsr);
  }

  /** Stores the registers of two sets from their locals. */
  spill(integers: number, floats: number): void {
    const { code, layout } = this;
    for (let r = 1; r < 32; r++) {
      if (!(integers & (1 << r))) continue;
      code.i32Const(0);
      code.localGet(this.#integers[r]);
      code.access(Wasm.I64Store, 3, layout.x + r * 8);
    }
    for (let r = 0; r < 32; r++) {
      if (!(floats & (1 << r))) continue;
      const double = this.floatForm[r] === Number(FloatForm.Double);
      code.i32Const(0);
      code.localGet(this.#floats[r]);
      code.access(double ? Wasm.F64Store : Wasm.I64Store, 3, layout.f + r * 8);
    }
  }

  /** Loads the registers of two sets into their locals. */
  fill(integers: number, floats: number): void {
    const { code, layout } = this;
    for (let r = 1; r < 32; r++) {
      if (!(integers & (1 << r))) continue;
      code.i32Const(0);
      code.access(Wasm.I64Load, 3, layout.x + r * 8);
      code.localSet(this.#integers[r]);
    }
    for (let r = 0; r < 32; r++) {
      if (!(floats & (1 << r))) continue;
      const double = this.floatForm[r] === Number(FloatForm.Double);
      code.i32Const(0);
      code.access(double ? Wasm.F64Load : Wasm.I64Load, 3, layout.f + r * 8);
      code.localSet(this.#floats[r]);
    }
  }
}
