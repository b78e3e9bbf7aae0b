import { Damaged } from '../byte-cursor.ts';
import type { Abbreviation, Widths } from './abbreviations.ts';
import { AbbreviationTables } from './abbreviations.ts';
import { At, UnitType } from './constants.ts';
import { readPackageIndex } from './package-index.ts';
import type { PackageIndex } from './package-index.ts';
import type { DwarfSections } from './sections.ts';
import { WHOLE_SECTIONS, readUnitHeader } from './unit.ts';
import type { Unit, UnitFile } from './unit.ts';

/**
 * Units that were split off a program: a `.dwo` file, or a package of many (`.dwp`, DWARF 5, 7.3.5). Offsets of its entries
 * count from `base`, behind those of the program, so that one offset names one entry.
 */
export class SplitFile implements UnitFile {
  readonly #abbreviations: AbbreviationTables;
  readonly #known: Unit[] = [];
  readonly #byId = new Map<bigint, Unit>();
  #all: readonly Unit[] | undefined;
  #indexes: { readonly units: PackageIndex; readonly types: PackageIndex } | undefined;

  /** @param name what messages call it. */
  constructor(
    readonly sections: DwarfSections,
    readonly base: number,
    readonly name: string,
    private readonly program: UnitFile,
    isPackage: boolean,
  ) {
    this.#abbreviations = new AbbreviationTables(sections);
    if (isPackage)
      this.#indexes = {
        units: readPackageIndex(sections, 'cu_index'),
        types: readPackageIndex(sections, 'tu_index'),
      };
  }

  /** One past the last offset. */
  get end(): number {
    return this.base + this.sections.size('info');
  }

  /** The unit that a program's skeleton stands for. Throws {@link Damaged}. */
  unitFor(skeleton: Unit, id: bigint | undefined): Unit | undefined {
    const { units } = this.#indexes ?? {};
    const place = units && id !== undefined ? units.get(id) : undefined;
    if (units) return place && this.#read(place.info, place, skeleton).unit;
    const all = this.#readAll(skeleton);
    const compiled = all.filter(({ type }) => type !== UnitType.SplitType && type !== UnitType.Type);
    return compiled.find((unit) => id === undefined || idOf(unit) === id);
  }

  /** Units of types. Throws {@link Damaged}. */
  typeUnits(): readonly Unit[] {
    for (const signature of this.#indexes?.types.keys() ?? []) this.typeUnit(signature);
    return this.#known.filter(({ signature }) => signature !== undefined);
  }

  abbreviations(offset: number, widths: Widths): Map<number, Abbreviation> {
    return this.#abbreviations.at(offset, widths);
  }

  unitHolding(offset: number): Unit | undefined {
    return offset >= this.base && offset < this.end
      ? this.#known.find((unit) => offset >= unit.offset && offset < unit.end)
      : this.program.unitHolding(offset);
  }

  typeUnit(signature: bigint): Unit | undefined {
    const known = this.#byId.get(signature);
    if (known) return known;
    const place = this.#indexes?.types.get(signature);
    if (!place) return this.program.typeUnit(signature);
    const offset = place.isInTypes ? this.sections.typesAt + place.info : place.info;
    return this.#read(offset, place, undefined).unit;
  }

  #readAll(skeleton: Unit): readonly Unit[] {
    if (this.#all) return this.#all;
    const units: Unit[] = [];
    this.#all = units;
    const end = this.sections.size('info');
    for (let offset = 0; offset < end;) {
      this.sections.effort.spend(1);
      const { next, unit } = this.#read(offset, WHOLE_SECTIONS, skeleton);
      if (unit) units.push(unit);
      offset = next;
    }
    return units;
  }

  #read(
    offset: number,
    contributions: typeof WHOLE_SECTIONS,
    skeleton: Unit | undefined,
  ): { next: number; unit: Unit | undefined } {
    const { next, unit } = readUnitHeader(this, offset, { base: this.base, contributions, skeleton });
    if ('error' in unit) throw new Damaged(unit.error);
    this.#known.push(unit);
    if (unit.signature !== undefined && !this.#byId.has(unit.signature)) this.#byId.set(unit.signature, unit);
    return { next, unit };
  }
}

/** The number that a skeleton and its split unit share. */
export function idOf(unit: Unit): bigint | undefined {
  return unit.id ?? unit.root.exactConstant(At.GnuDwoId);
}
