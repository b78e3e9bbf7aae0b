import { Errno, fail } from '../abi/errno.ts';
import { ClockId } from '../abi/flags.ts';
import { readTimespec, readTimeval, resourceUsage, timespec, timeval } from '../abi/structs.ts';
import { type Alarm, NO_ALARM } from '../cpu-alarms.ts';
import { cpuClock, cpuTime } from '../cpu-clocks.ts';
import { CLOCK_TICKS } from '../identity.ts';
import type { Outcome, Syscall } from '../syscall.ts';
import { waitFor } from '../wait-queue.ts';
import type { SyscallFamily } from './table.ts';

const TIMER_ABSTIME = 1;
/** ITIMER_ of setitimer(2). */
const enum Timer {
  Real = 0,
  Virtual = 1,
  Profile = 2,
}
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
    kernel.account();
    const ticks = (ns: number): bigint => BigInt(Math.floor(ns / NS_PER_TICK));
    if (call.word(0) !== 0) {
      const counts = [ticks(process.instructions()), 0n, ticks(process.childUsage.instructions), 0n];
      memory.write(call.word(0), new Uint8Array(new BigInt64Array(counts).buffer));
    }
    return Number(ticks(kernel.clock.monotonic()));
  },

  getrusage(call) {
    const { process, kernel, thread } = call;
    kernel.account();
    const usages: Record<number, () => Uint8Array> = {
      [Usage.Self]: () => resourceUsage(process.usage(), process.peakPages),
      [Usage.Children]: () => resourceUsage(process.childUsage, process.childPeak),
      [Usage.Thread]: () => resourceUsage(thread.usage, process.peakPages),
    };
    const usage = usages[call.int(0)] ?? fail(Errno.EINVAL);
    call.memory.write(call.word(1), usage());
    return 0;
  },

  setitimer(call) {
    const { process, memory, kernel } = call;
    const which = call.int(0) as Timer;
    if (which < Timer.Real || which > Timer.Profile) fail(Errno.EINVAL);
    const [newAt, oldAt] = [call.word(1), call.word(2)];
    const given = newAt === 0 ? undefined : memory.view(newAt, 32);
    const interval = given ? (readTimeval(given, 0) ?? fail(Errno.EINVAL)) : 0n;
    const value = given ? (readTimeval(given, 16) ?? fail(Errno.EINVAL)) : 0n;
    const { alarm: before, now } = timerOf(call, which);
    const alarm = value === 0n ? NO_ALARM : { at: now + Number(value), interval: Number(interval) };
    if (which === Timer.Real) kernel.deadlines.setAlarm(process, alarm);
    else {
      process.cpuAlarms[which === Timer.Virtual ? 'virtual' : 'profile'] = alarm;
      kernel.deadlines.programCpu();
    }
    if (oldAt !== 0) writeTimer(call, oldAt, before, now);
    return 0;
  },

  getitimer(call) {
    const which = call.int(0) as Timer;
    if (which < Timer.Real || which > Timer.Profile) fail(Errno.EINVAL);
    const { alarm, now } = timerOf(call, which);
    writeTimer(call, call.word(1), alarm, now);
    return 0;
  },
};

/** Nanoseconds on a clock. */
function read({ kernel }: Syscall, clock: number): bigint {
  switch (clock as ClockId) {
    case ClockId.Realtime:
    case ClockId.RealtimeCoarse:
    case ClockId.RealtimeAlarm:
    case ClockId.Tai:
      return kernel.clock.realtime();
    case ClockId.Monotonic:
    case ClockId.MonotonicRaw:
    case ClockId.MonotonicCoarse:
    case ClockId.Boottime:
    case ClockId.BoottimeAlarm:
      return BigInt(kernel.clock.monotonic());
    default:
      return BigInt(cpuTime(kernel, cpuClock(kernel, clock) ?? fail(Errno.EINVAL)));
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

/** A timer of setitimer(2), and the time on its clock. */
function timerOf({ process, kernel }: Syscall, which: Timer): { readonly alarm: Alarm; readonly now: number } {
  if (which === Timer.Real) return { alarm: process.alarm, now: kernel.clock.monotonic() };
  kernel.account();
  const { virtual, profile } = process.cpuAlarms;
  return { alarm: which === Timer.Virtual ? virtual : profile, now: process.instructions() };
}

/** struct itimerval. What is left is at least the microsecond that tells it from a disarmed one. */
function writeTimer({ memory }: Syscall, address: number, { at, interval }: Alarm, now: number): void {
  const left = at === 0 ? 0 : Math.max(1000, Math.ceil(at - now));
  memory.write(address, timeval(BigInt(interval)));
  memory.write(address + 16, timeval(BigInt(left)));
}
