import assert from 'node:assert/strict';
import { mkdirSync, writeFileSync } from 'node:fs';
import { before, test } from 'node:test';
import { compileGuest, type CompiledGuest } from '../differential/compiled-guests.ts';
import { lineOf, sample, Scenario } from './scenario.ts';
import { Transcript } from './transcript.ts';

let guest: CompiledGuest;
const at = (text: string): number => lineOf(guest.source, text);
const ANY_COMPILER: readonly (readonly [RegExp, string])[] = [
  [/out\/guests\/[\w-]+/g, '$GUEST'],
  [/debug-runs-c[\w-]*/g, 'debug-runs'],
  [/0x[0-9a-f]{4,16}/g, '<address>'],
];

before(() => {
  guest = compileGuest('debug-runs.c', ['-g', '-O0', '-static', '-Wno-unused-result']);
});

/** The guest, doing what its argument says. */
function doing(what: string, more: object = {}): object {
  return { program: guest.path, args: [what], ...more };
}

/** Reads on until the guest has printed this. */
async function printed(session: Scenario, text: string): Promise<void> {
  let output = '';
  while (!output.includes(text))
    output += (await session.client.event<{ output: string }>('output', ({ output: part }) => part !== undefined))
      .output;
}

test('a guest that loops for ever is paused, looked at, changed and continued', async () => {
  using session = new Scenario();
  await session.start(doing('loop'));
  assert.equal(await session.client.refusal('stackTrace', { threadId: 1 }), 'The program is running: pause it first.');
  await session.client.request('pause', { threadId: 1 });
  const stop = await session.stopped();
  assert.equal(stop.reason, 'pause');
  assert.match((await session.where(1))[0], /^loop:/);
  const turns = BigInt(await session.evaluate('turns'));
  await session.client.request('continue', { threadId: 1 });
  await session.client.request('pause', { threadId: 1 });
  await session.stopped();
  assert.ok(BigInt(await session.evaluate('turns')) >= turns);
  await session.client.request('continue', { threadId: 1 });
  await session.disconnect();
});

test('disconnect, terminate and a client that is gone end a guest that loops for ever', async () => {
  for (const end of ['disconnect', 'terminate', 'hang up']) {
    using session = new Scenario();
    await session.start(doing('loop'));
    if (end === 'terminate') {
      await session.client.request('terminate', {});
      await session.client.event('terminated');
    }
    if (end === 'hang up') {
      session.client.hangUp();
      assert.equal(await session.client.ended, 0);
    } else await session.disconnect();
  }
});

test('a guest that prints for ever can be paused', async () => {
  using session = new Scenario();
  await session.start(doing('flood'));
  await printed(session, 'no play');
  await session.client.request('pause', { threadId: 1 });
  await session.stopped();
  await session.disconnect();
});

test('a guest that uses up its memory is killed, and the console says why', async () => {
  const transcript = new Transcript(ANY_COMPILER);
  using session = new Scenario(transcript);
  await session.start(doing('eat', { memory: '16M' }));
  assert.equal(await session.exited(), 137);
  await session.disconnect();
  transcript.check('out-of-memory');
});

test('input is asked for in the debug console, and ends with ^D', async () => {
  const transcript = new Transcript(ANY_COMPILER);
  using session = new Scenario(transcript);
  const type = (expression: string): Promise<unknown> =>
    session.client.request('evaluate', { expression, context: 'repl' });
  await session.start(doing('echo'));
  await printed(session, 'waits for input');
  await type('one two');
  await printed(session, 'waits for input');
  await type('^D');
  assert.equal(await session.exited(), 0);
  await session.disconnect();
  transcript.check('console-input');
});

test('input is read from a file', async () => {
  using session = new Scenario();
  mkdirSync('out/scratch', { recursive: true });
  writeFileSync('out/scratch/input.txt', 'from a file\n');
  await session.start(doing('echo', { stdin: 'out/scratch/input.txt' }));
  await printed(session, 'read from a file\nend of input\n');
  assert.equal(await session.exited(), 0);
  await session.disconnect();
});

test('a pause while the guest waits for input stops it there', async () => {
  using session = new Scenario();
  await session.start(doing('echo'));
  await printed(session, 'waits for input');
  await session.client.request('pause', { threadId: 1 });
  await session.stopped();
  assert.ok((await session.where(1)).includes(`echo:${at('while (fgets')}`));
  assert.match((await session.values(1, 'Task'))['state'], /^waits: /);
  await session.disconnect();
});

