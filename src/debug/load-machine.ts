import { Machine } from '../machine/machine.ts';
import { err, ok, type Result } from '../result.ts';
import type { Client } from './client.ts';
import type { DebugHost } from './debug-host.ts';
import { GuestConsole } from './guest-console.ts';
import type { LaunchConfig } from './launch.ts';

interface LoadParts {
  readonly host: DebugHost;
  readonly client: Client;
}

/** The machine of a launch configuration with the program in it. An error is a sentence for the user. */
export function loadMachine(
  config: LaunchConfig,
  { host, client }: LoadParts,
): Result<{ readonly machine: Machine; readonly console: GuestConsole }, string> {
  const input = config.stdin === undefined ? undefined : host.readFile(config.stdin);
  if (input?.ok === false) return err(input.error);
  const console = new GuestConsole((category, text) => client.print(category, text), input?.value);
  const guest = host.guestHost(config, console);
  if (!guest.ok) return guest;
  const machine = Machine.create({
    program: guest.value.program,
    programName: config.program,
    argv: [guest.value.program, ...config.args],
    env: Object.entries(config.env).map(([name, value]) => `${name}=${value}`),
    cwd: config.cwd,
    platform: config.platform,
    memory: config.memory,
    engine: config.engine,
    check: config.check,
    aslr: config.aslr,
    schedule: config.schedule,
    host: guest.value.kernelHost,
  });
  return machine.ok ? ok({ machine: machine.value, console }) : err(machine.error.message);
}
