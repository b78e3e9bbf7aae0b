import fs from 'node:fs';
import path from 'node:path';
import { format, resolveConfig } from 'prettier';
import { BenchError } from './bench-error.ts';

/** Writes a JSON or Markdown file as `npm run format` would. */
export async function writeFormatted(file: string, text: string): Promise<void> {
  fs.mkdirSync(path.dirname(file), { recursive: true });
  const options = await resolveConfig(file);
  fs.writeFileSync(file, await format(text, { ...options, filepath: file }));
}

/** Replaces what is between `<!-- NAME -->` and `<!-- /NAME -->` in a Markdown file. */
export async function replaceSection(file: string, name: string, text: string): Promise<void> {
  const [begin, end] = [`<!-- ${name} -->`, `<!-- /${name} -->`];
  const page = fs.readFileSync(file, 'utf8');
  const [from, to] = [page.indexOf(begin), page.indexOf(end)];
  if (from < 0 || to < from) throw new BenchError(`${file} has no section ${begin} … ${end}`);
  await writeFormatted(file, `${page.slice(0, from + begin.length)}\n\n${text}\n\n${page.slice(to)}`);
}
