import assert from 'node:assert/strict';
import path from 'node:path';
import { test } from 'node:test';
import type { DebugProtocol } from '@vscode/debugprotocol';
import type { WatchSpec } from '../../src/debug/custom-requests.ts';
import { compileGuest } from '../differential/compiled-guests.ts';
import { lineOf, sample, SAMPLES, Scenario } from './scenario.ts';
import { Transcript } from './transcript.ts';

type Info = DebugProtocol.DataBreakpointInfoResponse['body'];
type Breakpoints = DebugProtocol.SetDataBreakpointsResponse['body'];
type Access = DebugProtocol.DataBreakpointAccessType;

const guest = compileGuest('debug-watches.c', ['-g', '-O0', '-static']);
const at = (text: string): number => lineOf(guest.source, text);

/** What is of the compiler and not of the stop. */
const PLACE = /"[a-z.]+ [^"\\]*\\?"/g;

async function stoppedAt(session: Scenario, text: string): Promise<void> {
  await session.start({ program: guest.path }, { lines: { [guest.source]: [at(text)] } });
  await session.stopped();
  await session.breakAt(guest.source);
}

async function info(session: Scenario, name: string, more: object = {}): Promise<Info> {
  return session.client.request('dataBreakpointInfo', { name, ...more });
}

type WatchOptions = Partial<
  DebugProtocol.DataBreakpointInfoArguments & Pick<DebugProtocol.DataBreakpoint, 'condition' | 'hitCondition'>
>;

async function watch(
  session: Scenario,
  ...wanted: readonly (readonly [name: string, access: Access, more?: WatchOptions])[]
): Promise<Breakpoints['breakpoints']> {
  const breakpoints: DebugProtocol.DataBreakpoint[] = [];
  for (const [name, accessType, { condition, hitCondition, ...asked } = {}] of wanted) {
    const { dataId, description } = await info(session, name, asked);
    assert.ok(dataId, description);
    breakpoints.push({
      dataId,
      accessType,
      ...(condition ? { condition } : {}),
      ...(hitCondition ? { hitCondition } : {}),
    });
  }
  return (await session.client.request<Breakpoints>('setDataBreakpoints', { breakpoints })).breakpoints;
}

/** The words of the stops until the program ends, without the instructions. */
async function stops(session: Scenario, threadId = 1): Promise<string[]> {
  const texts: string[] = [];
  const ended = session.client.event('exited').then(() => undefined);
  for (;;) {
    await session.client.request('continue', { threadId });
    const stop = await Promise.race([session.stopped(), ended]);
    if (!stop) return texts;
    assert.equal(stop.reason, 'data breakpoint');
    texts.push(stop.text!.replace(PLACE, '"…"'));
  }
}

const by = (pid: number, name: string, line: number): string =>
  `by pid ${pid}, "…" at ${name} (debug-watches.c:${line})`;

test('a variable stops where it changes, is read, or is accessed at all; the stop says from what to what, and who', async () => {
  const counterChanges = [
    `counter changed from 0 to 5, ${by(1, 'main', at('counter = 5'))}`,
    ...[
      [5, 6],
      [6, 8],
      [8, 11],
      [11, 15],
    ].map(([before, after]) => `counter changed from ${before} to ${after}, ${by(1, 'main', at('counter += i'))}`),
    `counter changed from 15 to 77, ${by(2, 'main', at('counter = 77'))}`,
    `counter changed from 15 to 6, ${by(1, 'main', at('counter = six'))}`,
  ];
  using session = new Scenario();
  await stoppedAt(session, 'counter = 5');
  const [breakpoint] = await watch(session, ['counter', 'write']);
  assert.equal(breakpoint.verified, true);
  assert.deepEqual(await stops(session), counterChanges);
  await session.disconnect();

  using reading = new Scenario();
  await stoppedAt(reading, 'counter = 5');
  await watch(reading, ['counter', 'read', { hitCondition: '1' }]);
  const { text, hitBreakpointIds } = await reading.go('continue', 1);
  assert.equal(text!.replace(PLACE, '"…"'), `counter was read (5), ${by(1, 'main', at('others[0]'))}`);
  assert.equal(hitBreakpointIds!.length, 1);
  // It has been done: the stop is after the instruction.
  await watch(reading, ['counter', 'readWrite']);
  const next = await reading.go('continue', 1);
  assert.match(next.text!, /^counter was read \(5\), by pid 1/);
  await reading.disconnect();
});

