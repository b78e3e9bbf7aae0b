import { Damaged } from '../byte-cursor.ts';
import type { Effort } from '../byte-cursor.ts';
import { isCallerSaved, placeOf, Register, REGISTER_COUNT, FIRST_FLOAT, registerValue } from '../frame.ts';
import type { Frame, Registers } from '../frame.ts';
import type { Warnings } from '../warnings.ts';
import { evaluateExpression, fromBytes } from './expression.ts';
import { frameRulesAt } from './frame-program.ts';
import type { CfaRule, FrameRules, RegisterRule } from './frame-program.ts';
import type { FrameDescription, FrameSection } from './frame-section.ts';

/** Rules that are kept: a deep recursion asks for the same ones again and again. */
const MOST_KEPT = 4096;

/** What call frame information says of an address. */
interface FramePlan {
  readonly description: FrameDescription;
  readonly rules: FrameRules;
  /** The integer registers that the caller has as they are here. */
  readonly kept: readonly number[];
  /** Those that a rule is about. */
  readonly saved: readonly (readonly [number, RegisterRule])[];
  /** Whether any rule is about a floating-point register. */
  readonly hasFloats: boolean;
}

/** Unwinds by call frame information. Answers are undefined where there is none, or where it does not lead on. */
export class Unwinder {
  readonly #plans = new Map<number, FramePlan | undefined>();

  constructor(
    private readonly sections: readonly FrameSection[],
    private readonly loadBias: number,
    private readonly effort: Effort,
    private readonly warnings: Warnings,
  ) {}

  /** Whether call frame information covers the frame. */
  covers(frame: Frame): boolean {
    return this.#describeAt(placeOf(frame) - this.loadBias) !== undefined;
  }

