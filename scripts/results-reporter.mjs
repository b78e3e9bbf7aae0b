// A reporter for `node --test`: its whole output is one JSON object, written when the run ends, of how many tests
// passed, failed and were skipped, and of what failed why.
import path from 'node:path';
import { inspect } from 'node:util';

/** Characters of a reason, which may hold a program's whole output. */
const LONGEST = 4000;

export default async function* resultsReporter(events) {
  const results = { passed: 0, failed: 0, skipped: 0, failures: [] };
  for await (const { type, data } of events) {
    if (type !== 'test:pass' && type !== 'test:fail') continue;
    if (data.details?.type === 'suite') continue; // its tests are counted, it is not
    if (data.skip !== undefined || data.todo !== undefined) results.skipped++;
    else if (type === 'test:pass') results.passed++;
    else {
      results.failed++;
      const file = path.relative('', data.file ?? '');
      results.failures.push({ name: `${file}: ${data.name}`, reason: reasonOf(data.details.error) });
    }
  }
  yield JSON.stringify(results);
}

/** A test that throws is an error of the runner, whose cause is what was thrown. */
function reasonOf(error) {
  const cause = error?.cause ?? error;
  const reason = cause instanceof Error ? (cause.stack ?? cause.message) : inspect(cause);
  return reason.length > LONGEST ? `${reason.slice(0, LONGEST)}…` : reason;
}
