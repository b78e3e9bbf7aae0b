import { Errno, fail } from '../abi/errno.ts';
import { Open } from '../abi/flags.ts';
import { Directory } from '../files/directory.ts';
import { Inotify } from '../files/inotify.ts';
import { FileEvent } from '../files/watches.ts';
import type { Syscall } from '../syscall.ts';
import type { SyscallFamily } from './table.ts';

/** Flags of a watch besides the events. */
const enum WatchFlag {
  OnlyDirectories = 0x0100_0000,
  DontFollow = 0x0200_0000,
  MaskCreate = 0x1000_0000,
  MaskAdd = 0x2000_0000,
  OneShot = 0x8000_0000,
}

/** What a watch keeps of its mask. */
const KEPT = FileEvent.Any | WatchFlag.OneShot;

/** Being told what happens to files. */
export const WATCH_SYSCALLS: SyscallFamily = {
  inotify_init1(call) {
    const flags = call.uint(0);
    if (flags & ~(Open.CloseOnExec | Open.NonBlock)) return fail(Errno.EINVAL);
    const { numbers, watches } = call.kernel.files;
    const file = new Inotify(numbers.next(), watches, flags & Open.NonBlock);
    return call.process.addFile(file, (flags & Open.CloseOnExec) !== 0);
  },

  inotify_add_watch(call) {
    const mask = call.uint(2);
    const both = mask & WatchFlag.MaskAdd && mask & WatchFlag.MaskCreate;
    if (!(mask & FileEvent.Any) || both) return fail(Errno.EINVAL);
    const inotify = inotifyAt(call);
    const path = call.memory.readPath(call.word(1));
    const { directory } = call.process.fileSystem;
    const inode = call.kernel.files.find(path, directory, !(mask & WatchFlag.DontFollow));
    if (mask & WatchFlag.OnlyDirectories && !(inode instanceof Directory)) return fail(Errno.ENOTDIR);
    const existing = call.kernel.files.watches.of(inode, inotify);
    if (existing && mask & WatchFlag.MaskCreate) return fail(Errno.EEXIST);
    const watch = existing ?? inotify.watch(inode, mask & KEPT);
    watch.mask = mask & WatchFlag.MaskAdd ? watch.mask | (mask & KEPT) : mask & KEPT;
    return watch.id;
  },

  inotify_rm_watch(call) {
    const inotify = inotifyAt(call);
    inotify.forget(inotify.find(call.int(1)) ?? fail(Errno.EINVAL));
    return 0;
  },
};

function inotifyAt(call: Syscall): Inotify {
  const file = call.process.files.get(call.int(0));
  return file instanceof Inotify ? file : fail(Errno.EINVAL);
}
