import type { HostFileError, HostFiles, HostStat } from '../linux/host.ts';
import { err, ok, type Result } from '../result.ts';

/** Keeps the inode numbers of the layers apart: files of two trees may have the same. */
const INODES_OF_A_LAYER = 2 ** 44;

/** Several trees as one: each path is looked up in the first layer that has it. Directories list the union. */
export class FileLayers implements HostFiles {
  constructor(readonly layers: readonly HostFiles[]) {}

  stat(path: string): Result<HostStat, HostFileError> {
    return this.first((layer, index) => {
      const found = layer.stat(path);
      return found.ok ? ok({ ...found.value, inode: found.value.inode + index * INODES_OF_A_LAYER }) : found;
    });
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

  private first<T>(ask: (layer: HostFiles, index: number) => Result<T, HostFileError>): Result<T, HostFileError> {
    let answer: Result<T, HostFileError> = err('not-found');
    for (const [index, layer] of this.layers.entries()) {
      answer = ask(layer, index);
      if (answer.ok || answer.error !== 'not-found') return answer;
    }
    return answer;
  }
}
