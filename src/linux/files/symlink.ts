import { Errno, fail } from '../abi/errno.ts';
import { Mode } from '../abi/flags.ts';
import { Inode, type InodeIdentity } from './inode.ts';
import type { OpenFile } from './open-file.ts';

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
  open(): OpenFile {
    return fail(Errno.ELOOP);
  }
}
