/** The last so many of the things that were added, oldest first; memory for more is never taken. */
export class Recent<T> {
  readonly #most: number;
  #items: T[] = [];
  /** Where the oldest one is, once there have been more than fit. */
  #first = 0;
  #dropped = 0;

  constructor(most: number) {
    this.#most = most;
  }

  /** How many are no longer there. */
  get dropped(): number {
    return this.#dropped;
  }

  /** @returns the one that is dropped for it. */
  add(item: T): T | undefined {
    if (this.#items.length < this.#most) {
      this.#items.push(item);
      return undefined;
    }
    const oldest = this.#items[this.#first];
    this.#items[this.#first] = item;
    this.#first = (this.#first + 1) % this.#most;
    this.#dropped++;
    return oldest;
  }

  /** How many were ever added. */
  get added(): number {
    return this.#items.length + this.#dropped;
  }

  /** The last `count` of them that there are, oldest first. */
  last(count: number): T[] {
    const length = this.#items.length;
    const first = this.#first + length - Math.min(count, length);
    return Array.from({ length: Math.min(count, length) }, (_, at) => this.#items[(first + at) % length]);
  }

  *[Symbol.iterator](): Generator<T> {
    for (let at = 0; at < this.#items.length; at++) yield this.#items[(this.#first + at) % this.#items.length];
  }
}
