import assert from 'node:assert/strict';
import path from 'node:path';
import { test } from 'node:test';
import type { CustomRequests } from '../../src/debug/custom-requests.ts';
import { compileGuest } from '../differential/compiled-guests.ts';
import { lineOf, sample, SAMPLES, Scenario } from './scenario.ts';
import { Transcript } from './transcript.ts';

const SOURCE = path.join(SAMPLES, 'fork-cow', 'fork-cow.c');
const at = (text: string): number => lineOf(SOURCE, text);
const FORKED = new RegExp(
  String.raw`pid 1 forked pid 2 at main \(fork-cow\.c:${at('int pid = fork()')}\), instruction \d+`,
);

type Explained = CustomRequests['pagewalk/explain'];

async function explain(session: Scenario, expression: string, frameId?: number): Promise<Explained['body']> {
  const args: Explained['args'] = { expression, ...(frameId === undefined ? {} : { frameId }) };
  return session.client.request('pagewalk/explain', args);
}

const last = (lines: readonly string[]): string => lines.at(-1) ?? '';

test('an address is explained from its mapping to who shares its frame since which fork, and who broke that', async () => {
  const transcript = new Transcript();
  using session = new Scenario(transcript);
  await session.start(sample('fork-cow'), {
    lines: { [SOURCE]: [at('int pid = fork()'), at('note[0] ='), at('print("parent:')] },
  });
  await session.stopped();
  session.note('before the fork: nobody shares it, and what was of the page cache was copied');
  const before = (await explain(session, 'counter')).explanation.history;
  assert.equal(before.length, 1);
  assert.match(before[0], /^sharing broken: pid 1 wrote at main .*, the page cache kept frame 0x[0-9a-f]+$/);
  assert.match((await explain(session, 'note')).text, /^note points to 0x[0-9a-f]+ in pid 1: private: /);

  session.note('the child has written counter, and not note');
  const child = await session.go('continue', 1);
  const [frame] = await session.stack(child.threadId!, 1);
  const counter = (await explain(session, 'counter', frame.id)).explanation;
  assert.equal(counter.pid, 2);
  assert.match(counter.history[0], new RegExp(`^was shared since ${FORKED.source}$`));
  assert.match(
    counter.history[1],
    new RegExp(
      String.raw`^sharing broken: pid 2 wrote at child \(fork-cow\.c:${at('counter = 42')}\), instruction \d+: frame 0x\w+ copied to 0x\w+, pid 1 kept frame 0x`,
    ),
  );
  const note = (await explain(session, 'note', frame.id)).explanation;
  assert.match(last(note.history), new RegExp(`^shared since ${FORKED.source}$`));
  assert.deepEqual(
    counter.historyAt.map(({ pid, file, line }) => [pid, file, line]),
    [
      [1, SOURCE, at('int pid = fork()')],
      [2, SOURCE, at('counter = 42')],
    ],
  );
  session.note('a pointer is explained as what it points to, an object as where it is');
  const heading = async (expression: string): Promise<string> =>
    (await explain(session, expression, frame.id)).text.split(': ')[0];
  assert.match(await heading('note'), /^note points to 0x[0-9a-f]+ in pid 2/);
  assert.match(await heading('&note'), /^&note points to 0x[0-9a-f]+ in pid 2, note/);
  assert.equal(await heading('counter'), `counter is at ${counter.va} in pid 2`);
  assert.equal(await heading('&counter'), `&counter points to ${counter.va} in pid 2, counter`);
  assert.match(await heading(`p1:${counter.va}`), new RegExp(`^${counter.va} in pid 1, counter$`));
  assert.deepEqual(
    note.accesses.map(({ access, cause }) => `${access} ${cause}`),
    ['load none', 'store cow', 'fetch protection'],
  );
  assert.match((await explain(session, `p1:${note.va}`)).explanation.page!.owners.join(), /pid 1 at .*pid 2 at /);

  session.note('a hover says it shortly');
  assert.match(
    await session.evaluate('note', { context: 'hover', frameId: frame.id }),
    / — anonymous memory rw-p, copy-on-write, shared with pid 1: the next write copies frame 0x[0-9a-f]+$/,
  );
  assert.doesNotMatch(await session.evaluate('note', { context: 'watch', frameId: frame.id }), /—/);

  session.note('what the debugger writes is told as such');
  await session.client.request('writeMemory', { memoryReference: `p2:${note.va}`, data: 'Wg==' });
  await session.client.event('invalidated');
  assert.match(
    last((await explain(session, 'note')).explanation.history),
    /^sharing broken: the debugger wrote for pid 2, at instruction \d+: frame 0x\w+ copied to 0x\w+, pid 1 kept frame 0x/,
  );

  session.note('the parent is the last one and takes the page over');
  await session.breakAt(SOURCE, at('print("parent:'));
  await session.go('continue', child.threadId!);
  const taken = (await explain(session, 'counter')).explanation.history.slice(1);
  assert.match(taken[0], new RegExp(`^was shared since ${FORKED.source}$`));
  assert.match(taken[1], /: pid 1 wrote at main \(fork-cow\.c:\d+\), .*: no sharer was left, frame 0x\w+ taken over$/);

  session.note('what is nowhere, and what is no address');
  const nowhere = await explain(session, '0x7000');
  assert.deepEqual(
    nowhere.explanation.accesses.map(({ cause }) => cause),
    ['unmapped', 'unmapped', 'unmapped'],
  );
  assert.match(nowhere.text, /^0x7000 in pid 1: no page is present\nno mapping covers this address\n/);
  await session.client.refusal('pagewalk/explain', { expression: '0xffffffffffff0000' });
  await session.client.refusal('pagewalk/explain', { expression: 'p9:0x10000' });
  await session.client.refusal('pagewalk/explain', { expression: 'nothing' });
  await session.client.refusal('pagewalk/explain', {});
  await session.disconnect();
  transcript.check('explain');
});

