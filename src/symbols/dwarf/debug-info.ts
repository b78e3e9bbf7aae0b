import { Damaged } from '../byte-cursor.ts';
import { RangeIndex } from '../range-index.ts';
import type { AddressRange } from '../range-index.ts';
import type { Warnings } from '../warnings.ts';
import { AbbreviationTables } from './abbreviations.ts';
import type { Abbreviation, Widths } from './abbreviations.ts';
import { At, UnitType } from './constants.ts';
import type { Die } from './die.ts';
import type { DwarfSections } from './sections.ts';
import { SplitUnits } from './split-units.ts';
import type { SplitFiles } from './split-units.ts';
import { readUnitHeader } from './unit.ts';
import type { Unit, UnitFile } from './unit.ts';
import { scanUnit } from './unit-contents.ts';
import type { UnitContents } from './unit-contents.ts';

/** The units of .debug_info: headers on the first question, contents of a unit when an address or name leads there. */
export class DebugInfo implements UnitFile {
  readonly #abbreviations: AbbreviationTables;
  readonly #split: SplitUnits;
  readonly #contents = new Map<Unit, UnitContents>();
  #units: readonly Unit[] | undefined;
  #typeUnits: ReadonlyMap<bigint, Unit> | undefined;
  #byAddress: RangeIndex<Unit> | undefined;
  #withoutRanges: Unit[] = [];

  constructor(
    readonly sections: DwarfSections,
    private readonly warnings: Warnings,
    private readonly isCode: (address: number) => boolean,
    private readonly endOfFunction: (start: number) => number | undefined,
    files: SplitFiles,
  ) {
    this.#abbreviations = new AbbreviationTables(sections);
    this.#split = new SplitUnits(this, files, warnings);
  }

  /** All units with what they describe, in file order; those that were split off are read as they come. */
  *units(): Generator<Unit, undefined, void> {
    for (const unit of this.ownUnits()) yield this.#split.wholeOf(unit);
    yield* this.#split.typeUnits();
  }

  /** The program's own units: of those that were split off, what says where their code and their lines are. */
  ownUnits(): readonly Unit[] {
    if (this.#units !== undefined) return this.#units;
    const units: Unit[] = [];
    const end = this.sections.size('info');
    try {
      for (let offset = 0; offset < end;) {
        this.sections.effort.spend(1);
        const { next, unit } = readUnitHeader(this, offset);
        if ('error' in unit) this.warnings.add(`A part of the debug information cannot be read: ${unit.error}.`);
        else units.push(unit);
        offset = next;
      }
    } catch (error) {
      if (!(error instanceof Damaged)) throw error;
      this.warnings.add(`The debug information is damaged after ${units.length} source files: ${error.message}.`);
    }
    return (this.#units = units);
  }

  /** Runs `read`; damage inside the unit becomes a warning and leaves `otherwise`. */
  attempt<T>(unit: Unit, otherwise: T, read: () => T): T {
    try {
      return read();
    } catch (error) {
      if (!(error instanceof Damaged)) throw error;
      this.warnDamaged(unit, error.message);
      return otherwise;
    }
  }

  warnDamaged(unit: Unit, message: string): void {
    let name: string;
    try {
      name = unit.name;
    } catch (error) {
      if (!(error instanceof Damaged)) throw error;
      name = '';
    }
    this.warnings.add(`The debug information of ${name || 'a source file'} is damaged: ${message}.`);
  }

  abbreviations(offset: number, widths: Widths): Map<number, Abbreviation> {
    return this.#abbreviations.at(offset, widths);
  }

  unitHolding(offset: number): Unit | undefined {
    if (offset >= this.sections.size('info')) return this.#split.unitHolding(offset);
    const units = this.ownUnits();
    let from = 0;
    let to = units.length;
    while (from < to) {
      const middle = (from + to) >>> 1;
      if (units[middle].offset <= offset) from = middle + 1;
      else to = middle;
    }
    const unit = units[from - 1];
    return unit !== undefined && offset < unit.end ? unit : undefined;
  }

  typeUnit(signature: bigint): Unit | undefined {
    this.#typeUnits ??= new Map(
      this.ownUnits().flatMap((unit) => (unit.signature === undefined ? [] : [[unit.signature, unit] as const])),
    );
    return this.#typeUnits.get(signature);
  }

  /** The unit whose code holds `address`, with what it describes. */
  unitAt(address: number): Unit | undefined {
    const unit = this.ownUnitAt(address);
    return unit && this.attempt(unit, unit, () => this.#split.wholeOf(unit));
  }

  /** The program's own unit there: it has the lines. */
  ownUnitAt(address: number): Unit | undefined {
    return this.#addresses().find(address)?.item;
  }

  /** Units that have a line table but do not say which addresses are theirs. */
  unplacedUnits(): readonly Unit[] {
    this.#addresses();
    return this.#withoutRanges;
  }

  /** Functions, variables and types of a unit. Of a damaged unit, those before the damage. */
  contents(unit: Unit): UnitContents {
    let contents = this.#contents.get(unit);
    if (contents === undefined) {
      const empty: UnitContents = {
        functions: [],
        globals: [],
        statics: [],
        declared: [],
        enumerations: [],
        types: new Map(),
        inlineNamespaces: new Set(),
        inlined: [],
        inlinable: [],
        names: new Map(),
        hasLocationLists: false,
      };
      this.#contents.set(unit, empty);
      contents = this.attempt(unit, empty, () =>
        scanUnit(
          unit,
          this.isCode,
          (die) => this.#codeOf(die),
          (why) => this.warnDamaged(unit, why),
        ),
      );
      this.#contents.set(unit, contents);
    }
    return contents;
  }

  /**
   * The code of a function. Assemblers for RISC-V leave lengths zero in files that are split off, where no linker can fill
   * them in: then the symbol table says where it ends.
   */
  #codeOf(die: Die): AddressRange[] {
    const { unit } = die;
    const ranges = unit.rangesOf(die);
    if (ranges.length > 0 || !unit.isSplit || die.constant(At.HighPc) !== 0) return ranges;
    const low = die.address(At.LowPc);
    const high = low === undefined ? undefined : this.endOfFunction(low);
    if (low === undefined || high === undefined) return ranges;
    this.warnings.add(
      'The assembler has left the lengths of code out of the .dwo files, as it does for RISC-V: where functions end is taken from the symbol table, and variables that move have no values.',
    );
    return [{ low, high }];
  }

  /** The name of an entry with its namespaces and classes. */
  qualifiedName(die: Die): string {
    for (const origin of die.origins()) {
      const name = this.contents(origin.unit).names.get(origin.offset) ?? origin.text(At.Name);
      if (name !== undefined) return name;
    }
    return '';
  }

  #addresses(): RangeIndex<Unit> {
    if (this.#byAddress !== undefined) return this.#byAddress;
    const ranges: (AddressRange & { item: Unit })[] = [];
    for (const unit of this.ownUnits()) {
      if (this.sections.effort.exhausted) break;
      this.attempt(unit, undefined, () => {
        if (unit.type === UnitType.Type || unit.type === UnitType.Partial) return;
        const { root } = unit;
        const own = unit.rangesOf(root).filter(({ low }) => this.isCode(low));
        for (const { low, high } of own) ranges.push({ low, high, item: unit });
        if (own.length === 0 && root.has(At.StmtList)) this.#withoutRanges.push(unit);
      });
    }
    return (this.#byAddress = new RangeIndex(ranges));
  }
}
