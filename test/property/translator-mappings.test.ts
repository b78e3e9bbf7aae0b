import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Exit, Resume } from '../../src/cpu/engine.ts';
import { PAGE_SIZE, pageFloor, virtAddr, type FrameNumber } from '../../src/memory/address.ts';
import { FrameUse } from '../../src/memory/frames.ts';
import { Pte, makePte, pteFrame } from '../../src/memory/pte.ts';
import { ALL, READ_EXECUTE, READ_WRITE, type BareMachine } from '../bare-machine.ts';
import { EAGER, Lockstep, QUICK, randomBudget } from '../differential/lockstep.ts';
import { RandomFlow } from '../differential/random-flow.ts';
import { randomInteger } from '../differential/random-values.ts';
import { Random } from '../differential/random.ts';

const CODE = 0x10000;
const SCRATCH = 0x7_0000;
const NOP = 0x13;

const MODES = [
  ['eagerly', EAGER],
  ['where hot', QUICK],
] as const;

function start(machine: BareMachine, seed: number, modifies: boolean): RandomFlow {
  const random = new Random(seed);
  const flow = new RandomFlow(random, CODE, modifies);
  machine.mapRange(CODE, flow.halves.length * 2, modifies ? ALL : READ_EXECUTE);
  machine.write(CODE, new Uint8Array(Uint16Array.from(flow.halves).buffer));
  machine.mapRange(SCRATCH, 0x8000, READ_WRITE);
  for (let r = 1; r < 32; r++) machine.state.setX(r, randomInteger(random));
  flow.setUp(machine, SCRATCH);
  return flow;
}

/** The entry index of the page at `va` in the active table. */
const leafOf = (machine: BareMachine, va: number): number => machine.tables.findLeaf(machine.mmu.root, va);

function setPte(machine: BareMachine, va: number, pte: number): void {
  machine.memory.i32[leafOf(machine, va)] = pte;
  machine.mmu.flushPage(machine.mmu.root, va);
}

/** What a fork does, for a table of few pages: the same frames under another root. */
function copyTable(machine: BareMachine): FrameNumber {
  const { tables, mmu, memory, frames } = machine;
  const root = tables.createRoot();
  tables.forEachLeaf(mmu.root, 0, 2 ** 38, (_at, va, pte) => {
    memory.i32[tables.ensureLeaf(root, va)] = pte;
    frames.addReference(pteFrame(pte));
  });
  return root;
}

for (const [name, options] of MODES)
  test(`guests that overwrite their own instructions, translated ${name}, do as in the interpreter`, () => {
    for (let seed = 1; seed <= 100; seed++) {
      const lockstep = new Lockstep(options);
      lockstep.both((machine) => void start(machine, seed, true));
      const budgets = new Random(seed);
      for (let stop = 0; stop < 20; stop++) if (lockstep.run(randomBudget(budgets)) !== Exit.Budget) break;
    }
  });

