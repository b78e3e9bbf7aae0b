import type { Process } from '../linux/process.ts';
import type { Task } from '../linux/task.ts';
import type { VirtAddr } from '../memory/address.ts';
import type { Machine } from '../machine/machine.ts';
import type { MachineEvent } from '../machine/machine-event.ts';
import type { PassableStop, RunOptions, Stop } from '../machine/stop.ts';
import { Pte } from '../memory/pte.ts';
import { X } from '../riscv/registers.ts';
import type { InvariantViolation } from '../platform/invariants.ts';
import type { PlatformFailure } from '../platform/platform-failure.ts';
import type { Breakpoints, Hit } from './breakpoints.ts';
import type { CodeView } from './code-view.ts';
import type { CppExceptions, StopEvent } from './cpp-exceptions.ts';
import type { DebugHost } from './debug-host.ts';
import type { Circumstances } from './expressions/debug-moment.ts';
import type { ExceptionFilters, FilterMatch } from './exception-filters.ts';
import type { GuestConsole } from './guest-console.ts';
import { isLastEnd } from './last-state.ts';
import type { FollowFork } from './launch.ts';
import { stepIntoFirst, type Move, type Step, type Stepped } from './stepping.ts';
import { handleSignal, type Arrival } from './unwinding.ts';
import type { FaultStory } from '../program/faults/story.ts';
import type { Watches, WatchStop } from './watches.ts';

/** Why the machine stands still, for the debugger. */
export type Halt =
  | { readonly kind: 'entry' | 'pause'; readonly task: Task }
  /** `note`: what is to be said of it besides. */
  | { readonly kind: 'step'; readonly task: Task; readonly note?: string }
  /** The task that was stepped has ended; `task` is another one. */
  | { readonly kind: 'step-ended'; readonly task: Task; readonly tid: number }
  | { readonly kind: 'breakpoint'; readonly task: Task; readonly hit: Hit }
  /** Something that is watched was accessed, has changed, or is gone. */
  | { readonly kind: 'watch'; readonly task: Task; readonly stop: WatchStop }
  /** The task that alone was to run cannot go on by itself. */
  | { readonly kind: 'blocked'; readonly task: Task; readonly reason: string }
  /** The process that alone was to run has ended; `task` is of another one. */
  | { readonly kind: 'process-ended'; readonly task: Task; readonly pid: number }
  /** The task that was stepped runs another program now. */
  | { readonly kind: 'step-exec'; readonly task: Task }
  /** An event that the user wants to stop at. */
  | {
      readonly kind: 'event';
      readonly task: Task;
      readonly event: StopEvent;
      readonly filter: string;
      /** Of a fault or signal that ends the program, or would: what was done, and why it could not be. */
      readonly story?: FaultStory | undefined;
      /** Of the filter, for a client that knows it by a number. */
      readonly ids: readonly number[];
    }
  /** The program has ended, and its last state is there to be looked at. `story`: what ended it, where a signal did. */
  | { readonly kind: 'ending'; readonly task: Task; readonly story?: FaultStory | undefined }
  | {
      readonly kind: 'deadlock';
      readonly task: Task;
      readonly waits: readonly { task: Task; reason: string }[];
      readonly text?: string;
    }
  | { readonly kind: 'invariant'; readonly task: Task; readonly violation: InvariantViolation }
  | { readonly kind: 'platform-failure'; readonly task: Task; readonly error: PlatformFailure };

/** Told what the machine does. */
export interface RunListener {
  /** The machine stands still. */
  halted(halt: Halt): void;
  /** Every process has ended. */
  ended(code: number, signal: number | undefined): void;
  /** Nothing can go on before something is typed. */
  inputAwaited(): void;
  /** An invariant was broken by the end of the last process: nobody is left to stop. */
  brokenAtEnd(violation: InvariantViolation): void;
  /** Guest RAM is used up: a process is killed. */
  outOfMemory(pid: number): void;
  /** A part of a run is over: what it printed, started and ended may be shown. */
  progressed(): void;
  /** The machine itself broke: it cannot go on. */
  broke(error: unknown): void;
}

