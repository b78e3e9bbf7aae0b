import { Errno, fail } from '../abi/errno.ts';
import { ClockId, Open } from '../abi/flags.ts';
import { UNBLOCKABLE } from '../abi/signal-number.ts';
import { readTimespec, timespec } from '../abi/structs.ts';
import { type CpuClock, cpuTime } from '../cpu-clocks.ts';
import { Epoll } from '../files/epoll.ts';
import { EventCounter } from '../files/event-counter.ts';
import type { OpenFile } from '../files/open-file.ts';
import { SignalFile } from '../files/signal-file.ts';
import { TimerFile } from '../files/timer-file.ts';
import type { TimerSetting } from '../interval-timer.ts';
import type { Outcome, Syscall } from '../syscall.ts';
import { concat } from '../user-memory.ts';
import { deadlineOf, expired, setMask } from './poll.ts';
import type { SyscallFamily } from './table.ts';

const enum EpollOperation {
  Add = 1,
  Delete = 2,
  Modify = 3,
}

/** struct epoll_event, which only x86-64 packs. */
const EVENT_SIZE = 16;
const MAX_EVENTS = 65536;
const EFD_SEMAPHORE = 1;
const TIMER_ABSTIME = 1;
const TIMER_CANCEL_ON_SET = 2;

/** Descriptors that stand for events: epoll, eventfd, timerfd, signalfd. */
export const EVENT_SYSCALLS: SyscallFamily = {
  epoll_create1(call) {
    if (call.uint(0) & ~Open.CloseOnExec) fail(Errno.EINVAL);
    return add(call, new Epoll(call.kernel.files.numbers.next()), call.uint(0));
  },

  epoll_ctl(call) {
    const epoll = epollAt(call);
    const [operation, fd] = [call.int(1) as EpollOperation, call.int(2)];
    const event = operation === EpollOperation.Delete ? undefined : call.memory.view(call.word(3), EVENT_SIZE);
    const file = call.process.files.get(fd);
    const [flags, data] = event ? [event.getUint32(0, true), event.getBigUint64(8, true)] : [0, 0n];
    switch (operation) {
      case EpollOperation.Add:
        epoll.add(fd, file, flags, data);
        return 0;
      case EpollOperation.Modify:
        epoll.modify(fd, file, flags, data);
        return 0;
      case EpollOperation.Delete:
        epoll.remove(fd, file);
        return 0;
      default:
        return fail(Errno.EINVAL);
    }
  },

  epoll_pwait(call) {
    const ms = call.int(3);
    const end = ms < 0 ? undefined : call.kernel.clock.monotonic() + ms * 1e6;
    const deadline = call.resumed ? call.resumed.wait.deadline : end;
    return epollWait(call, deadline);
  },

  epoll_pwait2: (call) => epollWait(call, deadlineOf(call, call.word(3))),

  eventfd2(call) {
    const flags = call.uint(1);
    if (flags & ~(EFD_SEMAPHORE | Open.CloseOnExec | Open.NonBlock)) fail(Errno.EINVAL);
    const isSemaphore = (flags & EFD_SEMAPHORE) !== 0;
    const file = new EventCounter(call.kernel.files.numbers.next(), call.uint(0), isSemaphore, flags & Open.NonBlock);
    return add(call, file, flags);
  },

  timerfd_create(call) {
    const [clockId, flags] = [call.int(0), call.uint(1)];
    if (flags & ~(Open.CloseOnExec | Open.NonBlock)) fail(Errno.EINVAL);
    const known: readonly number[] = [ClockId.Realtime, ClockId.Monotonic, ClockId.Boottime];
    if (!known.includes(clockId)) fail(Errno.EINVAL);
    const { timers, clock, files } = call.kernel;
    const closed = (file: TimerFile): void => void timers.files.delete(file);
    const file = new TimerFile(files.numbers.next(), clock, clockId, flags & Open.NonBlock, closed);
    timers.files.add(file);
    return add(call, file, flags);
  },

  timerfd_settime(call) {
    const file = timerAt(call);
    const flags = call.uint(1);
    if (flags & ~(TIMER_ABSTIME | TIMER_CANCEL_ON_SET)) fail(Errno.EINVAL);
    const wanted = readSetting(call, call.word(2), file, (flags & TIMER_ABSTIME) !== 0);
    if (call.word(3) !== 0) call.memory.write(call.word(3), encodeSetting(file.setting));
    file.set(wanted);
    return 0;
  },

  timerfd_gettime(call) {
    call.memory.write(call.word(1), encodeSetting(timerAt(call).setting));
    return 0;
  },

  signalfd4(call) {
    const flags = call.uint(3);
    if (call.word(2) !== 8 || flags & ~(Open.CloseOnExec | Open.NonBlock)) fail(Errno.EINVAL);
    const mask = call.memory.readU64(call.word(1)) & ~UNBLOCKABLE;
    const fd = call.int(0);
    if (fd === -1) {
      const { kernel } = call;
      return add(call, new SignalFile(kernel, kernel.files.numbers.next(), mask, flags & Open.NonBlock), flags);
    }
    const file = call.process.files.get(fd);
    if (!(file instanceof SignalFile)) return fail(Errno.EINVAL);
    file.mask = mask;
    return fd;
  },
};

