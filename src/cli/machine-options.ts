import { InvalidArgumentError, Option, type Command } from 'commander';
import type { ConsolePort, RootMode } from '../linux/host.ts';
import type { LoadError } from '../linux/load-error.ts';
import { Machine } from '../machine/machine.ts';
import { parseRamSize } from '../memory/ram-size.ts';
import { FAULTY_PLATFORM_NAMES, PLATFORM_NAMES } from '../platform/registry.ts';
import type { Result } from '../result.ts';
import { CliError } from './exit-code.ts';
import { guestFiles } from './guest-files.ts';
import { Terminal } from './terminal.ts';

/** Options that every command which runs a guest takes. */
export interface GuestOptions {
  readonly engine: 'auto' | 'interpreter';
  readonly memory: number;
  readonly sysroot?: string;
  readonly root?: string;
  readonly rootMode?: RootMode;
  readonly env: readonly string[];
  /** Guest path. */
  readonly cwd: string;
  readonly check?: true;
  readonly aslr?: number;
  readonly schedule?: number;
}

/** Those of a command that runs it on one platform. */
export interface PlatformOptions extends GuestOptions {
  readonly platform: string;
}

/** What a guest's environment holds unless `--env` says otherwise: nothing of the host's. */
const DEFAULT_ENV = ['PATH=/usr/local/bin:/usr/bin:/bin', 'HOME=/', 'LANG=C.UTF-8'];

export function addPlatformOptions(command: Command): Command {
  return addGuestOptions(
    command.addOption(
      new Option('--platform <name>', 'how address spaces are kept')
        .choices([...PLATFORM_NAMES, ...FAULTY_PLATFORM_NAMES])
        .default('independent'),
    ),
  );
}

export function addGuestOptions(command: Command): Command {
  return command
    .addOption(
      new Option('--engine <name>', 'what executes the guest').choices(['auto', 'interpreter']).default('auto'),
    )
    .option('--memory <size>', 'guest RAM, for example 512M', memorySize, 512 * 2 ** 20)
    .option('--sysroot <dir>', 'where the dynamic linker and shared libraries are')
    .option('--root <dir>', 'directory that the guest sees as /; without it, only the program')
    .option('--env <K=V>', 'set an environment variable of the guest (repeatable)', environment, [])
    .option(
      '--aslr <seed>',
      'put stack, heap, libraries and PIE at random places, the same ones for the same seed',
      seed,
    )
    .option('--schedule <seed>', 'give tasks turns of random lengths, the same ones for the same seed', seed)
    .option('--cwd <dir>', "the guest's working directory, as a path that it sees", '/')
    .option('--check', 'check the address-space invariants after every transition');
}

function memorySize(text: string): number {
  const bytes = parseRamSize(text);
  if (!bytes.ok) throw new InvalidArgumentError(`Guest RAM ${bytes.error}.`);
  return bytes.value;
}

function seed(text: string): number {
  const value = Number(text);
  if (!/^\d+$/.test(text) || !Number.isSafeInteger(value))
    throw new InvalidArgumentError(`'${text}' is not a whole number.`);
  return value;
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

/** What a machine gets besides the options of its command. */
export interface MachineInputs {
  readonly platform: string;
  readonly console: ConsolePort;
  /** Nanoseconds since the epoch. */
  readonly bootTime: bigint;
  readonly handles: 'traced' | 'untraced';
}

/** A machine with the program loaded. Throws `CliError` when a file cannot be read. */
export function loadMachine(
  program: string,
  args: readonly string[],
  options: GuestOptions,
  { platform, console, bootTime, handles }: MachineInputs,
): Result<Machine, LoadError> {
  const { files, program: guestPath } = guestFiles({ ...options, program });
  return Machine.create({
    program: guestPath,
    programName: program,
    argv: [program, ...args],
    env: guestEnvironment(options.env),
    cwd: options.cwd,
    platform,
    memory: options.memory,
    engine: options.engine,
    check: options.check ?? false,
    aslr: options.aslr,
    schedule: options.schedule,
    handles: options.check ? 'traced' : handles,
    host: { files, isRootReadOnly: options.rootMode === 'read-only', console, bootTime, seed: 1 },
  });
}

/**
 * A machine with the program loaded, on the command's own terminal. Throws `CliError`.
 * @param output the descriptor that the guest's standard output goes to.
 * @param handles whether anybody may ask where the handles of its address spaces come from.
 */
export function createMachine(
  program: string,
  args: readonly string[],
  options: PlatformOptions,
  { output, handles }: { readonly output: 1 | 2; readonly handles: 'traced' | 'untraced' },
): Machine {
  const machine = loadMachine(program, args, options, {
    platform: options.platform,
    console: new Terminal(output),
    bootTime: bootTime(),
    handles,
  });
  if (!machine.ok) throw new CliError(machine.error.exitCode, machine.error.message);
  return machine.value;
}

/** The time of the host, in nanoseconds since the epoch. */
export function bootTime(): bigint {
  return BigInt(Date.now()) * 1_000_000n;
}
