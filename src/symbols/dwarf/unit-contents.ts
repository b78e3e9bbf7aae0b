import { Damaged } from '../byte-cursor.ts';
import type { AddressRange } from '../range-index.ts';
import { At, Form, Tag } from './constants.ts';
import type { Die } from './die.ts';
import type { Unit } from './unit.ts';

/** A function with code of its own. */
export interface FunctionEntry {
  /** With its namespaces and classes, `a::B::f`. */
  readonly name: string;
  readonly die: Die;
  /** Several when the compiler split off cold parts; the first holds the entry point. */
  readonly ranges: readonly AddressRange[];
}

interface GlobalEntry {
  readonly name: string;
  readonly die: Die;
}

/** An enumeration, whose enumerators are names of the scope around it. */
interface EnumerationEntry {
  /** The scope's prefix, `a::B::`. */
  readonly scope: string;
  readonly die: Die;
}

export interface UnitContents {
  readonly functions: readonly FunctionEntry[];
  readonly globals: readonly GlobalEntry[];
  readonly enumerations: readonly EnumerationEntry[];
  /** Offsets of types by name: `int`, `struct point`, `size_t`. */
  readonly types: ReadonlyMap<string, number>;
  /** Whether variables move: then they can also be read before a function has set up its frame. */
  readonly hasLocationLists: boolean;
}

/** Walks all entries of a unit once. Damage ends the walk, is reported, and what came before it is kept. */
export function scanUnit(
  unit: Unit,
  isCode: (address: number) => boolean,
  reportDamage: (why: string) => void,
): UnitContents {
  const functions: FunctionEntry[] = [];
  const globals: GlobalEntry[] = [];
  const enumerations: EnumerationEntry[] = [];
  const types = new Map<string, number>();
  const found = { hasLocationLists: false };
  try {
    walk(unit, isCode, functions, globals, enumerations, types, found);
  } catch (error) {
    if (!(error instanceof Damaged)) throw error;
    reportDamage(error.message);
  }
  return { functions, globals, enumerations, types, ...found };
}

/** The keyword that C puts before a tag's name. */
const KEYWORDS: Readonly<Partial<Record<Tag, string>>> = {
  [Tag.StructureType]: 'struct ',
  [Tag.UnionType]: 'union ',
  [Tag.EnumerationType]: 'enum ',
  [Tag.ClassType]: 'class ',
};

function walk(
  unit: Unit,
  isCode: (address: number) => boolean,
  functions: FunctionEntry[],
  globals: GlobalEntry[],
  enumerations: EnumerationEntry[],
  types: Map<string, number>,
  found: { hasLocationLists: boolean },
): void {
  /** The scope's prefix at every depth, or undefined inside functions, where nothing is global. */
  const scopes: (string | undefined)[] = [''];
  /** Full names of declarations, for the definitions outside their class or namespace that refer to them. */
  const declared = new Map<number, string>();
  let at = unit.root.end;
  if (!unit.root.abbreviation.hasChildren) return;

  const fullName = (die: Die, scope: string | undefined): string => {
    for (const origin of die.origins()) {
      const known = declared.get(origin.offset);
      if (known !== undefined) return known;
      const name = origin.text(At.Name);
      if (name !== undefined) return (origin === die && scope !== undefined ? scope : '') + name;
    }
    return '';
  };

  while (scopes.length > 0) {
    const die = unit.dieAt(at);
    if (die === undefined) {
      scopes.pop();
      at++;
      continue;
    }
    const scope = scopes.at(-1);
    let inner: string | undefined;
    switch (die.tag) {
      case Tag.Subprogram: {
        const name = fullName(die, scope);
        if (scope !== undefined) declared.set(die.offset, name);
        const ranges = unit.rangesOf(die).filter(({ low }) => isCode(low));
        if (ranges.length > 0) functions.push({ name, die, ranges: entryFirst(die, ranges) });
        break;
      }
      case Tag.Variable: {
        if (die.attributeForm(At.Location) !== undefined && !isExpressionForm(die.attributeForm(At.Location)!))
          found.hasLocationLists = true;
        if (scope === undefined) break;
        const name = fullName(die, scope);
        declared.set(die.offset, name);
        // gcc gives thread-local variables of riscv64 no location; the symbol table has it.
        if (!die.flag(At.Declaration)) globals.push({ name, die });
        break;
      }
      case Tag.FormalParameter:
        if (die.attributeForm(At.Location) !== undefined && !isExpressionForm(die.attributeForm(At.Location)!))
          found.hasLocationLists = true;
        break;
      case Tag.Member:
        if (scope !== undefined && die.flag(At.External)) declared.set(die.offset, fullName(die, scope));
        break;
      case Tag.Namespace:
        if (scope !== undefined) inner = `${scope}${die.text(At.Name) ?? '(anonymous namespace)'}::`;
        break;
      case Tag.StructureType:
      case Tag.ClassType:
      case Tag.UnionType:
      case Tag.EnumerationType:
      case Tag.BaseType:
      case Tag.Typedef: {
        if (die.tag === Tag.EnumerationType && !die.flag(At.Declaration))
          enumerations.push({ scope: scope ?? '', die });
        const name = die.text(At.Name);
        if (name === undefined) break;
        const full = (scope ?? '') + name;
        if (scope !== undefined) inner = `${full}::`;
        if (!die.flag(At.Declaration)) {
          const key = (KEYWORDS[die.tag] ?? '') + full;
          if (!types.has(key)) types.set(key, die.offset);
        }
        break;
      }
      default:
        break;
    }
    at = die.end;
    if (die.abbreviation.hasChildren) scopes.push(inner);
    else if (at >= unit.end && scopes.length > 0) return;
  }
}

function isExpressionForm(form: Form): boolean {
  switch (form) {
    case Form.Exprloc:
    case Form.Block:
    case Form.Block1:
    case Form.Block2:
    case Form.Block4:
      return true;
    default:
      return false;
  }
}

/** Puts the range with the function's entry point first: DW_AT_low_pc's, else the compiler's own order counts. */
function entryFirst(die: Die, ranges: AddressRange[]): AddressRange[] {
  const entry = die.address(At.LowPc);
  const index = entry === undefined ? 0 : ranges.findIndex(({ low, high }) => entry >= low && entry < high);
  return index <= 0 ? ranges : [ranges[index], ...ranges.filter((_, other) => other !== index)];
}
