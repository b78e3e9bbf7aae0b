import { Damaged } from '../byte-cursor.ts';
import type { ByteCursor } from '../byte-cursor.ts';
import type { AddressRange } from '../range-index.ts';
import { At, UnitType } from './constants.ts';
import type { Tag } from './constants.ts';
import { Die } from './die.ts';
import type { Abbreviation, Widths } from './abbreviations.ts';
import type { AttributeValue } from './attribute.ts';
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
  ) {}

  /** A cursor at an offset of .debug_info. There is one for the whole unit: it is moved by the next call. */
  seek(at: number): ByteCursor {
    this.#cursor ??= this.file.sections.cursor('info', this.offset, this.end);
    if (!(at >= this.offset && at <= this.end)) throw new Damaged(`it has no entry at 0x${at.toString(16)}`);
    this.#cursor.at = at;
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
    return this.root.text(At.CompDir) ?? '';
  }

  /** Where the unit's line table starts in .debug_line. */
  get lineTableAt(): number | undefined {
    return this.sectionOffset(At.StmtList);
  }

  /** Where the unit's part of a section starts that an attribute of its root names. */
  sectionOffset(at: At): number | undefined {
    return offsetOf(this.root.attribute(at));
  }

  /** What location and range lists start from (DWARF 5, 3.1.1): DW_AT_low_pc of the unit. */
  get baseAddress(): number {
    return this.root.address(At.LowPc) ?? 0;
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
    return new Die(this, offset, abbreviation, cursor.at);
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
        const base = offsetOf(this.root.attribute(At.StrOffsetsBase)) ?? (this.offsetSize === 8 ? 16 : 8);
        const at = base + value.index * this.offsetSize;
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
    const base = offsetOf(this.root.attribute(At.AddrBase)) ?? 8;
    return this.file.sections.cursor('addr', base + index * this.addressSize).unsigned(this.addressSize);
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

  /** Where the list that an attribute names starts in .debug_rnglists or .debug_loclists (or the DWARF 4 sections). */
  listOffset(value: AttributeValue): number | undefined {
    if (value.kind !== 'list index') return offsetOf(value);
    const base = offsetOf(this.root.attribute(value.list === 'rnglists' ? At.RnglistsBase : At.LoclistsBase));
    if (base === undefined) throw new Damaged(`it uses .debug_${value.list} without saying where`);
    const cursor = this.file.sections.cursor(value.list, base + value.index * this.offsetSize);
    return base + cursor.unsigned(this.offsetSize);
  }

  /** The code of an entry: DW_AT_ranges, or DW_AT_low_pc with DW_AT_high_pc. Empty when it has none. */
  rangesOf(die: Die): AddressRange[] {
    const list = die.attribute(At.Ranges);
    if (list !== undefined) {
      const offset = this.listOffset(list);
      return offset === undefined ? [] : readRanges(this, offset);
    }
    const low = die.address(At.LowPc);
    const end = die.attribute(At.HighPc);
    if (low === undefined || end === undefined) return [];
    const high = end.kind === 'constant' ? low + end.value : this.addressOf(end);
    return high === undefined || high <= low ? [] : [{ low, high }];
  }
}

/** DWARF 2 and 3 wrote section offsets as plain constants. */
function offsetOf(value: AttributeValue | undefined): number | undefined {
  if (value?.kind === 'section offset') return value.offset;
  return value?.kind === 'constant' ? value.value : undefined;
}

/** Reads the header of the unit at `offset`. `next` is where the next one starts even if this one is of no use. */
export function readUnitHeader(file: UnitFile, offset: number): { next: number; unit: Unit | { error: string } } {
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
  let typeOffset = 0;
  if (version >= 5) {
    type = cursor.u8();
    addressSize = cursor.u8();
    abbreviationsAt = cursor.unsigned(offsetSize);
    if (type === UnitType.Skeleton || type === UnitType.SplitCompile) cursor.take(8);
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
  const unit = new Unit(
    file,
    offset,
    next,
    version,
    addressSize,
    offsetSize,
    type,
    cursor.at,
    abbreviationsAt,
    signature,
    typeOffset,
  );
  return { next, unit };
}
