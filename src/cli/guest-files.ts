import fs from 'node:fs';
import path from 'node:path';
import type { HostFiles } from '../linux/host.ts';
import { MemoryFiles } from '../linux/memory-files.ts';
import { CliError, ExitCode } from './exit-code.ts';
import { FileLayers } from './file-layers.ts';
import { NodeFiles } from './node-files.ts';

export interface GuestFiles {
  readonly files: HostFiles;
  /** Where the guest finds the program. */
  readonly program: string;
}

/**
 * What a guest may read: the directory `root`, or without one nothing but the program itself; then `sysroot`, which serves
 * what the root does not have (the dynamic linker and its libraries). A program outside the root appears as `/NAME`.
 * Throws `CliError`.
 */
export function guestFiles(program: string, root: string | undefined, sysroot: string | undefined): GuestFiles {
  const bytes = readProgram(program);
  const layers: HostFiles[] = [];
  let guestPath: string | undefined;
  if (root !== undefined) {
    layers.push(openTree(root, '--root'));
    const inside = path.relative(fs.realpathSync(root), fs.realpathSync(program));
    if (!inside.startsWith('..') && !path.isAbsolute(inside)) guestPath = `/${inside.split(path.sep).join('/')}`;
  }
  if (guestPath === undefined) {
    guestPath = `/${path.basename(program)}`;
    layers.unshift(new MemoryFiles(new Map([[guestPath, { bytes }]])));
  }
  if (sysroot !== undefined) layers.push(openTree(sysroot, '--sysroot'));
  return { files: layers.length === 1 ? layers[0] : new FileLayers(layers), program: guestPath };
}

/** The bytes of a program file. Throws `CliError` with one line that says what is wrong. */
export function readProgram(program: string): Uint8Array {
  try {
    if (fs.statSync(program).isDirectory())
      throw new CliError(ExitCode.NoInput, `${program} is a directory, not a program`);
    return fs.readFileSync(program);
  } catch (error) {
    if (error instanceof CliError) throw error;
    throw new CliError(ExitCode.NoInput, `cannot read ${program}: ${reason(error)}`);
  }
}

function openTree(directory: string, option: string): NodeFiles {
  try {
    if (fs.statSync(directory).isDirectory()) return new NodeFiles(directory);
  } catch (error) {
    throw new CliError(ExitCode.NoInput, `cannot open the directory ${directory} of ${option}: ${reason(error)}`);
  }
  throw new CliError(ExitCode.NoInput, `${directory}, given as ${option}, is not a directory`);
}

const REASONS: Record<string, string> = {
  ENOENT: 'no such file',
  EACCES: 'permission denied',
  ENOTDIR: 'a part of the path is not a directory',
  ELOOP: 'too many symbolic links',
};

/** What went wrong with a file, in the user's words. */
export function reason(error: unknown): string {
  const { code, message } = error as NodeJS.ErrnoException;
  return (code !== undefined && REASONS[code]) || message;
}
