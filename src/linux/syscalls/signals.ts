import { Errno, fail } from '../abi/errno.ts';
import { AltStack } from '../abi/flags.ts';
import { Signal, SignalCode, signalBit, type SignalSet, UNBLOCKABLE } from '../abi/signal-number.ts';
import { readTimespec, SIGINFO_SIZE, signalInfo } from '../abi/structs.ts';
import { ProcessFile } from '../files/process-file.ts';
import { USER_ID } from '../identity.ts';
import { SP } from '../registers.ts';
import { SIG_IGN } from '../signal-actions.ts';
import type { SignalInfo } from '../signal-queue.ts';
import { NO_RETURN, type Syscall } from '../syscall.ts';
import { NO_ALTERNATE_STACK } from '../thread.ts';
import type { ThreadGroup } from '../thread-group.ts';
import { waitFor } from '../wait-queue.ts';
import type { SyscallFamily } from './table.ts';

const enum How {
  Block = 0,
  Unblock = 1,
  SetMask = 2,
}

/** Size of the kernel's sigset_t, which every call states. */
const SET_SIZE = 8;

/** Signals. */
export const SIGNAL_SYSCALLS: SyscallFamily = {
  rt_sigaction(call) {
    const signal = call.int(0);
    const [newAt, oldAt] = [call.word(1), call.word(2)];
    checkSetSize(call, 3);
    if (!isSignal(signal) || (newAt !== 0 && signalBit(signal) & UNBLOCKABLE)) fail(Errno.EINVAL);
    const { actions } = call.process;
    const old = actions.get(signal);
    if (newAt !== 0) {
      const given = call.memory.view(newAt, 24);
      const action = {
        handler: Number(given.getBigUint64(0, true)),
        flags: Number(given.getBigUint64(8, true) & 0xffff_ffffn),
        mask: given.getBigUint64(16, true),
      };
      if (oldAt !== 0) writeAction(oldAt);
      actions.set(signal, action);
      // A pending signal that is ignored from now on is discarded (sigaction(2)).
      if (action.handler === SIG_IGN || (action.handler === 0 && signal === (Signal.SIGCHLD as number))) {
        call.process.pending.drop(signalBit(signal));
        for (const thread of call.process.tasks) thread.pending.drop(signalBit(signal));
      }
    } else if (oldAt !== 0) writeAction(oldAt);
    return 0;

    function writeAction(address: number): void {
      const words = new BigUint64Array([BigInt(old.handler), BigInt(old.flags >>> 0), old.mask]);
      call.memory.write(address, new Uint8Array(words.buffer));
    }
  },

  rt_sigprocmask(call) {
    checkSetSize(call, 3);
    const { thread, memory } = call;
    const [setAt, oldAt] = [call.word(1), call.word(2)];
    const before = thread.mask;
    if (setAt !== 0) {
      const set = memory.readU64(setAt) & ~UNBLOCKABLE;
      switch (call.int(0) as How) {
        case How.Block:
          thread.mask |= set;
          break;
        case How.Unblock:
          thread.mask &= ~set;
          break;
        case How.SetMask:
          thread.mask = set;
          break;
        default:
          fail(Errno.EINVAL);
      }
    }
    if (oldAt !== 0) memory.writeU64(oldAt, before);
    return 0;
  },

  rt_sigpending(call) {
    if (call.word(1) > SET_SIZE) fail(Errno.EINVAL);
    const { thread } = call;
    call.memory.writeU64(call.word(0), (thread.pending.set | thread.process.pending.set) & thread.mask);
    return 0;
  },

  rt_sigsuspend(call) {
    if (call.word(1) !== SET_SIZE) fail(Errno.EINVAL);
    const { thread } = call;
    if (!call.resumed) {
      const mask = call.memory.readU64(call.word(0)) & ~UNBLOCKABLE;
      thread.savedMask = thread.mask;
      thread.mask = mask;
    }
    return { wait: waitFor('waits for a signal'), queues: [], onSignal: 'interrupt' };
  },

  rt_sigtimedwait(call) {
    checkSetSize(call, 3);
    const { thread, memory, kernel } = call;
    const [infoAt, timeoutAt] = [call.word(1), call.word(2)];
    const wanted = memory.readU64(call.word(0)) & ~UNBLOCKABLE;
    const deadline = call.resumed
      ? call.resumed.wait.deadline
      : timeoutAt === 0
        ? undefined
        : kernel.clock.monotonic() + Number(readTimespec(memory.view(timeoutAt, 16)) ?? fail(Errno.EINVAL));
    const info = thread.pending.take(wanted) ?? thread.process.pending.take(wanted);
    thread.awaited = 0n;
    if (info) {
      if (infoAt !== 0) memory.write(infoAt, signalInfo(info));
      return info.signal;
    }
    if (deadline !== undefined && kernel.clock.monotonic() >= deadline) return -Errno.EAGAIN;
    thread.awaited = wanted;
    const interrupted = (): void => void (thread.awaited = 0n);
    return { wait: waitFor('waits for a signal', deadline), queues: [], onSignal: 'interrupt', interrupted };
  },

  rt_sigreturn(call) {
    call.kernel.signals.return();
    return NO_RETURN;
  },

  rt_sigqueueinfo(call) {
    const info = queuedInfo(call, 1, 2);
    const target = call.kernel.processes.get(call.int(0));
    if (!target) return fail(Errno.ESRCH);
    return call.kernel.signals.sendToProcess(target, info) ? 0 : fail(Errno.EAGAIN);
  },

  rt_tgsigqueueinfo(call) {
    const info = queuedInfo(call, 2, 3);
    return toThread(call, call.int(0), call.int(1), info);
  },

  sigaltstack(call) {
    const { thread, memory } = call;
    const sp = call.kernel.hart.xNumber(SP);
    const [newAt, oldAt] = [call.word(0), call.word(1)];
    const flags = call.kernel.signals.alternateStackFlags(thread, sp);
    const old = new DataView(new ArrayBuffer(24));
    old.setBigUint64(0, BigInt(thread.alternateStack.start), true);
    old.setInt32(8, flags, true);
    old.setBigUint64(16, BigInt(thread.alternateStack.size), true);
    if (newAt !== 0) {
      const given = memory.view(newAt, 24);
      const wanted = given.getUint32(8, true);
      const [start, size] = [Number(given.getBigUint64(0, true)), Number(given.getBigUint64(16, true))];
      if (flags & AltStack.OnStack) fail(Errno.EPERM);
      if (wanted & ~(AltStack.OnStack | AltStack.Disable | AltStack.AutoDisarm)) fail(Errno.EINVAL);
      if (!(wanted & AltStack.Disable) && size < (AltStack.MinSize as number)) fail(Errno.ENOMEM);
      const keep = wanted & AltStack.AutoDisarm;
      thread.alternateStack = wanted & AltStack.Disable ? NO_ALTERNATE_STACK : { start, size, flags: keep };
    }
    if (oldAt !== 0) memory.write(oldAt, new Uint8Array(old.buffer));
    return 0;
  },

  kill(call) {
    const [pid, signal] = [call.int(0), call.int(1)];
    const targets = killTargets(call, pid);
    if (targets.length === 0) fail(Errno.ESRCH);
    if (signal !== 0 && !isSignal(signal)) fail(Errno.EINVAL);
    if (signal !== 0)
      for (const target of targets) call.kernel.signals.sendToProcess(target, fromUser(call, signal, SignalCode.User));
    return 0;
  },

  pidfd_send_signal(call) {
    const file = call.process.files.get(call.int(0));
    const signal = call.int(1);
    if (!(file instanceof ProcessFile)) return fail(Errno.EBADF);
    if (call.uint(3) !== 0 || (signal !== 0 && !isSignal(signal))) return fail(Errno.EINVAL);
    const info = call.word(2) === 0 ? fromUser(call, signal, SignalCode.User) : queuedInfo(call, 1, 2);
    if (file.process.state === 'reaped') return fail(Errno.ESRCH);
    if (signal !== 0) call.kernel.signals.sendToProcess(file.process, info);
    return 0;
  },

  tkill: (call) => toThread(call, undefined, call.int(0), fromUser(call, call.int(1), SignalCode.Tkill)),
  tgkill: (call) => toThread(call, call.int(0), call.int(1), fromUser(call, call.int(2), SignalCode.Tkill)),
};

