import { Damaged } from '../byte-cursor.ts';
import { Form } from './constants.ts';
import type { At, Tag } from './constants.ts';
import type { DwarfSections } from './sections.ts';

/** How wide the values of a unit are. */
export interface Widths {
  readonly version: number;
  readonly addressSize: number;
  readonly offsetSize: 4 | 8;
}

interface AttributeSpec {
  readonly at: At;
  readonly form: Form;
  /** The value itself for DW_FORM_implicit_const. */
  readonly implicit: number;
  /** Bytes from the start of the DIE's values, where everything before has a fixed size; else -1. */
  readonly offset: number;
}

/** One entry of an abbreviation table (DWARF 5, 7.5.3). */
export interface Abbreviation {
  readonly tag: Tag;
  readonly hasChildren: boolean;
  readonly attributes: readonly AttributeSpec[];
  /** Bytes of all values together, or -1 when they vary. */
  readonly size: number;
}

/** Far above what compilers emit; without a limit a few bytes of table could make every DIE expensive. */
const MOST_ATTRIBUTES = 200;

/** Reads the abbreviation table at `offset`, up to its zero code. */
function readAbbreviations(sections: DwarfSections, offset: number, widths: Widths): Map<number, Abbreviation> {
  const cursor = sections.cursor('abbrev', offset);
  const table = new Map<number, Abbreviation>();
  for (let code = cursor.uleb(); code !== 0; code = cursor.uleb()) {
    const tag: Tag = cursor.uleb();
    const hasChildren = cursor.u8() !== 0;
    const attributes: AttributeSpec[] = [];
    let size = 0;
    for (;;) {
      const at: At = cursor.uleb();
      const form: Form = cursor.uleb();
      const implicit = form === Form.ImplicitConst ? cursor.sleb() : 0;
      if ((at as number) === 0 && (form as number) === 0) break;
      if (attributes.length === MOST_ATTRIBUTES)
        throw new Damaged('.debug_abbrev has an entry with too many attributes');
      attributes.push({ at, form, implicit, offset: size });
      const formSize = fixedSize(form, widths);
      size = size < 0 || formSize < 0 ? -1 : size + formSize;
    }
    sections.effort.spend(1 + attributes.length);
    if (!table.has(code)) table.set(code, { tag, hasChildren, attributes, size });
    if (cursor.done) break;
  }
  return table;
}

/** The abbreviation tables of one file, each read once. */
export class AbbreviationTables {
  readonly #tables = new Map<string, Map<number, Abbreviation>>();

  constructor(private readonly sections: DwarfSections) {}

  /** The table at an offset. Throws {@link Damaged} the first time that it is asked for, and is empty from then on. */
  at(offset: number, widths: Widths): Map<number, Abbreviation> {
    const key = `${offset} ${widths.version} ${widths.offsetSize}`;
    const known = this.#tables.get(key);
    if (known !== undefined) return known;
    let table = new Map<number, Abbreviation>();
    try {
      table = readAbbreviations(this.sections, offset, widths);
    } finally {
      // A damaged table stays empty, so that the next entry does not read it again.
      this.#tables.set(key, table);
    }
    return table;
  }
}

/** Bytes that a value of this form takes in every DIE, or -1. */
function fixedSize(form: Form, { version, addressSize, offsetSize }: Widths): number {
  switch (form) {
    case Form.FlagPresent:
    case Form.ImplicitConst:
      return 0;
    case Form.Data1:
    case Form.Flag:
    case Form.Ref1:
    case Form.Strx1:
    case Form.Addrx1:
      return 1;
    case Form.Data2:
    case Form.Ref2:
    case Form.Strx2:
    case Form.Addrx2:
      return 2;
    case Form.Strx3:
    case Form.Addrx3:
      return 3;
    case Form.Data4:
    case Form.Ref4:
    case Form.Strx4:
    case Form.Addrx4:
    case Form.RefSup4:
      return 4;
    case Form.Data8:
    case Form.Ref8:
    case Form.RefSig8:
    case Form.RefSup8:
      return 8;
    case Form.Data16:
      return 16;
    case Form.Addr:
      return addressSize;
    case Form.RefAddr:
      return version <= 2 ? addressSize : offsetSize;
    case Form.SecOffset:
    case Form.Strp:
    case Form.LineStrp:
    case Form.StrpSup:
    case Form.GnuRefAlt:
    case Form.GnuStrpAlt:
      return offsetSize;
    default:
      return -1;
  }
}
