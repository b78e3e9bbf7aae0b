// npm run docs:linux: writes docs/linux.md from the table of system calls.
import { build } from 'esbuild';
import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { ROOT } from './step.mjs';

const outfile = path.join(ROOT, 'out/syscall-document.mjs');
await build({
  absWorkingDir: ROOT,
  entryPoints: ['scripts/syscall-document.ts'],
  bundle: true,
  platform: 'node',
  format: 'esm',
  logLevel: 'warning',
  outfile,
});
const { syscallDocument } = await import(pathToFileURL(outfile).href);
writeFileSync(path.join(ROOT, 'docs/linux.md'), syscallDocument());
