import { Errno, fail } from '../abi/errno.ts';
import { Mode } from '../abi/flags.ts';
import { Inode, type InodeIdentity } from './inode.ts';
import type { OpenFile } from './open-file.ts';
import { OpenPath } from './open-path.ts';
import { OpenRegularFile } from './regular-file.ts';

/** A symbolic link. */
export class Symlink extends Inode {
  readonly #target: () => string;

  /** @param target asked each time: /proc/PID/exe changes. */
  constructor(identity: InodeIdentity, target: string | (() => string)) {
    super(identity, Mode.Symlink | 0o777);
    this.#target = typeof target === 'string' ? () => target : target;
  }

  get target(): string {
    return this.#target();
  }

  get size(): number {
    return this.target.length;
  }

  /** Reached with O_NOFOLLOW only. */
  open(_path: string, _flags: number): OpenFile {
    return fail(Errno.ELOOP);
  }
}

/** /proc/PID/fd/N: leads to the file itself, also where no path does (proc(5)). */
export class DescriptorLink extends Symlink {
  constructor(
    identity: InodeIdentity,
    readonly file: OpenFile,
  ) {
    super(identity, file.name);
  }

  /** A regular file is opened anew; a pipe or terminal is the same one. */
  override open(_path: string, flags: number): OpenFile {
    if (this.file instanceof OpenRegularFile) return this.file.file.open(this.file.name, flags);
    if (this.file instanceof OpenPath) return this.file.inode.open(this.file.name, flags);
    this.file.retain();
    return this.file;
  }
}
