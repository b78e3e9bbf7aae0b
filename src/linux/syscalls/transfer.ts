import { Errno, fail, SyscallError } from '../abi/errno.ts';
import { Open } from '../abi/flags.ts';
import { Signal, SignalCode } from '../abi/signal-number.ts';
import { type OpenFile, WOULD_WAIT } from '../files/open-file.ts';
import { PipeEnd } from '../files/pipe.ts';
import { OpenRegularFile } from '../files/regular-file.ts';
import { FileEvent } from '../files/watches.ts';
import { Socket } from '../sockets/socket.ts';
import { Resource } from '../resource-limits.ts';
import type { Outcome, Syscall } from '../syscall.ts';
import { COPY_CHUNK, type UserMemory } from '../user-memory.ts';
import { type Suspension, waitFor } from '../wait-queue.ts';
import { gather, gatherPart, lengthOf, type Piece, readVectors, scatter } from './pieces.ts';
import type { SyscallFamily } from './table.ts';

/** The largest transfer of one call (read(2), NOTES). */
const MAX_TRANSFER = 0x7fff_f000;
/** No message of a socket is longer. */
const MAX_MESSAGE = 1 << 20;
/** What eventfd(2) takes of a write. */
const COUNTER_SIZE = 8;

/** RWF_HIPRI, _DSYNC, _SYNC and _NOWAIT ask for speed or durability, which are all the same here. */
const TRANSFER_FLAGS = 0xf;

/** Moving bytes between files and memory. */
export const TRANSFER_SYSCALLS: SyscallFamily = {
  read: (call) => read(call, [{ start: call.word(1), length: call.word(2) }]),
  write: (call) => write(call, [{ start: call.word(1), length: call.word(2) }]),
  readv: (call) => read(call, vectors(call)),
  writev: (call) => write(call, vectors(call)),
  pread64: (call) => readAt(call, [{ start: call.word(1), length: call.word(2) }]),
  pwrite64: (call) => writeAt(call, [{ start: call.word(1), length: call.word(2) }]),
  preadv: (call) => readAt(call, vectors(call)),
  pwritev: (call) => writeAt(call, vectors(call)),

  // An offset of -1 is the file's own.
  preadv2(call) {
    if (call.int(5) & ~TRANSFER_FLAGS) return fail(Errno.EOPNOTSUPP);
    return call.long(3) === -1 ? read(call, vectors(call)) : readAt(call, vectors(call));
  },

  pwritev2(call) {
    if (call.int(5) & ~TRANSFER_FLAGS) return fail(Errno.EOPNOTSUPP);
    return call.long(3) === -1 ? write(call, vectors(call)) : writeAt(call, vectors(call));
  },

  copy_file_range(call) {
    const source = readable(call, call.int(0));
    const target = writable(call, call.int(2));
    if (!(source instanceof OpenRegularFile) || !(target instanceof OpenRegularFile)) return fail(Errno.EINVAL);
    if (target.flags & Open.Append) fail(Errno.EBADF);
    if (call.uint(5) !== 0) fail(Errno.EINVAL);
    const [sourceAt, targetAt] = [call.word(1), call.word(3)];
    let from = sourceAt === 0 ? source.position : call.memory.readWord(sourceAt);
    let to = targetAt === 0 ? target.position : call.memory.readWord(targetAt);
    const length = Math.min(call.word(4), MAX_TRANSFER, Math.max(0, source.file.size - from));
    if (source.file === target.file && from < to + length && to < from + length) fail(Errno.EINVAL);
    for (let left = length; left > 0;) {
      const chunk = new Uint8Array(Math.min(left, COPY_CHUNK));
      target.writeAt(to, chunk.subarray(0, source.readAt(from, chunk)));
      from += chunk.length;
      to += chunk.length;
      left -= chunk.length;
    }
    if (sourceAt === 0) source.position = from;
    else call.memory.writeU64(sourceAt, from);
    if (targetAt === 0) target.position = to;
    else call.memory.writeU64(targetAt, to);
    told(call, source, FileEvent.Access, length);
    return told(call, target, FileEvent.Modify, length);
  },

  sendfile(call) {
    const target = writable(call, call.int(0));
    const source = readable(call, call.int(1));
    const offsetAt = call.word(2);
    if (target.flags & Open.Append || source instanceof PipeEnd || source instanceof Socket) return fail(Errno.EINVAL);
    let offset = offsetAt === 0 ? undefined : call.memory.readWord(offsetAt);
    const done = raisingBrokenPipe(call, () =>
      copy(source, target, call.word(3), offset, (count) => (offset = (offset ?? 0) + count)),
    );
    if (offsetAt !== 0 && offset !== undefined) call.memory.writeU64(offsetAt, offset);
    if (typeof done !== 'number') return done;
    told(call, source, FileEvent.Access, done);
    return told(call, target, FileEvent.Modify, done);
  },
};

