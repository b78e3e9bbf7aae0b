import { StateOffset } from '../cpu/hart-state.ts';
import { Errno, fail } from './abi/errno.ts';
import { Clone } from './abi/flags.ts';
import { Signal } from './abi/signal-number.ts';
import { Family } from './family.ts';
import { ForkAdvice } from './fork-advice.ts';
import { FileDescriptors } from './files/file-descriptors.ts';
import { buildImage, type Start } from './image-builder.ts';
import type { Kernel } from './kernel.ts';
import type { LoadError } from './load-error.ts';
import type { ExitStatus } from './process.ts';
import type { Program } from './program.ts';
import { SP, TP, withRegisters } from './registers.ts';
import { MAX_TASKS, Resource, ResourceLimits } from './resource-limits.ts';
import { virtAddr } from '../memory/address.ts';
import { err, ok, type Result } from '../result.ts';
import { PageRanges } from './page-ranges.ts';
import { releaseRobustFutexes } from './robust-list.ts';
import { indexAfter, RunQueue } from './run-queue.ts';
import { SignalActions } from './signal-actions.ts';
import { Thread, type ThreadQueues } from './thread.ts';
import { type Inheritance, ThreadGroup } from './thread-group.ts';
import { concat, decodeText, UserMemory } from './user-memory.ts';
import { A0 } from './syscall.ts';
import { WaitsByDeadline } from './waits-by-deadline.ts';
import type { Directory } from './files/directory.ts';

const PID_MAX = 4_194_304;
/** TASK_COMM_LEN without the NUL. */
const COMM_LENGTH = 15;
/** ADDR_NO_RANDOMIZE of personality(2). */
const NO_RANDOMIZATION = 0x0004_0000;
/** Size of a saved context: what `HartState.save` returns. */
const CONTEXT_SIZE = StateOffset.Reserved;

/** clone(2), whatever syscall asked for it. Addresses are 0 for none. */
export interface CloneRequest {
  readonly flags: number;
  /** Signals that have a handler get their default action in the child. */
  readonly clearsHandlers: boolean;
  readonly exitSignal: number;
  readonly stack: number;
  readonly tls: number;
  readonly parentTid: number;
  readonly childTid: number;
  /** Where the child's pidfd goes, with CLONE_PIDFD. */
  readonly pidfd: number;
}

/** The end of a process that has not been carried out. */
interface HeldEnd {
  /** Whose system call or signal it is. */
  readonly thread: Thread;
  readonly status: ExitStatus;
}

/** Why a parent waits at a gate, for a person. @param reason the gate's own, said of the child. */
export function gateText(parent: number, child: number, reason: string): string {
  return `parent pid ${parent} waits: child ${child} ${reason}`;
}

/** Processes and threads: how they come to be, turn into other programs, and end. */
export class LifeCycle {
  readonly family: Family;
  /** Live threads in the order they were made. */
  readonly threads: Thread[] = [];
  readonly queues: ThreadQueues;
  /** Processes made so far, but for the first. */
  forks = 0;
  /** The last process is not torn down at its end before `carryOutEnd` is called. */
  holdsLastEnd = false;
  #heldEnd: HeldEnd | undefined;
  readonly #kernel: Kernel;
  readonly #byTid = new Map<number, Thread>();
  #lastPid = 0;
  #threadsMade = 0;

  constructor(kernel: Kernel) {
    this.#kernel = kernel;
    this.family = new Family(kernel);
    this.queues = { clock: kernel.clock, runnable: new RunQueue(), timed: new WaitsByDeadline() };
  }

  /** Makes the first process. */
  start(program: Program, directory: Directory, files: FileDescriptors): Result<ThreadGroup, LoadError> {
    const { provider } = this.#kernel;
    const created = provider.create();
    if (!created.ok) return err(outOfMemory(program));
    const memory = new UserMemory(provider, created.value);
    const inherited: Inheritance = {
      files,
      fileSystem: { directory, umask: 0o022 },
      actions: new SignalActions(),
      limits: new ResourceLimits(),
    };
    const pid = this.#allocatePid();
    const process = new ThreadGroup(pid, 0, undefined, memory, inherited, undefined);
    process.terminal = this.#kernel.console;
    const built = this.#replaceImage(process, program);
    if (!built.ok) {
      provider.destroy(created.value);
      return built;
    }
    const thread = this.#addThread(process, pid, startContext(built.value), commOf(program));
    this.family.add(process);
    this.#executed(process, thread, program, built.value);
    return ok(process);
  }

