import { type FrameNumber, PAGE_SIZE, pageCeil } from '../../memory/address.ts';
import type { MemoryObject } from '../../platform/memory-object.ts';
import { Errno, fail } from '../abi/errno.ts';
import { FIONREAD, Mode, Open } from '../abi/flags.ts';
import type { UserMemory } from '../user-memory.ts';
import { type FileAttributes, Inode, type InodeIdentity } from './inode.ts';
import { OpenFile } from './open-file.ts';
import type { PageCache } from './page-cache.ts';

/** File seals of memfd_create(2), as fcntl(2) numbers them. */
export const enum Seal {
  Seal = 1,
  Shrink = 2,
  Grow = 4,
  Write = 8,
  FutureWrite = 16,
  All = 31,
}

/** Largest file that may be written: it lives in the debugger's memory. */
const MAX_SIZE = 256 * 1024 * 1024;

/** The bytes of a file as they were before anything was written. */
interface FileSource {
  readonly size: number;
  /** Fills `into` from `offset`; fewer bytes at the end. Leaves the syscall with an error where the host fails. */
  read(offset: number, into: Uint8Array): number;
}

export const EMPTY: FileSource = { size: 0, read: () => 0 };

/**
 * A regular file. Bytes come from its source until the first write copies them into memory; the source is never
 * written. Once it has been mapped, cached pages are where its bytes are: read, write and mappings agree.
 */
export class RegularFile extends Inode {
  /** Set for files that can be sealed. */
  seals: number | undefined;
  readonly #cache: PageCache;
  #source: FileSource;
  #bytes: Uint8Array | undefined;
  #size: number;
  #object: MemoryObject | undefined;

  constructor(identity: InodeIdentity, permissions: number, source: FileSource, cache: PageCache) {
    super(identity, Mode.Regular | permissions);
    this.#source = source;
    this.#size = source.size;
    this.#cache = cache;
  }

  get size(): number {
    return this.#size;
  }

  /** Whether it may hold something else than its source. */
  get isWritten(): boolean {
    return this.#bytes !== undefined;
  }

