import { WaitQueue } from '../wait-queue.ts';
import { type IpcObject, IpcObjects } from './ipc-objects.ts';

/** MSGMAX and MSGMNB: bytes of a message, and of a queue. */
export const MAX_MESSAGE = 8192;
export const QUEUE_SIZE = 16384;

interface QueuedMessage {
  readonly type: bigint;
  readonly bytes: Uint8Array;
}

/** A System V message queue (msgget(2)). Times are seconds since the epoch, 0 for never. */
export class MessageQueue implements IpcObject {
  readonly messages: QueuedMessage[] = [];
  readonly changed = new WaitQueue();
  /** Bytes that it may hold. */
  capacity = QUEUE_SIZE;
  sentAt = 0;
  receivedAt = 0;
  lastSender = 0;
  lastReceiver = 0;
  isRemoved = false;

  constructor(
    readonly id: number,
    public key: number,
    public mode: number,
    public changedAt: number,
  ) {}

  get bytes(): number {
    return this.messages.reduce((sum, { bytes }) => sum + bytes.length, 0);
  }

  hasRoomFor(length: number): boolean {
    return this.bytes + length <= this.capacity && this.messages.length + 1 <= this.capacity;
  }

  put(message: QueuedMessage): void {
    this.messages.push(message);
    this.changed.wakeAll();
  }

  /**
   * The message that msgrcv(2) means by a type: 0 the first; positive the first of it, or `except` of another; negative
   * the first of the lowest type up to its absolute value.
   */
  find(type: bigint, except: boolean): QueuedMessage | undefined {
    if (type === 0n) return this.messages[0];
    if (type > 0n) return this.messages.find((message) => (message.type === type) !== except);
    let found: QueuedMessage | undefined;
    for (const message of this.messages)
      if (message.type <= -type && (!found || message.type < found.type)) found = message;
    return found;
  }

  take(message: QueuedMessage): void {
    this.messages.splice(this.messages.indexOf(message), 1);
    this.changed.wakeAll();
  }

  remove(): void {
    this.isRemoved = true;
    this.changed.wakeAll();
  }
}

/** The System V message queues of a machine. */
export class MessageQueues extends IpcObjects<MessageQueue> {}
