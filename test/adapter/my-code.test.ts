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
