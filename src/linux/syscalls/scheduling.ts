import { Errno, fail } from '../abi/errno.ts';
import { timespec } from '../abi/structs.ts';
import { USER_ID } from '../identity.ts';
import { Resource } from '../resource-limits.ts';
import type { Syscall } from '../syscall.ts';
import type { Scheduling, Thread } from '../thread.ts';
import type { SyscallFamily } from './table.ts';

const enum Policy {
  Other = 0,
  Fifo = 1,
  RoundRobin = 2,
  Batch = 3,
  Idle = 5,
  Deadline = 6,
}

const RESET_ON_FORK = 0x4000_0000;
const MAX_REALTIME = 99;
/** struct sched_attr: its first version, and the one with utilisation. */
const ATTRIBUTES_SIZE = 48;
const ATTRIBUTES_WITH_UTILISATION = 56;
const MAX_ATTRIBUTES = 4096;
/** SCHED_FLAG_RESET_ON_FORK. */
const FLAG_RESET_ON_FORK = 1;

/** Whose priority is meant: PRIO_PROCESS, PRIO_PGRP, PRIO_USER; ioprio_get(2) counts from 1. */
const enum Whose {
  Process = 0,
  ProcessGroup = 1,
  User = 2,
}

const enum IoClass {
  None = 0,
  RealTime = 1,
  BestEffort = 2,
  Idle = 3,
}
const IO_CLASS_SHIFT = 13;
const IO_LEVELS = 8;

/** What a thread gets in one turn, in nanoseconds: for those who ask. */
const TURN = 100_000n;

/** Policies and priorities: kept for those who ask; the scheduler gives every thread its turn. */
export const SCHEDULING_SYSCALLS: SyscallFamily = {
  sched_yield: ({ kernel }) => {
    kernel.yields = true;
    return 0;
  },

  sched_getaffinity(call) {
    threadOf(call);
    if (call.word(1) < 8 || call.word(1) % 8 !== 0) fail(Errno.EINVAL);
    call.memory.writeU64(call.word(2), 1n);
    return 8;
  },

  sched_setaffinity(call) {
    const mask = call.word(1) === 0 ? 0 : call.memory.read(call.word(2), 1)[0];
    threadOf(call);
    return mask & 1 ? 0 : fail(Errno.EINVAL);
  },

  sched_getscheduler: (call) => {
    const { policy, resetsOnFork } = threadOf(call).scheduling;
    return policy | (resetsOnFork ? RESET_ON_FORK : 0);
  },

  sched_setscheduler(call) {
    const [policy, at] = [call.int(1), call.word(2)];
    if (policy < 0 || at === 0) return fail(Errno.EINVAL);
    const priority = call.memory.readU32(at) | 0;
    const thread = threadOf(call);
    const wanted = { policy: policy & ~RESET_ON_FORK, resetsOnFork: (policy & RESET_ON_FORK) !== 0 };
    change(thread, { ...thread.scheduling, ...wanted }, priority);
    return 0;
  },

  sched_setparam(call) {
    if (call.word(1) === 0) return fail(Errno.EINVAL);
    const priority = call.memory.readU32(call.word(1)) | 0;
    const thread = threadOf(call);
    change(thread, thread.scheduling, priority);
    return 0;
  },

  sched_getparam(call) {
    if (call.word(1) === 0) return fail(Errno.EINVAL);
    threadOf(call);
    call.memory.writeU32(call.word(1), 0);
    return 0;
  },

  sched_setattr(call) {
    const at = call.word(1);
    if (at === 0 || call.int(0) < 0 || call.uint(2) !== 0) return fail(Errno.EINVAL);
    const size = call.memory.readU32(at) || ATTRIBUTES_SIZE;
    if (size < ATTRIBUTES_SIZE || size > MAX_ATTRIBUTES) return fail(Errno.E2BIG);
    const given = call.memory.view(at, ATTRIBUTES_SIZE);
    const flags = Number(given.getBigUint64(8, true));
    const policy = given.getInt32(4, true);
    if (policy < 0 || flags & ~0x7f) return fail(Errno.EINVAL);
    const thread = threadOf(call);
    const nice = Math.max(-20, Math.min(19, given.getInt32(16, true)));
    const wanted = { policy, nice, resetsOnFork: (flags & FLAG_RESET_ON_FORK) !== 0 };
    change(thread, { ...thread.scheduling, ...wanted }, given.getInt32(20, true));
    return 0;
  },

  sched_getattr(call) {
    const size = call.uint(2);
    if (call.word(1) === 0 || size < ATTRIBUTES_SIZE || size > MAX_ATTRIBUTES || call.uint(3) !== 0)
      return fail(Errno.EINVAL);
    const { policy, nice, resetsOnFork } = threadOf(call).scheduling;
    const told = Math.min(size, ATTRIBUTES_WITH_UTILISATION);
    const view = new DataView(new ArrayBuffer(told));
    view.setUint32(0, told, true);
    view.setUint32(4, policy, true);
    view.setBigUint64(8, resetsOnFork ? 1n : 0n, true);
    view.setInt32(16, nice, true);
    call.memory.write(call.word(1), new Uint8Array(view.buffer));
    return 0;
  },

  sched_get_priority_max: (call) => (isRealTime(call.int(0)) ? MAX_REALTIME : known(call.int(0), 0)),
  sched_get_priority_min: (call) => (isRealTime(call.int(0)) ? 1 : known(call.int(0), 0)),

  sched_rr_get_interval(call) {
    threadOf(call);
    call.memory.write(call.word(1), timespec(TURN));
    return 0;
  },

  getpriority(call) {
    const nice = threadsOf(call, call.int(0), call.int(1)).map(({ scheduling }) => scheduling.nice);
    // The highest priority among them, counted so that no result looks like an error.
    return 20 - Math.min(...nice);
  },

  setpriority(call) {
    const nice = Math.max(-20, Math.min(19, call.int(2)));
    const threads = threadsOf(call, call.int(0), call.int(1));
    for (const thread of threads) {
      if (nice < thread.scheduling.nice) mayBeNice(thread, nice);
      thread.scheduling = { ...thread.scheduling, nice };
    }
    return 0;
  },

  ioprio_get(call) {
    const priorities = threadsOf(call, call.int(0) - 1, call.int(1)).map(({ scheduling }) => scheduling.ioPriority);
    return Math.min(...priorities);
  },

  ioprio_set(call) {
    const priority = call.int(2);
    const [kind, level] = [(priority >> IO_CLASS_SHIFT) as IoClass, priority & (IO_LEVELS - 1)];
    if (kind === IoClass.RealTime) return fail(Errno.EPERM);
    if (kind > IoClass.Idle || kind < IoClass.None || (kind === IoClass.None && level > 0)) return fail(Errno.EINVAL);
    for (const thread of threadsOf(call, call.int(0) - 1, call.int(1)))
      thread.scheduling = { ...thread.scheduling, ioPriority: priority };
    return 0;
  },
};

