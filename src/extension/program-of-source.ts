import { realpathSync } from 'node:fs';
import { readFile, stat } from 'node:fs/promises';
import * as path from 'node:path';
import { SourceMap } from '../program/source-map.ts';
import { SymbolFile } from '../symbols/symbol-file.ts';

/** What is read to learn from what programs were built; of a program beyond that its name is all that is known. */
const MOST_BYTES = 64 * 2 ** 20;

/** Sources that the line tables of a program name, by its path; as long as it is not built again. */
const known = new Map<string, { readonly changed: number; readonly sources: readonly string[] }>();

/**
 * Those of `programs` that were built from a source file: by their debug information, or, where they have none, by their
 * names. The last one built comes first.
 */
export async function programsOf(source: string, programs: readonly string[]): Promise<string[]> {
  const stem = path.parse(source).name;
  const folder = path.dirname(source);
  const distance = (program: string): number =>
    path.parse(program).name === stem ? 0 : path.dirname(program) === folder ? 1 : 2;
  const map = new SourceMap({}, realPath);
  let left = MOST_BYTES;
  const found: { program: string; changed: number }[] = [];
  for (const program of [...programs].sort((one, other) => distance(one) - distance(other))) {
    const { size, mtimeMs } = await stat(program).catch(() => ({ size: 0, mtimeMs: 0 }));
    const sources = size <= left ? await sourcesOf(program, mtimeMs) : [];
    left -= Math.min(size, left);
    const isBuiltFromIt = sources.length > 0 ? map.matching(source, sources).length > 0 : isNamedAfter(program, source);
    if (isBuiltFromIt) found.push({ program, changed: mtimeMs });
  }
  return found.sort((one, other) => other.changed - one.changed).map(({ program }) => program);
}

/** Whether nothing tells from what a program was built. */
export async function isOfUnknownSource(program: string): Promise<boolean> {
  const { size, mtimeMs } = await stat(program).catch(() => ({ size: 0, mtimeMs: 0 }));
  return size > MOST_BYTES || (await sourcesOf(program, mtimeMs)).length === 0;
}

async function sourcesOf(program: string, changed: number): Promise<readonly string[]> {
  const before = known.get(program);
  if (before?.changed === changed) return before.sources;
  const bytes = await readFile(program).catch(() => undefined);
  const symbols = bytes && SymbolFile.load(bytes, path.basename(program));
  const sources = symbols instanceof SymbolFile ? symbols.sourceFiles() : [];
  known.set(program, { changed, sources });
  return sources;
}

/** `fork.c` and `fork`, `fork.elf`, …, or the `a.out` beside it. */
function isNamedAfter(program: string, source: string): boolean {
  const isDefault = path.basename(program) === 'a.out' && path.dirname(program) === path.dirname(source);
  return isDefault || path.parse(program).name === path.parse(source).name;
}

function realPath(file: string): string | undefined {
  try {
    return realpathSync(file);
  } catch {
    return undefined;
  }
}
