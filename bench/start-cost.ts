import { spawnSync } from 'node:child_process';
import { parseArgs } from 'node:util';
import { BenchError } from './bench-error.ts';
import { binaryOf, buildProduct, compile } from './build.ts';
import { describeHost, warnIfBusy } from './host.ts';
import { pauseLatencies } from './pause-latency.ts';
import { QEMU } from './runners.ts';
import type { StartFigures, StopFigures } from './start-harness.ts';
import { median, round } from './statistics.ts';
import { replaceSection, writeFormatted } from './write-files.ts';

const USAGE = `npm run bench:start [-- options]: what starting, stopping and pausing cost.
  --quick      few rounds: whether everything works, not how fast
  --publish    write bench/start-results.json and the table of docs/performance.md
Results go to out/bench/start-results.json in any case.`;

const HARNESS = 'out/bench/start-harness.mjs';
const ENGINES = ['interpreter', 'auto'] as const;
/** Computes for as long as anybody looks. */
const ENDLESS = ['calls', '1000000000'] as const;
/** A program of less than a million instructions. */
const SHORT = ['mix', '5'] as const;

interface Figure {
  readonly what: string;
  readonly unit: 'ms' | 'µs';
  readonly values: Readonly<Record<string, number>>;
}

export async function main(argv: string[]): Promise<number> {
  const { values: options } = parseArgs({
    args: argv,
    options: {
      help: { type: 'boolean' },
      quick: { type: 'boolean', default: false },
      publish: { type: 'boolean', default: false },
    },
  });
  if (options.help) {
    console.log(USAGE);
    return 0;
  }
  const { quick, publish } = options;
  if (publish && quick) throw new BenchError('only a full run can be published');
  buildProduct();
  for (const name of ['hello', SHORT[0], ENDLESS[0]]) {
    compile(name, 'native');
    compile(name, 'riscv64');
  }
  const host = describeHost();
  warnIfBusy(host);
  const figures: Figure[] = [];
  const report = (figure: Figure): void => {
    figures.push(figure);
    console.log(describe(figure));
  };
  startFigures(quick ? 3 : 15).forEach(report);
  stopFigures(quick).forEach(report);
  (await pauseFigures(quick ? 5 : 50)).forEach(report);
  const results = { date: new Date().toISOString(), host, figures };
  for (const file of ['out/bench/start-results.json', ...(publish ? ['bench/start-results.json'] : [])])
    await writeFormatted(file, JSON.stringify(results));
  if (publish) await replaceSection('docs/performance.md', 'start', markdownTable(figures));
  return 0;
}

function startFigures(rounds: number): Figure[] {
  const first: Record<string, StartFigures[]> = {};
  const hello: Record<string, number[]> = {};
  const short: Record<string, number[]> = {};
  const add = <T>(to: Record<string, T[]>, name: string, value: T): void => void (to[name] ??= []).push(value);
  for (let round = 0; round < rounds; round++) {
    for (const [name, runner] of Object.entries(runners())) {
      add(hello, name, wholeProcess(runner('hello')));
      if (name !== 'node alone') add(short, name, wholeProcess([...runner(SHORT[0]), SHORT[1]]));
    }
    for (const engine of ENGINES)
      add(first, engine, harness<StartFigures>('start', engine, binaryOf('hello', 'riscv64')));
  }
  const medians = (all: Record<string, number[]>): Record<string, number> =>
    Object.fromEntries(Object.entries(all).map(([name, values]) => [name, round(median(values))]));
  const of = (key: keyof StartFigures): Record<string, number> =>
    medians(Object.fromEntries(ENGINES.map((engine) => [engine, first[engine].map((one) => one[key] / 1000)])));
  return [
    { what: 'our code to the first instruction', unit: 'ms', values: of('sinceMain') },
    { what: 'process start to the first instruction', unit: 'ms', values: of('sinceProcess') },
    { what: 'whole process: hello', unit: 'ms', values: medians(hello) },
    { what: 'whole process: under a million instructions', unit: 'ms', values: medians(short) },
  ];
}

/** Command lines that run a guest, or next to nothing for comparison. */
function runners(): Record<string, (name: string) => string[]> {
  const pagewalk = (engine: string) => (name: string) => [
    process.execPath,
    'dist/cli.js',
    'run',
    '--engine',
    engine,
    binaryOf(name, 'riscv64'),
  ];
  return {
    native: (name) => [binaryOf(name, 'native')],
    [QEMU]: (name) => [QEMU, binaryOf(name, 'riscv64')],
    'node alone': () => [process.execPath, '-e', '0'],
    interpreter: pagewalk('interpreter'),
    auto: pagewalk('auto'),
  };
}

/** @returns milliseconds */
function wholeProcess([command, ...args]: string[]): number {
  const started = performance.now();
  const { status, error } = spawnSync(command, args, { stdio: ['ignore', 'pipe', 'pipe'] });
  const time = performance.now() - started;
  if (error || status !== 0) throw new BenchError(`${command} ${args.join(' ')} failed: ${error?.message ?? status}`);
  return time;
}

function stopFigures(quick: boolean): Figure[] {
  const [name, argument] = ENDLESS;
  const settings = quick ? ['3', '50', '0.02'] : ['15', '500', '1'];
  const figures = ENGINES.map((engine) =>
    harness<StopFigures>('stop', engine, ...settings, binaryOf(name, 'riscv64'), argument),
  );
  const of = (key: keyof StopFigures): Record<string, number> =>
    Object.fromEntries(ENGINES.map((engine, index) => [engine, round(figures[index][key])]));
  return [
    { what: 'a stop at a random instruction count', unit: 'µs', values: of('stop') },
    { what: 'a single step', unit: 'µs', values: of('singleStep') },
  ];
}

async function pauseFigures(pauses: number): Promise<Figure[]> {
  const [name, argument] = ENDLESS;
  const middle: Record<string, number> = {};
  const worst: Record<string, number> = {};
  for (const engine of ENGINES) {
    const latencies = await pauseLatencies(binaryOf(name, 'riscv64'), [argument], engine, pauses);
    middle[engine] = round(median(latencies));
    worst[engine] = round(Math.max(...latencies));
  }
  return [
    { what: 'pause in the debugger, median', unit: 'ms', values: middle },
    { what: `pause in the debugger, worst of ${pauses}`, unit: 'ms', values: worst },
  ];
}

function harness<T>(...args: string[]): T {
  const { status, stdout, stderr } = spawnSync(process.execPath, [HARNESS, ...args], { encoding: 'utf8' });
  if (status !== 0) throw new BenchError(`${HARNESS} ${args.join(' ')} ended with ${status}: ${stderr.trim()}`);
  return JSON.parse(stdout) as T;
}

function describe({ what, unit, values }: Figure): string {
  const shown = Object.entries(values).map(([name, value]) => `${name} ${value} ${unit}`);
  return `${what.padEnd(46)} ${shown.join('  ')}`;
}

function markdownTable(figures: readonly Figure[]): string {
  const names = [...new Set(figures.flatMap(({ values }) => Object.keys(values)))];
  const line = (values: readonly string[]): string => `| ${values.join(' | ')} |`;
  return [
    line(['', ...names]),
    line(['---', ...names.map(() => '--:')]),
    ...figures.map(({ what, unit, values }) =>
      line([what, ...names.map((name) => (name in values ? `${values[name]} ${unit}` : ''))]),
    ),
  ].join('\n');
}
