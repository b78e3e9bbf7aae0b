import { snapshot } from '../inspect/snapshot.ts';
import type { Machine } from '../machine/machine.ts';
import type { Stop } from '../machine/stop.ts';
import { SymbolFile } from '../symbols/symbol-file.ts';
import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { parseBreak } from './break-spec.ts';
import { CliError, ExitCode } from './exit-code.ts';
import { readProgram } from './guest-files.ts';
import { createMachine, type PlatformOptions } from './machine-options.ts';
import { snapshotText } from './snapshot-text.ts';
import { stopProblem } from './stop-problem.ts';
import { writeAll } from './terminal.ts';

export interface InspectCommandOptions extends PlatformOptions {
  readonly break: string;
  readonly hit: number;
  readonly json?: true;
}

/** Runs to the place that `--break` names and prints every address space there. @returns the exit status. */
export function inspect(program: string, args: readonly string[], options: InspectCommandOptions): number {
  // Standard output is the report's alone.
  const machine = createMachine(program, args, options, { output: 2, handles: 'traced' });
  const stop = runTo(machine, program, options);
  const document = snapshot(machine, stop);
  const text = options.json ? `${JSON.stringify(document, null, 2)}\n` : snapshotText(document);
  writeAll(1, Buffer.from(text));
  return 0;
}

function runTo(machine: Machine, program: string, options: InspectCommandOptions): Stop {
  const spec = parseBreak(options.break, () => loadSymbols(program));
  if (spec.kind === 'event') machine.stopOn = spec.matches;
  else machine.setBreakpoints(spec.addresses);
  for (let hit = 0; ;) {
    const stop = machine.run({ budget: Infinity });
    if (stop.kind === 'exited')
      throw new CliError(
        ExitCode.Unavailable,
        hit === 0
          ? `the program ended (status ${stop.code}) and never came to ${options.break}`
          : `the program ended (status ${stop.code}) after ${hit} of ${options.hit} hits of ${options.break}`,
      );
    if (stop.kind !== 'event' && stop.kind !== 'breakpoint')
      throw stopProblem(machine, stop, 'the program did not stop');
    if (++hit === options.hit) return stop;
  }
}

function loadSymbols(program: string): SymbolFile {
  const symbols = SymbolFile.load(readProgram(program), path.basename(program), 0, (name) => {
    const file = path.resolve(path.dirname(program), name);
    return existsSync(file) ? new Uint8Array(readFileSync(file)) : undefined;
  });
  if ('error' in symbols) throw new CliError(ExitCode.NotRunnable, symbols.error);
  return symbols;
}
