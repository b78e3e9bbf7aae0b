import assert from 'node:assert/strict';
import { before, test } from 'node:test';
import { PLATFORM_NAMES } from '../../src/platform/registry.ts';
import { compileGuest, type CompiledGuest } from '../differential/compiled-guests.ts';
import { lineOf, Scenario } from './scenario.ts';

let guest: CompiledGuest;

before(() => {
  guest = compileGuest('endings.c', ['-g', '-O0', '-static', '-pthread']);
});

const LAST = 'This is its last state: continue to end the session.';

type Stop = Awaited<ReturnType<Scenario['stopped']>>;

function launched(session: Scenario, how: string, more: object = {}, filters: readonly string[] = []): Promise<void> {
  return session.start({ program: guest.path, args: [how], stopAtExit: true, ...more }, { filters });
}

/** Looks at all scopes of a stop; what two variables have. */
async function looked(session: Scenario, stop: Stop): Promise<readonly string[]> {
  const frames = await session.stack(stop.threadId!);
  const { scopes } = await session.client.request<{ scopes: { name: string; variablesReference: number }[] }>(
    'scopes',
    {
      frameId: frames[0].id,
    },
  );
  const rows = await Promise.all(scopes.map(async (one) => (await session.children(one.variablesReference)).length));
  const names = scopes.map(({ name }) => name);
  for (const name of ['Registers', 'Address Space', 'Page Table', 'Task'])
    assert.ok(rows[names.indexOf(name)] > 0, name);
  return [await session.evaluate('pages[63 * 4096]'), await session.evaluate('last_words')];
}

/** How it ends: what the stop says, the line that it is at, and the exit code. */
const ENDS: readonly (readonly [string, string, string, number])[] = [
  ['return', 'The program exited with code 0.', '', 0],
  ['exit', 'The program exited with code 3.', 'by itself', 3],
  ['segv', 'The program was ended by signal SIGSEGV (invalid memory access): store to *nowhere', '*nowhere = 1', 139],
  ['kill', 'The program was ended by signal SIGKILL (killed)', 'kill(getpid(), SIGKILL)', 137],
  // The handler of the first signal has its frame, and has not run.
  ['pairs', 'The program was ended by signal SIGTERM (terminated)', 'static void pass', 143],
  ['stack', 'The program was ended by signal SIGSEGV (invalid memory access): there is no room', 'asm volatile', 139],
  ['abort', 'The program was ended by signal SIGABRT (aborted): abort() was called', ' abort();', 134],
  ['thread', 'The program exited with code 4.', 'by a thread', 4],
  ['alone', 'The program exited with code 4.', 'the last thread', 4],
  ['exec', 'The program exited with code 3.', 'by itself', 3],
  ['fork', 'The program exited with code 6.', '', 6],
  ['killed', 'The program exited with code 6.', '', 6],
  ['orphan', 'The program exited with code 6. Its last process, pid ', 'the child', 6],
  ['left', 'The program exited with code 6. Left for ever: pid ', 'by who is left', 6],
];

for (const [how, says, text, code] of ENDS)
  test(`a program that ends by "${how}" stops before it is torn down, once, and then ends as it would have`, async () => {
    using session = new Scenario();
    await launched(session, how, { root: '/' });
    const stop = await session.stopped();
    assert.equal(stop.text!.startsWith(says), true, stop.text);
    assert.equal(stop.text!.endsWith(LAST), true, stop.text);
    const lines = (await session.where(stop.threadId!)).map((place) => Number(place.split(':').at(-1)));
    if (text !== '')
      assert.ok(
        lines.some((line) => Math.abs(line - lineOf(guest.source, text)) <= 1),
        lines.join(', '),
      );
    const [byte, words] = await looked(session, stop);
    assert.match(byte, /^63\b/);
    assert.match(words, how === 'orphan' ? /^43$/ : /^42$/);
    assert.ok(session.client.printed.includes(LAST));
    assert.equal(await session.finish(stop.threadId!), code);
    await session.disconnect();
  });

test('memory that is used up stops at the state that used it up', async () => {
  using session = new Scenario();
  await launched(session, 'eat', { memory: '16M' });
  const stop = await session.stopped();
  assert.match(stop.text!, /^The program was ended by signal SIGKILL \(killed\).* This is its last state/);
  assert.match((await looked(session, stop))[0], /^63\b/);
  assert.equal(await session.finish(stop.threadId!), 137);
});

test('on every platform that runs the program nothing has been freed at the stop', async () => {
  for (const platform of PLATFORM_NAMES) {
    using session = new Scenario();
    await launched(session, 'measured', { platform, root: '/' });
    const stop = await session.stopped();
    assert.equal(stop.text, `The program exited with code 8. ${LAST}`, platform);
    const { mappings } = await session.client.request<{ mappings: { present: number }[] }>('pagewalk/mappings', {
      pid: stop.own.pid,
    });
    const resident = /^"\d+ (\d+) /.exec(await session.evaluate('statm'))?.[1];
    assert.equal(
      mappings.reduce((sum, { present }) => sum + present, 0),
      Number(resident),
      platform,
    );
    assert.equal(await session.finish(stop.threadId!), 8);
  }
});

