import type { MemoryObject } from '../../platform/memory-object.ts';
import { Errno, fail } from '../abi/errno.ts';
import { Open, PollEvent } from '../abi/flags.ts';
import type { Terminal } from '../terminals/terminal.ts';
import type { UserMemory } from '../user-memory.ts';
import type { WaitQueue } from '../wait-queue.ts';
import type { FileAttributes } from './inode.ts';
import type { Place } from './watches.ts';

/** Nothing could be transferred yet: wait for one of `queues`, or EAGAIN. */
export const WOULD_WAIT = -1;

export interface DirectoryEntry {
  readonly name: string;
  readonly inode: number;
  /** st_mode, for d_type. */
  readonly mode: number;
}

/**
 * An open file description (open(2)): what file descriptors refer to, shared by dup and fork. The defaults are those
 * of something that has no such operation. Lengths and offsets are bytes.
 */
export abstract class OpenFile {
  #references = 1;
  readonly #whenClosed: (() => void)[] = [];

  /**
   * @param name as /proc/PID/fd and /proc/PID/maps show it.
   * @param flags O_ flags.
   */
  constructor(
    readonly name: string,
    public flags: number,
  ) {}

  abstract attributes(): FileAttributes;

  /** Why a reader or writer waits, for a person. */
  get waitReason(): string {
    return `waits for ${this.name}`;
  }

  /** Only the outside can make it readable. */
  get isInput(): boolean {
    return false;
  }

  /** Woken when it may have become readable or writable. */
  get queues(): readonly WaitQueue[] {
    return [];
  }

  /** Whether a read or write is of one message, and takes no more, whatever its length. */
  get keepsMessages(): boolean {
    return false;
  }

  /** Whether a piece of memory is transferred wholly or not at all where part of it is a bad address. */
  get failsWhole(): boolean {
    return false;
  }

  get isReadable(): boolean {
    return (this.flags & Open.AccessMode) !== (Open.WriteOnly as number);
  }

  get isWritable(): boolean {
    return (this.flags & Open.AccessMode) !== 0;
  }

  /** @returns bytes read, 0 at the end, or `WOULD_WAIT`. */
  read(_into: Uint8Array): number {
    return fail(Errno.EINVAL);
  }

  /** @returns bytes taken, or `WOULD_WAIT`. */
  write(_bytes: Uint8Array): number {
    return fail(Errno.EINVAL);
  }

  readAt(_offset: number, _into: Uint8Array): number {
    return fail(Errno.ESPIPE);
  }

  writeAt(_offset: number, _bytes: Uint8Array): number {
    return fail(Errno.ESPIPE);
  }

  /** lseek(2). */
  seek(_offset: number, _whence: number): number {
    return fail(Errno.ESPIPE);
  }

  truncate(_size: number): void {
    fail(Errno.EINVAL);
  }

  /** Events of poll(2) that are true now. */
  poll(): number {
    return PollEvent.In | PollEvent.Out | PollEvent.ReadNormal | PollEvent.WriteNormal;
  }

  /** Whether it is a terminal, which only processes in the foreground may read. */
  get isTerminal(): boolean {
    return false;
  }

  /** The terminal that it is, or is the master of. */
  get terminal(): Terminal | undefined {
    return undefined;
  }

  /** Nanoseconds after which a read gives what there is; absent where it waits for ever. */
  get patience(): number | undefined {
    return undefined;
  }

  /** Whether they are counted from whatever comes in the meantime. */
  get isPatienceRenewed(): boolean {
    return false;
  }

  /** A read whose patience has come to an end. */
  readLate(into: Uint8Array): number {
    return this.read(into);
  }

  /** ioctl(2). @param address the third argument. */
  ioctl(_request: number, _address: number, _memory: UserMemory): number {
    return fail(Errno.ENOTTY);
  }

  /** The entries from position `from` on, for getdents64(2). */
  entries(_from: number): readonly DirectoryEntry[] {
    return fail(Errno.ENOTDIR);
  }

  /** Where it was found, if a path led to it; moves with it. */
  place: Place | undefined;

  /** Position for `entries`. */
  position = 0;

  /** The page cache of what can be mapped; `undefined` maps private zeroes (/dev/zero). */
  memoryObject(): MemoryObject | undefined {
    return fail(Errno.ENODEV);
  }

  /** Whether a descriptor refers to it still. */
  get isOpen(): boolean {
    return this.#references > 0;
  }

  retain(): void {
    this.#references++;
  }

  release(): void {
    if (--this.#references > 0) return;
    this.closed();
    for (const action of this.#whenClosed) action();
  }

  /** @param action called after the last descriptor is gone. */
  whenClosed(action: () => void): void {
    this.#whenClosed.push(action);
  }

  /** After the last descriptor is gone. */
  protected closed(): void {}
}
