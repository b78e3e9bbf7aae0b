import { BenchError } from './bench-error.ts';
import type { Host } from './host.ts';
import { INTERPRETED_PART, scaled, type Group, type Program } from './programs.ts';
import { run, RUNNERS, type Run, type Runner } from './runners.ts';
import { round, summarize, type Summary } from './statistics.ts';

/** What was measured of one program. Seconds are of whole processes. */
export interface Measurement {
  readonly name: string;
  readonly group: Group;
  readonly size: number;
  /** Retired by the guest at this size. */
  readonly instructions: number;
  /** What `--engine auto` was. */
  readonly engine: string;
  readonly seconds: {
    readonly native: Summary;
    readonly qemu: Summary;
    readonly auto: Summary;
    /** Extrapolated by instructions from a run at `interpretedSize`. */
    readonly interpreter: Summary;
  };
  readonly interpretedSize: number;
  /** Millions of guest instructions a second, start of the process included (interpreter: not included). */
  readonly mips: { readonly qemu: number; readonly auto: number; readonly interpreter: number };
  readonly ratios: Ratios;
}

/** Times as ratios, each of runs in one round. Below 1: the first is faster. */
export interface Ratios {
  readonly autoToQemu: Summary;
  readonly autoToNative: Summary;
  readonly interpreterToQemu: Summary;
}

/** `bench/results.json`. */
export interface Results {
  readonly date: string;
  readonly host: Host;
  readonly rounds: number;
  readonly quick: boolean;
  readonly programs: readonly Measurement[];
  /** Programs that could not be measured, and why. */
  readonly leftOut: Readonly<Record<string, string>>;
}

/**
 * Runs a program `rounds` times on every runner in turn, so that what disturbs the machine disturbs all of them.
 * @param progress told of each round
 * @throws {BenchError} when outputs differ
 */
export function measure(program: Program, size: number, rounds: number, progress: (done: number) => void): Measurement {
  const interpretedSize = Math.min(size, scaled(program, INTERPRETED_PART));
  // Once at the interpreter's size, for its answer; this also brings the files into the page cache.
  const expected: Partial<Record<number, string>> = { [interpretedSize]: run(program, 'qemu', interpretedSize).output };
  const runs = Object.fromEntries(RUNNERS.map((runner) => [runner, []])) as unknown as Record<Runner, Run[]>;
  for (let done = 0; done < rounds; done++) {
    for (const runner of RUNNERS) {
      const at = runner === 'interpreter' ? interpretedSize : size;
      const one = run(program, runner, at);
      expected[at] ??= one.output;
      if (one.output !== expected[at])
        throw new BenchError(
          `${program.name} ${at} prints something else on ${runner}: ${one.output.trim()}, not ${expected[at].trim()}`,
        );
      runs[runner].push(one);
    }
    progress(done + 1);
  }
  return summarizeRuns(program, size, interpretedSize, runs);
}

function summarizeRuns(
  { name, group }: Program,
  size: number,
  interpretedSize: number,
  runs: Readonly<Record<Runner, readonly Run[]>>,
): Measurement {
  const { instructions, engine } = runs.auto[0].stats!;
  const seconds: Record<Runner, number[]> = {
    native: runs.native.map((one) => one.seconds),
    qemu: runs.qemu.map((one) => one.seconds),
    auto: runs.auto.map((one) => one.seconds),
    interpreter: runs.interpreter.map(({ stats, seconds: whole }) => {
      const start = whole - stats!.hostSeconds;
      return start + (stats!.hostSeconds / stats!.instructions) * instructions;
    }),
  };
  const ratio = (a: Runner, b: Runner): Summary =>
    summarize(seconds[a].map((value, index) => value / seconds[b][index]));
  const mips = (summary: Summary): number => round(instructions / summary.median / 1e6);
  const summaries = {
    native: summarize(seconds.native),
    qemu: summarize(seconds.qemu),
    auto: summarize(seconds.auto),
    interpreter: summarize(seconds.interpreter),
  };
  const interpreted = summarize(runs.interpreter.map(({ stats }) => stats!.hostSeconds / stats!.instructions));
  return {
    name,
    group,
    size,
    instructions,
    engine: engine.name,
    seconds: summaries,
    interpretedSize,
    mips: { qemu: mips(summaries.qemu), auto: mips(summaries.auto), interpreter: round(1e-6 / interpreted.median) },
    ratios: {
      autoToQemu: ratio('auto', 'qemu'),
      autoToNative: ratio('auto', 'native'),
      interpreterToQemu: ratio('interpreter', 'qemu'),
    },
  };
}
