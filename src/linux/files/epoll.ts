import { Errno, fail } from '../abi/errno.ts';
import { Mode, PollEvent } from '../abi/flags.ts';
import { WaitQueue } from '../wait-queue.ts';
import { type FileAttributes, type InodeIdentity } from './inode.ts';
import { OpenFile } from './open-file.ts';

/** Bits of struct epoll_event's `events` that are not events (epoll_ctl(2)). */
const EDGE_TRIGGERED = 0x8000_0000;
const ONE_SHOT = 0x4000_0000;
const EXCLUSIVE = 0x1000_0000;
const ALWAYS_REPORTED = PollEvent.Error | PollEvent.HangUp;
const EVENTS = 0x3fff;
/** Epoll instances that watch epoll instances, at most (EPOLL_MAX_NESTS). */
const MAX_NESTS = 5;

/** An event that is reported: bits of poll(2), and what the guest gave with the file. */
interface EpollEvent {
  readonly events: number;
  readonly data: bigint;
}

/** A file that an instance watches. */
class Interest {
  /** It may be ready as far as edge triggering is concerned. */
  armed = true;
  readonly #epoll: Epoll;
  readonly #queues: readonly WaitQueue[];

  constructor(
    epoll: Epoll,
    readonly file: OpenFile,
    public flags: number,
    public data: bigint,
  ) {
    this.#epoll = epoll;
    this.#queues = file.queues;
    for (const queue of this.#queues) queue.add(this);
  }

  get isAwaited(): boolean {
    return this.#epoll.changed.isAwaited;
  }

  wake(): void {
    this.armed = true;
    this.#epoll.changed.wakeAll();
  }

  /** Events to report now. */
  ready(): number {
    if ((this.flags & EVENTS) === 0 && this.flags & ONE_SHOT) return 0;
    if (this.flags & EDGE_TRIGGERED && !this.armed) return 0;
    return this.file.poll() & ((this.flags & EVENTS) | ALWAYS_REPORTED);
  }

  remove(): void {
    for (const queue of this.#queues) queue.remove(this);
  }
}

/** An epoll instance (epoll(7)). */
export class Epoll extends OpenFile {
  readonly changed = new WaitQueue();
  /** By descriptor and file: a descriptor may be closed and used again while a duplicate keeps its file open. */
  #interests: { readonly fd: number; readonly interest: Interest }[] = [];
  readonly #identity: InodeIdentity;

  constructor(identity: InodeIdentity) {
    super('anon_inode:[eventpoll]', 2);
    this.#identity = identity;
  }

  override get queues(): readonly WaitQueue[] {
    return [this.changed];
  }

  override get waitReason(): string {
    return `waits for ${this.#interests.map(({ interest }) => interest.file.name).join(', ') || 'an epoll event'}`;
  }

  override get isInput(): boolean {
    return this.#interests.some(({ interest }) => interest.file.isInput);
  }

  attributes(): FileAttributes {
    return { ...this.#identity, mode: 0o600, links: 1, rdev: 0, size: 0, modified: 0n };
  }

  add(fd: number, file: OpenFile, flags: number, data: bigint): void {
    if (this.#find(fd, file)) fail(Errno.EEXIST);
    const type = file.attributes().mode & Mode.TypeMask;
    if (type === (Mode.Regular as number) || type === (Mode.Directory as number)) fail(Errno.EPERM);
    if (file === this) fail(Errno.EINVAL);
    if (file instanceof Epoll && (file.watches(this) || file.depth() >= MAX_NESTS)) fail(Errno.ELOOP);
    this.#interests.push({ fd, interest: new Interest(this, file, flags, data) });
    this.changed.wakeAll();
  }

  modify(fd: number, file: OpenFile, flags: number, data: bigint): void {
    const found = this.#find(fd, file) ?? fail(Errno.ENOENT);
    if ((flags | found.interest.flags) & EXCLUSIVE) fail(Errno.EINVAL);
    found.interest.flags = flags;
    found.interest.data = data;
    found.interest.wake();
  }

  remove(fd: number, file: OpenFile): void {
    const found = this.#find(fd, file) ?? fail(Errno.ENOENT);
    found.interest.remove();
    this.#interests.splice(this.#interests.indexOf(found), 1);
  }

  /** The next events, `max` at most: those that were reported go to the end of the line. */
  take(max: number): EpollEvent[] {
    this.#dropClosed();
    const taken: EpollEvent[] = [];
    for (const entry of [...this.#interests]) {
      if (taken.length === max) break;
      const { interest } = entry;
      const events = interest.ready();
      if (events === 0) continue;
      taken.push({ events, data: interest.data });
      interest.armed = false;
      if (interest.flags & ONE_SHOT) interest.flags &= ~EVENTS;
      this.#interests.splice(this.#interests.indexOf(entry), 1);
      this.#interests.push(entry);
    }
    return taken;
  }

  override poll(): number {
    this.#dropClosed();
    const isReady = this.#interests.some(({ interest }) => interest.ready() !== 0);
    return isReady ? PollEvent.In | PollEvent.ReadNormal : 0;
  }

  /** Whether it watches an instance, be it through others. */
  watches(other: Epoll): boolean {
    return this.#nested().some((epoll) => epoll === other || epoll.watches(other));
  }

  depth(): number {
    return 1 + Math.max(0, ...this.#nested().map((epoll) => epoll.depth()));
  }

  protected override closed(): void {
    for (const { interest } of this.#interests) interest.remove();
    this.#interests = [];
  }

  #nested(): Epoll[] {
    return this.#interests.map(({ interest }) => interest.file).filter((file) => file instanceof Epoll);
  }

  #find(fd: number, file: OpenFile) {
    return this.#interests.find((entry) => entry.fd === fd && entry.interest.file === file);
  }

  /** A file whose last descriptor is closed is not watched any more. */
  #dropClosed(): void {
    this.#interests = this.#interests.filter(({ interest }) => {
      if (!interest.file.isOpen) interest.remove();
      return interest.file.isOpen;
    });
  }
}
