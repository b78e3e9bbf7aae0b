import { test } from 'node:test';
import fc from 'fast-check';
import { MIN_RAM } from '../../src/memory/layout.ts';
import { SV39, SV48 } from '../../src/memory/page-table.ts';
import { PLATFORM_NAMES } from '../../src/platform/registry.ts';
import { PLENTY, step, World, type Setting } from './space-world.ts';

function holds(
  setting: Setting,
  numRuns: number,
  scarce: fc.Arbitrary<number | undefined> = fc.constant(undefined),
): void {
  fc.assert(
    fc.property(scarce, fc.array(step(), { minLength: 20, maxLength: 150, size: 'max' }), (left, steps) => {
      const world = new World(left === undefined ? setting : { ...setting, scarce: left });
      world.run({ kind: 'create' });
      for (const next of steps) {
        world.run(next);
        world.check(next);
      }
      world.finish();
    }),
    { numRuns },
  );
}

/** Every step is tried with each number of frames that is too small for it first. */
function holdsAtEveryAllocation(setting: Setting, numRuns: number): void {
  fc.assert(
    fc.property(fc.array(step(), { minLength: 10, maxLength: 60, size: 'max' }), (steps) => {
      const world = new World({ ...setting, scarce: Infinity });
      world.run({ kind: 'create' });
      for (const next of steps) world.runShortOfEveryFrame(next);
      world.finish();
    }),
    { numRuns },
  );
}

for (const platform of PLATFORM_NAMES.filter((name) => name !== 'single')) {
  test(`${platform}: spaces behave as separate byte maps, and keep the invariants, whatever is done to them`, () => {
    holds({ platform, ram: PLENTY, mode: SV39 }, 100);
  });

  test(`${platform}: the same with four levels of tables`, () => {
    holds({ platform, ram: PLENTY, mode: SV48 }, 30);
  });

  test(`${platform}: with next to no RAM every operation succeeds or changes nothing`, () => {
    holds({ platform, ram: MIN_RAM, mode: SV39 }, 120, fc.integer({ min: 3, max: 40 }));
  });

  test(`${platform}: an operation that fails at any of its allocations changes nothing`, () => {
    holdsAtEveryAllocation({ platform, ram: 2 ** 20, mode: SV39 }, 40);
  });
}

for (const platform of ['partitioned', 'partitioned-eager'])
  test(`${platform}: with four slots every operation succeeds or changes nothing`, () => {
    holds({ platform, ram: PLENTY, mode: SV39, slotSize: 2 ** 36 }, 100);
  });