  /** fork, vfork, clone: makes a process or a thread that continues where the current thread does. */
  clone(request: CloneRequest): Thread {
    const { flags } = request;
    const parent = this.#kernel.current!;
    if (flags & Clone.Thread && !(flags & Clone.Sighand)) fail(Errno.EINVAL);
    if (flags & Clone.Sighand && !(flags & Clone.Vm)) fail(Errno.EINVAL);
    const tasks = this.threads.length + this.family.zombies;
    if (tasks >= MAX_TASKS || tasks >= parent.process.limits.bytes(Resource.Processes)) fail(Errno.EAGAIN);
    const child = flags & Clone.Thread ? this.#cloneThread(parent, request) : this.#cloneProcess(parent, request);
    child.mask = parent.savedMask ?? parent.mask;
    child.inherit(parent);
    if (!(flags & Clone.Vm) || flags & Clone.Vfork) child.alternateStack = parent.alternateStack;
    if (flags & Clone.ParentSetTid) parent.process.memory.tryWriteU32(request.parentTid, child.tid);
    if (flags & Clone.ChildSetTid) child.setChildTid = request.childTid;
    if (flags & Clone.ChildClearTid) child.clearChildTid = request.childTid;
    return child;
  }

  /** execve: the current thread runs a new program. A failure leaves everything as it was. */
  exec(program: Program): Result<void, LoadError> {
    const { hart } = this.#kernel;
    const thread = this.#kernel.current!;
    const { process } = thread;
    const before = process.peakPages;
    const built = this.#replaceImage(process, program);
    if (!built.ok) {
      // A program that could be read is refused only for the addresses that it is linked for.
      const { errno, message: why } = built.error;
      if (errno === (Errno.ENOEXEC as number))
        this.#kernel.emit({ kind: 'not-supported', operation: 'exec', why }, thread);
      return built;
    }
    process.pastPeak = before;
    for (const other of process.liveTasks()) if (other !== thread) this.#removeThread(other);
    this.#byTid.delete(thread.tid);
    thread.tid = process.pid;
    this.#byTid.set(thread.tid, thread);
    thread.alternateStack = { start: 0, size: 0, flags: 0 };
    thread.clearChildTid = 0;
    thread.robustList = 0;
    thread.comm = commOf(program);
    process.actions = process.actions.afterExec();
    process.files = process.files.afterExec();
    process.fileSystem = { ...process.fileSystem };
    process.executed = true;
    process.exitSignal = Signal.SIGCHLD;
    process.isDumpable = true;
    this.#kernel.timers.deleteAll(process);
    process.sharesMemory = false;
    hart.restore(startContext(built.value));
    this.#executed(process, thread, program, built.value);
    process.releaseParent?.();
    process.releaseParent = undefined;
    return ok();
  }