interface Parts {
  readonly host: DebugHost;
  readonly machine: Machine;
  readonly code: CodeView;
  readonly console: GuestConsole;
  readonly breakpoints: Breakpoints;
  readonly watches: Watches;
  readonly filters: ExceptionFilters;
  readonly exceptions: CppExceptions;
  readonly followFork: FollowFork;
  readonly noDebug: boolean;
  readonly listener: RunListener;
  /** Whether an event happens where the user wants to stop. */
  readonly concerns: (task: Task, event: StopEvent) => boolean;
  /** Whether the condition of a filter is true. */
  readonly holds: (task: Task, circumstances: Circumstances, condition: string, filter: string) => boolean;
}

/** Whether the user's breakpoints and watches want a stop. */
interface Found {
  readonly stop: PassableStop;
  readonly hit: Hit | undefined;
  readonly watchStop: WatchStop | undefined;
  readonly thrown: Halt | undefined;
}

/** What a run is for. */
type Purpose =
  | { readonly kind: 'continue'; readonly only: RunOnly }
  /** A step that is complete before it begins. */
  | { readonly kind: 'nothing'; readonly task: Task; readonly then: 'step' | 'entry' }
  | {
      readonly kind: 'step';
      readonly who: Stepped;
      step: Step;
      readonly then: 'step' | 'entry';
      readonly others: 'run' | 'wait';
      move: Move;
      /** The handler of a signal that has interrupted the task. */
      aside?: Aside | undefined;
    };

interface Aside {
  readonly handler: Generator<Move, Arrival, Arrival>;
  move: Move;
}

type StepPurpose = Extract<Purpose, { kind: 'step' }>;

/** Who runs: everybody, one process, or one task. */
type RunOnly = 'all' | { readonly process: Process } | { readonly task: Task };

/** How long the machine runs before the adapter looks for requests. */
const SLICE_MS = 10;
const SLICE_INSTRUCTIONS = 100_000;
/** How often the machine asks whether it is to stop before the clock is looked at. */
const ASKED_AT_ONCE = 64;

/**
 * Runs the machine for the debugger: in slices between which requests are answered, so that a guest that loops for ever
 * can be paused; and over everything that is no reason to stop.
 */
export class RunControl {
  readonly #parts: Parts;
  #purpose: Purpose | undefined;
  /** Tells a scheduled slice that it is no longer wanted. */
  #generation = 0;
  #awaitsInput = false;
  /** Processes that run freely: the sides of forks that are not followed. */
  readonly #free = new Set<number>();
  #setAddresses: ReadonlySet<number> | undefined;
  #startedAt = 0;
  /** `HartState.instret` when the machine last stopped for the end of the last process. */
  #endSeenAt: number | undefined;
  /** Which side of a fork is stopped in afterwards. */
  followFork: FollowFork;
  /** When the adapter looks for requests next. */
  #sliceEnd = 0;
  /** How often the machine has asked whether it is to stop. */
  #asked = 0;
  /** What was found at the stop that the machine is returning for: it is not asked twice, hits are counted once. */
  #found: Found | undefined;
  /** The event that the machine is returning at, and the filter whose condition it meets. */
  #chosen: { readonly event: MachineEvent; readonly filter: FilterMatch } | undefined;

  constructor(parts: Parts) {
    this.#parts = parts;
    this.followFork = parts.followFork;
    parts.machine.stopOn = (event, isOffered) => this.#wants(event, isOffered);
    parts.machine.passes = (stop) => this.#passes(stop);
  }

  get isRunning(): boolean {
    return this.#purpose !== undefined;
  }

  get awaitsInput(): boolean {
    return this.#awaitsInput;
  }