for (const [name, options] of MODES)
  test(`code that is unmapped, protected, moved to other frames or overwritten from outside, translated ${name}`, () => {
    for (let seed = 1; seed <= 100; seed++) {
      const lockstep = new Lockstep(options);
      let size = 0;
      lockstep.both((machine) => (size = start(machine, seed, seed % 2 === 0).halves.length * 2));
      const random = new Random(seed);
      const roots = new Map<BareMachine, FrameNumber[]>();
      lockstep.both((machine) => roots.set(machine, [machine.root]));
      for (let stop = 0; stop < 40; stop++) {
        const exit = lockstep.run(randomBudget(random));
        const { faultVa } = lockstep.interpreted.state;
        if (exit === Exit.PageFault && faultVa >= CODE && faultVa < CODE + PAGE_SIZE * 4) {
          // The page comes back, in its frame or in another one.
          const copy = random.oneIn(2);
          lockstep.both((machine) => {
            const frame = pteFrame(machine.memory.i32[leafOf(machine, faultVa)]);
            setPte(
              machine,
              pageFloor(faultVa),
              makePte(copy ? machine.frames.allocateCopy(frame) : frame, Pte.V | Pte.U | ALL),
            );
          });
          continue;
        }
        if (exit !== Exit.Budget) break;
        const page = CODE + random.below(Math.ceil(size / PAGE_SIZE)) * PAGE_SIZE;
        const choice = random.below(8);
        const at = CODE + random.below(size >>> 2) * 4;
        const which = random.below(3);
        lockstep.both((machine) => {
          const { memory, mmu, frames } = machine;
          const pte = memory.i32[leafOf(machine, page)];
          const spaces = roots.get(machine)!;
          switch (choice) {
            case 0: // munmap
              setPte(machine, page, pte & ~Pte.V);
              break;
            case 1: // mprotect
              setPte(machine, page, pte & ~Pte.X);
              break;
            case 2: // CoW of text: other bytes at the same address
              frames.addReference(pteFrame(pte));
              setPte(machine, page, makePte(frames.allocateCopy(pteFrame(pte)), pte & 0x3ff));
              machine.write(at, Uint8Array.of(NOP, 0, 0, 0));
              break;
            case 3: // a debugger's write, a file's page that changes
              machine.write(at, Uint8Array.of(NOP, 0, 0, 0));
              break;
            case 4: // fork
              if (spaces.length < 4) spaces.push(copyTable(machine));
              mmu.activate(spaces.at(-1)!);
              break;
            default: // a context switch
              mmu.activate(spaces[which % spaces.length]);
          }
        });
      }
    }
  });

for (const [name, options] of MODES)
  test(`breakpoints in code translated ${name} stop before their instruction, and are passed`, () => {
    let hits = 0;
    for (let seed = 1; seed <= 60; seed++) {
      const lockstep = new Lockstep(options);
      let flow: RandomFlow | undefined;
      lockstep.both((machine) => (flow = start(machine, seed, false)));
      const random = new Random(seed);
      let resume = Resume.Normal;
      for (let stop = 0; stop < 40; stop++) {
        if (random.oneIn(3)) {
          const addresses = new Set(
            Array.from({ length: random.below(4) }, () => virtAddr(CODE + random.pick(flow!.instructions))),
          );
          lockstep.both((_machine, engine) => engine.setBreakpoints(addresses));
        }
        const exit = lockstep.run(randomBudget(random), resume);
        resume = exit === Exit.Breakpoint ? Resume.PastBreakpoint : Resume.Normal;
        if (exit === Exit.Breakpoint) hits++;
        else if (exit !== Exit.Budget) break;
      }
    }
    assert.ok(hits > 100, `${hits} breakpoints were hit`);
  });

test('a frame that is freed and used for other code is translated anew', () => {
  const lockstep = new Lockstep(QUICK);
  const loop = (immediate: number): Uint8Array =>
    // addi x10, x10, immediate; j .-4
    new Uint8Array(Uint32Array.of(0x13 | (10 << 7) | (10 << 15) | (immediate << 20), 0xffdff06f).buffer);
  lockstep.both((machine) => {
    machine.map(CODE, READ_EXECUTE);
    machine.write(CODE, loop(1));
    machine.state.pc = virtAddr(CODE);
  });
  lockstep.run(10_000);
  assert.ok(lockstep.translator.statistics.retired > 5000);
  lockstep.both((machine) => {
    const { frames, memory } = machine;
    const frame = pteFrame(memory.i32[leafOf(machine, CODE)]);
    frames.release(frame);
    assert.equal(frames.allocate(FrameUse.Private), frame);
    setPte(machine, CODE, makePte(frame, Pte.V | Pte.U | READ_EXECUTE));
    machine.write(CODE, loop(3));
    machine.state.pc = virtAddr(CODE);
  });
  lockstep.run(10_000);
});
