import assert from 'node:assert/strict';
import path from 'node:path';
import { test } from 'node:test';
import { lineOf, sample, SAMPLES, Scenario } from './scenario.ts';
import { Transcript } from './transcript.ts';

const SOURCE = path.join(SAMPLES, 'fork-cow/fork-cow.c');
const AT = (text: string): number => lineOf(SOURCE, text);

test('a source breakpoint stops with a call stack, locals and registers', async () => {
  const transcript = new Transcript();
  using session = new Scenario(transcript);
  await session.start(sample('fork-cow'), { lines: { [SOURCE]: [AT('int pid = fork()')] } });
  const { reason, threadId } = await session.stopped();
  assert.equal(reason, 'breakpoint');
  const [main] = await session.stack(threadId!);
  assert.equal(main.name, 'main');
  assert.equal(main.line, AT('int pid = fork()'));
  for (const name of ['Locals', 'Globals', 'Task']) await session.scope(main.id, name);
  assert.equal(await session.finish(threadId!), 0);
  await session.disconnect();
  transcript.check('source-breakpoint');
});

test('at a fork there are two threads, and each is stepped by line on its own', async () => {
  const transcript = new Transcript();
  using session = new Scenario(transcript);
  await session.start(sample('fork-cow'), { filters: ['fork'] });
  const fork = await session.stopped();
  assert.equal(fork.reason, 'exception');
  await session.client.request('threads');
  await session.client.request('exceptionInfo', { threadId: 1 });
  session.note('both come back from fork');
  for (const thread of [2, 1]) await session.go('stepOut', thread);
  const after = AT('int pid = fork()');
  assert.deepEqual([(await session.where(1))[0], (await session.where(2))[0]], [`main:${after}`, `main:${after}`]);
  session.note('the child, by line');
  await session.go('next', 2);
  await session.go('next', 2);
  assert.equal((await session.where(2))[0], `main:${AT('child(note, mailbox)')}`);
  session.note('the parent has not moved, and goes its own way');
  assert.equal((await session.where(1))[0], `main:${after}`);
  await session.go('next', 1);
  await session.go('next', 1);
  assert.equal((await session.where(1))[0], `main:${AT('int status = wait_for')}`);
  assert.equal((await session.where(2))[0], `main:${AT('child(note, mailbox)')}`);
  session.note('stepping over a wait lets the child run until the parent is awake');
  await session.go('next', 1);
  assert.equal((await session.where(1))[0], `main:${AT('counter++')}`);
  assert.equal((await session.values(1, 'Locals'))['status'], '3');
  await session.finish(1);
  await session.disconnect();
  transcript.check('fork');
});

test('at a CoW fault the exception says whose page it is, and a step splits it', async () => {
  const transcript = new Transcript();
  using session = new Scenario(transcript);
  await session.start(sample('fork-cow'), { filters: ['fault:cow'] });
  let stop = await session.stopped();
  // The stack is shared too: the first stores after the fork are to it.
  while (!stop.own.reason.includes('store to counter ')) stop = await session.go('continue', stop.threadId!);
  const { pid, va } = stop.own;
  assert.match(
    stop.own.reason,
    /^CoW fault: store to counter \(0x[0-9a-f]+, fork-cow rw-p\), frame 0x[0-9a-f]+ shared with pid /,
  );
  const info = await session.client.request<{ description: string }>('exceptionInfo', { threadId: stop.threadId });
  assert.match(info.description, /level 2: .*\nlevel 1: .*\nlevel 0: /);
  const page = async (of: number): Promise<{ frame: number; state: string; sharedWith: number[] }> => {
    const end = `0x${(Number(va) + 4096).toString(16)}`;
    const body = await session.client.request<{ pages: never[] }>('pagewalk/pages', { pid: of, start: va, end });
    return body.pages[0];
  };
  const other = pid === 1 ? 2 : 1;
  const [mine, theirs] = [await page(pid), await page(other)];
  assert.equal(mine.frame, theirs.frame);
  assert.deepEqual(mine.sharedWith, [other]);
  assert.equal(mine.state, 'cow-shared');
  await session.client.request('pagewalk/processes', {});
  session.note('one instruction on, the page is split');
  await session.go('next', stop.threadId!, { granularity: 'instruction' });
  assert.notEqual((await page(pid)).frame, (await page(other)).frame);
  assert.equal((await page(pid)).state, 'private');
  assert.equal((await page(other)).state, 'cow-last');
  session.note('the same in the Variables view');
  const [frame] = await session.stack(stop.threadId!);
  const mappings = await session.scope(frame.id, 'Address Space');
  const data = mappings.find(({ value }) => value.startsWith('rw-p fork-cow'))!;
  const [first] = await session.children(data.variablesReference);
  await session.children(first.variablesReference);
  const [root] = await session.scope(frame.id, 'Page Table');
  const [level1] = await session.children(root.variablesReference);
  await session.children(level1.variablesReference);
  await session.client.request('pagewalk/mappings', { pid });
  await session.client.request('pagewalk/pageTable', { pid });
  await session.disconnect();
  transcript.check('cow-fault');
});
