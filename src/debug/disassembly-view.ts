import type { DebugProtocol } from '@vscode/debugprotocol';
import type { Process } from '../linux/process.ts';
import type { Machine } from '../machine/machine.ts';
import { toHex, USER_END, virtAddr } from '../memory/address.ts';
import { disassemble } from '../riscv/disassemble.ts';
import { decodeAt } from '../program/instruction-bytes.ts';
import type { Image, ImageTable } from '../program/images.ts';
import { symbolText } from '../program/address-text.ts';

type Row = DebugProtocol.DisassembledInstruction;

interface Place {
  readonly machine: Machine;
  readonly images: ImageTable;
  readonly process: Process;
  /** Shows a source path of the debug information. */
  readonly source: (file: string) => DebugProtocol.Source;
}

const LONGEST_INSTRUCTION = 4;
/** How far to go on where nothing can be read: the shortest instruction. */
const UNREADABLE = 2;

/**
 * Exactly `count` instructions, from the `skip`-th after (before, if negative) the one at `address`. What cannot be read
 * is shown as `??`, an instruction of two bytes.
 */
export function disassembleRange(place: Place, start: bigint, skip: number, count: number): Row[] {
  if (start >= USER_END) return unreadable(start, skip, count);
  const address = Number(start);
  const before = skip < 0 ? precedingAddresses(place, address, -skip) : [];
  const rows: Row[] = [];
  let shown: string | undefined;
  const show = (at: number): number => {
    const { row, length, line } = instructionAt(place, at);
    if (line !== undefined && line === shown) {
      delete row.location;
      delete row.line;
    }
    shown = line ?? shown;
    rows.push(row);
    return length;
  };
  for (const at of before.slice(0, count)) show(at);
  let at = address;
  for (let skipped = 0; skipped < skip; skipped++) at += lengthAt(place, at);
  // The instructions between what precedes and `address` when all wanted ones precede it.
  while (rows.length < count) at += show(at);
  return rows;
}

/** Rows of what no program can have, up to the last address of 64 bits and again from 0 on. */
function unreadable(address: bigint, skip: number, count: number): Row[] {
  return Array.from({ length: count }, (_, index) => ({
    address: toHex(BigInt.asUintN(64, address + BigInt((skip + index) * UNREADABLE))),
    instruction: '??',
    presentationHint: 'invalid',
  }));
}

/**
 * The `wanted` addresses of instructions that lead up to `address`. Decoding cannot go backwards: it starts at a symbol
 * further up, or at a guess that is moved until an instruction ends at `address`.
 */
function precedingAddresses(place: Place, address: number, wanted: number): number[] {
  const lowest = Math.max(0, address - wanted * LONGEST_INSTRUCTION);
  const image = place.images.at(place.process, address);
  /** From the last to the first. */
  const stretches: number[][] = [];
  let count = 0;
  let end = address;
  while (count < wanted && end > 0) {
    const symbol = image?.symbols?.symbolAt(end - 2);
    const start = symbol && symbol.start < end && symbol.start >= lowest - 4096 ? symbol.start : undefined;
    const from = start ?? Math.max(0, end - Math.min(64, wanted * 2));
    const stretch = decodeUpTo(place, from, end) ?? guesses(from, end);
    stretches.push(stretch);
    count += stretch.length;
    end = from;
  }
  const found = stretches.reverse().flat();
  const missing = wanted - found.length;
  // Below address 0 there is nothing; the client still wants its number of rows.
  return missing > 0 ? [...Array.from({ length: missing }, () => 0), ...found] : found.slice(-wanted);
}

/** The instructions from `from` on if one of them ends exactly at `end`. */
function decodeUpTo(place: Place, from: number, end: number): number[] | undefined {
  for (const start of [from, from + 2]) {
    const addresses: number[] = [];
    let at = start;
    while (at < end) {
      addresses.push(at);
      at += lengthAt(place, at);
    }
    if (at === end) return start === from ? addresses : [from, ...addresses];
  }
  return undefined;
}

function guesses(from: number, end: number): number[] {
  return Array.from({ length: Math.ceil((end - from) / 2) }, (_, index) => from + index * 2);
}

function lengthAt(place: Place, at: number): number {
  return decodeAt(bytesAt(place, at))?.length ?? UNREADABLE;
}

/** As many of the four bytes at an address as can be read. */
function bytesAt({ machine, process }: Place, at: number): Uint8Array {
  return at < 0 || at >= Number(USER_END) ? new Uint8Array(0) : machine.read(process, virtAddr(at), 4);
}

function instructionAt(place: Place, at: number): { row: Row; length: number; line: string | undefined } {
  const { images, process, source } = place;
  const address = toHex(Math.max(0, at));
  const bytes = bytesAt(place, at);
  const decoded = decodeAt(bytes);
  if (!decoded)
    return { row: { address, instruction: '??', presentationHint: 'invalid' }, length: UNREADABLE, line: undefined };
  const { length } = decoded;
  const image = images.at(process, at);
  const { mnemonic, operands, target } = disassemble(decoded, at);
  const row: Row = {
    address,
    instructionBytes: [...bytes.subarray(0, length)].map((byte) => byte.toString(16).padStart(2, '0')).join(' '),
    instruction: `${mnemonic} ${operands}${target === undefined ? '' : targetText(image, target)}`.trim(),
  };
  const symbol = symbolText(image, at);
  if (symbol !== undefined) row.symbol = symbol;
  const line = image?.symbols?.lineAt(at);
  if (!line) return { row, length, line: undefined };
  row.location = source(line.file);
  row.line = line.line;
  return { row, length, line: `${line.file}:${line.line}` };
}

function targetText(image: Image | undefined, target: number): string {
  const symbol = symbolText(image, target);
  return symbol === undefined ? '' : ` <${symbol}>`;
}