test('a deadlock stops and says who waits for what', async () => {
  using session = new Scenario();
  await session.start(doing('deadlock'));
  const stop = await session.stopped();
  assert.equal(stop.reason, 'exception');
  assert.match(
    stop.text!,
    /^Deadlock: nothing can go on\. pid 1 reads an empty pipe .* in \w+ \(debug-runs\.c:\d+\); pid 2 .* in \w+ \(debug-runs\.c:\d+\)$/,
  );
  await session.disconnect();
});

test('a crash stops before the signal ends the program', async () => {
  using session = new Scenario();
  await session.start(doing('crash'), { filters: ['fault:protection'] });
  const stop = await session.stopped();
  assert.equal(stop.text, 'Fault at an unmapped address: store to 0x10: a null pointer was used; 0x10 (not mapped)');
  assert.deepEqual((await session.where(1))[0], `crash:${at('0x10 = 1')}`);
  assert.equal(await session.finish(1), 139);
  await session.disconnect();
});

test('a fatal signal stops where it was raised, and says what was wrong with the address', async () => {
  using session = new Scenario();
  await session.start(doing('crash'), { filters: ['signal:fatal'] });
  const stop = await session.stopped();
  assert.equal(
    stop.text,
    'Signal SIGSEGV at 0x10 for pid 1: store to 0x10: a null pointer was used; it ends the process',
  );
  assert.deepEqual((await session.where(1))[0], `crash:${at('0x10 = 1')}`);
  const { description } = await session.client.request<{ description: string }>('exceptionInfo', { threadId: 1 });
  assert.match(description, /^Signal SIGSEGV.*\nA store faults: nothing is mapped here \(SIGSEGV\)\.\n\n/);
  assert.equal(await session.finish(1), 139);
  await session.disconnect();
});

test('exec is a stop, and breakpoints hold in the new program', async () => {
  using session = new Scenario();
  await session.start(doing('become'), {
    filters: ['exec'],
    lines: { [guest.source]: [at('turns += i')] },
  });
  const stop = await session.stopped();
  assert.match(stop.text!, /^Exec: pid 2 runs debug-runs/);
  const { reason, threadId } = await session.go('continue', 1);
  assert.equal(reason, 'breakpoint');
  assert.equal(threadId, 2);
  assert.equal((await session.where(2))[0], `count:${at('turns += i')}`);
  await session.breakAt(guest.source);
  assert.equal(await session.finish(2), 0);
  await session.disconnect();
});

test('restart begins again in place, with the same breakpoints', async () => {
  const transcript = new Transcript(ANY_COMPILER);
  using session = new Scenario(transcript);
  await session.start(doing('count'), { lines: { [guest.source]: [at('turns += i')] } });
  await session.stopped();
  await session.go('continue', 1);
  assert.equal(await session.evaluate('i'), '1');
  await session.client.request('restart', {});
  await session.stopped();
  assert.equal(await session.evaluate('i'), '0');
  await session.breakAt(guest.source);
  assert.equal(await session.finish(1), 9);
  await session.disconnect();
  transcript.check('restart');
});

test('a program that has ended can be restarted', async () => {
  using session = new Scenario();
  await session.start(doing('count'));
  await session.exited();
  assert.equal(await session.client.refusal('continue', { threadId: 1 }), 'The program has ended.');
  await session.client.request('restart', {});
  assert.equal(await session.exited(), 9);
  await session.disconnect();
});

test('followFork lets the other side run freely', async () => {
  const stops = async (followFork: string): Promise<number[]> => {
    using session = new Scenario();
    await session.start({ ...sample('fork-cow'), followFork }, { functions: ['print'] });
    const threads: number[] = [];
    for (let count = followFork === 'both' ? 2 : 1; count > 0; count--) {
      const { threadId } = threads.length === 0 ? await session.stopped() : await session.go('continue', threads[0]);
      threads.push(threadId!);
    }
    assert.equal(await session.finish(threads.at(-1)!), 0);
    return threads;
  };
  assert.deepEqual(await stops('both'), [2, 1]);
  assert.deepEqual(await stops('parent'), [1]);
  assert.deepEqual(await stops('child'), [2]);
});

test('without debugging nothing stops', async () => {
  using session = new Scenario();
  await session.start(doing('count', { noDebug: true, stopOnEntry: true }), {
    lines: { [guest.source]: [at('turns += i')] },
    filters: ['exit'],
  });
  assert.equal(await session.exited(), 9);
  await session.disconnect();
});
