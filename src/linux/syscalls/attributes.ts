import { Errno, fail } from '../abi/errno.ts';
import { At } from '../abi/flags.ts';
import { readTimespec } from '../abi/structs.ts';
import { Inode } from '../files/inode.ts';
import { OpenPath } from '../files/open-path.ts';
import { FileEvent, type Place } from '../files/watches.ts';
import { USER_ID } from '../identity.ts';
import type { Syscall } from '../syscall.ts';
import { attributesAt, inodeOf, placeAt } from './paths.ts';
import type { SyscallFamily } from './table.ts';

const UTIME_NOW = 0x3fff_ffffn;
const UTIME_OMIT = 0x3fff_fffen;

/** What files have besides their bytes: permissions, owners, times. */
export const ATTRIBUTE_SYSCALLS: SyscallFamily = {
  fchmodat: (call) => changeMode(call, placeAt(call, true), call.uint(2)),
  fchownat(call) {
    const flags = call.int(4);
    if (flags & ~(At.SymlinkNoFollow | At.EmptyPath)) fail(Errno.EINVAL);
    attributesAt(call, flags);
    return changeOwner(call.int(2), call.int(3));
  },

  fchown(call) {
    const file = call.process.files.get(call.int(0));
    return file instanceof OpenPath ? fail(Errno.EBADF) : changeOwner(call.int(1), call.int(2));
  },

  fchmod(call) {
    const file = call.process.files.get(call.int(0));
    if (file instanceof OpenPath) return fail(Errno.EBADF);
    const inode = inodeOf(file);
    return inode ? changeMode(call, file.place ?? inode, call.uint(1)) : 0;
  },

  utimensat(call) {
    if (omitsBoth(call)) return 0;
    const file = call.word(1) === 0 ? call.process.files.get(call.int(0)) : undefined;
    const place = file ? file.place : placeAt(call, !(call.int(3) & At.SymlinkNoFollow));
    const inode = file ? inodeOf(file) : place?.inode;
    const timesAt = call.word(2);
    const now = call.kernel.clock.realtime();
    const times = timesAt === 0 ? undefined : call.memory.view(timesAt, 32);
    const [accessed, modified] = [0, 16].map((at) => {
      const ns = times?.getBigInt64(at + 8, true) ?? UTIME_NOW;
      return ns === UTIME_OMIT ? undefined : ns === UTIME_NOW ? now : (readTimespec(times!, at) ?? fail(Errno.EINVAL));
    });
    if (inode?.isReadOnly) return fail(Errno.EROFS);
    if (inode) {
      inode.accessed = accessed ?? inode.accessed ?? inode.modified;
      inode.modified = modified ?? inode.modified;
    }
    call.kernel.files.watches.happened(place, FileEvent.Attributes);
    return 0;
  },

  // No file has extended attributes, or could.
  getxattr: (call) => withoutAttributes(call, true, -Errno.EOPNOTSUPP),
  lgetxattr: (call) => withoutAttributes(call, false, -Errno.EOPNOTSUPP),
  fgetxattr: (call) => withoutAttributes(call, 'open', -Errno.EOPNOTSUPP),
  setxattr: (call) => withoutAttributes(call, true, -Errno.EOPNOTSUPP),
  lsetxattr: (call) => withoutAttributes(call, false, -Errno.EOPNOTSUPP),
  fsetxattr: (call) => withoutAttributes(call, 'open', -Errno.EOPNOTSUPP),
  listxattr: (call) => withoutAttributes(call, true, 0),
  llistxattr: (call) => withoutAttributes(call, false, 0),
  flistxattr: (call) => withoutAttributes(call, 'open', 0),
  removexattr: (call) => withoutAttributes(call, true, -Errno.EOPNOTSUPP),
  lremovexattr: (call) => withoutAttributes(call, false, -Errno.EOPNOTSUPP),
  fremovexattr: (call) => withoutAttributes(call, 'open', -Errno.EOPNOTSUPP),
};

/** utimensat(2) that changes nothing does not even look at the file. */
function omitsBoth(call: Syscall): boolean {
  if (call.word(2) === 0) return false;
  const times = call.memory.view(call.word(2), 32);
  return [8, 24].every((at) => times.getBigInt64(at, true) === UTIME_OMIT);
}

/** @param follow whether the last component of the path in argument 0 is, or `open` for a descriptor. */
function withoutAttributes(call: Syscall, follow: boolean | 'open', result: number): number {
  const { kernel, process, memory } = call;
  if (follow === 'open') process.files.get(call.int(0));
  else kernel.files.find(memory.readPath(call.word(0)), process.fileSystem.directory, follow);
  return result;
}

/** There is one user, who owns every file: nobody else can. -1 leaves what is. */
function changeOwner(user: number, group: number): number {
  return (user !== -1 && user !== USER_ID) || (group !== -1 && group !== USER_ID) ? fail(Errno.EPERM) : 0;
}

/** @param at the file, and where it was found if that is known. */
function changeMode(call: Syscall, at: Place | Inode, permissions: number): number {
  const inode = at instanceof Inode ? at : at.inode;
  if (inode.isReadOnly) return fail(Errno.EROFS);
  inode.mode = inode.type | (permissions & 0o7777);
  call.kernel.files.watches.happened(at instanceof Inode ? undefined : at, FileEvent.Attributes);
  return 0;
}