function isSignal(signal: number): boolean {
  return signal >= 1 && signal <= (Signal.Last as number);
}

function checkSetSize(call: Syscall, index: number): void {
  if (call.word(index) !== SET_SIZE) fail(Errno.EINVAL);
}

function fromUser({ process }: Syscall, signal: number, code: number): SignalInfo {
  return { signal, code, pid: process.pid, uid: USER_ID };
}

/** kill(2)'s pid argument. */
function killTargets({ kernel, process }: Syscall, pid: number): ThreadGroup[] {
  const all = [...kernel.processes.values()];
  if (pid > 0) return all.filter((each) => each.pid === pid);
  if (pid === -1) return all.filter((each) => each.pid !== 1 && each !== process);
  const group = pid === 0 ? process.processGroup : -pid;
  return all.filter((each) => each.processGroup === group);
}

function toThread({ kernel }: Syscall, pid: number | undefined, tid: number, info: SignalInfo): number {
  if (tid <= 0 || (pid !== undefined && pid <= 0) || (info.signal !== 0 && !isSignal(info.signal))) fail(Errno.EINVAL);
  const thread = kernel.lifeCycle.thread(tid);
  if (!thread || (pid !== undefined && thread.process.pid !== pid)) return fail(Errno.ESRCH);
  if (info.signal === 0) return 0;
  return kernel.signals.sendToThread(thread, info) ? 0 : fail(Errno.EAGAIN);
}

/** The siginfo_t that sigqueue(3) passes; one that claims to be the kernel's is refused. */
function queuedInfo(call: Syscall, signalAt: number, infoAt: number): SignalInfo {
  const signal = call.int(signalAt);
  if (!isSignal(signal)) fail(Errno.EINVAL);
  const given = call.memory.view(call.word(infoAt), SIGINFO_SIZE);
  const code = given.getInt32(8, true);
  if (code >= 0 || code === SignalCode.Tkill) fail(Errno.EPERM);
  const value: SignalSet = given.getBigUint64(24, true);
  return { signal, code, pid: given.getInt32(16, true), uid: given.getUint32(20, true), value };
}
