import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync } from 'node:fs';
import path from 'node:path';

/** Debian's riscv64 packages, among them musl and musl-dev. */
export const MUSL = path.resolve('out/sysroot');
const LIBRARIES = path.join(MUSL, 'usr/lib/riscv64-linux-musl');
const HEADERS = path.join(MUSL, 'usr/include/riscv64-linux-musl');
const COMPILER = 'riscv64-linux-gnu-gcc';

/** How a program is linked with musl: what starts it, and flags for compiler and linker. */
const KINDS = {
  static: { start: 'crt1.o', flags: ['-static', '-no-pie', '-fno-pie'] },
  'static-pie': { start: 'rcrt1.o', flags: ['-static-pie', '-fPIE', '-Wl,--no-dynamic-linker'] },
  dynamic: { start: 'Scrt1.o', flags: ['-pie', '-fPIE', '-Wl,-dynamic-linker,/lib/ld-musl-riscv64.so.1'] },
} as const;

export type MuslKind = keyof typeof KINDS;
export const MUSL_KINDS = Object.keys(KINDS) as MuslKind[];

let copied: string | undefined;

/**
 * Compiles test/guests/<source> for musl with the cross compiler, which is one for glibc.
 * @param more further flags and files.
 * @returns the program's path.
 */
export function compileForMusl(source: string, kind: MuslKind, more: readonly string[] = []): string {
  copied ??= copyLibraries();
  const { start, flags } = KINDS[kind];
  const output = path.join(copied, `${source.replace(/\W/g, '-')}-${kind}`);
  const own = execFileSync(COMPILER, ['-print-file-name=include'], { encoding: 'utf8' }).trim();
  const [before, after] = [[start, 'crti.o'], ['crtn.o']].map((names) => names.map((name) => path.join(copied!, name)));
  const headers = ['-nostdinc', '-isystem', HEADERS, '-isystem', own];
  const libraries = [`-L${copied}`, '-lc', '-lgcc', '-lc'];
  const input = path.resolve('test/guests', source);
  const args = ['-O1', '-w', ...headers, ...flags, '-nostdlib', ...before, input, ...more, ...libraries, ...after];
  execFileSync(COMPILER, [...args, '-o', output], { stdio: 'pipe' });
  return output;
}

/** A copy of musl without what an older linker does not know: newer relocations of debug sections, and attributes. */
function copyLibraries(): string {
  if (!existsSync(LIBRARIES)) throw new Error('musl is not in out/sysroot: "node scripts/riscv64-sysroot.mjs" gets it');
  mkdirSync('out/guests', { recursive: true });
  const folder = mkdtempSync(path.resolve('out/guests/musl-'));
  for (const name of ['crt1.o', 'rcrt1.o', 'Scrt1.o', 'crti.o', 'crtn.o', 'libc.a', 'libc.so']) {
    const args = ['-R', '.riscv.attributes', '-R', '.debug*', path.join(LIBRARIES, name), path.join(folder, name)];
    execFileSync('riscv64-linux-gnu-objcopy', args, { stdio: 'pipe' });
  }
  return folder;
}
