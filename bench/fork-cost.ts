import { spawnSync } from 'node:child_process';
import { parseArgs } from 'node:util';
import { PLATFORM_NAMES } from '../src/platform/registry.ts';
import { BenchError } from './bench-error.ts';
import { binaryOf, compile } from './build.ts';
import { evaluate, type ForkCosts, type Mark } from './fork-marks.ts';
import { describeHost, warnIfBusy } from './host.ts';
import { QEMU } from './runners.ts';
import { round } from './statistics.ts';
import { replaceSection, writeFormatted } from './write-files.ts';

const USAGE = `npm run bench:fork [-- options]: page faults and forks of a process with many touched pages.
  --quick      a small process only, and few rounds
  --rounds N   forks of each kind (30; with --quick 6)
  --pages A,B  touched pages (1000,10000,100000)
  --platforms A,B
  --publish    write bench/fork-results.json and the table of docs/performance.md
Results go to out/bench/fork-results.json in any case.`;

const NAME = 'fork-cost';
const HARNESS = 'out/bench/fork-harness.mjs';
/** fork-cost.c ends with this where fork fails. */
const FORK_FAILED = 3;

/** `undefined` where the system cannot fork, or not a process of this size. */
interface Row {
  readonly pages: number;
  readonly system: string;
  readonly costs: ForkCosts | undefined;
  /** Each cost as a part of native Linux's. */
  readonly toNative: ForkCosts | undefined;
}

export async function main(argv: string[]): Promise<number> {
  const { values: options } = parseArgs({
    args: argv,
    options: {
      help: { type: 'boolean' },
      quick: { type: 'boolean', default: false },
      rounds: { type: 'string' },
      pages: { type: 'string' },
      platforms: { type: 'string' },
      publish: { type: 'boolean', default: false },
    },
  });
  if (options.help) {
    console.log(USAGE);
    return 0;
  }
  const { quick, publish } = options;
  if (publish && (quick || options.pages !== undefined || options.platforms !== undefined))
    throw new BenchError('only a full run can be published');
  const rounds = Number(options.rounds ?? (quick ? 6 : 30));
  const sizes = (options.pages ?? (quick ? '1000' : '1000,10000,100000')).split(',').map(Number);
  if (![rounds, ...sizes].every((value) => Number.isInteger(value) && value > 0))
    throw new BenchError('--rounds and --pages take positive numbers');
  const platforms = options.platforms?.split(',') ?? PLATFORM_NAMES;
  compile(NAME, 'native');
  compile(NAME, 'riscv64');
  const host = describeHost();
  warnIfBusy(host);
  const rows = sizes.flatMap((pages) => measureSize(pages, rounds, platforms));
  const results = { date: new Date().toISOString(), host, rounds, rows };
  for (const file of ['out/bench/fork-results.json', ...(publish ? ['bench/fork-results.json'] : [])])
    await writeFormatted(file, JSON.stringify(results));
  if (publish) await replaceSection('docs/performance.md', 'fork', markdownTable(rows));
  return 0;
}

function measureSize(pages: number, rounds: number, platforms: readonly string[]): Row[] {
  const writes = Math.min(1000, pages / 10);
  const args = (clock: 'self' | 'host'): string[] => [String(pages), String(rounds), String(writes), clock];
  const systems: Record<string, () => readonly Mark[] | undefined> = {
    native: () => selfTimed(binaryOf(NAME, 'native'), args('self')),
    [QEMU]: () => selfTimed(QEMU, [binaryOf(NAME, 'riscv64'), ...args('self')]),
  };
  for (const platform of platforms)
    systems[platform] = () => {
      const output = execute(process.execPath, [HARNESS, binaryOf(NAME, 'riscv64'), platform, 'auto', ...args('host')]);
      return output === undefined ? undefined : (JSON.parse(output) as Mark[]);
    };
  let native: ForkCosts | undefined;
  return Object.entries(systems).map(([system, marksOf]) => {
    const marks = marksOf();
    const costs = marks && evaluate(marks, pages, writes);
    native ??= costs;
    const row: Row = { pages, system, costs, toNative: costs && native && quotients(costs, native) };
    console.log(describe(row));
    return row;
  });
}

function selfTimed(command: string, args: readonly string[]): Mark[] | undefined {
  const lines = execute(command, args)?.trim().split('\n');
  return lines?.map((line) => {
    const [letter, at] = line.split(' ');
    return { letter, at: Number(at) };
  });
}

/** @returns what it printed, or `undefined` where it could not fork */
function execute(command: string, args: readonly string[]): string | undefined {
  const { status, stdout, stderr, error } = spawnSync(command, args, { encoding: 'utf8', maxBuffer: 2 ** 28 });
  if (error) throw new BenchError(`cannot run ${command}: ${error.message}`);
  if (status === FORK_FAILED) return undefined;
  if (status !== 0) throw new BenchError(`${[command, ...args].join(' ')} ended with ${status}: ${stderr.trim()}`);
  return stdout;
}

function quotients(costs: ForkCosts, native: ForkCosts): ForkCosts {
  const part = (name: keyof ForkCosts): number => round(costs[name] / native[name]);
  return {
    demandZero: part('demandZero'),
    cowFault: part('cowFault'),
    fork: part('fork'),
    forkExitWait: part('forkExitWait'),
  };
}

const COLUMNS: Readonly<Record<keyof ForkCosts, string>> = {
  fork: 'fork call',
  forkExitWait: 'fork+exit+wait',
  cowFault: 'CoW fault',
  demandZero: 'demand-zero fault',
};
const NAMES = Object.keys(COLUMNS) as (keyof ForkCosts)[];

function cells({ costs, toNative }: Row): string[] {
  return NAMES.map((name) =>
    costs && toNative ? `${digits(costs[name], 3)} (${digits(toNative[name], 2)})` : 'not supported',
  );
}

/** So many significant digits, never as a power of ten. */
function digits(value: number, significant: number): string {
  return String(Number(value.toPrecision(significant)));
}

function describe(row: Row): string {
  const values = row.costs ? cells(row).map((cell, index) => `${COLUMNS[NAMES[index]]} ${cell}`) : ['cannot fork this'];
  return `${String(row.pages).padStart(6)} pages  ${row.system.padEnd(18)} ${values.join('  ')}`;
}

function markdownTable(rows: readonly Row[]): string {
  const line = (values: readonly string[]): string => `| ${values.join(' | ')} |`;
  const head = ['touched pages', 'system', ...NAMES.map((name) => `${COLUMNS[name]}, µs`)];
  return [
    line(head),
    line(head.map((_, index) => (index < 2 ? '---' : '--:'))),
    ...rows.map((row) => line([String(row.pages), row.system, ...cells(row)])),
    '',
    'In brackets: as a part of native Linux on the same machine.',
  ].join('\n');
}
