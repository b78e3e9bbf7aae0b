import { Damaged } from '../byte-cursor.ts';
import type { DwarfSections } from './sections.ts';

/** Where the parts of a unit start in the sections of its file: all at 0 but in a package. */
export interface Contributions {
  readonly abbrev: number;
  readonly line: number;
  /** Of location lists, .debug_loc or .debug_loclists. */
  readonly locations: number;
  readonly strOffsets: number;
  readonly macro: number;
  readonly rnglists: number;
}

export interface PackagedUnit extends Contributions {
  readonly info: number;
  /** Whether `info` is an offset in .debug_types: before DWARF 5. */
  readonly isInTypes: boolean;
}

export type PackageIndex = ReadonlyMap<bigint, PackagedUnit>;

/** Numbers of the sections in the columns of an index (DWARF 5, table 7.1; GNU's version 2 differs behind ABBREV). */
const COLUMNS = {
  2: { info: 1, types: 2, abbrev: 3, line: 4, locations: 5, strOffsets: 6, macinfo: 7, macro: 8, rnglists: 0 },
  5: { info: 1, types: 0, abbrev: 3, line: 4, locations: 5, strOffsets: 6, macinfo: 0, macro: 7, rnglists: 8 },
} as const;

/** The units of a package by their numbers or signatures (DWARF 5, 7.3.5.3). Throws {@link Damaged}. */
export function readPackageIndex(sections: DwarfSections, name: 'cu_index' | 'tu_index'): PackageIndex {
  const index = new Map<bigint, PackagedUnit>();
  if (!sections.has(name)) return index;
  const cursor = sections.cursor(name);
  const version = cursor.u16();
  cursor.take(2);
  if (version !== 2 && version !== 5) throw new Damaged(`.debug_${name} has version ${version}`);
  const columns = cursor.u32();
  const units = cursor.u32();
  const slots = cursor.u32();
  const signaturesAt = cursor.take(slots * 8);
  const rowsAt = cursor.take(slots * 4);
  const numbers = Array.from({ length: Math.min(columns, 16) }, () => cursor.u32());
  cursor.take((columns - numbers.length) * 4);
  const offsetsAt = cursor.take(units * columns * 4);
  const bytes = sections.bytes(name);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  for (let slot = 0; slot < slots; slot++) {
    sections.effort.spend(1);
    const row = view.getUint32(rowsAt + slot * 4, true);
    if (row === 0 || row > units) continue;
    const column = (number: number): number | undefined => {
      const at = number === 0 ? -1 : numbers.indexOf(number);
      return at < 0 ? undefined : view.getUint32(offsetsAt + ((row - 1) * columns + at) * 4, true);
    };
    const wanted = COLUMNS[version];
    const info = column(wanted.info);
    const types = column(wanted.types);
    if (info === undefined && types === undefined) continue;
    index.set(view.getBigUint64(signaturesAt + slot * 8, true), {
      info: info ?? types!,
      isInTypes: info === undefined,
      abbrev: column(wanted.abbrev) ?? 0,
      line: column(wanted.line) ?? 0,
      locations: column(wanted.locations) ?? 0,
      strOffsets: column(wanted.strOffsets) ?? 0,
      macro: column(wanted.macro) ?? column(wanted.macinfo) ?? 0,
      rnglists: column(wanted.rnglists) ?? 0,
    });
  }
  return index;
}
