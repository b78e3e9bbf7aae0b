import { PAGE_SIZE } from '../memory/address.ts';
import { Pte } from '../memory/pte.ts';
import type { Permissions } from '../platform/mapping.ts';
import { err, ok, type Result } from '../result.ts';
import { Errno } from './abi/errno.ts';
import { decodeText } from './user-memory.ts';

/** Why a file cannot be executed; `problem` continues a sentence that starts with its name. */
export interface ElfProblem {
  readonly problem: string;
  readonly exitCode: 67 | 69;
  readonly errno: number;
}

/** A PT_LOAD segment. Addresses are as linked: an ET_DYN file is moved as a whole. */
export interface LoadSegment {
  readonly address: number;
  readonly fileOffset: number;
  readonly fileSize: number;
  readonly memorySize: number;
  readonly permissions: Permissions;
}

export interface ElfHeaders {
  readonly position: 'fixed' | 'independent';
  readonly entry: number;
  readonly segments: readonly LoadSegment[];
  /** Address of the program headers as linked; 0 when no segment holds them. */
  readonly programHeaders: number;
  readonly programHeaderCount: number;
  /** Path of PT_INTERP. */
  readonly interpreter: string | undefined;
  readonly stackPermissions: Permissions;
}

/** Reads part of the file; fewer bytes at its end. */
export type ReadAt = (offset: number, length: number) => Uint8Array;

const HEADER_SIZE = 64;
export const PROGRAM_HEADER_SIZE = 56;
/** execve of Linux takes at most 64 KiB of program headers. */
const MAX_PROGRAM_HEADERS = Math.floor(65536 / PROGRAM_HEADER_SIZE);
const EM_RISCV = 243;

const enum FileType {
  Relocatable = 1,
  Executable = 2,
  Dynamic = 3,
  Core = 4,
}

const enum SegmentType {
  Load = 1,
  Interpreter = 3,
  ProgramHeaders = 6,
  GnuStack = 0x6474_e551,
}

const MACHINES: Readonly<Record<number, string>> = {
  3: '32-bit x86',
  8: 'MIPS',
  20: '32-bit PowerPC',
  21: 'PowerPC64',
  22: 's390x',
  40: '32-bit Arm',
  62: 'x86-64',
  183: 'AArch64',
  258: 'LoongArch',
};

/**
 * Reads and checks what executing an ELF file needs (System V ABI, "Program Loading"). Every number in the file is
 * taken for hostile: what comes out has disjoint, page-congruent segments below `addressEnd`, inside the file.
 */
