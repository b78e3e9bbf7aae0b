import type { TreeChange } from '../linux/files/changes.ts';
import type { ConsolePort, KernelHost } from '../linux/host.ts';
import type { Result } from '../result.ts';
import type { LaunchConfig } from './launch.ts';

/** What a guest needs from the computer that the adapter runs on. */
export interface GuestHost {
  readonly kernelHost: KernelHost;
  /** Guest path of the program. */
  readonly program: string;
}

/** What the adapter needs from outside: Node's implementation is in cli/, a browser's would read a virtual file system. */
export interface DebugHost {
  /** A whole file of the host. An error is a sentence that names the file. */
  readFile(path: string): Result<Uint8Array, string>;
  exists(path: string): boolean;
  /** A path without symbolic links; `undefined` where nothing is there. */
  realPath(path: string): string | undefined;
  /** When a file was last changed, in milliseconds since 1970; `undefined` where nothing is there. */
  modified(path: string): number | undefined;
  /** The files that the launch configuration gives the guest. An error is a sentence. */
  guestHost(config: LaunchConfig, console: ConsolePort): Result<GuestHost, string>;
  /** Makes the guest's changes in the folder that is its root. An error is a sentence. */
  saveChanges(root: string, changes: readonly TreeChange[]): Result<void, string>;
  /** Milliseconds of a clock that never goes back. */
  now(): number;
  /** Calls back once, after input that has arrived was handled. */
  soon(callback: () => void): void;
}
