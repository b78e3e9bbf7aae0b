import { Pte } from '../../memory/pte.ts';
import { Errno, fail } from '../abi/errno.ts';
import { Open } from '../abi/flags.ts';
import { directoryEntry } from '../abi/structs.ts';
import { makePipe, PipeEnd } from '../files/pipe.ts';
import { OpenPath } from '../files/open-path.ts';
import { OpenDirectory } from '../files/directory.ts';
import { OpenRegularFile, type RegularFile, Seal } from '../files/regular-file.ts';
import type { OpenFile } from '../files/open-file.ts';
import { FileEvent } from '../files/watches.ts';
import { Socket } from '../sockets/socket.ts';
import type { Syscall } from '../syscall.ts';
import { concat, encodeText } from '../user-memory.ts';
import { terminalRequest } from './terminals.ts';
import { checkFileSize, told } from './transfer.ts';
import { recordLock } from './locks.ts';
import type { SyscallFamily } from './table.ts';

const enum Fcntl {
  DuplicateFd = 0,
  GetFd = 1,
  SetFd = 2,
  GetFlags = 3,
  SetFlags = 4,
  SetOwner = 8,
  GetOwner = 9,
  DuplicateFdCloseOnExec = 1030,
  SetPipeSize = 1031,
  GetPipeSize = 1032,
  AddSeals = 1033,
  GetSeals = 1034,
}

/** MFD_ flags. */
const enum MemoryFile {
  CloseOnExec = 1,
  AllowSealing = 2,
  NoExecSeal = 8,
  Exec = 16,
}

/** FALLOC_FL_ flags. */
const enum Fallocate {
  KeepSize = 1,
  PunchHole = 2,
  ZeroRange = 16,
}

const FALLOCATE_MODES: readonly number[] = [
  0,
  Fallocate.KeepSize,
  Fallocate.PunchHole | Fallocate.KeepSize,
  Fallocate.ZeroRange,
  Fallocate.ZeroRange | Fallocate.KeepSize,
];
const POSIX_FADV_NOREUSE = 5;
const MAX_MEMORY_FILE_NAME = 249;
const FD_CLOEXEC = 1;
/** Flags that F_SETFL may change. */
const SETTABLE = Open.Append | Open.NonBlock;

/** ioctl(2) requests that are not left to the file: FIONBIO, FIOASYNC, FIOCLEX, FIONCLEX. */
const enum Ioctl {
  SetNonBlocking = 0x5421,
  SetAsynchronous = 0x5452,
  SetCloseOnExec = 0x5451,
  ClearCloseOnExec = 0x5450,
}

