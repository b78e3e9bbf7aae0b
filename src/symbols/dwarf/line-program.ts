import { Damaged } from '../byte-cursor.ts';
import type { ByteCursor } from '../byte-cursor.ts';
import { readAttribute } from './attribute.ts';
import type { Form } from './constants.ts';
import { LineContent, LineExtendedOp, LineOp } from './constants.ts';
import type { DwarfSections } from './sections.ts';
import type { Widths } from './abbreviations.ts';
import { joinPath } from '../source-path.ts';

/** The header of a line table (DWARF 5, 6.2.4). */
export interface LineHeader extends Widths {
  readonly programAt: number;
  readonly end: number;
  readonly instructionLength: number;
  readonly defaultIsStatement: boolean;
  readonly lineBase: number;
  readonly lineRange: number;
  readonly opcodeBase: number;
  readonly opcodeLengths: readonly number[];
  /** Normalised full paths by file number; holes where the table has none. */
  readonly files: readonly string[];
}

export const enum RowFlag {
  Statement = 1,
  PrologueEnd = 2,
  EndSequence = 4,
}

/** The line table's matrix, a column an array. `file` indexes the header's files. */
interface LineRows {
  readonly address: number[];
  readonly file: number[];
  readonly line: number[];
  readonly column: number[];
  readonly flags: number[];
}

/** A run of rows with rising addresses: [first, last], where `last` is the end-of-sequence row. */
export interface LineSequence {
  readonly low: number;
  readonly high: number;
  readonly first: number;
  readonly last: number;
}

export interface LineProgram {
  readonly header: LineHeader;
  readonly rows: LineRows;
  readonly sequences: readonly LineSequence[];
  /** Why the rows end early, if they do. */
  readonly damage?: string;
}

/** Reads the header at `offset`. `directory` is the unit's DW_AT_comp_dir. */
export function readLineHeader(sections: DwarfSections, offset: number, directory: string): LineHeader {
  const start = sections.cursor('line', offset);
  let length = start.u32();
  let offsetSize: 4 | 8 = 4;
  if (length === 0xffff_ffff) {
    offsetSize = 8;
    length = start.u64();
  }
  const end = start.at + length;
  const cursor = sections.cursor('line', start.at, end);
  const version = cursor.u16();
  if (version < 2 || version > 5) throw new Damaged(`its line table has version ${version}`);
  let addressSize = 8;
  if (version >= 5) {
    addressSize = cursor.u8();
    cursor.take(1);
  }
  const headerLength = cursor.unsigned(offsetSize);
  const programAt = cursor.at + headerLength;
  if (programAt > end) throw new Damaged('its line table’s header is longer than the table');
  const instructionLength = cursor.u8();
  // VLIW operation indices do not exist on RISC-V: the maximum is read and taken to be one.
  if (version >= 4) cursor.take(1);
  const defaultIsStatement = cursor.u8() !== 0;
  const lineBase = cursor.s8();
  const lineRange = cursor.u8();
  const opcodeBase = cursor.u8();
  if (lineRange === 0 || opcodeBase === 0) throw new Damaged('its line table’s header makes no sense');
  const opcodeLengths = [0];
  for (let opcode = 1; opcode < opcodeBase; opcode++) opcodeLengths.push(cursor.u8());
  const widths = { version, addressSize, offsetSize };
  const files =
    version >= 5 ? readNewFiles(sections, cursor, widths, directory) : readOldFiles(sections, cursor, directory);
  const program = { programAt, end, instructionLength, defaultIsStatement, lineBase, lineRange };
  return { ...widths, ...program, opcodeBase, opcodeLengths, files };
}

/** Directories and files of versions 2 to 4: numbered from 1, directory 0 is the compilation directory. */
function readOldFiles(sections: DwarfSections, cursor: ByteCursor, directory: string): string[] {
  const directories = [directory];
  for (let name = cursor.text(); name !== ''; name = cursor.text()) {
    sections.effort.spend(1);
    directories.push(joinPath(directory, name));
  }
  const files: string[] = [];
  files.length = 1;
  for (let name = cursor.text(); name !== ''; name = cursor.text()) {
    sections.effort.spend(1);
    files.push(joinPath(directories[cursor.uleb()] ?? directory, name));
    cursor.uleb();
    cursor.uleb();
  }
  return files;
}

/** Directories and files of version 5: described by their own formats, numbered from 0. */
function readNewFiles(sections: DwarfSections, cursor: ByteCursor, widths: Widths, directory: string): string[] {
  const directories = readEntries(sections, cursor, widths).map(({ path }) => joinPath(directory, path));
  return readEntries(sections, cursor, widths).map(({ path, directoryIndex }) =>
    joinPath(directories[directoryIndex] ?? directory, path),
  );
}

