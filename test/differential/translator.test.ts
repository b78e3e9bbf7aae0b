import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Exit } from '../../src/cpu/engine.ts';
import { virtAddr } from '../../src/memory/address.ts';
import { ALL, READ_EXECUTE, READ_WRITE, type BareMachine } from '../bare-machine.ts';
import { COLD, EAGER, EAGER_UNFUSED, Lockstep, QUICK, randomBudget } from './lockstep.ts';
import { encodeI, encodeS } from './program.ts';
import { BLOCK_REGISTER, RandomCode, SCRATCH_REACH, SCRATCH_REGISTERS } from './random-code.ts';
import { RandomFlow } from './random-flow.ts';
import { randomFloatBits, randomInteger } from './random-values.ts';
import { Random } from './random.ts';

const CODE = 0x10000;
const SCRATCH = 0x7_0000;

function writeHalves(machine: BareMachine, va: number, halves: readonly number[]): void {
  machine.mapRange(va, halves.length * 2, READ_EXECUTE);
  machine.write(va, new Uint8Array(Uint16Array.from(halves).buffer));
}

function setRegisters({ state }: BareMachine, random: Random): void {
  for (let r = 1; r < 32; r++) state.setX(r, randomInteger(random));
  for (let r = 0; r < 32; r++) state.setF(r, randomFloatBits(random));
  // Mostly the rounding mode that is translated, with and without NX.
  state.fcsr = random.oneIn(4) ? (random.below(5) << 5) | random.below(32) : random.below(2);
}

/** A random sequence, round and round. */
function loopOf(random: Random, floatShare: number): number[] {
  const halves = new RandomCode(random).sequence(4 + random.below(60), floatShare);
  const length = halves.length * 2;
  const count = encodeI(0x13, 0, BLOCK_REGISTER, BLOCK_REGISTER, -1);
  const back = -(length + 4);
  const jump =
    0x6f |
    (((back >> 12) & 0xff) << 12) |
    (((back >> 11) & 1) << 20) |
    (((back >> 1) & 0x3ff) << 21) |
    (back & 0x8000_0000);
  return [...halves, count & 0xffff, count >>> 16, jump & 0xffff, jump >>> 16];
}

for (const [name, options] of [
  ['eagerly', EAGER],
  ['where hot', QUICK],
  ['nowhere', COLD],
  ['eagerly without a fused multiply-add of the host', EAGER_UNFUSED],
] as const)
  for (const floatShare of [0, 1, 4])
    test(`random loops translated ${name} stop in the interpreter's state, ${floatShare} in 4 floating-point`, () => {
      for (let seed = 1; seed <= 40; seed++) {
        const lockstep = new Lockstep(options);
        lockstep.both((machine) => {
          const random = new Random(seed * 8 + floatShare);
          writeHalves(machine, CODE + 0xf00, loopOf(random, floatShare));
          machine.mapRange(SCRATCH, 0x2000, READ_WRITE);
          setRegisters(machine, random);
          for (const register of SCRATCH_REGISTERS) machine.state.setXNumber(register, SCRATCH + SCRATCH_REACH);
          const bytes = new BigUint64Array(512).map(() => randomFloatBits(random));
          machine.write(SCRATCH, new Uint8Array(bytes.buffer));
          machine.write(SCRATCH + 0x1000, new Uint8Array(bytes.buffer));
          machine.state.pc = virtAddr(CODE + 0xf00);
        });
        const budgets = new Random(seed);
        for (let stop = 0; stop < 30; stop++) if (lockstep.run(randomBudget(budgets)) !== Exit.Budget) break;
      }
    });

for (const [name, options] of [
  ['eagerly', EAGER],
  ['where hot', QUICK],
  ['nowhere', COLD],
] as const)
  test(`random control flow translated ${name} stops in the interpreter's state`, () => {
    for (let seed = 1; seed <= 150; seed++) {
      const lockstep = new Lockstep(options);
      lockstep.both((machine) => {
        const random = new Random(seed);
        const flow = new RandomFlow(random, CODE);
        writeHalves(machine, CODE, flow.halves);
        machine.mapRange(SCRATCH, 0x8000, seed % 3 === 0 ? ALL : READ_WRITE);
        setRegisters(machine, random);
        flow.setUp(machine, SCRATCH);
      });
      const budgets = new Random(seed);
      for (let stop = 0; stop < 30; stop++) if (lockstep.run(randomBudget(budgets)) !== Exit.Budget) break;
    }
  });

test('a loop goes on that starts with a load which is checked together with a store', () => {
  const lockstep = new Lockstep(QUICK);
  const DOUBLE = 3;
  const backToStart = 0xff9f_f06f;
  const loop = [encodeI(0x03, DOUBLE, 6, 5, 0), encodeS(0x23, DOUBLE, 5, 6, 8), backToStart];
  lockstep.both((machine) => {
    writeHalves(
      machine,
      CODE,
      loop.flatMap((word) => [word & 0xffff, word >>> 16]),
    );
    machine.mapRange(SCRATCH, 0x1000, READ_WRITE);
    machine.state.setXNumber(5, SCRATCH);
    machine.state.pc = virtAddr(CODE);
  });
  lockstep.run(999);
  assert.ok(lockstep.translator.statistics.entered > 0, 'the loop was not translated');
  // Now the load misses the TLB that it reads, and then still the one that the check of both looks at.
  lockstep.both(({ mmu }) => mmu.flush());
  lockstep.run(999);
});
