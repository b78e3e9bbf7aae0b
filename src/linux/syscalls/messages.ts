import { Errno, fail, SyscallError } from '../abi/errno.ts';
import { MessageFlag, Open } from '../abi/flags.ts';
import { Signal, SignalCode } from '../abi/signal-number.ts';
import { type OpenFile, WOULD_WAIT } from '../files/open-file.ts';
import { GROUP_ID, USER_ID } from '../identity.ts';
import { encodeAddress, Family, parseAddress, type SocketAddress } from '../sockets/address.ts';
import type { Credentials } from '../sockets/channel.ts';
import type { Received, Socket } from '../sockets/socket.ts';
import type { Outcome, Syscall } from '../syscall.ts';
import { concat } from '../user-memory.ts';
import type { Suspension } from '../wait-queue.ts';
import { gather, gatherPart, lengthOf, type Piece, readVectors, scatter } from './pieces.ts';

/** struct msghdr and struct mmsghdr. */
const HEADER_SIZE = 56;
const MULTIPLE_SIZE = 64;
const MAX_MULTIPLE = 1024;
/** What is received at a time, and sent as one message. */
const MAX_BYTES = 1 << 20;
/** What of a stream is copied at a time. */
const CHUNK = 1 << 16;

const SOL_SOCKET = 1;
const SCM_RIGHTS = 1;
const SCM_CREDENTIALS = 2;
/** SO_PASSCRED, as a key of `Socket.options`. */
const PASS_CREDENTIALS = '1:16';
const CMSG_HEADER = 16;
/** SCM_MAX_FD. */
const MAX_RIGHTS = 253;

/** What is to be sent. */
export interface Outgoing {
  readonly pieces: readonly Piece[];
  /** The caller's references, which a sent message takes over. */
  readonly rights: readonly OpenFile[];
  readonly to: SocketAddress | undefined;
}

/** What came in, with the result of the call; or what the call does instead. */
export type Arrival = { readonly received: Received; readonly result: number } | { readonly outcome: Outcome };

export function credentialsOf({ process }: Syscall): Credentials {
  return { pid: process.pid, uid: USER_ID, gid: GROUP_ID };
}

/** Suspends a call until `socket` changes, for `timeout` nanoseconds at most if that is not 0. */
export function waitForSocket(call: Syscall, socket: Socket, timeout: number, progress = 0): Suspension {
  const { clock } = call.kernel;
  const deadline = call.resumed ? call.resumed.wait.deadline : timeout === 0 ? undefined : clock.monotonic() + timeout;
  if (deadline !== undefined && clock.monotonic() >= deadline) return fail(Errno.EAGAIN);
  return {
    wait: { reason: socket.waitReason, deadline, forInput: false },
    queues: socket.queues,
    onSignal: timeout === 0 ? 'restart' : 'interrupt',
    ...(progress > 0 ? { progress } : {}),
  };
}

/** send(2) and its relatives. */
export function send(call: Syscall, socket: Socket, { pieces, rights, to }: Outgoing, flags: number): Outcome {
  const before = call.resumed?.progress ?? 0;
  const total = lengthOf(pieces);
  const next = (): Uint8Array =>
    socket.keepsMessages ? gather(call.memory, pieces, MAX_BYTES) : gatherPart(call.memory, pieces, done, CHUNK);
  const waits = !(socket.flags & Open.NonBlock || flags & MessageFlag.DontWait);
  if (to && !socket.isDatagram && socket.family === Family.Unix)
    fail(socket.outgoing ? Errno.EISCONN : Errno.EOPNOTSUPP);
  let done = before;
  try {
    do {
      const given = done === before && before === 0 ? rights : [];
      const sent = socket.send(next(), given, credentialsOf(call), to);
      if (sent === WOULD_WAIT) {
        if (!waits) return done > 0 ? done : -Errno.EAGAIN;
        const wait = waitForSocket(call, socket, socket.sendTimeout, done);
        // A datagram waits for room at its receiver, which need not be the peer.
        return to
          ? { ...wait, queues: [...wait.queues, call.kernel.network.datagramTarget(socket, to).changed] }
          : wait;
      }
      done += sent;
    } while (done < total && !socket.keepsMessages);
    return done;
  } catch (error) {
    if (!(error instanceof SyscallError) || error.errno !== Errno.EPIPE) throw error;
    if (done > 0) return done;
    if (!(flags & MessageFlag.NoSignal))
      call.kernel.signals.sendToThread(call.thread, {
        signal: Signal.SIGPIPE,
        code: SignalCode.User,
        pid: call.process.pid,
      });
    return -Errno.EPIPE;
  }
}

