import assert from 'node:assert/strict';
import path from 'node:path';
import { test } from 'node:test';
import type { DebugProtocol } from '@vscode/debugprotocol';
import { compileGuest } from '../differential/compiled-guests.ts';
import { lineOf, sample, SAMPLES, Scenario } from './scenario.ts';
import { Transcript } from './transcript.ts';

const SOURCE = path.join(SAMPLES, 'fork-cow/fork-cow.c');
const jumps = compileGuest('debug-jumps.c', ['-g', '-O0', '-static', '-pthread']);

type Set = DebugProtocol.SetFunctionBreakpointsResponse['body'];

/** The sample, stopped at its fork, with the child ready to run. */
async function forked(session: Scenario): Promise<void> {
  await session.start(sample('fork-cow'), { filters: ['fork'] });
  await session.stopped();
  await session.client.request('setExceptionBreakpoints', { filters: [] });
}

test('a system call stops before it is made; unknown names say so', async () => {
  const transcript = new Transcript();
  using session = new Scenario(transcript);
  await session.start(sample('fork-cow'), { functions: ['syscall:write', 'syscall:clone', 'syscall:wait'] });
  await session.stopped();
  session.note('the next one is made by the child, only its second write counts');
  await session.client.request('setFunctionBreakpoints', {
    breakpoints: [{ name: 'syscall:write', hitCondition: '== 2', condition: '$a2 > 5' }],
  });
  await session.go('continue', 1);
  session.note('the instruction step over it explains it');
  await session.go('next', 1, { granularity: 'instruction' });
  assert.equal(await session.finish(1), 0);
  await session.disconnect();
  transcript.check('syscall-breakpoint');
});

test('every system call can stop', async () => {
  using session = new Scenario();
  await session.start(sample('fork-cow'), { functions: ['syscall:'] });
  const seen: string[] = [];
  const ended = session.client.event('exited').then(() => undefined);
  for (;;) {
    const stop = await Promise.race([session.stopped(), ended]);
    if (!stop) break;
    seen.push(/system call (\w+)/.exec(stop.text!)![1]);
    await session.client.request('continue', { threadId: 1 });
  }
  const unique = [...new Set(seen)];
  assert.deepEqual(unique, ['mmap', 'clone', 'wait4', 'write', 'exit_group', 'munmap']);
  // A call that has waited and goes on is not made again.
  assert.equal(seen.filter((name) => name === 'wait4').length, 1);
});

test('a breakpoint of this process leaves others alone', async () => {
  const line = lineOf(SOURCE, 'int before = counter');
  using session = new Scenario();
  await forked(session);
  await session.breakAt(SOURCE, { line, mode: 'this' });
  assert.equal(await session.finish(1), 0);

  using other = new Scenario();
  await forked(other);
  const [frame] = await other.stack(2);
  await other.client.request('scopes', { frameId: frame.id });
  await other.breakAt(SOURCE, { line, mode: 'this' });
  assert.equal((await other.go('continue', 1)).threadId, 2);
  assert.match(
    await other.client.refusal('setBreakpoints', { source: { path: SOURCE }, breakpoints: [{ line, mode: 'some' }] }),
    /no breakpoint mode "some"/,
  );
});

test('a single thread runs alone: it says why it cannot go on', async () => {
  using session = new Scenario();
  await forked(session);
  await session.client.request('continue', { threadId: 1, singleThread: true });
  const blocked = await session.stopped();
  assert.match(blocked.text!, /^Thread 1, which alone was to run, is blocked: it waits for/);
  const [frame] = await session.stack(2, 1);
  assert.equal(frame.name, 'syscall6');
  await session.client.request('next', { threadId: 1, singleThread: true });
  assert.match((await session.stopped()).text!, /is blocked/);
  await session.client.request('continue', { threadId: 2, singleThread: true });
  const ended = await session.stopped();
  assert.deepEqual([ended.threadId, ended.text], [1, 'Thread 2, which was stepped, has ended']);
  assert.equal(await session.finish(1), 0);
});

