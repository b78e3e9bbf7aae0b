import { err, ok, type Result } from '../result.ts';
import type { HostFileError, HostFiles, HostStat } from './host.ts';

interface Entry {
  readonly stat: HostStat;
  readonly bytes: Uint8Array;
  /** Of a symbolic link. */
  readonly target: string;
  /** Names in a directory. */
  readonly names: Set<string>;
}

/** A file given to `MemoryFiles`. */
export interface MemoryFile {
  readonly bytes: Uint8Array;
  /** Permission bits; 0o755 by default. */
  readonly mode?: number;
}

/** A tree of files in memory, for browsers and tests: made once, with every directory that the paths imply. */
export class MemoryFiles implements HostFiles {
  readonly #entries = new Map<string, Entry>();

  /**
   * @param files by absolute, normalised path.
   * @param links targets of symbolic links by absolute path.
   */
  constructor(files: ReadonlyMap<string, MemoryFile>, links: ReadonlyMap<string, string> = new Map()) {
    this.#add('/', 'directory', 0o755);
    for (const [path, { bytes, mode = 0o755 }] of files) this.#add(path, 'file', mode, bytes);
    for (const [path, target] of links) this.#add(path, 'symlink', 0o777, undefined, target);
  }

  stat(path: string): Result<HostStat, HostFileError> {
    const entry = this.#entries.get(path);
    return entry ? ok(entry.stat) : err('not-found');
  }

  readLink(path: string): Result<string, HostFileError> {
    const entry = this.#entries.get(path);
    return entry?.stat.kind === 'symlink' ? ok(entry.target) : err('not-found');
  }

  list(path: string): Result<readonly string[], HostFileError> {
    const entry = this.#entries.get(path);
    if (!entry) return err('not-found');
    return entry.stat.kind === 'directory' ? ok([...entry.names]) : err('not-a-directory');
  }

  read(path: string, offset: number, into: Uint8Array): Result<number, HostFileError> {
    const entry = this.#entries.get(path);
    if (entry?.stat.kind !== 'file') return err('not-found');
    const part = entry.bytes.subarray(offset, offset + into.length);
    into.set(part);
    return ok(part.length);
  }

  #add(path: string, kind: HostStat['kind'], mode: number, bytes: Uint8Array = new Uint8Array(), target = ''): void {
    const inode = this.#entries.size + 1;
    const stat: HostStat = { kind, size: kind === 'symlink' ? target.length : bytes.length, mode, mtimeMs: 0, inode };
    this.#entries.set(path, { stat, bytes, target, names: new Set() });
    if (path === '/') return;
    const slash = path.lastIndexOf('/');
    const above = slash === 0 ? '/' : path.slice(0, slash);
    if (!this.#entries.has(above)) this.#add(above, 'directory', 0o755);
    this.#entries.get(above)!.names.add(path.slice(slash + 1));
  }
}
