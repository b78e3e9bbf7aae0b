import { Errno, fail } from '../abi/errno.ts';
import { IPC_NOWAIT, IPC_PERMISSIONS_SIZE, IpcCommand, modeOf, putPermissions } from '../ipc/ipc-objects.ts';
import { MAX_MESSAGE, MessageQueue, QUEUE_SIZE } from '../ipc/message-queues.ts';
import type { Outcome, Syscall } from '../syscall.ts';
import { type Suspension, waitFor } from '../wait-queue.ts';
import type { SyscallFamily } from './table.ts';

const enum Receive {
  NoError = 0o10000,
  Except = 0o20000,
  Copy = 0o40000,
}

/** struct msqid64_ds of riscv64. */
const STAT_SIZE = IPC_PERMISSIONS_SIZE + 72;
const CAPACITY_OFFSET = IPC_PERMISSIONS_SIZE + 40;

/** System V message queues. */
export const MESSAGE_QUEUE_SYSCALLS: SyscallFamily = {
  msgget(call) {
    const { messageQueues, clock } = call.kernel;
    const [key, flags] = [call.int(0), call.int(1)];
    return messageQueues.open(
      key,
      flags,
      () => {},
      (id, mode) => new MessageQueue(id, key, mode, clock.seconds()),
    );
  },

  msgsnd(call) {
    const { memory, process, kernel } = call;
    const [at, length, flags] = [call.word(1), call.word(2), call.int(3)];
    const type = BigInt.asIntN(64, memory.readU64(at));
    if (type < 1n || length > MAX_MESSAGE) return fail(Errno.EINVAL);
    const queue = queueAt(call);
    const bytes = memory.read(at + 8, length);
    if (!queue.hasRoomFor(length))
      return flags & IPC_NOWAIT ? fail(Errno.EAGAIN) : wait(queue, `waits for room in message queue ${queue.id}`);
    queue.lastSender = process.pid;
    queue.sentAt = kernel.clock.seconds();
    queue.put({ type, bytes });
    return 0;
  },

  msgrcv(call) {
    const { memory, process, kernel } = call;
    const [at, room, type, flags] = [call.word(1), call.long(2), call.bits(3), call.int(4)];
    if (room < 0) return fail(Errno.EINVAL);
    if (flags & Receive.Copy)
      return fail(flags & Receive.Except || !(flags & IPC_NOWAIT) ? Errno.EINVAL : Errno.ENOSYS);
    const queue = queueAt(call);
    const message = queue.find(BigInt.asIntN(64, type), (flags & Receive.Except) !== 0);
    if (!message)
      return flags & IPC_NOWAIT ? fail(Errno.ENOMSG) : wait(queue, `waits for a message in queue ${queue.id}`);
    if (message.bytes.length > room && !(flags & Receive.NoError)) return fail(Errno.E2BIG);
    const part = message.bytes.subarray(0, room);
    queue.take(message);
    queue.lastReceiver = process.pid;
    queue.receivedAt = kernel.clock.seconds();
    memory.writeU64(at, message.type);
    memory.write(at + 8, part);
    return part.length;
  },

  msgctl(call) {
    const { memory, kernel } = call;
    const { messageQueues, clock } = kernel;
    const queue = messageQueues.get(call.int(0)) ?? fail(Errno.EINVAL);
    switch (call.int(1) as IpcCommand) {
      case IpcCommand.Remove:
        messageQueues.delete(queue.id);
        queue.remove();
        return 0;
      case IpcCommand.Set: {
        const given = memory.view(call.word(2), STAT_SIZE);
        const capacity = Number(given.getBigUint64(CAPACITY_OFFSET, true));
        if (capacity > QUEUE_SIZE) return fail(Errno.EPERM);
        queue.mode = modeOf(given);
        queue.capacity = capacity;
        queue.changedAt = clock.seconds();
        queue.changed.wakeAll();
        return 0;
      }
      case IpcCommand.Stat:
        memory.write(call.word(2), statistics(queue));
        return 0;
      default:
        return fail(Errno.EINVAL);
    }
  },
};

/** The queue of argument 0; EIDRM where it was removed while the call waited. */
function queueAt(call: Syscall): MessageQueue {
  return call.kernel.messageQueues.get(call.int(0)) ?? fail(call.resumed ? Errno.EIDRM : Errno.EINVAL);
}

function wait(queue: MessageQueue, reason: string): Outcome {
  const suspension: Suspension = { wait: waitFor(reason), queues: [queue.changed], onSignal: 'interrupt' };
  return suspension;
}

function statistics(queue: MessageQueue): Uint8Array {
  const view = new DataView(new ArrayBuffer(STAT_SIZE));
  putPermissions(view, queue, queue.mode);
  const { sentAt, receivedAt, changedAt, bytes, messages, capacity } = queue;
  [sentAt, receivedAt, changedAt, bytes, messages.length, capacity].forEach((long, i) =>
    view.setBigUint64(IPC_PERMISSIONS_SIZE + i * 8, BigInt(long), true),
  );
  view.setInt32(CAPACITY_OFFSET + 8, queue.lastSender, true);
  view.setInt32(CAPACITY_OFFSET + 12, queue.lastReceiver, true);
  return new Uint8Array(view.buffer);
}
