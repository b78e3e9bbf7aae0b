import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { copyFileSync, mkdirSync, mkdtempSync, symlinkSync, utimesSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';
import type { DebugProtocol } from '@vscode/debugprotocol';
import { Scenario } from './scenario.ts';

const MAIN = `int add(int a, int b);
int main(void)
{
  return add(40, 2) - 42;
}
`;
const UTIL = `int add(int a, int b)
{
  int sum = a + b;
  return sum;
}
`;

/** A program of two sources in a folder, and a symbolic link to the folder. */
function project(): { real: string; link: string; copy: string; program: string } {
  mkdirSync('out/guests', { recursive: true });
  const top = mkdtempSync(path.resolve('out/guests/paths-'));
  const [real, link, copy] = ['real', 'link', 'copy'].map((name) => path.join(top, name));
  mkdirSync(real);
  mkdirSync(copy);
  symlinkSync(real, link);
  writeFileSync(path.join(real, 'main.c'), MAIN);
  writeFileSync(path.join(real, 'util.c'), UTIL);
  copyFileSync(path.join(real, 'util.c'), path.join(copy, 'util.c'));
  symlinkSync(path.join(real, 'util.c'), path.join(copy, 'other-name.c'));
  const program = path.join(real, 'program');
  const sources = ['main.c', 'util.c'].map((name) => path.join(real, name));
  execFileSync('riscv64-linux-gnu-gcc', ['-g', '-static', ...sources, '-o', program]);
  return { real, link, copy, program };
}

async function broken(session: Scenario, source: string, line: number): Promise<DebugProtocol.Breakpoint> {
  const { breakpoints } = await session.breakAt(source, line);
  return breakpoints[0];
}

for (const [what, folder, name] of [
  ['its folder', 'link', 'util.c'],
  ['the file itself', 'copy', 'other-name.c'],
] as const)
  test(`a breakpoint by a symbolic link to ${what} stops, and the source is shown by that link`, async () => {
    const made = project();
    const source = path.join(made[folder], name);
    using session = new Scenario();
    await session.start({ program: made.program, stopOnEntry: true });
    await session.stopped();
    const { verified, line } = await broken(session, source, 3);
    assert.deepEqual([verified, line], [true, 3]);
    await session.go('continue', 1);
    const [frame] = await session.stack(1, 1);
    assert.deepEqual([frame.source?.path, frame.line], [source, 3]);
    await session.disconnect();
  });

test('a breakpoint in a copy of a source names the file that the program was built from', async () => {
  const { real, copy, program } = project();
  using session = new Scenario();
  await session.start({ program, stopOnEntry: true });
  await session.stopped();
  const { verified, message } = await broken(session, path.join(copy, 'util.c'), 3);
  assert.equal(verified, false);
  assert.equal(
    message,
    `the program was built from ${path.join(real, 'util.c')}, not from this file; "sourceMap" in launch.json leads from its folder to this one`,
  );
  await session.disconnect();
});

test('a source that is newer than the program is told of once, when it is shown or has a breakpoint', async () => {
  const { real, program } = project();
  const later = Date.now() / 1000 + 60;
  utimesSync(path.join(real, 'util.c'), later, later);
  using session = new Scenario();
  await session.start({ program, stopOnEntry: true });
  await session.stopped();
  assert.doesNotMatch(session.client.printed, /newer/);
  await session.stack(1);
  assert.doesNotMatch(session.client.printed, /newer/, 'main.c is older');
  await broken(session, path.join(real, 'util.c'), 3);
  await session.go('continue', 1);
  await session.stack(1);
  const told = session.client.printed.match(/.*newer.*/g);
  assert.deepEqual(told, [
    'util.c is newer than program: lines may not be where they were when the program was built. Build it again.',
  ]);
  await session.disconnect();
});

test('the time of a source that "sourceMap" leads to says nothing', async () => {
  const { real, copy, program } = project();
  const later = Date.now() / 1000 + 60;
  utimesSync(path.join(copy, 'util.c'), later, later);
  using session = new Scenario();
  await session.start({ program, stopOnEntry: true, sourceMap: { [real]: copy } });
  await session.stopped();
  assert.equal((await broken(session, path.join(copy, 'util.c'), 3)).verified, true);
  await session.go('continue', 1);
  assert.equal((await session.stack(1, 1))[0].source?.path, path.join(copy, 'util.c'));
  assert.doesNotMatch(session.client.printed, /newer/);
  await session.disconnect();
});
