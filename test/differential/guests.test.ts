import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { compileGuest } from './compiled-guests.ts';
import { type GuestRequest, runHere, runUnderQemu } from './guest-run.ts';

/*
 * Static glibc programs give the same output and exit status on our shim as under qemu-riscv64 on this machine's Linux.
 */

const FLAGS = ['-g', '-O1', '-static', '-pthread', '-w'];

interface Guest extends Omit<GuestRequest, 'program'> {
  readonly source: string;
  /** For the linker, after the source. */
  readonly libraries?: readonly string[];
}

const GUESTS: readonly Guest[] = [
  { source: 'arguments.c', args: ['one', 'two words', ''], env: ['NAME=value'] },
  { source: 'fork-wait.c' },
  { source: 'fork-tree.c' },
  { source: 'pipes.c' },
  { source: 'signals.c' },
  { source: 'context.c' },
  { source: 'memory.c' },
  { source: 'allocation.c' },
  { source: 'threads.c' },
  { source: 'files.c' },
  { source: 'times.c' },
  { source: 'floats.c', libraries: ['-lm'] },
  { source: 'jumps.c' },
  { source: 'exceptions.cpp' },
  { source: 'limits.c' },
  { source: 'sockets.c' },
  { source: 'events.c' },
];

for (const { source, libraries = [], ...request } of GUESTS)
  test(`${source} behaves as under qemu`, () => {
    const program = compileGuest(source, [...FLAGS, ...libraries]).path;
    const expected = runUnderQemu({ ...request, program });
    const { stdout, stderr, status, machine } = runHere({ ...request, program });
    assert.equal(stdout, expected.stdout);
    assert.equal(status, expected.status);
    assert.equal(stderr, expected.stderr.replace(/^qemu: .*\n/m, ''));
    assert.equal(machine.frames.used, 0, 'frames are left in use after every process has ended');
  });

// qemu-riscv64 passes execve on to the host, which cannot run riscv64, and ignores advice about memory: what to expect is
// native Linux's output.
for (const name of ['exec', 'memory-more'])
  test(`${name}.c behaves as on Linux`, () => {
    const { stdout, status, machine } = runHere({ program: compileGuest(`${name}.c`, FLAGS).path });
    assert.equal(stdout, readFileSync(`test/guests/${name}.expected`, 'utf8'));
    assert.equal(status, 0);
    assert.equal(machine.frames.used, 0);
  });

test('the same run twice gives the same instructions', () => {
  const program = compileGuest('threads.c', FLAGS).path;
  const [first, second] = [runHere({ program }), runHere({ program })];
  assert.equal(first.machine.hart.instret, second.machine.hart.instret);
  assert.equal(first.stdout, second.stdout);
});
