import { ByteCursor, cString, Damaged } from './byte-cursor.ts';
import type { ElfFile, ElfSection } from './elf-file.ts';

/** Relocation types of the RISC-V psABI by which code reaches thread-local variables. */
export const enum TlsRelocation {
  /** The number of a module; behind it is the offset in the module's block. */
  Module = 7,
  /** The distance from the thread pointer. */
  ThreadOffset = 11,
  /** A function and its argument, which find the distance from the thread pointer. */
  Descriptor = 12,
}

/** A place where the dynamic linker writes what leads to a thread-local variable. */
export interface TlsPlace {
  readonly type: TlsRelocation;
  /** The linker's address. */
  readonly place: number;
  /** The symbol's name; '' for one of the file's own that needs none. */
  readonly name: string;
  /** The variable's offset in the file's block; undefined for one of another file. */
  readonly offset: number | undefined;
}

const ENTRY_SIZE = 24;
const SYMBOL_SIZE = 24;

/** The relocations of a file for thread-local variables: those that cannot mean another file's first. */
export function readTlsRelocations(elf: ElfFile): readonly TlsPlace[] {
  const found = ['.rela.dyn', '.rela.plt'].flatMap((name) => {
    const section = elf.section(name);
    try {
      return section ? placesIn(section, elf) : [];
    } catch (error) {
      if (!(error instanceof Damaged)) throw error;
      return [];
    }
  });
  return found.sort((a, b) => a.name.length - b.name.length);
}

function placesIn(section: ElfSection, elf: ElfFile): TlsPlace[] {
  const { bytes } = section;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  const places: TlsPlace[] = [];
  for (let at = 0; at + ENTRY_SIZE <= bytes.length; at += ENTRY_SIZE) {
    const type = view.getUint32(at + 8, true) as TlsRelocation;
    if (type !== TlsRelocation.Module && type !== TlsRelocation.ThreadOffset && type !== TlsRelocation.Descriptor)
      continue;
    const symbol = symbolAt(elf, elf.sections[section.link], view.getUint32(at + 12, true));
    const addend = Number(view.getBigInt64(at + 16, true));
    const place = Number(view.getBigUint64(at, true));
    const { name, offset } = symbol ?? { name: '', offset: 0 };
    places.push({ type, place, name, offset: offset === undefined ? undefined : offset + addend });
  }
  return places;
}

/** The name of a dynamic symbol, and its value if it is the file's own; undefined for number 0, which is none. */
function symbolAt(
  elf: ElfFile,
  table: ElfSection | undefined,
  index: number,
): { readonly name: string; readonly offset: number | undefined } | undefined {
  if (index === 0 || table === undefined) return undefined;
  const cursor = new ByteCursor(table.bytes, table.name, index * SYMBOL_SIZE);
  const nameAt = cursor.u32();
  cursor.take(2);
  const section = cursor.u16();
  const value = cursor.u64();
  const names = elf.sections[table.link]?.bytes ?? new Uint8Array();
  return { name: nameAt < names.length ? cString(names, nameAt) : '', offset: section === 0 ? undefined : value };
}
