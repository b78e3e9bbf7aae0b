import type { Result } from '../../result.ts';
import { Errno, fail } from '../abi/errno.ts';
import type { HostFileError, HostFiles, HostStat } from '../host.ts';
import { Directory, type DirectorySource } from './directory.ts';
import { HOST_DEVICE, type Inode, type InodeIdentity } from './inode.ts';
import type { PageCache } from './page-cache.ts';
import { RegularFile } from './regular-file.ts';
import { Symlink } from './symlink.ts';

const ERRNO: Record<HostFileError, Errno> = {
  'not-found': Errno.ENOENT,
  'not-a-directory': Errno.ENOTDIR,
  access: Errno.EACCES,
  loop: Errno.ELOOP,
  io: Errno.EIO,
};

/** The host's files as inodes, made when they are first looked up. */
export class HostTree {
  readonly #files: HostFiles;
  readonly #cache: PageCache;
  readonly #isReadOnly: boolean;
  /** Inodes by the host's inode number, so that two names of a file share one page cache. */
  readonly #regular = new Map<number, RegularFile>();

  /** @param isReadOnly whether the guest may not even change it in memory. */
  constructor(files: HostFiles, cache: PageCache, isReadOnly: boolean) {
    this.#isReadOnly = isReadOnly;
    this.#files = files;
    this.#cache = cache;
  }

  /** The root; an empty one where the host has none. */
  root(): Directory {
    const stat = this.#files.stat('/');
    const identity = { device: HOST_DEVICE, inode: stat.ok ? stat.value.inode : 1 };
    const root = new Directory(identity, stat.ok ? stat.value.mode : 0o755, undefined, '', this.#source('/'));
    root.isReadOnly = this.#isReadOnly;
    return root;
  }

  #source(path: string): DirectorySource {
    return {
      lookup: (name) => this.#lookup(path === '/' ? `/${name}` : `${path}/${name}`),
      names: () => value(this.#files.list(path)),
    };
  }

  #lookup(path: string): Inode | undefined {
    const found = this.#files.stat(path);
    if (!found.ok && (found.error === 'not-found' || found.error === 'not-a-directory')) return undefined;
    const stat = value(found);
    const inode = this.#make(path, stat);
    inode.isReadOnly = this.#isReadOnly;
    inode.modified = BigInt(Math.round(stat.mtimeMs)) * 1_000_000n;
    return inode;
  }

  #make(path: string, stat: HostStat): Inode {
    const identity: InodeIdentity = { device: HOST_DEVICE, inode: stat.inode };
    switch (stat.kind) {
      case 'directory':
        return new Directory(identity, stat.mode, undefined, '', this.#source(path));
      case 'symlink':
        return new Symlink(identity, value(this.#files.readLink(path)));
      case 'file': {
        const known = this.#regular.get(stat.inode);
        if (known) return known;
        const source = {
          size: stat.size,
          read: (offset: number, into: Uint8Array) => value(this.#files.read(path, offset, into)),
        };
        const file = new RegularFile(identity, stat.mode, source, this.#cache);
        this.#regular.set(stat.inode, file);
        return file;
      }
      case 'other':
        // A host's sockets and devices are not the guest's to use.
        return new RegularFile(identity, 0, { size: 0, read: () => fail(Errno.ENXIO) }, this.#cache);
    }
  }
}

function value<T>(result: Result<T, HostFileError>): T {
  return result.ok ? result.value : fail(ERRNO[result.error]);
}
