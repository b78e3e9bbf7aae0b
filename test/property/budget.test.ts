import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { Exit, Resume } from '../../src/cpu/engine.ts';
import { virtAddr } from '../../src/memory/address.ts';
import { ALL, BareMachine, READ_WRITE } from '../bare-machine.ts';
import { RandomCode, SCRATCH_REACH, SCRATCH_REGISTERS } from '../differential/random-code.ts';
import { randomFloatBits, randomInteger } from '../differential/random-values.ts';
import { Random } from '../differential/random.ts';

const CODE = 0x10000;
const SCRATCH = 0x40000;

/** A machine about to run a random program that ends in an ecall. */
function randomMachine(seed: number): BareMachine {
  const random = new Random(seed);
  const machine = new BareMachine(0x40_0000);
  const halves = new RandomCode(random).sequence(60, 2);
  // Across a page boundary, and writable, as generated code is.
  const start = CODE + 0x1000 - random.below(40) * 2;
  machine.mapRange(CODE, 0x3000, ALL);
  machine.write(start, new Uint8Array(Uint16Array.from([...halves, 0x0073, 0x0000]).buffer));
  machine.mapRange(SCRATCH - SCRATCH_REACH, 2 * SCRATCH_REACH, READ_WRITE);
  for (let index = 1; index < 32; index++) machine.state.setX(index, randomInteger(random));
  for (let index = 0; index < 32; index++) machine.state.setF(index, randomFloatBits(random));
  for (const register of SCRATCH_REGISTERS) machine.state.setXNumber(register, SCRATCH);
  machine.state.pc = virtAddr(start);
  return machine;
}

function outcome(machine: BareMachine): unknown {
  return [machine.state.instret, machine.state.save(), machine.bytes(SCRATCH), machine.bytes(SCRATCH - 0x1000)];
}

test('however a run is cut into budgets, it ends the same after as many instructions', () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 1, max: 1e6 }),
      fc.array(fc.integer({ min: 1, max: 9 }), { minLength: 1 }),
      (seed, cuts) => {
        const whole = randomMachine(seed);
        assert.equal(whole.engine.run(1000, Resume.Normal), Exit.Ecall);
        const cut = randomMachine(seed);
        for (let turn = 0, exit = Exit.Budget; exit === Exit.Budget; turn++) {
          const before = cut.state.instret;
          const budget = cuts[turn % cuts.length];
          exit = cut.engine.run(budget, Resume.Normal);
          if (exit === Exit.Budget) assert.equal(cut.state.instret - before, budget);
        }
        assert.deepEqual(outcome(cut), outcome(whole));
      },
    ),
    { numRuns: 200 },
  );
});

test('a breakpoint on every instruction changes nothing but where the hart stops', () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 1e6 }), (seed) => {
      const free = randomMachine(seed);
      assert.equal(free.engine.run(1000, Resume.Normal), Exit.Ecall);
      const stopped = randomMachine(seed);
      const everywhere = Array.from({ length: 0x3000 / 2 }, (_, half) => virtAddr(CODE + half * 2));
      stopped.engine.setBreakpoints(new Set(everywhere));
      let stops = 0;
      assert.equal(stopped.engine.run(1000, Resume.Normal), Exit.Breakpoint);
      while (stopped.engine.run(1000, Resume.PastBreakpoint) === Exit.Breakpoint) stops++;
      assert.equal(stops, free.state.instret);
      assert.deepEqual(outcome(stopped), outcome(free));
    }),
    { numRuns: 100 },
  );
});
