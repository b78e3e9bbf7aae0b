import type { Task } from '../linux/task.ts';
import { Op } from '../riscv/op.ts';
import { X } from '../riscv/registers.ts';
import type { Instruction } from '../riscv/instruction.ts';
import type { Caller, CodeView, Region, SourceLine } from './code-view.ts';
import { unwind, type Arrival } from './unwinding.ts';

/** What a step wants the machine to do next; the step goes on when that is done. */
export type Move =
  /** Retire one instruction of the task. */
  | { readonly kind: 'instruction' }
  /** Let the task run until it is about to execute an instruction at one of these addresses. */
  | { readonly kind: 'run-to'; readonly addresses: ReadonlySet<number> };

/** Whom a step moves, and through what. */
export interface Stepped {
  /** Another one once a fork is followed to the child. */
  task: Task;
  /** Whether code that is not the person's is passed like code without lines. */
  readonly mine: boolean;
}

/**
 * A step of one task, as the moves that it takes: it ends when the step is complete. Whoever drives it drops it where
 * something else stops the task.
 */
export type Step = Generator<Move, void, Arrival>;

const ONE: Move = { kind: 'instruction' };
/** Runs until something else stops the task. */
const ON: Move = { kind: 'run-to', addresses: new Set() };

/** Steps one instruction; a call is one instruction with `over`. */
export function* stepInstruction(code: CodeView, who: Stepped, calls: 'into' | 'over'): Step {
  const from = code.position(who.task);
  yield ONE;
  if (calls === 'into' || code.position(who.task).pc === from.pc + 4) return;
  const instruction = code.instruction(who.task, from.pc);
  if (instruction && isCall(instruction)) yield* returnTo(code, who, from.pc + instruction.length, from.sp);
}

/**
 * Steps to the start of another line: over calls, or into those of functions that have lines. From code without lines
 * it is the line of the first caller that has them which is stepped over. An inlined call is a call: before its code is
 * entered the task is shown at the line of the call.
 */
export function* stepLine(code: CodeView, who: Stepped, calls: 'into' | 'over'): Step {
  hidePassed(code, who);
  const hidden = code.hidden(who.task);
  if (calls === 'into' && hidden > 0 && !(who.mine && code.isPassed(who.task, hidden - 1))) {
    code.hide(who.task, hidden - 1);
    return;
  }
  const called = hidden === 0 && !shownCode(code, who) ? nearestCaller(code, who) : undefined;
  if (called) {
    const end = yield* returnTo(code, who, called.pc, called.sp);
    if (end === 'landed') yield* settle(code, who);
    const line = code.line(who.task);
    if (end === 'landed' || !line || !called.line) return;
    if (line.startsAt(called.pc) && !isSame(line, called.line)) return;
  }
  const outer = code.visible(who.task);
  const start = called?.line ?? code.shownLine(who.task);
  let here: Region | undefined = hidden > 0 ? code.inlinedWithin(who.task, outer)?.body : code.line(who.task);
  if (!here || !start) {
    yield* stepOut(code, who, 'source');
    return;
  }
  for (;;) {
    const end = yield* leave(code, who, here, calls);
    if (end === 'entered') return;
    if (end === 'landed') {
      yield* settle(code, who);
      return;
    }
    if (end === 'returned') {
      hidePassed(code, who);
      if (code.hidden(who.task) > 0) return;
      if (!shownCode(code, who)) yield* stepOut(code, who, 'source');
      else code.hideEntered(who.task);
      return;
    }
    const now = code.position(who.task).pc;
    if (here.contains(now)) continue;
    const inlined = code.inlinedWithin(who.task, outer);
    const isPassed = who.mine && inlined?.isPassed;
    if (inlined && (calls === 'over' || inlined.isAtEntry || isPassed)) {
      const isOther = inlined.call && !isSame(inlined.call, start);
      if (inlined.isAtEntry && (isOther || (calls === 'into' && !isPassed))) {
        code.hide(who.task, inlined.depth - (isOther ? 0 : 1));
        return;
      }
      here = inlined.body;
      continue;
    }
    const line = shownCode(code, who);
    if (!line) {
      yield* stepOut(code, who, 'source');
      return;
    }
    // In the middle of a line, or in another part of the same one, the step is not yet done.
    if (line.startsAt(now) && !isSame(line, start)) return;
    here = line;
  }
}

