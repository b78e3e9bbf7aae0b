import { spawnSync } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { BenchError } from './bench-error.ts';
import type { Program } from './programs.ts';

export type Target = 'native' | 'riscv64';

const COMPILER: Readonly<Record<Target, string>> = { native: 'gcc', riscv64: 'riscv64-linux-gnu-gcc' };
/** Static; no contraction, so that native and RISC-V floating point agree to the last bit. */
const OPTIONS = ['-std=gnu17', '-O2', '-static', '-ffp-contract=off', '-fno-math-errno'];
const GUESTS = 'bench/guests';
const OUT = 'out/bench';

export function binaryOf(name: string, target: Target): string {
  return path.join(OUT, target, name);
}

/** Compiles one program for one target, unless it is newer than what it is made of. Throws `BenchError`. */
export function compile(
  name: string,
  target: Target,
  sources: readonly string[] = [path.join(GUESTS, `${name}.c`)],
  options: readonly string[] = [],
): void {
  const binary = binaryOf(name, target);
  const headers = fs.readdirSync(GUESTS).filter((file) => file.endsWith('.h'));
  const inputs = [...sources, ...headers.map((file) => path.join(GUESTS, file)), 'bench/build.ts'];
  if (fs.existsSync(binary)) {
    const built = fs.statSync(binary).mtimeMs;
    if (inputs.every((input) => fs.statSync(input).mtimeMs < built)) return;
  }
  fs.mkdirSync(path.dirname(binary), { recursive: true });
  const { status, stderr, error } = spawnSync(
    COMPILER[target],
    [...OPTIONS, ...options, '-o', binary, ...sources, '-lm'],
    { encoding: 'utf8' },
  );
  if (error) throw new BenchError(`${COMPILER[target]} is needed: ${error.message}`);
  if (status !== 0) throw new BenchError(`${COMPILER[target]} does not compile ${name}:\n${stderr}`);
}

/** Compiles a program of the list for both targets. Throws `BenchError`. */
export function compileProgram({ name, nativeOptions = {} }: Program): void {
  compile(name, 'native', undefined, nativeOptions[process.arch]);
  compile(name, 'riscv64');
}

/** The command line as a user would install it, from the sources as they are. */
export function buildProduct(): void {
  const { status } = spawnSync(process.execPath, ['esbuild.mjs'], { stdio: 'inherit' });
  if (status !== 0) throw new BenchError('npm run build fails');
}
