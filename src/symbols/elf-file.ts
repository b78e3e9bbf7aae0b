import { ByteCursor, Damaged, cString } from './byte-cursor.ts';

/** Why a file cannot be read as a riscv64 program. `message` is a clause in the user's words: "is an x86-64 program, …". */
interface ElfError {
  readonly code: 'not-elf' | 'wrong-class' | 'wrong-machine' | 'wrong-type' | 'damaged';
  readonly message: string;
}

export type ElfResult = { readonly ok: true; readonly elf: ElfFile } | { readonly ok: false; readonly error: ElfError };

/** A section header with its contents (empty for SHT_NOBITS). Addresses are the linker's, without a load bias. */
export interface ElfSection {
  readonly name: string;
  readonly type: SectionType;
  readonly flags: number;
  readonly address: number;
  readonly size: number;
  readonly link: number;
  readonly entrySize: number;
  readonly bytes: Uint8Array;
}

interface ElfSegment {
  readonly type: SegmentType;
  readonly flags: number;
  readonly fileOffset: number;
  readonly address: number;
  readonly fileSize: number;
  readonly memorySize: number;
}

export interface ElfSymbol {
  readonly name: string;
  readonly value: number;
  readonly size: number;
  readonly type: SymbolType;
  /** STB_*: 0 local, 1 global, 2 weak. */
  readonly binding: number;
  readonly section: number;
}

export interface ElfFile {
  readonly position: 'fixed' | 'independent';
  /** Whether a linker made it: other files may have several sections of one name. */
  readonly isLinked: boolean;
  readonly entry: number;
  readonly sections: readonly ElfSection[];
  readonly segments: readonly ElfSegment[];
  /** Parts that had to be left out, in words. */
  readonly warnings: readonly string[];
  section(name: string): ElfSection | undefined;
  /** `.symtab`, or `.dynsym` of a stripped file. Read on the first call. */
  symbols(): readonly ElfSymbol[];
}

export const enum SymbolType {
  NoType = 0,
  Object = 1,
  Function = 2,
  Section = 3,
  File = 4,
  Tls = 6,
  IndirectFunction = 10,
}

export const enum SectionFlag {
  Compressed = 0x800,
}

export const enum SegmentType {
  Load = 1,
  Interpreter = 3,
  ThreadLocal = 7,
}

const enum SectionType {
  Null = 0,
  SymbolTable = 2,
  NoBits = 8,
  DynamicSymbols = 11,
}

const EXECUTABLE_SEGMENT = 1;
const HEADER_SIZE = 64;
const PROGRAM_HEADER_SIZE = 56;
const SECTION_HEADER_SIZE = 64;
const SYMBOL_SIZE = 24;

/** e_machine values that a user is likely to try, for the message. */
const MACHINES: Readonly<Record<number, string>> = {
  3: 'a 32-bit x86',
  8: 'a MIPS',
  20: 'a 32-bit PowerPC',
  21: 'a PowerPC64',
  22: 'an s390x',
  40: 'a 32-bit ARM',
  62: 'an x86-64',
  183: 'an AArch64',
  258: 'a LoongArch',
};
const EM_RISCV = 243;

/**
 * Reads the headers of a linked riscv64 ELF file (System V ABI, "Object Files"). Only a file that cannot be a riscv64
 * program at all is an error; damaged section headers cost the symbols, not the file, and become warnings.
 */
export function parseElf(bytes: Uint8Array): ElfResult {
  return parse(bytes, false);
}

/** A file of debug information that was not linked: `.dwo`, `.dwp`. */
export function parseObject(bytes: Uint8Array): ElfFile | undefined {
  const parsed = parse(bytes, true);
  return parsed.ok ? parsed.elf : undefined;
}

function parse(bytes: Uint8Array, mayBeObject: boolean): ElfResult {
  const fail = (code: ElfError['code'], message: string): ElfResult => ({ ok: false, error: { code, message } });
  if (bytes.length < 4 || bytes[0] !== 0x7f || bytes[1] !== 0x45 || bytes[2] !== 0x4c || bytes[3] !== 0x46)
    return fail('not-elf', bytes.length === 0 ? 'is empty' : 'is not an ELF file');
  if (bytes.length < HEADER_SIZE) return fail('damaged', 'is cut off inside its ELF header');
  if (bytes[5] !== 1) return fail('wrong-machine', 'is a big-endian program; only riscv64 Linux programs can be run');
  const machine = bytes[18] | (bytes[19] << 8);
  if (machine !== EM_RISCV)
    return fail(
      'wrong-machine',
      `is ${MACHINES[machine] ?? 'another machine’s'} program; only riscv64 Linux programs can be run`,
    );
  if (bytes[4] !== 2) return fail('wrong-class', 'is a 32-bit RISC-V program; only riscv64 (64-bit) ones can be run');
  const type = bytes[16] | (bytes[17] << 8);
  const isObject = type === 1 && mayBeObject;
  if (type === 1 && !isObject) return fail('wrong-type', 'is an object file that has not been linked into a program');
  if (type === 4) return fail('wrong-type', 'is a core dump, not a program');
  if (type !== 2 && type !== 3 && !isObject) return fail('wrong-type', `has the unknown ELF type ${type}`);

  const header = new ByteCursor(bytes, 'the ELF header', 24, HEADER_SIZE);
  const entry = header.u64();
  const programHeaders = header.u64();
  const sectionHeaders = header.u64();
  header.take(6);
  const programHeaderSize = header.u16();
  const programHeaderCount = header.u16();
  const sectionHeaderSize = header.u16();
  const sectionHeaderCount = header.u16();
  const sectionNames = header.u16();

  const segments: ElfSegment[] = [];
  if (programHeaderCount > 0) {
    if (programHeaderSize < PROGRAM_HEADER_SIZE)
      return fail('damaged', `has program headers of ${programHeaderSize} bytes, which is too small`);
    if (!(programHeaders + programHeaderCount * programHeaderSize <= bytes.length))
      return fail('damaged', 'is cut off: its program headers lie past its end');
    for (let i = 0; i < programHeaderCount; i++)
      segments.push(readSegment(new ByteCursor(bytes, 'the program headers', programHeaders + i * programHeaderSize)));
  }

  const warnings: string[] = [];
  let sections: ElfSection[] = [];
  if (sectionHeaders !== 0)
    try {
      sections = readSections(bytes, sectionHeaders, sectionHeaderSize, sectionHeaderCount, sectionNames, warnings);
    } catch (error) {
      if (!(error instanceof Damaged)) throw error;
      warnings.push(`The section headers are damaged (${error.message}), so there are no symbols.`);
    }
  const byName = new Map<string, ElfSection>();
  for (const section of sections) if (!byName.has(section.name)) byName.set(section.name, section);
  let symbols: readonly ElfSymbol[] | undefined;
  const elf: ElfFile = {
    position: type === 2 ? 'fixed' : 'independent',
    isLinked: !isObject,
    entry,
    sections,
    segments,
    warnings,
    section: (name) => byName.get(name),
    symbols: () => (symbols ??= readSymbols(sections)),
  };
  return { ok: true, elf };
}

