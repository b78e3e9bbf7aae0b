import { PAGE_SIZE, virtAddr } from '../../src/memory/address.ts';
import type { BareMachine } from '../bare-machine.ts';
import { encodeI, encodeS } from './program.ts';
import type { Random } from './random.ts';

/** Free for computation. */
const WORK = [5, 6, 7, 10, 11, 12, 13, 14, 15, 16, 17];
const RA = 1;
const SP = 2;
/** The base of the scratch memory, and a random number that changes with every branch. */
const BASE = 8;
const LOT = 9;
const TARGET = 31;

/** A place that is not known yet: a block or a function. */
type Reference = { readonly label: string; readonly encode: (offset: number) => number };
type Word = number | Reference;

/**
 * A random program of functions with random control flow: loops of every shape, also ones that are entered in the
 * middle, calls of each other and of themselves, switches through a register. It never ends by itself, but may overflow
 * its stack.
 */
export class RandomFlow {
  readonly halves: number[];
  readonly #random: Random;
  readonly #words: Word[] = [];
  readonly #labels = new Map<string, number>();

  /** Offsets of the instructions. */
  readonly instructions: readonly number[];
  readonly #modifies: boolean;
  #patches = 0;

  /** @param modifies the program also overwrites instructions of its own */
  constructor(random: Random, va: number, modifies = false) {
    this.#random = random;
    this.#modifies = modifies;
    const functions = 2 + random.below(4);
    for (let k = 0; k < functions; k++) this.function(k, functions);
    this.halves = this.#words.flatMap((word, index) => {
      const encoded = typeof word === 'number' ? word : word.encode((this.#labels.get(word.label)! - index) * 4);
      return [encoded & 0xffff, encoded >>> 16];
    });
    this.instructions = this.#words.map((_, index) => index * 4);
    if (va % PAGE_SIZE !== 0) throw new Error('code starts at a page');
  }

  setUp({ state }: BareMachine, scratch: number): void {
    state.pc = virtAddr(0x10000);
    state.setXNumber(SP, scratch + 0x7000);
    state.setXNumber(BASE, scratch + 0x1000);
    state.setXNumber(RA, 0x10000);
  }

