import type { HartState } from '../cpu/hart-state.ts';
import type { FrameTable } from '../memory/frames.ts';
import type { VirtAddr } from '../memory/address.ts';
import type { AddressSpaceProvider } from '../platform/provider.ts';
import { err, ok, type Result } from '../result.ts';
import { Errno, SyscallError } from './abi/errno.ts';
import { Open } from './abi/flags.ts';
import { SignalCode } from './abi/signal-number.ts';
import { SYSCALL_NUMBERS } from './abi/syscall-number.ts';
import type { Clock } from './clock.ts';
import { Deadlines } from './deadlines.ts';
import { Console, OpenConsole } from './files/console.ts';
import { Directory } from './files/directory.ts';
import { FileDescriptors } from './files/file-descriptors.ts';
import { FileLocks } from './files/file-locks.ts';
import { FileTree } from './files/file-tree.ts';
import { PageCache } from './files/page-cache.ts';
import { procDirectory } from './files/proc.ts';
import { Futexes } from './futexes.ts';
import type { KernelHost } from './host.ts';
import { MessageQueues } from './ipc/message-queues.ts';
import { PosixQueues } from './ipc/posix-queues.ts';
import { SemaphoreSets } from './ipc/semaphores.ts';
import { SharedSegments } from './ipc/shared-segments.ts';
import { JobControl } from './job-control.ts';
import type { KernelEvent } from './kernel-event.ts';
import { LifeCycle } from './life-cycle.ts';
import type { LoadError } from './load-error.ts';
import type { ExitStatus } from './process.ts';
import { dropMappedPages } from './mapped-objects.ts';
import { openProgram } from './program.ts';
import { RandomSource } from './random.ts';
import { Signals, type SignalEvent } from './signals.ts';
import { Network } from './sockets/network.ts';
import { A0, A7, NO_RETURN, Syscall } from './syscall.ts';
import { SYSCALLS } from './syscalls/table.ts';
import { Terminals } from './terminals/terminals.ts';
import type { Task } from './task.ts';
import { SyscallCounts } from './syscall-counts.ts';
import { Timers } from './timers.ts';
import { Thread } from './thread.ts';
import type { ThreadGroup } from './thread-group.ts';
import { encodeText } from './user-memory.ts';
import type { Suspension } from './wait-queue.ts';

interface KernelParts {
  readonly provider: AddressSpaceProvider;
  readonly frames: FrameTable;
  /** Its registers are those of `current`. */
  readonly hart: HartState;
  readonly host: KernelHost;
  readonly clock: Clock;
  /** Seed of address-space layout randomisation; off without one. */
  readonly aslr: number | undefined;
  /** Makes the hart leave its address space, so that it can be destroyed. */
  readonly deactivate: () => void;
}

/** What a system call did to the current task. */
export type SyscallResult =
  /** It goes on, with its result. */
  | 'done'
  /** It waits: for its result, with pc at the ecall, which is executed again; or, complete, for something else. */
  | 'blocked'
  /** It is dead. */
  | 'ended';

interface StartRequest {
  /** Guest path, absolute or relative to `cwd`; error messages name the program by it. */
  readonly path: string;
  readonly argv: readonly string[];
  readonly env: readonly string[];
  /** Absolute guest path. */
  readonly cwd: string;
}

/** The Linux shim: processes, their syscalls, files, signals and time, on whatever platform the provider is. */
export class Kernel {
  readonly provider: AddressSpaceProvider;
  readonly frames: FrameTable;
  readonly hart: HartState;
  readonly clock: Clock;
  readonly deactivate: () => void;
  readonly random: RandomSource;
  /** Where programs, heaps, stacks and mappings go at random (ASLR); absent while they do not. */
  readonly layoutRandom: RandomSource | undefined;
  readonly cache: PageCache;
  readonly console: Console;
  readonly files: FileTree;
  readonly locks = new FileLocks();
  readonly futexes: Futexes;
  readonly network: Network;
  readonly timers: Timers;
  readonly deadlines: Deadlines;
  readonly segments: SharedSegments;
  readonly semaphoreSets = new SemaphoreSets();
  readonly messageQueues = new MessageQueues();
  readonly posixQueues: PosixQueues;
  readonly signals: Signals;
  readonly lifeCycle: LifeCycle;
  readonly jobs: JobControl;
  readonly terminals: Terminals;
  /** Told of everything that happens; `task` is the one it happened to. */
  listener: ((event: KernelEvent, task: Task | undefined) => void) | undefined;
  /** Whether the listener is told of every system call as well. */
  traced = true;
  readonly syscallCounts = new SyscallCounts();
  /** How the first process ended. */
  exitOfInit: ExitStatus | undefined;
  /** Set by sched_yield(2): the current task gives up the rest of its turn. */
  yields = false;
  readonly #call: Syscall;
  readonly #unknown = new Set<number>();
  #current: Thread | undefined;
  /** `HartState.instret`, and the number of page faults, up to which they were accounted to threads. */
  #accounted = { instructions: 0, faults: 0 };

