// Runs the workbench suites (out/test/workbench) in the npm-shipped workbench, with a screenshot of every stop.
// Usage: node scripts/workbench-suite.mjs [--verbose] [NAME…], NAME being that of a test file without its ending
import { cpSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { runTests } from '../test/host/workbench.mjs';
import { main, ROOT } from './step.mjs';

const TESTS = path.join(ROOT, 'out/test/workbench');

await main(async () => {
  const words = process.argv.slice(2);
  const names = words.filter((word) => !word.startsWith('--'));
  if (process.env.PAGEWALK_RESULTS) rmSync(process.env.PAGEWALK_RESULTS, { force: true });
  const sources = mkdtempSync(path.join(tmpdir(), 'pagewalk-sources-'));
  try {
    cpSync(path.join(ROOT, 'test/guests/two-shared-pages.c'), path.join(sources, 'pages.c'));
    const suites = [
      { suite: '.', folder: path.join(ROOT, 'samples/fork-cow') },
      { suite: 'source-folder', folder: sources },
    ];
    let status = 0;
    for (const { suite, folder } of suites) {
      const files = readdirSync(path.join(TESTS, suite));
      if (names.length > 0 && !names.some((name) => files.includes(`${name}.test.js`))) continue;
      status ||= await runTests({
        extensionDevelopmentPath: ROOT,
        extensionTestsPath: path.join(TESTS, 'index.js'),
        extensionTestsEnv: { PAGEWALK_SUITE: suite, PAGEWALK_ONLY: names.join(' ') },
        folder,
        shotsDir: path.join(ROOT, 'out/screenshots'),
        timeoutMs: 300_000,
        verbose: words.includes('--verbose'),
      });
    }
    return status;
  } finally {
    rmSync(sources, { recursive: true, force: true });
  }
});
