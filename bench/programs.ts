export type Group = 'integer' | 'interpreter' | 'float' | 'process';

/** What is said about each group in the reports, in their order. */
export const GROUPS: Readonly<Record<Group, string>> = {
  integer: 'integer programs',
  interpreter: 'interpreters',
  float: 'floating point',
  process: 'processes and page faults',
};

/** A program of the benchmark: `bench/guests/<name>.c`, or Lua. */
export interface Program {
  readonly name: string;
  readonly group: Group;
  readonly about: string;
  /** Its argument: an integer program then takes `qemu-riscv64` 3 s or more. Work is proportional to it. */
  readonly size: number;
  /** Compiler options beside the common ones, by host architecture as Node calls it. */
  readonly nativeOptions?: Readonly<Record<string, readonly string[]>>;
}

export const PROGRAMS: readonly Program[] = [
  { name: 'mix', group: 'integer', about: 'after CoreMark: list, matrix, state machine, CRC', size: 40000 },
  { name: 'sieve', group: 'integer', about: 'memory traffic: sieve, quicksort, radix sort, scatter', size: 240 },
  { name: 'calls', group: 'integer', about: 'recursion and calls through pointers', size: 640 },
  { name: 'branches', group: 'integer', about: 'unpredictable branches', size: 4000000 },
  { name: 'strings', group: 'integer', about: 'libc string functions, formatting, hashing, qsort', size: 2100 },
  { name: 'pointers', group: 'integer', about: 'pointer chasing: random cycle, treap, graph', size: 400 },
  { name: 'digest', group: 'integer', about: 'SHA-256 and ChaCha20', size: 14000 },
  { name: 'compress', group: 'integer', about: 'LZ77 and a range coder', size: 540 },
  { name: 'digits', group: 'integer', about: 'big numbers, division, modular powers', size: 98000 },
  { name: 'bytecode', group: 'interpreter', about: 'a stack machine with threaded dispatch', size: 1600 },
  { name: 'lua', group: 'interpreter', about: 'Lua 5.4: tables, closures, strings, collection', size: 320 },
  { name: 'nbody', group: 'float', about: 'n bodies in double, a filter in single precision', size: 2200 },
  {
    name: 'fused',
    group: 'float',
    about: 'fused multiply-add: matrices, polynomials',
    size: 1500,
    nativeOptions: { x64: ['-mfma'] },
  },
  { name: 'waves', group: 'float', about: 'Mandelbrot, FFT, conversions', size: 7200 },
  { name: 'forks', group: 'process', about: 'four children a round, pipes, writes to shared pages', size: 500 },
  { name: 'faults', group: 'process', about: 'mmap, touch, mprotect, madvise, munmap', size: 1000 },
];

/** The interpreter runs this part of a program; its time is extrapolated by instructions. */
export const INTERPRETED_PART: number = 1 / 150;
/** With `--quick` everything runs this part of a program. */
export const QUICK_PART: number = 1 / 1500;

export function scaled(program: Program, part: number): number {
  return Math.max(1, Math.ceil(program.size * part));
}
