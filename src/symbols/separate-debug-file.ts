import { ByteCursor, cString, Damaged } from './byte-cursor.ts';
import { parseElf } from './elf-file.ts';
import type { ElfFile } from './elf-file.ts';

/** Reads a file that may lie beside a program: a relative path counts from the program's folder. */
export type ReadBeside = (path: string) => Uint8Array | undefined;

/** What a program without debug information says of the file that has it. */
interface DebugFileNames {
  readonly buildId: string | undefined;
  readonly link: { readonly name: string; readonly checksum: number } | undefined;
}

/** Where distributions put the debug information of their packages. */
const DEBUG_FOLDER = '/usr/lib/debug';

/**
 * The debug file of a program that was stripped (`objcopy --only-keep-debug`, GDB manual, "Separate Debug Files"): by its
 * build ID, else by its debug link. A file of another build is not taken.
 * @param warn told why a file that was found is not the right one, or that none was.
 */
export function findDebugFile(
  elf: ElfFile,
  name: string,
  read: ReadBeside,
  warn: (sentence: string) => void,
): ElfFile | undefined {
  if (elf.section('.debug_info') ?? elf.section('.zdebug_info')) return undefined;
  const names = debugFileNames(elf);
  const { buildId, link } = names;
  const candidates = [
    ...(buildId ? [`${DEBUG_FOLDER}/.build-id/${buildId.slice(0, 2)}/${buildId.slice(2)}.debug`] : []),
    ...(link ? [link.name, `.debug/${link.name}`] : []),
  ];
  for (const path of candidates) {
    const bytes = read(path);
    const parsed = bytes && parseElf(bytes);
    if (!parsed?.ok) continue;
    if (belongs(parsed.elf, bytes!, names)) return parsed.elf;
    warn(`${path} is not the debug information of this build of ${name}.`);
  }
  if (link) warn(`The debug information of ${name} is in ${link.name}, which is not beside it.`);
  return undefined;
}

function debugFileNames(elf: ElfFile): DebugFileNames {
  const link = elf.section('.gnu_debuglink')?.bytes;
  const file = link && cString(link, 0);
  const isLink = link !== undefined && link.length >= 8 && file !== undefined && /^[^/]+$/.test(file);
  const checksum = isLink ? new DataView(link.buffer, link.byteOffset).getUint32(link.length - 4, true) : 0;
  return { buildId: buildIdOf(elf), link: isLink ? { name: file, checksum } : undefined };
}

/** Of the note .note.gnu.build-id, in hexadecimal. */
function buildIdOf(elf: ElfFile): string | undefined {
  const note = elf.section('.note.gnu.build-id')?.bytes;
  if (note === undefined) return undefined;
  try {
    const cursor = new ByteCursor(note, '.note.gnu.build-id');
    const [nameSize, size] = [cursor.u32(), cursor.u32()];
    cursor.take(4 + Math.ceil(nameSize / 4) * 4);
    const id = [...cursor.block(size)].map((byte) => byte.toString(16).padStart(2, '0')).join('');
    return id.length > 2 ? id : undefined;
  } catch (error) {
    if (!(error instanceof Damaged)) throw error;
    return undefined;
  }
}

function belongs(debug: ElfFile, bytes: Uint8Array, { buildId, link }: DebugFileNames): boolean {
  const other = buildIdOf(debug);
  if (buildId !== undefined && other !== undefined) return buildId === other;
  return link !== undefined && crc32(bytes) === link.checksum;
}

/** The checksum of a debug link: that of zlib. */
function crc32(bytes: Uint8Array): number {
  let crc = 0xffff_ffff;
  for (const byte of bytes) {
    crc ^= byte;
    for (let bit = 0; bit < 8; bit++) crc = crc & 1 ? (crc >>> 1) ^ 0xedb8_8320 : crc >>> 1;
  }
  return (crc ^ 0xffff_ffff) >>> 0;
}
