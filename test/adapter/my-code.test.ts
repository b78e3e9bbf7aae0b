import assert from 'node:assert/strict';
import path from 'node:path';
import { before, test } from 'node:test';
import type { DebugProtocol } from '@vscode/debugprotocol';
import { compileGuest, type CompiledGuest } from '../differential/compiled-guests.ts';
import { lineOf, sample, SAMPLES, Scenario } from './scenario.ts';

type Stopped = Awaited<ReturnType<Scenario['stopped']>>;

const SYSROOT = '/usr/riscv64-linux-gnu';

let fixed: CompiledGuest;
let dynamic: CompiledGuest;
let at: (text: string) => number;

before(() => {
  fixed = compileGuest('my-code.c', ['-g', '-O0', '-static']);
  dynamic = compileGuest('my-code.c', ['-g', '-O0']);
  at = (text) => lineOf(fixed.source, text);
});

/** VS Code keeps frames on top that are not the person's after these (debugModel.ts, getTopStackFrame). */
const KEPT_ON_TOP = ['breakpoint', 'step', 'function breakpoint'];

/** The frame that VS Code shows at a stop: `undefined` where it shows none. */
async function shown(
  session: Scenario,
  { threadId = 0, reason }: Stopped,
): Promise<DebugProtocol.StackFrame | undefined> {
  const frames = await session.stack(threadId);
  return frames.find(({ source, presentationHint }) => {
    const hint = presentationHint ?? source?.presentationHint;
    return source && (KEPT_ON_TOP.includes(reason) || (hint !== 'subtle' && hint !== 'deemphasize'));
  });
}

const placeOf = (frame: DebugProtocol.StackFrame | undefined): string =>
  frame ? (frame.source?.sourceReference ? frame.name : `${frame.name}:${frame.line}`) : 'nowhere';

/** The places that are shown at the stops of a program until it ends. */
async function placesOf(session: Scenario): Promise<string[]> {
  const places: string[] = [];
  const ended = session.client.event('exited').then(() => undefined);
  for (;;) {
    const stop = await Promise.race([session.stopped(), ended]);
    if (!stop) return places;
    places.push(placeOf(await shown(session, stop)));
    await session.client.request('continue', { threadId: stop.threadId });
  }
}

for (const linking of ['static', 'dynamic'])
  test(`page faults stop in the person's code and under it, not in start-up and exit (${linking})`, async () => {
    const program = linking === 'static' ? { program: fixed.path } : { program: dynamic.path, sysroot: SYSROOT };
    using session = new Scenario();
    await session.start(program, { filters: ['fault:cow'] });
    const places = await placesOf(session);
    for (const place of places) assert.match(place, /^(main|child_work|compare):\d+$/);
    // A store of its own, and one of the C library for it.
    for (const text of ['pages[0][0] = 1', 'memset(pages[1]'])
      assert.equal(places.filter((place) => place === `child_work:${at(text)}`).length, 1, text);
    using all = new Scenario();
    await all.start({ ...program, justMyCode: false }, { filters: ['fault:cow'] });
    const everywhere = await placesOf(all);
    assert.ok(
      everywhere.length > places.length,
      `${everywhere.length} stops, ${places.length} of them in the person's code`,
    );
    // Every one of them shows something: the function in instructions where no source is known.
    assert.ok(!everywhere.includes('nowhere'));
  });

test('a fork in the C library, and in the runtime of the samples, is shown in the function that asked for it', async () => {
  using session = new Scenario();
  await session.start({ program: fixed.path }, { filters: ['fork'] });
  assert.equal(placeOf(await shown(session, await session.stopped())), `main:${at('int child')}`);
  const [top] = await session.stack(1);
  assert.equal(top.presentationHint, 'subtle');

  using bundled = new Scenario();
  await bundled.start(sample('fork-cow'), { filters: ['fork'] });
  const frame = await shown(bundled, await bundled.stopped());
  const source = path.join(SAMPLES, 'fork-cow/fork-cow.c');
  assert.deepEqual([frame?.name, frame?.source?.path, frame?.line], ['main', source, lineOf(source, 'fork()')]);
  const stack = await bundled.stack(1);
  assert.deepEqual(
    stack.map(({ name, presentationHint, source: of }) => [name, presentationHint, of?.presentationHint]),
    [
      ['syscall6', 'subtle', 'deemphasize'],
      ['fork', 'subtle', 'deemphasize'],
      ['main', undefined, undefined],
      ['_start', 'subtle', 'deemphasize'],
    ],
  );
});