test('one process runs, others only while it is blocked; its end stops', async () => {
  using session = new Scenario();
  await forked(session);
  await session.client.request('pagewalk/setRunScope', { scope: 'process' });
  const { text } = await session.go('continue', 2);
  assert.equal(text, 'Process 2, which alone was to run, has ended');
  assert.doesNotMatch(session.client.printed, /parent:/);
  assert.equal(await session.finish(1), 0);
  assert.match(await session.client.refusal('pagewalk/setRunScope', { scope: 'thread' }), /no run scope/);

  using parent = new Scenario();
  await forked(parent);
  await parent.client.request('pagewalk/setRunScope', { scope: 'process' });
  assert.equal(await parent.finish(1), 0);
});

test('one process is killed as by SIGKILL, and the rest goes on', async () => {
  const transcript = new Transcript();
  using session = new Scenario(transcript);
  await forked(session);
  session.note('the child is killed while the machine stands still');
  await session.client.request('terminateThreads', { threadIds: [2] });
  await session.client.event('invalidated');
  await session.client.request('threads');
  assert.match(await session.client.refusal('terminateThreads', { threadIds: [2] }), /no thread 2/);
  assert.equal(await session.finish(1), 0);
  await session.disconnect();
  transcript.check('terminate-threads');

  using all = new Scenario();
  await forked(all);
  await all.client.request('terminateThreads', { threadIds: [1, 2] });
  assert.equal(await all.exited(), 137);
});

test('a step that takes long reports progress, and can be cancelled', async () => {
  using session = new Scenario();
  const { client } = session;
  await client.request('initialize', { adapterID: 'pagewalk', supportsProgressReporting: true });
  const runs = compileGuest('debug-runs.c', ['-g', '-O0', '-static']);
  await client.request('launch', { program: runs.path, args: ['loop'], stopOnEntry: true });
  await client.request('configurationDone');
  await session.stopped();
  let name = '';
  while (name !== 'loop') {
    await session.go('stepIn', 1);
    [{ name }] = await session.stack(1, 1);
  }
  await client.request('stepOut', { threadId: 1 });
  const { progressId, cancellable } = await client.event<DebugProtocol.ProgressStartEvent['body']>('progressStart');
  assert.equal(cancellable, true);
  const { message } = await client.event<DebugProtocol.ProgressUpdateEvent['body']>('progressUpdate');
  assert.match(message!, /^\d+ million instructions$/);
  await client.request('cancel', { progressId: 'none' });
  await client.request('cancel', { requestId: 1 });
  await client.request('cancel', { progressId });
  await client.event('progressEnd');
  assert.equal((await session.stopped()).reason, 'pause');
});

test('restart begins again with the same watches and modes', async () => {
  using session = new Scenario();
  await session.start(sample('fork-cow'), { lines: { [SOURCE]: [lineOf(SOURCE, 'int pid = fork()')] } });
  await session.stopped();
  await session.breakAt(SOURCE);
  const { dataId } = await session.client.request<DebugProtocol.DataBreakpointInfoResponse['body']>(
    'dataBreakpointInfo',
    { name: 'counter' },
  );
  await session.client.request('setDataBreakpoints', { breakpoints: [{ dataId, accessType: 'write' }] });
  assert.match((await session.go('continue', 1)).text!, /^counter changed from 2 to 42, by pid 2/);
  await session.client.request('restart', {});
  // From the very start this time.
  assert.match((await session.stopped()).text!, /^counter changed from 1 to 2, by pid 1/);
  assert.match((await session.go('continue', 1)).text!, /^counter changed from 2 to 42, by pid 2/);
});

test('threads of one process: the end of one that alone runs', async () => {
  using session = new Scenario();
  await session.start({ program: jumps.path }, { functions: ['work'] });
  const { threadId } = await session.stopped();
  await session.client.request('setFunctionBreakpoints', { breakpoints: [] });
  await session.client.request('continue', { threadId, singleThread: true });
  const ended = await session.stopped();
  assert.equal(ended.text, `Thread ${threadId}, which was stepped, has ended`);
  assert.equal(await session.finish(1), 0);
});

test('the set of a function breakpoint names what is close', async () => {
  using session = new Scenario();
  await session.start(sample('fork-cow'), { functions: ['main'] });
  await session.stopped();
  const { breakpoints } = await session.client.request<Set>('setFunctionBreakpoints', {
    breakpoints: [{ name: 'syscall:open' }, { name: 'syscall: read ' }],
  });
  assert.deepEqual(
    breakpoints.map(({ verified, message }) => [
      verified,
      message?.startsWith('Linux on RISC-V has no system call open; there is open'),
    ]),
    [
      [false, true],
      [true, undefined],
    ],
  );
});
