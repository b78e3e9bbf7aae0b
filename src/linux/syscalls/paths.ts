import { Errno, fail } from '../abi/errno.ts';
import { At, Mode, Open, Permit } from '../abi/flags.ts';
import { fileSystemStatistics, stat, statx } from '../abi/structs.ts';
import { Directory, OpenDirectory } from '../files/directory.ts';
import { mayChange, type Resolved, type Restriction } from '../files/file-tree.ts';
import { type FileAttributes, Inode } from '../files/inode.ts';
import type { OpenFile } from '../files/open-file.ts';
import { OpenPath } from '../files/open-path.ts';
import { Fifo, PipeEnd } from '../files/pipe.ts';
import { OpenRegularFile, RegularFile } from '../files/regular-file.ts';
import { DescriptorLink, Symlink } from '../files/symlink.ts';
import { FileEvent, type FileWatches, type Place } from '../files/watches.ts';
import type { Outcome, Syscall } from '../syscall.ts';
import { encodeText } from '../user-memory.ts';
import { waitFor } from '../wait-queue.ts';
import type { SyscallFamily } from './table.ts';
import { addOpened } from './terminals.ts';
import { checkFileSize } from './transfer.ts';

/** AT_STATX_FORCE_SYNC and AT_STATX_DONT_SYNC, of which one may be given: the files are always in step. */
const STATX_SYNC_TYPE = 0x6000;

const enum Rename {
  NoReplace = 1,
  Exchange = 2,
}

const enum Resolve {
  NoSymlinks = 4,
  Beneath = 8,
  InRoot = 16,
}

