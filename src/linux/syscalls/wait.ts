import { Errno, fail } from '../abi/errno.ts';
import { Open, WaitFlag } from '../abi/flags.ts';
import { Signal, SignalCode } from '../abi/signal-number.ts';
import { resourceUsage, signalInfo, SIGINFO_SIZE } from '../abi/structs.ts';
import { ProcessFile } from '../files/process-file.ts';
import { USER_ID } from '../identity.ts';
import type { ExitStatus } from '../process.ts';
import type { SignalInfo } from '../signal-queue.ts';
import type { Syscall } from '../syscall.ts';
import type { ThreadGroup } from '../thread-group.ts';
import { type Suspension, waitFor } from '../wait-queue.ts';
import type { SyscallFamily } from './table.ts';

const INT_MIN = -0x8000_0000;

const enum IdType {
  All = 0,
  Pid = 1,
  ProcessGroup = 2,
  PidFile = 3,
}

/** Which children count (wait(2), "Linux notes"). */
const enum Whose {
  /** Only those that this thread made, not other threads of the process. */
  NoThread = 0x2000_0000,
  /** Whatever signal they send at their end. */
  All = 0x4000_0000,
  /** Only those that send another signal than SIGCHLD, or none. */
  Clone = 0x8000_0000,
}
const WHOSE = Whose.NoThread | Whose.All | Whose.Clone;

/** Waiting for children. */
export const WAIT_SYSCALLS: SyscallFamily = {
  wait4(call) {
    const which = call.int(0);
    const flags = call.uint(2);
    if ((flags & ~(WaitFlag.NoHang | WaitFlag.Untraced | WaitFlag.Continued | WHOSE)) !== 0) fail(Errno.EINVAL);
    if (which === INT_MIN) fail(Errno.ESRCH);
    const found = findChild(call, (child) => matches(call, child, which), flags | WaitFlag.Exited);
    if (!found) return flags & WaitFlag.NoHang ? 0 : suspension(call, which);
    const [statusAt, usageAt] = [call.word(1), call.word(3)];
    const usage = usageOf(found.child);
    if (statusAt !== 0) call.memory.writeU32(statusAt, waitStatus(found));
    if (usageAt !== 0) call.memory.write(usageAt, usage);
    found.take();
    return found.child.pid;
  },

  waitid(call) {
    const kind: IdType = call.int(0);
    const id = call.int(1);
    const flags = call.uint(3);
    const wanted = WaitFlag.Exited | WaitFlag.Untraced | WaitFlag.Continued;
    if ((flags & wanted) === 0 || flags & ~(wanted | WaitFlag.NoHang | WaitFlag.NoWait | WHOSE)) fail(Errno.EINVAL);
    const which = {
      [IdType.All]: -1,
      [IdType.Pid]: id,
      [IdType.PidFile]: kind === IdType.PidFile ? pidOf(call, id) : undefined,
      [IdType.ProcessGroup]: id === 0 ? -call.process.processGroup : -id,
    }[kind];
    if (which === undefined || (kind === IdType.Pid && id <= 0)) return fail(Errno.EINVAL);
    const found = findChild(call, (child) => matches(call, child, which), flags);
    if (!found && kind === IdType.PidFile && call.process.files.get(id).flags & Open.NonBlock)
      return fail(Errno.EAGAIN);
    if (!found && !(flags & WaitFlag.NoHang)) return suspension(call, which);
    const [infoAt, usageAt] = [call.word(2), call.word(4)];
    if (infoAt !== 0) call.memory.write(infoAt, found ? signalInfo(childInfo(found)) : new Uint8Array(SIGINFO_SIZE));
    if (usageAt !== 0 && found) call.memory.write(usageAt, usageOf(found.child));
    if (!(flags & WaitFlag.NoWait)) found?.take();
    return 0;
  },
};

function pidOf({ process }: Syscall, fd: number): number {
  const file = process.files.get(fd);
  return file instanceof ProcessFile ? file.process.pid : fail(Errno.EBADF);
}

type Change = ExitStatus | { readonly kind: 'stopped'; readonly signal: number } | { readonly kind: 'continued' };

interface Found {
  readonly child: ThreadGroup;
  readonly change: Change;
  /** Takes the change, so that it is not reported again. */
  readonly take: () => void;
}

/** wait4's pid argument: a pid, -1 for any, 0 for the own process group, else a negated process group. */
function matches(call: Syscall, child: ThreadGroup, which: number): boolean {
  if (which > 0) return child.pid === which;
  if (which === -1) return true;
  return child.processGroup === (which === 0 ? call.process.processGroup : -which);
}

/** A child with something to report. Leaves with ECHILD when no child could ever have. */
function findChild(call: Syscall, wanted: (child: ThreadGroup) => boolean, flags: number): Found | undefined {
  const { family } = call.kernel.lifeCycle;
  const children = family.childrenOf(call.process).filter((child) => wanted(child) && counts(call, child, flags));
  if (children.length === 0) fail(Errno.ECHILD);
  for (const child of children) {
    const report = child.stopReport;
    if (child.state === 'zombie') {
      if (flags & WaitFlag.Exited) return { child, change: child.exitStatus!, take: () => family.collect(child) };
    } else if (report && flags & (report.kind === 'stopped' ? WaitFlag.Untraced : WaitFlag.Continued))
      return { child, change: report, take: () => void (child.stopReport = undefined) };
  }
  return undefined;
}

/** What a child and those it has waited for have used. */
function usageOf(child: ThreadGroup): Uint8Array {
  return resourceUsage(child.usage().add(child.childUsage), Math.max(child.peakPages, child.childPeak));
}

function counts({ thread }: Syscall, child: ThreadGroup, flags: number): boolean {
  if (flags & Whose.NoThread && child.parentThread !== thread) return false;
  if (flags & Whose.All) return true;
  return (child.exitSignal !== (Signal.SIGCHLD as number)) === ((flags & Whose.Clone) !== 0);
}

function suspension({ process }: Syscall, which: number): Suspension {
  const whom = which > 0 ? `child ${which}` : 'a child';
  return { wait: waitFor(`waits for ${whom} to end`), queues: [process.childEvents], onSignal: 'restart' };
}

/** The status word of wait(2). */
function waitStatus({ change }: Found): number {
  switch (change.kind) {
    case 'exited':
      return (change.code & 0xff) << 8;
    case 'signaled':
      return change.signal;
    case 'stopped':
      return (change.signal << 8) | 0x7f;
    case 'continued':
      return 0xffff;
  }
}

function childInfo({ child, change }: Found): SignalInfo {
  const common = { signal: Signal.SIGCHLD, pid: child.pid, uid: USER_ID };
  switch (change.kind) {
    case 'exited':
      return { ...common, code: SignalCode.ChildExited, status: change.code };
    case 'signaled':
      return { ...common, code: SignalCode.ChildKilled, status: change.signal };
    case 'stopped':
      return { ...common, code: SignalCode.ChildStopped, status: change.signal };
    case 'continued':
      return { ...common, code: SignalCode.ChildContinued, status: Signal.SIGCONT };
  }
}
