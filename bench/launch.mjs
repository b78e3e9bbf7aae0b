// Bundles the benchmark's TypeScript as the product is bundled, so that it measures what a user runs.
import { build } from 'esbuild';
import path from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';

/**
 * Bundles `bench/<name>.ts` for each name and runs the first one's `main` in this process.
 * @param {string} name
 * @param {...string} harnesses programs that it starts, found as `out/bench/<name>.mjs`
 */
export async function launch(name, ...harnesses) {
  const root = fileURLToPath(new URL('..', import.meta.url));
  process.chdir(root);
  await build({
    entryPoints: [name, ...harnesses].map((entry) => `bench/${entry}.ts`),
    outdir: 'out/bench',
    outExtension: { '.js': '.mjs' },
    bundle: true,
    platform: 'node',
    target: 'node20',
    format: 'esm',
    packages: 'external',
    sourcemap: true,
    minifySyntax: true,
    logLevel: 'warning',
  });
  const { main } = await import(pathToFileURL(path.join(root, 'out/bench', `${name}.mjs`)).href);
  try {
    process.exitCode = await main(process.argv.slice(2));
  } catch (error) {
    const isExpected = error.name === 'BenchError' || error.code?.startsWith('ERR_PARSE_ARGS');
    console.error(`error: ${isExpected ? error.message : error.stack}`);
    process.exitCode = 1;
  }
}