function vectors(call: Syscall): Piece[] {
  return readVectors(call.memory, call.word(1), call.word(2));
}

function readable({ process }: Syscall, fd: number): OpenFile {
  const file = process.files.get(fd);
  return file.isReadable ? file : fail(Errno.EBADF);
}

function writable({ process }: Syscall, fd: number): OpenFile {
  const file = process.files.get(fd);
  return file.isWritable ? file : fail(Errno.EBADF);
}

/** Waits until `file` is ready, unless it is non-blocking. @param progress bytes transferred before. */
export function wait(file: OpenFile, progress: number): Outcome {
  if (file.flags & Open.NonBlock) return progress > 0 ? progress : -Errno.EAGAIN;
  return {
    wait: { reason: file.waitReason, deadline: undefined, forInput: file.isInput },
    queues: file.queues,
    onSignal: 'restart',
    ...(progress > 0 ? { progress } : {}),
  };
}

/** As `wait`, until the file's patience is at its end. */
function waitPatiently(call: Syscall, file: OpenFile): Outcome {
  const { patience } = file;
  const outcome = wait(file, 0);
  if (patience === undefined || typeof outcome !== 'object') return outcome;
  const begun = file.isPatienceRenewed ? undefined : call.resumed?.wait.deadline;
  return { ...outcome, wait: { ...outcome.wait, deadline: begun ?? call.kernel.clock.monotonic() + patience } };
}

/** The signal that a use of the terminal from the background brought is delivered; then the call is made again. */
export function untilForeground(): Suspension {
  return { wait: waitFor('waits to be in the foreground'), queues: [], onSignal: 'restart' };
}

function read(call: Syscall, pieces: readonly Piece[]): Outcome {
  const file = readable(call, call.int(0));
  const { terminal } = file;
  if (file.isTerminal && terminal && call.kernel.jobs.stopsBackground(terminal, 'read')) return untilForeground();
  // A terminal gives a line, whatever there is room for.
  if (file.keepsMessages || file.isTerminal) return readMessage(call, file, pieces);
  const done = readPieces(call.memory, pieces, file, (into) => file.read(into));
  return done === WOULD_WAIT ? wait(file, 0) : told(call, file, FileEvent.Access, done);
}

/** One message, cut to what there is room for. */
function readMessage(call: Syscall, file: OpenFile, pieces: readonly Piece[]): Outcome {
  const bytes = new Uint8Array(Math.min(lengthOf(pieces), MAX_MESSAGE));
  const deadline = call.resumed?.wait.deadline;
  const isLate = deadline !== undefined && deadline <= call.kernel.clock.monotonic();
  const count = isLate ? file.readLate(bytes) : file.read(bytes);
  if (count === WOULD_WAIT) return waitPatiently(call, file);
  scatter(call.memory, pieces, bytes.subarray(0, count));
  return count;
}

