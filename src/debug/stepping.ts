import type { Task } from '../linux/task.ts';
import { Op } from '../riscv/op.ts';
import { X } from '../riscv/registers.ts';
import type { Instruction } from '../riscv/instruction.ts';
import type { CodeView, Region, SourceLine } from './code-view.ts';
import { unwind, type Arrival } from './unwinding.ts';

/** What a step wants the machine to do next; the step goes on when that is done. */
export type Move =
  /** Retire one instruction of the task. */
  | { readonly kind: 'instruction' }
  /** Let the task run until it is about to execute an instruction at one of these addresses. */
  | { readonly kind: 'run-to'; readonly addresses: ReadonlySet<number> };

/**
 * A step of one task, as the moves that it takes: it ends when the step is complete. Whoever drives it drops it where
 * something else stops the task.
 */
export type Step = Generator<Move, void, Arrival>;

const ONE: Move = { kind: 'instruction' };
/** Runs until something else stops the task. */
const ON: Move = { kind: 'run-to', addresses: new Set() };

/** Steps one instruction; a call is one instruction with `over`. */
export function* stepInstruction(code: CodeView, task: Task, calls: 'into' | 'over'): Step {
  const from = code.position(task);
  yield ONE;
  if (calls === 'into' || code.position(task).pc === from.pc + 4) return;
  const instruction = code.instruction(task, from.pc);
  if (instruction && isCall(instruction)) yield* returnTo(code, task, from.pc + instruction.length, from.sp);
}

/**
 * Steps to the start of another line: over calls, or into those of functions that have lines. From code without lines
 * it goes on to the first caller that has them. An inlined call is a call: before its code is entered the task is shown
 * at the line of the call.
 */
export function* stepLine(code: CodeView, task: Task, calls: 'into' | 'over'): Step {
  const hidden = code.hidden(task);
  if (calls === 'into' && hidden > 0) {
    code.hide(task, hidden - 1);
    return;
  }
  const outer = code.visible(task);
  const start = code.shownLine(task);
  let here: Region | undefined = hidden > 0 ? code.inlinedWithin(task, outer)?.body : code.line(task);
  if (!here || !start) {
    yield* stepOut(code, task, 'source');
    return;
  }
  for (;;) {
    const end = yield* leave(code, task, here, calls);
    if (end === 'entered') return;
    if (end === 'landed') {
      yield* settle(code, task);
      return;
    }
    if (end === 'returned') {
      if (!code.line(task)) yield* stepOut(code, task, 'source');
      else code.hideEntered(task);
      return;
    }
    const now = code.position(task).pc;
    if (here.contains(now)) continue;
    const inlined = code.inlinedWithin(task, outer);
    if (inlined && (calls === 'over' || inlined.isAtEntry)) {
      const isOther = inlined.call && !isSame(inlined.call, start);
      if (inlined.isAtEntry && (isOther || calls === 'into')) {
        code.hide(task, inlined.depth - (isOther ? 0 : 1));
        return;
      }
      here = inlined.body;
      continue;
    }
    const line = code.line(task);
    if (!line) {
      yield* stepOut(code, task, 'source');
      return;
    }
    // In the middle of a line, or in another part of the same one, the step is not yet done.
    if (line.startsAt(now) && !isSame(line, start)) return;
    here = line;
  }
}

/** Runs until the function returns: to its caller, or to the first one that has lines. */
export function* stepOut(code: CodeView, task: Task, to: 'source' | 'caller'): Step {
  const inlined = to === 'source' ? code.inlinedBody(task) : undefined;
  if (inlined) {
    yield* leaveInlined(code, task, inlined);
    return;
  }
  const callers = code.callers(task);
  const caller = to === 'caller' ? callers.next().value : firstWithLines(code, task, callers);
  if (!caller) yield ON;
  else if ((yield* returnTo(code, task, caller.pc, caller.sp)) && to === 'source') yield* settle(code, task);
}

/** Runs to the end of an inlined call. */
function* leaveInlined(
  code: CodeView,
  task: Task,
  { body, outer }: { readonly body: Region; readonly outer: readonly number[] },
): Step {
  while (body.contains(code.position(task).pc)) {
    const end = yield* leave(code, task, body, 'over');
    if (end === 'returned' || end === 'landed') return;
  }
  const next = code.inlinedWithin(task, outer);
  if (next?.isAtEntry) code.hide(task, next.depth);
}

/** Runs to one of these addresses. */
export function* runTo(addresses: Iterable<number>): Step {
  yield { kind: 'run-to', addresses: new Set(addresses) };
}

