import type { ReadMemory } from './frame.ts';

/** Why there is no value, in words. */
export interface Unavailable {
  readonly unavailable: string;
}

/** The bytes of an object, wherever they are. */
export interface Storage {
  /** The guest address, for objects in memory. */
  readonly address?: number;
  /** The DWARF register number, for objects that are in one register. */
  readonly register?: number;
  read(offset: number, length: number): Uint8Array | Unavailable;
}

/** More than any one value needs at once; protects against types of absurd sizes. */
const MOST_BYTES = 1 << 20;

export function inMemory(address: number, read: ReadMemory): Storage {
  return {
    address,
    read(offset, length) {
      if (length > MOST_BYTES) return { unavailable: `too large to show (${length} bytes)` };
      const start = address + offset;
      return (
        (Number.isSafeInteger(start) && read(start, length)) || { unavailable: `cannot read memory at ${hex(start)}` }
      );
    },
  };
}

/** An object that is held in bytes; `known` marks the bytes whose value is known, all of them by default. */
export function inBytes(bytes: Uint8Array, register?: number, known?: Uint8Array): Storage {
  return {
    ...(register === undefined ? {} : { register }),
    read(offset, length) {
      if (offset < 0 || offset + length > bytes.length) return { unavailable: 'optimised out' };
      if (known?.subarray(offset, offset + length).includes(0)) return { unavailable: 'optimised out' };
      return bytes.subarray(offset, offset + length);
    },
  };
}

/** The part of an object that starts `offset` bytes into it. */
export function within(storage: Storage, offset: number): Storage {
  if (offset === 0) return storage;
  const read: Storage['read'] = (from, length) => storage.read(offset + from, length);
  return storage.address === undefined ? { read } : { address: storage.address + offset, read };
}

function hex(address: number): string {
  return `0x${address.toString(16)}`;
}
