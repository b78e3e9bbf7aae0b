import { readdirSync, writeFileSync } from 'node:fs';
import * as path from 'node:path';
import Mocha from 'mocha';
import { screenshot } from './driver.ts';

/**
 * VS Code calls this in the extension host: runs every `*.test.js` beside it. The counts, and what failed why,
 * go to the file that `PAGEWALK_RESULTS` names; the counts into a closing line as well.
 * @throws when a test failed, which is how VS Code is told
 */
export async function run(): Promise<void> {
  const mocha = new Mocha({ ui: 'bdd', color: false, timeout: 30_000 });
  const only = process.env.PAGEWALK_ONLY?.split(' ').filter(Boolean) ?? [];
  const files = readdirSync(__dirname).filter(
    (name) => name.endsWith('.test.js') && (only.length === 0 || only.includes(name.replace('.test.js', ''))),
  );
  mocha.rootHooks({
    async afterEach(this: Mocha.Context) {
      const test = this.currentTest;
      if (test?.state === 'failed') await screenshot(`failed-${test.title.replace(/\W+/g, '-').slice(0, 60)}`);
    },
  });
  for (const name of files.sort()) mocha.addFile(path.join(__dirname, name));

  const failures: { name: string; reason: string }[] = [];
  const runner = await new Promise<Mocha.Runner>((resolve) => {
    const running: Mocha.Runner = mocha.run(() => resolve(running));
    running.on('fail', (test, error: Error) => {
      failures.push({ name: test.fullTitle(), reason: error.stack ?? error.message });
    });
  });
  const { passes: passed = 0, failures: failed = 0, pending: skipped = 0 } = runner.stats ?? {};
  const results = process.env.PAGEWALK_RESULTS;
  if (results) writeFileSync(results, JSON.stringify({ passed, failed, skipped, failures }));
  console.log(`${passed} passed, ${failed} failed, ${skipped} skipped`);
  if (failed > 0) throw new Error(`${failed} tests failed`);
}