test('a stop without a source says why in the editor’s place, in the row of the thread and in the console', async () => {
  using session = new Scenario();
  await session.start({ program: fixed.path }, { filters: ['exit'] });
  // The child exits in its main.
  const child = await session.stopped();
  assert.equal(placeOf(await shown(session, child)), `main:${at('exit(3)')}`);
  assert.equal(child.description, 'Exit');
  const stop = await session.go('continue', child.threadId!);
  assert.equal(stop.description, 'Exit, no source for _exit');
  assert.match(
    session.client.printed,
    /\nExit: pid 1 exits with code 0\. No source: _exit of \S+ has no source lines\.\n$/,
  );
  const frame = await shown(session, stop);
  assert.ok(frame?.source);
  assert.equal(frame.name, '_exit');
  const { sourceReference } = frame.source;
  const { content } = await session.client.request<{ content: string }>('source', {
    source: frame.source,
    sourceReference,
  });
  const lines = content.split('\n');
  assert.equal(lines[0], '; Exit: pid 1 exits with code 0.');
  assert.match(lines[1], /^; No source: _exit of \S+ has no source lines\.$/);
  assert.match(lines[frame.line - 1], /^0x[0-9a-f]+ <_exit\+\d+>: {2}ecall$/);
});

test('steps go over templates of the library, and into what they call back', async () => {
  const guest = compileGuest('my-code.cpp', ['-g', '-O0', '-static']);
  const line = (text: string): number => lineOf(guest.source, text);
  const program = { program: guest.path };
  const lines = { [guest.source]: [line('values.push_back(3)')] };
  using session = new Scenario();
  await session.start(program, { lines });
  await session.stopped();
  const step = async (command: 'stepIn' | 'stepOut' | 'next'): Promise<string> => {
    await session.go(command, 1);
    return (await session.where(1))[0];
  };
  assert.equal(await step('stepIn'), `main:${line('values.push_back(1)')}`);
  assert.equal(await step('stepIn'), `main:${line('std::sort')}`);
  assert.equal(await step('stepIn'), `less:${line('calls++')}`);
  assert.equal(await step('next'), `less:${line('return a < b')}`);
  assert.equal(await step('next'), `less:${line('return a < b') + 1}`);
  // At its end a step leads to the person's function that is further out.
  assert.match(await step('next'), new RegExp(`^main:(${line('std::sort')}|${line('std::function')})$`));
  await session.breakAt(guest.source, line('int result'));
  await session.go('continue', 1);
  assert.equal(await step('stepIn'), `twice:${line('return 2 * value')}`);
  assert.equal(await step('stepOut'), `main:${line('int result')}`);

  using all = new Scenario();
  await all.start({ ...program, justMyCode: false }, { lines });
  await all.stopped();
  await all.go('stepIn', 1);
  assert.match((await all.where(1))[0], /push_back:\d+$/);
});

test('breakpoints in the library stop there, and steps go by its lines', async () => {
  const guest = compileGuest('my-code.cpp', ['-g', '-O0', '-static']);
  using session = new Scenario();
  await session.start({ program: guest.path }, { functions: ['std::to_string'] });
  const stop = await session.stopped();
  const top = await shown(session, stop);
  assert.match(top!.name, /to_string$/);
  assert.equal(top!.presentationHint, 'subtle');
  await session.go('next', 1);
  const [next] = await session.stack(1);
  assert.match(next.name, /to_string$/);
  assert.notEqual(next.line, top!.line);
  await session.client.request('setFunctionBreakpoints', { breakpoints: [] });
  await session.go('stepOut', 1);
  assert.match((await session.where(1))[0], /^main:\d+$/);
});

test('a step over that begins in a call of the person’s line is one over that line', async () => {
  using session = new Scenario();
  await session.start({ program: fixed.path }, { filters: ['fork'] });
  await session.stopped();
  await session.client.request('setExceptionBreakpoints', { filters: [] });
  await session.go('next', 1);
  assert.equal((await session.where(1))[0], `main:${at('if (child == 0)')}`);
  await session.go('next', 2);
  assert.equal((await session.where(2))[0], `main:${at('if (child == 0)')}`);
});
