import { virtAddr } from '../memory/address.ts';
import { Errno } from './abi/errno.ts';
import { AltStack, SignalFlag } from './abi/flags.ts';
import { defaultAction, Signal, SignalCode, signalBit, signalName, UNBLOCKABLE } from './abi/signal-number.ts';
import { USER_ID } from './identity.ts';
import type { Kernel } from './kernel.ts';
import type { KernelEvent } from './kernel-event.ts';
import { SP } from './registers.ts';
import { SIG_DFL, SIG_IGN, type SignalAction } from './signal-actions.ts';
import {
  buildSignalFrame,
  restoreSignalFrame,
  SIGINFO_OFFSET,
  SIGNAL_FRAME_SIZE,
  UCONTEXT_OFFSET,
} from './signal-frame.ts';
import type { SignalInfo } from './signal-queue.ts';
import { A0 } from './syscall.ts';
import { NO_ALTERNATE_STACK, type Thread } from './thread.ts';
import type { StopReport, ThreadGroup } from './thread-group.ts';
import { WaitQueue } from './wait-queue.ts';

export type SignalEvent = Extract<KernelEvent, { kind: 'signal' }>;

const RA = 1;
const STOP_SIGNALS =
  signalBit(Signal.SIGSTOP) | signalBit(Signal.SIGTSTP) | signalBit(Signal.SIGTTIN) | signalBit(Signal.SIGTTOU);

/** Sending and delivering signals (signal(7)). */
export class Signals {
  /** Woken when a signal is pending for anybody: signalfd(2) readers look whether it is theirs. */
  readonly arrived = new WaitQueue();
  readonly #kernel: Kernel;

  constructor(kernel: Kernel) {
    this.#kernel = kernel;
  }

