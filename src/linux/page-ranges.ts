interface Marked<T> {
  readonly start: number;
  readonly end: number;
  readonly mark: T;
}

/** Ranges of addresses, whole pages each, that something is noted of. */
export class PageRanges<T> {
  #ranges: readonly Marked<T>[] = [];

  get isEmpty(): boolean {
    return this.#ranges.length === 0;
  }

  /** Bytes of all ranges together. */
  get size(): number {
    return this.sizeWithin(0, Infinity);
  }

  /** Bytes of the ranges' parts in one range. */
  sizeWithin(low: number, high: number): number {
    return this.#ranges.reduce(
      (sum, { start, end }) => sum + Math.max(0, Math.min(end, high) - Math.max(start, low)),
      0,
    );
  }

  all(): readonly Marked<T>[] {
    return this.#ranges;
  }

  /** @param mark `undefined` takes what was noted back, as unmapping does. */
  set(start: number, end: number, mark: T | undefined): void {
    if (this.isEmpty && mark === undefined) return;
    const rest = this.#ranges.flatMap((old) => [
      { ...old, end: Math.min(old.end, start) },
      { ...old, start: Math.max(old.start, end) },
    ]);
    if (mark !== undefined) rest.push({ start, end, mark });
    this.#ranges = rest.filter((range) => range.start < range.end);
  }

  /** What is noted of the page at an address. */
  markAt(va: number): T | undefined {
    return this.#ranges.find(({ start, end }) => start <= va && va < end)?.mark;
  }

  /** Whether anything is noted of some page of a range. */
  touches(start: number, end: number): boolean {
    return this.#ranges.some((range) => range.start < end && range.end > start);
  }
}