type Ledger = CustomRequests['pagewalk/ledger']['body'];
type LedgerPages = CustomRequests['pagewalk/ledgerPages'];

test('the ledger has every page that a fork shares or shared, and who wrote it first', async () => {
  const transcript = new Transcript();
  using session = new Scenario(transcript);
  await session.start(sample('fork-cow'), { lines: { [SOURCE]: [at('note[0] ='), at('print("parent:')] } });
  const ledger = (): Promise<Ledger> => session.client.request('pagewalk/ledger', {});
  const pages = (args: LedgerPages['args']): Promise<LedgerPages['body']> =>
    session.client.request('pagewalk/ledgerPages', args);
  const child = await session.stopped();
  session.note('the child has written counter, and its stack');
  const [fork] = (await ledger()).forks;
  assert.equal(`${fork.pid} ${fork.child} ${fork.place}`, `1 2 main (fork-cow.c:${at('int pid = fork()')})`);
  assert.deepEqual([fork.file, fork.line], [SOURCE, at('int pid = fork()')]);
  const counter = await explain(session, 'counter');
  const counterPage = counter.explanation.page!.va;
  const written = await pages({ fork: fork.id, state: 'broken' });
  assert.equal(written.total, fork.broken);
  const row = written.pages.find(({ va, broke }) => va === counterPage && broke?.pid === 2)!;
  assert.equal(row.broke!.place, `child (fork-cow.c:${at('counter = 42')})`);
  assert.deepEqual([row.broke!.file, row.broke!.line], [SOURCE, at('counter = 42')]);
  assert.equal(row.broke!.after, counter.explanation.page!.frame);
  assert.deepEqual(
    row.owners.map(({ pid }) => pid),
    [2, 1],
  );
  const shared = await pages({ fork: fork.id, state: 'shared' });
  const note = (await explain(session, 'note')).explanation.page!;
  assert.ok(shared.pages.some(({ va, frame }) => va === note.va && frame === note.frame));
  assert.ok(!shared.pages.some(({ va }) => va === counterPage));
  assert.deepEqual(
    (await pages({ fork: fork.id, state: 'broken', skip: 1, count: 1 })).pages,
    written.pages.slice(1, 2),
  );

  session.note('the child is gone: nothing is shared any more');
  await session.go('continue', child.threadId!);
  const [later] = (await ledger()).forks;
  assert.equal(later.childEnd?.how, 'exit');
  assert.deepEqual(await pages({ fork: fork.id, state: 'shared' }), { pages: [], total: 0 });
  const takenOver = (await pages({ fork: fork.id, state: 'broken' })).pages.filter(
    ({ broke }) => broke?.how === 'taken-over',
  );
  assert.ok(takenOver.some(({ va, broke }) => va === counterPage && broke?.pid === 1));
  assert.ok((await pages({ state: 'broken' })).pages.every(({ broke }) => broke?.from === 'page-cache'));
  await session.client.refusal('pagewalk/ledgerPages', { fork: 9, state: 'broken' });
  await session.client.refusal('pagewalk/ledgerPages', { fork: 1, state: 'both' });
  await session.disconnect();
  transcript.check('ledger');
});

type Diff = CustomRequests['pagewalk/forkDiff']['body'];
type DiffPages = CustomRequests['pagewalk/forkDiffPages']['body'];