/** Whether the linker put code at `address`. A file without program headers cannot tell and says yes. */
export function isExecutableAddress(elf: ElfFile, address: number): boolean {
  if (elf.segments.length === 0) return true;
  return elf.segments.some(
    (segment) =>
      segment.type === SegmentType.Load &&
      (segment.flags & EXECUTABLE_SEGMENT) !== 0 &&
      address >= segment.address &&
      address < segment.address + segment.memorySize,
  );
}

function readSegment(cursor: ByteCursor): ElfSegment {
  const type: SegmentType = cursor.u32();
  const flags = cursor.u32();
  const fileOffset = cursor.u64();
  const address = cursor.u64();
  cursor.take(8);
  return { type, flags, fileOffset, address, fileSize: cursor.u64(), memorySize: cursor.u64() };
}

function readSections(
  bytes: Uint8Array,
  offset: number,
  headerSize: number,
  headerCount: number,
  namesHeader: number,
  warnings: string[],
): ElfSection[] {
  if (headerSize < SECTION_HEADER_SIZE) throw new Damaged(`they are ${headerSize} bytes each`);
  const headerAt = (index: number) => new ByteCursor(bytes, 'the file', offset + index * headerSize);
  // Counts that do not fit in the ELF header are in section header 0 (gABI, "Extended section numbering").
  const first = headerAt(0);
  first.take(32);
  const extendedCount = first.u64();
  const extendedNames = first.u32();
  const count = headerCount === 0 ? extendedCount : headerCount;
  const namesIndex = namesHeader === 0xffff ? extendedNames : namesHeader;
  if (!(offset + count * headerSize <= bytes.length)) throw new Damaged('they lie past the end of the file');

  const raw = Array.from({ length: count }, (_, index) => {
    const cursor = headerAt(index);
    const name = cursor.u32();
    const type: SectionType = cursor.u32();
    const flags = cursor.u64();
    const address = cursor.u64();
    const fileOffset = cursor.u64();
    const size = cursor.u64();
    const link = cursor.u32();
    cursor.take(12);
    const entrySize = cursor.u64();
    return { name, type, flags, address, fileOffset, size, link, entrySize };
  });
  const contents = (section: (typeof raw)[number] | undefined): Uint8Array | undefined =>
    section === undefined || section.type === SectionType.NoBits || section.type === SectionType.Null
      ? new Uint8Array()
      : section.fileOffset + section.size <= bytes.length
        ? bytes.subarray(section.fileOffset, section.fileOffset + section.size)
        : undefined;
  const names = contents(raw[namesIndex]) ?? new Uint8Array();
  return raw.map((section) => {
    const name = section.name < names.length ? cString(names, section.name) : '';
    const found = contents(section);
    if (found === undefined) warnings.push(`Section ${name || '(unnamed)'} lies past the end of the file.`);
    const { type, flags, address, size, link, entrySize } = section;
    return { name, type, flags, address, size, link, entrySize, bytes: found ?? new Uint8Array() };
  });
}

function readSymbols(sections: readonly ElfSection[]): ElfSymbol[] {
  const table =
    sections.find((section) => section.type === SectionType.SymbolTable && section.bytes.length > 0) ??
    sections.find((section) => section.type === SectionType.DynamicSymbols);
  if (table === undefined) return [];
  const names = sections[table.link]?.bytes ?? new Uint8Array();
  const count = Math.floor(table.bytes.length / SYMBOL_SIZE);
  const cursor = new ByteCursor(table.bytes, table.name);
  const symbols: ElfSymbol[] = [];
  // Names may overlap, so a hostile table could ask for the whole string table once a symbol.
  let nameBudget = names.length * 4 + 1_000_000;
  for (let i = 0; i < count; i++) {
    const nameAt = cursor.u32();
    const kind = cursor.u8();
    cursor.take(1);
    const section = cursor.u16();
    const value = cursor.u64();
    const size = cursor.u64();
    const name = nameAt < names.length && nameBudget > 0 ? cString(names, nameAt) : '';
    nameBudget -= name.length;
    symbols.push({ name, value, size, type: kind & 15, binding: kind >> 4, section });
  }
  return symbols;
}
