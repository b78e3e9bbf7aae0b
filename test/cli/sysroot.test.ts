import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { cpSync, mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { describe, it } from 'node:test';
import { pagewalk, scratch } from './command.ts';

const GLIBC = '/usr/riscv64-linux-gnu';
const LINKER = '/lib/ld-linux-riscv64-lp64d.so.1';
const HELLO = '#include <stdio.h>\nint main(void) { puts("hello"); return 3; }';
/** Lists the folders that it is given the names of. */
const LIST =
  '#include <dirent.h>\n#include <stdio.h>\nint main(int c, char **v) { while (*++v) { DIR *d = opendir(*v); struct dirent *e; printf("%s:", *v); if (!d) perror(""); else while ((e = readdir(d))) if (e->d_name[0] != \'.\') printf(" %s", e->d_name); puts(""); } return 0; }';

function compile(source: string, ...flags: string[]): string {
  const program = path.join(scratch(), 'program');
  execFileSync('riscv64-linux-gnu-gcc', ['-g', '-x', 'c', '-', '-o', program, ...flags], { input: source });
  return program;
}

/** A folder with glibc's dynamic linker and library, as a sysroot has them. */
function libraries(folder = scratch()): string {
  mkdirSync(path.join(folder, 'lib'), { recursive: true });
  for (const name of [LINKER, '/lib/libc.so.6'])
    cpSync(path.join(GLIBC, name), path.join(folder, name), { dereference: true });
  return folder;
}

describe('a dynamically linked program without --sysroot', () => {
  it("finds the cross compiler's libraries, in every command", () => {
    const program = compile(HELLO);
    const run = pagewalk(['run', program]);
    assert.deepEqual([run.stdout, run.stderr, run.status], ['hello\n', '', 3]);
    const inspected = pagewalk(['inspect', '--break', 'exit', program]);
    assert.match(inspected.stdout, /ld-linux-riscv64-lp64d\.so\.1/);
    assert.equal(inspected.status, 0);
    const compared = pagewalk(['compare', '--json', program]);
    assert.match(compared.stdout, /"status": "exited 3"/);
    assert.equal(compared.status, 0);
  });

  it('looks where QEMU_LD_PREFIX says first, through its symbolic links', () => {
    const program = compile(HELLO);
    const folder = libraries();
    assert.equal(pagewalk(['run', program], '', { QEMU_LD_PREFIX: folder }).stdout, 'hello\n');
    // With the dynamic linker alone the library is missing: it is this folder that was taken.
    const linked = scratch();
    mkdirSync(path.join(linked, 'usr/lib'), { recursive: true });
    symlinkSync('usr/lib', path.join(linked, 'lib'));
    cpSync(path.join(GLIBC, LINKER), path.join(linked, 'usr', LINKER), { dereference: true });
    const lacking = pagewalk(['run', program], '', { QEMU_LD_PREFIX: linked });
    assert.match(lacking.stderr, /libc\.so\.6: cannot open shared object file/);
    assert.equal(lacking.status, 127);
  });

  it('shows the guest the libraries alone', () => {
    const folder = libraries();
    mkdirSync(path.join(folder, 'usr/include'), { recursive: true });
    mkdirSync(path.join(folder, 'usr/lib/more'), { recursive: true });
    writeFileSync(path.join(folder, 'secret'), '');
    const program = compile(LIST);
    const shown = pagewalk(['run', program, '/', '/usr', '/lib', '/usr/include'], '', { QEMU_LD_PREFIX: folder });
    const lines = shown.stdout.split('\n').map((line) => line.split(' ').sort().join(' '));
    assert.deepEqual(lines.slice(0, 4), [
      '/: dev lib proc program tmp usr',
      '/usr: lib',
      '/lib: ld-linux-riscv64-lp64d.so.1 libc.so.6',
      '/usr/include:',
    ]);
    const named = pagewalk(['run', '--sysroot', folder, program, '/usr']);
    assert.deepEqual(named.stdout.trim().split(' ').sort(), ['/usr:', 'include', 'lib']);
  });

  it('takes what the root has', () => {
    const program = compile(LIST);
    const root = libraries();
    cpSync(program, path.join(root, 'program'));
    const shown = pagewalk(['run', '--root', root, path.join(root, 'program'), '/lib']);
    assert.deepEqual(shown.stdout.trim().split(' ').sort(), ['/lib:', 'ld-linux-riscv64-lp64d.so.1', 'libc.so.6']);
  });

  it('names the dynamic linker and the folders that were tried', () => {
    const program = compile(HELLO, '-Wl,--dynamic-linker=/lib/nowhere.so.9');
    const folder = scratch();
    const { stderr, status } = pagewalk(['run', program], '', { QEMU_LD_PREFIX: folder });
    assert.equal(
      stderr.replace(/\(.*\)/, (tried) => (tried.startsWith(`(${folder}, ${GLIBC}, `) ? '(TRIED)' : tried)),
      `pagewalk: ${program} is dynamically linked and asks for /lib/nowhere.so.9, which is in none of the folders that were tried (TRIED): name the one that has it with --sysroot\n`,
    );
    assert.equal(status, 69);
    const named = pagewalk(['run', '--sysroot', GLIBC, program]);
    assert.equal(
      named.stderr,
      `pagewalk: ${program} is dynamically linked and asks for /lib/nowhere.so.9, which ${GLIBC} does not have\n`,
    );
    assert.equal(named.status, 69);
  });
});