/** recv(2) and its relatives. */
export function receive(call: Syscall, socket: Socket, pieces: readonly Piece[], flags: number): Arrival {
  const waits = !(socket.flags & Open.NonBlock || flags & MessageFlag.DontWait);
  const wanted = Math.min(lengthOf(pieces), MAX_BYTES);
  const isShort = flags & MessageFlag.WaitAll && !socket.keepsMessages && socket.incoming.length < wanted;
  const mayGrow = isShort && !socket.incoming.ended && socket.incoming.room > 0 && waits && socket.outgoing;
  const received = mayGrow ? WOULD_WAIT : socket.receive(wanted, (flags & MessageFlag.Peek) !== 0);
  if (received === WOULD_WAIT)
    return { outcome: waits ? waitForSocket(call, socket, socket.receiveTimeout) : -Errno.EAGAIN };
  scatter(call.memory, pieces, received.bytes);
  const whole = flags & MessageFlag.Truncated && socket.keepsMessages;
  return { received, result: whole ? received.length : received.bytes.length };
}

interface Header {
  readonly view: DataView;
  readonly pieces: readonly Piece[];
}

function readHeader({ memory }: Syscall, at: number): Header {
  const view = memory.view(at, HEADER_SIZE);
  const word = (offset: number): number => Number(view.getBigUint64(offset, true));
  return { view, pieces: readVectors(memory, word(16), word(24)) };
}

/** sendmsg(2). @param at address of the struct msghdr. */
export function sendMessage(call: Syscall, socket: Socket, at: number, flags: number): Outcome {
  const { view, pieces } = readHeader(call, at);
  const nameAt = Number(view.getBigUint64(0, true));
  const nameLength = view.getUint32(8, true);
  if (nameLength > 128) fail(Errno.EINVAL);
  const name = new Uint8Array(nameAt === 0 ? 0 : nameLength);
  if (call.memory.readSome(nameAt, name) < name.length) fail(Errno.EFAULT);
  const to = name.length === 0 ? undefined : parseAddress(name);
  const rights = call.resumed?.progress ? [] : readRights(call, view);
  let kept = false;
  try {
    const outcome = send(call, socket, { pieces, rights, to }, flags);
    kept = typeof outcome === 'number' ? outcome >= 0 : typeof outcome === 'object' && (outcome.progress ?? 0) > 0;
    return outcome;
  } finally {
    if (!kept) rights.forEach((file) => file.release());
  }
}

/** recvmsg(2). @param at address of the struct msghdr. */
export function receiveMessage(call: Syscall, socket: Socket, at: number, flags: number): Outcome {
  const { view, pieces } = readHeader(call, at);
  const arrival = receive(call, socket, pieces, flags);
  if ('outcome' in arrival) return arrival.outcome;
  const { message, bytes, length } = arrival.received;
  const { memory } = call;
  const nameAt = Number(view.getBigUint64(0, true));
  if (nameAt !== 0) {
    const unnamed =
      !message ||
      (socket.family !== Family.Unix && !socket.isDatagram) ||
      (message.from.family === Family.Unix && message.from.name === '');
    const name = unnamed ? new Uint8Array() : encodeAddress(message.from);
    memory.write(nameAt, name.subarray(0, view.getUint32(8, true)));
    memory.writeU32(at + 8, name.length);
  }
  let resultFlags = length > bytes.length && socket.keepsMessages ? MessageFlag.Truncated : 0;
  const control = writeControl(call, socket, arrival.received, view, flags);
  if (control.truncated) resultFlags |= MessageFlag.ControlTruncated;
  memory.writeU64(at + 40, control.length);
  memory.writeU32(at + 48, resultFlags);
  return arrival.result;
}

/** sendmmsg(2): stops at the first message that fails or would wait. */
export function sendMessages(call: Syscall, socket: Socket, at: number, count: number, flags: number): Outcome {
  return each(call, at, count, (header) => sendMessage(call, socket, header, flags));
}

