import { At } from './dwarf/constants.ts';
import type { Die } from './dwarf/die.ts';
import type { SourcePosition } from './functions.ts';
import type { LineTable } from './line-table.ts';
import type { AddressRange } from './range-index.ts';
import type { Scope } from './scopes.ts';

/** A function of the source that is being executed at an address: the one that holds the code, or one inlined there. */
export interface Activation {
  /** With namespaces and classes. */
  readonly name: string;
  readonly isInlined: boolean;
  /** Where it is: the line of the address for the innermost, the place of the inlined call for those around it. */
  readonly line: ActivationLine | undefined;
  /** Its code; what is inlined into it included. */
  readonly ranges: readonly AddressRange[];
  /** Where control enters it. */
  readonly entry: number;
  /** Tells it from others in the same program. */
  readonly key: number;
}

export interface ActivationLine extends SourcePosition {
  /** From 1; 0 when unknown. */
  readonly column: number;
}

/** Scopes around an address, innermost first, by the function of the source that they belong to. */
export function byFunction(scopes: readonly Scope[]): Scope[][] {
  const groups: Scope[][] = [];
  let group: Scope[] = [];
  for (const scope of scopes) {
    group.push(scope);
    if (scope.kind === 'block') continue;
    groups.push(group);
    group = [];
  }
  return groups;
}

/** The place of the call that was inlined as this entry (DWARF 5, 3.3.8.2). */
export function callPlace(inlined: Die, lines: LineTable): ActivationLine | undefined {
  const line = inlined.constant(At.CallLine);
  const number = inlined.constant(At.CallFile);
  const file = number === undefined ? undefined : lines.fileName(inlined.unit, number);
  if (line === undefined || file === undefined) return undefined;
  return { file, line, column: inlined.constant(At.CallColumn) ?? 0 };
}

/** Where control enters an inlined body: DW_AT_entry_pc, an address or an offset from the lowest one, else its first range. */
export function entryOf({ die, ranges }: Pick<Scope, 'die' | 'ranges'>): number {
  const entry = die.attribute(At.EntryPc);
  const low = ranges[0]?.low ?? 0;
  if (entry?.kind === 'constant') return (die.address(At.LowPc) ?? low) + entry.value;
  return (entry && die.unit.addressOf(entry)) ?? low;
}
