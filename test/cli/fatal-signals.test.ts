import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import path from 'node:path';
import { describe, it } from 'node:test';
import { pagewalk, scratch } from './command.ts';

const HEAD =
  '#include <signal.h>\n#include <stdlib.h>\n#include <string.h>\n#include <sys/wait.h>\n#include <unistd.h>\n';

interface Ending {
  readonly body: string;
  readonly says: string;
  readonly status: number;
  /** Options before the program. */
  readonly options?: readonly string[];
  readonly flags?: readonly string[];
}

/** What a `main` with this body, in line 6 of guest.c, does at its end, and what is said of it. */
function ends({ body, says, status, options = [], flags = [] }: Ending): void {
  const program = path.join(scratch(), 'guest');
  const source = `${HEAD}int main(int argc, char **argv) { ${body} }\n`;
  const file = ['-x', 'c', '-', '-o', program, '-static', '-g', '-O0', '-fdebug-prefix-map=<stdin>=guest.c', ...flags];
  execFileSync('riscv64-linux-gnu-gcc', file, { input: `#line 1 "guest.c"\n${source}` });
  const { stderr, status: actual } = pagewalk(['run', ...options, program]);
  assert.deepEqual([stderr, actual], [says, status]);
}

describe('a program that a signal ends', () => {
  it('is named with the signal, the access and the line', () => {
    ends({
      body: '*(volatile int *)8 = argc;',
      says: 'pagewalk: guest: ended by signal SIGSEGV (invalid memory access): store to 0x8 in main (guest.c:6): a null pointer was used\n',
      status: 139,
    });
    ends({
      body: 'return *(volatile int *)0x123000;',
      says: 'pagewalk: guest: ended by signal SIGSEGV (invalid memory access): load of 0x123000 in main (guest.c:6): nothing is mapped there\n',
      status: 139,
    });
  });

  it('is named with the line that called the library', () => {
    ends({
      body: 'abort();',
      says: 'pagewalk: guest: ended by signal SIGABRT (aborted): abort() was called in main (guest.c:6)\n',
      status: 134,
    });
    ends({
      body: 'raise(SIGTERM);',
      says: 'pagewalk: guest: ended by signal SIGTERM (terminated): in main (guest.c:6)\n',
      status: 143,
    });
  });

  it('is named without lines too, and where it is killed', () => {
    ends({
      body: '*(volatile int *)8 = argc;',
      says: 'pagewalk: guest: ended by signal SIGSEGV (invalid memory access): store to 0x8 in main: a null pointer was used\n',
      status: 139,
      flags: ['-g0'],
    });
    ends({
      body: '*(volatile int *)8 = argc;',
      says: 'pagewalk: guest: ended by signal SIGSEGV (invalid memory access): store to 0x8: a null pointer was used\n',
      status: 139,
      flags: ['-s'],
    });
    ends({
      body: 'kill(getpid(), SIGKILL);',
      says: 'pagewalk: guest: ended by signal SIGKILL (killed)\n',
      status: 137,
    });
    ends({
      body: 'raise(SIGRTMIN + 1);',
      says: 'pagewalk: guest: ended by signal SIGRTMIN+3: in main (guest.c:6)\n',
      status: 163,
    });
  });

  it('is told once, whoever listens, and with the interpreter', () => {
    for (const options of [
      ['--events', '/dev/null'],
      ['--engine', 'interpreter'],
      ['--check'],
      ['--stats', '/dev/null'],
    ])
      ends({
        body: '*(volatile int *)8 = argc;',
        says: 'pagewalk: guest: ended by signal SIGSEGV (invalid memory access): store to 0x8 in main (guest.c:6): a null pointer was used\n',
        status: 139,
        options,
      });
  });

  it('is not told of a handled signal, of a child, or of a status above 128', () => {
    ends({ body: 'signal(SIGUSR1, exit); raise(SIGUSR1);', says: '', status: 10 });
    ends({ body: 'if (!fork()) abort(); wait(0); return 139;', says: '', status: 139 });
  });

  it('has the status of the limit of instructions beyond a signal', () => {
    ends({
      body: 'if (fork()) for (;;); kill(getppid(), SIGTERM); for (;;);',
      says: 'pagewalk: stopped after 3000000 instructions (--max-instructions)\n',
      status: 69,
      options: ['--max-instructions', '3000000'],
    });
  });
});
