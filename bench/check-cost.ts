import { spawnSync } from 'node:child_process';
import { parseArgs } from 'node:util';
import { BenchError } from './bench-error.ts';
import { binaryOf, buildProduct, compile } from './build.ts';
import { describeHost, warnIfBusy } from './host.ts';
import { median, round } from './statistics.ts';
import { replaceSection, writeFormatted } from './write-files.ts';

const USAGE = `npm run bench:check [-- options]: what checking the invariants after every transition costs.
  --quick      one round: whether everything works, not how fast
  --publish    write bench/check-results.json and the table of docs/performance.md
Results go to out/bench/check-results.json in any case.`;

const GUEST = 'processes';

/** What the guest does, and its arguments. */
const RUNS: readonly (readonly [string, readonly string[]])[] = [
  ['2 MiB that are copied on write, 12 forks', ['cow', '2', '12']],
  ['20 MiB that are copied on write, 12 forks', ['cow', '20', '12']],
  ['100 forks of 20 MiB, nothing is written', ['fork', '20', '100']],
  ['a tree of 127 processes with 1 MiB', ['tree', '6']],
  ['800 children that wait', ['wait', '800']],
];

interface Row {
  readonly what: string;
  /** Milliseconds of whole processes. */
  readonly without: number;
  readonly checked: number;
  /** Median of the ratios within a round. */
  readonly ratio: number;
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
  compile(GUEST, 'riscv64');
  const host = describeHost();
  warnIfBusy(host);
  const rows: Row[] = [];
  for (const [what, args] of RUNS) {
    const row = measure(what, args, quick ? 1 : 11);
    rows.push(row);
    console.log(`${what.padEnd(46)} ${row.without} ms  with --check ${row.checked} ms  ratio ${row.ratio}`);
  }
  const results = { date: new Date().toISOString(), host, rows };
  for (const file of ['out/bench/check-results.json', ...(publish ? ['bench/check-results.json'] : [])])
    await writeFormatted(file, JSON.stringify(results));
  if (publish) await replaceSection('docs/performance.md', 'check', markdownTable(rows));
  return 0;
}

function measure(what: string, args: readonly string[], rounds: number): Row {
  const without: number[] = [];
  const checked: number[] = [];
  for (let each = 0; each < rounds; each++) {
    without.push(timed(args, []));
    checked.push(timed(args, ['--check']));
  }
  return {
    what,
    without: round(median(without)),
    checked: round(median(checked)),
    ratio: round(median(checked.map((time, each) => time / without[each]))),
  };
}

/** @returns milliseconds of a whole process. */
function timed(args: readonly string[], options: readonly string[]): number {
  const started = performance.now();
  const run = spawnSync(process.execPath, ['dist/cli.js', 'run', ...options, binaryOf(GUEST, 'riscv64'), ...args]);
  const time = performance.now() - started;
  if (run.status !== 0)
    throw new BenchError(`${GUEST} ${args.join(' ')} ended with ${run.status}: ${String(run.stderr)}`);
  return time;
}

function markdownTable(rows: readonly Row[]): string {
  return [
    '| | without | `--check` | ratio |',
    '| --- | --: | --: | --: |',
    ...rows.map(({ what, without, checked, ratio }) => `| ${what} | ${without} ms | ${checked} ms | ${ratio} |`),
  ].join('\n');
}
