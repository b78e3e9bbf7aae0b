/** Bytes in the order in which they came, up to a limit. A guest can have thousands: they take no more than they hold. */
export class ByteQueue {
  readonly #capacity: number;
  #bytes = new Uint8Array(0);
  #start = 0;
  #end = 0;

  constructor(capacity: number) {
    this.#capacity = capacity;
  }

  get length(): number {
    return this.#end - this.#start;
  }

  get room(): number {
    return this.#capacity - this.length;
  }

  /** Adds what there is room for. @returns how many bytes that are. */
  push(bytes: ArrayLike<number>): number {
    const count = Math.min(bytes.length, this.room);
    this.#reserve(count);
    for (let at = 0; at < count; at++) this.#bytes[this.#end++] = bytes[at];
    return count;
  }

  /** Takes the first `count` bytes, or as many as there are. */
  take(count: number): Uint8Array {
    const taken = this.#bytes.slice(this.#start, Math.min(this.#start + count, this.#end));
    this.#start += taken.length;
    if (this.length === 0) this.clear();
    return taken;
  }

  /** Drops all but the first `count` bytes. */
  truncate(count: number): void {
    this.#end = Math.min(this.#end, this.#start + count);
  }

  clear(): void {
    this.#bytes = new Uint8Array(0);
    this.#start = this.#end = 0;
  }

  #reserve(count: number): void {
    if (this.#end + count <= this.#bytes.length) return;
    const { length } = this;
    const bytes = new Uint8Array(Math.min(this.#capacity, Math.max(length + count, 2 * length)));
    bytes.set(this.#bytes.subarray(this.#start, this.#end));
    this.#bytes = bytes;
    this.#start = 0;
    this.#end = length;
  }
}
