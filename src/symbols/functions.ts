import { RangeIndex } from './range-index.ts';
import type { AddressRange } from './range-index.ts';
import { At, Tag } from './dwarf/constants.ts';
import type { DebugInfo } from './dwarf/debug-info.ts';
import type { Die } from './dwarf/die.ts';
import type { FunctionEntry } from './dwarf/unit-contents.ts';
import type { Unit } from './dwarf/unit.ts';
import { byFunction, callPlace, entryOf } from './activations.ts';
import type { Activation, ActivationLine } from './activations.ts';
import type { LineTable } from './line-table.ts';
import { readScopes, scopesAt } from './scopes.ts';
import type { Scope } from './scopes.ts';
import type { UsingCode } from './tls-uses.ts';

export interface SourcePosition {
  readonly file: string;
  readonly line: number;
}

/** A call that was inlined: where the callee's code begins, and where it is called. */
export interface InlinedCall {
  readonly die: Die;
  readonly entry: number;
  readonly call: SourcePosition | undefined;
}

/** The functions that DWARF describes, by address and name, and the scopes within them. */
export class Functions {
  readonly #byAddress = new Map<Unit, RangeIndex<FunctionEntry>>();
  readonly #inlinedCalls = new Map<Unit, readonly InlinedCall[]>();
  readonly #scopes = new Map<FunctionEntry, Scope>();
  #byName: Map<string, FunctionEntry> | undefined;

  constructor(
    private readonly info: DebugInfo,
    private readonly lines: LineTable,
  ) {}

  at(address: number): FunctionEntry | undefined {
    const unit = this.info.unitAt(address);
    if (unit === undefined) return undefined;
    let index = this.#byAddress.get(unit);
    if (index === undefined) {
      const { functions } = this.info.contents(unit);
      index = new RangeIndex(functions.flatMap((item) => item.ranges.map(({ low, high }) => ({ low, high, item }))));
      this.#byAddress.set(unit, index);
    }
    return index.find(address)?.item;
  }

  named(name: string): FunctionEntry | undefined {
    return this.#named().get(name);
  }

  /** The entry of a function, also of one that has no code but where it was inlined. */
  dieNamed(name: string): Die | undefined {
    const own = this.named(name);
    if (own) return own.die;
    for (const unit of this.info.units()) {
      if (this.info.sections.effort.exhausted) break;
      const inlined = this.info
        .contents(unit)
        .inlinable.find((die) => this.info.attempt(unit, '', () => this.info.qualifiedName(die)) === name);
      if (inlined) return inlined;
    }
    return undefined;
  }

