import { Errno, fail } from '../abi/errno.ts';
import { ClockId } from '../abi/flags.ts';
import { Signal } from '../abi/signal-number.ts';
import { cpuClock } from '../cpu-clocks.ts';
import type { Syscall } from '../syscall.ts';
import type { PosixTimer, TimerNotification } from '../timers.ts';
import { encodeSetting, readSetting } from './events.ts';
import type { SyscallFamily } from './table.ts';

const TIMER_ABSTIME = 1;
export const SIGEVENT_SIZE = 64;

const enum Notify {
  Signal = 0,
  None = 1,
  ThreadId = 4,
}

/** POSIX timers: timer_create(2) and its relatives. */
export const TIMER_SYSCALLS: SyscallFamily = {
  timer_create(call) {
    const clockId = call.int(0);
    const known: readonly number[] = [ClockId.Realtime, ClockId.Monotonic, ClockId.Boottime, ClockId.Tai];
    const cpu = cpuClock(call.kernel, clockId);
    if (!cpu && !known.includes(clockId)) fail(errorOfClock(clockId));
    const eventAt = call.word(1);
    const event = eventAt === 0 ? undefined : call.memory.view(eventAt, SIGEVENT_SIZE);
    const notification = event && readNotification(call, event);
    const created = call.kernel.timers.create(
      call.process,
      clockId,
      cpu,
      (id) => notification ?? { signal: Signal.SIGALRM, value: BigInt(id), tid: undefined },
    );
    try {
      call.memory.writeU32(call.word(2), created.id);
    } catch (error) {
      call.kernel.timers.delete(call.process, created.id);
      throw error;
    }
    return 0;
  },

  timer_settime(call) {
    const posix = timerAt(call);
    const absolute = (call.int(1) & TIMER_ABSTIME) !== 0;
    const wanted = readSetting(call, call.word(2), posix, absolute);
    if (call.word(3) !== 0) call.memory.write(call.word(3), encodeSetting(posix.timer.setting));
    posix.timer.set(wanted);
    posix.overrun = 0;
    return 0;
  },

  timer_gettime(call) {
    call.memory.write(call.word(1), encodeSetting(timerAt(call).timer.setting));
    return 0;
  },

  timer_getoverrun: (call) => timerAt(call).overrun,

  timer_delete: (call) => (call.kernel.timers.delete(call.process, call.int(0)) ? 0 : fail(Errno.EINVAL)),
};

function timerAt(call: Syscall): PosixTimer {
  return call.kernel.timers.get(call.process, call.int(0)) ?? fail(Errno.EINVAL);
}

/** Clocks that can be read and not waited for, those that wake a sleeping machine, and those that there are not. */
function errorOfClock(clockId: number): Errno {
  if (clockId === (ClockId.RealtimeAlarm as number) || clockId === (ClockId.BoottimeAlarm as number))
    return Errno.EPERM;
  return clockId < 0 || clockId > (ClockId.Tai as number) ? Errno.EINVAL : Errno.EOPNOTSUPP;
}

/** struct sigevent. glibc makes SIGEV_THREAD out of SIGEV_THREAD_ID. */
export function readNotification(call: Syscall, event: DataView): TimerNotification {
  const value = event.getBigUint64(0, true);
  const signal = event.getInt32(8, true);
  const kind: Notify = event.getInt32(12, true);
  if (kind === Notify.None) return { signal: 0, value, tid: undefined };
  if (kind !== Notify.Signal && kind !== Notify.ThreadId) return fail(Errno.EINVAL);
  if (signal < 1 || signal > (Signal.Last as number)) return fail(Errno.EINVAL);
  if (kind === Notify.Signal) return { signal, value, tid: undefined };
  const tid = event.getInt32(16, true);
  return call.kernel.lifeCycle.thread(tid)?.process === call.process ? { signal, value, tid } : fail(Errno.EINVAL);
}
