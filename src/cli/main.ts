import { Command, CommanderError, InvalidArgumentError, Option } from 'commander';
import { version } from '../../package.json';
import { ROOT_MODES } from '../linux/host.ts';
import type { CompareCommandOptions } from './compare.ts';
import { ExitCode, isCliError } from './exit-code.ts';
import type { InspectCommandOptions } from './inspect.ts';
import { addGuestOptions, addPlatformOptions } from './machine-options.ts';
import { misplacedOptions } from './misplaced-options.ts';
import { run, type RunCommandOptions } from './run.ts';
import { setV8Flags } from './v8-flags.ts';

/** Runs the command line. @returns the exit status, or `undefined` when a server goes on. */
async function main(argv: readonly string[]): Promise<number | undefined> {
  let status: number | undefined = 0;
  const program = new Command('pagewalk')
    .description('Run RISC-V Linux programs and look at their address spaces.')
    .version(version)
    .enablePositionalOptions()
    .exitOverride()
    .configureOutput({ outputError: () => undefined }); // reported below, in one line

  addPlatformOptions(program.command('run').description("run a program; its streams and exit status are the command's"))
    .option('--events <file>', 'write every event as a JSON line (- for stderr)')
    .option('--stats <file>', 'write instruction, fault and copy counts as JSON (- for stderr)')
    .option('--max-instructions <n>', 'stop after so many instructions', positive)
    .addOption(
      new Option('--root-mode <mode>', 'what becomes of changes to files of --root')
        .choices(ROOT_MODES)
        .default(ROOT_MODES[0]),
    )
    .option('--strace', 'write system calls and signals to standard error, as strace(1) does')
    .argument('<program>')
    .argument('[args...]')
    .passThroughOptions()
    .action(async (file: string, args: string[], options: RunCommandOptions) => {
      status = await run(file, args, options, tools);
    });

  addPlatformOptions(program.command('inspect').description('run to a place and print every address space there'))
    .requiredOption(
      '--break <where>',
      'fork, exec, exit, fault:cow, fault:demand-zero, …, invariant, main, file.c:12 or *0x10400',
    )
    .option('--hit <n>', 'stop the n-th time', positive, 1)
    .option('--explain <address>', 'explain an address too, or p2:0x10000 of process 2')
    .option('--json', 'print JSON')
    .argument('<program>')
    .argument('[args...]')
    .passThroughOptions()
    .action(async (file: string, args: string[], options: InspectCommandOptions) => {
      const { inspect } = await tools();
      status = inspect(file, args, options);
    });

  addGuestOptions(program.command('compare').description('run a program on every platform and compare what it cost'))
    .option('--max-instructions <n>', 'stop each run after so many instructions', positive)
    .addOption(new Option('--json', 'print JSON').conflicts('jsonLines'))
    .option('--json-lines', 'print each run with its timeline as a line of JSON, as soon as it has ended')
    .option('--html <file>', 'write a report to look at in a browser')
    .argument('<program>')
    .argument('[args...]')
    .passThroughOptions()
    .action(async (file: string, args: string[], options: CompareCommandOptions) => {
      const { compare } = await tools();
      status = compare(file, args, options);
    });

  program
    .command('dap')
    .description('serve the Debug Adapter Protocol on standard input and output')
    .action(async () => {
      const { serve } = await tools();
      serve();
      status = undefined;
    });

  for (const command of program.commands) {
    command.exitOverride().configureOutput({ outputError: () => undefined });
    // A program's own output is not mixed with ours, unless a person looks on.
    command.hook('preAction', () => {
      const hint = command.name() === 'run' && !process.stderr.isTTY ? undefined : misplacedOptions(command);
      if (hint !== undefined) complain(hint);
    });
  }
  try {
    await program.parseAsync(argv);
    return status;
  } catch (error) {
    if (error instanceof CommanderError && error.exitCode === 0) return 0; // --help, --version
    const asked = program.commands.find((command) => command.name() === argv[2]);
    return report(error, asked && misplacedOptions(asked));
  }
}

/** What `run` does without is in a file of its own, so that a program starts without reading it: see esbuild.mjs. */
function tools(): Promise<typeof import('./tools.ts')> {
  return import('./tools.ts');
}

function positive(text: string): number {
  const value = Number(text);
  if (!Number.isSafeInteger(value) || value < 1) throw new InvalidArgumentError(`'${text}' is not a positive number.`);
  return value;
}

/** Says in one line what went wrong. @param hint why the options may have been read otherwise. @returns the exit status. */
function report(error: unknown, hint: string | undefined): number {
  if (isCliError(error)) {
    complain(error.message);
    return error.exitCode;
  }
  if (error instanceof CommanderError) {
    const problem = error.message.replace(/^error: /, '').split('\n')[0];
    if (problem === '(outputHelp)') complain('no command given (see pagewalk --help)');
    else complain(hint === undefined ? problem : `${problem}: ${hint}`);
    return ExitCode.BadOption;
  }
  if (error instanceof RangeError) {
    complain(`the host has too little memory: ${error.message}`);
    return ExitCode.Unavailable;
  }
  complain(`internal error: ${error instanceof Error ? error.message : String(error)}`);
  return ExitCode.Software;
}

function complain(message: string): void {
  process.stderr.write(`pagewalk: ${message.split('\n')[0]}\n`);
}

setV8Flags();
void main(process.argv).then((status) => {
  if (status !== undefined) process.exitCode = status;
});