export function readElfHeaders(size: number, readAt: ReadAt, addressEnd: number): Result<ElfHeaders, ElfProblem> {
  const ident = readAt(0, Math.min(HEADER_SIZE, size));
  if (ident[0] !== 0x7f || ident[1] !== 0x45 || ident[2] !== 0x4c || ident[3] !== 0x46)
    return refuse(size === 0 ? 'is empty' : 'is not an ELF file');
  if (ident.length < HEADER_SIZE) return refuse('is truncated: its ELF header is not complete');
  const header = viewOf(ident);
  const machine = header.getUint16(18, ident[5] === 2 ? false : true);
  const needs = 'Pagewalk runs 64-bit little-endian RISC-V';
  if (machine !== EM_RISCV) return refuse(`is an ELF for ${MACHINES[machine] ?? `machine ${machine}`}; ${needs}`);
  if (ident[4] !== 2) return refuse(`is a 32-bit RISC-V ELF; ${needs}`);
  if (ident[5] !== 1) return refuse(`is a big-endian RISC-V ELF; ${needs}`);
  const type = header.getUint16(16, true);
  if (type === (FileType.Relocatable as number)) return refuse('is an object file: link it into a program first');
  if (type === (FileType.Core as number)) return refuse('is a core dump, not a program');
  if (type !== (FileType.Executable as number) && type !== (FileType.Dynamic as number))
    return refuse(`has the unknown ELF type ${type}`);

  const entry = wordAt(header, 24);
  const tableOffset = wordAt(header, 32);
  const entrySize = header.getUint16(54, true);
  const count = header.getUint16(56, true);
  if (count === 0) return refuse('has no program headers: there is nothing to load');
  if (entrySize !== PROGRAM_HEADER_SIZE)
    return refuse(`is corrupt: its program headers are ${entrySize} bytes each instead of ${PROGRAM_HEADER_SIZE}`);
  if (count > MAX_PROGRAM_HEADERS)
    return refuse(`has ${count} program headers; Linux takes at most ${MAX_PROGRAM_HEADERS}`);
  const tableSize = count * PROGRAM_HEADER_SIZE;
  if (tableOffset + tableSize > size) return refuse('is truncated: its program headers lie past the end');
  const table = viewOf(readAt(tableOffset, tableSize));
  if (table.byteLength < tableSize) return refuse('is truncated: its program headers lie past the end');

  const segments: LoadSegment[] = [];
  let interpreter: string | undefined;
  let programHeaders = 0;
  let stackPermissions: Permissions = Pte.R | Pte.W;
  for (let i = 0; i < count; i++) {
    const at = i * PROGRAM_HEADER_SIZE;
    const kind: SegmentType = table.getUint32(at, true);
    const permissions = permissionsOf(table.getUint32(at + 4, true));
    const fileOffset = wordAt(table, at + 8);
    const address = wordAt(table, at + 16);
    const fileSize = wordAt(table, at + 32);
    const memorySize = wordAt(table, at + 40);
    switch (kind) {
      case SegmentType.Load: {
        if (memorySize === 0) break;
        if (fileSize > memorySize) return refuse(`is corrupt: segment ${i} is larger in the file than in memory`);
        if (fileOffset + fileSize > size) return refuse(`is truncated: program header ${i} lies past the end`);
        if (address + memorySize > addressEnd)
          return refuse(
            `cannot be loaded: segment ${i} (${hexRange(address, memorySize)}) does not fit the address space`,
          );
        if (fileSize > 0 && address % PAGE_SIZE !== fileOffset % PAGE_SIZE)
          return refuse(`is misaligned: segment ${i} has address ${hex(address)} but file offset ${hex(fileOffset)}`);
        segments.push({ address, fileOffset, fileSize, memorySize, permissions });
        break;
      }
      case SegmentType.Interpreter: {
        if (fileSize < 2 || fileSize > PAGE_SIZE || fileOffset + fileSize > size)
          return refuse(`is corrupt: the name of its interpreter (program header ${i}) lies past the end`);
        interpreter = decodeText(readAt(fileOffset, fileSize)).replace(/\0.*$/s, '');
        break;
      }
      case SegmentType.ProgramHeaders:
        programHeaders = address;
        break;
      case SegmentType.GnuStack:
        stackPermissions = permissions;
        break;
      default:
    }
  }

  if (segments.length === 0) return refuse('has no loadable segment');
  segments.sort((a, b) => a.address - b.address);
  for (const [i, segment] of segments.entries()) {
    const before = segments[i - 1];
    if (before && before.address + before.memorySize > segment.address)
      return refuse(`is corrupt: its segments at ${hex(before.address)} and ${hex(segment.address)} overlap`);
  }
  const containing = segments.find(({ address, memorySize }) => entry >= address && entry < address + memorySize);
  if (!containing || !(containing.permissions & Pte.X))
    return refuse(`is corrupt: its entry point ${hex(entry)} is not in an executable segment`);
  if (programHeaders === 0) {
    const holder = segments.find(
      (s) => s.fileOffset <= tableOffset && tableOffset + tableSize <= s.fileOffset + s.fileSize,
    );
    if (holder) programHeaders = holder.address + (tableOffset - holder.fileOffset);
  }
  return ok({
    position: type === (FileType.Executable as number) ? 'fixed' : 'independent',
    entry,
    segments,
    programHeaders,
    programHeaderCount: count,
    interpreter,
    stackPermissions,
  });
}

/** p_flags as PTE bits. Memory that may be written may be read: the manual reserves W without R. */
function permissionsOf(flags: number): Permissions {
  const [executable, writable, readable] = [flags & 1, flags & 2, flags & 4];
  return (readable || writable ? Pte.R : 0) | (writable ? Pte.W : 0) | (executable ? Pte.X : 0);
}

function refuse(problem: string): Result<never, ElfProblem> {
  return err({ problem, exitCode: 67, errno: Errno.ENOEXEC });
}

function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

/** A 64-bit field; inexact above 2^53, where every bound refuses it. */
function wordAt(view: DataView, offset: number): number {
  return Number(view.getBigUint64(offset, true));
}

function hex(value: number): string {
  return `0x${value.toString(16)}`;
}

function hexRange(start: number, length: number): string {
  return `${hex(start)} to ${hex(start + length)}`;
}
