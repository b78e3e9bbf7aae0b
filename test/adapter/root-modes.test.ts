import assert from 'node:assert/strict';
import { copyFileSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';
import { compileGuest } from '../differential/compiled-guests.ts';
import { lineOf, Scenario } from './scenario.ts';

const guest = compileGuest('tree-changes.c', ['-g', '-O0', '-static', '-w']);
const SCRATCH = path.resolve('out/scratch');
const BEFORE = 'text\n';
const AFTER = 'text\nappended\n';

function launch(rootMode?: string): { attributes: object; root: string; text: () => string } {
  mkdirSync(SCRATCH, { recursive: true });
  const root = mkdtempSync(path.join(SCRATCH, 'root-'));
  const text = path.join(root, 'text');
  writeFileSync(text, BEFORE);
  return {
    root,
    attributes: { program: guest.path, root, ...(rootMode === undefined ? {} : { rootMode }) },
    text: () => readFileSync(text, 'utf8'),
  };
}

/** Stops where the program has appended to `text`. */
async function startedSession(attributes: object): Promise<Scenario> {
  const session = new Scenario();
  await session.start(attributes, { lines: { [guest.source]: [lineOf(guest.source, 'say("truncate"')] } });
  await session.stopped();
  return session;
}

test('changes below the root stay in memory, unless they are to be saved', async () => {
  for (const [mode, left] of [
    [undefined, BEFORE],
    ['copy-on-write', BEFORE],
    ['read-only', BEFORE],
    ['save', AFTER],
  ] as const) {
    const { attributes, text } = launch(mode);
    using session = await startedSession(attributes);
    assert.equal(text(), BEFORE, 'nothing is saved while the program runs');
    assert.equal(await session.finish(1), 0);
    assert.equal(text(), left, mode);
    await session.disconnect();
    const refused = session.client.printed.includes('append: Read-only file system');
    assert.equal(refused, mode === 'read-only');
  }
});

test('what a program has changed until it is stopped or started anew is saved', async () => {
  for (const command of ['terminate', 'disconnect', 'restart'] as const) {
    const { attributes, text } = launch('save');
    using session = await startedSession(attributes);
    await session.client.request(command, {});
    if (command === 'terminate') await session.client.event('terminated');
    assert.equal(text(), AFTER, command);
    if (command !== 'restart') continue;
    await session.stopped();
    await session.client.request('terminate', {});
    await session.client.event('terminated');
    assert.equal(text(), `${AFTER}appended\n`, 'the new run finds what the old one has left');
  }
});

test('a refused restart saves nothing, and the run goes on', async () => {
  const { attributes, root, text } = launch('save');
  using session = await startedSession(attributes);
  const program = path.join(root, 'missing');
  for (const wrong of [{ program }, { root: program }, { platform: 'none' }, { memory: '4K' }, { rootMode: 'none' }]) {
    const refused = await session.client.refusal('restart', { arguments: { ...attributes, ...wrong } });
    assert.equal(text(), BEFORE, refused);
  }
  assert.equal(await session.finish(1), 0);
  assert.equal(text(), AFTER);
  await session.disconnect();
});

test('a program that has removed itself is not started anew: the session ends with its changes saved', async () => {
  const { attributes, root, text } = launch('save');
  const program = path.join(root, 'gone');
  copyFileSync(guest.path, program);
  using session = new Scenario();
  const line = lineOf(guest.source, 'say("move a directory"');
  await session.start({ ...attributes, program }, { lines: { [guest.source]: [line] } });
  await session.stopped();
  assert.match(await session.client.refusal('restart', {}), /cannot read .*gone: no such file/);
  await session.client.event('terminated');
  assert.deepEqual([text(), existsSync(program)], [AFTER, false]);
  await session.disconnect();
});

test('changes that cannot be saved are told', async () => {
  const { attributes, root } = launch('save');
  using session = await startedSession(attributes);
  rmSync(root, { recursive: true });
  assert.equal(await session.finish(1), 0);
  assert.ok(session.client.printed.includes(`Pagewalk: cannot save / in ${root}: no such file.\n`));
  await session.disconnect();
});
