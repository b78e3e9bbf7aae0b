import { Exit, Resume } from '../cpu/engine.ts';
import { SYSCALL_NAMES } from '../linux/abi/syscall-name.ts';
import type { KernelEvent } from '../linux/kernel-event.ts';
import type { Process } from '../linux/process.ts';
import { A7 } from '../linux/syscall.ts';
import type { Task } from '../linux/task.ts';
import { NO_FRAME, highWord, type VirtAddr } from '../memory/address.ts';
import { Access } from '../memory/mmu.ts';
import { isRefused, type FaultCause, type RefusedCause } from '../platform/fault.ts';
import type { InvariantChecker } from '../platform/invariant-checker.ts';
import { checkRefusal } from '../platform/invariants.ts';
import { asPlatformFailure } from '../platform/platform-failure.ts';
import type { SpaceEvent } from '../platform/space-event.ts';
import type { KernelWork, MachineAlarm, MachineEvent, MachineOwnEvent } from './machine-event.ts';
import type { Machine } from './machine.ts';
import type { RunOptions, Stop } from './stop.ts';
import { TRAPS, trapOfFault, type Trap } from './traps.ts';
import type { Agent, WatchHit } from './watchpoint.ts';

/** An event before it is known where and when. */
type Happening<K extends MachineEvent['kind'] = MachineEvent['kind']> = Extract<
  KernelEvent | SpaceEvent | MachineOwnEvent,
  { kind: K }
>;

/** Events that the debugger is asked about before they are carried out. */
type Offer = Extract<MachineEvent, { kind: 'fault' | 'exit' | 'signal' }>;

/** What a task stands before: an instruction, and those of the events there that were offered already. */
interface Standing {
  readonly pc: number;
  readonly offered: Offer[];
  /** The system call there was told of before it is made. */
  offersSyscall?: boolean;
}

/**
 * Runs the hart: picks tasks, serves what the engine leaves for (system calls, page faults, traps), and decides when to
 * stop. Nothing that is offered to the debugger before it happens (a fault, an exit, a breakpoint) is offered twice.
 */
export class RunLoop {
  readonly #machine: Machine;
  /** Where tasks were when the debugger was told: they do not stop there again until they have executed something. */
  readonly #standing = new Map<Task, Standing>();
  /** Events chosen by `stopOn` in the middle of an operation: the stops happen, in order, when it is complete. */
  readonly #pending: Stop[] = [];
  /** What is being carried out and was offered already. */
  #carriedOut: Offer['kind'] | undefined;
  /** What the kernel is doing for the current task; absent while it handles a fault of the hart. */
  #work: KernelWork | undefined;
  #checker: InvariantChecker | undefined;
  #lastSyscall: number | undefined;
  #syscalls: ReadonlySet<number> = new Set();
  /** A refused access that was reported as a broken invariant: the next time it is carried out. */
  #reportedRefusal: VirtAddr | undefined;
  /** The end of the last process that was told of before it is carried out. */
  #toldEnd: unknown;
  /** Something that the invariants are about has changed since they were checked. */
  #unchecked = false;
  /** Somebody wants to know of everything that happens. */
  #heard = false;

  constructor(machine: Machine) {
    this.#machine = machine;
    machine.kernel.listener = (event, task) => this.notice(event, task);
    this.listen();
  }

  /** To be called when those who listen to the machine have changed: what nobody hears is not told. */
  listen(): void {
    const { kernel, provider, checks, listener, stopOn } = this.#machine;
    if (!checks) {
      this.#checker?.close();
      this.#checker = undefined;
    }
    this.#heard = listener !== undefined || stopOn !== undefined;
    kernel.traced = this.#heard;
    provider.listener = this.#heard ? (event) => this.notice(event) : undefined;
  }

  /** To be called when the invariants are checked from now on. */
  checkAnew(): void {
    this.#unchecked = true;
  }

  /** Replaces the numbers of the system calls to stop at before they are made. */
  setSyscallBreakpoints(numbers: ReadonlySet<number>): void {
    this.#syscalls = numbers;
  }

