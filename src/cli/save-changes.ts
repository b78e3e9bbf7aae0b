import fs from 'node:fs';
import path from 'node:path';
import type { TreeChange } from '../linux/files/changes.ts';
import { CliError, ExitCode } from './exit-code.ts';
import { reason } from './guest-files.ts';

/**
 * Makes a guest's changes in the directory that is its root. New files are written beside everything first, so that what
 * is moved is there until it is. Nothing outside the root is touched: a directory that is a link by now is refused.
 * Throws `CliError`.
 */
export function saveChanges(directory: string, changes: readonly TreeChange[]): void {
  if (changes.length === 0) return;
  let at = '/';
  try {
    const root = fs.realpathSync(directory);
    const staging = fs.mkdtempSync(path.join(root, '.pagewalk-'));
    try {
      const staged = changes.map((change, index) => stage(change, path.join(staging, String(index))));
      for (const [index, change] of changes.entries()) {
        at = change.path;
        make(change, placeOf(root, change.path), staged[index]);
      }
    } finally {
      fs.rmSync(staging, { recursive: true, force: true });
    }
  } catch (error) {
    throw new CliError(ExitCode.NoInput, `cannot save ${at} in ${directory}: ${reason(error)}`);
  }
}

/** Where a guest path is on the host. Throws where that is not in the root. */
function placeOf(root: string, guestPath: string): string {
  const place = path.join(root, guestPath);
  const above = path.dirname(place);
  if (fs.realpathSync(above) !== above || !`${above}/`.startsWith(root === '/' ? root : `${root}/`))
    throw new Error('its directory is a link by now');
  return place;
}

function stage(change: TreeChange, file: string): string {
  if (change.kind === 'file') {
    fs.writeFileSync(file, change.bytes, { flag: 'wx', mode: 0o600 });
    fs.chmodSync(file, change.permissions);
  }
  return file;
}

function make(change: TreeChange, place: string, staged: string): void {
  switch (change.kind) {
    case 'remove':
      return fs.rmSync(place, { recursive: true, force: true });
    case 'directory':
      return void fs.mkdirSync(place, 0o700);
    case 'file':
      if (fs.lstatSync(place, { throwIfNoEntry: false })?.isDirectory()) fs.rmSync(place, { recursive: true });
      return fs.renameSync(staged, place);
    case 'symlink':
      fs.rmSync(place, { recursive: true, force: true });
      return fs.symlinkSync(change.target, place);
    case 'permissions':
      if (!fs.lstatSync(place).isSymbolicLink()) fs.chmodSync(place, change.permissions);
  }
}
