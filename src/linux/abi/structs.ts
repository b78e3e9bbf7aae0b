import { PAGE_SIZE } from '../../memory/address.ts';
import type { FileAttributes } from '../files/inode.ts';
import { GROUP_ID, USER_ID } from '../identity.ts';
import type { ResourceUsage } from '../resource-usage.ts';
import type { SignalInfo } from '../signal-queue.ts';
import { Signal } from './signal-number.ts';

/*
 * Layouts of the structures that syscalls pass, as asm-generic has them on a little-endian 64-bit machine.
 */

const NS = 1_000_000_000n;

function structure(size: number, fill: (view: DataView) => void): Uint8Array {
  const bytes = new Uint8Array(size);
  fill(new DataView(bytes.buffer));
  return bytes;
}

const TIMESPEC_SIZE = 16;

/** struct timespec. @param ns nanoseconds. */
export function timespec(ns: bigint): Uint8Array {
  return structure(TIMESPEC_SIZE, (view) => putTimespec(view, 0, ns));
}

function putTimespec(view: DataView, at: number, ns: bigint): void {
  view.setBigInt64(at, ns / NS, true);
  view.setBigInt64(at + 8, ns % NS, true);
}

/** Nanoseconds of a struct timespec, or `undefined` when it is not valid. */
export function readTimespec(view: DataView, at = 0): bigint | undefined {
  const seconds = view.getBigInt64(at, true);
  const ns = view.getBigInt64(at + 8, true);
  return seconds < 0n || ns < 0n || ns >= NS ? undefined : seconds * NS + ns;
}

/** struct timeval. @param ns nanoseconds. */
export function timeval(ns: bigint): Uint8Array {
  return structure(16, (view) => putTimeval(view, 0, ns));
}

function putTimeval(view: DataView, at: number, ns: bigint): void {
  view.setBigInt64(at, ns / NS, true);
  view.setBigInt64(at + 8, (ns % NS) / 1000n, true);
}

/** Nanoseconds of a struct timeval, or `undefined` when it is not valid. */
export function readTimeval(view: DataView, at = 0): bigint | undefined {
  const seconds = view.getBigInt64(at, true);
  const microseconds = view.getBigInt64(at + 8, true);
  return seconds < 0n || microseconds < 0n || microseconds >= 1_000_000n
    ? undefined
    : seconds * NS + microseconds * 1000n;
}

const BLOCK_SIZE = 4096;

/** struct stat. */
export function stat(file: FileAttributes): Uint8Array {
  return structure(128, (view) => {
    view.setBigUint64(0, BigInt(file.device), true);
    view.setBigUint64(8, BigInt(file.inode), true);
    view.setUint32(16, file.mode, true);
    view.setUint32(20, file.links, true);
    view.setUint32(24, USER_ID, true);
    view.setUint32(28, GROUP_ID, true);
    view.setBigUint64(32, BigInt(file.rdev), true);
    view.setBigInt64(48, BigInt(file.size), true);
    view.setInt32(56, BLOCK_SIZE, true);
    view.setBigInt64(64, BigInt(Math.ceil(file.size / 512)), true);
    [file.accessed ?? file.modified, file.modified, file.modified].forEach((time, i) =>
      putTimespec(view, 72 + 16 * i, time),
    );
  });
}

/** STATX_BASIC_STATS. */
const STATX_BASIC = 0x7ff;

/** struct statx. */
export function statx(file: FileAttributes): Uint8Array {
  return structure(256, (view) => {
    view.setUint32(0, STATX_BASIC, true);
    view.setUint32(4, BLOCK_SIZE, true);
    view.setUint32(16, file.links, true);
    view.setUint32(20, USER_ID, true);
    view.setUint32(24, GROUP_ID, true);
    view.setUint16(28, file.mode, true);
    view.setBigUint64(32, BigInt(file.inode), true);
    view.setBigUint64(40, BigInt(file.size), true);
    view.setBigUint64(48, BigInt(Math.ceil(file.size / 512)), true);
    for (const at of [64, 96, 112]) {
      const time = at === 64 ? (file.accessed ?? file.modified) : file.modified;
      view.setBigInt64(at, time / NS, true);
      view.setUint32(at + 8, Number(time % NS), true);
    }
    view.setUint32(128, file.rdev >>> 8, true);
    view.setUint32(132, file.rdev & 0xff, true);
    view.setUint32(140, file.device, true);
  });
}