export function receiveMessages(call: Syscall, socket: Socket, at: number, count: number, flags: number): Outcome {
  let first = true;
  return each(call, at, count, (header) => {
    const rest = first || !(flags & MessageFlag.WaitForOne) ? flags : flags | MessageFlag.DontWait;
    first = false;
    return receiveMessage(call, socket, header, rest);
  });
}

function each(call: Syscall, at: number, count: number, one: (header: number) => Outcome): Outcome {
  const total = Math.min(count, MAX_MULTIPLE);
  for (let i = 0; i < total; i++) {
    const header = at + i * MULTIPLE_SIZE;
    let outcome: Outcome;
    try {
      outcome = one(header);
    } catch (error) {
      if (i > 0 && error instanceof SyscallError) return i;
      throw error;
    }
    if (typeof outcome !== 'number' || outcome < 0) return i > 0 ? i : outcome;
    call.memory.writeU32(header + HEADER_SIZE, outcome);
  }
  return total;
}

/** The files that a message passes on, each with a reference of its own (unix(7), SCM_RIGHTS). */
function readRights(call: Syscall, header: DataView): OpenFile[] {
  const length = Number(header.getBigUint64(40, true));
  const at = Number(header.getBigUint64(32, true));
  if (length === 0 || at === 0) return [];
  if (length > 65536) return fail(Errno.EINVAL);
  const control = call.memory.view(at, length);
  const files: OpenFile[] = [];
  for (let offset = 0; offset + CMSG_HEADER <= length;) {
    const size = Number(control.getBigUint64(offset, true));
    if (size < CMSG_HEADER || offset + size > length) return fail(Errno.EINVAL);
    if (control.getInt32(offset + 8, true) === SOL_SOCKET && control.getInt32(offset + 12, true) === SCM_RIGHTS)
      for (let fd = offset + CMSG_HEADER; fd + 4 <= offset + size; fd += 4)
        files.push(call.process.files.get(control.getInt32(fd, true)));
    offset += Math.ceil(size / 8) * 8;
  }
  if (files.length > MAX_RIGHTS) return fail(Errno.EINVAL);
  for (const file of files) file.retain();
  return files;
}

/** Puts rights and credentials where the header has room for them. */
function writeControl(
  call: Syscall,
  socket: Socket,
  { message }: Received,
  header: DataView,
  flags: number,
): { readonly length: number; readonly truncated: boolean } {
  if (!message) return { length: 0, truncated: false };
  const room = header.getBigUint64(32, true) === 0n ? 0 : Number(header.getBigUint64(40, true));
  const parts: Uint8Array[] = [];
  let used = 0;
  let truncated = false;
  const add = (type: number, words: readonly number[]): void => {
    const part = new Uint8Array(Math.ceil((CMSG_HEADER + words.length * 4) / 8) * 8);
    const view = new DataView(part.buffer);
    view.setBigUint64(0, BigInt(CMSG_HEADER + words.length * 4), true);
    view.setInt32(8, SOL_SOCKET, true);
    view.setInt32(12, type, true);
    words.forEach((word, i) => view.setInt32(CMSG_HEADER + i * 4, word, true));
    const end = Math.min(room, used + part.length);
    parts.push(part.subarray(0, end - used));
    used = end;
  };
  if (socket.options.get(PASS_CREDENTIALS)?.[0] === 1) {
    const { pid, uid, gid } = message.sender;
    if (room >= CMSG_HEADER + 12) add(SCM_CREDENTIALS, [pid, uid, gid]);
    else truncated = true;
  }
  if (message.rights.length > 0) {
    const fit = Math.max(0, Math.floor((room - used - CMSG_HEADER) / 4));
    const fds: number[] = [];
    for (const [i, file] of message.rights.entries()) {
      const peeked = (flags & MessageFlag.Peek) !== 0;
      if (i >= fit) {
        truncated = true;
        if (!peeked) file.release();
        continue;
      }
      if (peeked) file.retain();
      fds.push(call.process.addFile(file, (flags & MessageFlag.CloseOnExec) !== 0));
    }
    if (fds.length > 0) add(SCM_RIGHTS, fds);
  }
  call.memory.write(Number(header.getBigUint64(32, true)), concat(parts));
  return { length: used, truncated };
}
