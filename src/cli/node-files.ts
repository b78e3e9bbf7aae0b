import fs from 'node:fs';
import path from 'node:path';
import type { HostFileError, HostFiles, HostStat } from '../linux/host.ts';
import { err, ok, type Result } from '../result.ts';

/** Open files kept for further reads. */
const KEPT_OPEN = 32;

/**
 * A directory of the host as a guest's read-only root. The shim resolves symlinks component by component inside the
 * root; in case a directory is swapped for a symlink meanwhile, a file is read only if its real path is the one asked for.
 */
export class NodeFiles implements HostFiles {
  readonly #root: string;
  readonly #open = new Map<string, number>();

  /** @param root an existing directory of the host. */
  constructor(root: string) {
    this.#root = fs.realpathSync(root);
  }

  stat(guestPath: string): Result<HostStat, HostFileError> {
    return attempt(() => {
      const stat = fs.lstatSync(this.hostPath(guestPath));
      return {
        kind: stat.isFile() ? 'file' : stat.isDirectory() ? 'directory' : stat.isSymbolicLink() ? 'symlink' : 'other',
        size: stat.size,
        mode: stat.mode & 0o7777,
        mtimeMs: stat.mtimeMs,
        inode: stat.ino,
      };
    });
  }

  readLink(guestPath: string): Result<string, HostFileError> {
    return attempt(() => fs.readlinkSync(this.hostPath(guestPath)));
  }

  list(guestPath: string): Result<readonly string[], HostFileError> {
    return attempt(() => fs.readdirSync(this.hostPath(guestPath)).sort());
  }

  read(guestPath: string, offset: number, into: Uint8Array): Result<number, HostFileError> {
    return attempt(() => {
      let done = 0;
      while (done < into.length) {
        const count = fs.readSync(this.descriptor(guestPath), into, done, into.length - done, offset + done);
        if (count === 0) break;
        done += count;
      }
      return done;
    });
  }

  private hostPath(guestPath: string): string {
    return path.join(this.#root, guestPath);
  }

  private descriptor(guestPath: string): number {
    const known = this.#open.get(guestPath);
    if (known !== undefined) return known;
    const hostPath = this.hostPath(guestPath);
    if (fs.realpathSync(hostPath) !== hostPath) throw Object.assign(new Error('symlink'), { code: 'EACCES' });
    const { O_RDONLY, O_NOFOLLOW, O_NONBLOCK } = fs.constants;
    const descriptor = fs.openSync(hostPath, O_RDONLY | O_NOFOLLOW | O_NONBLOCK);
    if (!fs.fstatSync(descriptor).isFile()) {
      fs.closeSync(descriptor);
      throw Object.assign(new Error('not a regular file'), { code: 'EACCES' });
    }
    if (this.#open.size >= KEPT_OPEN) {
      const [oldest, oldestDescriptor] = this.#open.entries().next().value!;
      fs.closeSync(oldestDescriptor);
      this.#open.delete(oldest);
    }
    this.#open.set(guestPath, descriptor);
    return descriptor;
  }
}

const ERRORS: Record<string, HostFileError> = {
  ENOENT: 'not-found',
  ENOTDIR: 'not-a-directory',
  EACCES: 'access',
  EPERM: 'access',
  ELOOP: 'loop',
};

function attempt<T>(read: () => T): Result<T, HostFileError> {
  try {
    return ok(read());
  } catch (error) {
    return err(ERRORS[(error as NodeJS.ErrnoException).code ?? ''] ?? 'io');
  }
}
