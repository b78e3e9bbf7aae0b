import type { ElfFile } from '../elf-file.ts';
import { ByteCursor, Damaged, cString } from '../byte-cursor.ts';
import type { Effort } from '../byte-cursor.ts';
import { debugSection, debugSectionSize, joined } from '../section-contents.ts';

const NAMES = [
  'info',
  'types',
  'abbrev',
  'str',
  'line_str',
  'str_offsets',
  'addr',
  'line',
  'ranges',
  'rnglists',
  'loc',
  'loclists',
  'frame',
  'macro',
  'macinfo',
  'cu_index',
  'tu_index',
] as const;

type SectionName = (typeof NAMES)[number];

/** Sections of a program that its split files refer to. */
const OF_PROGRAM: ReadonlySet<SectionName> = new Set(['addr', 'ranges', 'line_str', 'frame']);
/** Sections of a package, which have no `.dwo` behind their names. */
const INDEXES: ReadonlySet<SectionName> = new Set(['cu_index', 'tu_index']);

/** Work that one question may cost for each byte of debug information. */
export const EFFORT_PER_BYTE = 20;

const NOTHING = new Uint8Array();

/** The debug sections of one file, and what reading them may cost. Compressed ones are unpacked when first needed. */
export class DwarfSections {
  readonly #bytes = new Map<SectionName, Uint8Array>();
  #typesAt: number | undefined;

  /** @param damaged told once of every section that cannot be unpacked. */
  constructor(
    private readonly elf: ElfFile,
    readonly effort: Effort,
    private readonly damaged: (why: string) => void,
    /** The sections of the program that this file was split off. */
    private readonly program?: DwarfSections,
  ) {}

  /** Those of a file that was split off a program: what is not in it is in the program. */
  static ofSplit(elf: ElfFile, program: DwarfSections, damaged: (why: string) => void): DwarfSections {
    program.effort.extend(DwarfSections.sizeIn(elf, '.dwo') * EFFORT_PER_BYTE);
    return new DwarfSections(elf, program.effort, damaged, program);
  }

  /** Bytes of all debug sections, unpacked. */
  static sizeIn(elf: ElfFile, suffix = ''): number {
    return NAMES.reduce((sum, name) => sum + debugSectionSize(elf, name + suffix), 0);
  }

  has(name: SectionName): boolean {
    return this.size(name) > 0;
  }

  size(name: SectionName): number {
    return this.bytes(name).length;
  }

  /**
   * Where the units of .debug_types (DWARF 4, 7.5.1.2) start: they are read as if they stood behind those of .debug_info,
   * so that one offset names one entry.
   */
  get typesAt(): number {
    this.bytes('info');
    return this.#typesAt ?? Infinity;
  }

  /** A whole section, empty where there is none. */
  bytes(name: SectionName): Uint8Array {
    let bytes = this.#bytes.get(name);
    if (bytes === undefined) {
      bytes = this.#unpacked(name);
      const types = name === 'info' ? this.bytes('types') : NOTHING;
      if (types.length > 0) {
        this.#typesAt = bytes.length;
        bytes = joined([bytes, types]);
      }
      this.#bytes.set(name, bytes);
    }
    return bytes;
  }

  /** A cursor over [start, end) of a section. Throws {@link Damaged} when the section does not reach that far. */
  cursor(name: SectionName, start = 0, end?: number): ByteCursor {
    return new ByteCursor(this.bytes(name), `.debug_${name}`, start, end);
  }

  /** The text at `offset` of a string section. */
  text(name: 'str' | 'line_str', offset: number): string {
    return textAt(this.bytes(name), name, offset, this.effort);
  }

  #unpacked(name: SectionName): Uint8Array {
    if (this.program && OF_PROGRAM.has(name)) return this.program.bytes(name);
    const isSplit = this.program && !INDEXES.has(name);
    try {
      return debugSection(this.elf, isSplit ? `${name}.dwo` : name) ?? NOTHING;
    } catch (error) {
      if (!(error instanceof Damaged)) throw error;
      this.damaged(error.message);
      return NOTHING;
    }
  }
}

function textAt(bytes: Uint8Array, name: string, offset: number, effort: Effort): string {
  if (!(offset < bytes.length)) throw new Damaged(`.debug_${name} has no offset 0x${offset.toString(16)}`);
  const text = cString(bytes, offset);
  effort.spend(1 + (text.length >> 6));
  return text;
}
