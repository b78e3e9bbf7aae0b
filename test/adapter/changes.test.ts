import assert from 'node:assert/strict';
import path from 'node:path';
import { test } from 'node:test';
import type { CustomRequests } from '../../src/debug/custom-requests.ts';
import { lineOf, sample, SAMPLES, Scenario } from './scenario.ts';

const SOURCE = path.join(SAMPLES, 'fork-cow', 'fork-cow.c');
const at = (text: string): number => lineOf(SOURCE, text);

type Body<R extends keyof CustomRequests> = CustomRequests[R]['body'];

const ask = <R extends keyof CustomRequests>(
  session: Scenario,
  request: R,
  args: CustomRequests[R]['args'],
): Promise<Body<R>> => session.client.request(request, args);

const told = (session: Scenario): string[] =>
  session.client.printed.split('\n').filter((line) => line.startsWith('Since the last stop'));

for (const platform of ['independent', 'on-demand', 'partitioned'])
  test(`a step says in a line what it has changed, and every view marks it, on ${platform}`, async () => {
    using session = new Scenario();
    const line = at('counter = 42');
    await session.start({ ...sample('fork-cow'), platform }, { lines: { [SOURCE]: [line] } });
    const child = await session.stopped();
    assert.deepEqual(told(session), [], 'the first stop has nothing to be compared with');
    assert.deepEqual(await ask(session, 'pagewalk/changes', {}), {
      ...{ processes: [], mappings: [], pages: [], total: 0, counts: {}, restored: 0, recounted: 0, unfollowed: 0 },
    });
    const before = (await ask(session, 'pagewalk/explain', { expression: 'counter' })).explanation.page!;

    await session.go('next', child.threadId!);
    const after = (await ask(session, 'pagewalk/explain', { expression: 'counter' })).explanation.page!;
    const isWindow = platform === 'partitioned';
    const what = isWindow ? 'written in place' : 'split';
    const parents = isWindow ? '. pid 1: 1 page put aside' : '';
    assert.deepEqual(told(session), [
      `Since the last stop: ${isWindow ? 'pid 2: ' : ''}1 page ${what}: 0x11000 counter${parents}.`,
    ]);
    const changes = await ask(session, 'pagewalk/changes', {});
    assert.equal(changes.text, told(session)[0]);
    const place = `pid 2 at child (fork-cow.c:${line})`;
    const expected = {
      pid: 2,
      va: '0x11000',
      kind: isWindow ? 'saved' : 'split',
      before: before.frame,
      after: after.frame,
      names: ['counter'],
      text: isWindow ? `written in place now, its bytes are saved by ${place}` : `split now by ${place}`,
    };
    assert.deepEqual(
      changes.pages.find(({ pid }) => pid === 2),
      expected,
    );

    const { processes } = await ask(session, 'pagewalk/processes', {});
    assert.deepEqual(processes.find(({ pid }) => pid === 2)?.changed, { how: 'inside', text: `1 page ${what} now` });
    const { mappings } = await ask(session, 'pagewalk/mappings', { pid: 2 });
    const changed = mappings.filter((mapping) => mapping.changed?.text.includes(what));
    assert.deepEqual(
      changed.map(({ start }) => start),
      ['0x11000'],
    );
    const { pages } = await ask(session, 'pagewalk/pages', { pid: 2, start: '0x11000', end: '0x12000' });
    assert.deepEqual(pages[0].changed, { how: 'itself', text: expected.text });
    let table: { table?: number; level?: number; base?: string } = {};
    for (;;) {
      const { entries } = await ask(session, 'pagewalk/pageTable', { pid: 2, ...table });
      const entry = entries.find(({ start, end }) => Number(start) <= 0x11000 && 0x11000 < Number(end))!;
      assert.ok(entry.changed, `the entry of level ${entry.level}`);
      if (entry.kind === 'leaf') {
        assert.match(entry.changed.text, /W, D set|W set|CoW cleared/);
        assert.equal(entry.changed.how, 'itself');
        break;
      }
      table = { table: entry.frame, level: entry.level - 1, base: entry.start };
    }
    const { forks } = await ask(session, 'pagewalk/ledger', {});
    assert.deepEqual(forks[0].changed, { how: 'inside', text: '1 page written now' });
    const written = await ask(session, 'pagewalk/ledgerPages', { fork: 1, state: 'broken' });
    assert.deepEqual(
      written.pages.filter((page) => page.changed).map(({ va }) => va),
      ['0x11000'],
    );
    const diff = await ask(session, 'pagewalk/forkDiff', { parent: 1, child: 2 });
    assert.match(diff.changed?.text ?? '', new RegExp(`1 page ${what} now`));
    const split = await ask(session, 'pagewalk/forkDiffPages', { parent: 1, child: 2, kind: 'split' });
    assert.ok(split.pages.find(({ va }) => va === '0x11000')?.changed);

    // Of one process, of a range, of a kind; and groups of pages.
    const { pages: own } = await ask(session, 'pagewalk/changes', { pid: 2, start: '0x11000', end: '0x12000' });
    assert.deepEqual(own, [expected]);
    for (const args of [
      { pid: 2, end: '0x11000' },
      { pid: 2, start: '0x12000' },
      { pid: 2, kind: 'unmapped' as const },
      { pid: 9 },
    ])
      assert.deepEqual((await ask(session, 'pagewalk/changes', args)).pages, [], JSON.stringify(args));
    const whole = { pid: 2, start: '0x0', end: '0x7fffffffffff' };
    const { groups } = await ask(session, 'pagewalk/pageGroups', { ...whole, size: 2 });
    const { pages: all } = await ask(session, 'pagewalk/pages', whole);
    assert.deepEqual(
      groups.map(({ start, end, count }) => [start, end, count]),
      Array.from({ length: Math.ceil(all.length / 2) }, (_, at) => {
        const pair = all.slice(2 * at, 2 * at + 2);
        return [pair[0].va, `0x${(Number(pair.at(-1)!.va) + 4096).toString(16)}`, pair.length];
      }),
    );
    assert.deepEqual(
      groups.map((group) => group.changed?.text.includes(what) ?? false),
      groups.map(({ start, end }) => Number(start) <= 0x11000 && 0x11000 < Number(end)),
    );

    // The same in the Variables view.
    const [frame] = await session.stack(child.threadId!, 1);
    const rows = await session.scope(frame.id, 'Address Space');
    const row = rows.find(({ value }) => value.includes('◐ 1 page'))!;
    assert.match(row.name, /^0x11000-/);
    const [page] = await session.children(row.variablesReference);
    assert.ok(page.value.endsWith(` ● ${expected.text}`), page.value);
    await session.disconnect();
  });

