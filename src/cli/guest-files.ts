import fs from 'node:fs';
import path from 'node:path';
import type { HostFiles } from '../linux/host.ts';
import { MemoryFiles } from '../linux/memory-files.ts';
import { CliError, ExitCode } from './exit-code.ts';
import { FileLayers } from './file-layers.ts';
import { NodeFiles } from './node-files.ts';
import { findSysroot, hasFile, interpreterOf } from './sysroot.ts';

export interface GuestFiles {
  readonly files: HostFiles;
  /** Where the guest finds the program. */
  readonly program: string;
}

/** What messages call the folders that the user names. */
export type FolderWords = Readonly<Record<'root' | 'sysroot', string>>;

const OPTIONS: FolderWords = { root: '--root', sysroot: '--sysroot' };
export const ATTRIBUTES: FolderWords = { root: '"root" in launch.json', sysroot: '"sysroot" in launch.json' };

export interface GuestFolders {
  readonly program: string;
  readonly root?: string | undefined;
  readonly sysroot?: string | undefined;
  /** How the user names folders: by options, unless said otherwise. */
  readonly words?: FolderWords;
}

/**
 * What a guest may read: the directory `root`, or without one nothing but the program itself; then `sysroot`, which serves
 * what the root does not have (the dynamic linker and its libraries). Where a program needs one that is not named, the
 * libraries of a cross compiler take its place. A program outside the root appears as `/NAME`. Throws `CliError`.
 */
export function guestFiles({ program, root, sysroot, words = OPTIONS }: GuestFolders): GuestFiles {
  const bytes = readProgram(program);
  const layers: HostFiles[] = [];
  let guestPath: string | undefined;
  if (root !== undefined) {
    layers.push(openTree(root, words.root));
    const inside = path.relative(fs.realpathSync(root), fs.realpathSync(program));
    if (!inside.startsWith('..') && !path.isAbsolute(inside)) guestPath = `/${inside.split(path.sep).join('/')}`;
  }
  if (guestPath === undefined) {
    guestPath = `/${path.basename(program)}`;
    layers.unshift(new MemoryFiles(new Map([[guestPath, { bytes }]])));
  }
  if (sysroot !== undefined) layers.push(openTree(sysroot, words.sysroot));
  const interpreter = interpreterOf(bytes);
  if (interpreter !== undefined && !hasFile(new FileLayers(layers), interpreter)) {
    const asks = `${program} is dynamically linked and asks for ${interpreter}`;
    if (sysroot !== undefined) throw new CliError(ExitCode.Unavailable, `${asks}, which ${sysroot} does not have`);
    const { files, tried } = findSysroot(interpreter, process.env);
    if (!files)
      throw new CliError(
        ExitCode.Unavailable,
        `${asks}, which is in none of the folders that were tried (${tried.join(', ')}): name the one that has it with ${words.sysroot}`,
      );
    layers.push(files);
  }
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
