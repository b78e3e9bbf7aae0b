import { PAGE_SIZE, type VirtAddr, virtAddr } from '../memory/address.ts';
import type { AddressSpace } from '../platform/address-space.ts';
import type { AddressSpaceProvider } from '../platform/provider.ts';
import type { SpaceSizes } from '../platform/image-sizes.ts';
import type { AccessFault, SpaceAccess } from '../platform/space-access.ts';
import type { Result } from '../result.ts';
import { Errno, fail } from './abi/errno.ts';

/** Longest path that a syscall takes, with its NUL. */
const PATH_MAX = 4096;

/** What is copied between the guest and a file at a time, so that a huge length costs nothing until it is used. */
export const COPY_CHUNK = 64 * 1024;

/** What is about to be written; one for all, because an ArrayBuffer costs more than all the rest of a `UserMemory`. */
const WORD = new DataView(new ArrayBuffer(8));

/**
 * A process's memory as its syscalls see it: loads and stores of the guest, faults included. A pointer that the guest
 * may not use leaves the syscall with EFAULT. All lengths are bytes.
 */
export class UserMemory {
  readonly #provider: AddressSpaceProvider;
  /** How many of some bytes system calls may touch; absent while that is all of them. */
  reach: ((va: number, length: number) => number) | undefined;

  constructor(
    provider: AddressSpaceProvider,
    readonly space: AddressSpace,
  ) {
    this.#provider = provider;
  }

  with<R>(use: (access: SpaceAccess) => R): R {
    return this.#provider.with(this.space, use);
  }

  /** How large it is, and was. */
  get sizes(): SpaceSizes {
    return this.with((access) => access.sizes);
  }

  /** How far stacks may grow from now on, in bytes (RLIMIT_STACK). */
  setStackLimit(stackLimit: number): void {
    this.with((access) => access.setLayout({ ...access.layout, stackLimit }));
  }

  /** Reads up to `into.length` bytes. @returns how many could be read. */
  readSome(va: number, into: Uint8Array): number {
    if (into.length === 0) return 0;
    const length = this.reach?.(va, into.length) ?? into.length;
    const result = this.with((access) => access.read(virtAddr(va), into.subarray(0, length)));
    return result.ok ? length : result.error.done;
  }

  /** @returns how many bytes could be written. */
  writeSome(va: number, bytes: Uint8Array): number {
    if (bytes.length === 0) return 0;
    const length = this.reach?.(va, bytes.length) ?? bytes.length;
    const result = this.with((access) => access.write(virtAddr(va), bytes.subarray(0, length)));
    return result.ok ? length : result.error.done;
  }

  /** As `readSome`, also of pages that the guest may not read: a debugger's look (FOLL_FORCE). */
  peekSome(va: number, into: Uint8Array): number {
    return this.#byForce(
      va,
      into,
      (access, at, part) => access.read(at, part),
      (access, at, part) => access.peek(at, part),
    );
  }

  /** As `writeSome`, also into private pages that the guest may not write: a debugger's store (FOLL_FORCE). */
  pokeSome(va: number, bytes: Uint8Array): number {
    return this.#byForce(
      va,
      bytes,
      (access, at, part) => access.write(at, part),
      (access, at, part) => access.poke(at, part),
    );
  }

  /** @param length trusted to be small: a struct, not a guest's count. */
  read(va: number, length: number): Uint8Array {
    const bytes = new Uint8Array(length);
    if (this.readSome(va, bytes) < length) fail(Errno.EFAULT);
    return bytes;
  }

  view(va: number, length: number): DataView {
    const bytes = this.read(va, length);
    return new DataView(bytes.buffer);
  }

  write(va: number, bytes: Uint8Array): void {
    if (this.writeSome(va, bytes) < bytes.length) fail(Errno.EFAULT);
  }

  readU32(va: number): number {
    return this.view(va, 4).getUint32(0, true);
  }

  readU64(va: number): bigint {
    return this.view(va, 8).getBigUint64(0, true);
  }

  /** A pointer or size; inexact above 2^53, where no address is valid anyhow. */
  readWord(va: number): number {
    return Number(this.readU64(va));
  }

  writeU32(va: number, value: number): void {
    WORD.setUint32(0, value, true);
    this.write(va, new Uint8Array(WORD.buffer, 0, 4));
  }

  /** @returns whether it could be written. */
  tryWriteU32(va: number, value: number): boolean {
    WORD.setUint32(0, value, true);
    return this.writeSome(va, new Uint8Array(WORD.buffer, 0, 4)) === 4;
  }

  writeU64(va: number, value: bigint | number): void {
    WORD.setBigUint64(0, BigInt.asUintN(64, BigInt(value)), true);
    this.write(va, new Uint8Array(WORD.buffer, 0, 8));
  }

  /**
   * The bytes of a NUL-terminated string, without the NUL.
   * @param max longest string in bytes, with its NUL; `tooLong` otherwise.
   */
  readStringBytes(va: number, max: number, tooLong: Errno): Uint8Array {
    const parts: Uint8Array[] = [];
    let length = 0;
    while (length < max) {
      const at = va + length;
      const part = new Uint8Array(Math.min(PAGE_SIZE - (at % PAGE_SIZE), 256, max - length));
      const read = this.readSome(at, part);
      const end = part.subarray(0, read).indexOf(0);
      parts.push(part.subarray(0, end < 0 ? read : end));
      if (end >= 0) return concat(parts);
      if (read < part.length) fail(Errno.EFAULT);
      length += read;
    }
    return fail(tooLong);
  }

  /** Copies as the guest may, and by force those pages that it may not touch. @returns how many bytes were copied. */
  #byForce(va: number, bytes: Uint8Array, allowed: Transfer, forced: Transfer): number {
    const { end } = this.#provider.range(this.space);
    if (va < 0 || va >= end) return 0;
    const most = Math.min(bytes.length, end - va);
    const length = this.reach?.(va, most) ?? most;
    return this.with((access) => {
      for (let done = 0; done < length;) {
        const copied = allowed(access, virtAddr(va + done), bytes.subarray(done, length));
        if (copied.ok) return length;
        done += copied.error.done;
        if (copied.error.cause !== 'protection') return done;
        const page = Math.min(length, done + PAGE_SIZE - ((va + done) % PAGE_SIZE));
        if (!forced(access, virtAddr(va + done), bytes.subarray(done, page)).ok) return done;
        done = page;
      }
      return length;
    });
  }

  readPath(va: number): string {
    return decodeText(this.readStringBytes(va, PATH_MAX, Errno.ENAMETOOLONG));
  }
}

/** A way to copy between a space and some bytes. */
type Transfer = (access: SpaceAccess, va: VirtAddr, bytes: Uint8Array) => Result<void, AccessFault>;

export function concat(parts: readonly Uint8Array[]): Uint8Array {
  const whole = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}

const DECODER = new TextDecoder();
const ENCODER = new TextEncoder();

export function decodeText(bytes: Uint8Array): string {
  return DECODER.decode(bytes);
}

export function encodeText(text: string): Uint8Array {
  return ENCODER.encode(text);
}
