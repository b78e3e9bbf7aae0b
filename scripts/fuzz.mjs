// npm run fuzz -- [CALLS] [SEED]: random system calls, ten million unless said otherwise.
import { build } from 'esbuild';
import path from 'node:path';
import { main, ROOT, run } from './step.mjs';

await main(async () => {
  const outfile = path.join(ROOT, 'out/fuzz/syscalls.cjs');
  await build({
    absWorkingDir: ROOT,
    entryPoints: ['test/fuzz/syscalls.ts'],
    bundle: true,
    platform: 'node',
    target: 'node20',
    format: 'cjs',
    sourcemap: true,
    logLevel: 'warning',
    outfile,
  });
  return run(process.execPath, ['--enable-source-maps', outfile, ...process.argv.slice(2)]);
});
