import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { test } from 'node:test';
import { TranslatorEngine, type TranslatorOptions } from '../../src/cpu/translator/translator-engine.ts';
import type { Machine } from '../../src/machine/machine.ts';
import { PAGE_SIZE } from '../../src/memory/address.ts';
import { compileGuest } from './compiled-guests.ts';
import { machineFor } from './guest-run.ts';
import { EAGER, QUICK } from './lockstep.ts';
import { Random } from './random.ts';

/*
 * Static glibc programs on two machines, one of which translates: after the same number of instructions, wherever that
 * is, both are in the same state.
 */

const FLAGS = ['-g', '-O1', '-static', '-pthread', '-w'];

interface Guest {
  readonly source: string;
  readonly libraries?: readonly string[];
  /** Instructions between stops, on average. */
  readonly stride: number;
}

const GUESTS: readonly Guest[] = [
  { source: 'fork-wait.c', stride: 200 },
  { source: 'fork-tree.c', stride: 400 },
  { source: 'pipes.c', stride: 60_000 },
  { source: 'signals.c', stride: 900 },
  { source: 'memory.c', stride: 4_000 },
  { source: 'threads.c', stride: 20_000 },
  { source: 'floats.c', libraries: ['-lm'], stride: 3_000 },
  { source: 'jumps.c', stride: 6_000 },
  { source: 'exceptions.cpp', stride: 150_000 },
];

/** Registers, memory, A and D bits: of everything that is in use. The sink beside the registers is not part of it. */
function stateOf({ hart, frames, memory }: Machine): string {
  const hash = createHash('md5');
  const { ram } = memory.layout;
  for (let frame = 1; frame < frames.total; frame++)
    if (frames.refcounts[frame] > 0)
      hash.update(memory.u8.subarray(ram + frame * PAGE_SIZE, ram + (frame + 1) * PAGE_SIZE));
  const registers = Array.from({ length: 32 }, (_, r) => `${hart.x(r)} ${hart.f(r)}`);
  return `${hash.digest('hex')} pc ${hart.pc} fcsr ${hart.fcsr} after ${hart.instret}: ${registers.join(' ')}`;
}

const MODES: readonly (readonly [string, TranslatorOptions])[] = [
  ['eagerly', EAGER],
  ['where hot', QUICK],
];

for (const { source, libraries = [], stride } of GUESTS)
  for (const [name, translator] of MODES)
    test(`${source} translated ${name} is in the interpreter's state at every stop`, () => {
      const program = compileGuest(source, [...FLAGS, ...libraries]).path;
      const interpreted = machineFor({ program, engine: 'interpreter', memory: 2 ** 24 });
      const translated = machineFor({ program, engine: 'auto', translator, memory: 2 ** 24 });
      const random = new Random(stride);
      for (let stops = 0; ; stops++) {
        const budget = random.oneIn(4) ? 1 + random.below(40) : 1 + random.below(2 * stride);
        const expected = interpreted.machine.run({ budget });
        const actual = translated.machine.run({ budget });
        assert.equal(actual.kind, expected.kind);
        assert.equal(stateOf(translated.machine), stateOf(interpreted.machine), `stop ${stops}`);
        if (expected.kind === 'budget') continue;
        assert.equal(expected.kind, 'exited');
        assert.ok(stops > 50, `only ${stops} stops`);
        break;
      }
      assert.deepEqual(translated.output, interpreted.output);
      assert.deepEqual(translated.machine.stats.faults, interpreted.machine.stats.faults);
      const { engine, hart } = translated.machine;
      assert.ok(
        engine instanceof TranslatorEngine && engine.statistics.retired > hart.instret / 4,
        'hardly translated',
      );
    });
