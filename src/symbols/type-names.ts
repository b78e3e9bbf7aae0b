import { At } from './dwarf/constants.ts';
import type { DebugInfo } from './dwarf/debug-info.ts';
import type { TypeReader } from './dwarf/type-reader.ts';
import type { EnumType, Type } from './type.ts';

/** A constant that an enumeration names. */
export interface Enumerator {
  readonly name: string;
  readonly type: EnumType;
  readonly value: bigint;
}

/** C++ needs no keyword before the name of a class. */
const KEYWORDS = ['struct ', 'class ', 'union ', 'enum '];

/** The types and enumerators of a file, by name. */
export class TypeNames {
  #enumerators: Map<string, Enumerator> | undefined;
  #names: readonly string[] | undefined;

  constructor(
    private readonly info: DebugInfo,
    private readonly types: TypeReader,
  ) {}

  /**
   * A type by its name with namespaces, and with or without keyword: `int`, `struct node`, `a::B<int>`. That of the unit
   * around `near` comes before those of others.
   */
  type(name: string, near?: number): Type | undefined {
    const spellings = spellingsOf(name);
    const home = near === undefined ? undefined : this.info.unitAt(near);
    for (const unit of [...(home ? [home] : []), ...this.info.units()]) {
      if (this.info.sections.effort.exhausted) break;
      const { types } = this.info.contents(unit);
      for (const spelling of spellings) {
        const offset = types.get(spelling);
        const die = offset === undefined ? undefined : unit.dieAt(offset);
        if (die !== undefined) return this.types.read(die);
      }
    }
    return undefined;
  }

  /** An enumerator by its name with namespaces; those of an `enum class` with the name of the enumeration. */
  enumerator(name: string): Enumerator | undefined {
    return this.#allEnumerators().get(name);
  }

  enumerators(): Iterable<string> {
    return this.#allEnumerators().keys();
  }

  /** All names that `type` knows, each once. */
  names(): readonly string[] {
    if (this.#names === undefined) {
      const names = new Set<string>();
      for (const unit of this.info.units()) for (const name of this.info.contents(unit).types.keys()) names.add(name);
      this.#names = [...names];
    }
    return this.#names;
  }

  #allEnumerators(): Map<string, Enumerator> {
    if (this.#enumerators !== undefined) return this.#enumerators;
    const found = (this.#enumerators = new Map<string, Enumerator>());
    for (const unit of this.info.units()) {
      if (this.info.sections.effort.exhausted) break;
      for (const { scope, die } of this.info.contents(unit).enumerations) {
        const type = this.types.read(die);
        if (type.kind !== 'enum') continue;
        const own = die.text(At.Name);
        const prefixes = die.flag(At.EnumClass) ? [] : [scope];
        if (own !== undefined) prefixes.push(`${scope}${own}::`);
        for (const { name, value } of type.enumerators)
          for (const prefix of prefixes)
            if (!found.has(prefix + name)) found.set(prefix + name, { name: prefix + name, type, value });
      }
    }
    return found;
  }
}

/** The keys of a type that a name may mean, the likeliest first. */
function spellingsOf(name: string): readonly string[] {
  const [, keyword, rest] = /^(struct|class|union|enum) (.*)$/.exec(name) ?? [];
  if (keyword === undefined) return [name, ...KEYWORDS.map((word) => word + name)];
  // `struct` and `class` declare the same kind of type.
  if (keyword === 'struct') return [name, `class ${rest}`];
  return keyword === 'class' ? [name, `struct ${rest}`] : [name];
}
