import { Errno, fail } from '../abi/errno.ts';
import { FutexOp } from '../abi/flags.ts';
import { readTimespec } from '../abi/structs.ts';
import { ANY_BIT, type FutexWord } from '../futexes.ts';
import type { Outcome, Syscall } from '../syscall.ts';
import { waitFor } from '../wait-queue.ts';
import type { SyscallFamily } from './table.ts';

/** Futexes (futex(2)). */
export const FUTEX_SYSCALLS: SyscallFamily = {
  futex(call) {
    const flags = call.int(1);
    const operation: FutexOp = flags & ~(FutexOp.PrivateFlag | FutexOp.ClockRealtime);
    const { futexes } = call.kernel;
    const { memory } = call;
    const word = wordAt(call, 0);
    const { address } = word;
    if (flags & FutexOp.ClockRealtime && operation !== FutexOp.WaitBitset) fail(Errno.ENOSYS);
    switch (operation) {
      case FutexOp.Wait:
        return wait(call, word, ANY_BIT, relativeDeadline(call));
      case FutexOp.WaitBitset:
        return wait(call, word, call.uint(5), absoluteDeadline(call, (flags & FutexOp.ClockRealtime) !== 0));
      case FutexOp.Wake:
        memory.readU32(address);
        return futexes.wake(word, Math.max(1, call.int(2)));
      case FutexOp.WakeBitset:
        memory.readU32(address);
        return futexes.wake(word, Math.max(1, call.int(2)), call.uint(5) || fail(Errno.EINVAL));
      case FutexOp.Requeue:
      case FutexOp.CmpRequeue: {
        const target = wordAt(call, 4);
        if (call.int(2) < 0 || call.int(3) < 0) fail(Errno.EINVAL);
        memory.readU32(target.address);
        const compare = operation === FutexOp.CmpRequeue;
        if (memory.readU32(address) !== call.uint(5) && compare) fail(Errno.EAGAIN);
        const woken = futexes.wake(word, call.int(2));
        return woken + futexes.requeue(word, target, call.int(3));
      }
      case FutexOp.WakeOp:
        return wakeOp(call, word);
      default:
        return fail(Errno.ENOSYS);
    }
  },

  set_robust_list(call) {
    const HEAD_SIZE = 24;
    if (call.word(1) !== HEAD_SIZE) fail(Errno.EINVAL);
    call.thread.robustList = call.word(0);
    return 0;
  },

  get_robust_list(call) {
    const tid = call.int(0);
    const thread = tid === 0 ? call.thread : call.kernel.lifeCycle.thread(tid);
    if (!thread) return fail(Errno.ESRCH);
    call.memory.writeU64(call.word(1), thread.robustList);
    call.memory.writeU64(call.word(2), 24);
    return 0;
  },
};

/** The word that argument `index` points to. */
function wordAt(call: Syscall, index: number): FutexWord {
  const address = call.word(index);
  if (address % 4 !== 0) fail(Errno.EINVAL);
  return { process: call.process, address, isPrivate: (call.int(1) & FutexOp.PrivateFlag) !== 0 };
}

function wait(call: Syscall, word: FutexWord, bits: number, deadline: number | undefined): Outcome {
  if (bits === 0) fail(Errno.EINVAL);
  const { address } = word;
  const { resumed, kernel, memory } = call;
  if (resumed?.result !== undefined) return resumed.result;
  // The load first: it may break sharing or map the page, which decides what the word is.
  const current = memory.readU32(address);
  if (resumed && deadline !== undefined && kernel.clock.monotonic() >= deadline) fail(Errno.ETIMEDOUT);
  if (current !== call.uint(2)) fail(Errno.EAGAIN);
  if (deadline !== undefined && kernel.clock.monotonic() >= deadline) fail(Errno.ETIMEDOUT);
  return {
    wait: { ...waitFor(`waits for the futex at 0x${address.toString(16)}`, deadline), at: address },
    queues: [kernel.futexes.queue(word, bits)],
    onSignal: deadline === undefined ? 'restart' : 'interrupt',
  };
}

function relativeDeadline(call: Syscall): number | undefined {
  if (call.resumed) return call.resumed.wait.deadline;
  const timeout = timeoutOf(call);
  return timeout === undefined ? undefined : call.kernel.clock.monotonic() + Number(timeout);
}

function absoluteDeadline(call: Syscall, realtime: boolean): number | undefined {
  if (call.resumed) return call.resumed.wait.deadline;
  const time = timeoutOf(call);
  if (time === undefined) return undefined;
  const { clock } = call.kernel;
  return realtime ? clock.monotonic() + Number(time - clock.realtime()) : Number(time);
}

function timeoutOf(call: Syscall): bigint | undefined {
  const address = call.word(3);
  if (address === 0) return undefined;
  return readTimespec(call.memory.view(address, 16)) ?? fail(Errno.EINVAL);
}

/** FUTEX_WAKE_OP: changes a second word, and wakes its waiters too if its old value compares. */
function wakeOp(call: Syscall, word: FutexWord): number {
  const { memory, kernel } = call;
  const second = wordAt(call, 4);
  const encoded = call.int(5);
  const shift = (encoded >>> 31) & 1;
  const given = (encoded << 8) >> 20;
  const operand = shift ? 1 << (given & 31) : given;
  const comparand = (encoded << 20) >> 20;
  const old = memory.readU32(second.address) | 0;
  const results = [operand, old + operand, old | operand, old & ~operand, old ^ operand];
  const result = results[(encoded >>> 28) & 7] ?? fail(Errno.ENOSYS);
  const comparisons = [
    old === comparand,
    old !== comparand,
    old < comparand,
    old <= comparand,
    old > comparand,
    old >= comparand,
  ];
  const holds = comparisons[(encoded >>> 24) & 15] ?? fail(Errno.ENOSYS);
  memory.writeU32(second.address, result >>> 0);
  const woken = kernel.futexes.wake(word, call.int(2));
  return woken + (holds ? kernel.futexes.wake(second, call.int(3)) : 0);
}
