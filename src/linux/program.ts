import { err, ok, type Result } from '../result.ts';
import { Errno, SyscallError } from './abi/errno.ts';
import { Permit } from './abi/flags.ts';
import type { Executable } from './elf-loader.ts';
import { readElfHeaders, type ReadAt } from './elf-headers.ts';
import type { Directory } from './files/directory.ts';
import type { FileTree } from './files/file-tree.ts';
import { OpenRegularFile, RegularFile } from './files/regular-file.ts';
import { DescriptorLink } from './files/symlink.ts';
import type { LoadError } from './load-error.ts';
import { decodeText, encodeText } from './user-memory.ts';

/** execve(2): bytes of one string of argv or envp. */
export const MAX_ARGUMENT = 128 * 1024;
/** Bounds of what they may have together, in bytes: a quarter of the stack's limit between them. */
const LEAST_ARGUMENTS = 128 * 1024;
const MOST_ARGUMENTS = 6 * 1024 * 1024;
/** Scripts that interpret scripts, at most. */
const MAX_SCRIPTS = 5;
/** Bytes of a script's first line that count. */
const SCRIPT_LINE = 256;

/** Bytes that argv and envp may have together, pointers included. @param stackLimit bytes (RLIMIT_STACK). */
export function argumentLimit(stackLimit: number): number {
  return Math.max(LEAST_ARGUMENTS, Math.min(MOST_ARGUMENTS, stackLimit / 4));
}

/** A program that was found and checked, with the arguments it gets. */
export interface Program {
  /** As it was asked for: what messages start with. */
  readonly name: string;
  readonly executable: Executable;
  /** The dynamic linker (PT_INTERP). */
  readonly interpreter: Executable | undefined;
  readonly argv: readonly Uint8Array[];
  readonly env: readonly Uint8Array[];
}

export interface ProgramRequest {
  /** As the user or the guest wrote it: absolute, or relative to `directory`. */
  readonly path: string;
  readonly directory: Directory;
  readonly argv: readonly Uint8Array[];
  readonly env: readonly Uint8Array[];
  /** Whether the file must have an execute permission bit (not asked of the first program). */
  readonly mustBeExecutable: boolean;
  /** The path is of a descriptor that the exec closes: a script's interpreter would not find it (execveat(2)). */
  readonly vanishes?: boolean;
  /** One past the highest address that a segment may have. */
  readonly addressEnd: number;
}

/** Finds a program and checks it: ELF files and `#!` scripts. Changes nothing. */
export function openProgram(files: FileTree, request: ProgramRequest): Result<Program, LoadError> {
  let { path, argv } = request;
  for (let scripts = 0; ; scripts++) {
    const found = findFile(files, path, request);
    if (!found.ok) return found;
    const { file, path: resolved } = found.value;
    const line = scriptLine(file);
    if (line !== undefined) {
      if (request.vanishes) return refuse(`${path} is a script that is closed on exec`, 66, Errno.ENOENT);
      if (scripts === MAX_SCRIPTS)
        return refuse(`${path} is a script whose interpreter is a script, too many times over`, 67, Errno.ELOOP);
      const [, interpreter, argument] = /^[ \t]*([^ \t]+)[ \t]*([^]*?)[ \t]*$/.exec(line) ?? [];
      if (interpreter === undefined) return refuse(`${path} is a script without an interpreter`, 67, Errno.ENOEXEC);
      argv = [interpreter, ...(argument ? [argument] : []), path].map(encodeText).concat(argv.slice(1));
      path = interpreter;
      continue;
    }
    const executable = checkElf(path, resolved, file, request.addressEnd);
    if (!executable.ok) return executable;
    const name = executable.value.headers.interpreter;
    if (name === undefined)
      return ok({ executable: executable.value, interpreter: undefined, name: request.path, argv, env: request.env });
    const linker = findFile(files, name, { ...request, mustBeExecutable: false });
    if (!linker.ok) {
      const problem = `${path} is dynamically linked, and its interpreter ${name} is not there`;
      return refuse(problem, 69, linker.error.errno);
    }
    const interpreter = checkElf(name, linker.value.path, linker.value.file, request.addressEnd);
    if (!interpreter.ok) return interpreter;
    return ok({
      executable: executable.value,
      interpreter: interpreter.value,
      name: request.path,
      argv,
      env: request.env,
    });
  }
}

function findFile(
  files: FileTree,
  path: string,
  { directory, mustBeExecutable }: ProgramRequest,
): Result<{ readonly file: RegularFile; readonly path: string }, LoadError> {
  try {
    const found = files.resolve(path, directory, true);
    const opened = found.inode instanceof DescriptorLink ? found.inode.file : undefined;
    const inode = opened instanceof OpenRegularFile ? opened.file : found.inode;
    if (!inode) return refuse(`${path}: no such file`, 66, Errno.ENOENT);
    if (!(inode instanceof RegularFile)) return refuse(`${path} is not a file`, 66, Errno.EACCES);
    if (found.mustBeDirectory) return refuse(`${path} is not a directory`, 66, Errno.ENOTDIR);
    if (mustBeExecutable && !inode.permits(Permit.Execute))
      return refuse(`${path} is not executable: it has no execute permission`, 66, Errno.EACCES);
    if (mustBeExecutable && [...inode.opened].some((file) => file.isOpen && file.isWritable))
      return refuse(`${path} is being written`, 66, Errno.ETXTBSY);
    inode.read(0, new Uint8Array(1));
    return ok({ file: inode, path: opened?.name ?? found.path });
  } catch (error) {
    if (!(error instanceof SyscallError)) throw error;
    const reason =
      error.errno === Errno.EACCES
        ? 'permission denied'
        : error.errno === Errno.ENOENT || error.errno === Errno.ENOTDIR
          ? 'no such file'
          : error.errno === Errno.ELOOP
            ? 'too many symbolic links'
            : 'cannot be read';
    return refuse(`${path}: ${reason}`, 66, error.errno);
  }
}

/** The first line of a `#!` script, without `#!`. */
function scriptLine(file: RegularFile): string | undefined {
  const bytes = new Uint8Array(SCRIPT_LINE);
  const text = decodeText(bytes.subarray(0, file.read(0, bytes)));
  if (!text.startsWith('#!')) return undefined;
  const [line] = text.slice(2).split(/[\n\0]/, 1);
  // An argument may be cut off, the interpreter's name may not.
  return line.length === text.length - 2 && file.size >= SCRIPT_LINE && !/[^ \t][ \t]/.test(line) ? '' : line;
}

function checkElf(name: string, path: string, file: RegularFile, end: number): Result<Executable, LoadError> {
  const readAt: ReadAt = (offset, length) => {
    const bytes = new Uint8Array(length);
    return bytes.subarray(0, file.read(offset, bytes));
  };
  try {
    const headers = readElfHeaders(file.size, readAt, end);
    if (headers.ok) return ok({ path, file, headers: headers.value });
    const { problem, exitCode, errno } = headers.error;
    return refuse(`${name} ${problem}`, exitCode, errno);
  } catch (error) {
    if (!(error instanceof SyscallError)) throw error;
    return refuse(`${name}: cannot be read`, 66, error.errno);
  }
}

function refuse(message: string, exitCode: LoadError['exitCode'], errno: number): Result<never, LoadError> {
  return err({ message, exitCode, errno });
}
