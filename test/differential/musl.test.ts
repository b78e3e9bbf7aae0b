import assert from 'node:assert/strict';
import { test } from 'node:test';
import { runHere, runNatively, runUnderQemu } from './guest-run.ts';
import { compileForMusl, MUSL, MUSL_KINDS } from './musl.ts';
import { compileNatively } from './native.ts';

/* Programs that are linked with musl, in each way, behave as under qemu-riscv64. */

for (const kind of MUSL_KINDS)
  for (const source of ['fork-wait.c', 'pipes.c', 'signals.c', 'allocation.c', 'linked/kinds.c'])
    test(`${source} with musl, ${kind}, behaves as under qemu`, () => {
      const request = { program: compileForMusl(source, kind), sysroot: MUSL };
      const { stdout, stderr, status, machine } = runHere(request);
      const expected = runUnderQemu(request);
      assert.deepEqual(
        { stdout, stderr, status },
        { ...expected, stderr: expected.stderr.replace(/^qemu: .*\n/m, '') },
      );
      assert.equal(machine.frames.used, 0, 'frames are left in use');
    });

// musl's condition variables do not come to an end under qemu-riscv64. Thread-local storage in a static-pie of musl
// crashes there as well as here.
for (const kind of ['static', 'dynamic'] as const)
  test(`threads.c with musl, ${kind}, prints what it prints with glibc on Linux`, () => {
    const expected = runNatively({ program: compileNatively('threads.c', ['-O1', '-w', '-pthread', '-static']) });
    const { stdout, status, machine } = runHere({ program: compileForMusl('threads.c', kind), sysroot: MUSL });
    assert.deepEqual({ stdout, status }, { stdout: expected.stdout, status: expected.status });
    assert.equal(machine.frames.used, 0, 'frames are left in use');
  });
