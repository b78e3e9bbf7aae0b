import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { describe, it } from 'node:test';
import type { ComparisonRow } from '../../src/inspect/comparison.ts';
import type { MeasuredRun } from '../../src/inspect/measured-run.ts';
import { PLATFORM_NAMES } from '../../src/platform/registry.ts';
import { compileGuest } from '../machine-of.ts';
import { pagewalk, sample, scratch, writeScratch } from './command.ts';

const KEYS = [
  'platform',
  'status',
  'stdoutSha256',
  'instructions',
  'faults',
  'framesCopied',
  'bytesCopied',
  'peakFrames',
  'forks',
];

/** Compiles and compares a guest; the rows by platform. */
function rowsOf(source: string, { options = [] as string[], flags = ['-static'], status = 0, input = '' } = {}) {
  const program = writeScratch('guest', compileGuest(source, '-O1', ...flags));
  const outcome = pagewalk(['compare', '--json', ...options, program], input);
  assert.equal(outcome.stderr, '');
  assert.equal(outcome.status, status);
  const rows = JSON.parse(outcome.stdout) as ComparisonRow[];
  assert.deepEqual(
    rows.map(({ platform }) => platform),
    PLATFORM_NAMES,
  );
  return new Map(rows.map((row) => [row.platform, row]));
}

const statuses = (rows: ReadonlyMap<string, ComparisonRow>): string[] => [
  ...new Set([...rows.values()].map(({ status }) => status)),
];

describe('pagewalk compare --json', () => {
  const { status, stdout, stderr } = pagewalk(['compare', '--json', sample('fork-tree')]);
  const rows = new Map((JSON.parse(stdout) as ComparisonRow[]).map((row) => [row.platform, row]));

  it('has a row with the same fields for every platform', () => {
    assert.deepEqual({ status, stderr }, { status: 0, stderr: '' });
    assert.deepEqual([...rows.keys()], PLATFORM_NAMES);
    for (const row of rows.values()) assert.deepEqual(Object.keys(row), KEYS);
  });

  it('has the digest of what pagewalk run prints', () => {
    const printed = pagewalk(['run', sample('fork-tree')]).stdout;
    const digest = createHash('sha256').update(printed).digest('hex');
    for (const row of rows.values()) if (row.platform !== 'single') assert.equal(row.stdoutSha256, digest);
  });

  it('has the counts that pagewalk run --stats has', () => {
    for (const [platform, row] of rows) {
      const file = path.join(scratch(), 'stats.json');
      pagewalk(['run', '--platform', platform, '--stats', file, sample('fork-tree')]);
      const stats = JSON.parse(readFileSync(file, 'utf8')) as Record<string, unknown>;
      for (const key of ['instructions', 'faults', 'framesCopied', 'peakFrames', 'forks'] as const)
        assert.deepEqual(row[key], stats[key], `${key} on ${platform}`);
    }
  });

  it('shows what tells the platforms apart', () => {
    const [lazy, eager] = [rows.get('independent')!, rows.get('independent-eager')!];
    assert.ok(lazy.faults.cow! > 8);
    assert.equal(eager.faults.cow ?? 0, 0);
    assert.ok(eager.framesCopied > lazy.framesCopied);
    assert.ok(eager.peakFrames > lazy.peakFrames);
    assert.ok(rows.get('on-demand')!.peakFrames < lazy.peakFrames, 'tables are shared');
    assert.ok(rows.get('partitioned')!.peakFrames < lazy.peakFrames, 'one table for all');
    for (const { bytesCopied, framesCopied, platform } of rows.values()) {
      if (platform.startsWith('partitioned')) assert.ok(bytesCopied > framesCopied * 4096, 'pages are put back');
      else assert.equal(bytesCopied, framesCopied * 4096);
    }
  });

  it('says of a platform that cannot run the program why', () => {
    assert.equal(rows.get('single')!.status, 'cannot run: fork is not supported');
    assert.equal(rows.get('independent')!.status, 'exited 0');
  });
});

