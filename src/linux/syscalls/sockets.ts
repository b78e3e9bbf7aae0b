import { Errno, fail } from '../abi/errno.ts';
import { MessageFlag, Open } from '../abi/flags.ts';
import { readTimeval, timeval } from '../abi/structs.ts';
import {
  encodeAddress,
  Family,
  internetAddress,
  parseAddress,
  type SocketAddress,
  UNNAMED,
} from '../sockets/address.ts';
import { CHANNEL_CAPACITY } from '../sockets/channel.ts';
import { SocketInode } from '../sockets/network.ts';
import { Socket, SocketType } from '../sockets/socket.ts';
import type { Outcome, Syscall } from '../syscall.ts';
import {
  credentialsOf,
  receive,
  receiveMessage,
  receiveMessages,
  send,
  sendMessage,
  sendMessages,
  waitForSocket,
} from './messages.ts';
import type { SyscallFamily } from './table.ts';

const TYPE_MASK = 0xf;
const IPPROTO_TCP = 6;
const IPPROTO_UDP = 17;
/** SOMAXCONN. */
const MAX_BACKLOG = 4096;
const MAX_OPTION = 1024;

const SOL_SOCKET = 1;
/** SO_RCVMARK: options of the socket level are numbered up to this one. */
const LAST_SOCKET_OPTION = 75;
/** IPPROTO_IP, TCP, UDP and IPV6. */
const KNOWN_LEVELS: readonly number[] = [0, IPPROTO_TCP, IPPROTO_UDP, 41];
const enum Option {
  Type = 3,
  Error = 4,
  SendBuffer = 7,
  ReceiveBuffer = 8,
  PeerCredentials = 17,
  ReceiveTimeout = 20,
  SendTimeout = 21,
  AcceptsConnections = 30,
  Protocol = 38,
  Domain = 39,
}

