import { Errno, fail } from '../abi/errno.ts';
import type { LockType, RecordLock } from '../files/file-locks.ts';
import type { OpenFile } from '../files/open-file.ts';
import { OpenPath } from '../files/open-path.ts';
import { OpenRegularFile } from '../files/regular-file.ts';
import type { Outcome, Syscall } from '../syscall.ts';
import { waitFor } from '../wait-queue.ts';
import type { SyscallFamily } from './table.ts';

/** Commands of fcntl(2) that lock records; those of open file descriptions come last. */
const enum Command {
  Get = 5,
  Set = 6,
  SetWait = 7,
  GetOfDescription = 36,
  SetOfDescription = 37,
  SetWaitOfDescription = 38,
}

/** l_type of struct flock. */
const LOCK_TYPES: Readonly<Record<number, LockType | 'none'>> = { 0: 'read', 1: 'write', 2: 'none' };
const FLOCK_SIZE = 32;
const MAX_OFFSET = 2 ** 63;

const enum WholeFile {
  Shared = 1,
  Exclusive = 2,
  NonBlocking = 4,
  Unlock = 8,
}

/** Locks of whole files; those of parts are fcntl(2)'s. */
export const LOCK_SYSCALLS: SyscallFamily = {
  flock(call) {
    const operation = call.int(1);
    const file = call.process.files.get(call.int(0));
    const { locks } = call.kernel;
    if (file instanceof OpenPath) return fail(Errno.EBADF);
    const type: WholeFile = operation & ~WholeFile.NonBlocking;
    if (type === WholeFile.Unlock) {
      locks.unlockWhole(file);
      return 0;
    }
    if (type !== WholeFile.Shared && type !== WholeFile.Exclusive) return fail(Errno.EINVAL);
    const holder = locks.lockWhole(file, type === WholeFile.Shared ? 'read' : 'write', call.process.pid);
    if (!holder) return 0;
    if (operation & WholeFile.NonBlocking) return fail(Errno.EAGAIN);
    return {
      wait: waitFor(`waits for the lock of ${file.name} that process ${holder.pid} holds`),
      queues: [locks.queue(file, file, undefined)],
      onSignal: 'restart',
    };
  },
};

/** fcntl(2)'s locks. @returns `undefined` for another command. */
export function recordLock(call: Syscall, file: OpenFile, command: number): Outcome | undefined {
  const ofDescription = command >= (Command.GetOfDescription as number);
  const kind: Command = ofDescription ? command - Command.GetOfDescription + Command.Get : command;
  if (kind < Command.Get || kind > Command.SetWait) return undefined;
  const at = call.word(2);
  const given = call.memory.view(at, FLOCK_SIZE);
  const type = LOCK_TYPES[given.getInt16(0, true)];
  const range = rangeOf(file, given);
  if (type === undefined || (ofDescription && given.getInt32(24, true) !== 0)) return fail(Errno.EINVAL);
  const { locks } = call.kernel;
  const owner = ofDescription ? file : call.process.files;
  if (kind === Command.Get) {
    if (type === 'none') return fail(Errno.EINVAL);
    const conflict = locks.conflict(file, owner, { ...range, type });
    given.setInt16(0, conflict ? (conflict.type === 'read' ? 0 : 1) : 2, true);
    if (conflict) {
      const length = conflict.end === Infinity ? 0 : conflict.end - conflict.start;
      given.setInt16(2, 0, true);
      given.setBigInt64(8, BigInt(conflict.start), true);
      given.setBigInt64(16, BigInt(length), true);
      given.setInt32(24, conflict.pid, true);
    }
    call.memory.write(at, new Uint8Array(given.buffer));
    return 0;
  }
  if (file instanceof OpenPath) return fail(Errno.EBADF);
  if (type === 'none') {
    locks.unlock(file, owner, range);
    return 0;
  }
  if (!(type === 'read' ? file.isReadable : file.isWritable)) return fail(Errno.EBADF);
  const wanted: RecordLock = { ...range, type };
  const conflict = locks.conflict(file, owner, wanted);
  if (!conflict) {
    locks.lock(file, owner, ofDescription ? undefined : call.process, wanted);
    return 0;
  }
  if (kind === Command.Set) return fail(Errno.EAGAIN);
  if (!ofDescription) locks.refuseDeadlock(owner, conflict.owner);
  const holder = conflict.pid === -1 ? 'an open file holds' : `process ${conflict.pid} holds`;
  return {
    wait: waitFor(`waits for a lock on ${file.name} that ${holder}`),
    queues: [locks.queue(file, owner, ofDescription ? undefined : conflict.owner)],
    onSignal: 'restart',
  };
}

/** The bytes that a struct flock means. A length of 0 reaches past every end, a negative one lies before the start. */
function rangeOf(file: OpenFile, given: DataView): Omit<RecordLock, 'type'> {
  const size = file instanceof OpenRegularFile ? file.file.size : 0;
  const base = [0, file.position, size][given.getInt16(2, true)] ?? fail(Errno.EINVAL);
  const start = base + Number(given.getBigInt64(8, true));
  const length = Number(given.getBigInt64(16, true));
  if (start >= MAX_OFFSET || start + length > MAX_OFFSET) return fail(Errno.EOVERFLOW);
  const low = length < 0 ? start + length : start;
  if (low < 0) return fail(Errno.EINVAL);
  return { start: low, end: length === 0 ? Infinity : length < 0 ? start : start + length };
}
