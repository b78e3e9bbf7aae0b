import { InvalidArgumentError, Option, type Command } from 'commander';
import { Machine, type MachineOptions } from '../machine/machine.ts';
import { parseRamSize } from '../memory/ram-size.ts';
import { PLATFORM_NAMES } from '../platform/registry.ts';
import { CliError } from './exit-code.ts';
import { guestFiles } from './guest-files.ts';
import { Terminal } from './terminal.ts';

/** Options that every command which runs a guest takes. */
export interface GuestOptions {
  readonly platform: string;
  readonly engine: 'auto' | 'interpreter';
  readonly memory: number;
  readonly sysroot?: string;
  readonly root?: string;
  readonly env: readonly string[];
  readonly check?: true;
}

/** What a guest's environment holds unless `--env` says otherwise: nothing of the host's. */
const DEFAULT_ENV = ['PATH=/usr/local/bin:/usr/bin:/bin', 'HOME=/', 'LANG=C.UTF-8'];

export function addGuestOptions(command: Command): Command {
  return command
    .addOption(
      new Option('--platform <name>', 'how address spaces are kept').choices(PLATFORM_NAMES).default('independent'),
    )
    .addOption(
      new Option('--engine <name>', 'what executes the guest').choices(['auto', 'interpreter']).default('auto'),
    )
    .option('--memory <size>', 'guest RAM, for example 512M', memorySize, 512 * 2 ** 20)
    .option('--sysroot <dir>', 'where the dynamic linker and shared libraries are')
    .option('--root <dir>', 'directory that the guest sees as / (read-only); without it, only the program')
    .option('--env <K=V>', 'set an environment variable of the guest (repeatable)', environment, [])
    .option('--check', 'check the address-space invariants after every transition');
}

function memorySize(text: string): number {
  const bytes = parseRamSize(text);
  if (!bytes.ok) throw new InvalidArgumentError(`Guest RAM ${bytes.error}.`);
  return bytes.value;
}

function environment(text: string, earlier: readonly string[]): readonly string[] {
  if (!/^[^=]+=/.test(text)) throw new InvalidArgumentError(`'${text}' is not of the form NAME=value.`);
  return [...earlier, text];
}

/** The environment: the defaults, overridden and extended by what the user set. */
export function guestEnvironment(set: readonly string[]): string[] {
  const variables = new Map([...DEFAULT_ENV, ...set].map((entry) => [entry.slice(0, entry.indexOf('=')), entry]));
  return [...variables.values()];
}

/**
 * A machine with the program loaded, on the command's own terminal. Throws `CliError`.
 * @param output the descriptor that the guest's standard output goes to.
 */
export function createMachine(
  program: string,
  args: readonly string[],
  options: GuestOptions,
  output: 1 | 2 = 1,
): Machine {
  const { files, program: guestPath } = guestFiles(program, options.root, options.sysroot);
  const machineOptions: MachineOptions = {
    program: guestPath,
    programName: program,
    argv: [program, ...args],
    env: guestEnvironment(options.env),
    cwd: '/',
    platform: options.platform,
    memory: options.memory,
    engine: options.engine,
    check: options.check ?? false,
    host: { files, console: new Terminal(output), bootTime: BigInt(Date.now()) * 1_000_000n, seed: 1 },
  };
  const machine = Machine.create(machineOptions);
  if (!machine.ok) throw new CliError(machine.error.exitCode, machine.error.message);
  return machine.value;
}
