import { Errno, fail } from '../abi/errno.ts';
import { FIONREAD, Mode, Open, PollEvent } from '../abi/flags.ts';
import type { FileAttributes, InodeIdentity } from '../files/inode.ts';
import { OpenFile, WOULD_WAIT } from '../files/open-file.ts';
import type { UserMemory } from '../user-memory.ts';
import { WaitQueue } from '../wait-queue.ts';
import { Family, type SocketAddress, UNNAMED, unboundAddress } from './address.ts';
import { Channel, CHANNEL_CAPACITY, type Credentials, type Message } from './channel.ts';
import type { Network } from './network.ts';

export const enum SocketType {
  Stream = 1,
  Datagram = 2,
  Raw = 3,
  SequencedPacket = 5,
}

/** As a key of `Socket.options`. */
const SO_LINGER = '1:13';
const MAX_DATAGRAM = 65_507;

/** What a message is received into. */
export interface Received {
  readonly bytes: Uint8Array;
  /** Length of the message as it was sent: more than `bytes` when it was cut. */
  readonly length: number;
  readonly message: Message | undefined;
}

/** A socket of the machine: AF_UNIX, and TCP and UDP between its own processes (socket(7)). */
export class Socket extends OpenFile {
  /** Where it is bound; the address of its family without a name or port before. */
  local: SocketAddress;
  peer: SocketAddress | undefined;
  /** Sockets that connected and are not accepted yet; absent when it does not listen. */
  backlog: Socket[] | undefined;
  backlogLimit = 0;
  readonly incoming: Channel;
  outgoing: Channel | undefined;
  /** The owner when it was made, for SO_PEERCRED. */
  readonly owner: Credentials;
  peerOwner: Credentials | undefined;
  /** SO_ERROR: how a connect that did not wait ended. */
  pendingError = 0;
  /** A connect that did not wait is complete, and not reported yet. */
  connecting = false;
  /** Values of setsockopt(2) by `level:name`. */
  readonly options = new Map<string, Uint8Array>();
  /** SO_RCVTIMEO and SO_SNDTIMEO in nanoseconds; 0 for none. */
  receiveTimeout = 0;
  sendTimeout = 0;
  readonly #changed = new WaitQueue();
  /** The other end of a connection. */
  #partner: Socket | undefined;
  readonly #identity: InodeIdentity;
  readonly #network: Network;

