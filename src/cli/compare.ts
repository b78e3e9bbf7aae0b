import { comparisonReport } from '../inspect/comparison-report.ts';
import { comparisonRow, verdictOf, type Verdict } from '../inspect/comparison.ts';
import { measure, notLoaded, type MeasuredRun } from '../inspect/measured-run.ts';
import { PLATFORM_NAMES } from '../platform/registry.ts';
import { CapturedConsole, ReplayedInput } from './captured-console.ts';
import { comparisonText } from './comparison-text.ts';
import { CliError, ExitCode } from './exit-code.ts';
import { bootTime, loadMachine, type GuestOptions } from './machine-options.ts';
import { openForWriting, Terminal, writeAll } from './terminal.ts';

export interface CompareCommandOptions extends GuestOptions {
  readonly maxInstructions?: number;
  readonly json?: true;
  readonly jsonLines?: true;
  readonly html?: string;
}

/** Status of the command when the platforms do not agree, as of diff(1) and cmp(1). */
const DIFFERENT = 1;

/** Runs the program on every platform and prints what each run cost. @returns the exit status. */
export function compare(program: string, args: readonly string[], options: CompareCommandOptions): number {
  const report = options.html === undefined ? undefined : openForWriting(options.html);
  const runs: MeasuredRun[] = [];
  for (const run of measureAll(program, args, options)) {
    runs.push(run);
    if (options.jsonLines) print(`${JSON.stringify(run)}\n`);
  }
  if (report !== undefined) writeAll(report, Buffer.from(comparisonReport({ program, args, runs }, { kind: 'page' })));
  if (options.json) print(`${JSON.stringify(runs.map(comparisonRow), null, 2)}\n`);
  else if (!options.jsonLines) print(comparisonText(runs));
  return exitStatus(verdictOf(runs));
}

function* measureAll(
  program: string,
  args: readonly string[],
  options: CompareCommandOptions,
): Generator<MeasuredRun, void> {
  const terminal = new Terminal(1);
  const input = new ReplayedInput((max) => terminal.read(max));
  const started = bootTime();
  for (const platform of PLATFORM_NAMES) {
    const console = new CapturedConsole(input);
    const machine = loadMachine(program, args, options, {
      platform,
      console,
      bootTime: started,
      handles: 'untraced',
    });
    if (machine.ok) yield measure(machine.value, options.maxInstructions ?? Infinity, () => console.printed());
    else {
      const { message, exitCode } = machine.error;
      // The first platform is the default, and loads whatever any of them does: the program is at fault.
      if (platform === PLATFORM_NAMES[0]) throw new CliError(exitCode, message);
      yield notLoaded(platform, message, console.printed());
    }
  }
}

function exitStatus({ outcomes, broken }: Verdict): number {
  if (broken.length > 0) return ExitCode.Software;
  return outcomes.length > 1 ? DIFFERENT : 0;
}

function print(text: string): void {
  writeAll(1, Buffer.from(text));
}
