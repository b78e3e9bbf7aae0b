import { Errno, fail } from '../abi/errno.ts';
import { Resource } from '../resource-limits.ts';
import type { Syscall } from '../syscall.ts';
import type { ThreadGroup } from '../thread-group.ts';
import type { SyscallFamily } from './table.ts';

/** Limits of what a process may use. */
export const RESOURCE_SYSCALLS: SyscallFamily = {
  prlimit64(call) {
    const pid = call.int(0);
    const target = pid === 0 ? call.process : (call.kernel.lifeCycle.thread(pid)?.process ?? fail(Errno.ESRCH));
    return limit(call, target, call.uint(1), call.word(2), call.word(3));
  },
  getrlimit: (call) => limit(call, call.process, call.uint(0), 0, call.word(1)),
  setrlimit: (call) => limit(call, call.process, call.uint(0), call.word(1), 0),
};

function limit(call: Syscall, process: ThreadGroup, resource: number, newAt: number, oldAt: number): number {
  const old = process.limits.get(resource);
  if (!old || resource >= (Resource.Count as number)) return fail(Errno.EINVAL);
  if (newAt !== 0) {
    const given = call.memory.view(newAt, 16);
    const [soft, hard] = [given.getBigUint64(0, true), given.getBigUint64(8, true)];
    if (soft > hard) fail(Errno.EINVAL);
    if (hard > old.hard) fail(Errno.EPERM);
    process.limits.set(resource, { soft, hard });
    if (resource === (Resource.Cpu as number)) call.kernel.deadlines.programCpu();
    if (resource === (Resource.Stack as number) && process.space)
      process.memory.setStackLimit(process.limits.bytes(resource));
  }
  if (oldAt !== 0) call.memory.write(oldAt, new Uint8Array(new BigUint64Array([old.soft, old.hard]).buffer));
  return 0;
}
