import { RangeIndex } from './range-index.ts';
import { readLineHeader, RowFlag, runLineProgram } from './dwarf/line-program.ts';
import type { LineHeader, LineProgram, LineSequence } from './dwarf/line-program.ts';
import type { DebugInfo } from './dwarf/debug-info.ts';
import type { DwarfSections } from './dwarf/sections.ts';
import type { Unit } from './dwarf/unit.ts';

/** A row of a line table and the addresses it speaks for: [low, high). */
export interface LineRow {
  readonly low: number;
  readonly high: number;
  /** A normalised path, absolute where the compiler said so. */
  readonly file: string;
  /** From 1; 0 for code that stems from no line. */
  readonly line: number;
  /** From 1; 0 when unknown. */
  readonly column: number;
  readonly isStatement: boolean;
  readonly isPrologueEnd: boolean;
}

interface Sequences {
  readonly program: LineProgram;
  readonly byAddress: RangeIndex<LineSequence>;
}

interface FileLines {
  readonly lines: readonly number[];
  readonly addresses: ReadonlyMap<number, readonly number[]>;
}

/** The line tables of a file, each decoded when an address or a source file first leads to it. */
export class LineTable {
  readonly #headers = new Map<DwarfSections, Map<number, LineHeader | undefined>>();
  readonly #programs = new Map<number, Sequences | undefined>();
  readonly #fileLines = new Map<string, FileLines>();
  #unitsByFile: Map<string, Unit[]> | undefined;

  constructor(
    private readonly info: DebugInfo,
    private readonly isCode: (address: number) => boolean,
  ) {}

  /** The row for an address. Of several rows at one address the last holds, or the last before it that starts a statement. */
  at(address: number): LineRow | undefined {
    const found = this.#sequenceAt(address);
    if (found === undefined) return undefined;
    const { address: addresses } = found.program.rows;
    let from = found.sequence.first;
    let to = found.sequence.last;
    while (from < to) {
      const middle = (from + to) >>> 1;
      if (addresses[middle] <= address) from = middle + 1;
      else to = middle;
    }
    return this.#chosen(found.program, found.sequence, from - 1);
  }

  /** What {@link at} says for each stretch of [low, high), in order. */
  *stretches(low: number, high: number): Generator<LineRow> {
    const found = this.#sequenceAt(low);
    if (found === undefined) return;
    const { program, sequence } = found;
    const { address } = program.rows;
    for (let row = sequence.first; row < sequence.last && address[row] < high; row++)
      if (address[row + 1] > low && address[row + 1] > address[row]) yield this.#chosen(program, sequence, row);
  }

  /** The rows of the sequence that holds `low`, from `low` up to `high`, rows of no length included. */
  *between(low: number, high: number): Generator<LineRow> {
    const found = this.#sequenceAt(low);
    if (found === undefined) return;
    const { program, sequence } = found;
    const { address } = program.rows;
    for (let row = sequence.first; row < sequence.last && address[row] < high; row++)
      if (address[row + 1] > low || address[row] >= low) yield this.#row(program, row, row);
  }

  /** Source files that have code, sorted. */
  files(): string[] {
    const files = new Set<string>();
    for (const unit of this.info.ownUnits()) {
      if (this.info.sections.effort.exhausted) break;
      const program = this.#program(unit)?.program;
      if (program === undefined) continue;
      const used = new Set<number>();
      for (const { first, last } of program.sequences)
        for (let row = first; row < last; row++) used.add(program.rows.file[row]);
      for (const number of used) {
        const file = program.header.files[number];
        if (file) files.add(file);
      }
    }
    return [...files].sort();
  }

  /** Lines of a file that start a statement, sorted. */
  linesOf(file: string): readonly number[] {
    return this.#linesOf(file).lines;
  }

  /** Addresses where a statement of exactly this line starts, sorted. */
  addressesOf(file: string, line: number): readonly number[] {
    return this.#linesOf(file).addresses.get(line) ?? [];
  }

  /** The path of a unit's file by its number in DW_AT_decl_file. */
  fileName(unit: Unit, number: number): string | undefined {
    return this.#header(unit)?.files[number];
  }

