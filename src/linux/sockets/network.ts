import { Errno, fail } from '../abi/errno.ts';
import { Mode, Permit } from '../abi/flags.ts';
import { Inode, type InodeIdentity } from '../files/inode.ts';
import type { OpenFile } from '../files/open-file.ts';
import { coverageOf, Family, internetAddress, overlap, type SocketAddress } from './address.ts';
import type { Channel } from './channel.ts';
import { type Socket, SocketType } from './socket.ts';

/** The first of the ports that the kernel chooses itself (ip_local_port_range). */
const FIRST_EPHEMERAL = 32_768;
const LAST_EPHEMERAL = 60_999;

/** A name in the file system that a socket is bound to. */
export class SocketInode extends Inode {
  readonly size = 0;

  constructor(
    identity: InodeIdentity,
    permissions: number,
    readonly socket: Socket,
  ) {
    super(identity, Mode.Socket | permissions);
  }

  /** A socket is connected to, not opened. */
  open(): OpenFile {
    return fail(Errno.ENXIO);
  }
}

/** Which socket has which address. There is no way out: only sockets of this machine are found. */
export class Network {
  /** Sockets by `unix:name` (the abstract namespace) and by `tcp:port` and `udp:port`. */
  readonly #bound = new Map<string, Socket[]>();
  readonly #find: (path: string) => Inode;
  #nextPort = FIRST_EPHEMERAL;

  /** @param find the inode at a path; leaves the syscall where there is none. */
  constructor(find: (path: string) => Inode) {
    this.#find = find;
  }

  /** Binds to an address that is not a path. EADDRINUSE where another socket has it. */
  bind(socket: Socket, address: SocketAddress): void {
    if (address.family !== Family.Unix && address.port === 0) {
      this.bindAnywhere(socket, address);
      return;
    }
    if (address.family !== Family.Unix && address.host === 'elsewhere') fail(Errno.EADDRNOTAVAIL);
    const key = keyOf(socket, address);
    const sharing = this.#bound.get(key) ?? [];
    const own = coverageOf(address, isV6Only(socket));
    const others = sharing.filter(
      (other) => socket.family === Family.Unix || overlap(own, coverageOf(other.local, isV6Only(other))),
    );
    const reuse = (each: Socket): boolean => each.options.get('1:2')?.[0] === 1 && each.backlog === undefined;
    if (others.length > 0 && !(socket.family !== Family.Unix && reuse(socket) && others.every(reuse)))
      fail(Errno.EADDRINUSE);
    socket.local = address;
    this.#bound.set(key, [...sharing, socket]);
  }

  /** Binds to a port that nobody has. */
  bindAnywhere(socket: Socket, address: SocketAddress = internetAddress(socket.family, 'any', 0)): void {
    for (let tried = FIRST_EPHEMERAL; tried <= LAST_EPHEMERAL; tried++) {
      const port = this.#nextPort;
      this.#nextPort = port === LAST_EPHEMERAL ? FIRST_EPHEMERAL : port + 1;
      const candidate = { ...address, port } as SocketAddress;
      if (this.#bound.has(keyOf(socket, candidate))) continue;
      this.bind(socket, candidate);
      return;
    }
    fail(Errno.EADDRINUSE);
  }

  /** Binds to an abstract name that nobody has (unix(7), autobind). */
  bindAnyName(socket: Socket): void {
    for (let number = 0; ; number++) {
      const name = `\0${number.toString(16).padStart(5, '0')}`;
      if (this.#bound.has(keyOf(socket, { family: Family.Unix, name }))) continue;
      this.bind(socket, { family: Family.Unix, name });
      return;
    }
  }

  forget(socket: Socket): void {
    const key = keyOf(socket, socket.local);
    const left = (this.#bound.get(key) ?? []).filter((other) => other !== socket);
    if (left.length > 0) this.#bound.set(key, left);
    else this.#bound.delete(key);
  }

  /** The socket that listens at an address. ECONNREFUSED where none does. */
  listener(socket: Socket, address: SocketAddress): Socket {
    const found = this.#lookUp(socket, address);
    if (found.type !== socket.type) return fail(Errno.EPROTOTYPE);
    return found.backlog ? found : fail(Errno.ECONNREFUSED);
  }

  /** Where datagrams to an address are received. */
  datagramTarget(socket: Socket, address: SocketAddress): Channel {
    const found = this.#lookUp(socket, address);
    return found.isDatagram ? found.incoming : fail(Errno.EPROTOTYPE);
  }

  #lookUp(socket: Socket, address: SocketAddress): Socket {
    if (address.family !== socket.family && !(socket.family === Family.Inet6 && address.family === Family.Inet))
      return fail(socket.family === Family.Unix ? Errno.EINVAL : Errno.EAFNOSUPPORT);
    if (address.family === Family.Unix && !address.name.startsWith('\0')) {
      const inode = this.#find(address.name);
      if (!inode.permits(Permit.Write)) return fail(Errno.EACCES);
      return inode instanceof SocketInode && inode.socket.isOpen ? inode.socket : fail(Errno.ECONNREFUSED);
    }
    if (address.family !== Family.Unix && address.host === 'elsewhere') return fail(Errno.ENETUNREACH);
    // The unspecified address means this machine.
    const target =
      address.family !== Family.Unix && address.host === 'any'
        ? internetAddress(address.family, 'loopback', 0)
        : address;
    const wanted = coverageOf(target, false);
    const found = (this.#bound.get(keyOf(socket, address)) ?? []).findLast(
      (each) => socket.family === Family.Unix || overlap(wanted, coverageOf(each.local, isV6Only(each))),
    );
    return found ?? fail(Errno.ECONNREFUSED);
  }
}

/** IPV6_V6ONLY. */
function isV6Only(socket: Socket): boolean {
  return socket.options.get('41:26')?.[0] === 1;
}

function keyOf(socket: Socket, address: SocketAddress): string {
  if (address.family === Family.Unix) return `unix:${socket.type}:${address.name}`;
  return `${socket.type === SocketType.Stream ? 'tcp' : 'udp'}:${address.port}`;
}