  continue(only: RunOnly = 'all'): void {
    this.#start({ kind: 'continue', only });
  }

  /** Since when a step runs, on the clock of the host; `undefined` while none does. */
  get stepsSince(): number | undefined {
    return this.#purpose?.kind === 'step' ? this.#startedAt : undefined;
  }

  /**
   * @param then what a completed step is called
   * @param others what other tasks do while the stepped one is blocked
   */
  step(who: Stepped, step: Step, then: 'step' | 'entry' = 'step', others: 'run' | 'wait' = 'run'): void {
    const first = step.next();
    this.#start(
      first.done
        ? { kind: 'nothing', task: who.task, then }
        : { kind: 'step', who, step, then, others, move: first.value },
    );
  }

  /** Whether a process runs freely: a side of a fork that is not followed. */
  isFree(pid: number): boolean {
    return this.#free.has(pid);
  }

  /** Stops between two slices, which is at once. */
  pause(task: Task): void {
    if (this.isRunning) this.#halt({ kind: 'pause', task });
  }

  /** Stops for good and tells nobody. */
  abandon(): void {
    this.#generation++;
    this.#purpose = undefined;
    this.#awaitsInput = false;
  }

  /** To be called after something was typed. */
  inputArrived(): void {
    const { kernel } = this.#parts.machine;
    kernel.wakeInput();
    if (!this.#awaitsInput) return;
    this.#awaitsInput = false;
    this.#schedule();
  }

  /** To be called when breakpoints have changed, at any time. */
  breakpointsChanged(): void {
    this.#setAddresses = undefined;
  }

  /** To be called when what is watched has changed, at any time. */
  watchesChanged(): void {
    const { machine, watches, noDebug } = this.#parts;
    if (noDebug) return;
    machine.watchpoints.set(watches.watches());
    this.breakpointsChanged();
  }

  #start(purpose: Purpose): void {
    this.#purpose = purpose;
    this.#awaitsInput = false;
    this.#startedAt = this.#parts.host.now();
    this.#schedule();
  }

  #schedule(): void {
    const generation = ++this.#generation;
    this.#parts.host.soon(() => {
      if (generation === this.#generation) this.#slice();
    });
  }

  #slice(): void {
    const { host, listener } = this.#parts;
    this.#sliceEnd = host.now() + SLICE_MS;
    try {
      while (this.isRunning && !this.#awaitsInput && host.now() < this.#sliceEnd) this.#advance(this.#purpose!);
    } catch (error) {
      this.abandon();
      listener.broke(error);
      return;
    }
    if (!this.isRunning) return;
    listener.progressed();
    if (!this.#awaitsInput) this.#schedule();
  }

  #advance(purpose: Purpose): void {
    const { machine, listener } = this.#parts;
    if (purpose.kind === 'nothing') return this.#halt({ kind: purpose.then, task: purpose.task });
    this.#armBreakpoints(purpose);
    if (purpose.kind === 'continue' && this.#hasProcessEnded(purpose)) return;
    const before = machine.hart.instret;
    const stop = machine.run(runOptions(purpose));
    const stepped = purpose.kind === 'step' && moveOf(purpose).kind === 'instruction' && machine.hart.instret > before;
    switch (stop.kind) {
      case 'budget':
        return this.#noticeStepEnd(purpose);
      case 'step':
        return this.#arrive(purpose, stop.task, machine.registers(stop.task).pc);
      case 'breakpoint':
        return this.#arrive(purpose, stop.task, stop.address);
      case 'event':
        if (!this.#event(purpose, stop)) this.#goOn(purpose, stop.task, stepped);
        return;
      case 'watch':
        if (!this.#watch(stop)) this.#goOn(purpose, stop.task, stepped);
        return;
      case 'syscall':
        return this.#syscall(stop);
      case 'blocked':
        return this.#halt(stop.task.state === 'dead' ? this.#ended(stop.task) : stop);
      case 'ending':
        if (!this.#hasSeenEnd) this.#halt({ kind: 'ending', task: stop.task });
        return;
      case 'exited': {
        const [left] = machine.tasks() as readonly (Task | undefined)[];
        if (machine.stopsAtEnd && left && !this.#hasSeenEnd) return this.#halt({ kind: 'ending', task: left });
        this.abandon();
        return listener.ended(stop.code, stop.signal);
      }
      case 'input':
        this.#awaitsInput = true;
        return listener.inputAwaited();
      case 'deadlock':
        return this.#halt({ ...stop, task: stop.waits[0].task });
      case 'invariant':
        if (!this.#violation(stop)) this.#goOn(purpose, stop.task, stepped);
        return;
      case 'platform-failure':
        return this.#halt(stop);
    }
  }

  /** Asked by the machine at each breakpoint and watch: whether the task goes on without the machine returning. */
  #passes(stop: PassableStop): boolean {
    const { breakpoints, watches } = this.#parts;
    const { task } = stop;
    const purpose = this.#purpose;
    if (!purpose || purpose.kind === 'nothing') return false;
    let hit: Hit | undefined;
    let watchStop: WatchStop | undefined;
    let thrown: Halt | undefined;
    if (stop.kind === 'watch') watchStop = watches.hit(task, stop.hits, (pid) => this.#isFollowed(pid));
    else {
      const isOfStep = purpose.kind === 'step' && task === purpose.who.task;
      if (isOfStep || watches.isReturnAddress(stop.address)) return false;
      hit = this.#isFollowed(task.process.pid) ? breakpoints.hit(task, stop.address) : undefined;
      thrown = hit ? undefined : this.#exception(task, stop.address);
    }
    if (!hit && !watchStop && !thrown && !this.#isTimeUp()) return true;
    this.#found = { stop, hit, watchStop, thrown };
    return false;
  }

  /** What was found at a stop that the machine has returned for; it is forgotten. */
  #foundAt(task: Task, kind: PassableStop['kind']): Found | undefined {
    const found = this.#found;
    this.#found = undefined;
    return found?.stop.kind === kind && found.stop.task === task ? found : undefined;
  }

  /** Whether requests have waited long enough: the machine returns, and goes on as if it had not. */
  #isTimeUp(): boolean {
    return ++this.#asked % ASKED_AT_ONCE === 0 && this.#parts.host.now() >= this.#sliceEnd;
  }

  /** A task is about to execute an address: for a breakpoint of the user, a step, or neither. */
  #arrive(purpose: Purpose, task: Task, address: VirtAddr): void {
    if (this.#isFollowed(task.process.pid)) {
      const found = this.#foundAt(task, 'breakpoint');
      const hit = found ? found.hit : this.#parts.breakpoints.hit(task, address);
      if (hit) return this.#halt({ kind: 'breakpoint', task, hit });
      const thrown = found ? found.thrown : this.#exception(task, address);
      if (thrown) return this.#halt(thrown);
      const sp = Number(this.#parts.machine.registers(task).x(X.Sp));
      const over = this.#parts.watches.leave(task, address, sp);
      if (over) {
        this.watchesChanged();
        return this.#halt({ kind: 'watch', task, stop: over });
      }
    }
    if (purpose.kind !== 'step' || task !== purpose.who.task) return this.#noticeStepEnd(purpose);
    const move = moveOf(purpose);
    if (move.kind === 'run-to' && !move.addresses.has(address)) return;
    this.#moved(purpose);
  }

  /** The stop of a task that is about to throw or to catch an exception, if a filter wants it. */
  #exception(task: Task, address: number): Halt | undefined {
    const event = this.#parts.exceptions.eventAt(task, address);
    const filter = event && this.#filterOf(task, event);
    return filter && { kind: 'event', task, event, ...filter };
  }

  /** The move of a step is done. */
  #moved(purpose: StepPurpose, arrival?: Arrival): void {
    if (purpose.aside && arrival === undefined) {
      const handled = purpose.aside.handler.next();
      if (!handled.done) purpose.aside.move = handled.value;
      else {
        purpose.aside = undefined;
        // Back at the interrupted instruction the move goes on.
        if (handled.value === 'landed') this.#moved(purpose, 'landed');
      }
      return;
    }
    const next = purpose.step.next(arrival);
    if (next.done) this.#halt({ kind: purpose.then, task: purpose.who.task });
    else purpose.move = next.value;
  }

  /** The stepped task is about to handle a signal: that is not part of the step. */
  #stepAside(purpose: StepPurpose): void {
    const { code } = this.#parts;
    // The handler of a signal that interrupts this one returns here as well.
    if (purpose.aside) return;
    const handler = handleSignal(code, purpose.who, code.position(purpose.who.task).sp);
    purpose.aside = { handler, move: handler.next().value as Move };
  }

  /** After something that the user does not want to stop at. */
  #goOn(purpose: Purpose, task: Task, stepped: boolean): void {
    if (stepped && purpose.kind === 'step' && task === purpose.who.task && task.state !== 'dead')
      this.#arrive(purpose, task, this.#parts.machine.registers(task).pc);
    else this.#noticeStepEnd(purpose);
  }

  #watch({ task, hits }: Extract<Stop, { kind: 'watch' }>): boolean {
    const { watches } = this.#parts;
    const found = this.#foundAt(task, 'watch');
    const stop = found ? found.watchStop : watches.hit(task, hits, (pid) => this.#isFollowed(pid));
    const shown = this.#shown(task);
    if (!stop || !shown) return false;
    this.#halt({ kind: 'watch', task: shown, stop });
    return true;
  }

  /** @returns whether it halts the machine. */
  #violation({ task, violation, others }: Extract<Stop, { kind: 'invariant' }>): boolean {
    const { filters, holds, listener, noDebug } = this.#parts;
    const shown = this.#shown(task);
    if (!shown) {
      listener.brokenAtEnd(violation);
      return false;
    }
    const isMet = (one: InvariantViolation, condition: string, filter: string): boolean =>
      holds(shown, { violation: one }, condition, filter);
    const wanted = noDebug ? violation : filters.violationToStopAt([violation, ...others], isMet);
    if (wanted) this.#halt({ kind: 'invariant', task: shown, violation: wanted });
    return wanted !== undefined;
  }

  /** The task to look at when one has stopped: another one if it has ended, `undefined` if nobody is left. */
  #shown(task: Task): Task | undefined {
    return task.state === 'dead' ? this.#parts.machine.tasks()[0] : task;
  }

  #syscall({ task, number }: Extract<Stop, { kind: 'syscall' }>): void {
    const { breakpoints, machine } = this.#parts;
    if (!this.#isFollowed(task.process.pid)) return;
    const hit = breakpoints.hitSyscall(task, number, machine.registers(task).pc);
    if (hit) this.#halt({ kind: 'breakpoint', task, hit });
  }

  #hasProcessEnded({ only }: Extract<Purpose, { kind: 'continue' }>): boolean {
    const process = only === 'all' ? undefined : 'process' in only ? only.process : only.task.process;
    if (!process || process.state === 'running') return false;
    const task = this.#parts.machine.tasks()[0] as Task | undefined;
    // Without another task the machine has more to say: that it has ended.
    if (!task) return false;
    this.#halt({ kind: 'process-ended', task, pid: process.pid });
    return true;
  }

  #ended({ tid }: Task): Halt {
    const tasks = this.#parts.machine.tasks();
    return { kind: 'step-ended', task: tasks.find(({ process }) => this.#isFollowed(process.pid)) ?? tasks[0], tid };
  }

  /** @returns whether it halts the machine. */
  #event(purpose: Purpose, { task, event }: Extract<Stop, { kind: 'event' }>): boolean {
    const { breakpoints, filters } = this.#parts;
    if (changesImages(event)) {
      breakpoints.imagesChanged();
      filters.imagesChanged();
      this.breakpointsChanged();
    }
    const shown = this.#shown(task);
    const chosen = this.#chosen?.event === event ? this.#chosen.filter : undefined;
    const filter = chosen ?? (shown && this.#filterOf(shown, event));
    const child = this.#followedChild(event);
    if (filter) return this.#halted({ kind: 'event', task: child ?? shown!, event, ...filter });
    if (child && purpose.kind === 'step' && task === purpose.who.task) {
      this.#stepChild(purpose, child);
      return true;
    }
    if (purpose.kind === 'step' && task === purpose.who.task) {
      if (isHandled(event)) {
        this.#stepAside(purpose);
        return true;
      }
      if (purpose.aside && isSignalReturn(event)) {
        this.#moved(purpose);
        return true;
      }
    }
    // The code that was being stepped is gone.
    if (event.kind === 'exec' && purpose.kind === 'step' && task.process === purpose.who.task.process)
      return this.#halted({ kind: 'step-exec', task });
    return false;
  }

  /** The task that a fork has made, where it is that which stays under the debugger. */
  #followedChild(event: MachineEvent): Task | undefined {
    const { machine, followFork } = this.#parts;
    if ((event.kind !== 'fork' && event.kind !== 'vfork') || followFork !== 'child') return undefined;
    return machine.tasks().find(({ tid }) => tid === event.child);
  }

  /** Goes on with a step in the child that the stepped task has made. */
  #stepChild(purpose: StepPurpose, child: Task): void {
    const { code } = this.#parts;
    const isElsewhere = code.position(child).sp !== code.position(purpose.who.task).sp;
    purpose.who.task = child;
    if (isElsewhere) {
      // On a stack of its own it never returns to where the step began.
      purpose.aside = undefined;
      purpose.step = stepIntoFirst(code, purpose.who);
      purpose.move = purpose.step.next().value as Move;
    } else if (moveOf(purpose).kind === 'instruction') this.#moved(purpose);
  }

  #halted(halt: Halt): true {
    this.#halt(halt);
    return true;
  }

  #noticeStepEnd(purpose: Purpose): void {
    if (purpose.kind !== 'step' || purpose.who.task.state !== 'dead') return;
    const others = this.#parts.machine.tasks();
    // Without another task the machine has more to say: that it has ended.
    if (others.some(({ process }) => this.#isFollowed(process.pid))) this.#halt(this.#ended(purpose.who.task));
    else if (others.length > 0) this.#purpose = { kind: 'continue', only: 'all' };
  }

  /** Whether the machine has stopped for the end of the last process already. */
  get #hasSeenEnd(): boolean {
    // The instruction that asks for it may be retired with it.
    return this.#endSeenAt !== undefined && this.#parts.machine.hart.instret - this.#endSeenAt <= 1;
  }

  #halt(halt: Halt): void {
    const { machine } = this.#parts;
    if (halt.kind === 'ending' || (halt.kind === 'event' && isLastEnd(machine, halt.event)))
      this.#endSeenAt = machine.hart.instret;
    this.abandon();
    this.#parts.listener.halted(halt);
  }

  #armBreakpoints(purpose: Purpose): void {
    const { machine, breakpoints, watches, filters, exceptions, noDebug } = this.#parts;
    if (noDebug) return;
    const move = purpose.kind === 'step' ? moveOf(purpose) : undefined;
    const extra = move?.kind === 'run-to' ? move.addresses : undefined;
    const wanted = extra ?? NONE;
    if (this.#setAddresses === wanted) return;
    this.#setAddresses = wanted;
    const thrown = exceptions.addresses((kind) => filters.has(kind));
    machine.setBreakpoints([
      ...breakpoints.addresses(),
      ...thrown,
      ...watches.returnAddresses(),
      ...wanted,
    ] as VirtAddr[]);
    machine.setSyscallBreakpoints(breakpoints.syscalls());
  }

  /** Asked by the machine for every event: whether `run` is to return. */
  #wants(event: MachineEvent, isOffered: boolean): boolean {
    const { followFork } = this;
    const { listener } = this.#parts;
    if (event.kind === 'fork' || event.kind === 'vfork') {
      if (followFork === 'parent' || !this.#isFollowed(event.pid)) this.#free.add(event.child);
      else if (followFork === 'child') this.#free.add(event.pid);
    }
    if (event.kind === 'out-of-memory') listener.outOfMemory(event.pid);
    const purpose = this.#purpose;
    const step = purpose?.kind === 'step' && event.tid === purpose.who.task.tid ? purpose : undefined;
    if (step && (isHandled(event) || (step.aside && isSignalReturn(event)))) return true;
    if (step && followFork === 'child' && (event.kind === 'fork' || event.kind === 'vfork')) return true;
    if (changesImages(event) || this.#isTimeUp()) return true;
    return this.#mayStop(event) && (!isOffered || this.#choose(event));
  }

  /** Whether an event that has not happened yet meets the condition of a filter: the machine need not return to tell. */
  #choose(event: MachineEvent): boolean {
    const task = this.#parts.machine.current;
    const filter = task && this.#filterOf(task, event);
    this.#chosen = filter === undefined ? undefined : { event, filter };
    return filter !== undefined;
  }

  #mayStop(event: StopEvent): boolean {
    const { filters, noDebug } = this.#parts;
    // A fork that is followed into the child is one of the parent, who runs freely from here on.
    const isFollowed = this.#isFollowed(event.pid) || ('child' in event && this.#isFollowed(event.child));
    return !noDebug && isFollowed && filters.concerns(event);
  }

  /** The filter by which the user wants to stop at an event. Its condition is evaluated when the machine stands still. */
  #filterOf(task: Task, event: StopEvent): FilterMatch | undefined {
    const { filters, holds, concerns } = this.#parts;
    if (!this.#mayStop(event) || !concerns(task, event)) return undefined;
    return filters.match(event, (condition, filter) => holds(task, { event }, condition, filter));
  }

  #isFollowed(pid: number): boolean {
    return !this.isFree(pid);
  }
}

