import { spawnSync } from 'node:child_process';
import fs from 'node:fs';
import { BenchError } from './bench-error.ts';
import { binaryOf } from './build.ts';
import { luaArguments } from './lua.ts';
import type { Program } from './programs.ts';

/** Who runs a program, in the order of a round. */
export const RUNNERS = ['native', 'qemu', 'auto', 'interpreter'] as const;
export type Runner = (typeof RUNNERS)[number];

/** One run of a whole process. */
export interface Run {
  /** Wall-clock time from starting the process to its end. */
  readonly seconds: number;
  /** Everything it wrote to standard output, and its exit status. */
  readonly output: string;
  /** What `--stats` says, of Pagewalk's runs. */
  readonly stats?: Stats;
}

interface Stats {
  readonly instructions: number;
  readonly hostSeconds: number;
  readonly engine: { readonly name: string };
}

export const QEMU = 'qemu-riscv64';
const CLI = 'dist/cli.js';
const STATS = 'out/bench/stats.json';
/** As the shell's, but the same everywhere. */
const ENVIRONMENT = { PATH: '/usr/local/bin:/usr/bin:/bin', HOME: '/', LANG: 'C.UTF-8' };

/** Runs a program of the list once. Throws `BenchError` when it cannot be started or fails. */
export function run(program: Program, runner: Runner, size: number): Run {
  const args = program.name === 'lua' ? luaArguments(size) : [String(size)];
  const guest = binaryOf(program.name, 'riscv64');
  switch (runner) {
    case 'native':
      return timed(binaryOf(program.name, 'native'), args);
    case 'qemu':
      return timed(QEMU, [guest, ...args]);
    case 'auto':
    case 'interpreter':
      return pagewalk(guest, args, runner);
  }
}

function pagewalk(guest: string, args: readonly string[], engine: string): Run {
  const timing = timed(process.execPath, [CLI, 'run', '--engine', engine, '--stats', STATS, guest, ...args]);
  return { ...timing, stats: JSON.parse(fs.readFileSync(STATS, 'utf8')) as Stats };
}

function timed(command: string, args: readonly string[]): Run {
  const started = performance.now();
  const { status, signal, stdout, stderr, error } = spawnSync(command, args, {
    env: ENVIRONMENT,
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'pipe'],
    maxBuffer: 2 ** 26,
  });
  const seconds = (performance.now() - started) / 1000;
  const line = [command, ...args.map((arg) => arg.split('\n')[0])].join(' ');
  if (error) throw new BenchError(`cannot run ${line}: ${error.message}`);
  if (status !== 0) throw new BenchError(`${line} ended with ${signal ?? status}: ${stderr.trim()}`);
  return { seconds, output: stdout };
}
