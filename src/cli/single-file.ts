import type { HostFileError, HostFiles, HostStat } from '../linux/host.ts';
import { err, ok, type Result } from '../result.ts';

/** A tree of one executable file in its root directory: what a guest sees when it is given no root. */
export class SingleFile implements HostFiles {
  /** @param name of the file, without a slash. */
  constructor(
    readonly name: string,
    readonly bytes: Uint8Array,
  ) {}

  stat(path: string): Result<HostStat, HostFileError> {
    if (path === '/') return ok({ kind: 'directory', size: 0, mode: 0o755, mtimeMs: 0, inode: 1 });
    if (!this.isFile(path)) return err('not-found');
    return ok({ kind: 'file', size: this.bytes.length, mode: 0o755, mtimeMs: 0, inode: 2 });
  }

  readLink(): Result<string, HostFileError> {
    return err('not-found');
  }

  list(path: string): Result<readonly string[], HostFileError> {
    if (path === '/') return ok([this.name]);
    return err(this.isFile(path) ? 'not-a-directory' : 'not-found');
  }

  read(path: string, offset: number, into: Uint8Array): Result<number, HostFileError> {
    if (!this.isFile(path)) return err('not-found');
    const part = this.bytes.subarray(Math.min(offset, this.bytes.length), offset + into.length);
    into.set(part);
    return ok(part.length);
  }

  private isFile(path: string): boolean {
    return path === `/${this.name}`;
  }
}