/** Sockets between the processes of the machine. */
export const SOCKET_SYSCALLS: SyscallFamily = {
  socket(call) {
    const flags = call.uint(1);
    return call.process.addFile(create(call, call.int(0), flags, call.int(2)), isCloseOnExec(flags));
  },

  socketpair(call) {
    const { process } = call;
    const flags = call.uint(1);
    if (call.int(0) !== (Family.Unix as number))
      return fail(call.int(0) === (Family.Inet as number) ? Errno.EOPNOTSUPP : Errno.EAFNOSUPPORT);
    const pair = [create(call, Family.Unix, flags, call.int(2)), create(call, Family.Unix, flags, call.int(2))];
    pair[0].join(pair[1]);
    const added: number[] = [];
    try {
      while (pair.length > 0) added.push(process.addFile(pair.shift()!, isCloseOnExec(flags)));
      call.memory.write(call.word(3), new Uint8Array(new Uint32Array(added).buffer));
    } catch (error) {
      for (const fd of added) process.files.close(fd);
      for (const socket of pair) socket.release();
      throw error;
    }
    return 0;
  },

  bind(call) {
    const socket = socketAt(call, 0);
    const { kernel, process } = call;
    const address = readAddress(call, 1, 2) ?? fail(Errno.EINVAL);
    if (address.family !== socket.family)
      return fail(socket.family === Family.Unix ? Errno.EINVAL : Errno.EAFNOSUPPORT);
    const isBound = socket.local.family === Family.Unix ? socket.local.name !== '' : socket.local.port !== 0;
    if (address.family !== Family.Unix || address.name.startsWith('\0')) {
      if (isBound) fail(Errno.EINVAL);
      kernel.network.bind(socket, address);
    } else if (address.name === '') {
      if (!isBound) kernel.network.bindAnyName(socket);
    } else {
      const at = kernel.files.resolve(address.name, process.fileSystem.directory, false);
      if (at.inode) fail(Errno.EADDRINUSE);
      if (isBound) fail(Errno.EINVAL);
      const permissions = 0o777 & ~process.fileSystem.umask;
      kernel.files.addEntry(at, new SocketInode(kernel.files.numbers.next(), permissions, socket));
      socket.local = address;
    }
    return 0;
  },

  listen(call) {
    const socket = socketAt(call, 0);
    if (socket.isDatagram) fail(Errno.EOPNOTSUPP);
    if (socket.outgoing) fail(Errno.EINVAL);
    if (socket.local === UNNAMED) fail(Errno.EINVAL);
    if (socket.local.family !== Family.Unix && socket.local.port === 0) call.kernel.network.bindAnywhere(socket);
    socket.backlog ??= [];
    socket.backlogLimit = Math.min(call.uint(1), MAX_BACKLOG);
    return 0;
  },

  accept: (call) => accept(call, 0),
  accept4: (call) => accept(call, call.uint(3)),

  connect(call) {
    const socket = socketAt(call, 0);
    const address = readAddress(call, 1, 2);
    const { network } = call.kernel;
    if (socket.isDatagram) {
      if (!address) {
        socket.outgoing = undefined;
        socket.peer = undefined;
        return 0;
      }
      const isUnix = address.family === Family.Unix;
      if (!isUnix && socket.local.family !== Family.Unix && socket.local.port === 0) network.bindAnywhere(socket);
      // A datagram socket may be connected to a port that nobody has: sending finds out.
      if (isUnix) socket.outgoing = network.datagramTarget(socket, address);
      else
        try {
          socket.outgoing = network.datagramTarget(socket, address);
        } catch {
          socket.outgoing = undefined;
        }
      socket.peer = address;
      return 0;
    }
    if (!address) return fail(Errno.EINVAL);
    if (socket.connecting) {
      socket.connecting = false;
      const error = socket.takeError();
      return error === 0 ? 0 : -error;
    }
    if (socket.backlog) fail(Errno.EINVAL);
    if (socket.outgoing) fail(Errno.EISCONN);
    return connectStream(call, socket, address);
  },

  getsockname(call) {
    writeAddress(call, socketAt(call, 0).local, 1, 2);
    return 0;
  },

  getpeername(call) {
    const { peer } = socketAt(call, 0);
    writeAddress(call, peer ?? fail(Errno.ENOTCONN), 1, 2);
    return 0;
  },

  shutdown(call) {
    const how = call.int(1);
    const socket = socketAt(call, 0);
    if (how < 0 || how > 2) fail(Errno.EINVAL);
    socket.shutdown(how);
    return 0;
  },

  setsockopt(call) {
    const socket = socketAt(call, 0);
    const [level, name, valueAt, size] = [call.int(1), call.int(2), call.word(3), call.uint(4)];
    if (size > MAX_OPTION) fail(Errno.EINVAL);
    const value = new Uint8Array(size);
    if (call.memory.readSome(valueAt, value) < size) fail(Errno.EFAULT);
    const timeout =
      level === SOL_SOCKET && (name === (Option.ReceiveTimeout as number) || name === (Option.SendTimeout as number));
    if (timeout) {
      if (size < 16) fail(Errno.EINVAL);
      const ns = Number(readTimeval(new DataView(value.buffer)) ?? fail(Errno.EDOM));
      if (name === (Option.ReceiveTimeout as number)) socket.receiveTimeout = ns;
      else socket.sendTimeout = ns;
      return 0;
    }
    if (size < 4) fail(Errno.EINVAL);
    socket.options.set(`${level}:${name}`, value);
    return 0;
  },

  getsockopt(call) {
    const socket = socketAt(call, 0);
    const [level, name, valueAt, sizeAt] = [call.int(1), call.int(2), call.word(3), call.word(4)];
    const room = call.memory.readU32(sizeAt);
    if (room > 0x7fff_ffff) fail(Errno.EINVAL);
    const value = optionOf(socket, level, name).subarray(0, room);
    call.memory.write(valueAt, value);
    call.memory.writeU32(sizeAt, value.length);
    return 0;
  },

  sendto(call) {
    const pieces = [{ start: call.word(1), length: call.word(2) }];
    const to = call.word(4) === 0 ? undefined : readAddress(call, 4, 5);
    return send(call, socketAt(call, 0), { pieces, rights: [], to }, call.uint(3));
  },

  recvfrom(call) {
    const socket = socketAt(call, 0);
    const got = receive(call, socket, [{ start: call.word(1), length: call.word(2) }], call.uint(3));
    if ('outcome' in got) return got.outcome;
    got.received.message?.rights.forEach((file) => !(call.uint(3) & MessageFlag.Peek) && file.release());
    if (call.word(4) !== 0) writeAddress(call, got.received.message?.from ?? socket.peer ?? UNNAMED, 4, 5);
    return got.result;
  },

  sendmsg: (call) => sendMessage(call, socketAt(call, 0), call.word(1), call.uint(2)),
  recvmsg: (call) => receiveMessage(call, socketAt(call, 0), call.word(1), call.uint(2)),
  sendmmsg: (call) => sendMessages(call, socketAt(call, 0), call.word(1), call.uint(2), call.uint(3)),
  recvmmsg: (call) => receiveMessages(call, socketAt(call, 0), call.word(1), call.uint(2), call.uint(3)),
};

