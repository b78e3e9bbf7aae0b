/** A sample of one quantity. */
export interface Summary {
  readonly median: number;
  /** Standard error of the median as a part of it, from the median absolute deviation. */
  readonly error: number;
  /** How many values there were. */
  readonly count: number;
}

/** Throws when there are no values. */
export function median(values: readonly number[]): number {
  if (values.length === 0) throw new Error('no values');
  const sorted = values.toSorted((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
}

export function summarize(values: readonly number[]): Summary {
  const centre = median(values);
  // 1.4826 makes the deviation that of a normal distribution, whose median errs 1.2533 times as much as its mean.
  const deviation = 1.4826 * median(values.map((value) => Math.abs(value - centre)));
  const error = centre === 0 ? 0 : (1.2533 * deviation) / Math.sqrt(values.length) / centre;
  return { median: round(centre), error: round(error), count: values.length };
}

/** Throws when there are no values. */
export function geometricMean(values: readonly number[]): number {
  if (values.length === 0) throw new Error('no values');
  return round(Math.exp(values.reduce((sum, value) => sum + Math.log(value), 0) / values.length));
}

/** Four significant digits: more would be noise in the stored results. */
export function round(value: number): number {
  return Number(value.toPrecision(4));
}
