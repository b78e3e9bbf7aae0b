import { median, round } from './statistics.ts';

/** A moment that bench/guests/fork-cost.c marked. */
export interface Mark {
  readonly letter: string;
  /** On any clock, in nanoseconds. */
  readonly at: number;
}

/** What page faults and forks cost, in microseconds. */
export interface ForkCosts {
  /** First touch of a page of anonymous memory, above a touch that finds it present. */
  readonly demandZero: number;
  /** First write to a page after a fork, by the child, above a write that finds it its own. */
  readonly cowFault: number;
  /** The fork call, until a side runs again: the parent, or the child where the parent is parked. */
  readonly fork: number;
  /** The fork call when nothing was written since the fork before, whose child has exited. */
  readonly forkAgain: number;
  /** A fork whose child exits at once, until the parent has waited for it. */
  readonly forkExitWait: number;
  /** As `cowFault`, among other processes; absent where they could not all live. */
  readonly cowFaultAmong: number | undefined;
}

/**
 * Evaluates the marks: medians over the later half of the rounds, the first being warm-up everywhere; without what a mark
 * itself costs.
 * @param pages touched pages of the process
 * @param writes pages that the child writes
 */
export function evaluate(marks: readonly Mark[], pages: number, writes: number): ForkCosts {
  const nothing = median(pairs(marks, '0', '0'));
  const between = (from: string, to: string): number[] => pairs(marks, from, to).map((time) => time - nothing);
  const perPage = (first: number[], again: number[], count: number): number =>
    median(laterHalf(first.map((time, index) => (time - again[index]) / count)));
  const among = marks.some(({ letter }) => letter === 'G');
  const sides = marks.filter(({ letter }) => letter === 'h' || letter === 'j');
  const isParked = sides.every(({ letter }, index) => (letter === 'h') === (index % 2 === 0));
  return {
    demandZero: microseconds(perPage(between('d', 'e'), between('e', 'w'), pages)),
    cowFault: microseconds(perPage(between('g', 'h'), between('h', 'i'), writes)),
    fork: microseconds(median(laterHalf(isParked ? between('f', 'g') : between('a', 'b')))),
    forkAgain: microseconds(median(laterHalf(between('p', isParked ? 'k' : 'q')))),
    forkExitWait: microseconds(median(laterHalf(between('a', 'c')))),
    cowFaultAmong: among ? microseconds(perPage(between('G', 'H'), between('H', 'I'), writes)) : undefined,
  };
}

/** Times from each mark of one letter to the next one of another. */
function pairs(marks: readonly Mark[], from: string, to: string): number[] {
  const times: number[] = [];
  let started: number | undefined;
  for (const { letter, at } of marks) {
    if (letter === to && started !== undefined) {
      times.push(at - started);
      started = undefined;
    }
    if (letter === from) started = at;
  }
  return times;
}

function laterHalf(values: readonly number[]): readonly number[] {
  return values.slice(values.length >> 1);
}

function microseconds(nanoseconds: number): number {
  return round(Math.max(0, nanoseconds) / 1000);
}