  /** The value that the stack pointer had before the call that made this frame. */
  canonicalFrameAddress(frame: Frame): number | undefined {
    return this.#attempt(() => {
      const plan = this.#planAt(placeOf(frame) - this.loadBias);
      return plan && this.#cfa(plan.rules, frame);
    });
  }

  /** How to find that value in any frame that is at an address. */
  cfaRuleAt(place: number): CfaRule | undefined {
    return this.#attempt(() => {
      return this.#planAt(place - this.loadBias)?.rules.cfa;
    });
  }

  /** The frame of the caller, or undefined at the outermost one. */
  unwind(frame: Frame): Frame | undefined {
    return this.#attempt(() => {
      const plan = this.#planAt(placeOf(frame) - this.loadBias);
      if (plan === undefined) return undefined;
      const { description, rules, kept, saved, hasFloats } = plan;
      const cfa = this.#cfa(rules, frame);
      if (cfa === undefined) return undefined;
      const { returnRegister, isSignalFrame } = description.common;
      const returnRule = rules.registers.get(returnRegister);
      // gcc and glibc mark the outermost function by an undefined return address.
      if (returnRule?.kind === 'undefined') return undefined;

      const x = new Array<bigint | undefined>(FIRST_FLOAT).fill(undefined);
      for (const number of kept) x[number] = registerValue(frame.registers, number);
      for (const [number, rule] of saved) x[number] = this.#register(number, rule, frame, cfa);
      const f = hasFloats ? this.#floats(rules, frame, cfa) : floatsOfCaller(frame.registers);
      const pc = this.#register(returnRegister, returnRule ?? { kind: 'same value' }, frame, cfa);
      if (pc === undefined) return undefined;
      x[Register.Ra] = pc;
      if (!rules.registers.has(Register.Sp)) x[Register.Sp] = BigInt(cfa);
      // Bit 0 of a jump target is ignored (RISC-V unprivileged manual, JALR).
      return { pc: Number(pc & ~1n), isCaller: !isSignalFrame, registers: { x, f }, read: frame.read };
    });
  }

  #attempt<T>(answer: () => T | undefined): T | undefined {
    try {
      return answer();
    } catch (error) {
      if (!(error instanceof Damaged)) throw error;
      this.warnings.add(`The unwinding tables are damaged, so call stacks may be short: ${error.message}.`);
      return undefined;
    }
  }

  /** The floating-point registers of the caller, where some are saved. */
  #floats(rules: FrameRules, frame: Frame, cfa: number): (bigint | undefined)[] {
    return Array.from({ length: REGISTER_COUNT - FIRST_FLOAT }, (_, index) => {
      const number = FIRST_FLOAT + index;
      return this.#register(number, rules.registers.get(number), frame, cfa);
    });
  }

  /** Throws {@link Damaged}. */
  #planAt(address: number): FramePlan | undefined {
    if (this.#plans.has(address)) return this.#plans.get(address);
    const description = this.#describeAt(address);
    const rules = description && frameRulesAt(description, address);
    const plan = description && rules && planOf(description, rules);
    if (this.#plans.size === MOST_KEPT) this.#plans.clear();
    this.#plans.set(address, plan);
    return plan;
  }

  #describeAt(address: number): FrameDescription | undefined {
    for (const section of this.sections) {
      const description = section.find(address);
      if (description !== undefined) return description;
    }
    return undefined;
  }

  #cfa({ cfa }: FrameRules, frame: Frame): number | undefined {
    if (cfa === undefined) return undefined;
    if (cfa.kind === 'expression') {
      const computed = this.#compute(cfa.expression, frame, []);
      return computed === undefined ? undefined : Number(computed);
    }
    const base = registerValue(frame.registers, cfa.register);
    return base === undefined ? undefined : Number(BigInt.asUintN(64, base + BigInt(cfa.offset)));
  }

  #register(number: number, rule: RegisterRule | undefined, frame: Frame, cfa: number): bigint | undefined {
    switch (rule?.kind) {
      case undefined:
        return isCallerSaved(number) ? undefined : registerValue(frame.registers, number);
      case 'undefined':
        return undefined;
      case 'same value':
        return registerValue(frame.registers, number);
      case 'offset':
        return this.#load(cfa + rule.offset, frame);
      case 'value offset':
        return BigInt.asUintN(64, BigInt(cfa + rule.offset));
      case 'register':
        return registerValue(frame.registers, rule.register);
      case 'expression': {
        const address = this.#compute(rule.expression, frame, [BigInt(cfa)]);
        return address === undefined ? undefined : this.#load(Number(address), frame);
      }
      case 'value expression':
        return this.#compute(rule.expression, frame, [BigInt(cfa)]);
    }
  }

  #load(address: number, frame: Frame): bigint | undefined {
    const bytes = frame.read(address, 8);
    return bytes && fromBytes(bytes);
  }

  #compute(expression: Uint8Array, frame: Frame, initial: readonly bigint[]): bigint | undefined {
    const { registers, read } = frame;
    const context = { effort: this.effort, registers, read, loadBias: this.loadBias };
    const location = evaluateExpression(expression, context, initial);
    return location.kind === 'memory' ? location.exact : undefined;
  }
}

function planOf(description: FrameDescription, rules: FrameRules): FramePlan {
  const saved = [...rules.registers].filter(([number]) => number < FIRST_FLOAT);
  const kept: number[] = [];
  for (let number = 0; number < FIRST_FLOAT; number++)
    if (!rules.registers.has(number) && !isCallerSaved(number)) kept.push(number);
  return { description, rules, kept, saved, hasFloats: saved.length < rules.registers.size };
}

/** Floating-point registers as a caller has them by the ABI: made once for many callers that save none. */
const FLOATS_OF_CALLERS = new WeakMap<object, (bigint | undefined)[]>();