function create(call: Syscall, family: number, typeAndFlags: number, protocol: number): Socket {
  let type = (typeAndFlags & TYPE_MASK) as SocketType;
  const flags = typeAndFlags & ~TYPE_MASK;
  if (flags & ~(Open.CloseOnExec | Open.NonBlock)) fail(Errno.EINVAL);
  const { kernel } = call;
  switch (family as Family) {
    case Family.Unix:
      if (protocol !== 0 && protocol !== (Family.Unix as number)) fail(Errno.EPROTONOSUPPORT);
      // Raw sockets are datagram sockets there, for BSD's sake.
      if (type === SocketType.Raw) type = SocketType.Datagram;
      if (type !== SocketType.Stream && type !== SocketType.Datagram && type !== SocketType.SequencedPacket)
        fail(Errno.ESOCKTNOSUPPORT);
      break;
    case Family.Inet:
    case Family.Inet6: {
      if (type !== SocketType.Stream && type !== SocketType.Datagram) fail(Errno.ESOCKTNOSUPPORT);
      const expected = type === SocketType.Stream ? IPPROTO_TCP : IPPROTO_UDP;
      if (protocol !== 0 && protocol !== expected) fail(Errno.EPROTONOSUPPORT);
      break;
    }
    default:
      fail(Errno.EAFNOSUPPORT);
  }
  const open = flags & Open.NonBlock;
  return new Socket(kernel.network, kernel.files.numbers.next(), family, type, open, credentialsOf(call));
}

function isCloseOnExec(flags: number): boolean {
  return (flags & Open.CloseOnExec) !== 0;
}

function socketAt(call: Syscall, index: number): Socket {
  const file = call.process.files.get(call.int(index));
  return file instanceof Socket ? file : fail(Errno.ENOTSOCK);
}

/** The sockaddr of arguments `at` (address) and `size`; `undefined` for AF_UNSPEC. */
function readAddress(call: Syscall, at: number, size: number): SocketAddress | undefined {
  const length = call.int(size);
  if (length < 0 || length > 128) return fail(Errno.EINVAL);
  const bytes = new Uint8Array(length);
  if (call.memory.readSome(call.word(at), bytes) < length) fail(Errno.EFAULT);
  return parseAddress(bytes);
}

/** Writes a sockaddr as far as it fits, and its whole length, where arguments `at` and `size` say. */
function writeAddress(call: Syscall, address: SocketAddress, at: number, size: number): void {
  const room = call.memory.readU32(call.word(size));
  if (room > 0x7fff_ffff) fail(Errno.EINVAL);
  const bytes = encodeAddress(address);
  call.memory.write(call.word(at), bytes.subarray(0, room));
  call.memory.writeU32(call.word(size), bytes.length);
}

