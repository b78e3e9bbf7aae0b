import { SectionFlag } from '../elf-file.ts';
import type { ElfFile, ElfSection } from '../elf-file.ts';
import { ByteCursor, Damaged, cString } from '../byte-cursor.ts';
import type { Effort } from '../byte-cursor.ts';

const NAMES = [
  'info',
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
] as const;

type SectionName = (typeof NAMES)[number];

/** The debug sections of one file, and what reading them may cost. */
export class DwarfSections {
  readonly warnings: string[] = [];
  readonly #bytes = new Map<SectionName, Uint8Array>();

  constructor(
    elf: ElfFile,
    readonly effort: Effort,
  ) {
    const compressed: string[] = [];
    for (const name of NAMES) {
      const section = elf.section(`.debug_${name}`);
      if (isCompressed(section) || elf.section(`.zdebug_${name}`) !== undefined) compressed.push(`.debug_${name}`);
      else if (section !== undefined) this.#bytes.set(name, section.bytes);
    }
    if (compressed.length > 0)
      this.warnings.push(
        `The debug information is compressed (${compressed.join(', ')}) and is not read; build with -gz=none to see source lines and variables.`,
      );
  }

  has(name: SectionName): boolean {
    return this.size(name) > 0;
  }

  size(name: SectionName): number {
    return this.#bytes.get(name)?.length ?? 0;
  }

  /** A cursor over [start, end) of a section. Throws {@link Damaged} when the section does not reach that far. */
  cursor(name: SectionName, start = 0, end?: number): ByteCursor {
    return new ByteCursor(this.#bytes.get(name) ?? new Uint8Array(), `.debug_${name}`, start, end);
  }

  /** The text at `offset` of a string section. */
  text(name: 'str' | 'line_str', offset: number): string {
    const bytes = this.#bytes.get(name) ?? new Uint8Array();
    if (!(offset < bytes.length)) throw new Damaged(`.debug_${name} has no offset 0x${offset.toString(16)}`);
    const text = cString(bytes, offset);
    this.effort.spend(1 + (text.length >> 6));
    return text;
  }
}

function isCompressed(section: ElfSection | undefined): boolean {
  return section !== undefined && (section.flags & SectionFlag.Compressed) !== 0;
}
