import fs from 'node:fs';
import { parseArgs } from 'node:util';
import { BenchError } from './bench-error.ts';
import { buildProduct, compileProgram } from './build.ts';
import { chart } from './chart.ts';
import { baselineOf, compare, type Baseline } from './comparison.ts';
import { describeHost, warnIfBusy } from './host.ts';
import { compileLua } from './lua.ts';
import { measure, type Measurement, type Results } from './measurement.ts';
import { PROGRAMS, QUICK_PART, scaled, type Program } from './programs.ts';
import { changeLines, markdownTable, terminalTable } from './report.ts';
import { run } from './runners.ts';
import { replaceSection, writeFormatted } from './write-files.ts';

const USAGE = `npm run bench [-- options]: programs native, on qemu-riscv64 and on Pagewalk, in turn.
  --quick            tiny sizes and fewer rounds: whether everything works, not how fast
  --rounds N         runs of each (5; with --quick 1)
  --only A,B         these programs alone
  --lua DIR          the source of Lua 5.4, instead of Debian's
  --publish          write bench/results.json, docs/performance.svg and the table of docs/performance.md
  --update-baseline  make this run what later ones are compared with
Results go to out/bench/results.json in any case.`;

/** Where the figures of the documentation are, and what a run without --publish writes instead. */
const PUBLISHED = { results: 'bench/results.json', chart: 'docs/performance.svg' };
const UNPUBLISHED = { results: 'out/bench/results.json', chart: 'out/bench/performance.svg' };
const PAGE = 'docs/performance.md';
const BASELINE = 'bench/baseline.json';

export async function main(argv: string[]): Promise<number> {
  const { values: options } = parseArgs({
    args: argv,
    options: {
      help: { type: 'boolean' },
      quick: { type: 'boolean', default: false },
      rounds: { type: 'string' },
      only: { type: 'string' },
      lua: { type: 'string' },
      publish: { type: 'boolean', default: false },
      'update-baseline': { type: 'boolean', default: false },
    },
  });
  if (options.help) {
    console.log(USAGE);
    return 0;
  }
  const { quick } = options;
  const rounds = Number(options.rounds ?? (quick ? 1 : 5));
  if (!Number.isInteger(rounds) || rounds < 1) throw new BenchError('--rounds is a positive number');
  const programs = choose(options.only);
  if (options.publish && (quick || programs !== PROGRAMS)) throw new BenchError('only a full run can be published');

  buildProduct();
  const leftOut = compileAll(programs, options.lua);
  const present = programs.filter(({ name }) => leftOut[name] === undefined);
  if (!quick) refuseInterpreter(present[0]);
  const host = describeHost();
  warnIfBusy(host);
  const measured = present.map((program) => measureAloud(program, quick, rounds));
  const results: Results = { date: new Date().toISOString(), host, rounds, quick, programs: measured, leftOut };

  console.log(`\n${terminalTable(measured)}`);
  console.log('* extrapolated by instructions from a run of a part of the size');
  await writeResults(results, options.publish);
  if (fs.existsSync(BASELINE)) {
    const baseline = JSON.parse(fs.readFileSync(BASELINE, 'utf8')) as Baseline;
    console.log(`\nAgainst the baseline of ${baseline.date.slice(0, 10)} (${baseline.processor}):`);
    for (const line of changeLines(compare(baseline, measured))) console.log(`  ${line}`);
  }
  if (options['update-baseline']) {
    const baseline = baselineOf(results.date, host.processor, measured);
    await writeFormatted(BASELINE, JSON.stringify(baseline));
    console.log(`wrote ${BASELINE}`);
  }
  return 0;
}

function choose(only: string | undefined): readonly Program[] {
  if (only === undefined) return PROGRAMS;
  return only.split(',').map((name) => {
    const program = PROGRAMS.find((candidate) => candidate.name === name);
    if (!program) throw new BenchError(`there is no program ${name}: ${PROGRAMS.map((one) => one.name).join(', ')}`);
    return program;
  });
}

/** @returns the programs that cannot be had, and why */
function compileAll(programs: readonly Program[], luaFolder: string | undefined): Record<string, string> {
  const leftOut: Record<string, string> = {};
  for (const program of programs) {
    if (program.name !== 'lua') compileProgram(program);
    else {
      const problem = compileLua(luaFolder);
      if (problem === undefined) continue;
      leftOut.lua = problem;
      console.log(`lua is left out: ${problem}`);
    }
  }
  return leftOut;
}

/** At full size the interpreter would take hours. */
function refuseInterpreter(program: Program | undefined): void {
  if (!program) return;
  const { stats } = run(program, 'auto', scaled(program, QUICK_PART));
  if (stats!.engine.name === 'interpreter')
    throw new BenchError('--engine auto is the interpreter, which is too slow for the full sizes: use --quick');
}

function measureAloud(program: Program, quick: boolean, rounds: number): Measurement {
  const size = quick ? scaled(program, QUICK_PART) : program.size;
  const shown = `${program.name} ${size}`;
  process.stdout.write(`${shown.padEnd(18)}`);
  const measurement = measure(program, size, rounds, () => process.stdout.write('.'));
  const { autoToQemu, autoToNative } = measurement.ratios;
  console.log(`  / qemu ${autoToQemu.median.toFixed(2)}  / native ${autoToNative.median.toFixed(2)}`);
  return measurement;
}

async function writeResults(results: Results, publish: boolean): Promise<void> {
  const places = publish ? [PUBLISHED, UNPUBLISHED] : [UNPUBLISHED];
  for (const place of places) {
    await writeFormatted(place.results, JSON.stringify(results));
    fs.writeFileSync(place.chart, chart(results.programs));
  }
  if (publish) await replaceSection(PAGE, 'speed', markdownTable(results));
  console.log(`wrote ${places.map(({ results: file }) => file).join(' and ')}`);
}
