import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, it } from 'node:test';
import { pagewalk, sample, scratch, writeScratch } from './command.ts';

/** The command must leave with this status and one line that says why. */
function refuses(args: readonly string[], status: number, why: RegExp): void {
  const outcome = pagewalk(args);
  assert.match(outcome.stderr, why);
  assert.match(outcome.stderr, /^pagewalk: [^\n]+\n$/, 'one line');
  assert.equal(outcome.status, status);
  assert.equal(outcome.stdout, '');
}

function compile(source: string, ...flags: string[]): string {
  const folder = scratch();
  const program = path.join(folder, 'program');
  execFileSync('riscv64-linux-gnu-gcc', ['-x', 'c', '-', '-o', program, ...flags], { input: source });
  return program;
}

describe('bad input to pagewalk run', () => {
  it('names a missing program', () => refuses(['run', '/no/such/program'], 66, /\/no\/such\/program: no such file/));
  it('names a working directory that the guest does not have', () =>
    refuses(['run', '--cwd', '/no/such', sample('fork-cow')], 66, /the program sees no directory \/no\/such/));
  it('names a directory', () => refuses(['run', 'samples'], 66, /samples is a directory/));
  it('names a file that is no ELF', () => refuses(['run', 'package.json'], 67, /package\.json is not an ELF file/));
  it('names an empty file', () => refuses(['run', writeScratch('empty', '')], 67, /cli-[^/]*\/empty is empty/));
  it('names an ELF for another machine', () => refuses(['run', '/bin/true'], 67, /x86-64/));

  it('names a truncated program', () => {
    const bytes = readFileSync(sample('fork-cow'));
    for (const length of [10, 63, 100, 300])
      refuses(['run', writeScratch('cut', bytes.subarray(0, length))], 67, /cut/);
  });

  it('names an unknown platform, engine, size and option', () => {
    refuses(['run', '--platform', 'quantum', sample('fork-cow')], 68, /quantum/);
    refuses(['run', '--engine', 'warp', sample('fork-cow')], 68, /warp/);
    refuses(['run', '--memory', 'lots', sample('fork-cow')], 68, /lots/);
    refuses(['run', '--memory', '3T', sample('fork-cow')], 68, /3T/);
    refuses(['run', '--aslr', '-1', sample('fork-cow')], 68, /-1/);
    refuses(['run', '--schedule', 'often', sample('fork-cow')], 68, /often/);
    refuses(['run', '--frobnicate', sample('fork-cow')], 68, /frobnicate/);
    refuses(['frobnicate'], 68, /frobnicate/);
  });

  it('names a --root that is no directory', () =>
    refuses(['run', '--root', '/no/such', sample('fork-cow')], 66, /\/no\/such/));

  it('tells when the guest runs out of memory', () => {
    const program = compile(
      'int main(void) { for (;;) { char *p = (char *)__builtin_malloc(1 << 20); if (!p) return 1; for (int i = 0; i < 1 << 20; i += 4096) p[i] = 1; } }',
      '-static',
    );
    refuses(['run', '--memory', '16M', program], 69, /out of guest memory/);
  });

  it('ends a guest that loops for ever at the instruction limit', () => {
    const program = compile('void _start(void) { for (;;) ; }', '-nostdlib', '-static');
    refuses(['run', '--max-instructions', '1000000', program], 69, /1000000 instructions/);
  });

  it('tells who waits for whom in a deadlock', () => {
    const program = compile(
      '#include <unistd.h>\nint main(void) { int p[2]; char c; pipe(p); return read(p[0], &c, 1); }',
      '-static',
    );
    refuses(['run', program], 69, /Deadlock: nothing can go on\. pid 1 reads an empty pipe \(pipe:\S+\) in read\n$/);
  });

  it('tells which lock each thread of a deadlock waits for', () => {
    const program = compile(
      [
        '#include <pthread.h>',
        'static pthread_mutex_t first = PTHREAD_MUTEX_INITIALIZER, second = PTHREAD_MUTEX_INITIALIZER;',
        'static pthread_barrier_t both;',
        'static void *other(void *nothing) {',
        '  pthread_mutex_lock(&second); pthread_barrier_wait(&both); pthread_mutex_lock(&first); return nothing;',
        '}',
        'int main(void) {',
        '  pthread_t thread;',
        '  pthread_barrier_init(&both, 0, 2);',
        '  pthread_create(&thread, 0, other, 0);',
        '  pthread_mutex_lock(&first); pthread_barrier_wait(&both); pthread_mutex_lock(&second);',
        '}',
      ].join('\n'),
      '-static',
      '-g',
    );
    refuses(
      ['run', program],
      69,
      /pid 1 waits for the futex at 0x[0-9a-f]+ \(second.*\) in main \(<stdin>:11\); thread 2 of pid 1 waits for the futex at 0x[0-9a-f]+ \(first.*\) in other \(<stdin>:5\)/,
    );
  });
});

describe('bad input to pagewalk inspect', () => {
  const inspect = (where: string) => ['inspect', '--break', where, sample('fork-cow')];
  it('names a place that the program never comes to', () => {
    const { status, stdout, stderr } = pagewalk(inspect('fault:protection'));
    assert.deepEqual({ status, stdout }, { status: 69, stdout: '' });
    assert.match(stderr, /\npagewalk: the program ended \(status 0\) and never came to fault:protection\n$/);
  });
  it('names a line without code', () => refuses(inspect('fork-cow.c:1000'), 68, /line 1000/));
  it('names a file without line table', () => refuses(inspect('other.c:1'), 68, /other\.c/));
  it('names an unknown function', () => refuses(inspect('launch_rocket'), 68, /launch_rocket/));
  it('names a bad cause', () => refuses(inspect('fault:boredom'), 68, /boredom/));
  it('asks for --break', () => refuses(['inspect', sample('fork-cow')], 68, /--break/));
});
