import assert from 'node:assert/strict';
import path from 'node:path';
import { test } from 'node:test';
import type { DebugProtocol } from '@vscode/debugprotocol';
import type { CustomRequests } from '../../src/debug/custom-requests.ts';
import { compileGuest } from '../differential/compiled-guests.ts';
import { lineOf, sample, SAMPLES, Scenario } from './scenario.ts';
import { Transcript } from './transcript.ts';

type Platform = CustomRequests['pagewalk/platform']['body'];
type Pages = CustomRequests['pagewalk/layerPages']['body'];

/** Which functions of ours call which is nobody's business. */
const STACKS = [/"(createdBy|consumedBy)":\["([^"]+)"[^\]]*\]/g, '"$1":["$2",…]'] as const;

test('a window of a partitioned platform: gate, layer, slots and handles, from its fork to its end', async () => {
  const transcript = new Transcript([STACKS]);
  using session = new Scenario(transcript);
  const { client } = session;
  const pages = (kind: string): Promise<Pages> =>
    client.request('pagewalk/layerPages', { start: '0x10000', depth: 0, kind });
  await session.start({ ...sample('fork-cow'), platform: 'partitioned' }, { filters: ['fork', 'fault:cow'] });
  assert.equal((await session.stopped()).own.reason, 'Fork: pid 1 made pid 2');
  const forked = await client.request<Platform>('pagewalk/platform', {});
  assert.deepEqual(forked.layers[0].gate, {
    state: 'closed',
    reason: 'parent pid 1 waits: child 2 runs in its pages',
  });
  assert.deepEqual(
    forked.slots.map(({ processes, reservedFor }) => [processes, reservedFor]),
    [
      [[1, 2], []],
      [[], [2]],
    ],
  );
  const source = path.join(SAMPLES, 'fork-cow', 'fork-cow.c');
  assert.deepEqual(
    forked.lineage.map(({ pid, forkedAt }) => [pid, forkedAt?.file, forkedAt?.line]),
    [
      [1, undefined, undefined],
      [2, source, lineOf(source, 'int pid = fork()')],
    ],
  );
  session.note('the child is about to write a page of its parent');
  let stop = await session.go('continue', 2);
  while (!stop.own.reason.includes('store to counter ')) stop = await session.go('continue', 2);
  assert.match(stop.own.reason, /borrowed from pid 1$/);
  await client.request('exceptionInfo', { threadId: 2 });
  const isSaved = async () => (await pages('saved')).pages.some(({ va }) => va === '0x11000');
  assert.equal(await isSaved(), false);
  session.note('one instruction on, the bytes of before are saved');
  await session.go('next', 2, { granularity: 'instruction' });
  assert.equal(await isSaved(), true);
  await pages('new');
  for (const pid of [1, 2]) await client.request('pagewalk/pages', { pid, start: '0x11000', end: '0x12000' });
  session.note('the child ends: the window closes, and the parent has its pages back');
  await client.request('setExceptionBreakpoints', { filters: ['exit'] });
  assert.match((await session.go('continue', 2)).own.reason, /^Exit: pid 2/);
  await session.go('continue', 2);
  const closed = await client.request<Platform>('pagewalk/platform', {});
  assert.deepEqual([closed.layers, closed.slots.length, closed.handles[1].state], [[], 1, 'consumed']);
  await assert.rejects(pages('saved'), /There is no snapshot layer 0 at 0x10000/);
  await session.finish(1);
  await session.disconnect();
  transcript.check('window');
});

test('invariants are checked while their filter is set', async () => {
  for (const isChecked of [false, true]) {
    using session = new Scenario();
    const attributes = { ...sample('fork-cow'), platform: 'faulty/rolls-back-shared-memory', stopOnEntry: true };
    await session.start(attributes);
    await session.stopped();
    const filters = isChecked ? ['exit', 'invariant'] : ['exit'];
    await session.client.request('setExceptionBreakpoints', { filters });
    const { own } = await session.go('continue', 1);
    assert.match(own.reason, isChecked ? /^Invariant 7 \(shared memory stays shared\) is broken/ : /^Exit: pid 2/);
    await session.disconnect();
  }
});

