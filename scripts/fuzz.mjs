// npm run fuzz -- [CALLS] [SEED]: random system calls, ten million unless said otherwise.
// npm run fuzz -- --dap [MESSAGES] [SEED]: messages to the debug adapter, a hundred thousand unless said otherwise.
import { build } from 'esbuild';
import path from 'node:path';
import { main, ROOT, run } from './step.mjs';

await main(async () => {
  const numbers = process.argv.slice(2);
  const name = numbers[0] === '--dap' ? 'dap' : 'syscalls';
  if (name === 'dap') numbers.shift();
  const outfile = path.join(ROOT, `out/fuzz/${name}.cjs`);
  await build({
    absWorkingDir: ROOT,
    entryPoints: [`test/fuzz/${name}.ts`],
    bundle: true,
    platform: 'node',
    target: 'node20',
    format: 'cjs',
    sourcemap: true,
    logLevel: 'warning',
    outfile,
  });
  return run(process.execPath, ['--enable-source-maps', outfile, ...numbers]);
});