describe('pagewalk compare', () => {
  it('is the same every time', () => {
    const [first, second] = [1, 2].map(() => pagewalk(['compare', '--json-lines', sample('fork-cow')]).stdout);
    assert.equal(first, second);
  });

  it('prints an aligned table and a verdict, and nothing of the guest', () => {
    const { status, stdout } = pagewalk(['compare', sample('fork-cow')]);
    assert.equal(status, 0);
    const lines = stdout.split('\n');
    const column = lines[0].indexOf('status');
    for (const line of lines.slice(1, 1 + PLATFORM_NAMES.length))
      assert.match(line.slice(column), /^(exited|cannot run)/);
    assert.match(lines[0], /^platform .* cow .* frames copied {2}bytes copied {2}peak frames {2}forks {2}status$/);
    assert.match(stdout, /\nSame output on \d platforms \(not on single, which cannot run it\): exited 0\.\n$/);
    assert.doesNotMatch(stdout, /counter/);
  });

  it('gives the standard input to every run', () => {
    const rows = rowsOf(
      '#include <stdio.h>\nint main(void) { int sum = 0, c; while ((c = getchar()) != EOF) sum += c; printf("%d\\n", sum); }',
      { input: 'x'.repeat(100_000) },
    );
    const digest = createHash('sha256')
      .update(`${100_000 * 'x'.charCodeAt(0)}\n`)
      .digest('hex');
    for (const row of rows.values()) assert.equal(row.stdoutSha256, digest, row.platform);
  });

  it('takes the options of a guest, and gives it what follows the program', () => {
    const program = writeScratch(
      'guest',
      compileGuest(
        '#include <stdio.h>\n#include <stdlib.h>\nint main(int n, char **v) { printf("%s %s\\n", v[1], getenv("WHO")); }',
      ),
    );
    const args = [
      'compare',
      '--json-lines',
      '--env',
      'WHO=me',
      '--engine',
      'interpreter',
      '--memory',
      '64M',
      '--check',
    ];
    const { stdout } = pagewalk([...args, program, '--json']);
    const [run] = stdout.split('\n').map((line) => (line === '' ? undefined : (JSON.parse(line) as MeasuredRun)));
    assert.equal(run?.stdoutHead, '--json me\n');
    assert.equal(pagewalk(['compare', '--platform', 'single', program]).status, 68);
  });

  it('has a row for a guest that is killed, whatever the platform', () => {
    assert.deepEqual(statuses(rowsOf('int main(void) { *(volatile int *)8 = 1; }')), ['killed by SIGSEGV']);
  });

  it('has a row for a guest that loops, with --max-instructions', () => {
    const rows = rowsOf('int main(void) { for (;;) ; }', { options: ['--max-instructions', '100000'] });
    assert.deepEqual(statuses(rows), ['stopped: after 100000 instructions']);
    for (const { instructions } of rows.values()) assert.equal(instructions, 100_000);
  });

  it('has a row for a guest in a deadlock, and for one that needs more memory than there is', () => {
    const deadlock = rowsOf(
      '#include <unistd.h>\nint main(void) { int p[2]; char c; pipe(p); return read(p[0], &c, 1); }',
    );
    assert.match(statuses(deadlock).join(), /^stopped: Deadlock: .*pipe/);
    const hungry = rowsOf(
      'static char all[1 << 25]; int main(void) { for (int i = 0; i < 1 << 25; i += 4096) all[i] = 1; return all[5]; }',
      {
        options: ['--memory', '8M'],
      },
    );
    assert.deepEqual(statuses(hungry), ['stopped: out of guest memory']);
  });

  it('has a row for a guest that asks for a system call that does not exist', () => {
    const rows = rowsOf(
      '#include <errno.h>\n#include <unistd.h>\n#include <sys/syscall.h>\nint main(void) { return syscall(4242) == -1 && errno == ENOSYS ? 7 : 0; }',
    );
    assert.deepEqual(statuses(rows), ['exited 7']);
  });

  it('says where a program is linked when a partition has no such addresses', () => {
    const source =
      '#include <unistd.h>\n#include <sys/wait.h>\nint main(int n, char **v) { if (n > 1) return 0; int s; if (vfork() == 0) { execl("/guest", "guest", "again", (char *)0); _exit(1); } wait(&s); return s != 0; }';
    const rows = rowsOf(source);
    assert.equal(rows.get('independent')!.status, 'exited 0');
    assert.match(rows.get('partitioned')!.status, /^cannot run: \/guest is linked for 0x10000-.*-pie/);
  });

  it('ends with 1 when the platforms do not agree, and marks who agrees with whom', () => {
    // What a fork costs is not for a guest to see, but free memory is.
    const source =
      '#include <stdio.h>\n#include <unistd.h>\n#include <sys/wait.h>\nstatic volatile char mine[3 << 20];\n' +
      'int main(void) { for (int i = 0; i < sizeof mine; i += 4096) mine[i] = 1; int s; pid_t p = fork(); if (p == 0) _exit(0);' +
      ' if (p < 0) { puts("no"); return 1; } wait(&s); puts("yes"); return 0; }';
    const program = writeScratch('guest', compileGuest(source));
    const args = ['compare', '--memory', '5M', program];
    const { status, stdout } = pagewalk(args);
    assert.match(stdout, /^independent +A /m);
    assert.match(stdout, /^independent-eager +B .*exited 1$/m);
    assert.match(
      stdout,
      /\nThe platforms do not agree: independent, .*\(exited 0\) against independent-eager.*\(exited 1\)\.\n$/,
    );
    assert.equal(status, 1);
  });
});

