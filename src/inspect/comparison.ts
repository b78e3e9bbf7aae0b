import type { Ending, MeasuredRun } from './measured-run.ts';
import { ENGLISH, type Words } from './words.ts';

/** One row of `compare --json`: a contract, see docs/command-line.md. */
export interface ComparisonRow {
  readonly platform: string;
  readonly status: string;
  readonly stdoutSha256: string;
  readonly instructions: number;
  readonly faults: MeasuredRun['faults'];
  readonly framesCopied: number;
  readonly bytesCopied: number;
  readonly peakFrames: number;
  readonly forks: number;
}

export function comparisonRow(run: MeasuredRun): ComparisonRow {
  const { platform, stdoutSha256, instructions, faults, framesCopied, bytesCopied, peakFrames, forks } = run;
  return {
    platform,
    status: statusText(run.ending),
    stdoutSha256,
    instructions,
    faults,
    framesCopied,
    bytesCopied,
    peakFrames,
    forks,
  };
}

/** `exited 0`, `killed by SIGSEGV`, `stopped: …`, `cannot run: fork is not supported`, `broken: …`. */
export function statusText(ending: Ending, { say }: Words = ENGLISH): string {
  switch (ending.kind) {
    case 'exited':
      return say('exited {0}', ending.code);
    case 'killed':
      return say('killed by {0}', ending.signal);
    case 'stopped':
      return say('stopped: {0}', ending.why);
    case 'cannot-run':
      return say('cannot run: {0}', ending.why);
    case 'broken':
      return say('broken: {0}', ending.why);
  }
}

/** Runs that printed the same and ended the same way. */
export type Outcome = readonly [MeasuredRun, ...MeasuredRun[]];

/** What comparing the runs says about the program: the platforms that cannot run it by design have no part in it. */
export interface Verdict {
  /** One element when all agree; the most common outcome first. */
  readonly outcomes: readonly Outcome[];
  readonly cannotRun: readonly MeasuredRun[];
  readonly broken: readonly MeasuredRun[];
}

export function verdictOf(runs: readonly MeasuredRun[]): Verdict {
  const outcomes = new Map<string, [MeasuredRun, ...MeasuredRun[]]>();
  for (const run of runs) {
    if (run.ending.kind === 'cannot-run') continue;
    const key = `${run.stdoutSha256} ${statusText(run.ending)}`;
    const alike = outcomes.get(key);
    if (alike) alike.push(run);
    else outcomes.set(key, [run]);
  }
  return {
    outcomes: [...outcomes.values()].sort((one, other) => other.length - one.length),
    cannotRun: runs.filter(({ ending }) => ending.kind === 'cannot-run'),
    broken: runs.filter(({ ending }) => ending.kind === 'broken'),
  };
}

/** The verdict as a sentence. */
export function verdictText({ outcomes, cannotRun, broken }: Verdict, words: Words = ENGLISH): string {
  const { say } = words;
  if (broken.length > 0) return say('Pagewalk itself failed on {0}.', names(broken, words));
  const [alike] = outcomes;
  if (!alike) return say('No platform can run the program.');
  if (outcomes.length > 1) {
    const sides = outcomes.map((side) => `${names(side, words)} (${statusText(side[0].ending, words)})`);
    return say('The platforms do not agree: {0}.', sides.join(say(' against ')));
  }
  const status = statusText(alike[0].ending, words);
  if (alike.length === 1) return say('Only {0} can run the program: {1}.', alike[0].platform, status);
  if (cannotRun.length === 0) return say('Same output on {0} platforms: {1}.', alike.length, status);
  return say(
    'Same output on {0} platforms (not on {1}, which cannot run it): {2}.',
    ...[alike.length, names(cannotRun, words), status],
  );
}

/** `independent`, `single and on-demand`, `a, b and c`. */
export function names(runs: readonly MeasuredRun[], { say }: Words = ENGLISH): string {
  const all = runs.map(({ platform }) => platform);
  const last = all.pop() ?? '';
  return all.length > 0 ? say('{0} and {1}', all.join(', '), last) : last;
}

/** Kinds of faults that happened in any of the runs, the most frequent first, and the same order for all of them. */
export function causesOf(runs: readonly MeasuredRun[]): (keyof MeasuredRun['faults'])[] {
  const totals = new Map<keyof MeasuredRun['faults'], number>();
  for (const { faults } of runs)
    for (const [cause, count] of Object.entries(faults) as [keyof MeasuredRun['faults'], number][])
      totals.set(cause, (totals.get(cause) ?? 0) + count);
  return [...totals].sort((one, other) => other[1] - one[1]).map(([cause]) => cause);
}

export function faultsOf({ faults }: MeasuredRun): number {
  return Object.values(faults).reduce((sum, count) => sum + count, 0);
}

/** `512 B`, `12 KiB`, `1.5 MiB`. */
export function bytesText(bytes: number, { language }: Words = ENGLISH): string {
  const UNITS = ['B', 'KiB', 'MiB', 'GiB'];
  let value = bytes;
  let unit = 0;
  while (value >= 1024 && unit < UNITS.length - 1) {
    value /= 1024;
    unit++;
  }
  const digits = Number.isInteger(value) || value >= 100 ? 0 : 1;
  const format = { minimumFractionDigits: digits, maximumFractionDigits: digits, useGrouping: false };
  return `${value.toLocaleString(language, format)} ${UNITS[unit]}`;
}

/** `1,234,567`. */
export function countText(count: number, { language }: Words = ENGLISH): string {
  return count.toLocaleString(language);
}
