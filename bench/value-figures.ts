import { spawnSync } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { BenchError } from './bench-error.ts';
import { binaryOf } from './build.ts';
import { Debuggee, summary, timed, type Figure } from './debug-session.ts';

const COMPILER = 'riscv64-linux-gnu-g++';
/** The guest of the tests of such values. */
const SOURCE = 'test/guests/values-large.cpp';
const MEANT = 100;

interface Row {
  readonly name: string;
  readonly variablesReference: number;
}

/** How soon arrays of millions and maps of 100,000 entries are shown and searched, and what is asked behind them. */
export async function valueFigures(rounds: number): Promise<Figure[]> {
  const debuggee = await Debuggee.start(compileLarge(), [], SOURCE, 'everything is there', {});
  try {
    const questions: [string, (frameId: number, globals: readonly Row[]) => Promise<unknown>][] = [
      ['all children of int[2000000]', (_, globals) => children(debuggee, globals, 'huge')],
      ['all children of std::vector of 1,000,000 structures', (_, globals) => children(debuggee, globals, 'vector')],
      ['all children of std::map of 100,000 texts', (_, globals) => children(debuggee, globals, 'map')],
      ['a hundred in the middle of std::map of 100,000', (_, globals) => children(debuggee, globals, 'map', 50_000)],
      ['a hundred in the middle of std::list of 100,000', (_, globals) => children(debuggee, globals, 'list', 50_000)],
      ['map[199998] of std::map of 100,000', (frameId) => evaluate(debuggee, frameId, 'map[199998]')],
      ['hash["k99999"] of std::unordered_map of 100,000', (frameId) => evaluate(debuggee, frameId, 'hash["k99999"]')],
    ];
    const times = questions.map((): number[] => []);
    const behind: number[] = [];
    for (let round = 0; round < rounds; round++) {
      const frameId = await debuggee.frame();
      const globals = await globalsOf(debuggee, frameId);
      for (const [index, [, ask]] of questions.entries()) {
        let asked: Promise<unknown> | undefined;
        times[index].push(
          await timed(async () => {
            asked = ask(frameId, globals);
            behind.push(await timed(() => debuggee.request('threads', {}).then(() => undefined)));
            await asked;
          }),
        );
      }
      // After a change nothing is remembered of what was asked before.
      await debuggee.request('setExpression', { expression: 'huge[0]', value: '0', frameId });
    }
    return [
      ...questions.map(([what], index) => ({ what, ...summary(times[index]), meant: MEANT })),
      { what: 'a request for the threads behind each of these', ...summary(behind), meant: MEANT },
    ];
  } finally {
    debuggee.end();
  }
}

function compileLarge(): string {
  const binary = binaryOf('values-large', 'riscv64');
  if (fs.existsSync(binary) && fs.statSync(binary).mtimeMs > fs.statSync(SOURCE).mtimeMs) return binary;
  fs.mkdirSync(path.dirname(binary), { recursive: true });
  const { status, stderr, error } = spawnSync(COMPILER, ['-std=c++20', '-g', '-O2', '-static', '-o', binary, SOURCE], {
    encoding: 'utf8',
  });
  if (error) throw new BenchError(`${COMPILER} is needed: ${error.message}`);
  if (status !== 0) throw new BenchError(`${COMPILER} fails:\n${stderr}`);
  return binary;
}

async function globalsOf(debuggee: Debuggee, frameId: number): Promise<readonly Row[]> {
  const { scopes } = await debuggee.request<{ scopes: Row[] }>('scopes', { frameId });
  const { variablesReference } = scopes.find(({ name }) => name === 'Globals')!;
  return (await debuggee.request<{ variables: Row[] }>('variables', { variablesReference })).variables;
}

function children(debuggee: Debuggee, globals: readonly Row[], name: string, start?: number): Promise<unknown> {
  const { variablesReference } = globals.find((one) => one.name === name)!;
  const page = start === undefined ? {} : { filter: 'indexed', start, count: 100 };
  return debuggee.request('variables', { variablesReference, ...page });
}

function evaluate(debuggee: Debuggee, frameId: number, expression: string): Promise<unknown> {
  return debuggee.request('evaluate', { expression, frameId, context: 'watch' });
}