describe('pagewalk compare --html', () => {
  const file = path.join(scratch(), 'report.html');
  const outcome = pagewalk(['compare', '--html', file, sample('fork-tree')]);
  const html = readFileSync(file, 'utf8');

  it('writes a document beside the table', () => {
    assert.equal(outcome.status, 0);
    assert.match(outcome.stdout, /^platform/);
    assert.match(html, /^<!doctype html>/);
    for (const platform of PLATFORM_NAMES) assert.ok(html.includes(`<dt>${platform}</dt>`), platform);
  });

  it('needs nothing from outside, and no scripts', () => {
    assert.doesNotMatch(html, /<script|<link|<img|@import|https?:|url\((?!#)/i);
    assert.match(html, /default-src 'none'/);
  });

  it('is refused where the file cannot be written, before anything has run', () => {
    const { status, stdout, stderr } = pagewalk(['compare', '--html', '/no/such/folder/r.html', sample('fork-tree')]);
    assert.deepEqual({ status, stdout }, { status: 66, stdout: '' });
    assert.match(stderr, /^pagewalk: cannot write \/no\/such\/folder\/r\.html: [^\n]+\n$/);
  });
});

describe('bad input to pagewalk compare', () => {
  const refused = (args: readonly string[], status: number, why: RegExp): void => {
    const outcome = pagewalk(['compare', ...args]);
    assert.deepEqual({ status: outcome.status, stdout: outcome.stdout }, { status, stdout: '' });
    assert.match(outcome.stderr, /^pagewalk: [^\n]+\n$/);
    assert.match(outcome.stderr, why);
  };
  it('is told as by pagewalk run', () => {
    refused(['/no/such/program'], 66, /no such file/);
    refused(['--json', 'package.json'], 67, /not an ELF/);
    refused(['--json-lines', '--json', sample('fork-cow')], 68, /json-lines/);
    const cut = path.join(scratch(), 'cut');
    writeFileSync(cut, readFileSync(sample('fork-cow')).subarray(0, 300));
    refused(['--json-lines', cut], 67, /cut/);
  });
});
