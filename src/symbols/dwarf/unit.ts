import { Damaged } from '../byte-cursor.ts';
import type { ByteCursor } from '../byte-cursor.ts';
import type { AddressRange } from '../range-index.ts';
import { At, UnitType } from './constants.ts';
import type { Tag } from './constants.ts';
import { Die } from './die.ts';
import type { Abbreviation, Widths } from './abbreviations.ts';
import type { AttributeValue } from './attribute.ts';
import type { Contributions } from './package-index.ts';
import type { DwarfSections } from './sections.ts';
import { readRanges } from './ranges.ts';

/** What a unit needs of the file around it. */
export interface UnitFile {
  readonly sections: DwarfSections;
  abbreviations(offset: number, widths: Widths): Map<number, Abbreviation>;
  /** The unit that holds an offset of .debug_info. */
  unitHolding(offset: number): Unit | undefined;
  typeUnit(signature: bigint): Unit | undefined;
}

/** A unit of .debug_info (DWARF 5, 7.5.1), its header read. */
export class Unit implements Widths {
  #abbreviations: Map<number, Abbreviation> | undefined;
  #root: Die | undefined;
  #cursor: ByteCursor | undefined;

  constructor(
    readonly file: UnitFile,
    readonly offset: number,
    readonly end: number,
    readonly version: number,
    readonly addressSize: number,
    readonly offsetSize: 4 | 8,
    readonly type: UnitType,
    readonly firstDie: number,
    readonly abbreviationsAt: number,
    readonly signature: bigint | undefined,
    /** The offset of the type's entry from `offset`, in a type unit. */
    readonly typeOffset: number,
    /** The number that a skeleton and the unit which was split off it share; before DWARF 5 it is an attribute. */
    readonly id: bigint | undefined,
    private readonly place: UnitPlace,
  ) {}

  /** What the section's own offsets are less than those of the unit's entries. */
  get base(): number {
    return this.place.base;
  }

  /** A cursor at the place of an offset in .debug_info. There is one for the whole unit: it is moved by the next call. */
  seek(at: number): ByteCursor {
    const { base } = this.place;
    this.#cursor ??= this.file.sections.cursor('info', this.offset - base, this.end - base);
    if (!(at >= this.offset && at <= this.end)) throw new Damaged(`it has no entry at 0x${at.toString(16)}`);
    this.#cursor.at = at - base;
    return this.#cursor;
  }

