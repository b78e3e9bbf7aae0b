import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fuzzAdapter } from '../fuzz/dap-session.ts';

test('malformed and out-of-order messages: each request has one answer, and nothing breaks', async () => {
  const { answered, succeeded } = await fuzzAdapter(3000, 1);
  assert.ok(answered > 1500, `${answered} answers`);
  // The messages reach what they are meant for.
  for (const command of ['stackTrace', 'variables', 'setDataBreakpoints', 'pagewalk/setWatches', 'restart', 'stepIn'])
    assert.ok(succeeded.has(command), command);
});
