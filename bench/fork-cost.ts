import { spawnSync } from 'node:child_process';
import { parseArgs } from 'node:util';
import { PLATFORM_NAMES } from '../src/platform/registry.ts';
import { BenchError } from './bench-error.ts';
import { binaryOf, compile } from './build.ts';
import { evaluate, type ForkCosts, type Mark } from './fork-marks.ts';
import { describeHost, warnIfBusy, type Host } from './host.ts';
import { QEMU } from './runners.ts';
import { median, round } from './statistics.ts';
import { replaceSection, writeFormatted } from './write-files.ts';

const USAGE = `npm run bench:fork [-- options]: page faults and forks of a process with many touched pages.
  --quick      a small process only, and few rounds
  --rounds N   forks of each kind (30; with --quick 6), fewer of the largest processes
  --passes N   every system in turn, so often; ratios are taken within a pass (3; with --quick 1)
  --pages A,B  touched pages (1000,10000,100000)
  --platforms A,B
  --clock cpu  processor time instead of the time that passes: for a machine that is busy with other work
  --publish    write bench/fork-results.json and the table of docs/performance.md
Results go to out/bench/fork-results.json in any case.`;

const NAME = 'fork-cost';
/** Processes that sleep while `ForkCosts.cowFaultAmong` is measured. */
const ALIVE = 100;
/** Where a child that sleeps would keep its parent from running. */
const PARKS_PARENTS: ReadonlySet<string> = new Set(['partitioned', 'partitioned-eager']);
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

/** `bench/fork-results.json`. */
interface Results {
  readonly date: string;
  readonly host: Host;
  readonly rounds: number;
  readonly passes: number;
  readonly clock: 'wall' | 'cpu';
  readonly rows: readonly Row[];
}