/** Runs until the function returns: to its caller, or to the first one that has lines. */
export function* stepOut(code: CodeView, who: Stepped, to: 'source' | 'caller'): Step {
  if (to === 'source') hidePassed(code, who);
  const inlined = to === 'source' ? code.inlinedBody(who.task) : undefined;
  if (inlined) {
    yield* leaveInlined(code, who, inlined);
    return;
  }
  const caller = to === 'caller' ? code.callers(who.task).next().value : nearestCaller(code, who);
  if (!caller) yield ON;
  else if ((yield* returnTo(code, who, caller.pc, caller.sp)) === 'landed' && to === 'source') yield* settle(code, who);
}

/** Runs to the end of an inlined call. */
function* leaveInlined(
  code: CodeView,
  who: Stepped,
  { body, outer }: { readonly body: Region; readonly outer: readonly number[] },
): Step {
  while (body.contains(code.position(who.task).pc)) {
    const end = yield* leave(code, who, body, 'over');
    if (end === 'returned' || end === 'landed') return;
  }
  const next = code.inlinedWithin(who.task, outer);
  if (next?.isAtEntry) code.hide(who.task, next.depth);
}

/** Runs to one of these addresses. */
export function* runTo(addresses: Iterable<number>): Step {
  yield { kind: 'run-to', addresses: new Set(addresses) };
}

/** Is complete at once. */
export function* nowhere(): Step {}

/** Runs to the first code of the person that a task without a caller comes to: one that clone has started. */
export function* stepIntoFirst(code: CodeView, who: Stepped): Step {
  const entries = code.ownEntries(who.task);
  yield { kind: 'run-to', addresses: entries };
  yield* enter(code, who);
}

/** The line that a task is at, where that is what steps stop at. */
function shownCode(code: CodeView, { task, mine }: Stepped): ReturnType<CodeView['line']> {
  return mine && code.isPassed(task, 0) ? undefined : code.line(task);
}

/** Hides inlined calls of functions that are not the person's: the task is shown where the person's function calls them. */
function hidePassed(code: CodeView, { task, mine }: Stepped): void {
  const passed = mine ? code.passedInlined(task) : 0;
  if (passed > code.hidden(task)) code.hide(task, passed);
}

/**
 * The caller that is shown instead of code without lines: the first that has some, if need be of others than the person.
 * Where none has, code without lines still returns to its caller.
 */
function nearestCaller(code: CodeView, who: Stepped): Caller | undefined {
  let first: Caller | undefined;
  let withLines: Caller | undefined;
  for (const caller of code.callers(who.task)) {
    if (caller.line && !(who.mine && caller.isPassed)) return caller;
    if (caller.line) withLines ??= caller;
    first ??= caller;
  }
  return shownCode(code, who) ? undefined : (withLines ?? first);
}

/** How a move out of a part of a function's code ended. */
type Left =
  /** In the same frame: outside, or back in the part after a call. */
  | 'here'
  /** Behind the prologue of a function with lines that was called. */
  | 'entered'
  /** In a caller. */
  | 'returned'
  /** In this frame or one further out, where longjmp or an exception has led. */
  | 'landed';

/** Runs through a part of a function's code: to the first address outside, or over the first call or other jump in it. */
function* leave(code: CodeView, who: Stepped, part: Region, calls: 'into' | 'over'): Generator<Move, Left, Arrival> {
  yield* runThrough(code, who, part);
  const { pc, sp } = code.position(who.task);
  const instruction = code.instruction(who.task, pc);
  if (!part.contains(pc) || !instruction || !isJump(instruction)) return 'here';
  // At a jump that the part ends with, or a call: taken one by one.
  yield ONE;
  const now = code.position(who.task);
  const next = pc + instruction.length;
  if (now.pc !== next && isCall(instruction)) {
    if (calls === 'into' && (yield* enter(code, who))) return 'entered';
    const end = yield* returnTo(code, who, next, sp, calls === 'into' ? code.ownEntries(who.task) : undefined);
    return end === 'returned' ? 'here' : end;
  } else if (isReturn(instruction)) {
    return 'returned';
  } else if (!part.contains(now.pc) && !code.isSameFunction(who.task, pc, now.pc)) {
    // A tail call: the callee returns to our caller.
    if (calls === 'into' && (yield* enter(code, who))) return 'entered';
    return yield* returnTo(code, who, Number(code.register(who.task, X.Ra)), now.sp);
  }
  return 'here';
}

