// npm run fuzz -- [CALLS] [SEED]: random system calls, ten million unless said otherwise.
// npm run fuzz -- --dap [MESSAGES] [SEED]: messages to the debug adapter, a hundred thousand unless said otherwise.
// npm run fuzz -- --properties [ROUNDS] [SEED]: the property tests with other sequences each time, ten rounds unless
// said otherwise, from a random seed.
import { build } from 'esbuild';
import { randomInt } from 'node:crypto';
import path from 'node:path';
import { npm } from './prerequisites.mjs';
import { main, ROOT, run } from './step.mjs';

await main(() => {
  const [first, ...rest] = process.argv.slice(2);
  if (first === '--properties') return properties(...rest.map(Number));
  return first === '--dap' ? program('dap', rest) : program('syscalls', process.argv.slice(2));
});

async function program(name, numbers) {
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
}

/** Round after round, until one fails. */
async function properties(rounds = 10, seed = randomInt(2 ** 31)) {
  for (let round = 0; round < rounds; round++) {
    console.log(`> round ${round + 1} of ${rounds}, seed ${seed + round}`);
    const env = { PROPERTY_SEED: String(seed + round) };
    const status = await run(npm, ['test', '--', '--no-check', '--layer', 'property'], { env });
    if (status !== 0) return status;
  }
  return 0;
}
