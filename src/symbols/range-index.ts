/** A half-open address range [low, high). */
export interface AddressRange {
  readonly low: number;
  readonly high: number;
}

/** Finds the narrowest of many ranges, possibly nested, that holds an address. */
export class RangeIndex<T> {
  readonly #ranges: readonly (AddressRange & { readonly item: T })[];
  /** The highest `high` among the ranges up to each index: where the search may stop. */
  readonly #reach: Float64Array;

  constructor(ranges: readonly (AddressRange & { readonly item: T })[]) {
    // Of ranges with the same start the widest comes first, so that a walk backwards meets the narrowest first.
    this.#ranges = ranges.filter(({ low, high }) => low < high).sort((a, b) => a.low - b.low || b.high - a.high);
    this.#reach = new Float64Array(this.#ranges.length);
    let reach = 0;
    this.#ranges.forEach(({ high }, index) => (this.#reach[index] = reach = Math.max(reach, high)));
  }

  /** All, in the order of their starts. */
  *items(): Generator<T> {
    for (const { item } of this.#ranges) yield item;
  }

  /** Those that overlap [low, high), in the order of their starts; of the same start the widest first. */
  within(low: number, high: number): T[] {
    const from = this.#after(low);
    const found: T[] = [];
    for (let index = from - 1; index >= 0 && this.#reach[index] > low; index--)
      if (low < this.#ranges[index].high) found.unshift(this.#ranges[index].item);
    for (let index = from; index < this.#ranges.length && this.#ranges[index].low < high; index++)
      found.push(this.#ranges[index].item);
    return found;
  }

  /** The one that begins last at or below an address, wherever it ends. */
  before(address: number): (AddressRange & { readonly item: T }) | undefined {
    const at = this.#after(address) - 1;
    return this.#ranges[at];
  }

  find(address: number): (AddressRange & { readonly item: T }) | undefined {
    for (let index = this.#after(address) - 1; index >= 0 && this.#reach[index] > address; index--)
      if (address < this.#ranges[index].high) return this.#ranges[index];
    return undefined;
  }

  /** How many begin at or below an address. */
  #after(address: number): number {
    let from = 0;
    let to = this.#ranges.length;
    while (from < to) {
      const middle = (from + to) >>> 1;
      if (this.#ranges[middle].low <= address) from = middle + 1;
      else to = middle;
    }
    return from;
  }
}
