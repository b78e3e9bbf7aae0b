import { PAGE_SIZE } from '../../memory/address.ts';
import { Errno, fail } from '../abi/errno.ts';
import { Signal } from '../abi/signal-number.ts';
import { systemInformation, utsname } from '../abi/structs.ts';
import { UTSNAME } from '../identity.ts';
import { Resource } from '../resource-limits.ts';
import type { Syscall } from '../syscall.ts';
import type { ThreadGroup } from '../thread-group.ts';
import { COPY_CHUNK, decodeText, encodeText } from '../user-memory.ts';
import type { SyscallFamily } from './table.ts';

const enum Prctl {
  SetParentDeathSignal = 1,
  GetParentDeathSignal = 2,
  GetDumpable = 3,
  SetDumpable = 4,
  SetName = 15,
  GetName = 16,
  SetTimerSlack = 29,
  GetTimerSlack = 30,
  SetNoNewPrivileges = 38,
  GetNoNewPrivileges = 39,
}

const COMM_SIZE = 16;
const SCHED_OTHER = 0;
/** Default of PR_SET_TIMERSLACK, in nanoseconds. */
const TIMER_SLACK = 50_000;

/** RISCV_HWPROBE_ keys (Documentation/arch/riscv/hwprobe.rst) and what this machine says to them. */
const HWPROBE: ReadonlyMap<bigint, bigint> = new Map([
  [0n, 0n],
  [1n, 0n],
  [2n, 0n],
  // BASE_BEHAVIOR: the IMA base. IMA_EXT_0: F and D, and C.
  [3n, 1n],
  [4n, 3n],
  // CPUPERF_0: misaligned accesses are fast.
  [5n, 3n],
]);
const ALL_KEYS = 0xffff_ffff_ffff_ffffn;

/** The machine and its limits. */
export const SYSTEM_SYSCALLS: SyscallFamily = {
  uname(call) {
    call.memory.write(call.word(0), utsname(UTSNAME));
    return 0;
  },

  sysinfo(call) {
    const { frames, clock, processes } = call.kernel;
    const uptime = Math.floor(clock.monotonic() / 1e9);
    const [total, free] = [frames.total * PAGE_SIZE, frames.available * PAGE_SIZE];
    call.memory.write(call.word(0), systemInformation(uptime, total, free, processes.size));
    return 0;
  },

  getrandom(call) {
    const length = Math.min(call.word(1), 0x1ff_ffff);
    if (call.uint(2) & ~7) fail(Errno.EINVAL);
    let done = 0;
    while (done < length) {
      const chunk = new Uint8Array(Math.min(COPY_CHUNK, length - done));
      call.kernel.random.fill(chunk);
      const stored = call.memory.writeSome(call.word(0) + done, chunk);
      done += stored;
      if (stored < chunk.length) return done > 0 ? done : fail(Errno.EFAULT);
    }
    return done;
  },

  prlimit64: (call) => limit(call, processOf(call, 0), call.uint(1), call.word(2), call.word(3)),
  getrlimit: (call) => limit(call, call.process, call.uint(0), 0, call.word(1)),
  setrlimit: (call) => limit(call, call.process, call.uint(0), call.word(1), 0),

  prctl(call) {
    const { thread, memory } = call;
    switch (call.int(0) as Prctl) {
      case Prctl.SetName: {
        const name = memory.readStringBytes(call.word(1), 4096, Errno.EINVAL);
        thread.comm = decodeText(name.subarray(0, COMM_SIZE - 1));
        return 0;
      }
      case Prctl.GetName: {
        const name = new Uint8Array(COMM_SIZE);
        name.set(encodeText(thread.comm).subarray(0, COMM_SIZE - 1));
        memory.write(call.word(1), name);
        return 0;
      }
      case Prctl.GetParentDeathSignal:
        memory.writeU32(call.word(1), 0);
        return 0;
      case Prctl.GetDumpable:
        return 1;
      case Prctl.SetDumpable:
      case Prctl.SetTimerSlack:
      case Prctl.SetNoNewPrivileges:
        return 0;
      case Prctl.GetTimerSlack:
        return TIMER_SLACK;
      case Prctl.GetNoNewPrivileges:
        return 0;
      case Prctl.SetParentDeathSignal:
        return call.int(1) >= 0 && call.int(1) <= (Signal.Last as number) ? 0 : fail(Errno.EINVAL);
      default:
        return fail(Errno.EINVAL);
    }
  },

  sched_yield: ({ kernel }) => {
    kernel.yields = true;
    return 0;
  },

  sched_getaffinity(call) {
    if (call.word(1) < 8 || call.word(1) % 8 !== 0) fail(Errno.EINVAL);
    call.memory.writeU64(call.word(2), 1n);
    return 8;
  },

  sched_setaffinity: (call) => (call.memory.readU64(call.word(2)) & 1n ? 0 : fail(Errno.EINVAL)),
  sched_getscheduler: () => SCHED_OTHER,
  sched_setscheduler: (call) => (call.int(1) === SCHED_OTHER ? 0 : fail(Errno.EPERM)),
  sched_setparam: () => 0,

  sched_getparam(call) {
    call.memory.writeU32(call.word(1), 0);
    return 0;
  },

  sched_get_priority_max: () => 0,
  sched_get_priority_min: () => 0,
  getpriority: () => 20,
  setpriority: () => 0,

  getcpu(call) {
    for (const index of [0, 1]) if (call.word(index) !== 0) call.memory.writeU32(call.word(index), 0);
    return 0;
  },

  // A single hart: what it stored, it sees.
  riscv_flush_icache: () => 0,

  riscv_hwprobe(call) {
    const [pairs, count] = [call.word(0), call.word(1)];
    if (call.uint(4) !== 0 || count > 64) fail(Errno.EINVAL);
    for (let i = 0; i < count; i++) {
      const at = pairs + i * 16;
      const key = call.memory.readU64(at);
      const known = HWPROBE.get(key);
      call.memory.writeU64(at, known === undefined ? ALL_KEYS : key);
      call.memory.writeU64(at + 8, known ?? 0n);
    }
    return 0;
  },

  // libc asks for these at start and does without.
  rseq: () => -Errno.ENOSYS,
  membarrier: () => -Errno.ENOSYS,
  landlock_create_ruleset: () => -Errno.EOPNOTSUPP,
};

function processOf(call: Syscall, index: number): ThreadGroup {
  const pid = call.int(index);
  return pid === 0 ? call.process : (call.kernel.processes.get(pid) ?? fail(Errno.ESRCH));
}

function limit(call: Syscall, process: ThreadGroup, resource: number, newAt: number, oldAt: number): number {
  const old = process.limits.get(resource);
  if (!old || resource >= (Resource.Count as number)) return fail(Errno.EINVAL);
  if (newAt !== 0) {
    const given = call.memory.view(newAt, 16);
    const [soft, hard] = [given.getBigUint64(0, true), given.getBigUint64(8, true)];
    if (soft > hard) fail(Errno.EINVAL);
    if (hard > old.hard) fail(Errno.EPERM);
    process.limits.set(resource, { soft, hard });
  }
  if (oldAt !== 0) call.memory.write(oldAt, new Uint8Array(new BigUint64Array([old.soft, old.hard]).buffer));
  return 0;
}
