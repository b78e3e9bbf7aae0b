import { Op } from '../riscv/op.ts';
import { X } from '../riscv/registers.ts';
import type { Instruction } from '../riscv/instruction.ts';
import type { CodeView } from './code-view.ts';
import type { Move, Stepped } from './stepping.ts';

/*
 * Functions that give up frames without returning through them: longjmp, and the unwinder of C++ exceptions. Control
 * then arrives somewhere that no call led to. Both end in a jump for which they have set sp to something that is not
 * computed from it; what they do before is executed at full speed or, for longjmp, instruction by instruction.
 */

/** How a move ended: `landed` where a handler of a signal has left through a jump of its own. */
export type Arrival = 'landed' | undefined;

/** What gives up frames, by the name that its library exports. */
export const LONGJMPS: readonly string[] = [
  'longjmp',
  '_longjmp',
  'siglongjmp',
  '__longjmp',
  '__libc_siglongjmp',
  '__longjmp_chk',
];
export const UNWINDERS: readonly string[] = [
  '_Unwind_RaiseException',
  '_Unwind_Resume',
  '_Unwind_Resume_or_Rethrow',
  '_Unwind_ForcedUnwind',
];

/** A function that gives up frames. */
export interface Unwinder {
  readonly kind: 'longjmp' | 'unwinder';
  /** One past its last address. */
  readonly end: number;
}

const ONE: Move = { kind: 'instruction' };
/** Far more than longjmp executes. */
const MOST_INSTRUCTIONS = 20_000;

/**
 * Goes on from the start of an unwinder until it has jumped.
 * @returns whether control has arrived in a frame whose stack pointer is `sp` or higher
 */
export function* unwind(
  code: CodeView,
  who: Stepped,
  { kind, end }: Unwinder,
  sp: number,
): Generator<Move, boolean, Arrival> {
  const start = code.position(who.task);
  const exits = kind === 'unwinder' ? exitsOf(code, who, start.pc, end) : undefined;
  for (let count = 0; count < MOST_INSTRUCTIONS; count++) {
    if (exits && !exits.has(code.position(who.task).pc)) yield { kind: 'run-to', addresses: exits };
    const instruction = code.instruction(who.task, code.position(who.task).pc);
    yield ONE;
    const now = code.position(who.task);
    if (!instruction || !isReturnOrJump(instruction) || now.sp <= start.sp) continue;
    return now.sp >= sp;
  }
  return false;
}

/**
 * The handler of a signal that has interrupted a task: to its end, or until it has jumped out. To be resumed when the
 * task has returned from a handler, too.
 */
export function* handleSignal(code: CodeView, who: Stepped, sp: number): Generator<Move, Arrival, Arrival> {
  const unwinders = code.unwinders(who.task);
  const addresses = new Set(unwinders.keys());
  for (;;) {
    yield { kind: 'run-to', addresses };
    const now = code.position(who.task);
    const unwinder = unwinders.get(now.pc);
    if (!unwinder) {
      // A handler that has interrupted this one returns to it.
      if (now.sp >= sp) return undefined;
    } else if (yield* unwind(code, who, unwinder, sp)) return 'landed';
  }
}

/** The indirect jumps in a function. */
function exitsOf(code: CodeView, who: Stepped, start: number, end: number): Set<number> {
  const exits = new Set<number>();
  for (let at = start; at < end;) {
    const instruction = code.instruction(who.task, at);
    if (!instruction) break;
    if (isReturnOrJump(instruction)) exits.add(at);
    at += instruction.length;
  }
  return exits;
}

function isReturnOrJump({ op, rd }: Instruction): boolean {
  return op === Op.Jalr && rd === X.Zero;
}
