import { eventText } from '../program/event-text.ts';
import type { MemoryNames } from '../program/names/memory-names.ts';
import { namedExplanation, namedSnapshot } from '../program/names/named-views.ts';
import { parseMemoryReference } from '../debug/memory-reference.ts';
import { explainAddress, wholeExplanation, type AddressExplanation } from '../inspect/explain.ts';
import { USER_END, virtAddr } from '../memory/address.ts';
import { CowLedger } from '../inspect/cow-ledger.ts';
import { snapshot } from '../inspect/snapshot.ts';
import type { Machine } from '../machine/machine.ts';
import type { Stop } from '../machine/stop.ts';
import { SymbolFile } from '../symbols/symbol-file.ts';
import path from 'node:path';
import { INVARIANT, parseBreak } from './break-spec.ts';
import { CliError, ExitCode } from './exit-code.ts';
import { readProgram } from './guest-files.ts';
import { createMachine, type PlatformOptions } from './machine-options.ts';
import { programImages, programWords, readBeside, type ProgramWords } from './program-places.ts';
import { snapshotText } from './snapshot-text.ts';
import { deadlock } from './deadlock.ts';
import { stopProblem } from './stop-problem.ts';
import { writeAll } from './terminal.ts';

export interface InspectCommandOptions extends PlatformOptions {
  readonly break: string;
  readonly hit: number;
  readonly json?: true;
  /** An address, or one of a process: `p2:0x10000`. */
  readonly explain?: string;
}

/** Runs to the place that `--break` names and prints every address space there. @returns the exit status. */
export function inspect(program: string, args: readonly string[], options: InspectCommandOptions): number {
  // Standard output is the report's alone.
  const checked = options.break === INVARIANT ? { ...options, check: true as const } : options;
  const machine = createMachine(program, args, checked, { output: 2, handles: 'traced' });
  const words = programWords(machine, programImages(machine, program));
  const { names } = words;
  const ledger = recordSharing(machine, words);
  const stop = runTo(machine, program, options);
  const explanation = options.explain === undefined ? undefined : explainAt(machine, names, ledger, options.explain);
  const plain = namedSnapshot(names, machine, snapshot(machine, stop, ledger));
  const document = {
    ...plain,
    stop: { ...plain.stop, ...eventOf(machine, words, stop) },
    ...(explanation ? { explanation } : {}),
  };
  const explained = explanation ? `\n${wholeExplanation(explanation).join('\n')}\n` : '';
  const text = options.json ? `${JSON.stringify(document, null, 2)}\n` : snapshotText(document) + explained;
  writeAll(1, Buffer.from(text));
  return 0;
}

/** What an event is about that the program stopped at, as the debugger says it. */
function eventOf(machine: Machine, { endings }: ProgramWords, stop: Stop): { text?: string } {
  return stop.kind === 'event' ? { text: eventText(machine, stop.event, endings.storyOf(stop.task, stop.event)) } : {};
}

function explainAt(machine: Machine, names: MemoryNames, ledger: CowLedger, text: string): AddressExplanation {
  const place = parseMemoryReference(text);
  if (!place || place.address >= USER_END)
    throw new CliError(ExitCode.BadOption, `'${text}' is no address: write 0x10000, or p2:0x10000 for process 2`);
  const pid = place.pid ?? machine.current?.process.pid ?? 1;
  const process = machine.process(pid);
  const explanation = process && explainAddress(machine, process, virtAddr(Number(place.address)), ledger);
  if (!explanation) throw new CliError(ExitCode.Unavailable, `there is no process ${pid} where the program stopped`);
  return namedExplanation(names, process, explanation);
}

/** From the start, with source lines: breakpoints are not told of what was shared before them. */
function recordSharing(machine: Machine, { places }: ProgramWords): CowLedger {
  const ledger = new CowLedger(machine, (event) => places.at(event));
  machine.listener = (event) => ledger.notice(event);
  return ledger;
}

function runTo(machine: Machine, program: string, options: InspectCommandOptions): Stop {
  const spec = parseBreak(options.break, () => loadSymbols(program));
  if (spec.kind === 'event') machine.stopOn = spec.matches;
  else if (spec.kind === 'addresses') machine.setBreakpoints(spec.addresses);
  for (let hit = 0; ;) {
    const stop = machine.run({ budget: Infinity });
    if (stop.kind === 'exited')
      throw new CliError(
        ExitCode.Unavailable,
        hit === 0
          ? `the program ended (status ${stop.code}) and never came to ${options.break}`
          : `the program ended (status ${stop.code}) after ${hit} of ${options.hit} hits of ${options.break}`,
      );
    if (stop.kind === 'deadlock') throw new CliError(ExitCode.Unavailable, deadlock(machine, program, stop));
    const isWrong = stop.kind === 'invariant' || stop.kind === 'platform-failure';
    if (stop.kind !== 'event' && stop.kind !== 'breakpoint' && !(isWrong && spec.kind === 'invariant'))
      throw stopProblem(machine, stop, 'the program did not stop');
    if (++hit === options.hit) return stop;
  }
}

function loadSymbols(program: string): SymbolFile {
  const symbols = SymbolFile.load(readProgram(program), path.basename(program), 0, (name) => readBeside(program, name));
  if ('error' in symbols) throw new CliError(ExitCode.NotRunnable, symbols.error);
  return symbols;
}
