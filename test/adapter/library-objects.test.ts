import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { compileGuest } from '../differential/compiled-guests.ts';
import { lineOf, Scenario } from './scenario.ts';

const guest = compileGuest('debug-objects.cpp', ['-std=c++20', '-g', '-O0', '-static']);

/** A session that stands in main, where the program has computed its answers. */
async function inMain(): Promise<Disposable & { session: Scenario; frameId: number }> {
  const session = new Scenario();
  await session.start(
    { program: guest.path },
    { lines: { [guest.source]: [lineOf(guest.source, 'checkpoint(answers')] } },
  );
  await session.stopped();
  const [{ id: frameId }] = await session.stack(1, 1);
  return { session, frameId, [Symbol.dispose]: () => session[Symbol.dispose]() };
}

test('objects of the C++ library have the values in expressions that the program computes', async () => {
  using main = await inMain();
  const { session, frameId } = main;
  const source = readFileSync(guest.source, 'utf8');
  const expressions = [...source.matchAll(/^ {2}X\((.*)\) *\\?$/gm)].map((match) => match[1]);
  assert.ok(expressions.length > 40);
  for (const [index, text] of expressions.entries()) {
    const answer = await session.evaluate(`answers[${index}]`, { frameId });
    assert.equal(await session.evaluate(`(long)(${text})`, { frameId }), answer, text);
  }
  await session.disconnect();
});

test('what an object does not have, and what would have to be called, is said', async () => {
  using main = await inMain();
  const { session, frameId } = main;
  const refused = (expression: string): Promise<string> => session.client.refusal('evaluate', { expression, frameId });
  assert.equal(await refused('numbers[3]'), 'It has 3 elements, and 3 is none of their numbers.');
  assert.equal(await refused('prices["plum"]'), 'It has no key "plum".');
  assert.equal(await refused('*nothing'), 'It holds nothing (column 2).');
  assert.equal(await refused('unowned->value'), 'It is a null pointer.');
  assert.equal(
    await refused('numbers.push_back(1)'),
    'push_back cannot be called: functions of the program are not executed by the debugger.',
  );
  await session.disconnect();
});

test('what can be read of an object is completed', async () => {
  using main = await inMain();
  const { session, frameId } = main;
  const complete = async (text: string): Promise<string[]> => {
    const asked = { text, column: text.length + 1, frameId };
    const { targets } = await session.client.request<{ targets: { label: string }[] }>('completions', asked);
    return targets.map(({ label }) => label);
  };
  assert.deepEqual((await complete('numbers.')).slice(0, 6), ['size', 'empty', 'front', 'back', 'at', 'data']);
  assert.deepEqual(await complete('owned->va'), ['value']);
  assert.deepEqual(await complete('some.ha'), ['has_value']);
  await session.disconnect();
});

test('an element of a container is set where it is, and a text in it is a condition', async () => {
  using session = new Scenario();
  const line = lineOf(guest.source, 'checkpoint(answers');
  await session.start(
    { program: guest.path },
    {
      lines: { [guest.source]: [{ line, condition: 'name == "short" && numbers.size() == 3 && prices["pear"] > 2' }] },
    },
  );
  await session.stopped();
  const frameId = async (): Promise<number> => (await session.stack(1, 1))[0].id;
  for (const [target, value] of [
    ['numbers[1]', '77'],
    ['owned->value', '-8'],
    ['squares[7]', '50'],
  ]) {
    await session.client.request('setExpression', { expression: target, value, frameId: await frameId() });
    await session.client.event('invalidated');
    assert.equal(await session.evaluate(target, { frameId: await frameId() }), value);
  }
  assert.equal(await session.evaluate('numbers', { frameId: await frameId() }), '[3] {3, 77, 4}');
  assert.equal(await session.evaluate('waiting', { frameId: await frameId() }), '[1] {6}');
  assert.equal(await session.evaluate('entry', { frameId: await frameId() }), '("apple", 1.25)');
  await session.disconnect();
});
