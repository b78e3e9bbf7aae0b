// Bundles the extension, the command line and, with --tests, every test file; with --tour, what npm start shows.
import { build, context } from 'esbuild';
import { cpSync, readdirSync, rmSync } from 'node:fs';
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
  entryPoints: { extension: 'src/extension/extension.ts', cli: 'src/cli/main.ts', tools: 'src/cli/tools.ts' },
  outdir: 'dist',
  external: ['vscode'],
  minifySyntax: true,
  // Names stay as they are: the handle ledger shows them.
  minifyWhitespace: true,
  supported: { 'dynamic-import': false },
  plugins: [
    {
      name: 'tools in a file of their own',
      setup({ onResolve }) {
        onResolve({ filter: /^\.\/tools\.ts$/ }, ({ kind }) =>
          kind === 'dynamic-import' ? { path: './tools.js', external: true } : undefined,
        );
      },
    },
  ],
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
  // The workbench suite is started by its index: VS Code knows no test runner.
  entryPoints: [...testFiles('test'), 'test/workbench/index.ts'],
  outbase: 'test',
  outdir: 'out/test',
  // fast-check is one module, which is given its seed (scripts/property-seed.mjs).
  external: ['vscode', 'mocha', 'esbuild', 'typescript', 'fast-check', '@vscode/test-electron'],
});

/** An extension of its own that goes through the main job in VS Code. */
const tour = {
  ...common,
  entryPoints: ['test/tour/tour.ts'],
  outdir: 'out/tour-extension',
  external: ['vscode'],
};

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
  if (flags.has('--tour')) {
    await build(tour);
    cpSync('test/tour/package.json', 'out/tour-extension/package.json');
  }
}
