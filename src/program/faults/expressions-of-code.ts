import type { ReadMemory } from '../../symbols/frame.ts';
import { Op } from '../../riscv/op.ts';
import { X } from '../../riscv/registers.ts';
import { stripped } from '../../symbols/type.ts';
import type { StackFrame } from '../call-stack.ts';
import type { Image } from '../images.ts';
import { decodeAt } from '../instruction-bytes.ts';
import { memoryAccess, type MemoryAccess } from './access.ts';
import { FrameObjects } from './frame-objects.ts';
import { lvalueAt, type Lvalue } from './lvalues.ts';
import { expressionText } from './rvalues.ts';
import { straightCode } from './straight-code.ts';
import { only, signed, unsigned, sumValue, type Atom, type Sum } from './sums.ts';
import { Trace } from './trace.ts';

/** The object that an instruction is about to access. */
interface Accessed {
  readonly access: MemoryAccess;
  readonly address: bigint;
  /** Undefined where the source has no expression for it that is certain. */
  readonly lvalue: Lvalue | undefined;
}

/** A call, and what it was given. */
export interface Called {
  /** What holds the address that is called, of a call through a pointer. */
  readonly pointer: Sum | undefined;
  /** a0 to a7. */
  readonly given: readonly Sum[];
  /** The same as expressions. */
  readonly texts: readonly (string | undefined)[];
}

/** Finds the expressions of the source that machine code in a frame stands for. */
export class CodeExpressions {
  readonly #at: StackFrame;
  readonly #objects: FrameObjects;
  readonly #read: ReadMemory;

  constructor(at: StackFrame, images: readonly Image[], read: ReadMemory) {
    this.#at = at;
    this.#read = read;
    this.#objects = new FrameObjects(at, images, read);
  }

  /** What the next instruction of an innermost frame accesses. */
  accessed(): Accessed | undefined {
    const { frame } = this.#at;
    const access = this.#instruction(frame.pc);
    const base = access && frame.registers.x[access.base];
    if (!access || base === undefined) return undefined;
    const address = unsigned(base + BigInt(access.offset));
    const trace = this.#traceUpTo(frame.pc);
    const sum = trace && this.#certain(trace.address(access), address);
    return { access, address, lvalue: (sum && this.#lvalue(sum)) ?? this.#byRegister(access, base) };
  }

  /** The call that a frame is in. */
  called(): Called | undefined {
    const { pc } = this.#at.frame;
    for (const length of [4, 2]) {
      const bytes = this.#read(pc - length, length);
      const call = bytes && decodeAt(bytes);
      if (!call || call.length !== length || call.rd !== X.Ra || (call.op !== Op.Jal && call.op !== Op.Jalr)) continue;
      const trace = this.#traceUpTo(pc - length);
      if (!trace) return undefined;
      const given = Array.from({ length: 8 }, (_, index) => trace.register(X.A0 + index));
      return {
        pointer: call.op === Op.Jalr ? trace.register(call.rs1) : undefined,
        given,
        texts: given.map((sum) => expressionText(sum, (address) => this.#objects.at(address))),
      };
    }
    return undefined;
  }

  #instruction(pc: number): MemoryAccess | undefined {
    const bytes = this.#read(pc, 4) ?? this.#read(pc, 2);
    const instruction = bytes && decodeAt(bytes);
    return instruction && memoryAccess(instruction);
  }

  #traceUpTo(pc: number): Trace | undefined {
    const code = this.#at.image?.symbols?.functionAt(pc);
    if (!code) return undefined;
    return new Trace(this.#at, this.#objects, this.#read, straightCode(this.#read, code.low, code.high, pc));
  }

  /** A sum that comes to what the hart has; what is not known of one variable follows from that. */
  #certain(sum: Sum, actual: bigint): Sum | undefined {
    const value = sumValue(sum);
    if (value !== undefined) return value === actual ? sum : undefined;
    const unknown = sum.terms?.filter(({ atom }) => atom.value === undefined) ?? [];
    if (!sum.terms || unknown.length > 1) return undefined;
    const [term] = unknown;
    const rest = sum.terms
      .filter((one) => one !== term)
      .reduce((total, { atom, times }) => total + times * signed(atom.value!), sum.constant);
    const left = signed(actual - rest);
    if (left % term.times !== 0n) return undefined;
    term.atom.value = unsigned(left / term.times);
    return sum;
  }

  #lvalue(sum: Sum): Lvalue | undefined {
    return lvalueAt(sum, (address) => this.#objects.at(address));
  }

  /** By the debug information alone: the register holds a pointer variable. */
  #byRegister({ base, offset }: MemoryAccess, value: bigint): Lvalue | undefined {
    const variable = this.#objects.inRegister(base);
    if (!variable || stripped(variable.type).kind !== 'pointer') return undefined;
    const atom: Atom = { kind: 'value', text: variable.name, type: variable.type, value: unsigned(value) };
    return this.#lvalue({ ...only(atom), constant: BigInt(offset) });
  }
}