  /** All of it, as a reader finds it. */
  contents(): Uint8Array {
    const bytes = new Uint8Array(this.#size);
    this.read(0, bytes);
    return bytes;
  }

  open(path: string, flags: number): OpenFile {
    return new OpenRegularFile(path, flags, this);
  }

  /** @returns bytes read; 0 at the end. */
  read(offset: number, into: Uint8Array): number {
    const length = Math.max(0, Math.min(into.length, this.#size - offset));
    for (let done = 0; done < length;) {
      const at = offset + done;
      const part = Math.min(length - done, PAGE_SIZE - (at % PAGE_SIZE));
      const frame = this.#object?.cachedPage(Math.floor(at / PAGE_SIZE));
      const target = into.subarray(done, done + part);
      if (frame !== undefined) this.#cache.frames.readBytes(frame, at % PAGE_SIZE, target, undefined);
      else if (!this.#object) {
        this.#readStored(at, into.subarray(done, length));
        return length;
      } else this.#readStored(at, target);
      done += part;
    }
    return length;
  }

  write(offset: number, bytes: Uint8Array): void {
    const end = offset + bytes.length;
    if (end > MAX_SIZE) fail(Errno.EFBIG);
    if (this.seals && (this.seals & (Seal.Write | Seal.FutureWrite) || (this.seals & Seal.Grow && end > this.#size)))
      fail(Errno.EPERM);
    this.#reserve(Math.max(end, this.#size)).set(bytes, offset);
    this.#size = Math.max(end, this.#size);
    this.#writeCached(offset, bytes);
  }

  truncate(size: number): void {
    if (size > MAX_SIZE) fail(Errno.EFBIG);
    if (this.seals && this.seals & (size < this.#size ? Seal.Shrink : size > this.#size ? Seal.Grow : 0))
      fail(Errno.EPERM);
    if (size < this.#size) {
      const old = this.#size;
      this.#reserve(old).fill(0, size, old);
      if (this.#object) {
        this.#cache.cutOff(this.#object, pageCeil(size));
        for (const [index, frame] of this.#object.cachedPages()) {
          const keep = Math.max(0, size - index * PAGE_SIZE);
          if (keep >= PAGE_SIZE) continue;
          this.#cache.frames.writeBytes(frame, keep, new Uint8Array(PAGE_SIZE - keep), undefined);
        }
      }
    } else this.#reserve(size);
    this.#size = size;
  }

  /** The page cache; it lives until `dropCache`. */
  memoryObject(name: string): MemoryObject {
    if (!this.#object) {
      const read = (offset: number, into: Uint8Array) => this.#readStored(offset, into);
      this.#object = this.#cache.createObject(name, { size: () => this.#size, read });
      this.#cache.add(this);
    }
    return this.#object;
  }

  /** Gives the cached pages back that no mapping uses. What shared mappings stored is kept. */
  dropCache(): void {
    const object = this.#object;
    if (!object) return;
    for (const [index, frame] of object.cachedPages()) this.#storePage(index, frame);
    this.#object = undefined;
    this.#cache.delete(this);
    object.release();
  }

  reclaim(): void {
    const object = this.#object;
    if (!object) return;
    for (const [index, frame] of object.cachedPages()) {
      if (this.#cache.frames.refcounts[frame] > 1) continue;
      this.#storePage(index, frame);
      object.dropPage(index);
    }
  }

  /** fallocate(2), FALLOC_FL_PUNCH_HOLE: zeroes from `offset` on; the size stays. */
  zero(offset: number, length: number): void {
    if (this.seals && this.seals & (Seal.Write | Seal.FutureWrite)) fail(Errno.EPERM);
    const end = Math.min(offset + length, this.#size);
    if (offset >= end) return;
    this.#reserve(this.#size).fill(0, offset, end);
    this.#writeCached(offset, new Uint8Array(end - offset));
  }

  punch(object: MemoryObject, offset: number, length: number): boolean {
    if (object !== this.#object) return false;
    this.zero(offset, length);
    return true;
  }

  /** Before a shared, writable mapping: its stores need somewhere to go when the cache is dropped. */
  makeWritable(): void {
    this.#reserve(this.#size);
  }

  /** Keeps what stores into a cached page have made of it. */
  #storePage(index: number, frame: FrameNumber): void {
    if (!this.#bytes) return;
    const start = index * PAGE_SIZE;
    const length = Math.min(PAGE_SIZE, this.#size - start);
    if (length > 0) this.#bytes.set(this.#cache.frames.memory.frameBytes(frame).subarray(0, length), start);
  }

  #readStored(offset: number, into: Uint8Array): void {
    const length = Math.min(into.length, this.#size - offset);
    if (length <= 0) return;
    if (this.#bytes) into.set(this.#bytes.subarray(offset, offset + length));
    else {
      let done = 0;
      while (done < length) {
        const read = this.#source.read(offset + done, into.subarray(done, length));
        if (read === 0) break;
        done += read;
      }
    }
  }

  /** Room for `size` bytes in memory, with the bytes of the source copied in. */
  #reserve(size: number): Uint8Array {
    if (!this.#bytes) {
      if (this.#size > MAX_SIZE) fail(Errno.EFBIG);
      const bytes = new Uint8Array(Math.max(size, this.#size));
      this.#readStored(0, bytes.subarray(0, this.#size));
      this.#bytes = bytes;
      this.#source = EMPTY;
    } else if (this.#bytes.length < size) {
      const bytes = new Uint8Array(Math.min(MAX_SIZE, Math.max(size, this.#bytes.length * 2)));
      bytes.set(this.#bytes);
      this.#bytes = bytes;
    }
    return this.#bytes;
  }

  #writeCached(offset: number, bytes: Uint8Array): void {
    if (!this.#object) return;
    const { frames } = this.#cache;
    for (let done = 0; done < bytes.length;) {
      const at = offset + done;
      const part = Math.min(bytes.length - done, PAGE_SIZE - (at % PAGE_SIZE));
      const frame = this.#object.cachedPage(Math.floor(at / PAGE_SIZE));
      if (frame !== undefined) frames.writeBytes(frame, at % PAGE_SIZE, bytes.subarray(done, done + part), undefined);
      done += part;
    }
  }
}

/** An open regular file: a position in it. */
export class OpenRegularFile extends OpenFile {
  constructor(
    name: string,
    flags: number,
    readonly file: RegularFile,
  ) {
    super(name, flags);
  }

  attributes(): FileAttributes {
    return this.file.attributes();
  }

  override read(into: Uint8Array): number {
    const length = this.file.read(this.position, into);
    this.position += length;
    return length;
  }

  override write(bytes: Uint8Array): number {
    if (this.flags & Open.Append) this.position = this.file.size;
    this.file.write(this.position, bytes);
    this.position += bytes.length;
    return bytes.length;
  }

  override ioctl(request: number, address: number, memory: UserMemory): number {
    if (request !== FIONREAD) return fail(Errno.ENOTTY);
    memory.writeU32(address, Math.max(0, this.file.size - this.position));
    return 0;
  }

  override readAt(offset: number, into: Uint8Array): number {
    return this.file.read(offset, into);
  }

  override writeAt(offset: number, bytes: Uint8Array): number {
    this.file.write(this.flags & Open.Append ? this.file.size : offset, bytes);
    return bytes.length;
  }

  override seek(offset: number, whence: number): number {
    const { size } = this.file;
    return (this.position = seekTarget(this.position, size, offset, whence));
  }

  override truncate(size: number): void {
    this.file.truncate(size);
  }

  override memoryObject(): MemoryObject {
    return this.file.memoryObject(this.name);
  }
}

/** Where lseek(2) goes in something of `size` bytes that has no holes. */
export function seekTarget(position: number, size: number, offset: number, whence: number): number {
  const bases: Record<number, number> = { 0: 0, 1: position, 2: size };
  if (whence === 3 || whence === 4) {
    if (offset < 0 || offset >= size) return fail(Errno.ENXIO);
    return whence === 3 ? offset : size;
  }
  const base = bases[whence];
  if (base === undefined) return fail(Errno.EINVAL);
  const target = base + offset;
  if (target < 0 || target > Number.MAX_SAFE_INTEGER) return fail(Errno.EINVAL);
  return target;
}
