import { Damaged } from '../byte-cursor.ts';
import type { AddressRange } from '../range-index.ts';
import { At, Form, Op, Tag } from './constants.ts';
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

/** A variable in a function that is at a fixed address. */
interface StaticEntry {
  readonly die: Die;
  readonly within: Die;
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
  readonly statics: readonly StaticEntry[];
  /** Variables that are defined in other files: `extern`. */
  readonly declared: readonly GlobalEntry[];
  readonly enumerations: readonly EnumerationEntry[];
  /** Offsets of types by name: `int`, `struct point`, `size_t`. */
  readonly types: ReadonlyMap<string, number>;
  /** Prefixes (`a::v2::`) of the namespaces whose names are also those of the namespace around them. */
  readonly inlineNamespaces: ReadonlySet<string>;
  /** Offsets of the calls that were inlined. */
  readonly inlined: readonly number[];
  /** Functions that are described once for all places where they are inlined. */
  readonly inlinable: readonly Die[];
  /** Full names by offset, of what is declared in a namespace or a class. */
  readonly names: ReadonlyMap<number, string>;
  /** Whether variables move: then they can also be read before a function has set up its frame. */
  readonly hasLocationLists: boolean;
}

/** Walks all entries of a unit once. Damage ends the walk, is reported, and what came before it is kept. */
export function scanUnit(
  unit: Unit,
  isCode: (address: number) => boolean,
  rangesOf: (die: Die) => AddressRange[],
  reportDamage: (why: string) => void,
): UnitContents {
  const functions: Omit<FunctionEntry, 'name'>[] = [];
  const globals: Die[] = [];
  const statics: StaticEntry[] = [];
  const declared: Die[] = [];
  const enumerations: EnumerationEntry[] = [];
  const types = new Map<string, number>();
  const names = new Map<number, string>();
  const inlined: number[] = [];
  const inlinable: Die[] = [];
  const inlineNamespaces = new Set<string>();
  const found = { hasLocationLists: false };
  try {
    walk(
      unit,
      isCode,
      rangesOf,
      { functions, globals, statics, declared, enumerations, types, names, inlined, inlinable, inlineNamespaces },
      found,
    );
  } catch (error) {
    if (!(error instanceof Damaged)) throw error;
    reportDamage(error.message);
  }
  const nameOf = (die: Die): string => {
    try {
      return fullName(die, names);
    } catch (error) {
      if (!(error instanceof Damaged)) throw error;
      reportDamage(error.message);
      return '';
    }
  };
  return {
    functions: functions.map((entry) => ({ ...entry, name: nameOf(entry.die) })),
    globals: globals.map((die) => ({ name: nameOf(die), die })),
    statics,
    declared: declared.map((die) => ({ name: nameOf(die), die })),
    enumerations,
    types,
    inlineNamespaces,
    inlined,
    inlinable,
    names,
    ...found,
  };
}

/** The keyword that C puts before a tag's name. */
const KEYWORDS: Readonly<Partial<Record<Tag, string>>> = {
  [Tag.StructureType]: 'struct ',
  [Tag.UnionType]: 'union ',
  [Tag.EnumerationType]: 'enum ',
  [Tag.ClassType]: 'class ',
};

interface Collected {
  readonly functions: Omit<FunctionEntry, 'name'>[];
  readonly globals: Die[];
  readonly statics: StaticEntry[];
  readonly declared: Die[];
  readonly enumerations: EnumerationEntry[];
  readonly types: Map<string, number>;
  readonly names: Map<number, string>;
  readonly inlined: number[];
  readonly inlinable: Die[];
  readonly inlineNamespaces: Set<string>;
}

