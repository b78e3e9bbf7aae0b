import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';
import { Scenario } from '../adapter/scenario.ts';
import { compileGuest } from '../differential/compiled-guests.ts';

const skip = existsSync(path.resolve('out/rust/rustc')) ? false : 'there is no Rust compiler for riscv64';

test('ordered maps and sets of Rust are shown in their order', { skip }, async () => {
  const guest = compileGuest('values-btree.rs', ['-Copt-level=0'], 'rustc');
  using session = new Scenario();
  await session.start({ program: guest.path }, { functions: ['checkpoint'] });
  await session.stopped();
  const [, frame] = await session.stack(1);
  const locals = await session.scope(frame.id, 'Locals');
  const local = (name: string): (typeof locals)[number] => locals.find((one) => one.name === name)!;
  assert.equal(local('empty').value, '[0] {}');
  assert.equal(local('set').value, '[3] {1, 2, 3}');
  assert.match(local('map').value, /^\[2000\] \{0: "v0", 2: "v1", 4: "v2", /);
  const entries: (typeof locals)[number][] = [];
  for (const range of await session.children(local('map').variablesReference))
    if (range.name.includes('..')) entries.push(...(await session.children(range.variablesReference)));
  assert.deepEqual(
    entries.map(({ name, value }) => `${name} ${value}`),
    Array.from({ length: 2000 }, (_, number) => `[${number * 2}] "v${number}"`),
  );
  await session.disconnect();
});
