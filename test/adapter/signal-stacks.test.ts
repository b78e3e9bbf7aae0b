import assert from 'node:assert/strict';
import { before, test } from 'node:test';
import { compileGuest, type CompiledGuest } from '../differential/compiled-guests.ts';
import { gdbStops, type GdbStop } from '../differential/gdb-stops.ts';
import { lineOf, Scenario } from './scenario.ts';

const CALLED = '<signal handler called>';

let guest: CompiledGuest;
let at: (text: string) => number;
let expected: readonly GdbStop[];

before(async () => {
  guest = compileGuest('signal-stacks.c', ['-g', '-O0', '-static']);
  at = (text) => lineOf(guest.source, text);
  expected = await gdbStops(guest.path);
});

test('a stack through a handler has the frame, lines and variables that gdb has, also on a stack of its own', async () => {
  assert.equal(expected.length, 2);
  using session = new Scenario();
  await session.start({ program: guest.path }, { functions: ['checkpoint'] });
  for (const { frames } of expected) {
    await session.stopped();
    const stack = await session.stack(1);
    for (const [level, { name, line, variables = [] }] of frames.entries()) {
      const own = stack[level];
      assert.equal(own.name, name ?? CALLED, `level ${level} of ${JSON.stringify(stack)}`);
      assert.equal(own.line, line, own.name);
      for (const { name: variable, integer, type } of variables)
        if (integer !== undefined && !type.includes('*'))
          assert.equal(await session.evaluate(variable, { frameId: own.id }), integer, `${variable} of ${own.name}`);
    }
    const called = stack.find(({ name }) => name === CALLED);
    assert.equal(called?.presentationHint, 'subtle');
    assert.equal(stack.filter(({ name }) => name === 'main').length, 1);
    await session.client.request('continue', { threadId: 1 });
  }
  assert.equal(await session.exited(), 0);
});

test('stepping out of a handler, and off its end, leads to what it has interrupted', async () => {
  using session = new Scenario();
  await session.start({ program: guest.path }, { functions: ['on_raise', 'on_fault'] });
  for (const [interrupted, leave] of [
    [`recurse:${at('return raise')}`, 'stepOut'],
    [`touch:${at('guard[offset]')}`, 'stepOut'],
  ] as const) {
    await session.stopped();
    const { x } = await registersOf(session, interrupted);
    await session.go(leave, 1);
    const [now] = await session.where(1);
    assert.equal(now, interrupted);
    assert.deepEqual((await registersOf(session, interrupted)).x, x);
    await session.client.request('continue', { threadId: 1 });
  }
  assert.equal(await session.exited(), 0);

  using other = new Scenario();
  await other.start({ program: guest.path }, { lines: { [guest.source]: [at('mprotect(guard')] } });
  await other.stopped();
  await other.go('next', 1);
  await other.go('next', 1);
  assert.equal((await other.where(1))[0], `touch:${at('guard[offset]')}`);
  await other.go('next', 1);
  assert.equal((await other.where(1))[0], `touch:${at('return total - before')}`);
});

/** The registers that a call keeps, as the frame of a place has them. */
async function registersOf(session: Scenario, place: string): Promise<{ x: string[] }> {
  const frame = (await session.stack(1)).find(({ name, line }) => `${name}:${line}` === place);
  assert.ok(frame, place);
  const names = ['$sp', '$s0', '$s1', '$s2', '$tp'];
  return { x: await Promise.all(names.map((name) => session.evaluate(name, { frameId: frame.id }))) };
}
