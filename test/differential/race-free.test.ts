import assert from 'node:assert/strict';
import { mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';
import { PLATFORM_NAMES } from '../../src/platform/registry.ts';
import { compileGuest } from './compiled-guests.ts';
import { GLIBC, runHere, runNatively, runUnderQemu } from './guest-run.ts';
import { compileNatively } from './native.ts';

/*
 * Invariant 14: programs without races, which keep vfork's rules, print the same on every platform, as under
 * qemu-riscv64, and as the same source built for this machine's Linux.
 */

const FLAGS = ['-O1', '-pthread', '-w'];
const FOLDER = 'race-free';
const PLATFORMS = PLATFORM_NAMES.filter((name) => name !== 'single');

/** Where all have one page table, only what is position independent can be executed. */
const EXECUTES = new Set(['spawn.c', 'fork-exec.c']);
/** A vfork under qemu-riscv64 is a fork: it shares nothing, and what the child reports through memory is lost. */
const SHARES_MEMORY = new Set(['vfork-failure.c', 'spawn-failure.c']);
/** Nor does it know process_vm_writev(2), or a /proc/self/mem of the guest’s. */
const NOT_UNDER_QEMU = new Set([...SHARES_MEMORY, 'forced-writes.c']);

for (const source of readdirSync(path.resolve('test/guests', FOLDER)).sort()) {
  const name = path.join(FOLDER, source);
  test(`${source} prints the same everywhere`, () => {
    const isDynamic = EXECUTES.has(source);
    const program = compileGuest(name, isDynamic ? [...FLAGS, '-pie', '-fPIE'] : [...FLAGS, '-static']).path;
    const native = compileNatively(name, FLAGS);
    const expected = runNatively({ program: native });
    assert.notEqual(expected.stdout, '');
    if (!NOT_UNDER_QEMU.has(source)) {
      const { stdout, status } = runUnderQemu({ program, ...(isDynamic && { sysroot: GLIBC, executesItself: true }) });
      assert.deepEqual({ stdout, status }, { stdout: expected.stdout, status: expected.status }, 'qemu-riscv64');
    }
    for (const platform of PLATFORMS) {
      const { stdout, stderr, status, machine } = runHere({
        program,
        platform,
        check: true,
        ...(isDynamic && { sysroot: GLIBC }),
      });
      assert.deepEqual(
        { stdout, status },
        { stdout: expected.stdout, status: expected.status },
        `${platform}: ${stderr}`,
      );
      assert.equal(machine.frames.used, 0, `${platform}: frames are left in use`);
      assert.deepEqual(machine.inspector.slots(), [], platform);
    }
  });
}

for (const platform of ['independent', 'on-demand'])
  test(`${platform}: smaps and pagemap after forks and writes are as on Linux`, () => {
    const source = 'page-counts.c';
    // On a disk, and not in a temporary folder, which may be one in memory: its pages would never be clean.
    const file = path.resolve('out/guests/pages');
    mkdirSync(path.dirname(file), { recursive: true });
    writeFileSync(file, Buffer.alloc(16 * 4096, 'page'));
    const expected = runNatively({ program: compileNatively(source, FLAGS), args: [file] });
    assert.match(expected.stdout, /Shared_Dirty 48/);
    assert.match(expected.stdout, /Shared_Clean 60/);
    const { stdout } = runHere({
      program: compileGuest(source, [...FLAGS, '-static']).path,
      args: ['pages'],
      beside: new Map([['pages', file]]),
      platform,
    });
    assert.equal(stdout, expected.stdout);
  });
