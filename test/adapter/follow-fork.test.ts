import assert from 'node:assert/strict';
import { before, test } from 'node:test';
import { compileGuest, type CompiledGuest } from '../differential/compiled-guests.ts';
import { lineOf, Scenario } from './scenario.ts';

let guest: CompiledGuest;
let at: (text: string) => number;

before(() => {
  guest = compileGuest('follow-fork.c', ['-g', '-O0', '-static', '-pthread']);
  at = (text) => lineOf(guest.source, text);
});

type Follow = 'child' | 'parent' | 'both';

/** The program, stopped on the line with this text. */
async function stoppedAt(session: Scenario, kind: string, followFork: Follow, text: string): Promise<number> {
  await session.start({ program: guest.path, args: [kind], followFork }, { lines: { [guest.source]: [at(text)] } });
  const { threadId } = await session.stopped();
  await session.breakAt(guest.source);
  return threadId!;
}

/** Process, function and line of a stop. */
async function placeOf(session: Scenario, stop: Awaited<ReturnType<Scenario['stopped']>>): Promise<string> {
  return `pid ${stop.own.pid} ${(await session.where(stop.threadId!))[0]}`;
}

test('a step over a fork ends on the next line: in the child where that is followed, else in the parent', async () => {
  for (const [kind, text, next] of [
    ['fork', 'int pid = fork();', 'if (pid == 0)'],
    ['vfork', 'int pid = vfork();', 'int pid = vfork();'],
  ])
    for (const follow of ['child', 'parent', 'both'] as const) {
      using session = new Scenario();
      const thread = await stoppedAt(session, kind, follow, text);
      const stop = await session.go('next', thread);
      const line = kind === 'vfork' ? at(next) + 1 : at(next);
      const [pid, name] = follow === 'child' ? [2, '0'] : [1, '2'];
      assert.equal(
        await placeOf(session, stop),
        `pid ${pid} ${kind === 'fork' ? 'plain' : 'borrowing'}:${line}`,
        follow,
      );
      assert.equal(await session.evaluate('pid', { frameId: (await session.stack(stop.threadId!))[0].id }), name);
      if (follow !== 'child') continue;
      // The child's end is the step's; the parent has run freely, and may be over first.
      await session.go('next', stop.threadId!);
      assert.match((await session.where(stop.threadId!))[0], new RegExp(`:${line + 1}$`));
      await session.client.request('continue', { threadId: stop.threadId });
      assert.equal(await session.exited(), 0);
      assert.match(session.client.printed, kind === 'fork' ? /^11$/m : /^12$/m);
    }
});

test('a step over, into and out of a function that forks ends in the child', async () => {
  using over = new Scenario();
  const first = await stoppedAt(over, 'fork', 'child', 'pid = plain()');
  await over.client.request('next', { threadId: first });
  // It never returns: the step ends with it, and nobody is left to look at.
  assert.equal(await over.exited(), 0);

  using into = new Scenario();
  const thread = await stoppedAt(into, 'fork', 'child', 'pid = plain()');
  assert.equal(await placeOf(into, await into.go('stepIn', thread)), `pid 1 plain:${at('int pid = fork();')}`);
  assert.equal(await placeOf(into, await into.go('stepIn', thread)), `pid 2 plain:${at('if (pid == 0)')}`);

  using out = new Scenario();
  await out.start({ program: guest.path, args: ['fork'], followFork: 'child' }, { functions: ['fork'] });
  const { threadId } = await out.stopped();
  await out.client.request('setFunctionBreakpoints', { breakpoints: [] });
  assert.equal(await placeOf(out, await out.go('stepOut', threadId!)), `pid 2 plain:${at('int pid = fork();')}`);
});

test('a child with a stack of its own is stepped in the function that it begins with', async () => {
  using session = new Scenario();
  const stop = await session.go('next', await stoppedAt(session, 'clone', 'child', 'int pid = clone('));
  assert.equal(await placeOf(session, stop), `pid 2 begin:${at('int code = *(int *)argument')}`);
  assert.equal(await session.evaluate('*(int *)argument'), '13');
});

test('a child that executes another program is followed into that', async () => {
  using session = new Scenario();
  await session.start({ program: guest.path, args: ['exec'], followFork: 'child' }, { functions: ['executing'] });
  const { threadId } = await session.stopped();
  await session.client.request('setFunctionBreakpoints', { breakpoints: [] });
  let stop = await session.go('next', threadId!);
  assert.equal(await placeOf(session, stop), `pid 2 executing:${at('execl(') - 1}`);
  stop = await session.go('next', 2);
  assert.equal(await placeOf(session, stop), `pid 2 executing:${at('execl(')}`);
  stop = await session.go('next', 2);
  assert.match(stop.text!, /^The step ends in another program: pid 2 runs /);
  await session.breakAt(guest.source, at('return 14'));
  stop = await session.go('continue', 2);
  assert.equal(await placeOf(session, stop), `pid 2 main:${at('return 14')}`);

  using spawn = new Scenario();
  stop = await spawn.go('next', await stoppedAt(spawn, 'spawn', 'child', 'posix_spawn(&pid'));
  assert.match(stop.text!, /^The step ends in another program: pid 2 runs /);
});

test('a thread that forks is followed into the child, whose only thread it becomes', async () => {
  using session = new Scenario();
  const thread = await stoppedAt(session, 'thread', 'child', 'int pid = fork();');
  assert.equal(thread, 2);
  const stop = await session.go('next', thread);
  assert.equal(await placeOf(session, stop), `pid 3 plain:${at('if (pid == 0)')}`);
  assert.deepEqual((await session.where(3)).slice(0, 2), [
    `plain:${at('if (pid == 0)')}`,
    `in_thread:${at('*(int *)argument = plain()')}`,
  ]);
});

test('a fork stops before the child is followed, and shows it', async () => {
  using session = new Scenario();
  await session.start({ program: guest.path, args: ['fork'], followFork: 'child' }, { filters: ['fork'] });
  const stop = await session.stopped();
  assert.deepEqual([stop.threadId, stop.text], [2, 'Fork: pid 1 made pid 2']);
  assert.equal(await placeOf(session, await session.go('next', 2)), `pid 2 plain:${at('if (pid == 0)')}`);
});
