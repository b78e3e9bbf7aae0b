import { Errno, fail } from '../abi/errno.ts';
import { Open } from '../abi/flags.ts';
import { type OpenFile, WOULD_WAIT } from '../files/open-file.ts';
import { PipeEnd } from '../files/pipe.ts';
import { OpenRegularFile } from '../files/regular-file.ts';
import { FileEvent } from '../files/watches.ts';
import type { Outcome, Syscall } from '../syscall.ts';
import { COPY_CHUNK } from '../user-memory.ts';
import { gatherPart, lengthOf, readVectors, scatter } from './pieces.ts';
import type { SyscallFamily } from './table.ts';
import { raisingBrokenPipe, told, wait } from './transfer.ts';

/** SPLICE_F_MOVE, SPLICE_F_MORE, SPLICE_F_GIFT only say how; SPLICE_F_NONBLOCK is of the pipes. */
const NON_BLOCKING = 2;
const FLAGS = 15;

/** Moving bytes through pipes without going through memory. */
export const SPLICE_SYSCALLS: SyscallFamily = {
  splice(call) {
    const [sourceAt, targetAt, length, flags] = [call.word(1), call.word(3), call.word(4), call.uint(5)];
    if (length === 0) return 0;
    if (flags & ~FLAGS) return fail(Errno.EINVAL);
    const source = call.process.files.get(call.int(0));
    const target = call.process.files.get(call.int(2));
    if (!source.isReadable || !target.isWritable) return fail(Errno.EBADF);
    if (source instanceof PipeEnd && target instanceof PipeEnd && source.isOfSamePipe(target))
      return fail(Errno.EINVAL);
    const sourceOffset = offsetOf(call, source, sourceAt);
    const targetOffset = offsetOf(call, target, targetAt);
    const result = raisingBrokenPipe(call, () =>
      source instanceof PipeEnd
        ? fromPipe(source, target, targetOffset, length, flags)
        : target instanceof PipeEnd
          ? intoPipe(source, sourceOffset, target, length, flags)
          : fail(Errno.EINVAL),
    );
    if (typeof result === 'number' && result > 0) {
      if (sourceOffset !== undefined) call.memory.writeU64(sourceAt, sourceOffset + result);
      if (targetOffset !== undefined) call.memory.writeU64(targetAt, targetOffset + result);
    }
    if (typeof result !== 'number') return result;
    told(call, source, FileEvent.Access, result);
    return told(call, target, FileEvent.Modify, result);
  },

  tee(call) {
    const [length, flags] = [call.word(2), call.uint(3)];
    if (flags & ~FLAGS) return fail(Errno.EINVAL);
    if (length === 0) return 0;
    const source = call.process.files.get(call.int(0));
    const target = call.process.files.get(call.int(1));
    if (!source.isReadable || !target.isWritable) return fail(Errno.EBADF);
    if (!(source instanceof PipeEnd) || !(target instanceof PipeEnd) || source.isOfSamePipe(target))
      return fail(Errno.EINVAL);
    return raisingBrokenPipe(call, () => {
      const bytes = source.peek(Math.min(length, target.room));
      if (target.hasNoReader) return fail(Errno.EPIPE);
      if (bytes === WOULD_WAIT) return waitFor(source, flags);
      if (bytes.length === 0) return source.isEmpty ? 0 : waitFor(target, flags);
      return target.write(bytes);
    });
  },

  vmsplice(call) {
    const flags = call.uint(3);
    if (flags & ~FLAGS) return fail(Errno.EINVAL);
    const file = call.process.files.get(call.int(0));
    if (!(file instanceof PipeEnd)) return fail(Errno.EBADF);
    const pieces = readVectors(call.memory, call.word(1), call.word(2));
    const length = lengthOf(pieces);
    if (length === 0) return 0;
    if (!file.isWritable) {
      const bytes = file.peek(length);
      if (bytes === WOULD_WAIT) return waitFor(file, flags);
      scatter(call.memory, pieces, bytes);
      file.skip(bytes.length);
      return bytes.length;
    }
    return raisingBrokenPipe(call, () => {
      if (file.hasNoReader) return fail(Errno.EPIPE);
      if (file.room === 0) return waitFor(file, flags);
      return file.write(gatherPart(call.memory, pieces, 0, file.room));
    });
  },
};

/** Where to transfer, if not at the file's position. ESPIPE for pipes and whatever else cannot be positioned. */
function offsetOf(call: Syscall, file: OpenFile, at: number): number | undefined {
  if (at === 0) return undefined;
  if (!(file instanceof OpenRegularFile)) return fail(Errno.ESPIPE);
  const offset = Number(BigInt.asIntN(64, call.memory.readU64(at)));
  return offset < 0 ? fail(Errno.EINVAL) : offset;
}

function waitFor(file: OpenFile, flags: number): Outcome {
  return flags & NON_BLOCKING ? fail(Errno.EAGAIN) : wait(file, 0);
}

function fromPipe(
  source: PipeEnd,
  target: OpenFile,
  offset: number | undefined,
  length: number,
  flags: number,
): Outcome {
  if (target.flags & Open.Append) return fail(Errno.EINVAL);
  const room = target instanceof PipeEnd ? target.room : length;
  if (target instanceof PipeEnd && target.hasNoReader) return fail(Errno.EPIPE);
  const bytes = source.peek(Math.min(length, Math.max(room, 1)));
  if (bytes === WOULD_WAIT) return waitFor(source, flags);
  if (bytes.length === 0) return 0;
  if (room === 0) return waitFor(target, flags);
  const written = offset === undefined ? target.write(bytes) : target.writeAt(offset, bytes);
  if (written === WOULD_WAIT) return waitFor(target, flags);
  source.skip(written);
  return written;
}

function intoPipe(
  source: OpenFile,
  offset: number | undefined,
  target: PipeEnd,
  length: number,
  flags: number,
): Outcome {
  if (target.hasNoReader) return fail(Errno.EPIPE);
  if (target.room === 0) return waitFor(target, flags);
  const bytes = new Uint8Array(Math.min(length, target.room, COPY_CHUNK));
  const count = offset === undefined ? source.read(bytes) : source.readAt(offset, bytes);
  if (count === WOULD_WAIT) return wait(source, 0);
  return count === 0 ? 0 : target.write(bytes.subarray(0, count));
}