test('a parent and its child are compared page by page, as long as both are there', async () => {
  const transcript = new Transcript();
  using session = new Scenario(transcript);
  await session.start(sample('fork-cow'), { lines: { [SOURCE]: [at('note[0] ='), at('print("parent:')] } });
  const child = await session.stopped();
  const pair = { parent: 1, child: 2 };
  const forks = (): Promise<{ forks: object[] }> => session.client.request('pagewalk/liveForks', {});
  assert.deepEqual((await forks()).forks, [pair]);
  const { counts } = await session.client.request<Diff>('pagewalk/forkDiff', pair);
  const pages = (kind: string): Promise<DiffPages> =>
    session.client.request('pagewalk/forkDiffPages', { ...pair, kind });
  const split = await pages('split');
  assert.equal(split.total, counts.split);
  const counter = split.pages.find(({ va }) => va === '0x11000')!;
  assert.equal(counter.bytes, 1);
  assert.equal(counter.first, await session.evaluate('&counter,x'));
  assert.match(last(counter.writes), /pid 2 wrote at child \(fork-cow\.c:\d+\)/);
  assert.deepEqual(counter.writtenAt.map(({ pid, file, line }) => [pid, file, line]).at(-1), [
    2,
    SOURCE,
    at('counter = 42'),
  ]);
  assert.ok((await pages('same')).pages.every(({ parentFrame, childFrame }) => parentFrame === childFrame));
  await session.client.refusal('pagewalk/forkDiff', { parent: 1, child: 1 });
  await session.client.refusal('pagewalk/forkDiff', { parent: 1, child: 3 });
  await session.client.refusal('pagewalk/forkDiffPages', { ...pair, kind: 'odd' });

  session.note('the child has ended');
  await session.go('continue', child.threadId!);
  assert.deepEqual((await forks()).forks, []);
  await session.client.refusal('pagewalk/forkDiff', pair);
  await session.disconnect();
  transcript.check('fork-diff');
});

/** The pages of a process by the debugger's own view of its entries: the frame by address. */
async function framesOf(session: Scenario, pid: number): Promise<Map<string, { frame: number; isPrivate: boolean }>> {
  type Mappings = CustomRequests['pagewalk/mappings']['body'];
  type Pages = CustomRequests['pagewalk/pages']['body'];
  const { mappings } = await session.client.request<Mappings>('pagewalk/mappings', { pid });
  const frames = new Map<string, { frame: number; isPrivate: boolean }>();
  for (const { start, end } of mappings) {
    const { pages } = await session.client.request<Pages>('pagewalk/pages', { pid, start, end });
    for (const { va, frame, owners } of pages)
      frames.set(va, { frame, isPrivate: !owners.some((owner) => /page cache|shared anonymous/.test(owner)) });
  }
  return frames;
}

test('mappings come in slices: as many as are asked for, from where they are asked for', async () => {
  const { path: program } = compileGuest('siblings.c', ['-g', '-O0', '-static']);
  using session = new Scenario();
  await session.start({ program, stopOnEntry: true }, {});
  await session.stopped();
  type Mappings = CustomRequests['pagewalk/mappings']['body'];
  const ask = (more: object): Promise<Mappings> =>
    session.client.request<Mappings>('pagewalk/mappings', { pid: 1, ...more });
  const all = await ask({});
  assert.equal(all.total, all.mappings.length);
  assert.ok(all.total > 3 && all.mappings.some(({ present }) => present > 0));
  for (let skip = 0; skip <= all.total; skip++)
    assert.deepEqual(await ask({ skip, count: 2 }), { mappings: all.mappings.slice(skip, skip + 2), total: all.total });
  session.client.kill();
});

for (const platform of ['independent', 'on-demand'])
  test(`each of several children shares what the tables say, in the ledger, the diff and the mappings, on ${platform}`, async () => {
    const { path: program, source } = compileGuest('siblings.c', ['-g', '-O0', '-static']);
    using session = new Scenario();
    const line = lineOf(source, 'all are there');
    await session.start({ program, platform }, { lines: { [source]: [line + 1] } });
    await session.stopped();
    const { forks } = await session.client.request<CustomRequests['pagewalk/ledger']['body']>('pagewalk/ledger');
    assert.equal(forks.length, 4);
    for (const { id, pid, child, shared, counts } of forks) {
      const [mine, theirs] = [await framesOf(session, pid), await framesOf(session, child)];
      const same = [...mine].filter(([va, { frame }]) => theirs.get(va)?.frame === frame);
      const own = same.filter(([, { isPrivate }]) => isPrivate).map(([va]) => va);
      assert.ok(own.length > 5 && same.length > own.length, `${own.length} of ${same.length}`);
      const asked = { fork: id, state: 'shared' };
      const pages = await session.client.request<CustomRequests['pagewalk/ledgerPages']['body']>(
        'pagewalk/ledgerPages',
        asked,
      );
      assert.deepEqual(pages.pages.map(({ va }) => va).sort(), own.sort());
      assert.equal(shared, own.length);
      assert.match(
        counts,
        new RegExp(`^${own.length} private pages that pid ${pid} and pid ${child} still have in one`),
      );
      const diff = await session.client.request<Diff>('pagewalk/forkDiff', { parent: pid, child });
      assert.equal(diff.counts.same, same.length);
      assert.equal(diff.same.private, own.length);
      assert.match(diff.text, new RegExp(`^${same.length} pages in the same frame: ${own.length} private`));
    }
    const [, second, third] = forks;
    const written = await session.client.request<CustomRequests['pagewalk/ledgerPages']['body']>(
      'pagewalk/ledgerPages',
      { fork: third.id, state: 'broken' },
    );
    // The parent's write of the last page ended what it shared with each child.
    assert.ok(written.pages.some(({ broke, forks: of }) => broke?.place?.startsWith('main') && of.length > 2));
    assert.equal(second.pid, 1);
    await session.disconnect();
  });