  private function(index: number, functions: number): void {
    const random = this.#random;
    const leaf = index > 0 && random.oneIn(2);
    const blocks = leaf && random.oneIn(2) ? 1 + random.below(2) : 2 + random.below(7);
    this.#labels.set(`f${index}`, this.#words.length);
    const frame = 32;
    if (!leaf) {
      this.#words.push(encodeI(0x13, 0, SP, SP, -frame), encodeS(0x23, 3, SP, RA, 8), encodeS(0x23, 3, SP, 10, 16));
    }
    for (let block = 0; block < blocks; block++) {
      this.#labels.set(`f${index}b${block}`, this.#words.length);
      for (let k = random.below(6); k > 0; k--) this.compute();
      if (this.#modifies && random.oneIn(3)) this.patch();
      if (!leaf && random.oneIn(4)) this.call(random.below(functions), functions);
      if (random.oneIn(8)) this.switch(`f${index}b`, blocks);
      else if (random.oneIn(5)) this.jump(`f${index}b${random.below(blocks)}`);
      else this.branch(`f${index}b${random.below(blocks)}`);
    }
    if (index === 0) this.jump(`f0b${random.below(blocks)}`);
    if (!leaf)
      this.#words.push(encodeI(0x03, 3, RA, SP, 8), encodeI(0x03, 3, 11, SP, 16), encodeI(0x13, 0, SP, SP, frame));
    this.#words.push(encodeI(0x67, 0, 0, RA, 0));
  }

  private compute(): void {
    const random = this.#random;
    const rd = random.pick(WORK);
    const rs1 = random.pick(WORK);
    const rs2 = random.pick(WORK);
    const register = (major: number, funct3: number, funct7: number): number =>
      major | (rd << 7) | (funct3 << 12) | (rs1 << 15) | (rs2 << 20) | (funct7 << 25);
    switch (random.below(10)) {
      case 0:
        // Now and then across a page, or misaligned.
        this.#words.push(encodeI(0x03, random.pick([0, 1, 2, 3, 4, 5, 6]), rd, BASE, random.below(64) * 8 - 256));
        break;
      case 1:
        this.#words.push(encodeS(0x23, random.below(4), BASE, rs2, random.below(64) * 8 - 256));
        break;
      case 2:
        this.#words.push(encodeI(0x03, random.below(7), rd, BASE, random.below(256)));
        break;
      case 3:
        for (let k = 0; k < 4; k++)
          this.#words.push(
            random.oneIn(2)
              ? encodeS(0x23, 3, BASE, random.pick(WORK), random.below(32) * 8)
              : encodeI(0x03, 3, random.pick(WORK), BASE, random.below(32) * 8),
          );
        break;
      case 4:
        // The base moves, and with it the pages of the groups.
        this.#words.push(
          encodeI(0x13, 7, TARGET, LOT, 0x7f8),
          encodeI(0x13, 7, BASE, BASE, random.oneIn(8) ? -4 : -2048),
          (register(0x33, 0, 0) & ~(0x1ffff << 7)) | (BASE << 7) | (BASE << 15) | (TARGET << 20),
        );
        break;
      case 5:
        this.#words.push(register(0x33, random.below(8), 1));
        break;
      case 6:
        this.#words.push(register(0x3b, random.pick([0, 4, 5, 6, 7]), 1));
        break;
      case 7:
        this.#words.push(encodeI(0x13, random.pick([0, 2, 3, 4, 6, 7]), rd, rs1, random.below(4096) - 2048));
        break;
      case 8:
        this.#words.push(register(0x33, random.below(8), 0));
        break;
      default:
        this.#words.push(register(0x3b, random.pick([0, 1, 5]), random.pick([0, 0x20]) * (random.oneIn(2) ? 0 : 0)));
    }
  }

  /** Code that replaces an instruction that is executed before or after it. */
  private patch(): void {
    const random = this.#random;
    const own = `p${this.#patches++}`;
    const site = `p${random.below(this.#patches)}`;
    const replacement = encodeI(
      0x13,
      random.pick([0, 4, 6, 7]),
      random.pick(WORK),
      random.pick(WORK),
      random.below(4096) - 2048,
    );
    const low = (replacement << 20) >> 20;
    const [value] = WORK;
    // Once in a while only, so that there is code that stays.
    this.draw();
    this.#words.push(
      encodeI(0x13, 7, TARGET, LOT, 0x7e),
      0x63 | (TARGET << 15) | (1 << 12) | (24 << 7),
      0x37 | (value << 7) | ((replacement - low) & ~0xfff),
      encodeI(0x1b, 0, value, value, low),
      0x17 | (TARGET << 7),
      { label: site, encode: (offset) => encodeI(0x13, 0, TARGET, TARGET, offset + 4) },
      encodeS(0x23, 2, TARGET, value, 0),
    );
    this.#labels.set(own, this.#words.length);
    this.#words.push(encodeI(0x13, 0, random.pick(WORK), random.pick(WORK), 1));
  }

  /** Draws the next random number. */
  private draw(): void {
    this.#words.push(
      encodeI(0x13, 1, TARGET, LOT, 13),
      0x33 | (LOT << 7) | (4 << 12) | (LOT << 15) | (TARGET << 20),
      encodeI(0x13, 5, TARGET, LOT, 7),
      0x33 | (LOT << 7) | (4 << 12) | (LOT << 15) | (TARGET << 20),
      encodeI(0x13, 0, LOT, LOT, 1),
    );
  }

  private branch(label: string): void {
    const random = this.#random;
    this.draw();
    const bit = random.below(12);
    this.#words.push(encodeI(0x13, 7, TARGET, LOT, (1 << bit) >> 1 || 1));
    const funct3 = random.below(2);
    this.#words.push({
      label,
      encode: (offset) =>
        0x63 |
        (funct3 << 12) |
        (TARGET << 15) |
        (((offset >> 12) & 1) << 31) |
        (((offset >> 5) & 0x3f) << 25) |
        ((offset & 0x1e) << 7) |
        (((offset >> 11) & 1) << 7),
    });
  }

  private jump(label: string, rd = 0): void {
    this.#words.push({
      label,
      encode: (offset) =>
        0x6f |
        (rd << 7) |
        (((offset >> 12) & 0xff) << 12) |
        (((offset >> 11) & 1) << 20) |
        (((offset >> 1) & 0x3ff) << 21) |
        (((offset >> 20) & 1) << 31),
    });
  }

  private call(callee: number, functions: number): void {
    const random = this.#random;
    if (!random.oneIn(3)) {
      this.jump(`f${callee}`, RA);
      return;
    }
    // One of two functions, through a register.
    this.choose(`f${callee}`, `f${random.below(functions)}`);
    this.#words.push(encodeI(0x67, 0, RA, TARGET, 0));
  }

  private switch(prefix: string, blocks: number): void {
    const random = this.#random;
    this.choose(`${prefix}${random.below(blocks)}`, `${prefix}${random.below(blocks)}`);
    this.#words.push(encodeI(0x67, 0, 0, TARGET, 0));
  }

  /** Puts the address of one of two places into a register. */
  private choose(first: string, second: string): void {
    this.draw();
    const address = (label: string, back: number): Word[] => [
      0x17 | (TARGET << 7),
      { label, encode: (offset) => encodeI(0x13, 0, TARGET, TARGET, offset + back) },
    ];
    const skip = 0x63 | (LOT << 15) | (4 << 12) | (6 << 8);
    // blt lot, x0 over the second choice
    this.#words.push(...address(first, 4), skip, ...address(second, 4));
  }
}
