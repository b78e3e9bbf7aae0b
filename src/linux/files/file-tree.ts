import { Errno, fail } from '../abi/errno.ts';
import { Open, Permit } from '../abi/flags.ts';
import type { HostFiles } from '../host.ts';
import { devices, type OpenTerminal } from './devices.ts';
import { Directory } from './directory.ts';
import { HostTree } from './host-tree.ts';
import { type Inode, OwnInodes } from './inode.ts';
import type { OpenFile } from './open-file.ts';
import { OpenPath } from './open-path.ts';
import type { PageCache } from './page-cache.ts';
import { EMPTY, RegularFile } from './regular-file.ts';
import { DescriptorLink, Symlink } from './symlink.ts';
import type { RandomSource } from '../random.ts';
import { FileEvent, FileWatches, type Place } from './watches.ts';

/** path_resolution(7): symbolic links followed at most, and bytes of a component. */
const MAX_LINKS = 40;
const NAME_MAX = 255;

/** What openat2(2) lets a path do. */
export interface Restriction {
  /** `beneath` refuses to leave the directory that the path starts from, `in-root` makes that the root. */
  readonly scope: 'anywhere' | 'beneath' | 'in-root';
  /** Whether symbolic links are followed. */
  readonly links: boolean;
}

const UNRESTRICTED: Restriction = { scope: 'anywhere', links: true };

/** Where a path leads. */
export interface Resolved {
  readonly directory: Directory;
  /** Last component; empty when the path is a directory by itself (`/`, `.`, `..`). */
  readonly name: string;
  /** Absent when there is no such entry in `directory`. */
  readonly inode: Inode | undefined;
  /** Absolute path without links. */
  readonly path: string;
  /** The path ended in a slash: only a directory will do. */
  readonly mustBeDirectory: boolean;
}

/**
 * The guest's files: the host's tree, what the guest made in memory on top, and /dev and /proc. Paths are resolved
 * here, component by component, so that neither `..` nor a link leaves the root.
 */
export class FileTree {
  readonly root: Directory;
  readonly numbers = new OwnInodes();
  readonly watches = new FileWatches();
  /** Whether a process runs a program: its file cannot be written. Set by the kernel. */
  isExecuting: (inode: Inode) => boolean = () => false;
  readonly #cache: PageCache;
  readonly #now: () => bigint;

  /**
   * @param isReadOnly whether what comes from the host may not even be changed in memory.
   * @param now the realtime clock.
   */
  constructor(
    files: HostFiles,
    isReadOnly: boolean,
    cache: PageCache,
    random: RandomSource,
    openTerminal: OpenTerminal,
    now: () => bigint,
  ) {
    this.#cache = cache;
    this.#now = now;
    this.root = new HostTree(files, cache, isReadOnly).root();
    const dev = new Directory(this.numbers.next(), 0o755, this.root, 'dev');
    for (const [name, device] of devices(this.numbers, random, openTerminal)) dev.add(name, device);
    for (const [fd, name] of ['stdin', 'stdout', 'stderr'].entries())
      dev.add(name, new Symlink(this.numbers.next(), `/proc/self/fd/${fd}`));
    dev.add('fd', new Symlink(this.numbers.next(), '/proc/self/fd'));
    dev.add('shm', new Directory(this.numbers.next(), 0o1777, dev, 'shm'));
    this.mount('dev', dev);
    if (!this.root.lookup('tmp')) this.mount('tmp', new Directory(this.numbers.next(), 0o1777, this.root, 'tmp'));
  }

  /** Puts a directory of the shim's into the root, over what the host has there. */
  mount(name: string, directory: Directory): void {
    directory.isMount = true;
    this.root.add(name, directory);
  }

  /**
   * Resolves a path. @param follow whether a link in the last component is followed; where it is not, a slash at the end
   * makes it followed unless this is `never`.
   * Leaves the syscall with ENOENT, ENOTDIR, EACCES, ELOOP or ENAMETOOLONG where a component before the last fails.
   */
  resolve(path: string, from: Directory, follow: boolean | 'never', restriction: Restriction = UNRESTRICTED): Resolved {
    if (path === '') fail(Errno.ENOENT);
    const { scope, links: mayFollow } = restriction;
    const root = scope === 'in-root' ? from : this.root;
    if (path.startsWith('/') && scope === 'beneath') fail(Errno.EXDEV);
    let directory = path.startsWith('/') ? root : from;
    const rest = path.split('/').filter((part) => part !== '');
    const trailingSlash = path.endsWith('/');
    let links = 0;
    while (rest.length > 0) {
      const name = rest.shift()!;
      if (!directory.permits(Permit.Execute)) fail(Errno.EACCES);
      const last = rest.length === 0;
      if (name === '.' || name === '..') {
        if (name === '..' && directory === from && scope === 'beneath') fail(Errno.EXDEV);
        if (name === '..' && directory !== root) directory = directory.parent;
        if (last) return here(directory);
        continue;
      }
      if (name.length > NAME_MAX) fail(Errno.ENAMETOOLONG);
      const inode = directory.lookup(name);
      const isLink = inode instanceof Symlink && !(inode instanceof DescriptorLink);
      if (isLink && (!last || follow === true || (trailingSlash && follow !== 'never'))) {
        if (++links > MAX_LINKS) fail(Errno.ELOOP);
        if (!mayFollow) fail(Errno.ELOOP);
        const { target } = inode;
        if (target === '') fail(Errno.ENOENT);
        if (target.startsWith('/')) {
          if (scope === 'beneath') fail(Errno.EXDEV);
          directory = root;
        }
        rest.unshift(...target.split('/').filter((part) => part !== ''));
        if (rest.length === 0) return here(directory);
        continue;
      }
      if (last) {
        const above = directory.path;
        return {
          directory,
          name,
          inode,
          path: above === '/' ? `/${name}` : `${above}/${name}`,
          mustBeDirectory: trailingSlash,
        };
      }
      if (!inode) return fail(Errno.ENOENT);
      if (!(inode instanceof Directory)) return fail(Errno.ENOTDIR);
      directory = inode;
    }
    return here(directory);
  }