test('the filter of broken invariants takes a condition, on what is broken and on the process that runs', async () => {
  using session = new Scenario();
  const { client } = session;
  const checkIf = async (condition: string): Promise<DebugProtocol.Breakpoint[]> => {
    const { breakpoints } = await client.request<{ breakpoints: DebugProtocol.Breakpoint[] }>(
      'setExceptionBreakpoints',
      { filters: ['exit'], filterOptions: [{ filterId: 'invariant', condition }] },
    );
    return breakpoints;
  };
  await session.start({ ...sample('fork-cow'), platform: 'faulty/rolls-back-shared-memory', stopOnEntry: true });
  await session.stopped();
  const [, wrong] = await checkIf('$invarant == 7');
  assert.equal(wrong.message, 'No register or variable is called $invarant; did you mean $invariant?');
  const [, right] = await checkIf('$invariant == 7 && $pid == 2 && before == 2 && $va == mailbox');
  assert.equal(right.verified, true);
  const { own, threadId } = await session.go('continue', 1);
  assert.match(own.reason, /^Invariant 7 .* space 2, /);
  assert.equal(threadId, 2);
  assert.equal((await session.where(2))[0], 'child:17');
  const [{ id: frameId }] = await session.stack(2, 1);
  assert.equal(await session.evaluate('$invariant', { frameId }), '7');
  assert.equal(await session.evaluate('$va == mailbox && $frame == frame(mailbox)', { frameId }), '1');
  assert.equal(await session.evaluate('$mapping', { frameId }), '"/dev/zero (deleted)"');
  await checkIf('$invariant != 7');
  assert.match((await session.go('continue', 2)).own.reason, /^Exit: pid 2/);
  await session.disconnect();
});

test('the condition is asked of every invariant that is broken at the time, in their order', async () => {
  const program = compileGuest('two-shared-pages.c', ['-g', '-O0', '-static']).path;
  for (const [condition, index] of [
    ['$invariant == 7 && $va == second', 1],
    ['$invariant == 7 && second > 0', 0],
  ] as const) {
    using session = new Scenario();
    await session.start({ program, platform: 'faulty/rolls-back-shared-memory', stopOnEntry: true });
    await session.stopped();
    const filterOptions = [{ filterId: 'invariant', condition }];
    await session.client.request('setExceptionBreakpoints', { filters: ['exit'], filterOptions });
    const { own } = await session.go('continue', 1);
    assert.match(own.reason, /^Invariant 7 .* space 2, /, condition);
    const [{ id: frameId }] = await session.stack(own.tid, 1);
    assert.equal(await session.evaluate(`$va == first + ${index} * 1024`, { frameId }), '1', condition);
    await session.disconnect();
  }
});

test('an invariant that a process breaks with its end is told where another one is, or in words', async () => {
  const program = compileGuest('gallery/slot-leaks-on-exit.c', ['-static']).path;
  using session = new Scenario();
  await session.start({ program, platform: 'faulty/slot-leaks-on-exit', check: true });
  const { own, threadId } = await session.stopped();
  assert.match(own.reason, /^Invariant 8 \(nothing leaks\) is broken: slot 1, /);
  assert.deepEqual([threadId, own.pid, own.va], [1, 1, undefined]);
  assert.ok((await session.where(1)).some((place) => place.startsWith('main')));
  const filterOptions = [{ filterId: 'invariant', condition: '$invariant != 8' }];
  await session.client.request('setExceptionBreakpoints', { filters: [], filterOptions });
  assert.equal(await session.finish(1), 1);
  assert.equal(session.client.printed.match(/^Invariant 8 .* is broken: slot 0, .*\.$/gm)?.length, 1);
  await session.disconnect();
});

test('a broken invariant is a stop that names page, frame and owners', async () => {
  const transcript = new Transcript();
  using session = new Scenario(transcript);
  const attributes = { ...sample('fork-cow'), platform: 'faulty/rolls-back-shared-memory', check: true };
  await session.start(attributes);
  const { own, threadId } = await session.stopped();
  assert.match(
    own.reason,
    /^Invariant 7 \(shared memory stays shared\) is broken: space 2, 0x[0-9a-f]+: the snapshot of space 1 has saved a shared/,
  );
  const info = await session.client.request<{ description: string }>('exceptionInfo', { threadId });
  assert.match(
    info.description,
    /\nframe 0x[0-9a-f]+, 3 references: shared anonymous memory, page 0; snapshot of pid 1 at 0x[0-9a-f]+; pid 2 at /,
  );
  await session.client.request('pagewalk/layerPages', { start: '0x10000', depth: 0, kind: 'saved' });
  await session.disconnect();
  transcript.check('broken-invariant');
});

test('a handler that hits a copy-on-write page itself is a stop with both faults, the one in the other', async () => {
  const transcript = new Transcript();
  using session = new Scenario(transcript);
  await session.start({ ...sample('fork-cow'), platform: 'faulty/handler-on-shared-stack' });
  const { threadId } = await session.stopped();
  const info = await session.client.request<{ exceptionId: string; description: string }>('exceptionInfo', {
    threadId,
  });
  assert.equal(info.exceptionId, 'Nested CoW fault');
  assert.match(info.description, /\nfault 1, of the program:\nstore at 0x[0-9a-f]+: a store faults: copy-on-write/);
  assert.match(
    info.description,
    /\nfault 2, of the handler of fault 1:\nstore at 0x3f[0-9a-f]+: a store faults: copy-on-write/,
  );
  assert.match(info.description, /\npages of the handler that a fork copies at once \(its footprint\): none$/);
  await session.disconnect();
  transcript.check('nested-cow');
});
