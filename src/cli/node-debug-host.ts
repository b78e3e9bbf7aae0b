import fs from 'node:fs';
import type { DebugHost, GuestHost } from '../debug/debug-host.ts';
import type { LaunchConfig } from '../debug/launch.ts';
import type { TreeChange } from '../linux/files/changes.ts';
import type { ConsolePort } from '../linux/host.ts';
import { err, ok, type Result } from '../result.ts';
import { CliError } from './exit-code.ts';
import { ATTRIBUTES, guestFiles, reason } from './guest-files.ts';
import { saveChanges } from './save-changes.ts';

/** The debug adapter's access to the computer it runs on. */
export const nodeDebugHost: DebugHost = {
  readFile(path: string): Result<Uint8Array, string> {
    try {
      // Names come from programs, too: a pipe or a device would never end.
      if (!fs.statSync(path).isFile()) return err(`Cannot read ${path}: it is not a file.`);
      return ok(fs.readFileSync(path));
    } catch (error) {
      return err(`Cannot read ${path}: ${reason(error)}.`);
    }
  },

  exists: (path: string) => fs.existsSync(path),

  realPath(path: string): string | undefined {
    try {
      return fs.realpathSync.native(path);
    } catch {
      return undefined;
    }
  },

  modified: (path: string) => fs.statSync(path, { throwIfNoEntry: false })?.mtimeMs,

  guestHost(config: LaunchConfig, console: ConsolePort): Result<GuestHost, string> {
    try {
      const { files, program } = guestFiles({ ...config, words: ATTRIBUTES });
      const bootTime = BigInt(Date.now()) * 1_000_000n;
      const isRootReadOnly = config.rootMode === 'read-only';
      return ok({ kernelHost: { files, isRootReadOnly, console, bootTime, seed: 1 }, program });
    } catch (error) {
      return refusal(error);
    }
  },

  saveChanges(root: string, changes: readonly TreeChange[]): Result<void, string> {
    try {
      saveChanges(root, changes);
      return ok();
    } catch (error) {
      return refusal(error);
    }
  },

  now: () => performance.now(),

  soon: (callback: () => void) => void setImmediate(callback),
};

/** What the command line would say, as a sentence. */
function refusal(error: unknown): Result<never, string> {
  if (error instanceof CliError) return err(`Pagewalk: ${error.message}.`);
  throw error;
}
