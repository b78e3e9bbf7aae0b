import type { DebugProtocol } from '@vscode/debugprotocol';
import type { Result } from '../result.ts';
import { childrenOf } from './scopes/ranges.ts';
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
export type Row = Omit<DebugProtocol.Variable, keyof Expandable> & {
  readonly parts?: Container | undefined;
  /** Finds the parts in the container as it is later; without it, they are those of the child of this name. */
  readonly partsIn?: (container: Container) => Container;
};

/** A child, and its number among those that are not `others`. */
export interface Found {
  readonly row: Row;
  readonly position: number | undefined;
}

/** Something that the Variables view can expand. Its children are read when they are asked for. */
export interface Container {
  /** How many children are elements, and how many have names: large containers are asked for slice by slice. */
  readonly indexed?: number;
  readonly named?: number;
  children(slice: Slice, format: ValueFormat): readonly Row[];
  /** The number of its first child, where it is a range of another one. */
  readonly first?: number;
  /** The child with a name; absent where all are to be looked through. */
  find?(name: string, format: ValueFormat): Found | undefined;
  /** What else there is to say of some elements together. */
  range?(start: number, count: number): Partial<Row>;
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
    return childrenOf(container, slice, format).map((row, index) =>
      this.#variable(reference, row, slice.start + index),
    );
  }

  /** Those that have names, where the others are elements. */
  others(reference: number, container: Container, format: ValueFormat): DebugProtocol.Variable[] {
    return (container.others?.(format) ?? []).map((row) => this.#variable(reference, row, undefined));
  }

  /** The child with a name. @param position where it was, if that is known */
  child(
    reference: number,
    container: Container,
    name: string,
    position: number | undefined,
    format: ValueFormat,
  ): DebugProtocol.Variable | undefined {
    const found = find(container, name, position, format);
    return found && this.#variable(reference, found.row, found.position);
  }

  #variable(reference: number, { parts, partsIn, ...row }: Row, position: number | undefined): DebugProtocol.Variable {
    const again = (parent: Container | undefined): Container | undefined =>
      parent && (partsIn ? partsIn(parent) : find(parent, row.name, position, { asHex: false })?.row.parts);
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

/** A child by its name, which is looked for first where it was. */
function find(
  container: Container,
  name: string,
  position: number | undefined,
  format: ValueFormat,
): Found | undefined {
  const row = position === undefined ? undefined : container.children({ start: position, count: 1 }, format).at(0);
  if (row?.name === name) return { row, position };
  const found = container.find ? container.find(name, format) : among(container, name, format);
  if (found) return found;
  const other = container.others?.(format).find((one) => one.name === name);
  return other && { row: other, position: undefined };
}

function among(container: Container, name: string, format: ValueFormat): Found | undefined {
  const rows = container.children({ start: 0, count: undefined }, format);
  const at = rows.findIndex((one) => one.name === name);
  return at < 0 ? undefined : { row: rows[at], position: at };
}

/** The part of a list that a slice names. */
export function sliced<T>(items: readonly T[], { start, count }: Slice): readonly T[] {
  return items.slice(start, count === undefined ? undefined : start + count);
}
