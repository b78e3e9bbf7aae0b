import { spawnSync } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { BenchError } from './bench-error.ts';
import { binaryOf, buildProduct, compile } from './build.ts';
import { Debuggee, summary, timed, type Figure } from './debug-session.ts';
import { describeHost, warnIfBusy } from './host.ts';
import { valueFigures } from './value-figures.ts';
import { deepFigures } from './deep-figures.ts';
import { viewFigures } from './view-figures.ts';
import { replaceSection, writeFormatted } from './write-files.ts';

const USAGE = `npm run bench:debugger [-- options]: how soon the debugger answers.
  --quick      few rounds: whether everything works, not how fast
  --only PART  one of start, crowd, values, deep, views
  --publish    write bench/debugger-results.json and the table of docs/performance.md
Results go to out/bench/debugger-results.json in any case.`;

const COMPILER = 'riscv64-linux-gnu-g++';
const LARGE = 'bench/guests/debug-info.cpp';
/** Each translation unit has its own copy of what the headers declare. */
const UNITS = 4;
const CROWD = 'bench/guests/crowd.c';
const MIB = 2 ** 20;

export async function main(argv: string[]): Promise<number> {
  const { values: options } = parseArgs({
    args: argv,
    options: {
      help: { type: 'boolean' },
      quick: { type: 'boolean', default: false },
      only: { type: 'string' },
      publish: { type: 'boolean', default: false },
    },
  });
  if (options.help) {
    console.log(USAGE);
    return 0;
  }
  const { quick, publish, only } = options;
  if (publish && (quick || only !== undefined)) throw new BenchError('only a full run can be published');
  buildProduct();
  const large = compileLarge();
  compile('crowd', 'riscv64', [CROWD], ['-g', '-O0']);
  compile('deep', 'riscv64', ['bench/guests/deep.c'], ['-g', '-O0']);
  const host = describeHost();
  warnIfBusy(host);
  const debugInfo = debugInfoOf(large);
  console.log(`${large}: ${(debugInfo / MIB).toFixed(1)} MiB of debug information`);
  const parts: Readonly<Record<string, () => Promise<Figure[]>>> = {
    start: () => startFigures(large, debugInfo, quick ? 3 : 15),
    crowd: () => crowdFigures(quick ? 1000 : 100_000, quick ? 10 : 99, quick ? 10 : 100),
    values: () => valueFigures(quick ? 3 : 20),
    deep: () => deepFigures(quick),
    views: () => viewFigures(binaryOf('crowd', 'riscv64'), quick ? 3 : 10, quick),
  };
  if (only !== undefined && !(only in parts))
    throw new BenchError(`--only takes one of ${Object.keys(parts).join(', ')}`);
  const figures: Figure[] = [];
  for (const part of only === undefined ? Object.keys(parts) : [only]) figures.push(...(await parts[part]()));
  for (const figure of figures) console.log(describe(figure));
  const results = { date: new Date().toISOString(), host, debugInfo, figures };
  for (const file of ['out/bench/debugger-results.json', ...(publish ? ['bench/debugger-results.json'] : [])])
    await writeFormatted(file, JSON.stringify(results));
  if (publish) await replaceSection('docs/performance.md', 'debugger', markdownTable(figures));
  return 0;
}

/** A program with some megabytes of debug information. */
function compileLarge(): string {
  const binary = binaryOf('debug-info', 'riscv64');
  if (fs.existsSync(binary) && fs.statSync(binary).mtimeMs > fs.statSync(LARGE).mtimeMs) return binary;
  fs.mkdirSync(path.dirname(binary), { recursive: true });
  const objects = Array.from({ length: UNITS }, (_, unit) => {
    const object = `${binary}.${unit}.o`;
    run(COMPILER, ['-g', '-O0', '-c', ...(unit === 0 ? [] : [`-Dmain=unit${unit}`]), '-o', object, LARGE]);
    return object;
  });
  run(COMPILER, ['-static', '-o', binary, ...objects]);
  return binary;
}

/** Bytes of its `.debug_*` sections. */
function debugInfoOf(binary: string): number {
  const sections = run('riscv64-linux-gnu-readelf', ['-SW', binary]).matchAll(
    /\.debug_\S+ +\S+ +[0-9a-f]+ [0-9a-f]+ ([0-9a-f]+)/g,
  );
  return [...sections].reduce((sum, [, size]) => sum + parseInt(size, 16), 0);
}

async function startFigures(program: string, debugInfo: number, rounds: number): Promise<Figure[]> {
  const ours: number[] = [];
  const gdbs: number[] = [];
  for (let round = 0; round < rounds; round++) {
    const started = performance.now();
    const debuggee = await Debuggee.start(program, [], LARGE, 'stop here', {});
    ours.push(performance.now() - started);
    debuggee.end();
    const gdbStarted = performance.now();
    const gdb = spawnSync('gdb-multiarch', ['-nx', '-batch', '-ex', 'break main', program], { encoding: 'utf8' });
    if (gdb.status === 0) gdbs.push(performance.now() - gdbStarted);
  }
  const size = `${(debugInfo / MIB).toFixed(1)} MiB of debug information`;
  return [
    { what: `F5 to the stack of the stop in main, ${size}, a new process`, ...summary(ours), meant: 1500 },
    ...(gdbs.length > 0
      ? [{ what: 'for comparison: gdb-multiarch sets a breakpoint in its main and exits', ...summary(gdbs) }]
      : []),
  ];
}

async function crowdFigures(pages: number, crowd: number, rounds: number): Promise<Figure[]> {
  const program = binaryOf('crowd', 'riscv64');
  const debuggee = await Debuggee.start(program, [String(pages), String(crowd)], CROWD, 'stop here', {
    memory: '1G',
  });
  try {
    const what = `${crowd + 1} processes and ${pages} pages`;
    const times: Record<string, number[]> = { step: [], paint: [], views: [] };
    for (let round = 0; round < rounds; round++) {
      times.step.push(await timed(() => debuggee.step()));
      times.paint.push(await timed(() => debuggee.paint()));
      times.views.push(await timed(() => debuggee.views()));
    }
    return [
      { what: `a step over a line, ${what}`, ...summary(times.step), meant: 30 },
      { what: `threads, stack, scopes and locals of a stop, ${what}`, ...summary(times.paint), meant: 50 },
      { what: `the first level of all views of the side bar, ${what}`, ...summary(times.views) },
    ];
  } finally {
    debuggee.end();
  }
}

function run(command: string, args: readonly string[]): string {
  const { status, stdout, stderr, error } = spawnSync(command, args, { encoding: 'utf8' });
  if (error) throw new BenchError(`${command} is needed: ${error.message}`);
  if (status !== 0) throw new BenchError(`${command} fails:\n${stderr}`);
  return stdout;
}

function describe({ what, median, worst, meant, unit = 'ms' }: Figure): string {
  return `${what}: ${median} ${unit}, at worst ${worst} ${unit}${meant ? ` (meant: ${meant} ${unit})` : ''}`;
}

function markdownTable(figures: readonly Figure[]): string {
  return [
    '| | median | worst | meant |',
    '| --- | --: | --: | --: |',
    ...figures.map(
      ({ what, median, worst, meant, unit = 'ms' }) =>
        `| ${what} | ${median} ${unit} | ${worst} ${unit} | ${meant ? `${meant} ${unit}` : ''} |`,
    ),
  ].join('\n');
}
