import assert from 'node:assert/strict';
import path from 'node:path';
import { describe, it } from 'node:test';
import { runComparison, type ComparisonRequest } from '../../src/extension/comparison-process.ts';
import type { MeasuredRun } from '../../src/inspect/measured-run.ts';
import { PLATFORM_NAMES } from '../../src/platform/registry.ts';
import { compileGuest } from '../machine-of.ts';
import { sample, writeScratch } from './command.ts';

const COMMAND_LINE = path.resolve('dist/cli.js');

function requestFor(program: string, more: Partial<ComparisonRequest> = {}): ComparisonRequest {
  return {
    program,
    args: [],
    env: {},
    cwd: '/',
    root: undefined,
    sysroot: undefined,
    memory: 64 * 2 ** 20,
    engine: 'auto',
    check: false,
    aslr: undefined,
    schedule: undefined,
    stdin: undefined,
    ...more,
  };
}

describe('the comparison that VS Code runs', () => {
  it('gives each run when it has ended', async () => {
    const seen: string[] = [];
    const signal = new AbortController().signal;
    const compared = await runComparison(
      COMMAND_LINE,
      requestFor(sample('fork-cow')),
      (run) => seen.push(run.platform),
      signal,
    );
    assert.deepEqual(seen, PLATFORM_NAMES);
    assert.ok(compared.ok && compared.value.every(({ timeline }) => timeline.length > 1));
  });

  it('takes arguments, environment, directory and standard input from the configuration', async () => {
    const source =
      '#include <stdio.h>\n#include <stdlib.h>\n#include <unistd.h>\nint main(int n, char **v) { char line[80], at[80]; if (fgets(line, 80, stdin)) printf("%s %s %s %s", getcwd(at, 80), v[1], getenv("WHO"), line); }';
    const request = requestFor(writeScratch('guest', compileGuest(source)), {
      args: ['--json'],
      env: { WHO: 'a=b c' },
      root: path.resolve('samples'),
      cwd: '/fork-cow',
      stdin: writeScratch('input', 'typed\n'),
    });
    const compared = await runComparison(COMMAND_LINE, request, () => undefined, new AbortController().signal);
    assert.deepEqual(compared.ok && [...new Set(compared.value.map(({ stdoutHead }) => stdoutHead))], [
      '/fork-cow --json a=b c typed\n',
    ]);
  });

  it('can be stopped while a guest loops', async () => {
    const program = writeScratch('guest', compileGuest('int main(int n, char **v) { while (n) ; return 0; }'));
    const stop = new AbortController();
    const ended = runComparison(COMMAND_LINE, requestFor(program), () => undefined, stop.signal);
    stop.abort();
    const runs: readonly MeasuredRun[] | false = await ended.then((compared) => compared.ok && compared.value);
    assert.deepEqual(runs, []);
  });

  it('says in one line why there is nothing to compare', async () => {
    const signal = new AbortController().signal;
    const problem = async (request: ComparisonRequest): Promise<string> => {
      const compared = await runComparison(COMMAND_LINE, request, () => undefined, signal);
      return compared.ok ? 'compared' : compared.error;
    };
    assert.match(await problem(requestFor('/no/such/program')), /^cannot read \/no\/such\/program: no such file$/);
    assert.match(await problem(requestFor(path.resolve('package.json'))), /package\.json is not an ELF file/);
    assert.match(await problem(requestFor(sample('fork-cow'), { stdin: '/no/such/input' })), /\/no\/such\/input/);
  });
});
