import assert from 'node:assert/strict';
import { test } from 'node:test';
import { compileGuest } from './compiled-guests.ts';
import { runHere, runNatively, runUnderQemu } from './guest-run.ts';
import { compileNatively } from './native.ts';

/*
 * A guest for each family of system calls: the same source gives the same output and exit status on our shim, on this
 * machine's Linux, and under qemu-riscv64 where that serves the calls as Linux does.
 */

const FLAGS = ['-g', '-O1', '-static', '-pthread', '-w'];

interface Guest {
  readonly source: string;
  /** What qemu-riscv64 does otherwise than Linux: then native Linux alone is what to expect. */
  readonly qemuDiffers?: string;
}

const GUESTS: readonly Guest[] = [
  { source: 'locks.c' },
  { source: 'semaphores.c' },
  { source: 'message-queues.c', qemuDiffers: 'mq_notify is ENOSYS' },
  { source: 'splices.c' },
  { source: 'watches.c' },
  { source: 'relations.c', qemuDiffers: 'clone3 is ENOSYS' },
];

for (const { source, qemuDiffers } of GUESTS)
  test(`${source} behaves as on Linux${qemuDiffers ? ` (qemu: ${qemuDiffers})` : ' and under qemu'}`, () => {
    const native = runNatively({ unprivileged: true, program: compileNatively(source, FLAGS) });
    const program = compileGuest(source, FLAGS).path;
    const { stdout, stderr, status, machine } = runHere({ program });
    assert.deepEqual({ stdout, stderr, status }, native);
    assert.equal(machine.frames.used, 0, 'frames are left in use after every process has ended');
    if (!qemuDiffers) assert.deepEqual(runUnderQemu({ unprivileged: true, program }), native);
  });
