import type { HostFileError, HostFiles, HostStat } from '../linux/host.ts';
import { err, ok, type Result } from '../result.ts';

/** Where the dynamic linkers of glibc and musl look for libraries (ld.so(8)). */
const FOLDERS = ['/lib', '/lib64', '/usr/lib', '/usr/lib64'];

/**
 * Of a tree, the folders with libraries alone: what a program is shown of a folder that nobody has named, so that it
 * starts without seeing anything else of the host.
 */
export class LibraryFolders implements HostFiles {
  constructor(readonly tree: HostFiles) {}

  stat(path: string): Result<HostStat, HostFileError> {
    return isShown(path) ? this.tree.stat(path) : err('not-found');
  }

  readLink(path: string): Result<string, HostFileError> {
    return isShown(path) ? this.tree.readLink(path) : err('not-found');
  }

  read(path: string, offset: number, into: Uint8Array): Result<number, HostFileError> {
    return isShown(path) ? this.tree.read(path, offset, into) : err('not-found');
  }

  list(path: string): Result<readonly string[], HostFileError> {
    if (!isShown(path)) return err('not-found');
    const listed = this.tree.list(path);
    if (!listed.ok) return listed;
    const folder = path === '/' ? '' : path;
    return ok(listed.value.filter((name) => isShown(`${folder}/${name}`)));
  }
}

/** Whether a path is in one of the folders, or leads to one. */
function isShown(path: string): boolean {
  return FOLDERS.some((folder) => path === folder || isBelow(path, folder) || isBelow(folder, path));
}

function isBelow(path: string, folder: string): boolean {
  return folder === '/' || path.startsWith(`${folder}/`);
}