test('nothing is said where nothing has changed, or where nobody wants it; what the debugger writes is marked', async () => {
  using session = new Scenario();
  await session.start({ ...sample('fork-cow'), tellChanges: false }, { lines: { [SOURCE]: [at('counter = 42')] } });
  const child = await session.stopped();
  await session.go('next', child.threadId!);
  assert.deepEqual(told(session), []);
  assert.equal((await ask(session, 'pagewalk/changes', {})).pages.length, 1);
  await session.go('stepIn', child.threadId!, { granularity: 'instruction' });
  const nothing = await ask(session, 'pagewalk/changes', {});
  assert.equal(nothing.text, undefined);
  assert.deepEqual([nothing.pages, nothing.mappings, nothing.processes], [[], [], []]);
  const processes = (await ask(session, 'pagewalk/processes', {})).processes;
  assert.ok(processes.every((process) => !process.changed));

  await session.evaluate('note[0] = 65', { context: 'repl' });
  const [written] = (await ask(session, 'pagewalk/changes', {})).pages;
  assert.equal(written.text, 'split now by the debugger');
  await session.disconnect();
});

test('processes that start, run another program and end are told of', async () => {
  using session = new Scenario();
  await session.start(sample('fork-cow'), { lines: { [SOURCE]: [at('int pid = fork()'), at('print("parent:')] } });
  const stop = await session.stopped();
  await session.go('next', stop.threadId!);
  const started = await ask(session, 'pagewalk/changes', {});
  assert.deepEqual(started.processes[0], { pid: 2, kind: 'started', text: 'started, forked by pid 1' });
  assert.match(started.text ?? '', /pid 2 started, forked by pid 1/);
  await session.go('continue', stop.threadId!);
  const ended = await ask(session, 'pagewalk/changes', {});
  assert.deepEqual(ended.processes.at(-1), { pid: 2, kind: 'ended', text: 'ended with code 3' });
  await session.disconnect();
});
