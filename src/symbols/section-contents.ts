import { unzlibSync } from 'fflate';
import { decompress } from 'fzstd';
import { ByteCursor, Damaged } from './byte-cursor.ts';
import { SectionFlag } from './elf-file.ts';
import type { ElfFile, ElfSection } from './elf-file.ts';

/** Larger debug sections than any program has: what claims more is damaged. */
const LARGEST = 2 ** 30;
/** Neither deflate nor what compilers give to zstd gets smaller than this. */
const MOST_COMPRESSION = 1100;

const enum Compression {
  Zlib = 1,
  Zstd = 2,
}

/** How a section is compressed, and how large it becomes. */
interface Compressed {
  readonly kind: Compression;
  readonly size: number;
  readonly bytes: Uint8Array;
}

/**
 * A debug section as it was before compression: SHF_COMPRESSED (gABI, "Compression"), or the older `.zdebug_…`. In a file that
 * was not linked there may be several, one behind the other. Undefined when the file has none. Throws {@link Damaged}.
 */
export function debugSection(elf: ElfFile, name: string): Uint8Array | undefined {
  const parts = sectionsOf(elf, name).map((section) => unpacked(section, name));
  return parts.length > 1 ? joined(parts) : parts[0];
}

/** What a debug section's size will be. */
export function debugSectionSize(elf: ElfFile, name: string): number {
  try {
    return sectionsOf(elf, name).reduce(
      (sum, section) => sum + (compressionOf(section)?.size ?? section.bytes.length),
      0,
    );
  } catch (error) {
    if (!(error instanceof Damaged)) throw error;
    return 0;
  }
}

function sectionsOf(elf: ElfFile, name: string): readonly ElfSection[] {
  const all = elf.isLinked
    ? [elf.section(`.debug_${name}`)]
    : elf.sections.filter((one) => one.name === `.debug_${name}`);
  const found = all.filter((one) => one !== undefined);
  const old = found.length === 0 ? elf.section(`.zdebug_${name}`) : undefined;
  return old ? [old] : found;
}

function unpacked(section: ElfSection, name: string): Uint8Array {
  const compressed = compressionOf(section);
  if (compressed === undefined) return section.bytes;
  const { kind, size, bytes } = compressed;
  if (size > LARGEST || size > bytes.length * MOST_COMPRESSION + 4096)
    throw new Damaged(`.debug_${name} claims to become ${size} bytes`);
  const out = new Uint8Array(size);
  let plain: Uint8Array;
  try {
    plain = kind === Compression.Zlib ? unzlibSync(bytes, { out }) : decompress(bytes, out);
  } catch {
    throw new Damaged(`the compressed .debug_${name} cannot be read`);
  }
  if (plain.length !== size) throw new Damaged(`the compressed .debug_${name} has not the size that it claims`);
  return plain;
}

/** Pieces of a section one behind the other. */
export function joined(parts: readonly Uint8Array[]): Uint8Array {
  const whole = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}

function compressionOf(section: ElfSection): Compressed | undefined {
  if ((section.flags & SectionFlag.Compressed) !== 0) return withHeader(section);
  const isOld = section.name.startsWith('.zdebug_') && section.bytes.length >= 12;
  if (!isOld) return undefined;
  // "ZLIB" and the size, big-endian.
  const size = new DataView(section.bytes.buffer, section.bytes.byteOffset).getBigUint64(4);
  return { kind: Compression.Zlib, size: Number(size), bytes: section.bytes.subarray(12) };
}

function withHeader({ name, bytes }: ElfSection): Compressed {
  const cursor = new ByteCursor(bytes, name);
  const kind: Compression = cursor.u32();
  cursor.take(4);
  const size = cursor.u64();
  cursor.take(8);
  if (kind !== Compression.Zlib && kind !== Compression.Zstd)
    throw new Damaged(`${name} is compressed in the unknown way ${String(kind)}`);
  return { kind, size, bytes: bytes.subarray(cursor.at) };
}