  /** `last` is the last row at its address. */
  #chosen(program: LineProgram, sequence: LineSequence, last: number): LineRow {
    const { address, flags } = program.rows;
    let row = last;
    while (row > sequence.first && address[row - 1] === address[last] && !(flags[row] & RowFlag.Statement)) row--;
    return this.#row(program, flags[row] & RowFlag.Statement ? row : last, last);
  }

  #row(program: LineProgram, row: number, last: number): LineRow {
    const { rows, header } = program;
    return {
      low: rows.address[row],
      high: rows.address[last + 1],
      file: header.files[rows.file[row]] ?? '',
      line: rows.line[row],
      column: rows.column[row],
      isStatement: (rows.flags[row] & RowFlag.Statement) !== 0,
      isPrologueEnd: (rows.flags[row] & RowFlag.PrologueEnd) !== 0,
    };
  }

  #sequenceAt(address: number): { program: LineProgram; sequence: LineSequence } | undefined {
    const unit = this.info.ownUnitAt(address);
    for (const candidate of unit ? [unit] : this.info.unplacedUnits()) {
      const sequences = this.#program(candidate);
      const sequence = sequences?.byAddress.find(address)?.item;
      if (sequence !== undefined) return { program: sequences!.program, sequence };
    }
    return undefined;
  }

  #linesOf(file: string): FileLines {
    const known = this.#fileLines.get(file);
    if (known !== undefined) return known;
    const addresses = new Map<number, number[]>();
    const seen = new Set<LineProgram>();
    for (const unit of this.unitsOf(file)) {
      const program = this.#program(unit)?.program;
      if (program === undefined || seen.has(program)) continue;
      seen.add(program);
      collect(program, file, addresses);
    }
    for (const list of addresses.values()) list.sort((a, b) => a - b);
    const lines = { lines: [...addresses.keys()].sort((a, b) => a - b), addresses };
    this.#fileLines.set(file, lines);
    return lines;
  }

  /** Units that have code of a file, or may have. */
  unitsOf(file: string): readonly Unit[] {
    if (this.#unitsByFile === undefined) {
      this.#unitsByFile = new Map();
      for (const unit of this.info.ownUnits()) {
        if (this.info.sections.effort.exhausted) break;
        for (const name of new Set(this.#header(unit)?.files ?? [])) {
          const units = this.#unitsByFile.get(name);
          if (units === undefined) this.#unitsByFile.set(name, [unit]);
          else units.push(unit);
        }
      }
    }
    return this.#unitsByFile.get(file) ?? [];
  }

  #header(unit: Unit): LineHeader | undefined {
    return this.info.attempt(unit, undefined, () => {
      const table = unit.lineTable;
      if (table === undefined) return undefined;
      const { sections, offset } = table;
      let headers = this.#headers.get(sections);
      if (headers === undefined) this.#headers.set(sections, (headers = new Map<number, LineHeader | undefined>()));
      if (!headers.has(offset)) {
        headers.set(offset, undefined);
        headers.set(offset, readLineHeader(sections, offset, unit.directory));
      }
      return headers.get(offset);
    });
  }

  #program(unit: Unit): Sequences | undefined {
    const header = this.#header(unit);
    if (header === undefined) return undefined;
    const known = this.#programs.get(header.programAt);
    if (known !== undefined) return known;
    const read = runLineProgram(this.info.sections, header);
    if (read.damage !== undefined) this.info.warnDamaged(unit, read.damage);
    // The linker leaves tables of functions that it dropped at address 0.
    const program = { ...read, sequences: read.sequences.filter(({ low }) => this.isCode(low)) };
    const byAddress = new RangeIndex(program.sequences.map((item) => ({ low: item.low, high: item.high, item })));
    const sequences = { program, byAddress };
    this.#programs.set(header.programAt, sequences);
    return sequences;
  }
}

function collect({ header, rows, sequences }: LineProgram, file: string, addresses: Map<number, number[]>): void {
  const numbers = new Set<number>();
  header.files.forEach((name, number) => name === file && numbers.add(number));
  for (const { first, last } of sequences)
    for (let row = first; row < last; row++) {
      const line = rows.line[row];
      if (line === 0 || !(rows.flags[row] & RowFlag.Statement) || !numbers.has(rows.file[row])) continue;
      const list = addresses.get(line);
      if (list === undefined) addresses.set(line, [rows.address[row]]);
      else if (list.at(-1) !== rows.address[row]) list.push(rows.address[row]);
    }
}
