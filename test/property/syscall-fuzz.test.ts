import assert from 'node:assert/strict';
import { test } from 'node:test';
import path from 'node:path';
import fc from 'fast-check';
import { FuzzedMachine } from '../fuzz/fuzzed-machine.ts';
import { HostCanary } from '../fuzz/host-canary.ts';

/* The seed and the number of calls are all there is to a failure: fast-check finds the first call that breaks something. */

test('no sequence of syscalls with any arguments breaks the kernel, leaves a frame in use, or leaves its root', () => {
  const canary = new HostCanary(path.resolve(`out/fuzz/host-${process.pid}`));
  try {
    fc.assert(
      fc.property(fc.nat(), fc.integer({ min: 1, max: 600 }), (seed, calls) => {
        new FuzzedMachine(seed, canary).run(calls);
      }),
      { numRuns: 60 },
    );
    assert.equal(canary.changes(), undefined);
  } finally {
    canary.remove();
  }
});
