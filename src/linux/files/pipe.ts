import { Errno, fail } from '../abi/errno.ts';
import { FIONREAD, Mode, Open, PollEvent } from '../abi/flags.ts';
import type { UserMemory } from '../user-memory.ts';
import { WaitQueue } from '../wait-queue.ts';
import { type FileAttributes, Inode, type InodeIdentity } from './inode.ts';
import { OpenFile, WOULD_WAIT } from './open-file.ts';
import { PIPE_BUFFER, PipeBuffers } from './pipe-buffers.ts';

/** Bytes that a pipe holds at first, and that a user may make it hold (pipe(7)). */
const PIPE_CAPACITY = 65536;
const MAX_CAPACITY = 1 << 20;

/** A pipe: what is in it, and how many ends are open. */
class Pipe {
  /** Woken when there may be something to read, or a writer came or went; and when there is room, or a reader did. */
  readonly filled = new WaitQueue();
  readonly drained = new WaitQueue();
  readonly buffers = new PipeBuffers(PIPE_CAPACITY / PIPE_BUFFER);
  readers = 0;
  writers = 0;
  /** How often it was opened to be read and to be written: fifo(7)'s open waits for the other. */
  readersEver = 0;
  writersEver = 0;

  constructor(readonly identity: InodeIdentity) {}

  get length(): number {
    return this.buffers.length;
  }

  get capacity(): number {
    return this.buffers.slots * PIPE_BUFFER;
  }

  /** F_SETPIPE_SZ: a power of two of at least a page. */
  resize(wanted: number): number {
    if (wanted < 0 || wanted > 0x8000_0000) return fail(Errno.EINVAL);
    const capacity = 2 ** Math.ceil(Math.log2(Math.max(wanted, PIPE_BUFFER)));
    if (capacity > MAX_CAPACITY) return fail(Errno.EPERM);
    const slots = capacity / PIPE_BUFFER;
    if (slots < this.buffers.used) return fail(Errno.EBUSY);
    this.buffers.slots = slots;
    this.drained.wakeAll();
    return capacity;
  }

  skip(count: number): void {
    const wasFull = this.buffers.isFull;
    this.buffers.skip(count);
    if (wasFull && !this.buffers.isFull) this.drained.wakeAll();
  }
}

export abstract class PipeEnd extends OpenFile {
  constructor(
    protected readonly pipe: Pipe,
    flags: number,
  ) {
    super(`pipe:[${pipe.identity.inode}]`, flags);
  }

  /** Whether the other end is open, or was since this one is: open(2) of a FIFO waits for that. */
  abstract get hasPeer(): boolean;

  get capacity(): number {
    return this.pipe.capacity;
  }

  resize(capacity: number): number {
    return this.pipe.resize(capacity);
  }

  get room(): number {
    return this.pipe.buffers.room;
  }

  get isEmpty(): boolean {
    return this.pipe.length === 0;
  }

  /** Whether a write would break (EPIPE). */
  get hasNoReader(): boolean {
    return this.pipe.readers === 0;
  }

  isOfSamePipe(other: PipeEnd): boolean {
    return this.pipe === other.pipe;
  }

  /** The next bytes, `max` at most, which stay; none at the end, `WOULD_WAIT` where there are none yet. */
  peek(max: number): Uint8Array | typeof WOULD_WAIT {
    if (this.isEmpty && this.pipe.writers > 0) return WOULD_WAIT;
    return this.pipe.buffers.peek(max);
  }

  /** Takes bytes that were looked at. */
  skip(count: number): void {
    this.pipe.skip(count);
  }

  attributes(): FileAttributes {
    return { ...this.pipe.identity, mode: Mode.Fifo | 0o600, links: 1, rdev: 0, size: 0, modified: 0n };
  }

  override ioctl(request: number, address: number, memory: UserMemory): number {
    if (request !== FIONREAD) return fail(Errno.ENOTTY);
    memory.writeU32(address, this.pipe.length);
    return 0;
  }
}

class ReadEnd extends PipeEnd {
  readonly #writersBefore: number;

  constructor(pipe: Pipe, flags: number) {
    super(pipe, flags);
    pipe.readers++;
    pipe.readersEver++;
    this.#writersBefore = pipe.writersEver;
    pipe.drained.wakeAll();
  }

  override get queues(): readonly WaitQueue[] {
    return [this.pipe.filled];
  }

  /** A read takes a packet and no more. */
  override get keepsMessages(): boolean {
    return (this.flags & Open.Direct) !== 0;
  }