/** Is complete at once. */
export function* nowhere(): Step {}

/** Where no caller has lines, code that has none itself still returns to its caller. */
function firstWithLines(
  code: CodeView,
  task: Task,
  callers: Iterable<{ pc: number; sp: number; hasLines: boolean }>,
): { pc: number; sp: number } | undefined {
  let first: { pc: number; sp: number } | undefined;
  for (const caller of callers) {
    if (caller.hasLines) return caller;
    first ??= caller;
  }
  return code.line(task) ? undefined : first;
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
function* leave(code: CodeView, task: Task, part: Region, calls: 'into' | 'over'): Generator<Move, Left, Arrival> {
  yield* runThrough(code, task, part);
  const { pc, sp } = code.position(task);
  const instruction = code.instruction(task, pc);
  if (!part.contains(pc) || !instruction || !isJump(instruction)) return 'here';
  // At a jump that the part ends with, or a call: taken one by one.
  yield ONE;
  const now = code.position(task);
  const next = pc + instruction.length;
  if (now.pc !== next && isCall(instruction)) {
    if (calls === 'into' && (yield* enter(code, task))) return 'entered';
    return (yield* returnTo(code, task, next, sp)) ? 'landed' : 'here';
  } else if (isReturn(instruction)) {
    return 'returned';
  } else if (!part.contains(now.pc) && !code.isSameFunction(task, pc, now.pc)) {
    // A tail call: the callee returns to our caller.
    if (calls === 'into' && (yield* enter(code, task))) return 'entered';
    return (yield* returnTo(code, task, Number(code.register(task, X.Ra)), now.sp)) ? 'landed' : 'returned';
  }
  return 'here';
}

/** Runs to a jump in a part of the code that leads elsewhere, or to the first address outside. */
function* runThrough(code: CodeView, task: Task, part: Region): Step {
  const { pc } = code.position(task);
  if (!part.contains(pc)) return;
  const bounds = boundary(code, task, part);
  if (!bounds) yield ONE;
  else if (!bounds.has(pc)) yield { kind: 'run-to', addresses: bounds };
}

/**
 * Addresses of the calls and jumps in a part of the code, and those where its branches and its end lead outside: none is missed
 * on the way out. `undefined` where the code cannot be read.
 */
function boundary(code: CodeView, task: Task, part: Region): Set<number> | undefined {
  const bounds = new Set<number>();
  for (const { start, end } of part.ranges) {
    let at = start;
    while (at < end) {
      const instruction = code.instruction(task, at);
      if (!instruction) return undefined;
      const target = at + instruction.imm;
      const staysHere = isBranch(instruction) || (isGoto(instruction) && code.isSameFunction(task, at, target));
      if (staysHere && !part.contains(target)) bounds.add(target);
      else if (!staysHere && isJump(instruction)) bounds.add(at);
      at += instruction.length;
    }
    if (!part.contains(at)) bounds.add(at);
  }
  return bounds;
}

/** After a call: runs to where the callee's first line starts. False, and nothing done, where it has no lines. */
function* enter(code: CodeView, task: Task): Generator<Move, boolean, Arrival> {
  const body = code.bodyStart(task);
  if (body === undefined) return false;
  if (body !== code.position(task).pc) yield { kind: 'run-to', addresses: new Set([body]) };
  return true;
}

/**
 * Runs to an address in the frame whose stack pointer is `sp`: deeper frames pass there in a recursion. It is over, too,
 * where longjmp or an exception leads to that frame or to one further out.
 * @returns whether it was that
 */
function* returnTo(code: CodeView, task: Task, address: number, sp: number): Generator<Move, boolean, Arrival> {
  const unwinders = code.unwinders(task);
  const addresses = new Set([address, ...unwinders.keys()]);
  for (;;) {
    const arrival: Arrival = yield { kind: 'run-to', addresses };
    const now = code.position(task);
    const unwinder = unwinders.get(now.pc);
    if (arrival === 'landed') {
      if (now.sp >= sp) return true;
    } else if (unwinder) {
      if (yield* unwind(code, task, unwinder, sp)) return true;
    } else if (now.sp >= sp) return false;
  }
}

/** After a jump to somewhere in a frame: to the start of a statement, or to a caller where there are no lines. */
function* settle(code: CodeView, task: Task): Step {
  const line = code.line(task);
  if (!line) yield* stepOut(code, task, 'source');
  else if (!code.isAfterCall(task) && !line.startsAt(code.position(task).pc)) yield* stepLine(code, task, 'over');
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
