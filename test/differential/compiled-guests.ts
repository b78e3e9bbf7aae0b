import { execFileSync } from 'node:child_process';
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

/** Compiles test/guests/<source> with a riscv64 cross compiler, once for each set of flags in a run. */
export function compileGuest(source: string, flags: readonly string[]): CompiledGuest {
  const name = `${source.replace(/\W/g, '-')}${flags.join('').replace(/\W/g, '-')}`;
  const known = built.get(name);
  if (known !== undefined) return known;
  mkdirSync(FOLDER, { recursive: true });
  const output = path.join(FOLDER, `${name}-${process.pid}`);
  const input = path.join(GUESTS, source);
  const compiler = source.endsWith('.cpp') ? 'riscv64-linux-gnu-g++' : 'riscv64-linux-gnu-gcc';
  execFileSync(compiler, [input, ...flags, '-o', output], { stdio: 'pipe' });
  const guest = { path: output, bytes: new Uint8Array(readFileSync(output)), source: input };
  built.set(name, guest);
  return guest;
}

export function runTool(tool: string, ...args: string[]): string {
  return execFileSync(tool, args, { encoding: 'utf8', maxBuffer: 1 << 28, stdio: ['ignore', 'pipe', 'pipe'] });
}
