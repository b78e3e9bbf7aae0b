// Runs the workbench suite (out/test/workbench) in the npm-shipped workbench, with a screenshot of every stop.
// Usage: node scripts/workbench-suite.mjs [--verbose] [NAME…], NAME being that of a test file without its ending
import path from 'node:path';
import { runTests } from '../test/host/workbench.mjs';
import { main, ROOT } from './step.mjs';

await main(() =>
  runTests({
    extensionDevelopmentPath: ROOT,
    extensionTestsPath: path.join(ROOT, 'out/test/workbench/index.js'),
    folder: path.join(ROOT, 'samples/fork-cow'),
    shotsDir: path.join(ROOT, 'out/screenshots'),
    timeoutMs: 300_000,
    verbose: process.argv.includes('--verbose'),
    extensionTestsEnv: {
      PAGEWALK_ONLY: process.argv
        .slice(2)
        .filter((word) => !word.startsWith('--'))
        .join(' '),
    },
  }),
);
