import assert from 'node:assert/strict';
import { test } from 'node:test';
import { compileGuest, type CompiledGuest } from '../differential/compiled-guests.ts';
import { lineOf, Scenario, type Configured } from './scenario.ts';
import { Transcript } from './transcript.ts';

const jumps = compileGuest('debug-jumps.c', ['-g', '-O0', '-static', '-pthread']);
const throws = compileGuest('debug-throws.cpp', ['-g', '-O0', '-static']);

/** The compiler's version decides on addresses. */
const ANY_COMPILER: readonly (readonly [RegExp, string])[] = [
  [/out\/guests\/[\w-]+/g, '$GUEST'],
  [/\/?debug-(jumps-c|throws-cpp)[\w-]*/g, 'debug-$1'],
  [/0x[0-9a-f]{4,16}/g, '<address>'],
];

async function stoppedAt(session: Scenario, guest: CompiledGuest, text: string, more: Configured = {}): Promise<void> {
  const line = lineOf(guest.source, text);
  await session.start({ program: guest.path }, { lines: { [guest.source]: [line] }, ...more });
  await session.stopped();
  await session.breakAt(guest.source);
}

async function top(session: Scenario, thread = 1): Promise<string> {
  return (await session.where(thread))[0];
}

const at = (guest: CompiledGuest, name: string, text: string): string => `${name}:${lineOf(guest.source, text)}`;

test('stepping over a call that longjmp leaves ends where setjmp returns again', async () => {
  const transcript = new Transcript(ANY_COMPILER);
  using session = new Scenario(transcript);
  await stoppedAt(session, jumps, '        outer();');
  await session.go('next', 1);
  assert.equal(await top(session), at(jumps, 'main', 'int value = setjmp'));
  await session.go('next', 1);
  assert.equal(await top(session), at(jumps, 'main', 'jumped += value'));
  assert.equal(await session.evaluate('value'), '3');
  await session.disconnect();
  transcript.check('step-longjmp');
});

test('stepping out of functions that longjmp leaves ends in the frame it leads to', async () => {
  using session = new Scenario();
  await stoppedAt(session, jumps, 'longjmp(here, 3)');
  assert.equal((await session.where(1)).length > 5, true);
  await session.go('next', 1);
  assert.equal(await top(session), at(jumps, 'main', 'int value = setjmp'));
  await session.disconnect();
});

test('handlers of signals that come while a line is stepped over are no part of the step', async () => {
  for (const granularity of ['line', 'instruction']) {
    using session = new Scenario();
    await stoppedAt(session, jumps, 'sum += i');
    if (granularity === 'line') {
      await session.go('stepOut', 1);
      assert.equal(await top(session), at(jumps, 'main', 'int total'));
    } else {
      for (let step = 0; step < 20; step++) await session.go('next', 1, { granularity });
      assert.match(await top(session), /^spin:/);
    }
    await session.disconnect();
  }
});

test('single instructions with a timer that fires all the time stay in the interrupted code', async () => {
  using session = new Scenario();
  await stoppedAt(session, jumps, 'setitimer(ITIMER_REAL, &timer, 0);\n'.trim());
  await session.go('next', 1);
  const ticks = async (): Promise<number> => Number(await session.evaluate('ticks'));
  await session.go('next', 1);
  assert.equal(await top(session), at(jumps, 'main', 'memset'));
  assert.ok((await ticks()) >= 14, 'the handler has run');
  await session.disconnect();
});

test('a handler that jumps out of a fault ends the step where it leads', async () => {
  using session = new Scenario();
  await stoppedAt(session, jumps, '*(volatile int *)8');
  await session.go('next', 1);
  assert.equal(await top(session), at(jumps, 'main', 'if (fault == 0)'));
  assert.equal(await session.evaluate('fault'), '11');
  assert.equal(await session.finish(1), 0);
  await session.disconnect();
});

test('an exception ends a step over in the frame that catches it, past clean-ups of deeper ones', async () => {
  const transcript = new Transcript(ANY_COMPILER);
  using session = new Scenario(transcript);
  await stoppedAt(session, throws, 'int caught = catcher()');
  await session.go('next', 1);
  assert.equal(await top(session), at(throws, 'main', 'middle();'));
  await session.go('next', 1);
  assert.match(await top(session), /^main:/);
  const lines = [await top(session)];
  for (let step = 0; step < 3 && lines.at(-1) !== at(throws, 'main', 'caught += 1'); step++) {
    await session.go('next', 1);
    lines.push(await top(session));
  }
  assert.equal(lines.at(-1), at(throws, 'main', 'caught += 1'), lines.join(', '));
  assert.equal(await session.evaluate('cleaned'), '7');
  assert.equal(await session.finish(1), 0);
  await session.disconnect();
  transcript.check('step-exception');
});

test('an exception caught in the function itself, and one that leaves the function that is stepped out of', async () => {
  using session = new Scenario();
  await stoppedAt(session, throws, 'thrower(3)');
  await session.go('next', 1);
  assert.equal(await top(session), at(throws, 'catcher', 'catch (const std'));
  await session.disconnect();

  using leaving = new Scenario();
  await stoppedAt(leaving, throws, 'thrower(1)');
  await leaving.go('stepOut', 1);
  assert.match(await top(leaving), /^main:/);
  await leaving.disconnect();
});

test('a step into a system call says what it did', async () => {
  using session = new Scenario();
  await stoppedAt(session, jumps, 'pid_t pid = getpid()');
  const { text } = await session.go('stepIn', 1);
  assert.equal(text, 'System call getpid() = 1');
  assert.match(session.client.printed, /^System call getpid\(\) = 1$/m);
  await session.disconnect();
});

test('a step that ends in another program says so, and its breakpoints are found there', async () => {
  const transcript = new Transcript(ANY_COMPILER);
  const line = lineOf(throws.source, 'int caught = catcher()');
  using session = new Scenario(transcript);
  await session.start(
    { program: jumps.path, args: [throws.path], root: '/' },
    { lines: { [jumps.source]: [lineOf(jumps.source, 'execl(')], [throws.source]: [line] } },
  );
  await session.stopped();
  const { text } = await session.go('next', 1);
  assert.equal(
    text,
    'The step ends in another program: pid 1 runs program now'.replace(
      'program now',
      `${throws.path.split('/').at(-1)} now`,
    ),
  );
  const hit = await session.go('continue', 1);
  assert.equal(hit.text, `Breakpoint at main (debug-throws.cpp:${line})`);
  await session.disconnect();
  transcript.check('step-exec');
});

test('a thread that ends while it is stepped leaves the step in another', async () => {
  using session = new Scenario();
  await stoppedAt(session, jumps, 'return argument');
  const { threads } = await session.client.request<{ threads: { id: number }[] }>('threads');
  const other = threads.at(-1)!.id;
  let stop = await session.go('next', other);
  while (stop.threadId === other) stop = await session.go('next', other);
  assert.equal(stop.text, `Thread ${other}, which was stepped, has ended`);
  await session.disconnect();
});