  run(options: RunOptions): Stop {
    for (const task of this.#standing.keys()) if (task.state === 'dead') this.#standing.delete(task);
    const stop = this.runOrFail(options);
    if (stop.kind === 'breakpoint' || stop.kind === 'step') this.stand(stop.task);
    return stop;
  }

  /** A platform may fail at whatever reaches guest memory: an access of the hart, a system call, the frame of a signal. */
  private runOrFail(options: RunOptions): Stop {
    try {
      return this.runUntilStop(options);
    } catch (error) {
      const task = this.#machine.kernel.current;
      const failure = asPlatformFailure(error);
      if (failure && task) return { kind: 'platform-failure', task, error: failure };
      throw error;
    }
  }

  private runUntilStop({ budget, focus, process, others, steps }: RunOptions): Stop {
    const { hart, kernel, clock, scheduler } = this.#machine;
    let left = budget;
    let stepsLeft = steps ?? Infinity;
    for (;;) {
      const pending = this.takePending();
      if (pending) return pending;
      const ending = this.endLast();
      if (ending) return ending;
      if (left <= 0) return { kind: 'budget' };
      kernel.deadlines.wake(clock.monotonic());
      // Nobody else goes on before it is known that the focused task, or process, has ended.
      const hasEnded = (focus?.state === 'dead' && others !== 'wait') || (process && process.state !== 'running');
      if (hasEnded && kernel.tasks().length > 0) return { kind: 'budget' };
      if (focus && others === 'wait' && focus.state !== 'runnable' && kernel.tasks().length > 0) {
        const blocked = this.awaitFocus(focus);
        if (blocked) return blocked;
        continue;
      }
      const task = scheduler.pick(ofProcess(kernel.runnable, process), focus);
      if (!task) {
        const deadline = kernel.deadlines.earliest();
        if (deadline === undefined) return this.nobodyRuns();
        clock.skipTo(deadline);
        continue;
      }
      this.switchTo(task);
      const { pc } = hart;
      if (kernel.mustStart) {
        this.working({ work: 'start', name: 'clone' }, () => kernel.startTask());
        this.noticeWork(task, pc, { kind: 'kernel', work: 'other', name: '' });
      }
      const mustDeliver = kernel.mustDeliver;
      const signal = mustDeliver ? kernel.nextSignal() : undefined;
      const offered = signal && this.offer(task, signal);
      if (offered) return offered;
      const runs =
        !mustDeliver ||
        this.working({ work: 'signal', name: signal?.name ?? '' }, () =>
          this.carryOut('signal', () => kernel.deliverSignals()),
        );
      this.noticeWork(task, pc, { kind: 'kernel', work: signal ? 'signal' : 'other', name: signal?.name ?? '' });
      // What was chosen in the kernel's work is told before the task goes on.
      if (!runs || this.#pending.length > 0) continue;
      const before = hart.instret;
      const stop = this.slice(
        task,
        Math.min(left, scheduler.allowance(kernel.runnable), task === focus ? stepsLeft : Infinity),
      );
      const retired = hart.instret - before;
      left -= retired;
      scheduler.charge(retired);
      if (kernel.yields) scheduler.yield();
      kernel.yields = false;
      if (task === focus) stepsLeft -= retired;
      const chosen = this.takePending() ?? stop ?? this.checkInvariants(task);
      if (chosen && !(chosen.kind === 'watch' && this.#machine.passes?.(chosen))) return chosen;
      if (stepsLeft <= 0) return { kind: 'step', task };
    }
  }

  /**
   * Lets the engine run the task on the hart for at most `budget` instructions and serves one exit of it; page faults
   * on the way too, while nobody listens: they change nothing but memory.
   */
  private slice(task: Task, budget: number): Stop | undefined {
    const { engine, hart, clock, kernel, mmu, watchpoints } = this.#machine;
    const end = hart.instret + Math.min(budget, Math.max(1, Math.ceil(clock.nextEvent - clock.monotonic())));
    let exit = this.execute(task, end);
    while (exit === Exit.PageFault && !this.#heard && watchpoints.isEmpty && !kernel.handlesFaults) {
      const { faultVa: va } = hart;
      const access = engine.faultAccess;
      const cause = this.resolveFault(task, va, access);
      if (isRefused(cause)) return this.wrongRefusal(task, cause, va, access) ?? this.refuse(task, cause, va);
      const broken = this.checkInvariants(task);
      if (broken) return broken;
      // The access is made again at once; this spares it a miss of the TLB, for which it would leave translated code.
      mmu.translate(hart.faultVa | 0, highWord(hart.faultVa), engine.faultAccess);
      exit = this.execute(task, end);
    }
    return this.serve(task, exit);
  }

  /** Lets the engine run the task up to instruction `end`. */
  private execute(task: Task, end: number): Exit {
    const { engine, hart } = this.#machine;
    const before = hart.instret;
    const resume = this.standing(task) ? Resume.PastBreakpoint : Resume.Normal;
    let exit = engine.run(end - before, resume);
    while (exit === Exit.Breakpoint && this.#machine.passes?.({ kind: 'breakpoint', task, address: hart.pc }))
      exit = engine.run(end - hart.instret, Resume.PastBreakpoint);
    if (hart.instret !== before) this.#standing.delete(task);
    return exit;
  }

  /** Does what the engine left for. */
  private serve(task: Task, exit: Exit): Stop | undefined {
    const { engine, hart } = this.#machine;
    switch (exit) {
      case Exit.Budget:
        return undefined;
      case Exit.Breakpoint:
        return { kind: 'breakpoint', task, address: hart.pc };
      case Exit.Watchpoint:
        return this.watchpoint(task);
      case Exit.PageFault:
        return this.pageFault(task, hart.faultVa, engine.faultAccess);
      case Exit.Ecall:
        return this.systemCall(task);
      case Exit.Ebreak:
      case Exit.IllegalInstruction:
      case Exit.Misaligned:
        return this.trap(task, {
          ...TRAPS[exit],
          address: exit === Exit.Misaligned ? hart.faultAddress : BigInt(hart.pc),
        });
    }
  }

  /** Executes the instruction that the engine has left before, and notes what it does to what is watched. */
  private watchpoint(task: Task): Stop | undefined {
    const { engine, frames, hart, watchpoints } = this.#machine;
    const { size, accesses } = engine.watchedAccess;
    const finish = watchpoints.beforeAccess(task, hart.faultVa, size, accesses);
    frames.watched.isSuspended = true;
    let exit: Exit;
    try {
      exit = engine.run(1, Resume.PastBreakpoint);
    } finally {
      frames.watched.isSuspended = false;
    }
    this.#standing.delete(task);
    this.stopForHits(task, finish());
    return this.serve(task, exit);
  }

  private stopForHits(task: Task, [first, ...others]: WatchHit[]): void {
    if (first) this.#pending.push({ kind: 'watch', task, hits: [first, ...others] });
  }

  /** To be called when the kernel has worked for a task: something that is watched may have changed. */
  private noticeWork(task: Task, pc: VirtAddr, by: Agent): void {
    const { watchpoints } = this.#machine;
    if (watchpoints.isEmpty) return;
    this.stopForHits(task, watchpoints.afterWork(task, pc, by));
  }

  private pageFault(task: Task, va: VirtAddr, access: Access): Stop | undefined {
    const { hart, kernel, provider, stopOn } = this.#machine;
    const space = task.process.space!;
    if (stopOn) {
      const { cause, frame } = provider.classifyFault(space, va, access);
      const before = frame ?? NO_FRAME;
      const label = provider.label(space);
      const stop =
        cause === 'spurious'
          ? undefined
          : this.offer(task, { kind: 'fault', space: label, cause, va, access, before, after: NO_FRAME });
      if (stop) return stop;
    }
    if (kernel.handlesFaults && provider.classifyFault(space, va, access).cause === 'demand-zero') {
      const handled = kernel.userFault(va, access === Access.Write);
      if (handled === 'bus') return this.trap(task, trapOfFault('past-end', hart.faultAddress));
      if (handled) return undefined;
    }
    const cause = this.carryOut('fault', () => this.resolveFault(task, va, access));
    this.noticeWork(task, hart.pc, { kind: 'kernel', work: 'fault', name: cause });
    if (!isRefused(cause)) return undefined;
    return this.wrongRefusal(task, cause, va, access) ?? this.refuse(task, cause, va);
  }

  private resolveFault(task: Task, va: VirtAddr, access: Access): FaultCause {
    this.#unchecked = true;
    return this.#machine.provider.resolveFault(task.process.space!, va, access).cause;
  }

  private wrongRefusal(task: Task, cause: RefusedCause, va: VirtAddr, access: Access): Stop | undefined {
    const { checks, inspector, provider } = this.#machine;
    if (!checks || cause !== 'protection' || this.#reportedRefusal === va) return undefined;
    const violation = checkRefusal(inspector, provider.label(task.process.space!), va, access);
    if (!violation) return undefined;
    this.#reportedRefusal = va;
    return { kind: 'invariant', task, violation, others: [] };
  }

  private refuse(task: Task, cause: RefusedCause, va: VirtAddr): Stop | undefined {
    if (cause !== 'no-memory') return this.trap(task, trapOfFault(cause, this.#machine.hart.faultAddress));
    this.notice({ kind: 'out-of-memory', va });
    this.#machine.terminate(task.process);
    return undefined;
  }

  private trap(task: Task, trap: Trap): Stop | undefined {
    const { hart, kernel } = this.#machine;
    const signal = kernel.signalOf(trap);
    const stop = this.offer(task, signal);
    if (stop) return stop;
    const { pc } = hart;
    this.working({ work: 'signal', name: signal.name }, () => this.carryOut('signal', () => kernel.trap(trap)));
    this.noticeWork(task, pc, { kind: 'kernel', work: 'signal', name: signal.name });
    return undefined;
  }

  private systemCall(task: Task): Stop | undefined {
    const { hart, kernel } = this.#machine;
    const number = hart.xLow(A7);
    const { pc } = hart;
    const standing = this.standing(task);
    if (this.#syscalls.has(number) && !kernel.isResuming && !standing?.offersSyscall) {
      this.stand(task).offersSyscall = true;
      return { kind: 'syscall', task, number };
    }
    const status = kernel.exitRequested();
    const stop = status && this.offer(task, { kind: 'exit', status });
    if (stop) return stop;
    const name = SYSCALL_NAMES.get(number) ?? String(number);
    const result = this.working({ work: 'syscall', name }, () =>
      this.carryOut(status && 'exit', () => kernel.syscall()),
    );
    // It may have written into memory.
    this.#unchecked = true;
    if (result !== 'blocked' || !kernel.isResuming) this.#lastSyscall = number;
    this.noticeWork(task, pc, { kind: 'kernel', work: 'syscall', name });
    return undefined;
  }

  /** Stops before the last process is torn down, where its end is held for that; the next time it is carried out. */
  private endLast(): Stop | undefined {
    const { lifeCycle } = this.#machine.kernel;
    const { heldEnd } = lifeCycle;
    if (!heldEnd) return undefined;
    const { thread: task, status } = heldEnd;
    if (this.#toldEnd !== heldEnd) {
      this.#toldEnd = heldEnd;
      return { kind: 'ending', task, status };
    }
    this.working({ work: 'exit', name: '' }, () => this.carryOut('exit', () => lifeCycle.carryOutEnd()));
    this.#unchecked = true;
    return this.checkInvariants(task);
  }

  private checkInvariants(task: Task): Stop | undefined {
    const { checks, provider, mmu } = this.#machine;
    if (!checks || !this.#unchecked) return undefined;
    this.#unchecked = false;
    this.#checker ??= provider.checker(mmu);
    const { states, writes } = this.#checker.check();
    if (states.length === 0 && writes.length === 0) return undefined;
    const last = this.#lastSyscall;
    const after = last === undefined ? '' : `; the last system call was ${SYSCALL_NAMES.get(last) ?? last}`;
    const written = writes.map((one) => ({ ...one, message: one.message + after }));
    const [violation, ...others] = [...states, ...written];
    return { kind: 'invariant', task, violation, others };
  }

  /** Lets time pass to when a task wakes by itself, or says that it does not. */
  private awaitFocus(task: Task): Stop | undefined {
    const { clock } = this.#machine;
    const { wait } = task;
    if (wait?.deadline !== undefined) {
      clock.skipTo(wait.deadline);
      return undefined;
    }
    if (wait?.forInput) return { kind: 'input' };
    return { kind: 'blocked', task, reason: wait?.reason ?? 'has ended' };
  }

  private nobodyRuns(): Stop {
    const { kernel } = this.#machine;
    const tasks = kernel.tasks();
    const awaitsInput = tasks.some((task) => task.wait?.forInput);
    const status = kernel.exitOfInit;
    // Orphans that sleep for ever after the first process has ended keep nobody waiting.
    if (tasks.length === 0 || (status && !awaitsInput)) {
      return status?.kind === 'signaled'
        ? { kind: 'exited', code: 128 + status.signal, signal: status.signal }
        : { kind: 'exited', code: status?.code ?? 0, signal: undefined };
    }
    if (awaitsInput) return { kind: 'input' };
    return { kind: 'deadlock', waits: tasks.map((task) => ({ task, reason: task.wait?.reason ?? 'unknown' })) };
  }

  private switchTo(task: Task): void {
    const { kernel, hart, provider, mmu } = this.#machine;
    const from = kernel.current;
    if (from !== task) {
      if (from && from.state !== 'dead') hart.saveInto(from.context);
      hart.restore(task.context);
      kernel.current = task;
    }
    provider.activate(mmu, task.process.space!);
  }

  private stand(task: Task): Standing {
    const standing = this.standing(task) ?? { pc: this.#machine.hart.pc, offered: [] };
    this.#standing.set(task, standing);
    return standing;
  }

  private standing(task: Task): Standing | undefined {
    const standing = this.#standing.get(task);
    return standing?.pc === this.#machine.hart.pc ? standing : undefined;
  }

  /** Asks whether to stop before an event is carried out, unless that was asked here already. */
  private offer(task: Task, happening: Happening<Offer['kind']>): Stop | undefined {
    const { stopOn, stopOnSignal } = this.#machine;
    if (!stopOn && !(stopOnSignal && happening.kind === 'signal')) return undefined;
    if (this.standing(task)?.offered.some((earlier) => isSame(earlier, happening))) return undefined;
    const event = this.inContext(happening) as Offer;
    const stops = stopOn ? stopOn(event, true) : event.kind === 'signal' && stopOnSignal?.(event);
    if (!stops) return undefined;
    this.stand(task).offered.push(event);
    return { kind: 'event', task, event };
  }

  /** Does something whose event was offered: it is not offered again. */
  private carryOut<R>(kind: Offer['kind'] | undefined, action: () => R): R {
    this.#carriedOut = kind;
    try {
      return action();
    } finally {
      this.#carriedOut = undefined;
    }
  }

  /** Does something for the current task; what it accesses in memory is told as the kernel's access. */
  private working<R>(work: KernelWork, action: () => R): R {
    this.#work = work;
    try {
      return action();
    } finally {
      this.#work = undefined;
    }
  }

  private takePending(): Stop | undefined {
    return this.#pending.shift();
  }

  private notice(happened: Happening, whom?: Task): void {
    const machine = this.#machine;
    const isAlarm = happened.kind === 'out-of-memory' || happened.kind === 'unknown-syscall';
    if (happened.kind !== 'switch') this.#unchecked = true;
    if (!this.#heard && !isAlarm) return;
    const task = whom ?? machine.current;
    const event = this.inContext(happened, task);
    if (isAlarm) machine.alarm?.(event as MachineAlarm);
    machine.listener?.(event);
    if (!machine.stopOn || !task) return;
    if (event.kind === this.#carriedOut) {
      this.#carriedOut = undefined;
      return;
    }
    if (machine.stopOn(event, false)) this.#pending.push({ kind: 'event', task, event });
  }

  private inContext(event: Happening, task: Task | undefined = this.#machine.current): MachineEvent {
    const machine = this.#machine;
    const isAccess = event.kind === 'fault' || event.kind === 'cow-break';
    return {
      ...(isAccess && this.#work ? { by: this.#work } : {}),
      n: machine.hart.instret,
      pid: task?.process.pid ?? 0,
      tid: task?.tid ?? 0,
      pc: task && task !== machine.current ? machine.registers(task).pc : machine.hart.pc,
      ...event,
    };
  }
}

/** Those of a process while there are any; else all. @param runnable tasks that can run. */
function ofProcess(runnable: readonly Task[], process: Process | undefined): readonly Task[] {
  const own = process ? runnable.filter((task) => task.process === process) : [];
  return own.length > 0 ? own : runnable;
}

function isSame(earlier: Offer, now: Happening<Offer['kind']>): boolean {
  if (earlier.kind === 'fault') return now.kind === 'fault' && earlier.va === now.va;
  if (earlier.kind === 'signal') return now.kind === 'signal' && earlier.signal === now.signal;
  return now.kind === earlier.kind;
}
