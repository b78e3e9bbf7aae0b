import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import path from 'node:path';
import { describe, it } from 'node:test';
import { pagewalk, sample, scratch } from './command.ts';

const HINT = 'stands after the program, which gets it: options of pagewalk stand before the program';

describe('options of ours after the program', () => {
  it('are named where one is missing', () => {
    for (const given of [['--break', 'fork'], ['--break=fork']]) {
      const { stderr, status } = pagewalk(['inspect', sample('fork-cow'), ...given]);
      assert.equal(stderr, `pagewalk: required option '--break <where>' not specified: --break ${HINT}\n`);
      assert.equal(status, 68);
    }
  });

  it('are named by commands that print something of their own', () => {
    const inspected = pagewalk(['inspect', '--break', 'fork', sample('fork-cow'), '--json', '--hit', '2']);
    assert.equal(
      inspected.stderr.split('\n')[0],
      'pagewalk: --json, --hit stand after the program, which gets them: options of pagewalk stand before the program',
    );
    assert.equal(inspected.status, 0);
    const compared = pagewalk(['compare', sample('fork-cow'), '--json']);
    assert.equal(compared.stderr, `pagewalk: --json ${HINT}\n`);
    assert.equal(compared.status, 0);
  });

  it('are the program’s where a program runs, or behind --', () => {
    const program = path.join(scratch(), 'arguments');
    const source = '#include <stdio.h>\nint main(int c, char **v) { while (*++v) puts(*v); return 0; }';
    execFileSync('riscv64-linux-gnu-gcc', ['-x', 'c', '-', '-static', '-o', program], { input: source });
    const run = pagewalk(['run', program, '--check', '--json', 'x']);
    assert.deepEqual([run.stdout, run.stderr], ['--check\n--json\nx\n', '']);
    assert.equal(pagewalk(['compare', program, '--', '--json']).stderr, '');
    assert.equal(pagewalk(['compare', program, 'x', '--frob']).stderr, '');
  });

  it('are named to a person who looks on', () => {
    const command = `${process.execPath} dist/cli.js run ${sample('fork-tree')} --check`;
    const seen = execFileSync('script', ['-qec', command, '/dev/null'], { input: '', encoding: 'utf8' });
    assert.ok(seen.includes(`pagewalk: --check ${HINT}`), seen);
  });
});
