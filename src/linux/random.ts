/** Everything random that the guest sees: a generator that the seed determines (sfc32), so that a run can be repeated. */
export class RandomSource {
  #a: number;
  #b: number;
  #c = 0x9e37_79b9;
  #counter = 1;

  constructor(seed: number) {
    this.#a = seed | 0;
    this.#b = Math.floor(seed / 0x1_0000_0000) | 0;
    for (let i = 0; i < 16; i++) this.#word();
  }

  fill(bytes: Uint8Array): void {
    for (let i = 0; i < bytes.length; i += 4) {
      const word = this.#word();
      for (let j = 0; j < 4 && i + j < bytes.length; j++) bytes[i + j] = word >>> (j * 8);
    }
  }

  /** A whole number of at least 0, less than `end`. */
  below(end: number): number {
    return Math.floor(((this.#word() >>> 0) / 0x1_0000_0000) * end);
  }

  #word(): number {
    const sum = (this.#a + this.#b + this.#counter) | 0;
    this.#counter = (this.#counter + 1) | 0;
    this.#a = this.#b ^ (this.#b >>> 9);
    this.#b = (this.#c + (this.#c << 3)) | 0;
    this.#c = ((this.#c << 21) | (this.#c >>> 11)) + sum;
    return sum;
  }
}