function readEntries(
  sections: DwarfSections,
  cursor: ByteCursor,
  widths: Widths,
): { path: string; directoryIndex: number }[] {
  const formats: { content: LineContent; form: Form }[] = [];
  for (let count = cursor.u8(); count > 0; count--) formats.push({ content: cursor.uleb(), form: cursor.uleb() });
  const count = cursor.uleb();
  if (count > 0 && formats.length === 0) throw new Damaged('its line table has files without a format');
  const entries: { path: string; directoryIndex: number }[] = [];
  for (let index = 0; index < count; index++) {
    sections.effort.spend(formats.length);
    const entry = { path: '', directoryIndex: 0 };
    const before = cursor.at;
    for (const { content, form } of formats) {
      const value = readAttribute(cursor, form, 0, widths, 0);
      if (content === LineContent.Path) {
        if (value.kind === 'text') entry.path = value.text;
        else if (value.kind === 'text offset') entry.path = sections.text(value.section, value.offset);
      } else if (content === LineContent.DirectoryIndex && value.kind === 'constant')
        entry.directoryIndex = value.value;
    }
    if (cursor.at === before) throw new Damaged('its line table has files of no size');
    entries.push(entry);
  }
  return entries;
}

/** Runs a line number program (DWARF 5, 6.2.5). What was read before a damaged instruction is kept. */
export function runLineProgram(sections: DwarfSections, header: LineHeader): LineProgram {
  const rows: LineRows = { address: [], file: [], line: [], column: [], flags: [] };
  const sequences: LineSequence[] = [];
  try {
    execute(sections, header, rows, sequences);
  } catch (error) {
    if (!(error instanceof Damaged)) throw error;
    return { header, rows, sequences, damage: error.message };
  }
  return { header, rows, sequences };
}

function execute(sections: DwarfSections, header: LineHeader, rows: LineRows, sequences: LineSequence[]): void {
  const { instructionLength, lineBase, lineRange, opcodeBase, opcodeLengths } = header;
  const cursor = sections.cursor('line', header.programAt, header.end);
  const initial = header.defaultIsStatement ? RowFlag.Statement : 0;
  let address = 0;
  let file = 1;
  let line = 1;
  let column = 0;
  let flags: number = initial;
  let first = 0;

  const append = (extra: number): void => {
    const last = rows.address.length - 1;
    // Rows must not go back within a sequence; a table that does so could not be searched.
    if (last >= first && rows.address[last] > address) throw new Damaged('its line table runs backwards');
    rows.address.push(address);
    rows.file.push(file);
    rows.line.push(line);
    rows.column.push(column);
    rows.flags.push(flags | extra);
    flags &= ~RowFlag.PrologueEnd;
  };

  while (!cursor.done) {
    sections.effort.spend(1);
    const opcode = cursor.u8();
    if (opcode >= opcodeBase) {
      const adjusted = opcode - opcodeBase;
      address += Math.floor(adjusted / lineRange) * instructionLength;
      line = Math.max(0, line + lineBase + (adjusted % lineRange));
      append(0);
      continue;
    }
    switch (opcode as LineOp) {
      case LineOp.Extended: {
        const length = cursor.uleb();
        const start = cursor.take(length);
        if (length === 0) break;
        const operand = sections.cursor('line', start, cursor.at);
        switch (operand.u8() as LineExtendedOp) {
          case LineExtendedOp.EndSequence: {
            append(RowFlag.EndSequence);
            const last = rows.address.length - 1;
            const low = rows.address[first];
            if (address > low) sequences.push({ low, high: address, first, last });
            first = last + 1;
            [address, file, line, column, flags] = [0, 1, 1, 0, initial];
            break;
          }
          case LineExtendedOp.SetAddress:
            address = operand.unsigned(length - 1);
            break;
          default:
            // DW_LNE_set_discriminator and what vendors add do not change a row's place.
            break;
        }
        break;
      }
      case LineOp.Copy:
        append(0);
        break;
      case LineOp.AdvancePc:
        address += cursor.uleb() * instructionLength;
        break;
      case LineOp.AdvanceLine:
        line = Math.max(0, line + cursor.sleb());
        break;
      case LineOp.SetFile:
        file = cursor.uleb();
        break;
      case LineOp.SetColumn:
        column = cursor.uleb();
        break;
      case LineOp.NegateStatement:
        flags ^= RowFlag.Statement;
        break;
      case LineOp.ConstAddPc:
        address += Math.floor((255 - opcodeBase) / lineRange) * instructionLength;
        break;
      case LineOp.FixedAdvancePc:
        address += cursor.u16();
        break;
      case LineOp.SetPrologueEnd:
        flags |= RowFlag.PrologueEnd;
        break;
      case LineOp.SetBasicBlock:
      case LineOp.SetEpilogueBegin:
        break;
      case LineOp.SetIsa:
        cursor.uleb();
        break;
      default:
        for (let count = opcodeLengths[opcode] ?? 0; count > 0; count--) cursor.uleb();
    }
  }
}
