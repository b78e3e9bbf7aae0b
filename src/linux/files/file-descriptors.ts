import { Errno, fail } from '../abi/errno.ts';
import type { FileLocks } from './file-locks.ts';
import type { OpenFile } from './open-file.ts';

interface Descriptor {
  readonly file: OpenFile;
  closeOnExec: boolean;
}

/** A descriptor table; CLONE_FILES shares it. */
export class FileDescriptors {
  readonly #slots: (Descriptor | undefined)[] = [];
  readonly #locks: FileLocks;
  #sharers = 1;

  /** @param locks of the machine: closing a descriptor gives up the process's locks on the file. */
  constructor(locks: FileLocks) {
    this.#locks = locks;
  }

  get(fd: number): OpenFile {
    return this.#descriptor(fd).file;
  }

  find(fd: number): OpenFile | undefined {
    return this.#slots[fd]?.file;
  }

  lowestFree(from = 0): number {
    let fd = from;
    while (this.#slots[fd]) fd++;
    return fd;
  }

  /** Takes over the caller's reference. @returns the lowest free descriptor not below `from`. */
  add(file: OpenFile, closeOnExec: boolean, limit: number, from = 0): number {
    const fd = this.lowestFree(from);
    if (fd >= limit) {
      file.release();
      return fail(Errno.EMFILE);
    }
    this.#slots[fd] = { file, closeOnExec };
    return fd;
  }

  /** Puts a file, whose reference is taken over, at `fd`; what was there is closed. */
  replace(fd: number, file: OpenFile, closeOnExec: boolean): void {
    const before = this.#slots[fd]?.file;
    this.#slots[fd] = { file, closeOnExec };
    if (before) this.#closed(before);
  }

  close(fd: number): void {
    const { file } = this.#descriptor(fd);
    this.#slots[fd] = undefined;
    this.#closed(file);
  }

  isCloseOnExec(fd: number): boolean {
    return this.#descriptor(fd).closeOnExec;
  }

  setCloseOnExec(fd: number, on: boolean): void {
    this.#descriptor(fd).closeOnExec = on;
  }

  /** Open descriptors, ascending. */
  numbers(): number[] {
    return [...this.#slots.keys()].filter((fd) => this.#slots[fd] !== undefined);
  }

  share(): this {
    this.#sharers++;
    return this;
  }

  copy(): FileDescriptors {
    const copy = new FileDescriptors(this.#locks);
    this.#slots.forEach((slot, fd) => {
      if (!slot) return;
      slot.file.retain();
      copy.#slots[fd] = { ...slot };
    });
    return copy;
  }

  /** A table of one's own, in the place of this one. */
  unshare(): FileDescriptors {
    if (this.#sharers === 1) return this;
    const own = this.copy();
    this.release();
    return own;
  }

  /** For exec: a table of its own, without the descriptors marked close-on-exec. Gives up this one. */
  afterExec(): FileDescriptors {
    const own = this.unshare();
    for (const fd of own.numbers()) if (own.isCloseOnExec(fd)) own.close(fd);
    return own;
  }

  release(): void {
    if (--this.#sharers > 0) return;
    for (const fd of this.numbers()) this.close(fd);
  }

  #closed(file: OpenFile): void {
    this.#locks.closed(file, this);
    file.release();
  }

  #descriptor(fd: number): Descriptor {
    return this.#slots[fd] ?? fail(Errno.EBADF);
  }
}
