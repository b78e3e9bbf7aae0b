import assert from 'node:assert/strict';
import { execFileSync, spawnSync } from 'node:child_process';
import { mkdirSync } from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';
import { Scenario } from '../adapter/scenario.ts';

const skip = spawnSync('go', ['version']).status === 0 ? false : 'there is no Go compiler';

test('strings and slices of Go are shown by what they hold', { skip }, async () => {
  mkdirSync('out/guests', { recursive: true });
  const program = path.resolve(`out/guests/values-go-${process.pid}`);
  execFileSync('go', ['build', '-gcflags=-N -l', '-o', program, path.resolve('test/guests/values-go.go')], {
    env: { ...process.env, GOARCH: 'riscv64', GOOS: 'linux', CGO_ENABLED: '0', GOCACHE: path.resolve('out/go-cache') },
    stdio: 'pipe',
  });
  using session = new Scenario();
  await session.start({ program }, { functions: ['main.stop'] });
  await session.stopped();
  const [, frame] = await session.stack(1);
  const locals = await session.scope(frame.id, 'Locals');
  const shown = Object.fromEntries(locals.map(({ name, value }) => [name, value]));
  assert.deepEqual(
    {
      s: shown.s,
      empty: shown.empty,
      text: shown.text,
      ints: shown.ints,
      part: shown.part,
      none: shown.none,
      names: shown.names,
    },
    {
      s: '"hello, world"',
      empty: '""',
      text: '"héllo"',
      ints: '[5] {1, 2, 3, 4, 5}',
      part: '[2] {2, 3}',
      none: '[0] {}',
      names: '[2] {"one", "two"}',
    },
  );
  await session.disconnect();
});
