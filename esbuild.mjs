// Bundles the extension, the command line and, with --tests, every test file.
import { build, context } from 'esbuild';
import { readdirSync, rmSync } from 'node:fs';
import path from 'node:path';

const common = {
  bundle: true,
  platform: 'node',
  target: 'node20',
  format: 'cjs',
  sourcemap: true,
  logLevel: 'warning',
};

/** The product: what a user installs. */
const product = {
  ...common,
  entryPoints: { extension: 'src/extension/extension.ts', cli: 'src/cli/main.ts' },
  outdir: 'dist',
  external: ['vscode'],
  minifySyntax: true,
};

/** Every `*.test.ts` below `test/`, bundled so that const enums are inlined as in the product. */
function testFiles(folder) {
  return readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    const at = path.join(folder, entry.name);
    if (entry.isDirectory()) return entry.name === 'host' || entry.name === 'node_modules' ? [] : testFiles(at);
    return entry.name.endsWith('.test.ts') ? [at] : [];
  });
}

const tests = () => ({
  ...common,
  entryPoints: testFiles('test'),
  outbase: 'test',
  outdir: 'out/test',
  external: ['vscode', 'mocha', 'esbuild', '@vscode/test-electron'],
});

const flags = new Set(process.argv.slice(2));
if (flags.has('--watch')) {
  const watcher = await context(product);
  await watcher.watch();
} else {
  if (!flags.has('--tests-only')) await build(product);
  if (flags.has('--tests') || flags.has('--tests-only')) {
    rmSync('out/test', { recursive: true, force: true });
    await build(tests());
  }
}