  /** @returns false when the queue of real-time signals is full. */
  sendToProcess(process: ThreadGroup, info: SignalInfo): boolean {
    if (process.state !== 'running' || !this.#prepare(process, info)) return true;
    const threads = process.liveTasks();
    const takers = threads.filter((thread) => this.#accepts(thread, info.signal));
    if (takers.length === 0 && threads.every((thread) => !(thread.mask & signalBit(info.signal)))) return true;
    if (!process.pending.add(info)) return false;
    this.arrived.wakeAll();
    (takers.find((thread) => thread.isSuspended) ?? takers[0])?.wake();
    return true;
  }

  /** As `sendToProcess`, for one thread. */
  sendToThread(thread: Thread, info: SignalInfo): boolean {
    if (thread.state === 'dead' || !this.#prepare(thread.process, info)) return true;
    const accepted = this.#accepts(thread, info.signal);
    if (!accepted && !(thread.mask & signalBit(info.signal))) return true;
    if (!thread.pending.add(info)) return false;
    this.arrived.wakeAll();
    if (accepted) thread.wake();
    return true;
  }

  /** Whether a signal waits for the thread that it would take now. */
  isPending(thread: Thread): boolean {
    const { pending, process, mask } = thread;
    return !(pending.isEmpty && process.pending.isEmpty) && ((pending.set | process.pending.set) & ~mask) !== 0n;
  }

  /** A fault of the current thread: it gets the signal now, blocked or not; ignoring it does not help. */
  force(info: SignalInfo): void {
    const thread = this.#kernel.current!;
    const { process } = thread;
    const bit = signalBit(info.signal);
    const action = process.actions.get(info.signal);
    if (thread.mask & bit || action.handler === SIG_IGN) process.actions.reset(info.signal);
    thread.mask &= ~bit;
    this.#deliver(thread, info);
  }

  /** What a forced signal would do to the current thread. */
  forecastForced({ signal, address }: SignalInfo): SignalEvent {
    const { process, mask } = this.#kernel.current!;
    const { handler } = process.actions.get(signal);
    const handled = handler !== SIG_DFL && handler !== SIG_IGN && !(mask & signalBit(signal));
    return { kind: 'signal', signal, name: signalName(signal), action: handled ? 'handler' : 'terminate', address };
  }

  /** What `deliverPending` would do first, if anything. */
  forecastPending(): SignalEvent | undefined {
    const thread = this.#kernel.current;
    if (!thread || !this.isPending(thread)) return undefined;
    const info = thread.pending.peek(~thread.mask) ?? thread.process.pending.peek(~thread.mask);
    if (!info) return undefined;
    const { signal, address } = info;
    const { handler } = thread.process.actions.get(signal);
    const action =
      handler === SIG_DFL ? this.#defaultAction(thread.process, signal) : handler === SIG_IGN ? 'ignore' : 'handler';
    return { kind: 'signal', signal, name: signalName(signal), action, address };
  }

  /** Delivers what is pending to the current thread. @returns whether it can run on. */
  deliverPending(): boolean {
    const thread = this.#kernel.current;
    if (!thread || thread.state === 'dead') return false;
    const { process } = thread;
    // What a system call waits for may have come together with the signal: then it is done, and was not interrupted.
    if (this.#kernel.isResuming && thread.awaitsSomething && this.isPending(thread)) this.#kernel.syscall();
    while (thread.state === 'runnable' && this.isPending(thread)) {
      const info = thread.pending.take(~thread.mask) ?? process.pending.take(~thread.mask);
      if (!info) break;
      this.#deliver(thread, info);
    }
    // A signal may have made it give up its turn (stopped) or its life; both show in the state.
    return this.#state(thread) === 'runnable';
  }

  /** rt_sigreturn(2): puts the registers back that a handler's frame saved. */
  return(): void {
    const { hart } = this.#kernel;
    const thread = this.#kernel.current!;
    const at = hart.xNumber(SP);
    const bytes = new Uint8Array(SIGNAL_FRAME_SIZE);
    if (at % 16 !== 0 || thread.process.memory.readSome(at, bytes) < bytes.length) {
      this.force({ signal: Signal.SIGSEGV, code: SignalCode.Kernel });
      return;
    }
    const saved = restoreSignalFrame(hart, new DataView(bytes.buffer));
    thread.mask = saved.mask & ~UNBLOCKABLE;
    const { start, size } = saved.alternateStack;
    const flags = saved.stackFlags & ~AltStack.OnStack;
    thread.alternateStack = flags & AltStack.Disable ? NO_ALTERNATE_STACK : { start, size, flags };
  }

  /** Lets a stopped process run on. */
  continue(process: ThreadGroup): void {
    if (!process.stopped) return;
    process.stopped = false;
    for (const thread of process.liveTasks()) thread.stopChanged();
    this.#report(process, { kind: 'continued' });
  }

  /** SS_ flags of a thread's alternate stack, seen from a stack pointer. */
  alternateStackFlags(thread: Thread, sp: number): number {
    const { start, size, flags } = thread.alternateStack;
    if (size === 0) return AltStack.Disable;
    return (sp > start && sp <= start + size ? AltStack.OnStack : 0) | flags;
  }

  /** What happens at once when a signal is sent. @returns whether it is to be queued. */
  #prepare(process: ThreadGroup, info: SignalInfo): boolean {
    const { signal } = info;
    if (signal === (Signal.SIGKILL as number)) {
      this.#emit(process.liveTasks()[0], info, 'terminate');
      this.#kernel.lifeCycle.endProcess(process, { kind: 'signaled', signal });
      return false;
    }
    const everywhere = (set: bigint): void => {
      process.pending.drop(set);
      for (const thread of process.liveTasks()) thread.pending.drop(set);
    };
    if (signal === (Signal.SIGCONT as number)) {
      everywhere(STOP_SIGNALS);
      this.continue(process);
    } else if (signalBit(signal) & STOP_SIGNALS) everywhere(signalBit(Signal.SIGCONT));
    return true;
  }

  /** Whether a thread would do something with the signal now: not blocked, not ignored, or awaited. */
  #accepts(thread: Thread, signal: number): boolean {
    const bit = signalBit(signal);
    if (thread.awaited & bit) return true;
    return !(thread.mask & bit) && !this.#isIgnored(thread.process.actions.get(signal), signal);
  }

  #isIgnored(action: SignalAction, signal: number): boolean {
    return action.handler === SIG_IGN || (action.handler === SIG_DFL && defaultAction(signal) === 'ignore');
  }

  #deliver(thread: Thread, info: SignalInfo): void {
    const { process } = thread;
    const action = process.actions.get(info.signal);
    if (action.handler === SIG_IGN) return this.#emit(thread, info, 'ignore');
    if (action.handler !== SIG_DFL) {
      this.#emit(thread, info, 'handler');
      return this.#callHandler(thread, info, action);
    }
    const byDefault = this.#defaultAction(process, info.signal);
    this.#emit(thread, info, byDefault);
    if (byDefault === 'terminate')
      this.#kernel.lifeCycle.endProcess(process, { kind: 'signaled', signal: info.signal });
    else if (byDefault === 'stop') {
      process.stopped = true;
      for (const each of process.liveTasks()) each.stopChanged();
      this.#report(process, { kind: 'stopped', signal: info.signal });
    }
  }