test('members, elements, atomics and what a system call writes', async () => {
  using session = new Scenario();
  await stoppedAt(session, 'counter = 5');
  const [frame] = await session.stack(1);
  const members = (await session.scope(frame.id, 'Globals')).find(({ name }) => name === 'origin')!;
  const inside = { variablesReference: members.variablesReference };
  await watch(session, ['x', 'write', inside], ['z', 'write', inside], ['total', 'read'], ['buffer', 'write']);
  const texts = await stops(session);
  assert.deepEqual(texts.slice(0, 3), [
    `origin.x changed from 0 to -3, ${by(1, 'main', at('origin.x'))}`,
    `origin.z changed from 0 to 1.5, ${by(1, 'main', at('origin.z'))}`,
    `total changed from 0 to 2, ${by(1, 'main', at('total += 2'))}`,
  ]);
  assert.equal(texts.length, 4);
  assert.match(
    texts[3],
    /^buffer changed from 00 00 00 00 00 00 00 00 to 68 65 6c 6c 6f 00 00 00, by the kernel in read\(2\) of pid 1, /,
  );
  await session.disconnect();
});

test('a local variable is watched until its function returns', async () => {
  using session = new Scenario();
  await stoppedAt(session, 'int partial');
  await session.go('next', 1);
  const asked = await info(session, 'partial', { frameId: (await session.stack(1))[0].id });
  assert.equal(asked.canPersist, false);
  await watch(session, ['partial', 'write', { frameId: (await session.stack(1))[0].id }]);
  const where = by(1, 'sum', at('partial += i'));
  assert.deepEqual(await stops(session), [
    `partial changed from 0 to 1, ${where}`,
    `partial changed from 1 to 3, ${where}`,
    `partial changed from 3 to 6, ${where}`,
    'partial is gone: the function has returned',
  ]);
  await session.disconnect();
});

test('conditions and hit counts; this process only', async () => {
  using session = new Scenario();
  await stoppedAt(session, 'counter = 5');
  await watch(session, ['counter', 'write', { condition: 'counter > 8' }]);
  assert.match((await session.go('continue', 1)).text!, /^counter changed from 8 to 11/);
  await watch(session, ['counter', 'write', { hitCondition: '== 2', mode: 'this' }]);
  assert.match((await session.go('continue', 1)).text!, /^counter changed from 15 to 6, by pid 1/);
  assert.equal(await session.finish(1), 0);
  await session.disconnect();
});

test('addresses with a size up to a page; what cannot be watched says why', async () => {
  using session = new Scenario();
  await stoppedAt(session, 'counter = 5');
  const [frame] = await session.stack(1);
  const address = /0x[0-9a-f]+/.exec(await session.evaluate('&counter'))![0];
  const asAddress = await info(session, address, { asAddress: true, bytes: 2 });
  assert.equal(asAddress.description, `2 bytes at ${address}`);
  assert.equal(asAddress.canPersist, true);
  assert.deepEqual(asAddress.accessTypes, ['read', 'write', 'readWrite']);
  const problems: readonly (readonly [string, object, RegExp])[] = [
    ['others', {}, /^others has 8000 bytes, and a watch 4096 at most/],
    ['$sp', {}, /\w/],
    ['nothing', {}, /nothing/],
    ['0x', { asAddress: true }, /is not an address/],
    ['0x8000000000000000', { asAddress: true }, /is not an address/],
    [address, { asAddress: true, bytes: 4097 }, /it is 1 to 4096, a page/],
    [address, { asAddress: true, bytes: 0 }, /it is 1 to 4096, a page/],
  ];
  for (const [name, more, expected] of problems) {
    const { dataId, description } = await info(session, name, { frameId: frame.id, ...more });
    assert.equal(dataId, null, name);
    assert.match(description, expected);
  }
  const { breakpoints } = await session.client.request<Breakpoints>('setDataBreakpoints', {
    breakpoints: [
      { dataId: 'made up' },
      { dataId: asAddress.dataId, accessType: 'execute' },
      { dataId: asAddress.dataId, hitCondition: '% 2 3' },
      { dataId: asAddress.dataId!.replace('p1:', 'p9:') },
      { dataId: asAddress.dataId!.replace(address, '0x100') },
    ],
  });
  assert.deepEqual(
    breakpoints.map(({ verified, message }) => [verified, message]),
    [
      [false, '"made up" is nothing that can be watched'],
      [false, '"execute" is not a kind of access: it is read, write or readWrite'],
      [false, '3 is not expected here (column 5).'],
      [false, 'there is no process 9 yet'],
      [false, '0x100 is not mapped in pid 1 now'],
    ],
  );
  await session.disconnect();
});