/** Runs to a jump in a part of the code that leads elsewhere, or to the first address outside. */
function* runThrough(code: CodeView, who: Stepped, part: Region): Step {
  const { pc } = code.position(who.task);
  if (!part.contains(pc)) return;
  const bounds = boundary(code, who, part);
  if (!bounds) yield ONE;
  else if (!bounds.has(pc)) yield { kind: 'run-to', addresses: bounds };
}

/**
 * Addresses of the calls and jumps in a part of the code, and those where its branches and its end lead outside: none is missed
 * on the way out. `undefined` where the code cannot be read.
 */
function boundary(code: CodeView, who: Stepped, part: Region): Set<number> | undefined {
  const bounds = new Set<number>();
  for (const { start, end } of part.ranges) {
    let at = start;
    while (at < end) {
      const instruction = code.instruction(who.task, at);
      if (!instruction) return undefined;
      const target = at + instruction.imm;
      const staysHere = isBranch(instruction) || (isGoto(instruction) && code.isSameFunction(who.task, at, target));
      if (staysHere && !part.contains(target)) bounds.add(target);
      else if (!staysHere && isJump(instruction)) bounds.add(at);
      at += instruction.length;
    }
    if (!part.contains(at)) bounds.add(at);
  }
  return bounds;
}

/** After a call: runs to where the callee's first line starts. False, and nothing done, where it has no lines. */
function* enter(code: CodeView, who: Stepped): Generator<Move, boolean, Arrival> {
  const body = shownCode(code, who) && code.bodyStart(who.task);
  if (body === undefined) return false;
  if (body !== code.position(who.task).pc) yield { kind: 'run-to', addresses: new Set([body]) };
  return true;
}

/**
 * Runs to an address in the frame whose stack pointer is `sp`: deeper frames pass there in a recursion. It is over, too,
 * where longjmp or an exception leads to that frame or to one further out.
 * @param entries functions at which it is over as well: those that code without lines may call back
 */
function* returnTo(
  code: CodeView,
  who: Stepped,
  address: number,
  sp: number,
  entries: ReadonlySet<number> = new Set(),
): Generator<Move, 'returned' | 'landed' | 'entered', Arrival> {
  const unwinders = code.unwinders(who.task);
  const addresses = new Set([address, ...unwinders.keys(), ...entries]);
  for (;;) {
    const arrival: Arrival = yield { kind: 'run-to', addresses };
    const now = code.position(who.task);
    const unwinder = unwinders.get(now.pc);
    if (arrival === 'landed') {
      if (now.sp >= sp) return 'landed';
    } else if (unwinder) {
      if (yield* unwind(code, who, unwinder, sp)) return 'landed';
    } else if (now.pc !== address) {
      yield* enter(code, who);
      return 'entered';
    } else if (now.sp >= sp) return 'returned';
  }
}

/** After a jump to somewhere in a frame: to the start of a statement, or to a caller where there are no lines. */
function* settle(code: CodeView, who: Stepped): Step {
  const line = shownCode(code, who);
  if (!line) yield* stepOut(code, who, 'source');
  else if (!code.isAfterCall(who.task) && !line.startsAt(code.position(who.task).pc))
    yield* stepLine(code, who, 'over');
}

function isSame(a: SourceLine, b: SourceLine): boolean {
  return a.file === b.file && a.line === b.line;
}

function isBranch({ op }: Instruction): boolean {
  return op >= Op.Beq && op <= Op.Bgeu;
}

function isJump({ op }: Instruction): boolean {
  return op === Op.Jal || op === Op.Jalr;
}

/** A direct jump that keeps no return address. */
function isGoto({ op, rd }: Instruction): boolean {
  return op === Op.Jal && rd === X.Zero;
}

/** x1 and x5 are link registers (unprivileged manual, "Unconditional Jumps", table of return-address hints). */
function isLink(register: number): boolean {
  return register === X.Ra || register === 5;
}

function isCall(instruction: Instruction): boolean {
  return isJump(instruction) && isLink(instruction.rd);
}

function isReturn({ op, rd, rs1 }: Instruction): boolean {
  return op === Op.Jalr && rd === X.Zero && isLink(rs1);
}
