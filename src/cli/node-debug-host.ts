import fs from 'node:fs';
import type { DebugHost, GuestHost } from '../debug/debug-host.ts';
import type { LaunchConfig } from '../debug/launch.ts';
import type { ConsolePort } from '../linux/host.ts';
import { err, ok, type Result } from '../result.ts';
import { CliError } from './exit-code.ts';
import { guestFiles, reason } from './guest-files.ts';

/** The debug adapter's access to the computer it runs on. */
export const nodeDebugHost: DebugHost = {
  readFile(path: string): Result<Uint8Array, string> {
    try {
      return ok(fs.readFileSync(path));
    } catch (error) {
      return err(`Cannot read ${path}: ${reason(error)}.`);
    }
  },

  exists: (path: string) => fs.existsSync(path),

  guestHost(config: LaunchConfig, console: ConsolePort): Result<GuestHost, string> {
    try {
      const { files, program } = guestFiles(config.program, config.root, config.sysroot);
      const bootTime = BigInt(Date.now()) * 1_000_000n;
      return ok({ kernelHost: { files, console, bootTime, seed: 1 }, program });
    } catch (error) {
      if (error instanceof CliError) return err(`Pagewalk: ${error.message}.`);
      throw error;
    }
  },

  now: () => performance.now(),

  soon: (callback: () => void) => void setImmediate(callback),
};
