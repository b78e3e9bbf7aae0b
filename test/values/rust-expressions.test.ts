import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';
import { evaluateNames } from '../adapter/named-parts.ts';
import { Scenario } from '../adapter/scenario.ts';
import { compileGuest } from '../differential/compiled-guests.ts';

const skip = existsSync(path.resolve('out/rust/rustc')) ? false : 'there is no Rust compiler for riscv64';

test('what variables of Rust and their parts are called evaluates to what they are shown as', { skip }, async () => {
  const guest = compileGuest('values-rust.rs', ['-Copt-level=0'], 'rustc');
  using session = new Scenario();
  await session.start({ program: guest.path }, { functions: ['checkpoint'] });
  let parts = 0;
  for (let stops = 0; stops < 3; stops++) {
    await session.stopped();
    const [, frame] = await session.stack(1);
    const { count, different } = await evaluateNames(session, frame.id);
    assert.deepEqual(different, []);
    parts += count;
    await session.client.request('continue', { threadId: 1 });
  }
  assert.ok(parts > 50, `${parts} names`);
});
