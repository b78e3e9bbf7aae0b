import { Errno, fail } from '../abi/errno.ts';
import { decodeText, encodeText } from '../user-memory.ts';

export const enum Family {
  Unspecified = 0,
  Unix = 1,
  Inet = 2,
  Inet6 = 10,
}

/** What a socket is bound or connected to (unix(7), ip(7), ipv6(7)). */
export type SocketAddress =
  | {
      readonly family: Family.Unix;
      /** A path, a name of the abstract namespace that starts with NUL, or empty: unnamed. */
      readonly name: string;
    }
  | {
      readonly family: Family.Inet | Family.Inet6;
      /** `any` is 0.0.0.0 and ::, `loopback` 127.0.0.0/8 and ::1; nothing else can be reached. */
      readonly host: 'any' | 'loopback' | 'elsewhere';
      readonly port: number;
      /** The 4 or 16 bytes of it. */
      readonly ip: Uint8Array;
    };

const INET_SIZE = 16;
const INET6_SIZE = 28;
const MAX_UNIX_PATH = 108;

export const UNNAMED: SocketAddress = { family: Family.Unix, name: '' };

/** The address that a socket of a family has before it is bound. */
export function unboundAddress(family: Family): SocketAddress {
  return family === Family.Unix ? UNNAMED : internetAddress(family, 'any', 0);
}

export function internetAddress(family: Family, host: 'any' | 'loopback', port: number): SocketAddress {
  const ip = new Uint8Array(family === Family.Inet6 ? 16 : 4);
  if (host === 'loopback' && family === Family.Inet6) ip[15] = 1;
  else if (host === 'loopback') ip.set([127, 0, 0, 1]);
  return { family: family === Family.Inet6 ? Family.Inet6 : Family.Inet, host, port, ip };
}

/** A sockaddr as the guest gives it. EINVAL where it is too short, EAFNOSUPPORT where it is of no known family. */
export function parseAddress(bytes: Uint8Array): SocketAddress | undefined {
  if (bytes.length < 2) return fail(Errno.EINVAL);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  const family: Family = view.getUint16(0, true);
  switch (family) {
    case Family.Unspecified:
      return undefined;
    case Family.Unix: {
      if (bytes.length > 2 + MAX_UNIX_PATH) return fail(Errno.EINVAL);
      const name = bytes.subarray(2);
      if (name.length === 0) return UNNAMED;
      if (name[0] === 0) return { family, name: latin1(name) };
      const end = name.indexOf(0);
      return { family, name: decodeText(end < 0 ? name : name.subarray(0, end)) };
    }
    case Family.Inet: {
      if (bytes.length < INET_SIZE) return fail(Errno.EINVAL);
      const ip = bytes.slice(4, 8);
      return { family, host: hostOf(ip), port: view.getUint16(2), ip };
    }
    case Family.Inet6: {
      if (bytes.length < INET6_SIZE) return fail(Errno.EINVAL);
      const ip = bytes.slice(8, 24);
      return { family, host: hostOf(ip), port: view.getUint16(2), ip };
    }
    default:
      return fail(Errno.EAFNOSUPPORT);
  }
}

/** The sockaddr of an address. */
export function encodeAddress(address: SocketAddress): Uint8Array {
  if (address.family === Family.Unix) {
    const { name } = address;
    const text = name.startsWith('\0') ? fromLatin1(name) : name === '' ? new Uint8Array() : encodeText(`${name}\0`);
    const bytes = new Uint8Array(2 + text.length);
    bytes[0] = Family.Unix;
    bytes.set(text, 2);
    return bytes;
  }
  const bytes = new Uint8Array(address.family === Family.Inet ? INET_SIZE : INET6_SIZE);
  const view = new DataView(bytes.buffer);
  view.setUint16(0, address.family, true);
  view.setUint16(2, address.port);
  bytes.set(address.ip, address.family === Family.Inet ? 4 : 8);
  return bytes;
}

function hostOf(ip: Uint8Array): 'any' | 'loopback' | 'elsewhere' {
  if (ip.every((byte) => byte === 0)) return 'any';
  const v4 = ip.length === 4 ? ip : isMappedIp(ip) ? ip.subarray(12) : undefined;
  if (v4) return v4[0] === 127 ? 'loopback' : v4.every((byte) => byte === 0) ? 'any' : 'elsewhere';
  return ip.subarray(0, 15).every((byte) => byte === 0) && ip[15] === 1 ? 'loopback' : 'elsewhere';
}

/** The hosts of IPv4 and IPv6 that an address names: their bytes, or `any`. */
export interface Coverage {
  readonly v4?: string;
  readonly v6?: string;
}

/** @param isV6Only IPV6_V6ONLY: the unspecified address of IPv6 is none of IPv4 as well. */
export function coverageOf(address: SocketAddress, isV6Only: boolean): Coverage {
  if (address.family === Family.Unix) return {};
  const { ip, host } = address;
  if (address.family === Family.Inet) return { v4: host === 'any' ? 'any' : ip.join('.') };
  if (host === 'any') return isV6Only ? { v6: 'any' } : { v4: 'any', v6: 'any' };
  return isMappedIp(ip) ? { v4: ip.subarray(12).join('.') } : { v6: ip.join(':') };
}

/** Whether some host is in both. */
export function overlap(left: Coverage, right: Coverage): boolean {
  const meet = (a: string | undefined, b: string | undefined): boolean =>
    a !== undefined && b !== undefined && (a === b || a === 'any' || b === 'any');
  return meet(left.v4, right.v4) || meet(left.v6, right.v6);
}

function isMappedIp(ip: Uint8Array): boolean {
  return ip.length === 16 && ip.subarray(0, 10).every((byte) => byte === 0) && ip[10] === 255;
}

/** Names of the abstract namespace are bytes, not text. */
function latin1(bytes: Uint8Array): string {
  return String.fromCharCode(...bytes);
}

function fromLatin1(text: string): Uint8Array {
  return Uint8Array.from(text, (character) => character.charCodeAt(0));
}