  constructor(parts: KernelParts) {
    this.provider = parts.provider;
    this.frames = parts.frames;
    this.hart = parts.hart;
    this.clock = parts.clock;
    this.deactivate = parts.deactivate;
    this.random = new RandomSource(parts.host.seed);
    this.layoutRandom = parts.aslr === undefined ? undefined : new RandomSource(parts.aslr);
    this.cache = new PageCache(parts.frames, (object, offset) => dropMappedPages(this, object, offset));
    this.console = new Console(parts.host.console);
    this.files = new FileTree(
      parts.host.files,
      parts.host.isRootReadOnly ?? false,
      this.cache,
      this.random,
      (flags, device) => this.terminals.openOwn(flags, device),
      () => this.clock.realtime(),
    );
    this.files.isExecuting = (inode) =>
      [...this.processes.values()].some(({ state, program }) => state === 'running' && program === inode);
    this.files.mount('proc', procDirectory(this, this.files.root));
    this.posixQueues = new PosixQueues(this.files.numbers);
    this.futexes = new Futexes(parts.provider);
    this.network = new Network((path) =>
      this.files.find(path, this.#current?.process.fileSystem.directory ?? this.files.root),
    );
    this.timers = new Timers(this);
    this.deadlines = new Deadlines(this);
    this.segments = new SharedSegments(this);
    this.signals = new Signals(this);
    this.lifeCycle = new LifeCycle(this);
    this.jobs = new JobControl(this);
    this.terminals = new Terminals(this);
    this.terminals.mount();
    this.#call = new Syscall(this);
  }

  /** The task on the hart; the machine sets it at each switch. */
  get current(): Thread | undefined {
    return this.#current;
  }

  set current(task: Task | undefined) {
    if (task !== undefined && !(task instanceof Thread)) throw new Error('this task is of another kernel');
    this.account();
    const from = this.#current;
    if (from && from !== task && from.state === 'runnable') from.usage.involuntarySwitches++;
    this.#current = task;
    this.deadlines.programCpu();
  }

  get processes(): ReadonlyMap<number, ThreadGroup> {
    return this.lifeCycle.family.processes;
  }

  /** Live tasks in the order they were made. */
  tasks(): readonly Thread[] {
    return this.lifeCycle.threads;
  }

  /** Those of them that can run, in the same order. */
  get runnable(): readonly Thread[] {
    return this.lifeCycle.queues.runnable.tasks;
  }

  /** Loads the first program; called once. Nothing has run when it returns. */
  start(request: StartRequest): Result<ThreadGroup, LoadError> {
    const directory = this.#directory(request.cwd);
    if (!directory)
      return err({
        message: `the program sees no directory ${request.cwd} to work in`,
        exitCode: 66,
        errno: Errno.ENOENT,
      });
    const opened = openProgram(this.files, {
      path: request.path,
      directory,
      argv: request.argv.map(encodeText),
      env: request.env.map(encodeText),
      mustBeExecutable: false,
      addressEnd: Number.MAX_SAFE_INTEGER,
    });
    if (!opened.ok) return opened;
    const descriptors = new FileDescriptors(this.locks);
    for (const [fd, flags] of [0, Open.WriteOnly, Open.WriteOnly].entries())
      descriptors.replace(fd, new OpenConsole(this.console, fd as 0 | 1 | 2, flags), false);
    const started = this.lifeCycle.start(opened.value, directory, descriptors);
    return started.ok ? ok(started.value) : started;
  }

  /** Serves the ecall at pc of the current task. */
  syscall(): SyscallResult {
    const thread = this.#current!;
    const number = this.hart.xLow(A7);
    const entry = SYSCALLS.get(number);
    if (thread.suspension && thread.suspendedAt !== this.hart.pc) thread.finishCall();
    if (entry === undefined) {
      this.#reportUnknown(number);
      this.completeSyscall(-Errno.ENOSYS);
      return 'done';
    }
    const args = this.#arguments();
    const outcome = this.#serve(entry.handler);
    if (typeof outcome === 'object') {
      thread.finishCall();
      thread.suspend(outcome);
      thread.suspendedAt = this.hart.pc;
      if (this.signals.isPending(thread)) thread.wake();
      return thread.state === 'runnable' ? 'done' : 'blocked';
    }
    thread.finishCall();
    if (thread.savedMask !== undefined) {
      thread.mask = thread.savedMask;
      thread.savedMask = undefined;
    }
    if (outcome !== NO_RETURN) this.completeSyscall(outcome, args);
    else {
      this.hart.instret++;
      this.#completed(number, args, this.hart.x(A0));
    }
    return stateOf(thread) === 'dead' ? 'ended' : stateOf(thread) === 'blocked' ? 'blocked' : 'done';
  }

  /** Ends the ecall at pc of the current task with a result. */
  completeSyscall(result: number, args?: readonly bigint[]): void {
    const { hart } = this;
    const number = hart.xLow(A7);
    const given = args ?? this.#arguments();
    hart.setXNumber(A0, result);
    hart.pc = hart.pc + 4;
    hart.instret++;
    this.#completed(number, given, result);
  }

  /** Whether the ecall at pc goes on with a system call that was begun before and has waited. */
  get isResuming(): boolean {
    const thread = this.#current;
    return thread?.suspension !== undefined && thread.suspendedAt === this.hart.pc;
  }

  /** How the ecall at pc will end the current task's process, if it will. */
  exitRequested(): ExitStatus | undefined {
    const number = this.hart.xLow(A7);
    const isLast = this.#current!.process.tasks.length === 1;
    return number === SYSCALL_NUMBERS.exit_group || (number === SYSCALL_NUMBERS.exit && isLast)
      ? { kind: 'exited', code: this.hart.xLow(A0) & 0xff }
      : undefined;
  }

  /** Gives the current task the signal of a fault or trap, whose si_addr is `address`. */
  trap(trap: { readonly signal: number; readonly code: number; readonly address: bigint }): void {
    this.signals.force(trap);
  }

  /** Whether the current process handles faults of its own (userfaultfd(2)). */
  get handlesFaults(): boolean {
    return !(this.#current?.process.faultFiles.isEmpty ?? true);
  }

  /** Gives a fault on a missing page to whoever handles it; `undefined` where that is the platform. */
  userFault(va: VirtAddr, isWrite: boolean): 'waits' | 'bus' | undefined {
    const thread = this.#current!;
    return thread.process.faultFiles.markAt(va)?.fault(thread, va, isWrite);
  }

  /** What `trap` would do. */
  signalOf(trap: { readonly signal: number; readonly code: number; readonly address: bigint }): SignalEvent {
    return this.signals.forecastForced(trap);
  }

  /** What `deliverSignals` would do first, if anything. */
  nextSignal(): SignalEvent | undefined {
    return this.signals.forecastPending();
  }

  /** Whether `deliverSignals` has anything to do. */
  get mustDeliver(): boolean {
    const thread = this.#current;
    return thread === undefined || this.signals.isPending(thread);
  }

  /** Whether `startTask` has anything to do. */
  get mustStart(): boolean {
    return this.#current !== undefined && this.#current.setChildTid !== 0;
  }

  /** To be called before a task runs that clone(2) has made: it finds its id where CLONE_CHILD_SETTID asked for it. */
  startTask(): void {
    const thread = this.#current;
    if (!thread || thread.setChildTid === 0) return;
    thread.process.memory.tryWriteU32(thread.setChildTid, thread.tid);
    thread.setChildTid = 0;
  }

  /** To be called before the current task goes on in user mode. @returns whether it can. */
  deliverSignals(): boolean {
    return this.signals.deliverPending();
  }

  /** The console has input now, or its end. */
  wakeInput(): void {
    this.console.input.wakeAll();
  }

  /** Sends a signal from outside, as kill(2) of root would. */
  kill(pid: number, signal: number): void {
    const process = this.processes.get(pid);
    if (process) this.signals.sendToProcess(process, { signal, code: SignalCode.User, pid: 0, uid: 0 });
  }

  emit(event: KernelEvent, task: Task | undefined): void {
    if (event.kind === 'exit' && task?.process.pid === 1) this.exitOfInit = event.status;
    this.listener?.(event, task);
  }

  /** Accounts the instructions retired and the pages faulted in since the last switch to the current thread. */
  account(): void {
    const accounted = this.#accounted;
    const { instret } = this.hart;
    const { resolved } = this.provider.faultCounts;
    if (this.#current) {
      this.#current.usage.instructions += instret - accounted.instructions;
      this.#current.usage.faults += resolved - accounted.faults;
    }
    accounted.instructions = instret;
    accounted.faults = resolved;
  }

  #serve(handler: (call: Syscall) => number | Suspension | typeof NO_RETURN): number | Suspension | typeof NO_RETURN {
    try {
      return handler(this.#call);
    } catch (error) {
      if (error instanceof SyscallError) return -error.errno;
      throw error;
    }
  }

  /** The arguments of the ecall at pc, for whoever traces it. */
  #arguments(): readonly bigint[] {
    return this.listener && this.traced ? [0, 1, 2, 3, 4, 5].map((i) => this.hart.x(A0 + i)) : [];
  }

  #completed(number: number, args: readonly bigint[], result: number | bigint): void {
    const entry = SYSCALLS.get(number);
    if (!entry) return;
    this.syscallCounts.add(number);
    if (this.listener && this.traced)
      this.listener({ kind: 'syscall', number, name: entry.name, args, result: BigInt(result) }, this.#current);
  }

  #reportUnknown(number: number): void {
    if (this.#unknown.has(number)) return;
    this.#unknown.add(number);
    this.emit({ kind: 'unknown-syscall', number, pc: this.hart.pc }, this.#current);
  }

  #directory(path: string): Directory | undefined {
    try {
      const inode = this.files.find(path, this.files.root);
      return inode instanceof Directory ? inode : undefined;
    } catch (error) {
      if (error instanceof SyscallError) return undefined;
      throw error;
    }
  }
}

/** The state as it is now: the compiler does not see that a call changed it. */
function stateOf(thread: Thread): Thread['state'] {
  return thread.state;
}
