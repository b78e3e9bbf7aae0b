import { guestEnvironment } from '../src/cli/machine-options.ts';
import { guestFiles } from '../src/cli/guest-files.ts';
import { Machine } from '../src/machine/machine.ts';
import { MAX_RAM } from '../src/memory/layout.ts';
import type { Mark } from './fork-marks.ts';

/**
 * Runs fork-cost.c on one platform in this process and looks at the host's clock, or at its own processor time, whenever
 * the guest writes a letter; the guest's own clock counts instructions. Prints the marks as JSON, or ends with status 3 where the platform cannot fork.
 */
function main([program, platform, clock, ...args]: string[]): void {
  const now = clock === 'cpu' ? processorTime : () => performance.now() * 1e6;
  const { files, program: guestPath } = guestFiles({ program });
  const marks: Mark[] = [];
  const options = {
    program: guestPath,
    argv: [program, ...args],
    env: guestEnvironment([]),
    cwd: '/',
    platform,
    memory: MAX_RAM,
    handles: 'untraced',
    host: {
      files,
      bootTime: 0n,
      seed: 1,
      console: {
        write: (stream: 1 | 2, bytes: Uint8Array): void => {
          const at = now();
          const text = new TextDecoder().decode(bytes);
          if (stream === 1) marks.push({ letter: text, at });
          else process.stderr.write(text);
        },
        read: (): Uint8Array => new Uint8Array(0),
      },
    },
  } as const;
  const machine = Machine.create(options);
  if (!machine.ok) throw new Error(machine.error.message);
  const stop = machine.value.run({ budget: Infinity });
  if (stop.kind !== 'exited') throw new Error(`the guest stopped: ${stop.kind}`);
  if (stop.code === 0) process.stdout.write(JSON.stringify(marks));
  process.exitCode = stop.code;
}

/** Nanoseconds, of all threads. */
function processorTime(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) * 1000;
}

main(process.argv.slice(2));
