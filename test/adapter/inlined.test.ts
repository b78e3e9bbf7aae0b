import assert from 'node:assert/strict';
import { test } from 'node:test';
import { compileGuest } from '../differential/compiled-guests.ts';
import { lineOf, Scenario } from './scenario.ts';

const unoptimised = compileGuest('debug-inlined.c', ['-g', '-O0', '-static']);
const at = (text: string): number => lineOf(unoptimised.source, text);
const CALL = at('total += middle');
const IN_MIDDLE = at('int doubled =');
const IN_INNERMOST = at('int tripled =');

async function stoppedAt(session: Scenario, line: number): Promise<void> {
  await session.start({ program: unoptimised.path }, { lines: { [unoptimised.source]: [line] } });
  assert.equal((await session.stopped()).reason, 'breakpoint');
}

test('inlined calls are frames of the stack, each with its own line, arguments and locals', async () => {
  using session = new Scenario();
  await stoppedAt(session, at('sink = tripled'));
  const stack = await session.stack(1);
  assert.deepEqual(
    stack.slice(0, 3).map(({ name, line }) => `${name}:${line}`),
    [`innermost [inlined]:${at('sink = tripled')}`, `middle [inlined]:${IN_MIDDLE}`, `main:${CALL}`],
  );
  // Arguments first.
  const names = async (level: number): Promise<string[]> =>
    (await session.scope(stack[level].id, 'Locals')).map(({ name, value }) => `${name} = ${value}`);
  assert.deepEqual(await names(0), ['small = 1', 'tripled = 3']);
  assert.equal((await names(1))[0], 'size = 1');
  assert.equal((await names(2))[0], 'argc = 1');
  assert.equal(await session.evaluate('size', { frameId: stack[1].id }), '1');
  assert.equal(await session.evaluate('total', { frameId: stack[2].id }), '1');
  await assert.rejects(session.evaluate('total', { frameId: stack[0].id }), /no variable/);
  await session.disconnect();
});

test('steps go over, into and out of inlined calls as of any others', async () => {
  using session = new Scenario();
  await stoppedAt(session, CALL);
  const top = async (): Promise<string> => (await session.where(1))[0];
  assert.equal(await top(), `main:${CALL}`);
  await session.go('next', 1);
  assert.equal(await top(), `main:${at('total += innermost(total)')}`);
  await session.go('stepIn', 1);
  assert.equal(await top(), `innermost [inlined]:${IN_INNERMOST}`);
  await session.go('stepOut', 1);
  assert.match(await top(), /^main:/);
  await session.go('next', 1);
  assert.equal(await top(), `main:${at('for (int i') - 1}`);
  await session.disconnect();
});

test('stepping into nested inlined calls enters one after the other', async () => {
  using session = new Scenario();
  await stoppedAt(session, CALL);
  await session.go('stepIn', 1);
  assert.deepEqual((await session.where(1)).slice(0, 2), [`middle [inlined]:${IN_MIDDLE}`, `main:${CALL}`]);
  await session.go('stepIn', 1);
  assert.deepEqual((await session.where(1)).slice(0, 3), [
    `innermost [inlined]:${IN_INNERMOST}`,
    `middle [inlined]:${IN_MIDDLE}`,
    `main:${CALL}`,
  ]);
  await session.go('stepOut', 1);
  assert.match((await session.where(1))[0], /^middle \[inlined\]/);
  await session.go('next', 1);
  await session.go('next', 1);
  assert.equal((await session.where(1))[0], `middle [inlined]:${at('doubled += outside')}`);
  await session.go('stepIn', 1);
  assert.deepEqual((await session.where(1)).slice(0, 3), [
    `outside:${at('sink = value')}`,
    `middle [inlined]:${at('doubled += outside')}`,
    `main:${CALL}`,
  ]);
  await session.disconnect();
});

test('stepping over lines of optimised code stays in the function and comes to its end', async () => {
  const guest = compileGuest('debug-inlined.c', ['-g', '-O2', '-static']);
  using session = new Scenario();
  await session.start({ program: guest.path }, { functions: ['main'] });
  await session.stopped();
  const last = at('return argv == 0');
  for (let steps = 0; ; steps++) {
    assert.ok(steps < 60, 'the end of main is reached');
    const [top] = await session.where(1);
    assert.match(top, /^main:/);
    if (top === `main:${last}`) break;
    await session.go('next', 1);
  }
  assert.equal(await session.finish(1), 0);
  await session.disconnect();
});

test('a function breakpoint stops wherever the function is inlined', async () => {
  using session = new Scenario();
  await session.start({ program: unoptimised.path }, { functions: ['innermost'] });
  for (const caller of [`middle [inlined]:${IN_MIDDLE}`, `main:${at('total += innermost(total)')}`]) {
    await session.stopped();
    assert.deepEqual((await session.where(1)).slice(0, 2), [`innermost [inlined]:${IN_INNERMOST}`, caller]);
    await session.client.request('continue', { threadId: 1 });
  }
  await session.stopped();
  await session.disconnect();
});