const NONE: ReadonlySet<number> = new Set();

function runOptions(purpose: Exclude<Purpose, { kind: 'nothing' }>): RunOptions {
  if (purpose.kind === 'continue') {
    const { only } = purpose;
    if (only === 'all') return { budget: SLICE_INSTRUCTIONS };
    if ('process' in only) return { budget: SLICE_INSTRUCTIONS, process: only.process };
    return { budget: SLICE_INSTRUCTIONS, focus: only.task, others: 'wait' };
  }
  const { others } = purpose;
  const { task } = purpose.who;
  const move = moveOf(purpose);
  if (move.kind === 'run-to') return { budget: SLICE_INSTRUCTIONS, focus: task, others };
  // While the task is blocked the others run; otherwise nobody else must.
  return { budget: task.state === 'runnable' ? 1 : SLICE_INSTRUCTIONS, focus: task, others, steps: 1 };
}

function moveOf({ aside, move }: StepPurpose): Move {
  return aside?.move ?? move;
}

/** Whether a handler is about to run. */
function isHandled(event: MachineEvent): boolean {
  return event.kind === 'signal' && event.action === 'handler';
}

function isSignalReturn(event: MachineEvent): boolean {
  return event.kind === 'syscall' && event.name === 'rt_sigreturn';
}

/** Whether breakpoints have to be looked up again: another program, or a library, was mapped. */
function changesImages(event: MachineEvent): boolean {
  return event.kind === 'exec' || (event.kind === 'map' && (event.permissions & Pte.X) !== 0);
}