  /** DW_TAG_compile_unit and its like. */
  get root(): Die {
    if (this.#root !== undefined) return this.#root;
    const root = this.dieAt(this.firstDie);
    if (root === undefined) throw new Damaged('it is empty');
    return (this.#root = root);
  }

  get name(): string {
    return this.root.text(At.Name) ?? '';
  }

  get directory(): string {
    return this.root.text(At.CompDir) ?? this.place.skeleton?.directory ?? '';
  }

  /** Where the unit's line table is: that of a unit that was split off is the program's. */
  get lineTable(): { readonly sections: DwarfSections; readonly offset: number } | undefined {
    const { skeleton, contributions } = this.place;
    if (skeleton) return skeleton.lineTable;
    const offset = this.sectionOffset(At.StmtList);
    return offset === undefined ? undefined : { sections: this.file.sections, offset: offset + contributions.line };
  }

  /** Where the unit's macros start in .debug_macro or .debug_macinfo. */
  get macrosAt(): { readonly section: 'macro' | 'macinfo'; readonly offset: number } | undefined {
    const { contributions, skeleton } = this.place;
    const macros = this.sectionOffset(At.Macros) ?? this.sectionOffset(At.GnuMacros);
    if (macros !== undefined) return { section: 'macro', offset: macros + contributions.macro };
    const info = this.sectionOffset(At.MacroInfo);
    return info === undefined ? skeleton?.macrosAt : { section: 'macinfo', offset: info + contributions.macro };
  }

  /** Where the unit's part of a section starts that an attribute of its root names. */
  sectionOffset(at: At): number | undefined {
    return offsetOf(this.root.attribute(at));
  }

  /** What location and range lists start from (DWARF 5, 3.1.1): DW_AT_low_pc of the unit. */
  get baseAddress(): number {
    return (this.place.skeleton ?? this).root.address(At.LowPc) ?? 0;
  }

  /** Whether it was split off a program, with sections of its own. */
  get isSplit(): boolean {
    return this.place !== IN_PROGRAM;
  }

  /** The entry at an offset of .debug_info, or undefined for the null entry that ends a row of siblings. */
  dieAt(offset: number): Die | undefined {
    if (offset < this.firstDie || offset >= this.end) throw new Damaged(`it has no entry at 0x${offset.toString(16)}`);
    this.file.sections.effort.spend(1);
    const cursor = this.seek(offset);
    const code = cursor.uleb();
    if (code === 0) return undefined;
    this.#abbreviations ??= this.file.abbreviations(this.abbreviationsAt, this);
    const abbreviation = this.#abbreviations.get(code);
    if (abbreviation === undefined)
      throw new Damaged(`its entry at 0x${offset.toString(16)} has the unknown abbreviation ${code}`);
    return new Die(this, offset, abbreviation, cursor.at + this.place.base);
  }

  /** Whether the unit may have entries of a tag. */
  uses(tag: Tag): boolean {
    this.#abbreviations ??= this.file.abbreviations(this.abbreviationsAt, this);
    for (const abbreviation of this.#abbreviations.values()) if (abbreviation.tag === tag) return true;
    return false;
  }

  textOf(value: AttributeValue): string | undefined {
    const { sections } = this.file;
    switch (value.kind) {
      case 'text':
        sections.effort.spend(1 + (value.text.length >> 6));
        return value.text;
      case 'text offset':
        return sections.text(value.section, value.offset);
      case 'text index': {
        const header = this.version < 5 ? 0 : this.offsetSize === 8 ? 16 : 8;
        // A skeleton's own attribute may be what is being read: it is in the root.
        const base = this.isSplit ? header : (this.sectionOffset(At.StrOffsetsBase) ?? header);
        const at = this.place.contributions.strOffsets + base + value.index * this.offsetSize;
        return sections.text('str', sections.cursor('str_offsets', at).unsigned(this.offsetSize));
      }
      default:
        return undefined;
    }
  }

  addressOf(value: AttributeValue): number | undefined {
    if (value.kind === 'address') return value.address;
    return value.kind === 'address index' ? this.indexedAddress(value.index) : undefined;
  }

  /** Entry `index` of the unit's part of .debug_addr. */
  indexedAddress(index: number): number {
    const owner = this.place.skeleton ?? this;
    const base = owner.sectionOffset(At.AddrBase) ?? owner.sectionOffset(At.GnuAddrBase) ?? (owner.version < 5 ? 0 : 8);
    return owner.file.sections.cursor('addr', base + index * this.addressSize).unsigned(this.addressSize);
  }

  referenceOf(value: AttributeValue): Die | undefined {
    if (value.kind === 'signature') {
      const unit = this.file.typeUnit(value.signature);
      return unit?.dieAt(unit.offset + unit.typeOffset);
    }
    if (value.kind !== 'reference') return undefined;
    const unit = value.offset >= this.offset && value.offset < this.end ? this : this.file.unitHolding(value.offset);
    return unit?.dieAt(value.offset);
  }

  /** Where the range list that an attribute names starts in .debug_rnglists, or in .debug_ranges before DWARF 5. */
  rangeListAt(value: AttributeValue): number | undefined {
    const { skeleton, contributions } = this.place;
    if (value.kind === 'list index') return this.#listAt(value, At.RnglistsBase, contributions.rnglists);
    const offset = offsetOf(value);
    if (offset === undefined || !this.isSplit) return offset;
    return this.version < 5
      ? offset + (skeleton?.sectionOffset(At.GnuRangesBase) ?? 0)
      : offset + contributions.rnglists;
  }

  /** Where the location list that an attribute names starts in .debug_loclists, or in .debug_loc before DWARF 5. */
  locationListAt(value: AttributeValue): number | undefined {
    const { locations } = this.place.contributions;
    if (value.kind === 'list index') return this.#listAt(value, At.LoclistsBase, locations);
    const offset = offsetOf(value);
    return offset === undefined ? undefined : offset + locations;
  }

  /** The offsets of lists begin behind the header of the unit's part of the section (DWARF 5, 7.28 and 7.29). */
  #listAt({ list, index }: Extract<AttributeValue, { kind: 'list index' }>, at: At, contribution: number): number {
    const header = this.isSplit ? contribution + (this.offsetSize === 8 ? 20 : 12) : undefined;
    const base = header ?? this.sectionOffset(at);
    if (base === undefined) throw new Damaged(`it uses .debug_${list} without saying where`);
    return base + this.file.sections.cursor(list, base + index * this.offsetSize).unsigned(this.offsetSize);
  }

  /** The code of an entry: DW_AT_ranges, or DW_AT_low_pc with DW_AT_high_pc. Empty when it has none. */
  rangesOf(die: Die): AddressRange[] {
    const list = die.attribute(At.Ranges);
    if (list !== undefined) {
      const offset = this.rangeListAt(list);
      return offset === undefined ? [] : readRanges(this, offset);
    }
    const low = die.address(At.LowPc);
    const end = die.attribute(At.HighPc);
    if (low === undefined || end === undefined) return [];
    const high = end.kind === 'constant' ? low + end.value : this.addressOf(end);
    return high === undefined || high <= low ? [] : [{ low, high }];
  }
}

/** Where a unit is that was split off a program. */
interface UnitPlace {
  /** Added to the section's offsets. */
  readonly base: number;
  readonly contributions: Contributions;
  /** What the program itself has of the unit; units of types have none. */
  readonly skeleton: Unit | undefined;
}

/** Of the sections of one file, which units do not share. */
export const WHOLE_SECTIONS: Contributions = {
  abbrev: 0,
  line: 0,
  locations: 0,
  strOffsets: 0,
  macro: 0,
  rnglists: 0,
};

const IN_PROGRAM: UnitPlace = { base: 0, contributions: WHOLE_SECTIONS, skeleton: undefined };

/** DWARF 2 and 3 wrote section offsets as plain constants. */
function offsetOf(value: AttributeValue | undefined): number | undefined {
  if (value?.kind === 'section offset') return value.offset;
  return value?.kind === 'constant' ? value.value : undefined;
}

/** Reads the header of the unit at `offset`. `next` is where the next one starts even if this one is of no use. */
export function readUnitHeader(
  file: UnitFile,
  offset: number,
  place: UnitPlace = IN_PROGRAM,
): { next: number; unit: Unit | { error: string } } {
  const cursor = file.sections.cursor('info', offset);
  let length = cursor.u32();
  let offsetSize: 4 | 8 = 4;
  if (length === 0xffff_ffff) {
    offsetSize = 8;
    length = cursor.u64();
  } else if (length >= 0xffff_fff0) throw new Damaged('.debug_info has a unit of a reserved length');
  const next = cursor.at + length;
  if (next > cursor.end) throw new Damaged('.debug_info ends inside a unit');
  const version = cursor.u16();
  if (version < 2 || version > 5) return { next, unit: { error: `it is in DWARF version ${version}` } };
  let type: UnitType = UnitType.Compile;
  let addressSize: number;
  let abbreviationsAt: number;
  let signature: bigint | undefined;
  let id: bigint | undefined;
  let typeOffset = 0;
  if (version >= 5) {
    type = cursor.u8();
    addressSize = cursor.u8();
    abbreviationsAt = cursor.unsigned(offsetSize);
    if (type === UnitType.Skeleton || type === UnitType.SplitCompile) id = cursor.u64Exact();
    else if (type === UnitType.Type || type === UnitType.SplitType) {
      signature = cursor.u64Exact();
      typeOffset = cursor.unsigned(offsetSize);
    }
  } else {
    abbreviationsAt = cursor.unsigned(offsetSize);
    addressSize = cursor.u8();
    if (offset >= file.sections.typesAt) {
      type = UnitType.Type;
      signature = cursor.u64Exact();
      typeOffset = cursor.unsigned(offsetSize);
    }
  }
  if (addressSize !== 8) return { next, unit: { error: `its addresses have ${addressSize} bytes` } };
  const isType = signature !== undefined;
  const unit = new Unit(
    file,
    offset + place.base,
    next + place.base,
    version,
    addressSize,
    offsetSize,
    type,
    cursor.at + place.base,
    abbreviationsAt + place.contributions.abbrev,
    signature,
    typeOffset,
    id,
    isType && place.skeleton ? { ...place, skeleton: undefined } : place,
  );
  return { next, unit };
}
