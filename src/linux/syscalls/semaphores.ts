import { Errno, fail } from '../abi/errno.ts';
import { readTimespec } from '../abi/structs.ts';
import { IPC_NOWAIT, IPC_PERMISSIONS_SIZE, IpcCommand, modeOf, putPermissions } from '../ipc/ipc-objects.ts';
import { MAX_SEMAPHORE, type SemaphoreSet } from '../ipc/semaphores.ts';
import type { Outcome, Syscall } from '../syscall.ts';
import { waitFor } from '../wait-queue.ts';
import type { SyscallFamily } from './table.ts';

/** SEMMSL and SEMOPM: semaphores of a set, and operations of a call. */
const MAX_COUNT = 32_000;
const MAX_OPERATIONS = 500;
const OPERATION_SIZE = 6;
const SEM_UNDO = 0x1000;
/** struct semid64_ds of riscv64. */
const STAT_SIZE = IPC_PERMISSIONS_SIZE + 40;

/** Commands of semctl(2) besides `IpcCommand`. */
const enum Control {
  GetPid = 11,
  GetValue = 12,
  GetAll = 13,
  GetWaitersForIncrease = 14,
  GetWaitersForZero = 15,
  SetValue = 16,
  SetAll = 17,
}

/** System V semaphores. */
export const SEMAPHORE_SYSCALLS: SyscallFamily = {
  semget(call) {
    const [key, count, flags] = [call.int(0), call.int(1), call.int(2)];
    if (count < 0 || count > MAX_COUNT) return fail(Errno.EINVAL);
    const { semaphoreSets, clock } = call.kernel;
    return semaphoreSets.open(
      key,
      flags,
      ({ semaphores }) => void (count > semaphores.length && fail(Errno.EINVAL)),
      (id, mode) => (count === 0 ? fail(Errno.EINVAL) : semaphoreSets.create(id, key, mode, count, clock.seconds())),
    );
  },

  semop: (call) => operate(call, undefined),

  semtimedop(call) {
    const at = call.word(3);
    if (call.resumed) return operate(call, call.resumed.wait.deadline);
    if (at === 0) return operate(call, undefined);
    const timeout = readTimespec(call.memory.view(at, 16)) ?? fail(Errno.EINVAL);
    return operate(call, call.kernel.clock.monotonic() + Number(timeout));
  },

  semctl(call) {
    const { semaphoreSets, clock } = call.kernel;
    const { memory, process } = call;
    const [id, index, command, argument] = [call.int(0), call.int(1), call.int(2), call.word(3)];
    const set = id < 0 ? fail(Errno.EINVAL) : (semaphoreSets.get(id) ?? fail(Errno.EINVAL));
    const semaphore = set.semaphores[index];
    switch (command as IpcCommand | Control) {
      case IpcCommand.Remove:
        semaphoreSets.delete(set.id);
        set.remove();
        return 0;
      case IpcCommand.Set:
        set.mode = modeOf(memory.view(argument, STAT_SIZE));
        set.changedAt = clock.seconds();
        return 0;
      case IpcCommand.Stat:
        memory.write(argument, statistics(set));
        return 0;
      case Control.GetAll:
        memory.write(argument, new Uint8Array(new Uint16Array(set.semaphores.map(({ value }) => value)).buffer));
        return 0;
      case Control.SetAll: {
        const values = new Uint16Array(memory.read(argument, set.semaphores.length * 2).buffer);
        if (values.some((value) => value > MAX_SEMAPHORE)) return fail(Errno.ERANGE);
        values.forEach((value, each) => set.set(each, value, process.pid));
        set.changedAt = clock.seconds();
        return 0;
      }
      case Control.SetValue: {
        const value = call.int(3);
        if (!semaphore) return fail(Errno.EINVAL);
        if (value < 0 || value > MAX_SEMAPHORE) return fail(Errno.ERANGE);
        set.set(index, value, process.pid);
        set.changedAt = clock.seconds();
        return 0;
      }
      case Control.GetValue:
        return semaphore?.value ?? fail(Errno.EINVAL);
      case Control.GetPid:
        return semaphore?.pid ?? fail(Errno.EINVAL);
      case Control.GetWaitersForIncrease:
        return semaphore ? set.waiting(index, 'increase') : fail(Errno.EINVAL);
      case Control.GetWaitersForZero:
        return semaphore ? set.waiting(index, 'zero') : fail(Errno.EINVAL);
      default:
        return fail(Errno.EINVAL);
    }
  },
};

function operate(call: Syscall, deadline: number | undefined): Outcome {
  const { kernel, memory, process } = call;
  const [id, count] = [call.int(0), call.uint(2)];
  if (count === 0 || id < 0) return fail(Errno.EINVAL);
  if (count > MAX_OPERATIONS) return fail(Errno.E2BIG);
  const table = memory.view(call.word(1), count * OPERATION_SIZE);
  const set = kernel.semaphoreSets.get(id) ?? fail(call.resumed ? Errno.EIDRM : Errno.EINVAL);
  const flags: number[] = [];
  const operations = Array.from({ length: count }, (_, i) => {
    const at = i * OPERATION_SIZE;
    flags.push(table.getInt16(at + 4, true));
    const index = table.getUint16(at, true);
    return { index, change: table.getInt16(at + 2, true), undo: (flags[i] & SEM_UNDO) !== 0 };
  });
  if (operations.some(({ index }) => index >= set.semaphores.length)) return fail(Errno.EFBIG);
  const obstacle = set.operate(process, operations);
  if (!obstacle) {
    set.operatedAt = kernel.clock.seconds();
    return 0;
  }
  const blocking = operations.findIndex(({ index }) => index === obstacle.index);
  if (flags[blocking] & IPC_NOWAIT) return fail(Errno.EAGAIN);
  if (deadline !== undefined && kernel.clock.monotonic() >= deadline) return fail(Errno.EAGAIN);
  const what = obstacle.awaits === 'zero' ? 'to become 0' : 'to grow';
  const { pid } = set.semaphores[obstacle.index];
  const who = pid === 0 ? '' : `, which process ${pid} changed last`;
  return {
    wait: waitFor(`waits for semaphore ${obstacle.index} of set ${id}, ${obstacle.value} now${who}, ${what}`, deadline),
    queues: [set.queue(obstacle)],
    onSignal: 'interrupt',
  };
}

function statistics(set: SemaphoreSet): Uint8Array {
  const view = new DataView(new ArrayBuffer(STAT_SIZE));
  putPermissions(view, set, set.mode);
  const longs = [set.operatedAt, set.changedAt, set.semaphores.length];
  longs.forEach((long, i) => view.setBigUint64(IPC_PERMISSIONS_SIZE + i * 8, BigInt(long), true));
  return new Uint8Array(view.buffer);
}
