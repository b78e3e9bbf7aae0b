import type { DebugInfo } from './dwarf/debug-info.ts';
import type { Functions, InlinedCall } from './functions.ts';
import type { LineRow, LineTable } from './line-table.ts';
import type { AddressRange } from './range-index.ts';
import type { Scope } from './scopes.ts';
import type { SymbolTable } from './symbol-table.ts';

/** Where a breakpoint on a line goes. */
export interface LineAddresses {
  /** The line that has the code: the one asked for, or the next one in the same function. */
  readonly line: number;
  /** One for each copy of the code: inlined bodies, template instances, cold parts. Sorted. */
  readonly addresses: readonly number[];
}

/** How source lines and code correspond, in the terms of breakpoints and steps. Addresses are the linker's. */
export class SourceLocations {
  constructor(
    private readonly info: DebugInfo,
    private readonly lines: LineTable,
    private readonly functions: Functions,
    private readonly symbols: SymbolTable,
  ) {}

  addressesForLine(file: string, line: number): LineAddresses | undefined {
    const inlined = this.#inlinedCalls(file, line);
    let actual = line;
    let addresses = this.lines.addressesOf(file, line);
    if (addresses.length === 0 && inlined.length === 0) {
      const next = this.lines.linesOf(file).find((candidate) => candidate > line);
      if (next === undefined) return undefined;
      actual = next;
      addresses = this.lines.addressesOf(file, next).filter((address) => this.#isSameFunction(file, line, address));
      if (addresses.length === 0) return undefined;
    }
    const places = [
      ...addresses.map((address) => ({ address, place: this.#placeKey(address, this.#scopes(address)) })),
      // An inlined call begins with the callee's code, which belongs to other lines.
      ...inlined.map(({ entry, die }) => {
        const scopes = this.#scopes(entry);
        const callee = scopes.findIndex((scope) => scope.die.offset === die.offset);
        return { address: entry, place: this.#placeKey(entry, scopes.slice(callee + 1)) };
      }),
    ].sort((a, b) => a.address - b.address);
    const first = new Map<string, number>();
    for (const { address, place } of places) if (!first.has(place)) first.set(place, address);
    const stops = [...first.values()].map((address) => this.#afterPrologue(address)).sort((a, b) => a - b);
    if (stops.length === 1 && stops[0] !== places[0].address) {
      const moved = this.lines.at(stops[0]);
      if (moved?.file === file && moved.line > 0) actual = moved.line;
    }
    return { line: actual, addresses: stops };
  }

  /** The stretches of code of the same line as `address`, in the same function: what a step over the line stays in. */
  lineRange(address: number): AddressRange[] | undefined {
    const here = this.lines.at(address);
    if (here === undefined || here.line === 0) return undefined;
    const ranges: { low: number; high: number }[] = [];
    for (const { low, high } of this.#extent(address, here))
      for (const row of this.lines.stretches(low, high)) {
        if (row.line !== here.line || row.file !== here.file) continue;
        const last = ranges.at(-1);
        if (last?.high === row.low) last.high = row.high;
        else ranges.push({ low: row.low, high: row.high });
      }
    return ranges;
  }

  /**
   * The first address of the function at `address` where its frame and arguments are in place. Compilers without
   * DW_LNS_set_prologue_end (gcc) start a new row there. Other addresses stay as they are.
   */
  prologueEnd(address: number): number {
    const entry = this.functions.at(address);
    const range = entry?.ranges[0];
    if (entry === undefined || range?.low !== address) return address;
    // With location lists variables can be read everywhere, and optimised code may never reach the second row.
    const isOptimised = this.info.contents(entry.die.unit).hasLocationLists;
    let firstLine: number | undefined;
    let second: number | undefined;
    for (const row of this.lines.between(range.low, range.high)) {
      if (row.isPrologueEnd) return row.low;
      if (isOptimised || row.line === 0) continue;
      if (row.low > range.low) second ??= row.low;
      else if (firstLine === undefined) firstLine = row.line;
      else if (row.line !== firstLine) second = range.low;
    }
    return second ?? range.low;
  }

  /** Whether `line` lies in the function whose code of a later line is at `address`. */
  #isSameFunction(file: string, line: number, address: number): boolean {
    const scope = this.functions.sourceScopeAt(address);
    if (scope !== undefined) {
      const declared = this.functions.declaration(scope.die);
      return declared !== undefined && declared.file === file && declared.line <= line;
    }
    // Assembly has no functions: code of an earlier line under the same label has to do.
    const before = this.lines.linesOf(file).findLast((candidate) => candidate < line);
    const symbol = this.symbols.at(address);
    return (
      before !== undefined &&
      symbol !== undefined &&
      this.lines.addressesOf(file, before).some((other) => this.symbols.at(other)?.start === symbol.start)
    );
  }

  /** Addresses with the same key are parts of one copy of the code. */
  #placeKey(address: number, scopes: readonly Scope[]): string {
    const entry = this.functions.at(address);
    if (entry === undefined) return `${this.symbols.at(address)?.start ?? address}`;
    const range = entry.ranges.findIndex(({ low, high }) => address >= low && address < high);
    const inlined = scopes.find(({ kind }) => kind === 'inlined');
    return `${entry.die.offset} ${range} ${inlined?.die.offset ?? ''}`;
  }

  #scopes(address: number): readonly Scope[] {
    const entry = this.functions.at(address);
    return entry ? this.functions.scopesAt(entry, address) : [];
  }

  #inlinedCalls(file: string, line: number): InlinedCall[] {
    return this.lines
      .unitsOf(file)
      .flatMap((unit) => this.functions.inlinedCalls(unit))
      .filter(({ call }) => call?.line === line && call.file === file);
  }

  #afterPrologue(address: number): number {
    const entry = this.functions.at(address);
    return entry?.ranges[0]?.low === address ? this.prologueEnd(address) : address;
  }

  #extent(address: number, row: LineRow): readonly AddressRange[] {
    const entry = this.functions.at(address);
    if (entry !== undefined) return entry.ranges;
    const symbol = this.symbols.at(address);
    return symbol !== undefined && symbol.size > 0 ? [{ low: symbol.start, high: symbol.start + symbol.size }] : [row];
  }
}