  /** Nobody could let an orphaned process group go on: only SIGSTOP stops it. */
  #defaultAction({ processGroup }: ThreadGroup, signal: number): SignalEvent['action'] {
    const action = defaultAction(signal);
    const mayIgnore = action === 'stop' && signal !== (Signal.SIGSTOP as number);
    return mayIgnore && this.#kernel.jobs.isOrphaned(processGroup) ? 'ignore' : action;
  }

  #callHandler(thread: Thread, info: SignalInfo, action: SignalAction): void {
    const { hart } = this.#kernel;
    const { process } = thread;
    this.#interruptSyscall(thread, (action.flags & SignalFlag.Restart) !== 0);
    const sp = hart.xNumber(SP);
    const { alternateStack } = thread;
    const stackFlags = this.alternateStackFlags(thread, sp);
    const onAlternate = (stackFlags & AltStack.OnStack) !== 0;
    const switchStack = action.flags & SignalFlag.OnStack && alternateStack.size > 0 && !onAlternate;
    const top = switchStack ? alternateStack.start + alternateStack.size : sp;
    const at = Math.floor((top - SIGNAL_FRAME_SIZE) / 16) * 16;
    const mask = thread.savedMask ?? thread.mask;
    const frame = buildSignalFrame(hart, info, { mask, alternateStack, stackFlags });
    const overflows = onAlternate && at < alternateStack.start;
    if (overflows || process.memory.writeSome(at, frame) < frame.length) {
      // force_sigsegv: a SIGSEGV whose own frame does not fit ends the process.
      if (info.signal === (Signal.SIGSEGV as number)) process.actions.reset(Signal.SIGSEGV);
      this.force({ signal: Signal.SIGSEGV, code: SignalCode.Kernel });
      return;
    }
    thread.savedMask = undefined;
    thread.mask =
      (mask | action.mask | (action.flags & SignalFlag.NoDefer ? 0n : signalBit(info.signal))) & ~UNBLOCKABLE;
    if (action.flags & SignalFlag.ResetHandler) process.actions.reset(info.signal);
    if (alternateStack.flags & AltStack.AutoDisarm) thread.alternateStack = NO_ALTERNATE_STACK;
    hart.setXNumber(RA, process.image.signalReturn);
    hart.setXNumber(SP, at);
    hart.setXNumber(A0, info.signal);
    hart.setXNumber(A0 + 1, at + SIGINFO_OFFSET);
    hart.setXNumber(A0 + 2, at + UCONTEXT_OFFSET);
    hart.pc = virtAddr(action.handler);
    hart.dropReservation();
  }

  /** A handler runs: the syscall that the thread is suspended in ends with EINTR, or is made again afterwards. */
  #interruptSyscall(thread: Thread, mayRestart: boolean): void {
    const { suspension } = thread;
    if (!suspension) return;
    thread.finishCall();
    if (suspension.progress === undefined && suspension.onSignal === 'restart' && mayRestart) return;
    if (suspension.progress === undefined) suspension.interrupted?.();
    this.#kernel.completeSyscall(suspension.progress ?? -Errno.EINTR);
  }

  #report(process: ThreadGroup, report: StopReport): void {
    process.stopReport = report;
    const parent = this.#kernel.lifeCycle.family.parentOf(process);
    if (!parent) return;
    if (!(parent.actions.get(Signal.SIGCHLD).flags & SignalFlag.NoChildStop))
      this.sendToProcess(parent, {
        signal: Signal.SIGCHLD,
        code: report.kind === 'stopped' ? SignalCode.ChildStopped : SignalCode.ChildContinued,
        pid: process.pid,
        uid: USER_ID,
        status: report.kind === 'stopped' ? report.signal : Signal.SIGCONT,
      });
    parent.childEvents.wakeAll();
  }

  #emit(thread: Thread | undefined, info: SignalInfo, action: SignalEvent['action']): void {
    const { signal, address } = info;
    this.#kernel.emit({ kind: 'signal', signal, name: signalName(signal), action, address }, thread);
  }

  #state(thread: Thread): Thread['state'] {
    return thread.state;
  }
}
