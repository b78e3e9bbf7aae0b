import { Errno, fail } from '../abi/errno.ts';
import { Open } from '../abi/flags.ts';
import { readTimespec } from '../abi/structs.ts';
import {
  MAX_MESSAGE_SIZE,
  MAX_MESSAGES,
  OpenPosixQueue,
  PRIORITY_END,
  type PosixQueue,
  type QueueRequest,
} from '../ipc/posix-queues.ts';
import type { Outcome, Syscall } from '../syscall.ts';
import { waitFor, type WaitQueue } from '../wait-queue.ts';
import type { SyscallFamily } from './table.ts';
import { readNotification, SIGEVENT_SIZE } from './timers.ts';

/** struct mq_attr: flags, maximum of messages, their size, how many there are; and room. */
const ATTRIBUTES_SIZE = 64;

/** POSIX message queues. */
export const POSIX_QUEUE_SYSCALLS: SyscallFamily = {
  mq_open(call) {
    const { process, kernel, memory } = call;
    const [name, flags, attributesAt] = [memory.readPath(call.word(0)), call.uint(1), call.word(3)];
    const request = (): QueueRequest => {
      const permissions = call.uint(2) & 0o7777 & ~process.fileSystem.umask;
      if (attributesAt === 0) return { permissions, maxMessages: MAX_MESSAGES, messageSize: MAX_MESSAGE_SIZE };
      const given = memory.view(attributesAt, ATTRIBUTES_SIZE);
      const [maxMessages, messageSize] = [8, 16].map((at) => Number(given.getBigInt64(at, true)));
      const fits = maxMessages > 0 && maxMessages <= MAX_MESSAGES && messageSize > 0 && messageSize <= MAX_MESSAGE_SIZE;
      return fits ? { permissions, maxMessages, messageSize } : fail(Errno.EINVAL);
    };
    const queue = kernel.posixQueues.open(name, flags, request);
    return process.addFile(queue, (flags & Open.CloseOnExec) !== 0);
  },

  mq_unlink(call) {
    call.kernel.posixQueues.unlink(call.memory.readPath(call.word(0)));
    return 0;
  },

  mq_timedsend(call) {
    const [length, priority] = [call.word(2), call.uint(3)];
    if (priority >= PRIORITY_END) return fail(Errno.EINVAL);
    const deadline = deadlineOf(call);
    const file = queueAt(call);
    const { queue } = file;
    if (!file.isWritable) return fail(Errno.EBADF);
    if (length > queue.messageSize) return fail(Errno.EMSGSIZE);
    const bytes = call.memory.read(call.word(1), length);
    if (queue.isFull) return wait(call, file, deadline, queue.changed, 'room');
    queue.put({ priority, bytes }, call.kernel.signals, call.process);
    return 0;
  },

  mq_timedreceive(call) {
    const deadline = deadlineOf(call);
    const file = queueAt(call);
    const { queue } = file;
    if (!file.isReadable) return fail(Errno.EBADF);
    if (call.word(2) < queue.messageSize) return fail(Errno.EMSGSIZE);
    if (queue.messages.length === 0) return wait(call, file, deadline, queue.receivers, 'a message');
    const { bytes, priority } = queue.take();
    if (call.word(3) !== 0) call.memory.writeU32(call.word(3), priority);
    call.memory.write(call.word(1), bytes);
    return bytes.length;
  },

  mq_notify(call) {
    const eventAt = call.word(1);
    const event = eventAt === 0 ? undefined : call.memory.view(eventAt, SIGEVENT_SIZE);
    const notification = event && readNotification(call, event);
    const file = queueAt(call);
    const { queue } = file;
    if (!notification) {
      if (queue.registration?.process === call.process) queue.registration = undefined;
      return 0;
    }
    if (queue.registration?.process.state === 'running') return fail(Errno.EBUSY);
    queue.registration = { process: call.process, file, notification };
    return 0;
  },

  mq_getsetattr(call) {
    const [newAt, oldAt] = [call.word(1), call.word(2)];
    const given = newAt === 0 ? undefined : call.memory.view(newAt, ATTRIBUTES_SIZE);
    const file = queueAt(call);
    const flags = given ? Number(given.getBigInt64(0, true)) : 0;
    if (flags & ~Open.NonBlock) return fail(Errno.EINVAL);
    if (oldAt !== 0) call.memory.write(oldAt, attributes(file.queue, file.flags & Open.NonBlock));
    if (given) file.flags = (file.flags & ~Open.NonBlock) | flags;
    return 0;
  },
};

function queueAt(call: Syscall): OpenPosixQueue {
  const file = call.process.files.get(call.int(0));
  return file instanceof OpenPosixQueue ? file : fail(Errno.EBADF);
}

/** Argument 4: a time on the realtime clock. */
function deadlineOf(call: Syscall): number | undefined {
  if (call.resumed) return call.resumed.wait.deadline;
  const at = call.word(4);
  if (at === 0) return undefined;
  const time = readTimespec(call.memory.view(at, 16)) ?? fail(Errno.EINVAL);
  const { clock } = call.kernel;
  return clock.monotonic() + Number(time - clock.realtime());
}

function wait(
  { kernel }: Syscall,
  file: OpenPosixQueue,
  deadline: number | undefined,
  queue: WaitQueue,
  what: string,
): Outcome {
  if (file.flags & Open.NonBlock) return fail(Errno.EAGAIN);
  if (deadline !== undefined && kernel.clock.monotonic() >= deadline) return fail(Errno.ETIMEDOUT);
  return { wait: waitFor(`waits for ${what} in queue ${file.name}`, deadline), queues: [queue], onSignal: 'restart' };
}

function attributes(queue: PosixQueue, flags: number): Uint8Array {
  const view = new DataView(new ArrayBuffer(ATTRIBUTES_SIZE));
  [flags, queue.maxMessages, queue.messageSize, queue.messages.length].forEach((long, i) =>
    view.setBigInt64(i * 8, BigInt(long), true),
  );
  return new Uint8Array(view.buffer);
}
