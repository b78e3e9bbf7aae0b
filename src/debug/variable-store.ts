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

/** Something that the Variables view can expand. Its children are read when they are asked for. */
export interface Container {
  /** How many children are elements, and how many have names: large containers are asked for slice by slice. */
  readonly indexed?: number;
  readonly named?: number;
  children(slice: Slice, format: ValueFormat): DebugProtocol.Variable[];
  /** Children with names, where the others are elements. */
  others?(format: ValueFormat): DebugProtocol.Variable[];
  /** Sets a child from what was typed; absent where nothing can be set. The error is a sentence. */
  set?(name: string, text: string): Result<void, string>;
  /** What a data breakpoint on a child is about; absent where no child can be watched. */
  watched?(name: string): Watchable;
}

/** The containers that the client may expand, by the numbers it knows them by. They live until the machine runs. */
export class VariableStore {
  #containers: Container[] = [];

  /** The number of a container; 0, "nothing to expand", for none. */
  add(container: Container | undefined): number {
    return container ? this.#containers.push(container) : 0;
  }

  get(reference: number): Container | undefined {
    return this.#containers[reference - 1];
  }

  /** The fields of a variable or a result that say what it expands to. */
  expandable(
    container: Container | undefined,
  ): Pick<DebugProtocol.Variable, 'variablesReference' | 'namedVariables' | 'indexedVariables'> {
    return {
      variablesReference: this.add(container),
      ...(container?.named === undefined ? {} : { namedVariables: container.named }),
      ...(container?.indexed === undefined ? {} : { indexedVariables: container.indexed }),
    };
  }

  clear(): void {
    this.#containers = [];
  }
}

/** The part of a list that a slice names. */
export function sliced<T>(items: readonly T[], { start, count }: Slice): readonly T[] {
  return items.slice(start, count === undefined ? undefined : start + count);
}
