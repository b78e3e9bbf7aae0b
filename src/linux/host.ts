import type { Result } from '../result.ts';

/** What becomes of a guest's changes to the files of its root: they stay in memory, are refused, or are made at the end. */
export type RootMode = 'copy-on-write' | 'read-only' | 'save';

export const ROOT_MODES: readonly RootMode[] = ['copy-on-write', 'read-only', 'save'];

/** What the shim needs from outside. Everything is synchronous, and an input that a recording can replay. */
export interface KernelHost {
  readonly files: HostFiles;
  /** The guest may not change these files, not even in memory, where its changes are otherwise. */
  readonly isRootReadOnly?: boolean;
  readonly console: ConsolePort;
  /** Realtime clock at boot, in nanoseconds since the epoch. The rest of time is virtual: it follows the instruction count. */
  readonly bootTime: bigint;
  /** Seed of everything random the guest sees (getrandom, AT_RANDOM). */
  readonly seed: number;
}

export interface ConsolePort {
  /** @param stream 1 stdout, 2 stderr. */
  write(stream: 1 | 2, bytes: Uint8Array): void;
  /** Bytes of standard input; `undefined` when there are none yet; empty at the end. */
  read(max: number): Uint8Array | undefined;
  /** Set when the streams are a terminal: the guest's libc then writes line by line. Else they are pipes. */
  readonly terminal?: { readonly columns: number; readonly rows: number };
}

export type HostFileError = 'not-found' | 'not-a-directory' | 'access' | 'loop' | 'io';

export interface HostStat {
  readonly kind: 'file' | 'directory' | 'symlink' | 'other';
  readonly size: number;
  /** Permission bits. */
  readonly mode: number;
  readonly mtimeMs: number;
  readonly inode: number;
}

/**
 * A read-only tree of files. Paths are absolute guest paths, normalised (no `.`, `..`, empty or symlinked parts: the
 * shim resolves those itself, component by component, so that nothing escapes the root).
 */
export interface HostFiles {
  /** Does not follow a symlink in the last component. */
  stat(path: string): Result<HostStat, HostFileError>;
  readLink(path: string): Result<string, HostFileError>;
  list(path: string): Result<readonly string[], HostFileError>;
  /** Reads a part of a file; fewer bytes at its end. */
  read(path: string, offset: number, into: Uint8Array): Result<number, HostFileError>;
}