function readAt(call: Syscall, pieces: readonly Piece[]): Outcome {
  const file = readable(call, call.int(0));
  let offset = call.long(3);
  if (offset < 0) fail(Errno.EINVAL);
  const done = readPieces(call.memory, pieces, file, (into) => {
    const count = file.readAt(offset, into);
    offset += count;
    return count;
  });
  return told(call, file, FileEvent.Access, done);
}

/**
 * Fills pieces of memory from a reader, a chunk at a time, until it gives less than asked for. What was read before a
 * bad address is lost, as in Linux; EFAULT if that is nothing. @returns bytes, or `WOULD_WAIT`.
 */
function readPieces(
  memory: UserMemory,
  pieces: readonly Piece[],
  { failsWhole }: OpenFile,
  readInto: (into: Uint8Array) => number,
): number {
  let done = 0;
  for (const { start, length } of pieces) {
    const before = done;
    for (let at = 0; at < length && done < MAX_TRANSFER;) {
      const chunk = new Uint8Array(Math.min(length - at, COPY_CHUNK, MAX_TRANSFER - done));
      const count = done === 0 ? readInto(chunk) : partial(() => readInto(chunk));
      if (count === WOULD_WAIT) return done > 0 ? done : WOULD_WAIT;
      const stored = memory.writeSome(start + at, chunk.subarray(0, count));
      done += stored;
      if (stored < count && failsWhole) return before > 0 ? before : fail(Errno.EFAULT);
      if (stored < count) return done > 0 ? done : fail(Errno.EFAULT);
      if (count < chunk.length) return done;
      at += count;
    }
    if (length === 0 && pieces.length === 1) readInto(new Uint8Array());
  }
  return done;
}

function write(call: Syscall, pieces: readonly Piece[]): Outcome {
  const file = writable(call, call.int(0));
  const { terminal } = file;
  if (file.isTerminal && terminal?.stopsWriters && call.kernel.jobs.stopsBackground(terminal, 'write'))
    return untilForeground();
  const before = call.resumed?.progress ?? 0;
  return raisingBrokenPipe(call, () => {
    if (file.keepsMessages) {
      const { memory } = call;
      // A socket refuses a message that is too long; a counter takes what it needs of any.
      const isSocket = file instanceof Socket;
      const bytes = isSocket ? gather(memory, pieces, MAX_MESSAGE) : gatherPart(memory, pieces, 0, COUNTER_SIZE);
      const sent = file.write(bytes);
      return sent === WOULD_WAIT ? wait(file, 0) : sent;
    }
    const max = mayWrite(call, file, undefined, lengthOf(pieces));
    const { done, blocked } = writePieces(call.memory, pieces, before, max, file, (bytes) => file.write(bytes));
    return blocked ? wait(file, done) : told(call, file, FileEvent.Modify, done);
  });
}

/** EPIPE comes with SIGPIPE; what was written before it counts. */
export function raisingBrokenPipe(call: Syscall, transfer: () => Outcome): Outcome {
  const before = call.resumed?.progress ?? 0;
  try {
    return transfer();
  } catch (error) {
    if (!(error instanceof SyscallError) || error.errno !== Errno.EPIPE) throw error;
    const info = { signal: Signal.SIGPIPE, code: SignalCode.User, pid: call.process.pid };
    call.kernel.signals.sendToThread(call.thread, info);
    return before > 0 ? before : -Errno.EPIPE;
  }
}

function writeAt(call: Syscall, pieces: readonly Piece[]): Outcome {
  const file = writable(call, call.int(0));
  let offset = call.long(3);
  if (offset < 0) fail(Errno.EINVAL);
  const max = mayWrite(call, file, offset, lengthOf(pieces));
  const { done } = writePieces(call.memory, pieces, 0, max, file, (bytes) => {
    const count = file.writeAt(offset, bytes);
    offset += count;
    return count;
  });
  return told(call, file, FileEvent.Modify, done);
}

