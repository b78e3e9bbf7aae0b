import type { DebugProtocol } from '@vscode/debugprotocol';
import type { Result } from '../result.ts';
import type { Watchable } from './watch-target.ts';

/** Which children of a container are asked for: all without `count`. */
export interface Slice {
  readonly start: number;
  readonly count: number | undefined;
}

export interface ValueFormat {
  readonly asHex: boolean;
}

type Expandable = Pick<DebugProtocol.Variable, 'variablesReference' | 'namedVariables' | 'indexedVariables'>;

/** A child of a container as the client shows it, and what it expands to. */
export type Row = Omit<DebugProtocol.Variable, keyof Expandable> & { readonly parts?: Container | undefined };

/** Something that the Variables view can expand. Its children are read when they are asked for. */
export interface Container {
  /** How many children are elements, and how many have names: large containers are asked for slice by slice. */
  readonly indexed?: number;
  readonly named?: number;
  children(slice: Slice, format: ValueFormat): readonly Row[];
  /** Children with names, where the others are elements. */
  others?(format: ValueFormat): readonly Row[];
  /** Sets a child from what was typed; absent where nothing can be set. The error is a sentence. */
  set?(name: string, text: string): Result<void, string>;
  /** What a data breakpoint on a child is about; absent where no child can be watched. */
  watched?(name: string): Watchable;
}

/** A container that the client has a number for, and how it is found again when something was changed. */
interface Known {
  readonly parent: number | undefined;
  readonly find: (parent: Container | undefined) => Container | undefined;
  container: Container | undefined;
  /** The changes that the container has seen. */
  changes: number;
}

/** Containers with more elements are not searched for one that is no longer where it was. */
const MOST_SEARCHED = 10_000;

/**
 * The containers that the client may expand, by the numbers it knows them by. The same thing has the same number whenever
 * it is asked for, until the machine runs; what is there is read again when the user has changed something.
 */
export class VariableStore {
  #known: Known[] = [];
  #byKey = new Map<string, number>();
  #changes = 0;
  /** Numbers are not used again: one of before the machine ran means nothing. */
  #forgotten = 0;

  /** Something was changed: from now on everything is read again. */
  outdate(): void {
    this.#changes++;
  }

  /** The machine runs: nothing is there any more. */
  clear(): void {
    this.#forgotten += this.#known.length;
    this.#known = [];
    this.#byKey.clear();
  }

  /**
   * The fields of a scope or a result that say what it expands to.
   * @param key what tells it from others
   * @param find reads it
   * @param container what `find` has given, where it was just read
   */
  root(key: string, find: () => Container | undefined, container = find()): Expandable {
    return this.#expandable(undefined, key, find, container);
  }

  /** A container as it is now; `gone` where there is nothing like it any more, and `undefined` for an unknown number. */
  get(reference: number): Container | 'gone' | undefined {
    // From the nearest container that is up to date inwards: a chain may be longer than calls can be deep.
    const outdated: Known[] = [];
    let known = this.#at(reference);
    if (!known) return undefined;
    for (
      ;
      known && known.changes !== this.#changes;
      known = known.parent === undefined ? undefined : this.#at(known.parent)
    )
      outdated.push(known);
    let container = known?.container;
    for (const one of outdated.reverse()) {
      if (one.parent === undefined || container) container = one.find(container);
      one.container = container;
      one.changes = this.#changes;
    }
    return container ?? 'gone';
  }

  /** Children of a container, with the numbers by which they are expanded. */
  children(reference: number, container: Container, slice: Slice, format: ValueFormat): DebugProtocol.Variable[] {
    return container.children(slice, format).map((row, index) => this.#variable(reference, row, slice.start + index));
  }

  /** Those that have names, where the others are elements. */
  others(reference: number, container: Container, format: ValueFormat): DebugProtocol.Variable[] {
    return (container.others?.(format) ?? []).map((row) => this.#variable(reference, row, undefined));
  }

  /** The child with a name. */
  child(
    reference: number,
    container: Container,
    name: string,
    format: ValueFormat,
  ): DebugProtocol.Variable | undefined {
    const index = container.indexed === undefined ? undefined : /^\[(\d+)\]$/.exec(name)?.[1];
    const found = find(container, name, index === undefined ? undefined : Number(index), format);
    return found && this.#variable(reference, found.row, found.position);
  }

  #variable(reference: number, { parts, ...row }: Row, position: number | undefined): DebugProtocol.Variable {
    const again = (parent: Container | undefined): Container | undefined =>
      parent && find(parent, row.name, position, { asHex: false })?.row.parts;
    return { ...row, ...this.#expandable(reference, `${position ?? ''} ${row.name}`, again, parts) };
  }

  #expandable(
    parent: number | undefined,
    key: string,
    find: Known['find'],
    container: Container | undefined,
  ): Expandable {
    if (!container) return { variablesReference: 0 };
    const whole = `${parent ?? ''} ${key}`;
    const known = { parent, find, container, changes: this.#changes };
    let reference = this.#byKey.get(whole);
    if (reference === undefined) this.#byKey.set(whole, (reference = this.#forgotten + this.#known.push(known)));
    else this.#known[reference - this.#forgotten - 1] = known;
    return {
      variablesReference: reference,
      ...(container.named === undefined ? {} : { namedVariables: container.named }),
      ...(container.indexed === undefined ? {} : { indexedVariables: container.indexed }),
    };
  }

  #at(reference: number): Known | undefined {
    return this.#known[reference - this.#forgotten - 1];
  }
}

interface Found {
  readonly row: Row;
  readonly position: number | undefined;
}

/** A child by its name, which is looked for first where it was. */
function find(
  container: Container,
  name: string,
  position: number | undefined,
  format: ValueFormat,
): Found | undefined {
  const row = position === undefined ? undefined : container.children({ start: position, count: 1 }, format).at(0);
  if (row?.name === name) return { row, position };
  if ((container.indexed ?? 0) <= MOST_SEARCHED) {
    const rows = container.children({ start: 0, count: undefined }, format);
    const at = rows.findIndex((one) => one.name === name);
    if (at >= 0) return { row: rows[at], position: at };
  }
  const other = container.others?.(format).find((one) => one.name === name);
  return other && { row: other, position: undefined };
}

/** The part of a list that a slice names. */
export function sliced<T>(items: readonly T[], { start, count }: Slice): readonly T[] {
  return items.slice(start, count === undefined ? undefined : start + count);
}