/** struct linux_dirent64 with its padding. @param next position of the entry after it. */
export function directoryEntry(name: Uint8Array, inode: number, mode: number, next: number): Uint8Array {
  const length = Math.ceil((19 + name.length + 1) / 8) * 8;
  return structure(length, (view) => {
    view.setBigUint64(0, BigInt(inode), true);
    view.setBigInt64(8, BigInt(next), true);
    view.setUint16(16, length, true);
    // DT_ types are the type bits of st_mode, shifted.
    view.setUint8(18, (mode >>> 12) & 15);
    new Uint8Array(view.buffer).set(name, 19);
  });
}

export const SIGINFO_SIZE = 128;

const FAULTS: ReadonlySet<number> = new Set([
  Signal.SIGSEGV,
  Signal.SIGBUS,
  Signal.SIGILL,
  Signal.SIGFPE,
  Signal.SIGTRAP,
]);

/** siginfo_t: which union member is set depends on the signal and the code (sigaction(2)). */
export function encodeSignalInfo(view: DataView, info: SignalInfo): void {
  view.setInt32(0, info.signal, true);
  view.setInt32(8, info.code, true);
  if (FAULTS.has(info.signal) && info.address !== undefined) {
    view.setBigUint64(16, info.address, true);
    return;
  }
  view.setInt32(16, info.pid ?? 0, true);
  view.setUint32(20, info.uid ?? 0, true);
  if (info.signal === (Signal.SIGCHLD as number) && info.code > 0) view.setInt32(24, info.status ?? 0, true);
  else if (info.value !== undefined) view.setBigUint64(24, BigInt.asUintN(64, info.value), true);
}

export function signalInfo(info: SignalInfo): Uint8Array {
  return structure(SIGINFO_SIZE, (view) => encodeSignalInfo(view, info));
}

/** struct rusage; what it does not count is zero, as mostly on Linux. @param peakPages the most pages at a time. */
export function resourceUsage(usage: ResourceUsage, peakPages: number): Uint8Array {
  return structure(144, (view) => {
    putTimeval(view, 0, BigInt(usage.instructions));
    view.setBigInt64(32, BigInt((peakPages * PAGE_SIZE) / 1024), true);
    view.setBigInt64(64, BigInt(usage.faults), true);
    view.setBigInt64(128, BigInt(usage.voluntarySwitches), true);
    view.setBigInt64(136, BigInt(usage.involuntarySwitches), true);
  });
}

/** struct utsname: six strings of 65 bytes. */
export function utsname(fields: readonly string[]): Uint8Array {
  const bytes = new Uint8Array(65 * 6);
  fields.forEach((field, i) => bytes.set(new TextEncoder().encode(field), i * 65));
  return bytes;
}

/** struct sysinfo; memory in bytes. */
export function systemInformation(uptime: number, total: number, free: number, processes: number): Uint8Array {
  return structure(112, (view) => {
    view.setBigInt64(0, BigInt(uptime), true);
    view.setBigUint64(32, BigInt(total), true);
    view.setBigUint64(40, BigInt(free), true);
    view.setUint16(80, processes, true);
    view.setUint32(104, 1, true);
  });
}

/** struct statfs of a RAM-backed file system. */
export function fileSystemStatistics(): Uint8Array {
  const TMPFS_MAGIC = 0x0102_1994n;
  return structure(120, (view) => {
    view.setBigUint64(0, TMPFS_MAGIC, true);
    view.setBigUint64(8, BigInt(BLOCK_SIZE), true);
    for (const at of [16, 24, 32, 40, 48]) view.setBigUint64(at, 1n << 18n, true);
    view.setBigUint64(64, 255n, true);
    view.setBigUint64(72, BigInt(BLOCK_SIZE), true);
  });
}