/** Descriptors and what they refer to. */
export const FILE_SYSCALLS: SyscallFamily = {
  close(call) {
    call.process.files.close(call.int(0));
    return 0;
  },

  close_range(call) {
    const { files } = call.process;
    const [first, last, flags] = [call.uint(0), call.uint(1), call.int(2)];
    if (first > last || flags & ~6) fail(Errno.EINVAL);
    for (const fd of files.numbers())
      if (fd >= first && fd <= last) {
        if (flags & 4) files.setCloseOnExec(fd, true);
        else files.close(fd);
      }
    return 0;
  },

  dup: (call) => duplicate(call, call.int(0), 0, false),

  dup3(call) {
    const [from, to, flags] = [call.int(0), call.int(1), call.int(2)];
    if (flags & ~Open.CloseOnExec || from === to) fail(Errno.EINVAL);
    const file = call.process.files.get(from);
    if (to < 0 || to >= call.process.limits.openFiles) fail(Errno.EBADF);
    file.retain();
    call.process.files.replace(to, file, (flags & Open.CloseOnExec) !== 0);
    return to;
  },

  fcntl(call) {
    const { files } = call.process;
    const fd = call.int(0);
    const file = files.get(fd);
    const argument = call.int(2);
    switch (call.int(1) as Fcntl) {
      case Fcntl.DuplicateFd:
        return duplicate(call, fd, argument, false);
      case Fcntl.DuplicateFdCloseOnExec:
        return duplicate(call, fd, argument, true);
      case Fcntl.GetFd:
        return files.isCloseOnExec(fd) ? FD_CLOEXEC : 0;
      case Fcntl.SetFd:
        files.setCloseOnExec(fd, (argument & FD_CLOEXEC) !== 0);
        return 0;
      case Fcntl.GetFlags:
        return file.flags;
      case Fcntl.SetFlags:
        file.flags = (file.flags & ~SETTABLE) | (argument & SETTABLE);
        return 0;
      case Fcntl.SetOwner:
        return 0;
      case Fcntl.GetOwner:
        return 0;
      case Fcntl.SetPipeSize:
        return file instanceof PipeEnd ? file.resize(argument >>> 0) : fail(Errno.EBADF);
      case Fcntl.GetPipeSize:
        return file instanceof PipeEnd ? file.capacity : fail(Errno.EBADF);
      case Fcntl.AddSeals:
        return addSeals(call, file, argument);
      case Fcntl.GetSeals:
        return sealable(file).seals ?? fail(Errno.EINVAL);
      default:
        return recordLock(call, file, call.int(1)) ?? fail(Errno.EINVAL);
    }
  },

  ioctl(call) {
    const { files } = call.process;
    const fd = call.int(0);
    const file = files.get(fd);
    const request = call.uint(1);
    switch (request as Ioctl) {
      case Ioctl.SetNonBlocking:
        file.flags = call.memory.readU32(call.word(2)) ? file.flags | Open.NonBlock : file.flags & ~Open.NonBlock;
        return 0;
      case Ioctl.SetAsynchronous:
        // Servers ask for SIGIO and do without: it is never sent.
        if (!(file instanceof Socket || file instanceof PipeEnd || file.terminal)) return fail(Errno.ENOTTY);
        call.memory.readU32(call.word(2));
        return 0;
      case Ioctl.SetCloseOnExec:
      case Ioctl.ClearCloseOnExec:
        files.setCloseOnExec(fd, request === (Ioctl.SetCloseOnExec as number));
        return 0;
      default:
        return terminalRequest(call, file, request) ?? file.ioctl(request, call.word(2), call.memory);
    }
  },

  lseek: (call) => call.process.files.get(call.int(0)).seek(call.long(1), call.int(2)),

  pipe2(call) {
    const flags = call.int(1);
    if (flags & ~(Open.CloseOnExec | Open.NonBlock | Open.Direct)) fail(Errno.EINVAL);
    const { process } = call;
    const { reader, writer } = makePipe(call.kernel.files.numbers.next(), flags & (Open.NonBlock | Open.Direct));
    const closeOnExec = (flags & Open.CloseOnExec) !== 0;
    let readFd: number;
    try {
      readFd = process.addFile(reader, closeOnExec);
    } catch (error) {
      writer.release();
      throw error;
    }
    try {
      const writeFd = process.addFile(writer, closeOnExec);
      try {
        call.memory.write(call.word(0), new Uint8Array(new Uint32Array([readFd, writeFd]).buffer));
      } catch (error) {
        process.files.close(writeFd);
        throw error;
      }
    } catch (error) {
      process.files.close(readFd);
      throw error;
    }
    return 0;
  },

  getdents64(call) {
    const file = call.process.files.get(call.int(0));
    const room = call.uint(2);
    const records: Uint8Array[] = [];
    let length = 0;
    let { position } = file;
    for (const { name, inode, mode } of file.entries(position)) {
      const record = directoryEntry(encodeText(name), inode, mode, position + 1);
      if (length + record.length > room) break;
      records.push(record);
      length += record.length;
      position++;
    }
    if (records.length === 0 && file.entries(position).length > 0) fail(Errno.EINVAL);
    call.memory.write(call.word(1), concat(records));
    file.position = position;
    return told(call, file, FileEvent.Access, length);
  },

  ftruncate(call) {
    const size = call.long(1);
    const file = call.process.files.get(call.int(0));
    if (file instanceof OpenPath) fail(Errno.EBADF);
    if (size < 0 || !file.isWritable) fail(Errno.EINVAL);
    checkFileSize(call, size);
    file.truncate(size);
    call.kernel.files.modified(file.place);
    return 0;
  },

  fallocate(call) {
    const file = call.process.files.get(call.int(0));
    const [mode, start, end] = [call.int(1), call.long(2), call.long(2) + call.long(3)];
    if (start < 0 || end <= start) fail(Errno.EINVAL);
    if (!FALLOCATE_MODES.includes(mode)) fail(Errno.EOPNOTSUPP);
    if (!file.isWritable) fail(Errno.EBADF);
    if (!(file instanceof OpenRegularFile)) return fail(Errno.ENODEV);
    if (!(mode & Fallocate.KeepSize)) checkFileSize(call, end);
    if (!(mode & Fallocate.KeepSize) && file.file.size < end) file.truncate(end);
    if (mode & (Fallocate.PunchHole | Fallocate.ZeroRange)) file.file.zero(start, end - start);
    call.kernel.files.modified(file.place);
    return 0;
  },

  memfd_create(call) {
    const name = call.memory.readPath(call.word(0));
    const flags = call.uint(1);
    if (flags & ~(MemoryFile.CloseOnExec | MemoryFile.AllowSealing | MemoryFile.NoExecSeal | MemoryFile.Exec))
      fail(Errno.EINVAL);
    if (name.length > MAX_MEMORY_FILE_NAME) fail(Errno.EINVAL);
    const inode = call.kernel.files.unnamedFile(0o777);
    inode.seals = flags & MemoryFile.AllowSealing ? 0 : Seal.Seal;
    const file = inode.open(`/memfd:${name} (deleted)`, Open.ReadWrite);
    return call.process.addFile(file, (flags & MemoryFile.CloseOnExec) !== 0);
  },

  // Nothing is written back before the end of the run, so there is nothing to wait for.
  fsync: synchronize,
  fdatasync: synchronize,
  fadvise64(call) {
    if (call.uint(3) > POSIX_FADV_NOREUSE) return fail(Errno.EINVAL);
    return call.process.files.get(call.int(0)) instanceof PipeEnd ? fail(Errno.ESPIPE) : 0;
  },

  sync: () => 0,
};

