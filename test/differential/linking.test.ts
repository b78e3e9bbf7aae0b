import assert from 'node:assert/strict';
import { test } from 'node:test';
import { compileGuest } from './compiled-guests.ts';
import { GLIBC, type GuestRequest, type GuestRun, runHere, runNatively, runUnderQemu } from './guest-run.ts';
import { compileNatively } from './native.ts';

/*
 * Programs of every kind that a linker makes, and shared libraries: the same output and exit status on our shim, on this
 * machine's Linux, and under qemu-riscv64.
 */

const FLAGS = ['-O1', '-w', '-pthread'];
const SHARED = [...FLAGS, '-shared', '-fPIC'];

type Compile = (source: string, flags: readonly string[]) => string;
const forGuest: Compile = (source, flags) => compileGuest(source, flags).path;

function here(request: GuestRequest): GuestRun {
  const { stdout, stderr, status, machine } = runHere(request);
  assert.equal(machine.frames.used, 0, 'frames are left in use');
  return { stdout, stderr, status };
}

for (const [kind, flags] of [
  ['static', ['-static', '-no-pie']],

  ['dynamic, at a fixed address', ['-no-pie']],
  ['dynamic and position independent', ['-pie', '-fPIE']],
] as const)
  test(`a program that is ${kind} finds itself where the auxiliary vector says`, () => {
    const source = 'linked/kinds.c';
    const all = [...FLAGS, ...flags];
    const request = { program: forGuest(source, all), sysroot: GLIBC };
    const expected = runNatively({ program: compileNatively(source, all) });
    assert.deepEqual(here(request), expected, 'Linux');
    assert.deepEqual(runUnderQemu(request), expected, 'qemu');
  });

/** A program that is linked with a library, which lies beside it with a plugin and what to preload. */
function linked(compile: Compile): GuestRequest {
  const library = compile('linked/greet.c', [...SHARED, '-Wl,-soname,libgreet.so']);
  const beside = new Map([
    ['libgreet.so', library],
    ['plugin.so', compile('linked/plugin.c', SHARED)],
    ['preload.so', compile('linked/preload.c', SHARED)],
  ]);
  const program = compile('linked/program.c', [...FLAGS, library, '-Wl,-rpath,$ORIGIN', '-rdynamic', '-ldl']);
  return { program, beside };
}

test('libraries are found beside the program, loaded and unloaded as on Linux and under qemu', () => {
  const request = { ...linked(forGuest), sysroot: GLIBC };
  const expected = runNatively(linked(compileNatively));
  assert.match(expected.stdout, /plugin is unloaded/);
  assert.deepEqual(here(request), expected, 'Linux');
  assert.deepEqual(runUnderQemu(request), expected, 'qemu');
});

// Under qemu-riscv64 the host's dynamic linker would preload it, too.
test('LD_PRELOAD, LD_LIBRARY_PATH and LD_BIND_NOW are heeded as on Linux', () => {
  const env = ['LD_PRELOAD=./preload.so', 'LD_LIBRARY_PATH=given:.', 'LD_BIND_NOW=1'];
  const expected = runNatively({ ...linked(compileNatively), env });
  assert.match(expected.stdout, /from the preloaded one/);
  assert.deepEqual(here({ ...linked(forGuest), sysroot: GLIBC, env }), expected);
});

// qemu-riscv64 passes execve on to the host, which cannot run riscv64.
test('scripts, files that cannot be executed, and long arguments are as on Linux', () => {
  const flags = [...FLAGS, '-static'];
  const expected = runNatively({ program: compileNatively('scripts.c', flags), unprivileged: true });
  assert.deepEqual(here({ program: forGuest('scripts.c', flags) }), expected);
});