/** Names: opening, looking at, making and removing what paths lead to. */
export const PATH_SYSCALLS: SyscallFamily = {
  openat: (call) => open(call, call.uint(2), call.uint(3)),

  openat2(call) {
    if (call.word(3) < 24) fail(Errno.EINVAL);
    const how = call.memory.view(call.word(2), 24);
    const [flags, mode, resolve] = [0, 8, 16].map((at) => Number(how.getBigUint64(at, true)));
    if (resolve & ~0x3f || resolve > 0x3f || flags > 0xffff_ffff || mode > 0o7777) return fail(Errno.EINVAL);
    if (mode !== 0 && !(flags & (Open.Create | Open.Temporary))) return fail(Errno.EINVAL);
    if ((resolve & (Resolve.Beneath | Resolve.InRoot)) === (Resolve.Beneath | Resolve.InRoot))
      return fail(Errno.EINVAL);
    const scope = resolve & Resolve.Beneath ? 'beneath' : resolve & Resolve.InRoot ? 'in-root' : 'anywhere';
    return open(call, flags, mode, { scope, links: !(resolve & Resolve.NoSymlinks) });
  },

  fstat(call) {
    call.memory.write(call.word(1), stat(call.process.files.get(call.int(0)).attributes()));
    return 0;
  },

  newfstatat(call) {
    if (call.int(3) & ~(At.SymlinkNoFollow | At.NoAutomount | At.EmptyPath)) fail(Errno.EINVAL);
    call.memory.write(call.word(2), stat(attributesAt(call, call.int(3))));
    return 0;
  },

  statx(call) {
    const flags = call.int(2);
    if (flags & ~(At.SymlinkNoFollow | At.NoAutomount | At.EmptyPath | STATX_SYNC_TYPE)) fail(Errno.EINVAL);
    if ((flags & STATX_SYNC_TYPE) === STATX_SYNC_TYPE || call.int(3) < 0) fail(Errno.EINVAL);
    call.memory.write(call.word(4), statx(attributesAt(call, flags)));
    return 0;
  },

  readlinkat(call) {
    // An empty path is the link that O_PATH | O_NOFOLLOW opened.
    const opened = call.memory.readPath(call.word(1)) === '' ? call.process.files.get(call.int(0)) : undefined;
    const inode = opened ? (opened instanceof OpenPath ? opened.inode : fail(Errno.ENOENT)) : findAt(call, false);
    if (!(inode instanceof Symlink)) return fail(Errno.EINVAL);
    if (inode.target === '') return fail(Errno.ENOENT);
    if (call.int(3) <= 0) fail(Errno.EINVAL);
    const target = encodeText(inode.target).subarray(0, call.int(3));
    call.memory.write(call.word(2), target);
    return target.length;
  },

  faccessat: (call) => access(call, 0),
  faccessat2: (call) => access(call, call.int(3)),

  getcwd(call) {
    const { directory } = call.process.fileSystem;
    if (directory.isRemoved) fail(Errno.ENOENT);
    const path = encodeText(`${directory.path}\0`);
    if (path.length > call.word(1)) fail(Errno.ERANGE);
    call.memory.write(call.word(0), path);
    return path.length;
  },

  chdir(call) {
    const { fileSystem } = call.process;
    const inode = call.kernel.files.find(call.memory.readPath(call.word(0)), fileSystem.directory);
    if (!(inode instanceof Directory)) return fail(Errno.ENOTDIR);
    if (!inode.permits(Permit.Execute)) return fail(Errno.EACCES);
    fileSystem.directory = inode;
    return 0;
  },

  fchdir(call) {
    const file = call.process.files.get(call.int(0));
    if (!(file instanceof OpenDirectory)) return fail(Errno.ENOTDIR);
    call.process.fileSystem.directory = file.directory;
    return 0;
  },

  mkdirat(call) {
    const at = resolveAt(call, 0, 1, false);
    if (at.inode) fail(Errno.EEXIST);
    const permissions = call.uint(2) & 0o1777 & ~call.process.fileSystem.umask;
    call.kernel.files.addEntry(
      at,
      touched(call, new Directory(call.kernel.files.numbers.next(), permissions, at.directory, at.name)),
    );
    return 0;
  },

  mknodat(call) {
    const at = resolveAt(call, 0, 1, false);
    const type = call.uint(2) & Mode.TypeMask;
    if (at.inode) fail(Errno.EEXIST);
    const permissions = call.uint(2) & 0o7777 & ~call.process.fileSystem.umask;
    const { files } = call.kernel;
    if (type === (Mode.Fifo as number)) files.addEntry(at, touched(call, new Fifo(files.numbers.next(), permissions)));
    else if (type === 0 || type === (Mode.Regular as number)) files.createFile(at, permissions);
    else fail(Errno.EPERM);
    return 0;
  },

  symlinkat(call) {
    const target = call.memory.readPath(call.word(0));
    if (target === '') fail(Errno.ENOENT);
    const at = resolveAt(call, 1, 2, false);
    call.kernel.files.addEntry(at, touched(call, new Symlink(call.kernel.files.numbers.next(), target)));
    return 0;
  },

  linkat(call) {
    const flags = call.int(4);
    if (flags & ~(At.SymlinkFollow | At.EmptyPath)) fail(Errno.EINVAL);
    const follow = (flags & At.SymlinkFollow) !== 0;
    const from = resolveAt(call, 0, 1, follow).inode;
    // /proc/self/fd/N of a file without a name gives it one.
    const inode = follow && from instanceof DescriptorLink ? inodeOf(from.file) : from;
    if (!inode) return fail(Errno.ENOENT);
    if (inode instanceof Directory) return fail(Errno.EPERM);
    const to = resolveAt(call, 2, 3, false);
    if (to.inode) return fail(Errno.EEXIST);
    call.kernel.files.watches.tell(inode, FileEvent.Attributes);
    call.kernel.files.addEntry(to, inode);
    inode.links++;
    return 0;
  },

  unlinkat(call) {
    const flags = call.int(2);
    if (flags & ~At.RemoveDirectory) fail(Errno.EINVAL);
    const at = resolveAt(call, 0, 1, 'never');
    if (!at.inode) return fail(Errno.ENOENT);
    mayChange(at.directory);
    if (flags & At.RemoveDirectory) {
      if (!(at.inode instanceof Directory)) return fail(Errno.ENOTDIR);
      if (at.name === '')
        return fail(at.path === '/' ? Errno.EBUSY : isParent(call, 1) ? Errno.ENOTEMPTY : Errno.EINVAL);
      if (at.inode.names().length > 0) return fail(Errno.ENOTEMPTY);
    } else if (at.inode instanceof Directory) return fail(Errno.EISDIR);
    else if (at.mustBeDirectory) return fail(Errno.ENOTDIR);
    call.kernel.files.removeEntry(at, at.inode);
    return 0;
  },

  renameat2(call) {
    const flags = call.int(4);
    if (flags & ~(Rename.NoReplace | Rename.Exchange) || flags === (Rename.NoReplace | Rename.Exchange))
      fail(Errno.EINVAL);
    rename(call.kernel.files.watches, resolveAt(call, 0, 1, 'never'), resolveAt(call, 2, 3, 'never'), flags);
    return 0;
  },

  truncate(call) {
    const place = found(
      call.kernel.files.resolve(call.memory.readPath(call.word(0)), call.process.fileSystem.directory, true),
    );
    const { inode } = place;
    if (inode instanceof Directory) fail(Errno.EISDIR);
    if (call.long(1) < 0 || !(inode instanceof RegularFile)) return fail(Errno.EINVAL);
    if (!inode.permits(Permit.Write)) return fail(Errno.EACCES);
    if (inode.isReadOnly) return fail(Errno.EROFS);
    if (call.kernel.files.isExecuting(inode)) return fail(Errno.ETXTBSY);
    checkFileSize(call, call.long(1));
    inode.truncate(call.long(1));
    call.kernel.files.modified(place);
    return 0;
  },

  statfs(call) {
    call.kernel.files.find(call.memory.readPath(call.word(0)), call.process.fileSystem.directory);
    call.memory.write(call.word(1), fileSystemStatistics());
    return 0;
  },

  fstatfs(call) {
    call.process.files.get(call.int(0));
    call.memory.write(call.word(1), fileSystemStatistics());
    return 0;
  },

  umask(call) {
    const { fileSystem } = call.process;
    const before = fileSystem.umask;
    fileSystem.umask = call.uint(0) & 0o777;
    return before;
  },
};

