/** A small seeded generator (xorshift128), so that a failing case can be made again from its seed. */
export class Random {
  readonly #state = new Uint32Array(4);

  constructor(seed: number) {
    for (let i = 0; i < 4; i++) this.#state[i] = Math.imul(seed + i + 1, 0x9e3779b9) ^ 0x85ebca6b;
    for (let i = 0; i < 16; i++) this.int32();
  }

  int32(): number {
    const s = this.#state;
    let t = s[3];
    t ^= t << 11;
    t ^= t >>> 8;
    s.copyWithin(1, 0, 3);
    s[0] = t ^ s[1] ^ (s[1] >>> 19);
    return s[0] | 0;
  }

  /** An integer in `[0, bound)`. */
  below(bound: number): number {
    return (this.int32() >>> 0) % bound;
  }

  /** True once in `n` times. */
  oneIn(n: number): boolean {
    return this.below(n) === 0;
  }

  pick<T>(choices: readonly T[]): T {
    return choices[this.below(choices.length)];
  }

  uint64(): bigint {
    return (BigInt(this.int32() >>> 0) << 32n) | BigInt(this.int32() >>> 0);
  }
}
