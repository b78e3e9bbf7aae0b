import { Errno, fail } from '../abi/errno.ts';
import { Mode, Open, PollEvent } from '../abi/flags.ts';
import { SignalCode } from '../abi/signal-number.ts';
import { type FileAttributes, Inode, type InodeIdentity, type OwnInodes } from '../files/inode.ts';
import { OpenFile } from '../files/open-file.ts';
import type { TimerNotification } from '../timers.ts';
import type { ThreadGroup } from '../thread-group.ts';
import { encodeText } from '../user-memory.ts';
import { WaitQueue } from '../wait-queue.ts';
import { USER_ID } from '../identity.ts';
import type { Signals } from '../signals.ts';

/** Limits of a user without privileges (mq_overview(7), /proc/sys/fs/mqueue). */
export const MAX_MESSAGES = 10;
export const MAX_MESSAGE_SIZE = 8192;
const MAX_QUEUES = 256;
/** MQ_PRIO_MAX. */
export const PRIORITY_END = 32768;

interface PrioritisedMessage {
  readonly priority: number;
  readonly bytes: Uint8Array;
}

/** What mq_notify(3) asked for. */
interface Registration {
  readonly process: ThreadGroup;
  readonly file: OpenFile;
  readonly notification: TimerNotification;
}

/** A POSIX message queue (mq_overview(7)). */
export class PosixQueue extends Inode {
  /** Highest priority first, oldest first in each. */
  readonly messages: PrioritisedMessage[] = [];
  readonly changed = new WaitQueue();
  /** Threads that wait for a message: while there are any, nobody is notified. */
  readonly receivers = new WaitQueue();
  registration: Registration | undefined;

  constructor(
    identity: InodeIdentity,
    permissions: number,
    readonly maxMessages: number,
    readonly messageSize: number,
  ) {
    super(identity, Mode.Regular | permissions);
  }

  readonly size = 80;

  get isFull(): boolean {
    return this.messages.length >= this.maxMessages;
  }

  /** mq_send(3): there is room. */
  put(message: PrioritisedMessage, signals: Signals, sender: ThreadGroup): void {
    const after = this.messages.findIndex(({ priority }) => priority < message.priority);
    this.messages.splice(after < 0 ? this.messages.length : after, 0, message);
    const { registration } = this;
    if (registration && this.messages.length === 1 && !this.receivers.isAwaited) {
      this.registration = undefined;
      const { signal, value } = registration.notification;
      const info = { signal, code: SignalCode.Message, pid: sender.pid, uid: USER_ID, value };
      if (signal !== 0) signals.sendToProcess(registration.process, info);
    }
    this.#changed();
  }

  take(): PrioritisedMessage {
    const message = this.messages.shift()!;
    this.#changed();
    return message;
  }

  open(path: string, flags: number): OpenFile {
    return new OpenPosixQueue(path, flags, this);
  }

  #changed(): void {
    this.changed.wakeAll();
    this.receivers.wakeAll();
  }
}

/** A message queue descriptor. */
export class OpenPosixQueue extends OpenFile {
  constructor(
    name: string,
    flags: number,
    readonly queue: PosixQueue,
  ) {
    super(name, flags);
    this.whenClosed(() => {
      if (queue.registration?.file === this) queue.registration = undefined;
    });
  }

  override get queues(): readonly WaitQueue[] {
    return [this.queue.changed];
  }

  attributes(): FileAttributes {
    return this.queue.attributes();
  }

  /** What a read tells of its state. */
  override read(into: Uint8Array): number {
    const { messages, registration } = this.queue;
    const bytes = messages.reduce((sum, message) => sum + message.bytes.length, 0);
    const signal = registration?.notification.signal ?? 0;
    const line =
      `QSIZE:${String(bytes).padEnd(10)} NOTIFY:${String(registration && signal === 0 ? 1 : 0).padEnd(5)} ` +
      `SIGNO:${String(signal).padEnd(5)} NOTIFY_PID:${String(registration?.process.pid ?? 0).padEnd(6)}\n`;
    const part = encodeText(line).subarray(this.position, this.position + into.length);
    into.set(part);
    this.position += part.length;
    return part.length;
  }

  override poll(): number {
    const { messages, isFull } = this.queue;
    const readable = messages.length > 0 ? PollEvent.In | PollEvent.ReadNormal : 0;
    return readable | (isFull ? 0 : PollEvent.Out | PollEvent.WriteNormal);
  }
}

/** What mq_open(3) asks of a queue that it makes. */
export interface QueueRequest {
  readonly permissions: number;
  readonly maxMessages: number;
  readonly messageSize: number;
}

/** The POSIX message queues of a machine, by their names without the slash. */
export class PosixQueues {
  readonly #queues = new Map<string, PosixQueue>();
  readonly #numbers: OwnInodes;

  constructor(numbers: OwnInodes) {
    this.#numbers = numbers;
  }

  /** mq_open(3). @param flags O_ flags. @param request asked for only where the queue is to be made. */
  open(name: string, flags: number, request: () => QueueRequest): OpenPosixQueue {
    if (name === '' || name === '.' || name === '..') return fail(Errno.ENOENT);
    if (name.includes('/')) return fail(Errno.EACCES);
    let queue = this.#queues.get(name);
    const create = (flags & Open.Create) !== 0;
    if (queue && create && flags & Open.Exclusive) return fail(Errno.EEXIST);
    if (!queue) {
      if (!create) return fail(Errno.ENOENT);
      if (this.#queues.size >= MAX_QUEUES) return fail(Errno.ENOSPC);
      const { permissions, maxMessages, messageSize } = request();
      queue = new PosixQueue(this.#numbers.next(), permissions, maxMessages, messageSize);
      this.#queues.set(name, queue);
    }
    return new OpenPosixQueue(`/${name}`, flags & (Open.AccessMode | Open.NonBlock), queue);
  }

  /** mq_unlink(3): who has it open keeps it. */
  unlink(name: string): void {
    const queue = this.#queues.get(name) ?? fail(Errno.ENOENT);
    this.#queues.delete(name);
    queue.links = 0;
  }
}
