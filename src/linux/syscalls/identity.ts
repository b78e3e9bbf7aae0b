import { Errno, fail } from '../abi/errno.ts';
import { GROUP_ID, USER_ID } from '../identity.ts';
import type { Syscall } from '../syscall.ts';
import type { ThreadGroup } from '../thread-group.ts';
import type { SyscallFamily } from './table.ts';

/** Who is who: process, group, session and user ids. */
export const IDENTITY_SYSCALLS: SyscallFamily = {
  getpid: ({ process }) => process.pid,
  getppid: ({ process }) => process.parentPid,
  gettid: ({ thread }) => thread.tid,
  getuid: () => USER_ID,
  geteuid: () => USER_ID,
  getgid: () => GROUP_ID,
  getegid: () => GROUP_ID,
  getresuid: (call) => writeThree(call, USER_ID),
  getresgid: (call) => writeThree(call, GROUP_ID),
  setuid: (call) => become(USER_ID, [call.uint(0)]),
  setgid: (call) => become(GROUP_ID, [call.uint(0)]),
  setreuid: (call) => become(USER_ID, [call.uint(0), call.uint(1)]),
  setregid: (call) => become(GROUP_ID, [call.uint(0), call.uint(1)]),
  setresuid: (call) => become(USER_ID, [call.uint(0), call.uint(1), call.uint(2)]),
  setresgid: (call) => become(GROUP_ID, [call.uint(0), call.uint(1), call.uint(2)]),
  getgroups: (call) => (call.int(0) < 0 ? fail(Errno.EINVAL) : 0),

  setpgid(call) {
    const target = call.int(0) === 0 ? call.process : call.kernel.processes.get(call.int(0));
    const group = call.int(1) || call.int(0) || call.process.pid;
    if (group < 0) return fail(Errno.EINVAL);
    if (!target) return fail(Errno.ESRCH);
    if (target !== call.process) {
      if (target.parentPid !== call.process.pid) return fail(Errno.ESRCH);
      if (target.executed) return fail(Errno.EACCES);
    }
    if (target.session === target.pid || target.session !== call.process.session) return fail(Errno.EPERM);
    const members = [...call.kernel.processes.values()];
    const exists = members.some((each) => each.processGroup === group && each.session === target.session);
    if (group !== target.pid && !exists) return fail(Errno.EPERM);
    target.processGroup = group;
    return 0;
  },

  getpgid: (call) => processOf(call).processGroup,
  getsid: (call) => processOf(call).session,

  setsid(call) {
    const { process, kernel } = call;
    const leads = [...kernel.processes.values()].some((each) => each.processGroup === process.pid);
    if (leads) fail(Errno.EPERM);
    process.session = process.pid;
    process.terminal = undefined;
    process.processGroup = process.pid;
    return process.pid;
  },
};

/** The process of argument 0; 0 is the caller. */
function processOf(call: Syscall): ThreadGroup {
  const pid = call.int(0);
  return pid === 0 ? call.process : (call.kernel.processes.get(pid) ?? fail(Errno.ESRCH));
}

function writeThree(call: Syscall, id: number): number {
  for (const index of [0, 1, 2]) call.memory.writeU32(call.word(index), id);
  return 0;
}

/** A user may set ids to what they are; -1 leaves one alone. */
function become(own: number, wanted: readonly number[]): number {
  return wanted.every((id) => id === own || id === 0xffff_ffff) ? 0 : fail(Errno.EPERM);
}
