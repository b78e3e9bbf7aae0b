/**
 * Leads from the paths in the debug information to files of the host and back, by the prefixes of the launch
 * configuration's `sourceMap`. The longest prefix wins.
 */
export class SourceMap {
  readonly #prefixes: readonly (readonly [from: string, to: string])[];

  constructor(prefixes: Readonly<Record<string, string>>) {
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

  /**
   * Those of `files`, paths of the debug information, that a client means by a path of the host: the files that are
   * there, else the only ones with that name whose own paths do not exist.
   */
  matching(path: string, files: readonly string[], exists: (path: string) => boolean): readonly string[] {
    const wanted = comparable(path);
    const exact = files.filter((file) => comparable(this.toHost(file)) === wanted);
    if (exact.length > 0) return exact;
    const name = baseName(wanted);
    const homonyms = files.filter((file) => baseName(comparable(file)) === name);
    return new Set(homonyms).size === 1 && !exists(this.toHost(homonyms[0])) ? homonyms : [];
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