/** struct itimerspec. @param absolute the first expiration is a time on the clock, not a distance. */
export function readSetting(
  call: Syscall,
  at: number,
  { clockId, cpu }: { readonly clockId: number; readonly cpu?: CpuClock | undefined },
  absolute: boolean,
): TimerSetting {
  const given = call.memory.view(at, 32);
  const interval = Number(readTimespec(given, 0) ?? fail(Errno.EINVAL));
  const value = readTimespec(given, 16) ?? fail(Errno.EINVAL);
  if (value === 0n || !absolute) return { left: Number(value), interval };
  const { clock } = call.kernel;
  const isRealtime = clockId === (ClockId.Realtime as number) || clockId === (ClockId.Tai as number);
  const now = isRealtime ? clock.realtime() : BigInt(cpu ? cpuTime(call.kernel, cpu) : clock.monotonic());
  // What has passed already expires at once.
  return { left: Math.max(1, Number(value - now)), interval };
}

export function encodeSetting({ left, interval }: TimerSetting): Uint8Array {
  return concat([timespec(BigInt(interval)), timespec(BigInt(left))]);
}

function add({ process }: Syscall, file: OpenFile, flags: number): number {
  return process.addFile(file, (flags & Open.CloseOnExec) !== 0);
}

function epollAt(call: Syscall): Epoll {
  const file = call.process.files.get(call.int(0));
  return file instanceof Epoll ? file : fail(Errno.EINVAL);
}

function timerAt(call: Syscall): TimerFile {
  const file = call.process.files.get(call.int(0));
  return file instanceof TimerFile ? file : fail(Errno.EINVAL);
}

function epollWait(call: Syscall, deadline: number | undefined): Outcome {
  const epoll = epollAt(call);
  const max = call.int(2);
  if (max <= 0 || max > MAX_EVENTS) fail(Errno.EINVAL);
  setMask(call, call.word(4), call.word(5));
  const events = epoll.take(max);
  if (events.length === 0 && !expired(call, deadline))
    return {
      wait: { reason: epoll.waitReason, deadline, forInput: epoll.isInput },
      queues: epoll.queues,
      onSignal: 'interrupt',
    };
  const records = new DataView(new ArrayBuffer(events.length * EVENT_SIZE));
  for (const [i, { events: bits, data }] of events.entries()) {
    records.setUint32(i * EVENT_SIZE, bits, true);
    records.setBigUint64(i * EVENT_SIZE + 8, data, true);
  }
  call.memory.write(call.word(1), new Uint8Array(records.buffer));
  return events.length;
}