  names(): readonly string[] {
    return [...this.#named().keys()];
  }

  /** Where each of them begins. */
  starts(): number[] {
    const starts: number[] = [];
    for (const unit of this.info.units()) {
      if (this.info.sections.effort.exhausted) break;
      for (const { ranges } of this.info.contents(unit).functions) if (ranges.length > 0) starts.push(ranges[0].low);
    }
    return starts;
  }

  #named(): Map<string, FunctionEntry> {
    if (this.#byName !== undefined) return this.#byName;
    this.#byName = new Map();
    for (const unit of this.info.units()) {
      if (this.info.sections.effort.exhausted) break;
      for (const entry of this.info.contents(unit).functions)
        if (!this.#byName.has(entry.name)) this.#byName.set(entry.name, entry);
    }
    return this.#byName;
  }

  /** The scopes of a function that hold `address`, innermost first. */
  scopesAt(entry: FunctionEntry, address: number): Scope[] {
    return scopesAt(this.scopes(entry), address);
  }

  /** The function's own scope, with all that are in it. */
  scopes(entry: FunctionEntry): Scope {
    let root = this.#scopes.get(entry);
    if (root === undefined) {
      const { die, ranges } = entry;
      const bare: Scope = { kind: 'function', die, ranges, parameters: [], variables: [], inner: [] };
      root = this.info.attempt(die.unit, bare, () => readScopes(entry));
      this.#scopes.set(entry, root);
    }
    return root;
  }

  /** The function whose source is at `address`: the innermost inlined one, else the one that holds the code. */
  sourceScopeAt(address: number): Scope | undefined {
    const entry = this.at(address);
    return entry && this.scopesAt(entry, address).find(({ kind }) => kind !== 'block');
  }

  /** The functions of the source that are being executed at `address`, innermost first. */
  activationsAt(entry: FunctionEntry, address: number): Activation[] {
    const { unit } = entry.die;
    const row = this.lines.at(address);
    let line: ActivationLine | undefined;
    if (row !== undefined && row.line !== 0 && row.file !== '') line = row;
    return byFunction(this.scopesAt(entry, address)).map((group) => {
      const scope = group.at(-1)!;
      const isInlined = scope.kind === 'inlined';
      const activation: Activation = {
        name: isInlined ? this.info.attempt(unit, '', () => this.info.qualifiedName(scope.die)) : entry.name,
        isInlined,
        line: line && { file: line.file, line: line.line, column: line.column },
        ranges: scope.ranges,
        entry: this.info.attempt(unit, scope.ranges[0].low, () => entryOf(scope)),
        key: scope.die.offset,
      };
      line = isInlined ? this.info.attempt(unit, undefined, () => callPlace(scope.die, this.lines)) : undefined;
      return activation;
    });
  }

  /** The calls that were inlined in the code of a unit. */
  inlinedCalls(unit: Unit): readonly InlinedCall[] {
    let calls = this.#inlinedCalls.get(unit);
    if (calls === undefined) {
      // Reading all entries of a unit is much work: most that are not optimised have no inlined calls.
      const isInlining = this.info.attempt(unit, false, () => unit.uses(Tag.InlinedSubroutine));
      const { inlined } = isInlining ? this.info.contents(unit) : { inlined: [] };
      calls = inlined.flatMap((offset) =>
        this.info.attempt(unit, [], () => {
          const die = unit.dieAt(offset)!;
          const ranges = unit.rangesOf(die);
          const call = callPlace(die, this.lines);
          return ranges.length === 0 ? [] : [{ die, entry: entryOf({ die, ranges }), call }];
        }),
      );
      this.#inlinedCalls.set(unit, calls);
    }
    return calls;
  }

  /** The code of a source file's functions, or that of one of them: its own, and where it was inlined there. */
  codeOf(of: Die | Unit): UsingCode[] {
    const unit = 'unit' in of ? of.unit : of;
    const isInstance = (other: Die): boolean =>
      of === unit || [...other.origins()].some(({ offset }) => offset === of.offset);
    const own = this.info.contents(unit).functions.filter((entry) => isInstance(entry.die));
    const inlined = of === unit ? [] : this.inlinedCalls(unit).filter((call) => isInstance(call.die));
    const around = ({ low }: AddressRange): readonly AddressRange[] => this.at(low)?.ranges ?? [];
    return [
      ...own.flatMap(({ ranges }) => ranges.map((range) => ({ ...range, parts: [range] }))),
      ...inlined.flatMap((call) => {
        const parts = call.die.unit.rangesOf(call.die);
        return parts.length === 0 ? [] : around(parts[0]).map((range) => ({ ...range, parts }));
      }),
    ];
  }

  /** Where a function begins: its own code, and every copy of it that was inlined. */
  entriesOf(name: string): number[] {
    const entries: number[] = [];
    for (const unit of this.info.units()) {
      if (this.info.sections.effort.exhausted) break;
      for (const { name: known, ranges } of this.info.contents(unit).functions)
        if (known === name) entries.push(ranges[0].low);
      for (const { die, entry } of this.inlinedCalls(unit))
        if (this.info.attempt(unit, '', () => this.info.qualifiedName(die)) === name) entries.push(entry);
    }
    return [...new Set(entries)];
  }

  /** Where an entry, or what it is an instance of, is declared. */
  declaration(die: Die): SourcePosition | undefined {
    return this.info.attempt(die.unit, undefined, () => {
      for (const origin of die.origins()) {
        const line = origin.constant(At.DeclLine);
        const number = origin.constant(At.DeclFile);
        if (line === undefined || number === undefined) continue;
        const file = this.lines.fileName(origin.unit, number);
        if (file !== undefined) return { file, line };
      }
      return undefined;
    });
  }
}