  constructor(
    network: Network,
    identity: InodeIdentity,
    readonly family: Family,
    readonly type: SocketType,
    flags: number,
    owner: Credentials,
  ) {
    super(`socket:[${identity.inode}]`, flags | Open.ReadWrite);
    this.#network = network;
    this.#identity = identity;
    this.local = unboundAddress(family);
    this.incoming = new Channel(this.#changed);
    this.owner = owner;
  }

  get isDatagram(): boolean {
    return this.type === SocketType.Datagram;
  }

  override get keepsMessages(): boolean {
    return this.type !== SocketType.Stream;
  }

  override get waitReason(): string {
    return this.backlog ? `waits for a connection to ${this.name}` : `waits for ${this.name}`;
  }

  override get queues(): readonly WaitQueue[] {
    return this.outgoing ? [this.#changed, this.outgoing.changed] : [this.#changed];
  }

  attributes(): FileAttributes {
    return { ...this.#identity, mode: Mode.Socket | 0o777, links: 1, rdev: 0, size: 0, modified: 0n };
  }

  /** Joins two sockets: what one sends the other receives. */
  join(other: Socket): void {
    this.#partner = other;
    other.#partner = this;
    this.outgoing = other.incoming;
    other.outgoing = this.incoming;
    this.peer = other.local;
    other.peer = this.local;
    this.peerOwner = other.owner;
    other.peerOwner = this.owner;
    this.wake();
    other.wake();
  }

  wake(): void {
    this.#changed.wakeAll();
  }

  override read(into: Uint8Array): number {
    const received = this.receive(into.length, false);
    if (received === WOULD_WAIT) return WOULD_WAIT;
    into.set(received.bytes);
    received.message?.rights.forEach((file) => file.release());
    return received.bytes.length;
  }

  override write(bytes: Uint8Array): number {
    return this.send(bytes, [], this.owner, undefined);
  }

  /** Takes one message, or from a stream up to `max` bytes. */
  receive(max: number, peek: boolean): Received | typeof WOULD_WAIT {
    this.#reportError();
    if (this.backlog) return fail(this.family === Family.Unix ? Errno.EINVAL : Errno.ENOTCONN);
    if (!this.isDatagram && !this.outgoing && this.incoming.isEmpty && !this.incoming.ended)
      return fail(this.family === Family.Unix ? Errno.EINVAL : Errno.ENOTCONN);
    const { incoming } = this;
    const message = incoming.peek();
    if (!message) {
      if (incoming.ended || incoming.abandoned) return { bytes: new Uint8Array(), length: 0, message: undefined };
      return max === 0 && !this.keepsMessages ? { bytes: new Uint8Array(), length: 0, message: undefined } : WOULD_WAIT;
    }
    if (this.keepsMessages) {
      if (!peek) incoming.take();
      return { bytes: message.bytes.subarray(0, max), length: message.bytes.length, message };
    }
    const bytes = new Uint8Array(Math.min(max, incoming.length));
    const length = incoming.peekBytes(bytes);
    if (!peek)
      for (let left = length; left > 0;) {
        const part = Math.min(left, incoming.peek()!.bytes.length);
        incoming.takeBytes(part);
        left -= part;
      }
    return { bytes: bytes.subarray(0, length), length, message };
  }

  /**
   * Sends bytes, and files of which the message gets the caller's references.
   * @param to where a datagram goes, if not to the peer. @returns bytes taken, or `WOULD_WAIT`.
   */
  send(bytes: Uint8Array, rights: readonly OpenFile[], sender: Credentials, to: SocketAddress | undefined): number {
    this.#reportError();
    const target = this.#target(to);
    if (target.abandoned || target.ended) return fail(this.isDatagram ? Errno.ECONNREFUSED : Errno.EPIPE);
    const from = this.local;
    if (this.keepsMessages) {
      const limit = this.family === Family.Unix ? CHANNEL_CAPACITY : MAX_DATAGRAM;
      if (bytes.length > limit) return fail(Errno.EMSGSIZE);
      if (target.room < bytes.length || target.room === 0)
        return this.isDatagram && this.family !== Family.Unix ? bytes.length : WOULD_WAIT;
      target.put({ bytes: bytes.slice(), rights, from, sender });
      return bytes.length;
    }
    if (bytes.length === 0) return 0;
    if (target.room === 0) return WOULD_WAIT;
    const part = bytes.slice(0, target.room);
    target.put({ bytes: part, rights, from, sender });
    return part.length;
  }

  /** shutdown(2). @param how 0 receptions, 1 transmissions, 2 both. */
  shutdown(how: number): void {
    if (!this.outgoing && !this.backlog) fail(Errno.ENOTCONN);
    if (how !== 0) this.outgoing?.end();
    if (how !== 1) this.incoming.end();
    this.wake();
  }

  override poll(): number {
    const readable = PollEvent.In | PollEvent.ReadNormal;
    const writable = PollEvent.Out | PollEvent.WriteNormal;
    if (this.backlog) return this.backlog.length > 0 ? readable : 0;
    let events = this.pendingError ? PollEvent.Error : 0;
    const { incoming, outgoing } = this;
    if (!incoming.isEmpty || incoming.ended) events |= readable;
    if (incoming.ended) events |= PollEvent.ReadHangUp;
    if (this.isDatagram) return events | (outgoing && outgoing.room === 0 ? 0 : writable);
    if (!outgoing) return events | writable | PollEvent.HangUp;
    if (incoming.ended && (outgoing.ended || outgoing.abandoned)) events |= PollEvent.HangUp;
    if (outgoing.abandoned || outgoing.room > 0) events |= writable;
    return events;
  }

  override ioctl(request: number, address: number, memory: UserMemory): number {
    if (request !== FIONREAD) return fail(Errno.ENOTTY);
    const waiting = this.keepsMessages ? (this.incoming.peek()?.bytes.length ?? 0) : this.incoming.length;
    memory.writeU32(address, waiting);
    return 0;
  }

  protected override closed(): void {
    this.#network.forget(this);
    for (const waiting of this.backlog ?? []) waiting.release();
    // The peer of a stream learns that what it sent was never read.
    if (this.#resets && this.#partner) this.#partner.pendingError = Errno.ECONNRESET;
    this.incoming.abandon();
    if (!this.isDatagram) this.outgoing?.end();
    this.wake();
  }

  /** Whether closing it breaks the connection off: there are bytes left, or SO_LINGER says so with a time of 0. */
  get #resets(): boolean {
    const linger = this.options.get(SO_LINGER);
    const isHard = linger?.[0] === 1 && linger[4] === 0 && this.family !== Family.Unix;
    return !this.isDatagram && (!this.incoming.isEmpty || isHard);
  }

  /** The error of an earlier operation is reported once (SO_ERROR). */
  takeError(): number {
    const error = this.pendingError;
    this.pendingError = 0;
    return error;
  }

  #reportError(): void {
    const error = this.takeError();
    if (error !== 0) fail(error);
  }

  #target(to: SocketAddress | undefined): Channel {
    if (!this.isDatagram) return this.outgoing ?? fail(this.peer ? Errno.EPIPE : Errno.ENOTCONN);
    if (!to || to === UNNAMED)
      return this.outgoing ?? fail(this.family === Family.Unix ? Errno.ENOTCONN : Errno.EDESTADDRREQ);
    if (this.family !== Family.Unix && this.local.family !== Family.Unix && this.local.port === 0)
      this.#network.bindAnywhere(this);
    return this.#network.datagramTarget(this, to);
  }
}