  /** exit(2): ends the current thread, and the process with its last one. */
  exitThread(code: number): void {
    const thread = this.#kernel.current!;
    const { process } = thread;
    if (process.liveTasks().length === 1) {
      this.endProcess(process, { kind: 'exited', code });
      return;
    }
    releaseRobustFutexes(this.#kernel, thread);
    this.#clearTid(thread);
    this.#removeThread(thread);
    for (const child of this.family.childrenOf(process))
      if (child.parentThread === thread) child.parentThread = process.liveTasks()[0];
    this.#kernel.emit({ kind: 'thread-exit', tid: thread.tid }, thread);
  }

  /** Ends all threads of a process and tells its parent; of the last one, that may be held. */
  endProcess(process: ThreadGroup, status: ExitStatus): void {
    if (process.state !== 'running') return;
    if (this.#heldEnd) return this.carryOutEnd();
    if (!this.holdsLastEnd || process.tasks.length < this.threads.length) return this.#end(process, status);
    const { current } = this.#kernel;
    const thread = current?.process === process ? current : process.liveTasks()[0];
    this.#heldEnd = { thread, status };
    const reason = status.kind === 'exited' ? `exits with code ${status.code}` : 'is ended by a signal';
    for (const each of process.liveTasks()) each.hold(reason);
  }

  /** The end of the last process that is held: everything is as it was before. */
  get heldEnd(): HeldEnd | undefined {
    return this.#heldEnd;
  }

  /** Tears down the process whose end is held. */
  carryOutEnd(): void {
    const held = this.#heldEnd;
    this.#heldEnd = undefined;
    if (held) this.#end(held.thread.process, held.status);
  }

  #end(process: ThreadGroup, status: ExitStatus): void {
    const { provider, deactivate } = this.#kernel;
    const [first] = process.liveTasks();
    for (const thread of process.liveTasks()) {
      releaseRobustFutexes(this.#kernel, thread);
      if (process.sharesMemory) this.#clearTid(thread);
      this.#removeThread(thread);
    }
    process.exitStatus = status;
    this.family.ended(process);
    this.#kernel.timers.deleteAll(process);
    this.#kernel.deadlines.forget(process);
    this.#kernel.semaphoreSets.ended(process, this.#kernel.clock.seconds());
    process.ended.wakeAll();
    this.#kernel.emit({ kind: 'exit', status }, first);
    process.files.release();
    process.keepPeak();
    const { space } = process;
    process.space = undefined;
    if (space && !provider.destroy(space).ok) {
      deactivate();
      if (!provider.destroy(space).ok) throw new Error(`the address space of process ${process.pid} is still in use`);
    }
    process.releaseParent?.();
    process.releaseParent = undefined;
    const children = this.family.childrenOf(process);
    this.family.orphanChildren(process);
    this.#kernel.jobs.ended(process, children);
    this.family.announceEnd(process, status);
    if (this.threads.length === 0) this.#kernel.cache.dropAll();
  }

  thread(tid: number): Thread | undefined {
    return this.#byTid.get(tid);
  }

  /** CLONE_CHILD_CLEARTID: what pthread_join waits for. */
  #clearTid({ clearChildTid, process }: Thread): void {
    if (clearChildTid !== 0 && process.memory.tryWriteU32(clearChildTid, 0))
      this.#kernel.futexes.wake({ process, address: clearChildTid, isPrivate: false }, 1);
  }

  #cloneThread(parent: Thread, request: CloneRequest): Thread {
    const tid = this.#allocatePid();
    const thread = this.#addThread(parent.process, tid, this.#childContext(request), parent.comm);
    this.#kernel.emit({ kind: 'thread', tid }, parent);
    return thread;
  }

  #cloneProcess(parent: Thread, request: CloneRequest): Thread {
    const { flags } = request;
    const { provider } = this.#kernel;
    const from = parent.process;
    const share = flags & Clone.Vm ? 'share-memory' : 'copy-memory';
    const forked = provider.fork(from.space!, share);
    if (!forked.ok) {
      if (forked.error.kind !== 'not-supported') return fail(Errno.ENOMEM);
      this.#kernel.emit({ kind: 'not-supported', operation: 'fork', why: 'fork is not supported' }, parent);
      return fail(Errno.ENOSYS);
    }
    const { child: space, parentGate } = forked.value;
    const memory = new UserMemory(provider, space);
    const forkAdvice = share === 'share-memory' ? new ForkAdvice() : from.forkAdvice.apply(memory);
    if (!forkAdvice) {
      provider.destroy(space);
      return fail(Errno.ENOMEM);
    }
    const inherited: Inheritance = {
      files: flags & Clone.Files ? from.files.share() : from.files.copy(),
      fileSystem: flags & Clone.Fs ? from.fileSystem : { ...from.fileSystem },
      actions: actionsOf(from, request),
      limits: from.limits.copy(),
    };
    const pid = this.#allocatePid();
    const parentPid = flags & Clone.Parent ? from.parentPid : from.pid;
    const process = new ThreadGroup(pid, parentPid, from.pid, memory, inherited, from);
    process.exitSignal = request.exitSignal;
    process.parentThread = flags & Clone.Parent ? from.parentThread : parent;
    process.sharesMemory = (flags & Clone.Vm) !== 0;
    process.forkAdvice = forkAdvice;
    this.family.add(process);
    this.forks++;
    const thread = this.#addThread(process, pid, this.#childContext(request), parent.comm);
    if (parentGate.state === 'closed') {
      const reason = gateText(from.pid, pid, parentGate.reason);
      for (const waiting of this.#tasksWithMemoryOf(from)) parentGate.whenOpen(waiting.hold(reason));
    }
    if (flags & Clone.Vfork) process.releaseParent = parent.hold(`waits for its vfork child ${pid} to exec or exit`);
    this.#kernel.emit({ kind: flags & Clone.Vfork ? 'vfork' : 'fork', child: pid, share }, parent);
    return thread;
  }