function sealable(file: OpenFile): RegularFile {
  return file instanceof OpenRegularFile && file.file.seals !== undefined ? file.file : fail(Errno.EINVAL);
}

/** F_ADD_SEALS: writing cannot be sealed while a shared mapping may still be stored to. */
function addSeals({ kernel }: Syscall, file: OpenFile, seals: number): number {
  const sealed = sealable(file);
  if (!file.isWritable) return fail(Errno.EPERM);
  if (seals & ~Seal.All) return fail(Errno.EINVAL);
  if (sealed.seals! & Seal.Seal) return fail(Errno.EPERM);
  if (seals & Seal.Write) {
    const object = file.memoryObject();
    for (const { space } of kernel.processes.values())
      if (space)
        for (const mapping of kernel.provider.inspector.mappings(kernel.provider.label(space)))
          if (mapping.object === object && mapping.sharing === 'shared' && mapping.maximum & Pte.W)
            return fail(Errno.EBUSY);
  }
  sealed.seals! |= seals;
  return 0;
}

/** EINVAL for what is no file of the tree. */
function synchronize(call: Syscall): number {
  const file = call.process.files.get(call.int(0));
  return file instanceof OpenRegularFile || file instanceof OpenDirectory ? 0 : fail(Errno.EINVAL);
}

function duplicate({ process }: Syscall, fd: number, from: number, closeOnExec: boolean): number {
  const file: OpenFile = process.files.get(fd);
  if (from < 0 || from >= process.limits.openFiles) fail(Errno.EINVAL);
  file.retain();
  return process.addFile(file, closeOnExec, from);
}