/** Refuses a file size beyond RLIMIT_FSIZE with EFBIG and SIGXFSZ. */
export function checkFileSize({ kernel, process, thread }: Syscall, size: number): void {
  if (size <= process.limits.bytes(Resource.FileSize)) return;
  kernel.signals.sendToThread(thread, { signal: Signal.SIGXFSZ, code: SignalCode.User, pid: process.pid });
  fail(Errno.EFBIG);
}

/** Bytes of `length` that may be written to a file, at `offset` or its position. */
function mayWrite(call: Syscall, file: OpenFile, offset: number | undefined, length: number): number {
  const limit = call.process.limits.bytes(Resource.FileSize);
  if (limit === Infinity || !(file instanceof OpenRegularFile) || length === 0) return MAX_TRANSFER;
  const start = file.flags & Open.Append ? file.file.size : (offset ?? file.position);
  if (start >= limit) checkFileSize(call, start + length);
  return Math.min(MAX_TRANSFER, limit - start);
}

/** After bytes were transferred, who watches the file is told, and one that was written has a new time. */
export function told({ kernel }: Syscall, file: OpenFile, event: FileEvent, count: number): number {
  if (count > 0 && event === FileEvent.Modify) kernel.files.modified(file.place);
  else if (count > 0) kernel.files.watches.happened(file.place, event);
  return count;
}

/** Gives pieces of memory, without their first `skip` bytes, `max` at most, to a writer. `done` counts from the first byte. */
function writePieces(
  memory: UserMemory,
  pieces: readonly Piece[],
  skip: number,
  max: number,
  { failsWhole }: OpenFile,
  writeFrom: (bytes: Uint8Array) => number,
): { readonly done: number; readonly blocked: boolean } {
  let done = 0;
  for (const { start, length } of pieces) {
    if (done + length <= skip) {
      done += length;
      continue;
    }
    for (let at = Math.max(0, skip - done); at < length;) {
      const position = done + at;
      if (position >= max) return { done: position, blocked: false };
      const chunk = new Uint8Array(Math.min(length - at, COPY_CHUNK, max - position));
      const readable = memory.readSome(start + at, chunk);
      if (readable < chunk.length && failsWhole) return done > 0 ? { done, blocked: false } : fail(Errno.EFAULT);
      if (readable === 0) return position > 0 ? { done: position, blocked: false } : fail(Errno.EFAULT);
      const bytes = chunk.subarray(0, readable);
      const count = position === 0 ? writeFrom(bytes) : partial(() => writeFrom(bytes));
      if (count === WOULD_WAIT) return { done: position, blocked: true };
      at += count;
      if (count === 0 || readable < chunk.length) return { done: position + count, blocked: false };
    }
    done += length;
  }
  return { done, blocked: false };
}

/** After some bytes were transferred, an error ends the transfer instead of losing their count. */
function partial(transfer: () => number): number {
  try {
    return transfer();
  } catch (error) {
    if (error instanceof SyscallError && error.errno !== Errno.EPIPE) return 0;
    throw error;
  }
}

/**
 * Copies between files without going through memory.
 * @param offset where to read; the source's own position, which then moves, when absent.
 * @param moved told of each part when `offset` is given.
 */
function copy(
  source: OpenFile,
  target: OpenFile,
  length: number,
  offset: number | undefined,
  moved: (count: number) => void,
): Outcome {
  let done = 0;
  while (done < Math.min(length, MAX_TRANSFER)) {
    const chunk = new Uint8Array(Math.min(length - done, COPY_CHUNK));
    const from = offset === undefined ? source.position : offset + done;
    const count = source.readAt(from, chunk);
    if (count <= 0) break;
    const written = target.write(chunk.subarray(0, count));
    if (written === WOULD_WAIT) return done > 0 ? done : wait(target, 0);
    done += written;
    if (offset === undefined) source.position = from + written;
    else moved(written);
    if (written < count) break;
  }
  return done;
}
