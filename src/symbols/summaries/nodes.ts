import type { ReadMemory } from '../frame.ts';

/** Nodes that one question follows at most: some tens of milliseconds. */
const MOST_STEPS = 1 << 18;

/** The node that follows another one. */
export type NextNode = (node: number, read: ReadMemory) => number | undefined;

/** Nodes by their number, for one question: undefined for one that is not there, or too far away to be reached by it. */
export type Nodes = (index: number) => number | undefined;

export interface Chain {
  readonly first: number;
  readonly next: NextNode;
  /** Where it can also be followed from its end. */
  readonly last?: number | undefined;
  readonly previous?: NextNode;
}

/** Nodes that lead to one another, for each question anew. What was followed is kept: the next question goes on from there. */
export function chain({ first, next, last, previous }: Chain, count: number): (memory: ReadMemory) => Nodes {
  const fromStart = [first];
  const fromEnd = last === undefined ? [] : [last];
  return (memory) => {
    let left = MOST_STEPS;
    const reach = (found: number[], index: number, step: NextNode): number | undefined => {
      for (; found.length <= index; left--) {
        if (left <= 0) return undefined;
        const following = step(found[found.length - 1], memory);
        if (!following) return undefined;
        found.push(following);
      }
      return found[index] || undefined;
    };
    return (index) => {
      const isNearerToEnd = count - 1 - index - fromEnd.length < index - fromStart.length;
      return previous && last && index >= fromStart.length && isNearerToEnd
        ? reach(fromEnd, count - 1 - index, previous)
        : reach(fromStart, index, next);
    };
  };
}