test('a page, its entry and the references of its frame are watched through a fork and both writes', async () => {
  const transcript = new Transcript();
  using session = new Scenario(transcript);
  const source = path.join(SAMPLES, 'fork-cow/fork-cow.c');
  await session.start(sample('fork-cow'), { lines: { [source]: [lineOf(source, 'int pid = fork()')] } });
  await session.stopped();
  const address = /0x[0-9a-f]+/.exec(await session.evaluate('&counter'))![0];
  const va = `0x${(Number(address) & ~0xfff).toString(16)}`;
  const set = (...watches: WatchSpec[]): Promise<Breakpoints> =>
    session.client.request('pagewalk/setWatches', { watches });
  session.note('the entry: the fork takes W away and sets CoW');
  await set({ kind: 'pte', pid: 1, va }, { kind: 'refcount', pid: 1, va, when: 'change' });
  await session.go('continue', 1);
  session.note('the frame: the child takes a copy, and the parent is left alone with it');
  await set({ kind: 'refcount', pid: 1, va, when: 'one' });
  await session.go('continue', 1);
  session.note('the page: any access by anybody');
  await set({ kind: 'page', pid: 1, va, access: 'any' });
  await session.go('continue', 1);
  await session.go('continue', 1);
  session.note('nothing');
  await set();
  assert.equal(await session.finish(1), 0);
  await session.disconnect();
  transcript.check('watches');
});

test('watches set before the program runs wait for their process and page, and say so', async () => {
  using session = new Scenario();
  const { client } = session;
  await client.request('initialize', { adapterID: 'pagewalk' });
  const before = await client.request<Breakpoints>('pagewalk/setWatches', {
    watches: [{ kind: 'page', pid: 2, va: '0x12000', access: 'write' }],
  });
  assert.deepEqual(before.breakpoints[0].message, 'the program is not loaded yet');
  await client.request('launch', sample('fork-cow'));
  const { breakpoint } = await client.event<{ breakpoint: DebugProtocol.Breakpoint }>('breakpoint');
  assert.equal(breakpoint.message, 'there is no process 2 yet');
  await client.request('setExceptionBreakpoints', { filters: ['fork'] });
  await client.request('configurationDone');
  const changed = await client.event<{ breakpoint: DebugProtocol.Breakpoint }>('breakpoint');
  assert.equal(changed.breakpoint.id, breakpoint.id);
  assert.notEqual(changed.breakpoint.message, breakpoint.message);
  await session.stopped();
  for (const watches of [[{ kind: 'frame', pid: 1, va: '0x0' }], [{ kind: 'pte', pid: 1, va: 'here' }], 7])
    await client.refusal('pagewalk/setWatches', { watches });
  await session.disconnect();
});

test('rows of the scopes can be watched: a page, an entry, a frame', async () => {
  using session = new Scenario();
  const source = path.join(SAMPLES, 'fork-cow/fork-cow.c');
  await session.start(sample('fork-cow'), { lines: { [source]: [lineOf(source, 'int pid = fork()')] } });
  await session.stopped();
  const [frame] = await session.stack(1);
  const [mapping] = await session.scope(frame.id, 'Address Space');
  const asked = async (name: string, variablesReference: number): Promise<string> =>
    (await info(session, name, { variablesReference })).description;
  const { scopes } = await session.client.request<DebugProtocol.ScopesResponse['body']>('scopes', {
    frameId: frame.id,
  });
  const scope = (name: string): number => scopes.find((one) => one.name === name)!.variablesReference;
  assert.equal(await asked(mapping.name, scope('Address Space')), 'Page 0x10000 of pid 1');
  const [page] = await session.children(mapping.variablesReference);
  assert.equal(await asked(page.name, mapping.variablesReference), 'Page 0x10000 of pid 1');
  assert.equal(await asked('entry', page.variablesReference), 'the page-table entry of p1:0x10000');
  assert.equal(await asked('references', page.variablesReference), 'the reference count of the frame of p1:0x10000');
  const [root] = await session.children(scope('Page Table'));
  assert.equal(await asked(root.name, scope('Page Table')), 'the page-table entry of p1:0x0, level 2');
  await session.disconnect();
});
