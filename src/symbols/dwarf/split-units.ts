import { Damaged } from '../byte-cursor.ts';
import type { ElfFile } from '../elf-file.ts';
import type { Warnings } from '../warnings.ts';
import { At } from './constants.ts';
import { DwarfSections } from './sections.ts';
import { idOf, SplitFile } from './split-file.ts';
import type { Unit, UnitFile } from './unit.ts';

/** Opens the files that a program's debug information was split into. */
export interface SplitFiles {
  /** A `.dwo` file by its name and the folder that the compiler wrote it in. */
  open(name: string, directory: string): ElfFile | undefined;
  /** The package of the program's `.dwo` files. */
  openPackage(): ElfFile | undefined;
}

/** The units that were split off a program, each read when it is first needed. */
export class SplitUnits {
  readonly #whole = new Map<Unit, Unit>();
  readonly #files: SplitFile[] = [];
  #package: readonly [SplitFile | undefined] | undefined;
  #missing = 0;

  constructor(
    private readonly program: UnitFile,
    private readonly files: SplitFiles,
    private readonly warnings: Warnings,
  ) {}

  /** What a unit of the program stands for: the unit that was split off it, else itself. */
  wholeOf(unit: Unit): Unit {
    const known = this.#whole.get(unit);
    if (known) return known;
    // While it is looked for it stands for itself.
    this.#whole.set(unit, unit);
    try {
      const whole = this.#find(unit) ?? unit;
      this.#whole.set(unit, whole);
      return whole;
    } catch (error) {
      if (!(error instanceof Damaged)) throw error;
      this.warnings.add(`The debug information of ${nameOf(unit)} is damaged: ${error.message}.`);
      return unit;
    }
  }

  /** Units of types in the files that have been read. */
  typeUnits(): readonly Unit[] {
    return this.#files.flatMap((file) => {
      try {
        return file.typeUnits();
      } catch (error) {
        if (!(error instanceof Damaged)) throw error;
        this.warnings.add(`${file.name} is damaged: ${error.message}.`);
        return [];
      }
    });
  }

  unitHolding(offset: number): Unit | undefined {
    return this.#files.find(({ base, end }) => offset >= base && offset < end)?.unitHolding(offset);
  }

  #find(unit: Unit): Unit | undefined {
    const { root } = unit;
    const name = root.text(At.DwoName) ?? root.text(At.GnuDwoName);
    if (name === undefined) return undefined;
    const id = idOf(unit);
    this.#package ??= [this.#add(this.files.openPackage(), 'the package of debug information', true)];
    const packed = this.#package[0]?.unitFor(unit, id);
    if (packed) return packed;
    const elf = this.files.open(name, unit.directory);
    if (!elf) {
      this.#warnMissing(unit, name);
      return undefined;
    }
    const found = this.#add(elf, name, false)?.unitFor(unit, id);
    if (!found) this.warnings.add(`${name} is not the debug information of this build of the program.`);
    return found;
  }

  #add(elf: ElfFile | undefined, name: string, isPackage: boolean): SplitFile | undefined {
    if (!elf) return undefined;
    const { sections } = this.program;
    const own = DwarfSections.ofSplit(elf, sections, (why) => this.warnings.add(`${name} is damaged: ${why}.`));
    const base = this.#files.at(-1)?.end ?? sections.size('info');
    const file = new SplitFile(own, base, name, this.program, isPackage);
    this.#files.push(file);
    return file;
  }

  /** One sentence for the first, and one for all others: a large program has thousands. */
  #warnMissing(unit: Unit, name: string): void {
    this.#missing++;
    if (this.#missing === 1)
      this.warnings.add(
        `Debug information is in ${name}, which is neither in ${unit.directory || 'its folder'} nor beside the program.`,
      );
    else if (this.#missing === 2) this.warnings.add('More .dwo files of the program are missing.');
  }
}

function nameOf(unit: Unit): string {
  return unit.root.text(At.GnuDwoName) ?? unit.root.text(At.DwoName) ?? 'a source file';
}
