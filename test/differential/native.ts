import { execFileSync } from 'node:child_process';
import { mkdirSync } from 'node:fs';
import path from 'node:path';

const FOLDER = path.resolve('out/guests');

/** Compiles test/guests/<source> for the machine that the tests run on. @returns the path of the program. */
export function compileNatively(source: string, flags: readonly string[]): string {
  mkdirSync(FOLDER, { recursive: true });
  const output = path.join(
    FOLDER,
    `${`${source}${flags.join('')}`.replace(/\W/g, '-').slice(-150)}-native-${process.pid}`,
  );
  const compiler = source.endsWith('.cpp') ? 'g++' : 'gcc';
  execFileSync(compiler, [path.resolve('test/guests', source), ...flags, '-o', output], { stdio: 'pipe' });
  return output;
}
