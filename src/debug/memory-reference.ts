import { toHex } from '../memory/address.ts';

/**
 * A place in guest memory as clients keep it: `p2:0x10400` in process 2, `0x10400` in the process that the user looks
 * at. Addresses are any 64-bit value; those outside the user half are never readable.
 */
export interface MemoryReference {
  readonly pid: number | undefined;
  readonly address: bigint;
}

const PATTERN = /^(?:p([0-9]{1,9}):)?(0x[0-9a-f]{1,16}|[0-9]{1,20})$/i;

export function parseMemoryReference(text: string): MemoryReference | undefined {
  const [, pid, address] = PATTERN.exec(text.trim()) ?? [];
  if (address === undefined) return undefined;
  return { pid: pid === undefined ? undefined : Number(pid), address: BigInt.asUintN(64, BigInt(address)) };
}

export function memoryReference(pid: number, address: number | bigint): string {
  return `p${pid}:${toHex(address)}`;
}