function walk(
  unit: Unit,
  isCode: (address: number) => boolean,
  rangesOf: (die: Die) => AddressRange[],
  {
    functions,
    globals,
    statics,
    declared,
    enumerations,
    types,
    names,
    inlined,
    inlinable,
    inlineNamespaces,
  }: Collected,
  found: { hasLocationLists: boolean },
): void {
  /** The scope's prefix at every depth, or undefined inside functions, where nothing is global. */
  const scopes: (string | undefined)[] = [''];
  /** The function around, at every depth. */
  const within: (Die | undefined)[] = [undefined];
  /** Depths at which the scope is no namespace. */
  const classes = new Set<number>();
  let at = unit.root.end;
  if (!unit.root.abbreviation.hasChildren) return;

  const declare = (die: Die, scope: string | undefined): string | undefined => {
    // The name of a stand-in for the type of a type unit is there.
    const name = die.text(At.Name) ?? die.reference(At.Signature)?.text(At.Name);
    // What completes a declaration elsewhere has that one's scope.
    const declaration = die.attribute(At.Specification);
    const known = declaration?.kind === 'reference' ? names.get(declaration.offset) : undefined;
    if (known !== undefined) {
      names.set(die.offset, known);
      return known;
    }
    if (name !== undefined && scope) names.set(die.offset, scope + name);
    return name === undefined ? undefined : (scope ?? '') + name;
  };

  while (scopes.length > 0) {
    const die = unit.dieAt(at);
    if (die === undefined) {
      scopes.pop();
      within.pop();
      at++;
      continue;
    }
    const scope = scopes.at(-1);
    let inner: string | undefined;
    switch (die.tag) {
      case Tag.Subprogram: {
        declare(die, scope);
        const ranges = rangesOf(die).filter(({ low }) => isCode(low));
        if (ranges.length > 0) functions.push({ die, ranges: entryFirst(die, ranges) });
        else if (die.has(At.Inline)) inlinable.push(die);
        break;
      }
      case Tag.Variable: {
        noteLocationList(die, found);
        if (scope === undefined) {
          const inside = within.at(-1);
          if (inside && isAtFixedAddress(die)) statics.push({ die, within: inside });
          break;
        }
        declare(die, scope);
        // gcc gives thread-local variables of riscv64 no location; the symbol table has it.
        if (!die.flag(At.Declaration)) globals.push(die);
        // Those of classes have a definition of their own, and are many.
        else if (!classes.has(scopes.length)) declared.push(die);
        break;
      }
      case Tag.InlinedSubroutine:
        inlined.push(die.offset);
        break;
      case Tag.FormalParameter:
        noteLocationList(die, found);
        break;
      case Tag.Member:
        if (scope !== undefined && die.flag(At.External)) declare(die, scope);
        break;
      case Tag.Namespace:
        if (scope === undefined) break;
        inner = `${scope}${die.text(At.Name) ?? '(anonymous namespace)'}::`;
        if (die.flag(At.ExportSymbols) || !die.has(At.Name)) inlineNamespaces.add(inner);
        break;
      case Tag.StructureType:
      case Tag.ClassType:
      case Tag.UnionType:
      case Tag.EnumerationType:
      case Tag.BaseType:
      case Tag.Typedef: {
        if (die.tag === Tag.EnumerationType && !die.flag(At.Declaration))
          enumerations.push({ scope: scope ?? '', die });
        const full = declare(die, scope);
        if (full === undefined) break;
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
    if (die.abbreviation.hasChildren) {
      scopes.push(inner);
      within.push(die.tag === Tag.Subprogram ? die : within.at(-1));
      if (die.tag === Tag.Namespace) classes.delete(scopes.length);
      else classes.add(scopes.length);
    } else if (at >= unit.end && scopes.length > 0) return;
  }
}

/** The name of an entry, or of what it defines or is an instance of, with its scope. */
function fullName(die: Die, names: ReadonlyMap<number, string>): string {
  for (const origin of die.origins()) {
    const name = names.get(origin.offset) ?? origin.text(At.Name);
    if (name !== undefined) return name;
  }
  return '';
}

function noteLocationList(die: Die, found: { hasLocationLists: boolean }): void {
  const form = die.attributeForm(At.Location);
  if (form !== undefined && !isExpressionForm(form)) found.hasLocationLists = true;
}

const FIXED: ReadonlySet<Op> = new Set([Op.Addr, Op.Addrx, Op.GnuAddrIndex]);

/** Whether the location of an entry is one address. */
export function isAtFixedAddress(die: Die): boolean {
  const form = die.attributeForm(At.Location);
  if (form === undefined || !isExpressionForm(form)) return false;
  const location = die.attribute(At.Location);
  if (location?.kind !== 'block') return false;
  return FIXED.has(location.bytes[0]);
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