test('a fork is the end of nobody on any platform, whichever side is followed', async () => {
  for (const platform of ['independent', 'on-demand', 'partitioned'])
    for (const followFork of ['both', 'parent', 'child']) {
      using session = new Scenario();
      await launched(session, 'fork', { platform, followFork });
      const stop = await session.stopped();
      assert.equal(stop.text, `The program exited with code 6. ${LAST}`);
      assert.equal((await session.client.request<{ threads: unknown[] }>('threads')).threads.length, 1);
      assert.equal(await session.finish(stop.threadId!), 6);
    }
});

test('a filter that stops at the end of the last process says that it is, and nothing stops a second time', async () => {
  for (const [how, filters, code] of [
    ['segv', ['signal:fatal'], 139],
    ['exit', ['exit'], 3],
    ['kill', ['signal:fatal'], 137],
    ['orphan', ['exit', 'signal:fatal'], 6],
  ] as const) {
    using session = new Scenario();
    await launched(session, how, {}, filters);
    let stop = await session.stopped();
    assert.equal(stop.reason, 'exception', how);
    if (how === 'orphan') {
      assert.equal(session.client.printed.includes(LAST), false);
      stop = await session.go('continue', stop.threadId!);
    }
    assert.equal(session.client.printed.split(LAST).length, 2, how);
    assert.match((await looked(session, stop))[0], /^63\b/);
    assert.equal(await session.finish(stop.threadId!), code);
  }
});

test('a step, one of a thread alone, or killing what is left ends it', async () => {
  for (const [command, args] of [
    ['next', {}],
    ['stepIn', { granularity: 'instruction' }],
    ['stepOut', {}],
    ['next', { singleThread: true }],
    ['continue', { singleThread: true }],
    ['terminateThreads', { threadIds: true }],
    ['evaluate', { expression: 'kill', context: 'repl' }],
  ] as const) {
    using session = new Scenario();
    await launched(session, 'exit');
    const { threadId } = await session.stopped();
    await session.client.request(command, {
      threadId,
      ...args,
      ...('threadIds' in args ? { threadIds: [threadId] } : {}),
    });
    assert.equal(await session.exited(), 3, command);
    await session.disconnect();
  }
});

test('a step over the call that ends the program stops there', async () => {
  using session = new Scenario();
  await session.start(
    { program: guest.path, args: ['exit'], stopAtExit: true },
    { lines: { [guest.source]: [lineOf(guest.source, 'by itself')] } },
  );
  const { threadId } = await session.stopped();
  const stop = await session.go('next', threadId!);
  assert.equal(stop.text, `The program exited with code 3. ${LAST}`);
  assert.equal(await session.finish(threadId!), 3);
});

test('whoever ends the program does not see it stop', async () => {
  using asked = new Scenario();
  await launched(asked, 'exit');
  await asked.stopped();
  await asked.client.request('terminate', {});
  await asked.client.event('terminated');
  await asked.disconnect();

  using killed = new Scenario();
  await killed.start(
    { program: guest.path, args: ['exit'], stopAtExit: true },
    { lines: { [guest.source]: [lineOf(guest.source, 'by itself')] } },
  );
  const { threadId } = await killed.stopped();
  await killed.client.request('terminateThreads', { threadIds: [threadId] });
  assert.equal(await killed.exited(), 137);

  using closed = new Scenario();
  await launched(closed, 'exit');
  await closed.stopped();
  await closed.disconnect();
});

test('a program goes on that was saved from its end, and stops at the next one', async () => {
  using session = new Scenario();
  await launched(session, 'segv', {}, ['signal:fatal']);
  const { threadId } = await session.stopped();
  const [frame] = await session.stack(threadId!);
  await session.evaluate('nowhere = (int *)&last_words', { frameId: frame.id, context: 'repl' });
  await session.evaluate('$a5 = &last_words', { frameId: frame.id, context: 'repl' });
  const stop = await session.go('continue', threadId!);
  assert.equal(stop.text, `The program exited with code 0. ${LAST}`);
  assert.equal(await session.evaluate('last_words'), '1');
  assert.equal(await session.finish(threadId!), 0);
});

test('without the attribute, and without debugging, nothing stops; it is true or false', async () => {
  for (const more of [{ stopAtExit: false }, { noDebug: true }]) {
    using session = new Scenario();
    await launched(session, 'exit', more);
    assert.equal(await session.exited(), 3);
    assert.equal(session.client.printed.includes(LAST), false);
  }
  using session = new Scenario();
  await session.client.request('initialize', { adapterID: 'pagewalk' });
  assert.equal(
    await session.client.refusal('launch', { program: guest.path, stopAtExit: 'yes' }),
    '"stopAtExit" must be true or false.',
  );
});

test('a restart from the last state begins anew, and ends in its own', async () => {
  using session = new Scenario();
  await launched(session, 'exit');
  await session.stopped();
  await session.client.request('restart', {});
  const stop = await session.stopped();
  assert.equal(stop.text, `The program exited with code 3. ${LAST}`);
  assert.equal(await session.finish(stop.threadId!), 3);
});