export async function main(argv: string[]): Promise<number> {
  const { values: options } = parseArgs({
    args: argv,
    options: {
      help: { type: 'boolean' },
      quick: { type: 'boolean', default: false },
      rounds: { type: 'string' },
      passes: { type: 'string' },
      clock: { type: 'string', default: 'wall' },
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
  if (options.clock !== 'wall' && options.clock !== 'cpu') throw new BenchError('--clock takes wall or cpu');
  const clock: Results['clock'] = options.clock;
  const passes = Number(options.passes ?? (quick ? 1 : 3));
  if (![rounds, passes, ...sizes].every((value) => Number.isInteger(value) && value > 0))
    throw new BenchError('--rounds, --passes and --pages take positive numbers');
  const platforms = options.platforms?.split(',') ?? PLATFORM_NAMES;
  compile(NAME, 'native');
  compile(NAME, 'riscv64');
  const host = describeHost();
  warnIfBusy(host);
  const rows = sizes.flatMap((pages) => measureSize(pages, roundsOf(pages, rounds), passes, clock, platforms));
  const results = { date: new Date().toISOString(), host, rounds, passes, clock, rows };
  for (const file of ['out/bench/fork-results.json', ...(publish ? ['bench/fork-results.json'] : [])])
    await writeFormatted(file, JSON.stringify(results));
  if (publish) await replaceSection('docs/performance.md', 'fork', markdownTable(results));
  return 0;
}

/** What takes long needs fewer repetitions: a loop over so many pages is warm at once. */
function roundsOf(pages: number, rounds: number): number {
  return Math.min(rounds, Math.max(10, Math.round((rounds * 10_000) / pages)));
}

function measureSize(
  pages: number,
  rounds: number,
  passes: number,
  clock: Results['clock'],
  platforms: readonly string[],
): Row[] {
  const writes = Math.min(1000, pages / 10);
  const args = (looksAt: Results['clock'] | 'host', alive = ALIVE): string[] =>
    [pages, rounds, writes, alive, looksAt].map((argument) => String(argument));
  const systems: Record<string, () => readonly Mark[] | undefined> = {
    native: () => selfTimed(binaryOf(NAME, 'native'), args(clock)),
    [QEMU]: () => selfTimed(QEMU, [binaryOf(NAME, 'riscv64'), ...args(clock)]),
  };
  for (const platform of platforms)
    systems[platform] = () => {
      const guest = args('host', PARKS_PARENTS.has(platform) ? 0 : ALIVE);
      const output = execute(process.execPath, [HARNESS, binaryOf(NAME, 'riscv64'), platform, clock, ...guest]);
      return output === undefined ? undefined : (JSON.parse(output) as Mark[]);
    };
  const measured = Object.keys(systems).map((system) => ({ system, costs: [] as ForkCosts[] }));
  for (let pass = 0; pass < passes; pass++)
    for (const { system, costs } of measured) {
      const marks = systems[system]();
      if (marks) costs.push(evaluate(marks, pages, writes));
    }
  const [native] = measured;
  return measured.map(({ system, costs }) => {
    const toNative = costs.map((cost, pass) => combine([cost, native.costs[pass]], ([own, of]) => own / of));
    const row: Row = { pages, system, costs: medians(costs), toNative: medians(toNative) };
    console.log(describe(row));
    return row;
  });
}

function medians(costs: readonly ForkCosts[]): ForkCosts | undefined {
  return costs.length === 0 ? undefined : combine(costs, median);
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

/** Applies a function to each kind of cost; the result lacks what one of the costs lacks. */
function combine(costs: readonly ForkCosts[], apply: (values: readonly number[]) => number): ForkCosts {
  const among = costs.map(({ cowFaultAmong }) => cowFaultAmong).filter((cost) => cost !== undefined);
  const each = (name: Exclude<keyof ForkCosts, 'cowFaultAmong'>): number =>
    round(apply(costs.map((cost) => cost[name])));
  return {
    demandZero: each('demandZero'),
    cowFault: each('cowFault'),
    fork: each('fork'),
    forkAgain: each('forkAgain'),
    forkExitWait: each('forkExitWait'),
    cowFaultAmong: among.length === costs.length ? round(apply(among)) : undefined,
  };
}

const COLUMNS: Readonly<Record<keyof ForkCosts, string>> = {
  fork: 'fork call',
  forkAgain: 'fork call, again',
  forkExitWait: 'fork+exit+wait',
  cowFault: 'CoW fault',
  cowFaultAmong: `CoW fault, ${ALIVE} processes`,
  demandZero: 'demand-zero fault',
};
const NAMES = Object.keys(COLUMNS) as (keyof ForkCosts)[];

function cells({ costs, toNative }: Row): string[] {
  return NAMES.map((name) => {
    const [cost, part] = [costs?.[name], toNative?.[name]];
    return cost !== undefined && part !== undefined ? `${digits(cost, 3)} (${digits(part, 2)})` : 'not supported';
  });
}

const MEASURES: Readonly<Record<Results['clock'], string>> = {
  wall: 'Time that passed',
  cpu: 'Processor time of all threads and children, because the machine was busy with other work',
};

/** So many significant digits, never as a power of ten. */
function digits(value: number, significant: number): string {
  return String(Number(value.toPrecision(significant)));
}

function describe(row: Row): string {
  const values = row.costs ? cells(row).map((cell, index) => `${COLUMNS[NAMES[index]]} ${cell}`) : ['cannot fork this'];
  return `${String(row.pages).padStart(6)} pages  ${row.system.padEnd(18)} ${values.join('  ')}`;
}

function markdownTable({ rows, host, passes, clock, date }: Results): string {
  const line = (values: readonly string[]): string => `| ${values.join(' | ')} |`;
  const head = ['touched pages', 'system', ...NAMES.map((name) => `${COLUMNS[name]}, µs`)];
  return [
    line(head),
    line(head.map((_, index) => (index < 2 ? '---' : '--:'))),
    ...rows.map((row) => line([String(row.pages), row.system, ...cells(row)])),
    '',
    `In brackets: as a part of native Linux on the same machine, in the same pass. ${MEASURES[clock]};`,
    `${passes === 1 ? 'one pass' : `medians of ${passes} passes`}, ${date.slice(0, 10)}, on ${host.cores} cores of ${host.processor} (load before: ${host.load}).`,
  ].join('\n');
}
