import type { Engine } from '../cpu/engine.ts';
import { TranslatorEngine } from '../cpu/translator/translator-engine.ts';
import { eventJson } from '../inspect/event-json.ts';
import { Strace } from '../inspect/strace.ts';
import { signalText } from '../linux/abi/signal-meaning.ts';
import { syscallName } from '../linux/abi/syscall-name.ts';
import type { Machine } from '../machine/machine.ts';
import type { MachineEvent } from '../machine/machine-event.ts';
import type { Stop } from '../machine/stop.ts';
import { changesOf } from '../linux/files/changes.ts';
import { CliError, ExitCode } from './exit-code.ts';
import { createMachine, type PlatformOptions } from './machine-options.ts';
import { saveChanges } from './save-changes.ts';
import { stopProblem } from './stop-problem.ts';
import { openForWriting, writeAll } from './terminal.ts';
import path from 'node:path';

export interface RunCommandOptions extends PlatformOptions {
  readonly events?: string;
  readonly stats?: string;
  readonly maxInstructions?: number;
  readonly strace?: true;
}

/**
 * Runs the guest to its end.
 * @param tools what says where in a program something happened, read when it is needed.
 * @returns the exit status of the command.
 */
export async function run(
  program: string,
  args: readonly string[],
  options: RunCommandOptions,
  tools: () => Promise<Pick<typeof import('./tools.ts'), 'circumstances' | 'deadlock'>>,
): Promise<number> {
  if (options.rootMode === 'save' && options.root === undefined)
    throw new CliError(ExitCode.BadOption, '--root-mode save needs --root, the directory to save in');
  const machine = createMachine(program, args, options, { output: 1, handles: 'untraced' });
  const listeners: ((event: MachineEvent) => void)[] = [];
  if (options.events !== undefined) listeners.push(eventWriter(options.events));
  if (options.strace) {
    const strace = new Strace(machine, (line) => writeAll(2, Buffer.from(`${line}\n`)));
    listeners.push((event) => strace.notice(event));
  }
  let outOfMemory: number | undefined;
  machine.alarm = (event) => {
    if (event.kind === 'out-of-memory') outOfMemory ??= event.pid;
    else warn(`the program used system call ${syscallName(event.number)}, which is not supported (it got ENOSYS)`);
  };
  if (listeners.length > 0) machine.listener = (event) => listeners.forEach((listen) => listen(event));

  const first = machine.current?.process ?? machine.tasks()[0].process;
  machine.stopOnSignal = ({ pid, action }) => pid === first.pid && action === 'terminate';
  const limit = options.maxInstructions ?? Infinity;
  const started = performance.now();
  let ending: { readonly signal: number; readonly where: string } | undefined;
  let stop: Stop;
  try {
    stop = machine.run({ budget: limit });
    if (stop.kind === 'event') {
      const { event } = stop;
      if (event.kind === 'signal')
        ending = { signal: event.signal, where: (await tools()).circumstances(machine, program, event) };
      machine.stopOnSignal = undefined;
      stop = machine.run({ budget: limit - machine.hart.instret });
    }
  } finally {
    if (options.stats !== undefined) writeStats(options.stats, machine, (performance.now() - started) / 1000);
  }
  if (options.rootMode === 'save' && options.root !== undefined)
    saveChanges(options.root, changesOf(machine.kernel.files.root));
  if (outOfMemory !== undefined && stop.kind === 'exited')
    warn(`out of guest memory: pid ${outOfMemory} was killed (--memory gives the guest more)`);
  if (stop.kind === 'exited') {
    if (outOfMemory === first.pid) return ExitCode.Unavailable;
    const { signal } = stop;
    const where = ending && ending.signal === signal ? ending.where : '';
    if (signal !== undefined) warn(`${path.basename(program)}: ended by signal ${signalText(signal)}${where}`);
    return stop.code;
  }
  if (stop.kind === 'deadlock')
    throw new CliError(ExitCode.Unavailable, (await tools()).deadlock(machine, program, stop));
  throw stopProblem(machine, stop, `stopped after ${options.maxInstructions} instructions (--max-instructions)`);
}

function warn(message: string): void {
  writeAll(2, Buffer.from(`pagewalk: ${message}\n`));
}

/** A listener that writes JSON lines to a file, `-` for stderr. Throws `CliError` when it cannot be opened. */
function eventWriter(file: string): (event: MachineEvent) => void {
  const descriptor = file === '-' ? 2 : openForWriting(file);
  return (event) => writeAll(descriptor, Buffer.from(`${JSON.stringify(eventJson(event))}\n`));
}

function writeStats(file: string, machine: Machine, hostSeconds: number): void {
  const { instret } = machine.hart;
  const { faults, forks, syscalls } = machine.stats;
  const stats = {
    instructions: instret,
    hostSeconds,
    mips: instret / hostSeconds / 1e6,
    faults,
    framesCopied: machine.frames.pagesCopied,
    peakFrames: machine.frames.peak,
    forks,
    syscalls,
    engine: engineStatistics(machine.engine),
  };
  const descriptor = file === '-' ? 2 : openForWriting(file);
  writeAll(descriptor, Buffer.from(`${JSON.stringify(stats, null, 2)}\n`));
}

function engineStatistics(engine: Engine): object {
  return engine instanceof TranslatorEngine ? { name: 'translator', ...engine.statistics } : { name: 'interpreter' };
}