  get hasPeer(): boolean {
    return this.pipe.writers > 0 || this.pipe.writersEver > this.#writersBefore;
  }

  override get waitReason(): string {
    return `reads an empty pipe (${this.name})`;
  }

  override read(into: Uint8Array): number {
    if (this.pipe.length === 0) return this.pipe.writers === 0 ? 0 : WOULD_WAIT;
    const bytes = this.pipe.buffers.peek(into.length);
    into.set(bytes);
    this.skip(bytes.length);
    return bytes.length;
  }

  override poll(): number {
    const readable = this.pipe.length > 0 ? PollEvent.In | PollEvent.ReadNormal : 0;
    return readable | (this.pipe.writers === 0 && this.hasPeer ? PollEvent.HangUp : 0);
  }

  protected override closed(): void {
    this.pipe.readers--;
    this.pipe.drained.wakeAll();
  }
}

class WriteEnd extends PipeEnd {
  readonly #readersBefore: number;

  constructor(pipe: Pipe, flags: number) {
    super(pipe, flags);
    pipe.writers++;
    pipe.writersEver++;
    this.#readersBefore = pipe.readersEver;
    pipe.filled.wakeAll();
  }

  override get queues(): readonly WaitQueue[] {
    return [this.pipe.drained];
  }

  get hasPeer(): boolean {
    return this.pipe.readers > 0 || this.pipe.readersEver > this.#readersBefore;
  }

  override get waitReason(): string {
    return `writes a full pipe (${this.name})`;
  }

  override write(bytes: Uint8Array): number {
    if (this.pipe.readers === 0) return fail(Errno.EPIPE);
    if (bytes.length === 0) return 0;
    // What is no longer than a page goes into one buffer, and so is written at once or not at all.
    const count = this.pipe.buffers.put(bytes, (this.flags & Open.Direct) !== 0);
    if (count === 0) return WOULD_WAIT;
    this.pipe.filled.wakeAll();
    return count;
  }

  override poll(): number {
    const writable = this.pipe.buffers.isFull ? 0 : PollEvent.Out | PollEvent.WriteNormal;
    return writable | (this.pipe.readers === 0 ? PollEvent.Error : 0);
  }

  protected override closed(): void {
    this.pipe.writers--;
    this.pipe.filled.wakeAll();
  }
}

/** pipe2(2). @param flags O_NONBLOCK and O_DIRECT, for both ends. */
export function makePipe(
  identity: InodeIdentity,
  flags: number,
): { readonly reader: OpenFile; readonly writer: OpenFile } {
  const pipe = new Pipe(identity);
  return { reader: new ReadEnd(pipe, flags), writer: new WriteEnd(pipe, flags | 1) };
}

/** A FIFO opened for reading and writing, which Linux allows: it is its own peer. */
class BothEnds extends PipeEnd {
  readonly hasPeer = true;

  override get queues(): readonly WaitQueue[] {
    return [this.pipe.filled, this.pipe.drained];
  }

  readonly #reader: ReadEnd;
  readonly #writer: WriteEnd;

  constructor(pipe: Pipe, flags: number) {
    super(pipe, flags);
    this.#reader = new ReadEnd(pipe, flags);
    this.#writer = new WriteEnd(pipe, flags);
  }

  override read(into: Uint8Array): number {
    return this.#reader.read(into);
  }

  override write(bytes: Uint8Array): number {
    return this.#writer.write(bytes);
  }

  override poll(): number {
    return this.#reader.poll() | this.#writer.poll();
  }

  protected override closed(): void {
    this.#reader.release();
    this.#writer.release();
  }
}

/** A pipe with a name (fifo(7)). */
export class Fifo extends Inode {
  readonly size = 0;
  readonly #pipe: Pipe;

  constructor(identity: InodeIdentity, permissions: number) {
    super(identity, Mode.Fifo | permissions);
    this.#pipe = new Pipe(identity);
  }

  /** Never waits: that is up to who opens it. ENXIO for a writer that must not wait for a reader. */
  open(_path: string, flags: number): OpenFile {
    const access = flags & Open.AccessMode;
    if (access === (Open.ReadWrite as number)) return new BothEnds(this.#pipe, flags);
    if (access === 0) return new ReadEnd(this.#pipe, flags);
    if (flags & Open.NonBlock && this.#pipe.readers === 0) return fail(Errno.ENXIO);
    return new WriteEnd(this.#pipe, flags);
  }
}
