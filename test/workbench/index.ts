import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import * as path from 'node:path';
import Mocha from 'mocha';
import { screenshot } from './driver.ts';

interface Results {
  readonly passed: number;
  readonly failed: number;
  readonly skipped: number;
  readonly failures: readonly { readonly name: string; readonly reason: string }[];
}

const NONE: Results = { passed: 0, failed: 0, skipped: 0, failures: [] };

/**
 * VS Code calls this in the extension host: runs every `*.test.js` beside it, or in the folder `PAGEWALK_SUITE` there. The counts, and what failed why,
 * are added to those in the file that `PAGEWALK_RESULTS` names; the counts into a closing line as well.
 * @throws when a test failed, which is how VS Code is told
 */
export async function run(): Promise<void> {
  const mocha = new Mocha({ ui: 'bdd', color: false, timeout: 30_000 });
  const folder = path.join(__dirname, process.env.PAGEWALK_SUITE ?? '.');
  const only = process.env.PAGEWALK_ONLY?.split(' ').filter(Boolean) ?? [];
  const files = readdirSync(folder).filter(
    (name) => name.endsWith('.test.js') && (only.length === 0 || only.includes(name.replace('.test.js', ''))),
  );
  mocha.rootHooks({
    async afterEach(this: Mocha.Context) {
      const test = this.currentTest;
      if (test?.state === 'failed') await screenshot(`failed-${test.title.replace(/\W+/g, '-').slice(0, 60)}`);
    },
  });
  for (const name of files.sort()) mocha.addFile(path.join(folder, name));

  const failures: { name: string; reason: string }[] = [];
  const runner = await new Promise<Mocha.Runner>((resolve) => {
    const running: Mocha.Runner = mocha.run(() => resolve(running));
    running.on('fail', (test, error: Error) => {
      failures.push({ name: test.fullTitle(), reason: error.stack ?? error.message });
    });
  });
  const { passes: passed = 0, failures: failed = 0, pending: skipped = 0 } = runner.stats ?? {};
  const results = process.env.PAGEWALK_RESULTS;
  if (results) {
    const before = existsSync(results) ? (JSON.parse(readFileSync(results, 'utf8')) as Results) : NONE;
    const sum = {
      passed: before.passed + passed,
      failed: before.failed + failed,
      skipped: before.skipped + skipped,
      failures: [...before.failures, ...failures],
    };
    writeFileSync(results, JSON.stringify(sum));
  }
  console.log(`${passed} passed, ${failed} failed, ${skipped} skipped`);
  if (failed > 0) throw new Error(`${failed} tests failed`);
}
