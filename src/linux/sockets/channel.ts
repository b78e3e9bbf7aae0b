import type { OpenFile } from '../files/open-file.ts';
import { WaitQueue } from '../wait-queue.ts';
import type { SocketAddress } from './address.ts';

/** Bytes that wait to be received, at most: the default of SO_RCVBUF (socket(7)). */
export const CHANNEL_CAPACITY = 212_992;

/** Who sent a message: SCM_CREDENTIALS. */
export interface Credentials {
  readonly pid: number;
  readonly uid: number;
  readonly gid: number;
}

/** What one send passed on. */
export interface Message {
  readonly bytes: Uint8Array;
  /** Files passed along (SCM_RIGHTS), each with a reference of the message's. */
  readonly rights: readonly OpenFile[];
  readonly from: SocketAddress;
  readonly sender: Credentials;
}

/** One direction of a connection, or what a datagram socket receives: messages in order. */
export class Channel {
  readonly #messages: Message[] = [];
  /** Woken when something was sent, received or shut down. */
  readonly changed: WaitQueue;
  /** No more will be sent. */
  ended = false;
  /** Nobody receives any more: sending is EPIPE. */
  abandoned = false;
  length = 0;

  constructor(changed: WaitQueue) {
    this.changed = changed;
  }

  get room(): number {
    return Math.max(0, CHANNEL_CAPACITY - this.length);
  }

  get isEmpty(): boolean {
    return this.#messages.length === 0;
  }

  peek(): Message | undefined {
    return this.#messages[0];
  }

  put(message: Message): void {
    this.#messages.push(message);
    this.length += message.bytes.length;
    this.changed.wakeAll();
  }

  /** Takes the first message whole. */
  take(): Message | undefined {
    const message = this.#messages.shift();
    if (!message) return undefined;
    this.length -= message.bytes.length;
    this.changed.wakeAll();
    return message;
  }

  /** Takes the first `count` bytes of the first message; its rights go with them. */
  takeBytes(count: number): void {
    const [first] = this.#messages;
    if (!first) return;
    this.length -= count;
    if (count >= first.bytes.length) this.#messages.shift();
    else this.#messages[0] = { ...first, bytes: first.bytes.subarray(count), rights: [] };
    this.changed.wakeAll();
  }

  /** Fills `into` from the messages in order, without taking any, up to the next one that carries rights. */
  peekBytes(into: Uint8Array): number {
    let done = 0;
    for (const [i, { bytes, rights }] of this.#messages.entries()) {
      if (done === into.length || (i > 0 && rights.length > 0)) break;
      const part = bytes.subarray(0, into.length - done);
      into.set(part, done);
      done += part.length;
    }
    return done;
  }

  /** The receiver is gone: what it did not receive is dropped. */
  abandon(): void {
    this.abandoned = true;
    for (const { rights } of this.#messages.splice(0)) rights.forEach((file) => file.release());
    this.length = 0;
    this.changed.wakeAll();
  }

  end(): void {
    this.ended = true;
    this.changed.wakeAll();
  }
}
