/** Gives a path of the host without symbolic links; `undefined` where nothing is there. */
type RealPath = (path: string) => string | undefined;

/**
 * Leads from the paths in the debug information to files of the host and back, by the prefixes of the launch
 * configuration's `sourceMap` (the longest wins) and through symbolic links.
 */
export class SourceMap {
  readonly #prefixes: readonly (readonly [from: string, to: string])[];
  readonly #realPath: RealPath;
  /** How the client writes the files that it has named, by their real paths. */
  readonly #spellings = new Map<string, string>();

  constructor(prefixes: Readonly<Record<string, string>>, realPath: RealPath) {
    this.#realPath = realPath;
    this.#prefixes = Object.entries(prefixes)
      .map(([from, to]) => [withoutSlash(from), withoutSlash(to)] as const)
      .sort(([a], [b]) => b.length - a.length);
  }

  /** The host's path of a source file of the debug information. */
  toHost(file: string): string {
    for (const [from, to] of this.#prefixes)
      if (file === from || file.startsWith(`${from}/`)) {
        const rest = file.slice(from.length);
        return to.includes('\\') ? to + rest.replaceAll('/', '\\') : to + rest;
      }
    return file;
  }

  /** The path by which the client may open a source file: as the client itself has named it, where it has. */
  toClient(file: string): string {
    const path = this.toHost(file);
    if (this.#spellings.size === 0) return path;
    return this.#spellings.get(this.#realPath(path) ?? path) ?? path;
  }

  /**
   * Those of `files`, paths of the debug information, that a client means by a path of the host: the files at that path,
   * else the same files by another path, else the one with that name whose own path does not exist. Of several the one
   * that shares most folders with the path.
   */
  matching(path: string, files: readonly string[]): readonly string[] {
    const wanted = comparable(path);
    const exact = files.filter((file) => comparable(this.toHost(file)) === wanted);
    if (exact.length > 0) return exact;
    const real = this.#realPath(path);
    const linked = real === undefined ? [] : this.#named(real, files).filter((file) => this.#isAt(file, real));
    if (linked.length > 0) {
      this.#spellings.set(real!, path);
      return linked;
    }
    const homonyms = this.#named(path, files).filter((file) => this.#realPath(this.toHost(file)) === undefined);
    const shared = homonyms.map((file) => foldersInCommon(wanted, comparable(file)));
    const most = Math.max(...shared);
    const closest = homonyms.filter((_, index) => shared[index] === most);
    return new Set(closest).size === 1 ? closest : [];
  }

  /** The host's paths of those of `files` that have the name of a path, and are there. */
  homonyms(path: string, files: readonly string[]): readonly string[] {
    const found = this.#named(path, files).map((file) => this.toHost(file));
    return [...new Set(found)].filter((file) => this.#realPath(file) !== undefined);
  }

  #named(path: string, files: readonly string[]): readonly string[] {
    const name = baseName(comparable(path));
    return files.filter((file) => baseName(comparable(this.toHost(file))) === name);
  }

  #isAt(file: string, real: string): boolean {
    return this.#realPath(this.toHost(file)) === real;
  }
}

export function baseName(path: string): string {
  return path.slice(Math.max(path.lastIndexOf('/'), path.lastIndexOf('\\')) + 1);
}

function withoutSlash(path: string): string {
  return path.length > 1 && /[/\\]$/.test(path) ? path.slice(0, -1) : path;
}

/** Windows knows no case, and both slashes. */
function comparable(path: string): string {
  return /^[a-z]:[/\\]/i.test(path) ? path.replaceAll('\\', '/').toLowerCase() : path;
}

/** How many folders right above a file two paths agree on. */
function foldersInCommon(one: string, other: string): number {
  const [a, b] = [one, other].map((path) => path.split('/').reverse());
  let count = 1;
  while (count < a.length && a[count] === b[count]) count++;
  return count - 1;
}
