import * as path from 'node:path';

/** How a program is built from one source file, and what has to be installed for that. */
export interface BuildCommand {
  /** For a shell; paths are as they were given. */
  readonly command: string;
  readonly compiler: string;
}

type Build = (source: string, program: string) => BuildCommand;

const gnu =
  (compiler: string): Build =>
  (source, program) => ({ compiler, command: `${compiler} -g -static -o ${program} ${source}` });

/** By the ending of the source. */
const BUILDS: Readonly<Record<string, Build>> = {
  '.c': gnu('riscv64-linux-gnu-gcc'),
  '.s': gnu('riscv64-linux-gnu-gcc'),
  ...Object.fromEntries(['.cc', '.cpp', '.cxx', '.c++'].map((ending) => [ending, gnu('riscv64-linux-gnu-g++')])),
  '.rs': (source, program) => ({
    compiler: 'rustc',
    command: `rustc -g --target riscv64gc-unknown-linux-gnu -C linker=riscv64-linux-gnu-gcc -C target-feature=+crt-static -o ${program} ${source}`,
  }),
  '.go': (source, program) => ({
    compiler: 'go',
    command: `GOOS=linux GOARCH=riscv64 go build -gcflags='all=-N -l' -o ${program} ${source}`,
  }),
  '.zig': (source, program) => ({
    compiler: 'zig',
    command: `zig build-exe -target riscv64-linux-musl -femit-bin=${program} ${source}`,
  }),
};

/** The command that builds `fork` from `fork.c`, beside it; `undefined` for what is no program's source. */
export function buildCommand(source: string): BuildCommand | undefined {
  const { dir, name, ext } = path.parse(source);
  return BUILDS[ext.toLowerCase()]?.(quoted(source), quoted(path.join(dir, name)));
}

/** For a POSIX shell. */
function quoted(text: string): string {
  return /^[\w@%+=:,./-]+$/.test(text) ? text : `'${text.replaceAll("'", `'\\''`)}'`;
}