function accept(call: Syscall, flags: number): Outcome {
  if (flags & ~(Open.CloseOnExec | Open.NonBlock)) fail(Errno.EINVAL);
  const socket = socketAt(call, 0);
  if (socket.isDatagram) fail(Errno.EOPNOTSUPP);
  if (!socket.backlog) return fail(Errno.EINVAL);
  const connected = socket.backlog[0];
  if (!connected)
    return socket.flags & Open.NonBlock ? -Errno.EAGAIN : waitForSocket(call, socket, socket.receiveTimeout);
  if (call.word(1) !== 0) writeAddress(call, connected.peer ?? UNNAMED, 1, 2);
  socket.backlog.shift();
  socket.wake();
  connected.flags |= flags & Open.NonBlock;
  return call.process.addFile(connected, isCloseOnExec(flags));
}

function connectStream(call: Syscall, socket: Socket, address: SocketAddress): Outcome {
  const { kernel } = call;
  const { network } = kernel;
  const waits = !(socket.flags & Open.NonBlock);
  const isUnix = socket.family === Family.Unix;
  let listener: Socket;
  try {
    listener = network.listener(socket, address);
  } catch (error) {
    if (waits || isUnix || !isRefused(error)) throw error;
    socket.pendingError = Errno.ECONNREFUSED;
    socket.connecting = true;
    return -Errno.EINPROGRESS;
  }
  const backlog = listener.backlog!;
  if (backlog.length > listener.backlogLimit)
    return waits ? { ...waitForSocket(call, socket, socket.sendTimeout), queues: listener.queues } : -Errno.EAGAIN;
  if (!isUnix && socket.local.family !== Family.Unix && socket.local.port === 0)
    network.bindAnywhere(socket, internetAddress(socket.family, 'loopback', 0));
  const other = new Socket(network, kernel.files.numbers.next(), socket.family, socket.type, 0, listener.owner);
  other.local =
    isUnix || listener.local.family === Family.Unix
      ? listener.local
      : internetAddress(socket.family, 'loopback', listener.local.port);
  socket.join(other);
  backlog.push(other);
  listener.wake();
  if (waits || isUnix) return 0;
  socket.connecting = true;
  return -Errno.EINPROGRESS;
}

function isRefused(error: unknown): boolean {
  return error instanceof Error && 'errno' in error && error.errno === Errno.ECONNREFUSED;
}

function optionOf(socket: Socket, level: number, name: number): Uint8Array {
  const int = (value: number): Uint8Array => new Uint8Array(new Int32Array([value]).buffer);
  if (level === SOL_SOCKET)
    switch (name as Option) {
      case Option.Type:
        return int(socket.type);
      case Option.Error:
        return int(socket.takeError());
      case Option.SendBuffer:
      case Option.ReceiveBuffer:
        return int(CHANNEL_CAPACITY);
      case Option.PeerCredentials: {
        const { pid, uid, gid } = socket.peerOwner ?? { pid: 0, uid: -1, gid: -1 };
        return new Uint8Array(new Int32Array([pid, uid, gid]).buffer);
      }
      case Option.ReceiveTimeout:
        return timeval(BigInt(socket.receiveTimeout));
      case Option.SendTimeout:
        return timeval(BigInt(socket.sendTimeout));
      case Option.AcceptsConnections:
        return int(socket.backlog ? 1 : 0);
      case Option.Protocol:
        return int(socket.family === Family.Unix ? 0 : socket.isDatagram ? IPPROTO_UDP : IPPROTO_TCP);
      case Option.Domain:
        return int(socket.family);
      default:
        break;
    }
  const known = level === SOL_SOCKET ? name <= LAST_SOCKET_OPTION : KNOWN_LEVELS.includes(level);
  return socket.options.get(`${level}:${name}`) ?? (known ? int(0) : fail(Errno.ENOPROTOOPT));
}
