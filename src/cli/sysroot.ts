import fs from 'node:fs';
import path from 'node:path';
import { readElfHeaders } from '../linux/elf-headers.ts';
import type { HostFiles } from '../linux/host.ts';
import { LibraryFolders } from './library-folders.ts';
import { NodeFiles } from './node-files.ts';

/** Where the packages of distributions put a cross compiler's libraries. */
const PACKAGED = [
  '/usr/riscv64-linux-gnu',
  '/usr/riscv64-linux-gnu/sys-root',
  '/usr/riscv64-unknown-linux-gnu',
  '/usr/riscv64-linux-musl',
];

/** Compilers whose libraries are beside them, by the name of their target. */
const TARGETS = ['gnu', 'musl'].flatMap((libc) => [
  `riscv64-linux-${libc}`,
  `riscv64-unknown-linux-${libc}`,
  `riscv64-buildroot-linux-${libc}`,
]);

/** Symbolic links that a path may lead through. */
const MOST_LINKS = 40;

/** The dynamic linker that a program asks for (PT_INTERP); `undefined` for a static one, and for what is no ELF file. */
export function interpreterOf(bytes: Uint8Array): string | undefined {
  const readAt = (offset: number, length: number): Uint8Array => bytes.subarray(offset, offset + length);
  const headers = readElfHeaders(bytes.length, readAt, Number.MAX_SAFE_INTEGER);
  return headers.ok ? headers.value.interpreter : undefined;
}

/** What was found for a dynamically linked program for which nobody has named a sysroot. */
interface FoundSysroot {
  /** Its libraries, and nothing else of it. */
  readonly files: HostFiles | undefined;
  /** The folders of the host that were looked in, in order. */
  readonly tried: readonly string[];
}

/** Looks for a dynamic linker, by the path that the program asks for, where cross compilers and qemu-riscv64 have it. */
export function findSysroot(interpreter: string, environment: NodeJS.ProcessEnv): FoundSysroot {
  const tried: string[] = [];
  for (const folder of new Set(candidates(environment))) {
    tried.push(folder);
    const files = openLibraries(folder);
    if (files && hasFile(files, interpreter)) return { files, tried };
  }
  return { files: undefined, tried };
}

/** Whether a tree has a file at a path that a guest would find there, which may lead through symbolic links. */
export function hasFile(files: HostFiles, guestPath: string): boolean {
  const parts = guestPath.split('/').reverse();
  let at = '';
  for (let links = 0; parts.length > 0;) {
    const part = parts.pop()!;
    if (part === '' || part === '.') continue;
    if (part === '..') {
      at = path.posix.dirname(at || '/').replace(/^\/$/, '');
      continue;
    }
    const stat = files.stat(`${at}/${part}`);
    if (!stat.ok) return false;
    if (stat.value.kind !== 'symlink') {
      at = `${at}/${part}`;
      if (stat.value.kind === 'file') return parts.every((rest) => rest === '');
      continue;
    }
    const target = files.readLink(`${at}/${part}`);
    if (!target.ok || ++links > MOST_LINKS) return false;
    if (target.value.startsWith('/')) at = '';
    parts.push(...target.value.split('/').reverse());
  }
  return false;
}

/** QEMU_LD_PREFIX, as qemu-riscv64 reads it, then what belongs to a compiler. */
function* candidates(environment: NodeJS.ProcessEnv): Generator<string> {
  const prefix = environment['QEMU_LD_PREFIX'];
  if (prefix) yield path.resolve(prefix);
  yield* PACKAGED;
  const folders = (environment['PATH'] ?? '').split(path.delimiter).filter((folder) => path.isAbsolute(folder));
  for (const target of TARGETS)
    for (const folder of folders) {
      const compiler = path.join(folder, `${target}-gcc`);
      if (fs.existsSync(compiler)) yield* beside(fs.realpathSync(compiler), target);
    }
}

/** Where toolchains keep the libraries of a compiler that is in their `bin`. */
function beside(compiler: string, target: string): string[] {
  const top = path.dirname(path.dirname(compiler));
  return [`${target}/sysroot`, 'sysroot', `${target}/libc`, target].map((folder) => path.join(top, folder));
}

function openLibraries(folder: string): HostFiles | undefined {
  return fs.statSync(folder, { throwIfNoEntry: false })?.isDirectory()
    ? new LibraryFolders(new NodeFiles(folder))
    : undefined;
}
