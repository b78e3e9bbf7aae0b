import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { measure, type MeasuredRun, type Printed } from '../../src/inspect/measured-run.ts';
import type { MachineOptions } from '../../src/machine/machine.ts';
import { NO_FRAME } from '../../src/memory/address.ts';
import { FrameUse } from '../../src/memory/frames.ts';
import { PLATFORM_NAMES } from '../../src/platform/registry.ts';
import { machineOf, sample } from '../machine-of.ts';

const NOTHING: Printed = { stdoutSha256: '', stdoutBytes: 0, stdoutHead: '' };

function measured(name: string, options: Partial<MachineOptions> = {}, maxInstructions = Infinity): MeasuredRun {
  return measure(machineOf(sample(name), options), maxInstructions, () => NOTHING);
}

describe('a measured run', () => {
  it('has a timeline that ends where the counts do', () => {
    for (const platform of PLATFORM_NAMES) {
      const run = measured('fork-tree', { platform });
      const end = run.timeline.at(-1)!;
      assert.deepEqual([end.n, end.bytesCopied, end.forks], [run.instructions, run.bytesCopied, run.forks], platform);
      const most = Math.max(...run.timeline.map(({ mostFrames }) => mostFrames));
      assert.ok(most <= run.peakFrames && most > end.frames, platform);
    }
  });

  it('is the same with both engines', () => {
    for (const name of ['fork-cow', 'fork-tree', 'page-faults'])
      assert.deepEqual(measured(name, { engine: 'interpreter' }), measured(name, { engine: 'auto' }));
  });

  it('is cut off at the limit', () => {
    const { ending, instructions } = measured('fork-tree', {}, 1000);
    assert.deepEqual([ending, instructions], [{ kind: 'stopped', why: 'after 1000 instructions' }, 1000]);
  });

  it('is broken where an invariant is, and says which one', () => {
    const machine = machineOf(sample('fork-cow'), { check: true });
    const frame = machine.frames.uses.findIndex((use, at) => at !== NO_FRAME && use === (FrameUse.Private as number));
    machine.frames.refcounts[frame]++;
    const { ending } = measure(machine, Infinity, () => NOTHING);
    assert.equal(ending.kind, 'broken');
    assert.match(
      ending.kind === 'broken' ? ending.why : '',
      /^invariant 3 \(a refcount is the number of references\) is broken in pid 1: /,
    );
  });
});
