import { test } from 'node:test';
import { virtAddr } from '../../src/memory/address.ts';
import { READ_EXECUTE } from '../bare-machine.ts';
import { EAGER, Lockstep, randomBudget } from './lockstep.ts';
import { encodeI } from './program.ts';
import { randomInteger } from './random-values.ts';
import { Random } from './random.ts';

const CODE = 0x10000;
const OP = 0x33;
const OP_32 = 0x3b;
const OP_IMM = 0x13;
const OP_IMM_32 = 0x1b;
const BRANCH = 0x63;
/** What compilers extend words, halves and bytes by. */
const SHIFTS = [32, 32, 48, 56, 31, 33, 40, 63];

function encodeR(opcode: number, funct3: number, funct7: number, rd: number, rs1: number, rs2: number): number {
  return (funct7 << 25) | (rs2 << 20) | (rs1 << 15) | (funct3 << 12) | (rd << 7) | opcode;
}

/** Skips the next instruction, or not. */
function encodeSkip(funct3: number, rs1: number, rs2: number): number {
  return (rs2 << 20) | (rs1 << 15) | (funct3 << 12) | (8 << 8) | BRANCH;
}

/** One instruction of those that make, extend, combine and compare words, on x0 and x5..x10. */
function instruction(random: Random): number {
  const register = (): number => (random.oneIn(8) ? 0 : 5 + random.below(6));
  const [rd, rs1, rs2] = [5 + random.below(6), register(), register()];
  const shift = random.pick(SHIFTS);
  switch (random.below(11)) {
    case 0:
      return encodeI(OP_IMM, 1, rd, rs1, shift);
    case 1:
      return encodeI(OP_IMM, 5, rd, random.oneIn(3) ? rs1 : rd, shift | (random.oneIn(2) ? 0x400 : 0));
    case 2:
      return encodeI(OP_IMM_32, random.pick([1, 5]), rd, rs1, random.below(32));
    case 3:
      return encodeI(OP_IMM_32, 5, rd, rs1, random.below(32) | 0x400);
    case 4:
      return encodeR(OP_32, random.pick([0, 5]), random.oneIn(4) ? 1 : 0, rd, rs1, rs2);
    case 5:
      return encodeI(random.oneIn(2) ? OP_IMM : OP_IMM_32, 0, rd, rs1, random.oneIn(2) ? 0 : random.below(4096) - 2048);
    case 6:
      return encodeI(OP_IMM, random.pick([4, 6, 7]), rd, rs1, random.below(4096) - 2048);
    case 8:
    case 9:
      // Results that are no words.
      return random.oneIn(2) ? encodeR(OP, 0, 1, rd, rs1, rs2) : encodeI(OP_IMM, 1, rd, rs1, 1 + random.below(20));
    case 7:
      return encodeSkip(random.pick([0, 1, 4, 5, 6, 7]), rs1, rs2);
    default:
      return encodeR(OP, random.pick([4, 6, 7, 0, 2, 3]), 0, rd, rs1, rs2);
  }
}

test('words are extended, combined and compared as the interpreter does', () => {
  for (let seed = 1; seed <= 60; seed++) {
    const random = new Random(seed);
    const words = Array.from({ length: 60 }, () => instruction(random));
    const back = -words.length * 4;
    // A skipped last instruction must not leave the loop.
    words.push(encodeI(OP_IMM, 0, 0, 0, 0));
    words.push(
      0x6f | (((back >> 12) & 0xff) << 12) | (((back >> 11) & 1) << 20) | (((back >> 1) & 0x3ff) << 21) | (1 << 31),
    );
    const lockstep = new Lockstep(EAGER);
    lockstep.both((machine) => {
      const values = new Random(seed + 1000);
      machine.mapRange(CODE, words.length * 4, READ_EXECUTE);
      machine.write(CODE, new Uint8Array(Uint32Array.from(words).buffer));
      for (let r = 1; r < 32; r++) machine.state.setX(r, randomInteger(values));
      machine.state.pc = virtAddr(CODE);
    });
    for (let stop = 0; stop < 25; stop++) lockstep.run(randomBudget(random));
  }
});
