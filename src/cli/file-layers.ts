import type { HostFileError, HostFiles, HostStat } from '../linux/host.ts';
import { err, ok, type Result } from '../result.ts';

/** Several trees as one: each path is looked up in the first layer that has it. Directories list the union. */
export class FileLayers implements HostFiles {
  constructor(readonly layers: readonly HostFiles[]) {}

  stat(path: string): Result<HostStat, HostFileError> {
    return this.first((layer) => layer.stat(path));
  }

  readLink(path: string): Result<string, HostFileError> {
    return this.first((layer) => layer.readLink(path));
  }

  read(path: string, offset: number, into: Uint8Array): Result<number, HostFileError> {
    return this.first((layer) => layer.read(path, offset, into));
  }

  list(path: string): Result<readonly string[], HostFileError> {
    const names = new Set<string>();
    let found = false;
    let error: HostFileError = 'not-found';
    for (const layer of this.layers) {
      const listed = layer.list(path);
      if (listed.ok) {
        found = true;
        for (const name of listed.value) names.add(name);
      } else if (listed.error !== 'not-found') error = listed.error;
    }
    return found ? ok([...names].sort()) : err(error);
  }

  private first<T>(ask: (layer: HostFiles) => Result<T, HostFileError>): Result<T, HostFileError> {
    let answer: Result<T, HostFileError> = err('not-found');
    for (const layer of this.layers) {
      answer = ask(layer);
      if (answer.ok || answer.error !== 'not-found') return answer;
    }
    return answer;
  }
}