  /** The file at a path, which must exist. */
  find(path: string, from: Directory, follow = true): Inode {
    const found = this.resolve(path, from, follow);
    if (!found.inode) return fail(Errno.ENOENT);
    if (found.mustBeDirectory && !(found.inode instanceof Directory)) return fail(Errno.ENOTDIR);
    return found.inode;
  }

  /** open(2). @param permissions of a file that is created. */
  open(
    path: string,
    from: Directory,
    flags: number,
    permissions: number,
    restriction: Restriction = UNRESTRICTED,
  ): OpenFile {
    const create = (flags & Open.Create) !== 0 && !(flags & Open.Path);
    const exclusive = create && (flags & Open.Exclusive) !== 0;
    const found = this.resolve(path, from, !(flags & Open.NoFollow) && !exclusive, restriction);
    let { inode } = found;
    if (inode && exclusive) return fail(Errno.EEXIST);
    if (!inode) {
      if (!create) return fail(Errno.ENOENT);
      if (found.mustBeDirectory) return fail(Errno.EISDIR);
      inode = this.createFile(found, permissions);
    } else if (inode instanceof Directory) {
      if (create || (flags & Open.AccessMode) !== 0) return fail(Errno.EISDIR);
    } else if (flags & Open.Directory || found.mustBeDirectory) return fail(Errno.ENOTDIR);
    if (found.inode && !(flags & Open.Path) && !inode.permits(permitsFor(flags))) return fail(Errno.EACCES);
    if (inode.isReadOnly && permitsFor(flags) & Permit.Write && !(flags & Open.Path)) return fail(Errno.EROFS);
    if (found.inode && permitsFor(flags) & Permit.Write && this.isExecuting(inode)) return fail(Errno.ETXTBSY);
    if (flags & Open.Path && !(inode instanceof Directory))
      return new OpenPath(found.path, flags & (Open.Path | Open.NoFollow), inode);
    const file = inode.open(
      found.path,
      flags & ~(Open.Create | Open.Exclusive | Open.NoControllingTty | Open.Truncate | Open.CloseOnExec),
    );
    const place = { directory: found.directory, name: found.name, inode };
    if (found.inode && flags & Open.Truncate && inode instanceof RegularFile) {
      inode.truncate(0);
      this.modified(place);
    }
    // A link of /proc leads to a file that is open already, wherever it was found.
    if (!(inode instanceof DescriptorLink)) this.watches.opened(file, place);
    return file;
  }

  /** Makes an empty file. */
  createFile(at: Resolved, permissions: number): RegularFile {
    const file = this.unnamedFile(permissions);
    file.links = 1;
    this.addEntry(at, file);
    return file;
  }

  /** A file that is in no directory: memfd_create(2), O_TMPFILE. */
  unnamedFile(permissions: number): RegularFile {
    const file = new RegularFile(this.numbers.next(), permissions & 0o7777, EMPTY, this.#cache);
    file.links = 0;
    file.modified = this.#now();
    return file;
  }

  /** A file's bytes changed. @param place where it is, if it has a name. */
  modified(place: Place | undefined): void {
    if (!place) return;
    place.inode.modified = this.#now();
    this.watches.happened(place, FileEvent.Modify);
  }

  /** Gives a new entry its name. EEXIST where there is one, EACCES in /proc. */
  addEntry(at: Resolved, inode: Inode): void {
    if (at.inode || at.name === '') fail(Errno.EEXIST);
    if (at.directory.isRemoved) fail(Errno.ENOENT);
    mayChange(at.directory);
    at.directory.add(at.name, inode);
    at.directory.modified = this.#now();
    this.watches.created({ directory: at.directory, name: at.name, inode });
  }

  /** Takes a name away. */
  removeEntry({ directory, name }: Resolved, inode: Inode): void {
    mayChange(directory);
    directory.remove(name);
    directory.modified = this.#now();
    inode.links--;
    this.watches.removed({ directory, name, inode });
  }
}

/** Leaves the syscall with EACCES or EROFS where names may not be made or removed. */
export function mayChange(directory: Directory): void {
  if (directory.isReadOnly) fail(Errno.EROFS);
  if (!directory.isWritable || !directory.permits(Permit.Write | Permit.Execute)) fail(Errno.EACCES);
}

/** What open(2) needs, by its flags. */
function permitsFor(flags: number): number {
  const access = flags & Open.AccessMode;
  const reads = access === (Open.WriteOnly as number) ? 0 : Permit.Read;
  return reads | (access !== 0 || flags & Open.Truncate ? Permit.Write : 0);
}

function here(directory: Directory): Resolved {
  return { directory, name: '', inode: directory, path: directory.path, mustBeDirectory: true };
}
