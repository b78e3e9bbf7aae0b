import assert from 'node:assert/strict';
import { test } from 'node:test';
import { compileGuest } from './compiled-guests.ts';
import { type GuestRequest, runHere, runNatively, runUnderQemu } from './guest-run.ts';
import { compileNatively } from './native.ts';

/*
 * Guests for every family of system calls: the same source gives the same output and exit status on our shim, on this
 * machine's Linux, and under qemu-riscv64 where that serves the calls as Linux does.
 */

const FLAGS = ['-g', '-O1', '-static', '-pthread', '-w'];

interface Guest extends Pick<GuestRequest, 'args' | 'env'> {
  readonly source: string;
  /** For the linker, after the source. */
  readonly libraries?: readonly string[];
  /** What qemu-riscv64 does otherwise than Linux: then native Linux alone is what to expect. */
  readonly qemuDiffers?: string;
  /** It looks at riscv64's registers: then qemu-riscv64 alone is what to expect. */
  readonly isOfRiscv?: true;
}

const GUESTS: readonly Guest[] = [
  // Programs and processes
  { source: 'arguments.c', args: ['one', 'two words', ''], env: ['NAME=value'] },
  { source: 'fork-wait.c' },
  { source: 'fork-tree.c' },
  { source: 'exec.c', qemuDiffers: 'execve is the host’s, which cannot run riscv64' },
  { source: 'processes.c', qemuDiffers: 'clone3 is ENOSYS, subreapers are unknown' },
  { source: 'relations.c', qemuDiffers: 'clone3 is ENOSYS' },
  { source: 'limits.c' },
  { source: 'times.c' },
  { source: 'cpu-time.c' },
  { source: 'usage.c', qemuDiffers: 'what is used is qemu’s own' },
  // Memory
  { source: 'memory.c' },
  { source: 'memory-more.c', qemuDiffers: 'advice about fork is ignored' },
  { source: 'other-memory.c', qemuDiffers: '/proc/self/mem is qemu’s own, and process_vm_readv unknown' },
  { source: 'allocation.c' },
  { source: 'budgets.c', qemuDiffers: 'limits of memory and of the stack are not enforced' },
  { source: 'mappings.c', qemuDiffers: 'MAP_GROWSDOWN does not grow, and advice is ignored' },
  // Files
  { source: 'files.c' },
  { source: 'at-family.c' },
  { source: 'transfer.c' },
  { source: 'locks.c' },
  { source: 'splices.c' },
  { source: 'watches.c' },
  // Waiting and messages
  { source: 'pipes.c' },
  { source: 'events.c' },
  { source: 'sockets.c' },
  { source: 'semaphores.c' },
  { source: 'message-queues.c', qemuDiffers: 'mq_notify is ENOSYS' },
  { source: 'terminals.c' },
  // Signals and threads
  { source: 'signals.c' },
  { source: 'context.c', isOfRiscv: true },
  { source: 'threads.c' },
  { source: 'futexes.c', qemuDiffers: 'there are no robust lists' },
  // Edges: qemu-riscv64 goes its own way in each of them
  ...[
    'mappings',
    'memory',
    'files',
    'descriptors',
    'sockets',
    'addresses',
    'processes',
    'signals',
    'threads',
    'user-faults',
    'terminals',
  ].map((name) => ({ source: `edges/${name}.c`, qemuDiffers: 'in many of the errors' })),
  // What is compiled into a program
  { source: 'floats.c', libraries: ['-lm'] },
  { source: 'jumps.c' },
  { source: 'exceptions.cpp' },
];

for (const { source, libraries = [], qemuDiffers, isOfRiscv, ...request } of GUESTS) {
  const oracles = isOfRiscv
    ? 'under qemu'
    : qemuDiffers
      ? `on Linux (qemu: ${qemuDiffers})`
      : 'on Linux and under qemu';
  test(`${source} behaves as ${oracles}`, () => {
    const flags = [...FLAGS, ...libraries];
    const program = compileGuest(source, flags).path;
    const { stdout, stderr, status, machine } = runHere({ ...request, program });
    assert.equal(machine.frames.used, 0, 'frames are left in use after every process has ended');
    const onHost = { ...request, unprivileged: true };
    if (!isOfRiscv) {
      const native = runNatively({ ...onHost, program: compileNatively(source, flags) });
      assert.deepEqual({ stdout, stderr, status }, native, 'Linux');
    }
    if (qemuDiffers) return;
    const qemu = runUnderQemu({ ...onHost, program });
    assert.deepEqual({ stdout, stderr, status }, { ...qemu, stderr: qemu.stderr.replace(/^qemu: .*\n/m, '') }, 'qemu');
  });
}

test('the same run twice gives the same instructions', () => {
  const program = compileGuest('threads.c', FLAGS).path;
  const [first, second] = [runHere({ program }), runHere({ program })];
  assert.equal(first.machine.hart.instret, second.machine.hart.instret);
  assert.equal(first.stdout, second.stdout);
});