  /** The threads of a process, and of those that have its memory by clone(2): whoever stops one must stop all. */
  #tasksWithMemoryOf({ space }: ThreadGroup): Thread[] {
    const { provider } = this.#kernel;
    const start = virtAddr(0);
    const memory = provider.memoryIdentity(space!, start);
    return [...this.family.processes.values()]
      .filter((process) => process.space && provider.memoryIdentity(process.space, start) === memory)
      .flatMap((process) => process.liveTasks());
  }

  /** The registers of the current thread as its child sees them: after the ecall, with 0 as the result. */
  #childContext({ flags, stack, tls }: CloneRequest): Uint8Array {
    const { hart } = this.#kernel;
    const x: [number, number][] = [[A0, 0]];
    if (stack !== 0) x.push([SP, stack]);
    if (flags & Clone.SetTls) x.push([TP, tls]);
    return withRegisters(hart.save(), { pc: hart.pc + 4, x });
  }

  #replaceImage(process: ThreadGroup, program: Program): Result<Start, LoadError> {
    const { provider, random } = this.#kernel;
    const stackLimit = process.limits.bytes(Resource.Stack);
    const layout = process.personality & NO_RANDOMIZATION ? undefined : this.#kernel.layoutRandom;
    let start: Start | undefined;
    const replaced = provider.replaceImage(process.space!, (fresh): Result<void, LoadError> => {
      const built = buildImage(fresh, program, { random, layout, stackLimit });
      if (!built.ok) return built;
      start = built.value;
      return ok();
    });
    if (!replaced.ok) return err(replaced.error.kind === 'exec-failed' ? replaced.error.error : outOfMemory(program));
    return ok(start!);
  }

  #executed(process: ThreadGroup, thread: Thread, program: Program, start: Start): void {
    process.image = start.image;
    process.programBreak = start.image.heapStart;
    process.forkAdvice = new ForkAdvice();
    process.lockedMemory = new PageRanges();
    process.faultFiles.set(0, Infinity, undefined);
    process.locksFuture = false;
    process.executable = start.image.path;
    process.program = program.executable.file;
    process.argv = program.argv.map(decodeText);
    process.environment = concat(program.env.flatMap((text) => [text, new Uint8Array(1)]));
    this.#kernel.emit({ kind: 'exec', path: process.executable, argv: process.argv }, thread);
  }

  #addThread(process: ThreadGroup, tid: number, context: Uint8Array, comm: string): Thread {
    const thread = new Thread(tid, this.#threadsMade++, process, context, comm, this.queues);
    process.tasks.push(thread);
    this.threads.push(thread);
    this.#byTid.set(tid, thread);
    return thread;
  }

  #removeThread(thread: Thread): void {
    this.#kernel.account();
    thread.die();
    this.threads.splice(indexAfter(this.threads, thread.order - 1), 1);
    this.#byTid.delete(thread.tid);
    const { process } = thread;
    process.tasks.splice(process.tasks.indexOf(thread), 1);
    process.pastUsage.add(thread.usage);
  }

  #allocatePid(): number {
    do this.#lastPid = (this.#lastPid % PID_MAX) + 1;
    while (this.family.processes.has(this.#lastPid) || this.thread(this.#lastPid));
    return this.#lastPid;
  }
}

function actionsOf({ actions }: ThreadGroup, { flags, clearsHandlers }: CloneRequest): SignalActions {
  if (flags & Clone.Sighand) return actions;
  return clearsHandlers ? actions.afterExec() : actions.copy();
}

function startContext({ pc, sp }: Start): Uint8Array {
  return withRegisters(new Uint8Array(CONTEXT_SIZE), { pc, x: [[SP, sp]] });
}

function commOf(program: Program): string {
  return program.executable.path.split('/').at(-1)!.slice(0, COMM_LENGTH);
}

function outOfMemory({ name }: Program): LoadError {
  return { message: `${name} does not fit: guest memory is used up`, exitCode: 69, errno: Errno.ENOMEM };
}
