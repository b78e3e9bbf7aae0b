import type { Measurement, Ratios } from './measurement.ts';
import type { Summary } from './statistics.ts';

/** `bench/baseline.json`: ratios of an earlier state, which another machine can be held against more or less. */
export interface Baseline {
  readonly date: string;
  readonly processor: string;
  readonly programs: Readonly<Record<string, { readonly size: number; readonly ratios: Ratios }>>;
}

export interface Change {
  readonly program: string;
  readonly ratio: keyof Ratios;
  readonly before: number;
  readonly after: number;
  /** How much it would have to change to be more than noise, as a part; infinite after too few runs. */
  readonly noise: number;
  readonly verdict: 'slower' | 'faster' | 'same';
}

/** Even a quiet machine repeats itself no better than this. */
const LEAST_NOISE = 0.03;
/** Runs without which nothing is known about the noise. */
const LEAST_RUNS = 3;
/** Standard errors that count as noise. */
const SIGMAS = 3;

export function baselineOf(date: string, processor: string, programs: readonly Measurement[]): Baseline {
  return {
    date,
    processor,
    programs: Object.fromEntries(programs.map(({ name, size, ratios }) => [name, { size, ratios }])),
  };
}

/** Compares what was measured at the same size in both. */
export function compare(baseline: Baseline, programs: readonly Measurement[]): Change[] {
  return programs.flatMap(({ name, size, ratios }) => {
    const before = baseline.programs[name];
    if (before?.size !== size) return [];
    const keys = Object.keys(ratios) as (keyof Ratios)[];
    return keys.map((ratio) => judge(name, ratio, before.ratios[ratio], ratios[ratio]));
  });
}

function judge(program: string, ratio: keyof Ratios, before: Summary, after: Summary): Change {
  const isKnown = Math.min(before.count, after.count) >= LEAST_RUNS;
  const noise = isKnown ? Math.max(LEAST_NOISE, SIGMAS * Math.hypot(before.error, after.error)) : Infinity;
  const change = after.median / before.median;
  const verdict = change > 1 + noise ? 'slower' : change < 1 / (1 + noise) ? 'faster' : 'same';
  return { program, ratio, before: before.median, after: after.median, noise, verdict };
}
