import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdirSync, readFileSync } from 'node:fs';
import path from 'node:path';

/** A guest program built for a test, as file and as bytes. */
export interface CompiledGuest {
  readonly path: string;
  readonly bytes: Uint8Array;
  /** The source's normalised path, as debug information gives it. */
  readonly source: string;
}

const GUESTS = path.resolve('test/guests');
const FOLDER = path.resolve('out/guests');
const built = new Map<string, CompiledGuest>();

type Compiler = 'gcc' | 'clang' | 'rustc';

/** Compiles test/guests/<source> with a riscv64 cross compiler, once for each set of flags in a run. */
export function compileGuest(source: string, flags: readonly string[], compiler: Compiler = 'gcc'): CompiledGuest {
  const name = fileNameOf(`${source}${compiler === 'gcc' ? '' : compiler}${flags.join('')}`);
  const known = built.get(name);
  if (known !== undefined) return known;
  mkdirSync(FOLDER, { recursive: true });
  const output = path.join(FOLDER, `${name}-${process.pid}`);
  const input = path.join(GUESTS, source);
  const [program, ...own] = commandOf(compiler, source.endsWith('.cpp'));
  execFileSync(program, [...own, input, ...flags, '-o', output], { stdio: 'pipe' });
  const guest = { path: output, bytes: new Uint8Array(readFileSync(output)), source: input };
  built.set(name, guest);
  return guest;
}

/** A name for what is built in one way; long ones are told apart by what they would be. */
function fileNameOf(text: string): string {
  const name = text.replace(/\W/g, '-');
  return name.length <= 150
    ? name
    : `${name.slice(0, 120)}-${createHash('sha1').update(text).digest('hex').slice(0, 12)}`;
}

function commandOf(compiler: Compiler, isCpp: boolean): string[] {
  switch (compiler) {
    case 'gcc':
      return [isCpp ? 'riscv64-linux-gnu-g++' : 'riscv64-linux-gnu-gcc'];
    case 'clang':
      return [isCpp ? 'clang++' : 'clang', '--target=riscv64-linux-gnu'];
    case 'rustc':
      // Static and not position-independent, as the C guests.
      return [
        path.resolve('out/rust/rustc'),
        ...['--edition=2021', '-g', '--target=riscv64gc-unknown-linux-gnu', '-Clinker=riscv64-linux-gnu-gcc'],
        ...['-Ctarget-feature=+crt-static', '-Crelocation-model=static'],
      ];
  }
}

export function runTool(tool: string, ...args: string[]): string {
  return execFileSync(tool, args, { encoding: 'utf8', maxBuffer: 1 << 28, stdio: ['ignore', 'pipe', 'pipe'] });
}