/** The directory that a relative path starts from. @param index of the dirfd argument. */
function directoryAt(call: Syscall, index: number): Directory {
  const dirfd = call.int(index);
  if (dirfd === (At.CurrentDirectory as number)) return call.process.fileSystem.directory;
  const file = call.process.files.get(dirfd);
  return file instanceof OpenDirectory ? file.directory : fail(Errno.ENOTDIR);
}

function resolveAt(call: Syscall, dirfd: number, pathAt: number, follow: boolean | 'never'): Resolved {
  const path = call.memory.readPath(call.word(pathAt));
  if (path === '') fail(Errno.ENOENT);
  const from = path.startsWith('/') ? call.kernel.files.root : directoryAt(call, dirfd);
  return call.kernel.files.resolve(path, from, follow);
}

/** Whether the last component of a path is `..`. */
function isParent(call: Syscall, pathAt: number): boolean {
  return /(^|\/)\.\.\/*$/.test(call.memory.readPath(call.word(pathAt)));
}

/** The file that arguments 0 and 1, a dirfd and a path, lead to. */
function findAt(call: Syscall, follow: boolean): Inode {
  return placeAt(call, follow).inode;
}

export function placeAt(call: Syscall, follow: boolean): Place {
  return found(resolveAt(call, 0, 1, follow));
}

/** What a path leads to, which must exist. */
function found({ directory, name, inode, mustBeDirectory }: Resolved): Place {
  if (!inode) return fail(Errno.ENOENT);
  return mustBeDirectory && !(inode instanceof Directory) ? fail(Errno.ENOTDIR) : { directory, name, inode };
}

export function attributesAt(call: Syscall, flags: number): FileAttributes {
  const pathAt = call.word(1);
  if (flags & At.EmptyPath) {
    const path = pathAt === 0 ? '' : call.memory.readPath(pathAt);
    if (path === '') {
      const dirfd = call.int(0);
      if (dirfd === (At.CurrentDirectory as number)) return call.process.fileSystem.directory.attributes();
      return call.process.files.get(dirfd).attributes();
    }
  }
  const follow = !(flags & At.SymlinkNoFollow);
  const inode = findAt(call, follow);
  return inode instanceof DescriptorLink && follow ? inode.file.attributes() : inode.attributes();
}

function open(call: Syscall, flags: number, mode: number, restriction?: Restriction): Outcome {
  const { kernel, process } = call;
  const waited = call.resumed?.opened;
  if (waited instanceof PipeEnd) return openFifo(call, waited, flags);
  const path = call.memory.readPath(call.word(1));
  const isAbsolute = path.startsWith('/') && restriction?.scope !== 'in-root';
  const from = isAbsolute ? kernel.files.root : directoryAt(call, 0);
  const permissions = mode & 0o7777 & ~process.fileSystem.umask;
  if (flags & Open.Temporary && !(flags & Open.Path)) {
    const at = kernel.files.find(path, from);
    if (!(at instanceof Directory)) return fail(Errno.ENOTDIR);
    if ((flags & Open.AccessMode) === 0) return fail(Errno.EINVAL);
    mayChange(at);
    const file = kernel.files.unnamedFile(permissions).open(`${at.path}/#tmp (deleted)`, flags & 3);
    return process.addFile(file, (flags & Open.CloseOnExec) !== 0);
  }
  const file = kernel.files.open(path, from, flags, permissions, restriction);
  if (file instanceof PipeEnd && !(flags & Open.NonBlock)) return openFifo(call, file, flags);
  return addOpened(call, file, flags);
}

/** open(2) of a FIFO ends when its other end is open too. */
function openFifo(call: Syscall, file: PipeEnd, flags: number): Outcome {
  if (call.resumed) call.resumed.opened = undefined;
  if (!file.hasPeer)
    return {
      wait: waitFor(`waits for the other end of ${file.name} to be opened`),
      queues: file.queues,
      onSignal: 'restart',
      opened: file,
    };
  return call.process.addFile(file, (flags & Open.CloseOnExec) !== 0);
}

/** access(2). */
function access(call: Syscall, flags: number): number {
  const wanted = call.int(2);
  if (wanted & ~7 || flags & ~(At.RemoveDirectory | At.SymlinkNoFollow | At.EmptyPath)) fail(Errno.EINVAL);
  const inode = findAt(call, !(flags & At.SymlinkNoFollow));
  if (!inode.permits(wanted)) return fail(Errno.EACCES);
  return inode.isReadOnly && wanted & Permit.Write ? fail(Errno.EROFS) : 0;
}

/** The file of the tree that is open, if it is one. */
export function inodeOf(file: OpenFile): Inode | undefined {
  if (file instanceof OpenRegularFile) return file.file;
  return file instanceof OpenDirectory ? file.directory : undefined;
}

function touched<I extends Inode>(call: Syscall, inode: I): I {
  inode.modified = call.kernel.clock.realtime();
  return inode;
}

function rename(watches: FileWatches, from: Resolved, to: Resolved, flags: number): void {
  const { inode } = from;
  if (!inode) return fail(Errno.ENOENT);
  if (from.name === '' || to.name === '') return fail(Errno.EBUSY);
  if ((from.mustBeDirectory || to.mustBeDirectory) && !(inode instanceof Directory)) return fail(Errno.ENOTDIR);
  if (to.directory.isRemoved) return fail(Errno.ENOENT);
  mayChange(from.directory);
  mayChange(to.directory);
  const target = to.inode;
  if (flags & Rename.NoReplace && target) return fail(Errno.EEXIST);
  if (target === inode) return;
  if (flags & Rename.Exchange && !target) return fail(Errno.ENOENT);
  for (let above = to.directory; above.parent !== above; above = above.parent)
    if (above === inode) return fail(Errno.EINVAL);
  if (target && !(flags & Rename.Exchange)) {
    if (inode instanceof Directory && !(target instanceof Directory)) return fail(Errno.ENOTDIR);
    if (target instanceof Directory && !(inode instanceof Directory)) return fail(Errno.EISDIR);
    if (target instanceof Directory && target.names().length > 0) return fail(Errno.ENOTEMPTY);
    target.links--;
  }
  from.directory.remove(from.name);
  const exchanged = (flags & Rename.Exchange) !== 0 ? target : undefined;
  if (exchanged) from.directory.add(from.name, exchanged);
  to.directory.add(to.name, inode);
  const [here, there] = [from, to].map(({ directory, name }) => ({ directory, name, inode }));
  watches.renamed(here, there, exchanged ? undefined : target);
  if (exchanged) watches.renamed({ ...there, inode: exchanged }, { ...here, inode: exchanged }, undefined);
}
