import { Directory } from './directory.ts';
import type { Inode } from './inode.ts';
import { RegularFile } from './regular-file.ts';
import { Symlink } from './symlink.ts';

/** What a guest did to the host's tree, in memory. Paths are absolute and resolved; permissions are without set-id bits. */
export type TreeChange =
  | { readonly kind: 'remove'; readonly path: string }
  | { readonly kind: 'directory'; readonly path: string }
  | { readonly kind: 'file'; readonly path: string; readonly permissions: number; readonly bytes: Uint8Array }
  | { readonly kind: 'symlink'; readonly path: string; readonly target: string }
  | { readonly kind: 'permissions'; readonly path: string; readonly permissions: number };

const PERMISSIONS = 0o777;

/**
 * The changes below a directory of the host, in an order in which they can be made. FIFOs and sockets are left out, and
 * a file with two new names becomes two files.
 */
export function changesOf(root: Directory): TreeChange[] {
  return below(root, '', false);
}

function below(directory: Directory, path: string, isNew: boolean): TreeChange[] {
  const removed = isNew
    ? []
    : directory.removed().map((name) => ({ kind: 'remove', path: `${path}/${name}` }) as const);
  const entries: readonly (readonly [string, Inode])[] = isNew
    ? directory.names().map((name) => [name, directory.lookup(name)!])
    : directory.known();
  return [
    ...removed,
    ...entries.flatMap(([name, inode]) => changesAt(inode, `${path}/${name}`, isNew || directory.isMade(name))),
  ];
}

/** @param isNew whether the host has nothing there, or something else. */
function changesAt(inode: Inode, path: string, isNew: boolean): TreeChange[] {
  const permissions = inode.mode & PERMISSIONS;
  if (inode instanceof Directory) {
    if (inode.isMount) return [];
    const inside = below(inode, path, isNew);
    const last = [...inside, { kind: 'permissions', path, permissions } as const];
    if (isNew) return [{ kind: 'remove', path }, { kind: 'directory', path }, ...last];
    return inode.modeChanged ? last : inside;
  }
  if (inode instanceof RegularFile) {
    if (isNew || inode.isWritten) return [{ kind: 'file', path, permissions, bytes: inode.contents() }];
    return inode.modeChanged ? [{ kind: 'permissions', path, permissions }] : [];
  }
  return inode instanceof Symlink && isNew ? [{ kind: 'symlink', path, target: inode.target }] : [];
}
