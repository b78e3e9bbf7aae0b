import { Errno, fail } from '../abi/errno.ts';
import type { FileAttributes, Inode } from './inode.ts';
import { OpenFile } from './open-file.ts';

/** What O_PATH opens: a place in the tree, not a file that can be read or written (open(2)). */
export class OpenPath extends OpenFile {
  constructor(
    name: string,
    flags: number,
    readonly inode: Inode,
  ) {
    super(name, flags);
  }

  override get isReadable(): boolean {
    return false;
  }

  override get isWritable(): boolean {
    return false;
  }

  attributes(): FileAttributes {
    return this.inode.attributes();
  }

  override seek(): number {
    return fail(Errno.EBADF);
  }

  override ioctl(): number {
    return fail(Errno.EBADF);
  }

  override memoryObject(): undefined {
    return fail(Errno.EBADF);
  }
}