function floatsOfCaller({ f, one }: Registers): (bigint | undefined)[] {
  // Those of the innermost frame may be read as they are now.
  const kept = one ? undefined : FLOATS_OF_CALLERS.get(f);
  if (kept) return kept;
  const floats = Array.from({ length: REGISTER_COUNT - FIRST_FLOAT }, (_, index) => {
    const value = isCallerSaved(FIRST_FLOAT + index) ? undefined : f[index];
    return value === undefined ? undefined : BigInt.asUintN(64, value);
  });
  // What a caller has, its own callers have as well.
  FLOATS_OF_CALLERS.set(floats, floats);
  return floats;
}

/** `li a7, 139; ecall` (rt_sigreturn): what a signal handler returns to, and how gdb recognises it too. */
const SIGNAL_RETURN = [0x93, 0x08, 0xb0, 0x08, 0x73, 0x00, 0x00, 0x00];
/** struct rt_sigframe (Linux, arch/riscv/kernel/signal.c): siginfo of 128 bytes, then ucontext with the registers at 176. */
const SIGNAL_CONTEXT = 128 + 176;

/** Whether a frame is that of what a signal handler returns to, at the first or the second of its instructions. */
export function isSignalReturn({ pc, read }: Pick<Frame, 'pc' | 'read'>): boolean {
  return [pc, pc - 4].some((start) => read(start, 8)?.every((byte, index) => byte === SIGNAL_RETURN[index]));
}

/**
 * Unwinds where no call frame information leads on: through a signal's return trampoline; from a leaf function written
 * in assembly, by ra; else along frame pointers (psABI, "Frame Pointer Convention": ra at fp - 8, the caller's fp at
 * fp - 16). `isSameFunction` tells whether two addresses belong to one function.
 */
export function unwindByConvention(frame: Frame, isSameFunction: (a: number, b: number) => boolean): Frame | undefined {
  const { registers, read } = frame;
  const sp = registerValue(registers, Register.Sp);
  if (sp === undefined) return undefined;
  if (isSignalReturn(frame)) return unwindSignal(frame, Number(sp));

  const isReturnAddress = (address: bigint): boolean => address !== 0n && read(Number(address & ~1n), 2) !== undefined;
  if (!frame.isCaller) {
    const ra = registerValue(registers, Register.Ra);
    if (ra !== undefined && isReturnAddress(ra) && !isSameFunction(Number(ra) - 1, frame.pc))
      return { pc: Number(ra & ~1n), isCaller: true, registers: forget(registers, {}), read };
  }
  const fp = registerValue(registers, Register.Fp);
  if (fp === undefined || fp % 16n !== 0n || fp <= sp) return undefined;
  const saved = read(Number(fp) - 16, 16);
  if (saved === undefined) return undefined;
  const ra = fromBytes(saved.subarray(8));
  if (!isReturnAddress(ra)) return undefined;
  const restored = { [Register.Ra]: ra, [Register.Sp]: fp, [Register.Fp]: fromBytes(saved.subarray(0, 8)) };
  return { pc: Number(ra & ~1n), isCaller: true, registers: forget(registers, restored), read };
}

/** The registers that a call keeps, changed by what is known of the caller's. */
function forget(registers: Registers, restored: Readonly<Record<number, bigint>>): Registers {
  return {
    x: Array.from(registers.x, (value, number) => restored[number] ?? (isCallerSaved(number) ? undefined : value)),
    f: Array.from(registers.f, (value, number) => (isCallerSaved(number + FIRST_FLOAT) ? undefined : value)),
  };
}

function unwindSignal(frame: Frame, sp: number): Frame | undefined {
  const saved = frame.read(sp + SIGNAL_CONTEXT, 64 * 8);
  if (saved === undefined) return undefined;
  const word = (index: number): bigint => fromBytes(saved.subarray(index * 8, index * 8 + 8));
  // user_regs_struct has pc in the place of x0; the floating-point registers follow it.
  const x = Array.from({ length: 32 }, (_, number) => (number === 0 ? 0n : word(number)));
  const f = Array.from({ length: 32 }, (_, number) => word(32 + number));
  return { pc: Number(word(0)), isCaller: false, registers: { x, f }, read: frame.read };
}