/** The thread of argument 0; 0 is the caller. */
function threadOf(call: Syscall): Thread {
  const tid = call.int(0);
  if (tid < 0) return fail(Errno.EINVAL);
  return tid === 0 ? call.thread : (call.kernel.lifeCycle.thread(tid) ?? fail(Errno.ESRCH));
}

function threadsOf({ kernel, thread, process }: Syscall, whose: Whose, id: number): readonly Thread[] {
  const { threads } = kernel.lifeCycle;
  const selected = {
    [Whose.Process]: () => (id === 0 ? [thread] : threads.filter(({ tid }) => tid === id)),
    [Whose.ProcessGroup]: () => threads.filter((each) => each.process.processGroup === (id || process.processGroup)),
    [Whose.User]: () => (id === 0 || id === USER_ID ? threads : []),
  }[whose];
  if (!selected) return fail(Errno.EINVAL);
  const found = selected();
  return found.length > 0 ? found : fail(Errno.ESRCH);
}

function change(thread: Thread, wanted: Scheduling, priority: number): void {
  const policy: Policy = wanted.policy;
  if (policy === Policy.Deadline) fail(Errno.EINVAL);
  if (isRealTime(policy)) fail(priority >= 1 && priority <= MAX_REALTIME ? Errno.EPERM : Errno.EINVAL);
  known(policy, 0);
  if (priority !== 0) fail(Errno.EINVAL);
  if (wanted.nice < thread.scheduling.nice) mayBeNice(thread, wanted.nice);
  if (thread.scheduling.resetsOnFork && !wanted.resetsOnFork) fail(Errno.EPERM);
  thread.scheduling = wanted;
}

/** RLIMIT_NICE says how far a user may go below. */
function mayBeNice({ process }: Thread, nice: number): void {
  const { soft } = process.limits.get(Resource.Nice)!;
  if (BigInt(20 - nice) > soft) fail(Errno.EACCES);
}

function isRealTime(policy: number): boolean {
  return policy === (Policy.Fifo as number) || policy === (Policy.RoundRobin as number);
}

/** @returns `result` for a policy that there is. */
function known(policy: Policy, result: number): number {
  return [Policy.Other, Policy.Batch, Policy.Idle, Policy.Deadline].includes(policy) ? result : fail(Errno.EINVAL);
}
