import { Errno, fail } from '../abi/errno.ts';
import { ClockId } from '../abi/flags.ts';
import { readTimespec, readTimeval, resourceUsage, timespec, timeval } from '../abi/structs.ts';
import { CLOCK_TICKS } from '../identity.ts';
import type { Outcome, Syscall } from '../syscall.ts';
import { waitFor } from '../wait-queue.ts';
import type { SyscallFamily } from './table.ts';

const TIMER_ABSTIME = 1;
const ITIMER_REAL = 0;
const NS_PER_TICK = 1_000_000_000 / CLOCK_TICKS;

const enum Usage {
  Self = 0,
  Children = -1,
  Thread = 1,
}

/** Clocks and sleeping: all virtual (see clock.ts). */
export const TIME_SYSCALLS: SyscallFamily = {
  clock_gettime(call) {
    call.memory.write(call.word(1), timespec(read(call, call.int(0))));
    return 0;
  },

  clock_getres(call) {
    read(call, call.int(0));
    if (call.word(1) !== 0) call.memory.write(call.word(1), timespec(1n));
    return 0;
  },

  gettimeofday(call) {
    if (call.word(0) !== 0) call.memory.write(call.word(0), timeval(call.kernel.clock.realtime()));
    if (call.word(1) !== 0) call.memory.writeU64(call.word(1), 0n);
    return 0;
  },

  nanosleep: (call) => sleep(call, ClockId.Monotonic, 0, call.word(0), call.word(1)),
  clock_nanosleep: (call) => sleep(call, call.int(0), call.int(1), call.word(2), call.word(3)),

  times(call) {
    const { process, kernel, memory } = call;
    kernel.accountTime();
    const ticks = (ns: number): bigint => BigInt(Math.floor(ns / NS_PER_TICK));
    if (call.word(0) !== 0) {
      const counts = [ticks(process.instructions()), 0n, ticks(process.childInstructions), 0n];
      memory.write(call.word(0), new Uint8Array(new BigInt64Array(counts).buffer));
    }
    return Number(ticks(kernel.clock.monotonic()));
  },

  getrusage(call) {
    const { process, kernel, thread } = call;
    kernel.accountTime();
    const counts = {
      [Usage.Self]: () => process.instructions(),
      [Usage.Children]: () => process.childInstructions,
      [Usage.Thread]: () => thread.instructions,
    }[call.int(0)];
    if (!counts) return fail(Errno.EINVAL);
    const resident = Math.floor((kernel.frames.peak * 4096) / 1024);
    call.memory.write(call.word(1), resourceUsage(BigInt(counts()), resident));
    return 0;
  },

  setitimer(call) {
    const { process, memory, kernel } = call;
    if (call.int(0) !== ITIMER_REAL) fail(Errno.EINVAL);
    const [newAt, oldAt] = [call.word(1), call.word(2)];
    const given = newAt === 0 ? undefined : memory.view(newAt, 32);
    const interval = given ? (readTimeval(given, 0) ?? fail(Errno.EINVAL)) : 0n;
    const value = given ? (readTimeval(given, 16) ?? fail(Errno.EINVAL)) : 0n;
    if (oldAt !== 0) writeTimer(call, oldAt);
    const at = value === 0n ? 0 : kernel.clock.monotonic() + Number(value);
    process.alarm = { at, interval: Number(interval) };
    if (at !== 0) kernel.clock.programEvent(at);
    return 0;
  },

  getitimer(call) {
    if (call.int(0) !== ITIMER_REAL) fail(Errno.EINVAL);
    writeTimer(call, call.word(1));
    return 0;
  },
};

/** Nanoseconds on a clock. */
function read({ kernel, process, thread }: Syscall, clock: number): bigint {
  switch (clock as ClockId) {
    case ClockId.Realtime:
    case ClockId.RealtimeCoarse:
      return kernel.clock.realtime();
    case ClockId.Monotonic:
    case ClockId.MonotonicRaw:
    case ClockId.MonotonicCoarse:
    case ClockId.Boottime:
      return BigInt(kernel.clock.monotonic());
    case ClockId.ProcessCpu:
      kernel.accountTime();
      return BigInt(process.instructions());
    case ClockId.ThreadCpu:
      kernel.accountTime();
      return BigInt(thread.instructions);
    default:
      return fail(Errno.EINVAL);
  }
}

function sleep(call: Syscall, clock: number, flags: number, requestAt: number, remainingAt: number): Outcome {
  const { kernel, memory, resumed } = call;
  const now = kernel.clock.monotonic();
  const absolute = (flags & TIMER_ABSTIME) !== 0;
  let deadline = resumed?.wait.deadline;
  if (deadline === undefined) {
    if (clock === (ClockId.ThreadCpu as number)) fail(Errno.EINVAL);
    const current = read(call, clock);
    const time = readTimespec(memory.view(requestAt, 16)) ?? fail(Errno.EINVAL);
    deadline = now + Number(absolute ? time - current : time);
  }
  if (deadline <= now) return 0;
  const until = deadline;
  return {
    wait: waitFor('sleeps', until),
    queues: [],
    onSignal: 'interrupt',
    interrupted: () => {
      const left = Math.max(0, Math.ceil(until - kernel.clock.monotonic()));
      if (!absolute && remainingAt !== 0) memory.writeSome(remainingAt, timespec(BigInt(left)));
    },
  };
}

/** struct itimerval of the process's timer. */
function writeTimer({ process, kernel, memory }: Syscall, address: number): void {
  const { at, interval } = process.alarm;
  const left = at === 0 ? 0 : Math.max(1, Math.ceil(at - kernel.clock.monotonic()));
  memory.write(address, timeval(BigInt(interval)));
  memory.write(address + 16, timeval(BigInt(left)));
}
