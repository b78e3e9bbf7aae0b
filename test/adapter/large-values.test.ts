import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { DebugProtocol } from '@vscode/debugprotocol';
import { compileGuest } from '../differential/compiled-guests.ts';
import { lineOf, Scenario } from './scenario.ts';

type Variable = DebugProtocol.Variable;

const guest = compileGuest('values-large.cpp', ['-std=c++20', '-g', '-O2', '-static']);

/** A session that stands where the guest has made all that is large. */
async function standing(): Promise<Disposable & { session: Scenario; frameId: number }> {
  const session = new Scenario();
  await session.start(
    { program: guest.path },
    { lines: { [guest.source]: [lineOf(guest.source, 'everything is there')] } },
  );
  await session.stopped();
  const [{ id: frameId }] = await session.stack(1, 1);
  return { session, frameId, [Symbol.dispose]: () => session[Symbol.dispose]() };
}

async function children(
  { client }: Scenario,
  { variablesReference }: Variable,
  more: object = {},
): Promise<Variable[]> {
  const { variables } = await client.request<{ variables: Variable[] }>('variables', { variablesReference, ...more });
  return variables;
}

const named = (variables: readonly Variable[], name: string): Variable => {
  const found = variables.find((one) => one.name === name);
  assert.ok(found, `${name} among ${variables.length}`);
  return found;
};
const text = ({ name, value }: Variable): string => `${name} = ${value}`;

test('a client that asks for all children of millions gets ranges, down to the elements', async () => {
  using standingThere = await standing();
  const { session, frameId } = standingThere;
  const globals = await session.scope(frameId, 'Globals');
  const huge = named(globals, 'huge');
  assert.equal(huge.indexedVariables, 2_000_000);
  const [, millions] = await children(session, huge);
  assert.equal(text(millions), '[1000000..1999999] = 1000000 elements');
  const thousands = await children(session, millions);
  assert.deepEqual([thousands.length, thousands[99].name], [100, '[1990000..1999999]']);
  const hundreds = await children(session, thousands[99]);
  assert.equal(hundreds[99].evaluateName, 'huge[1999900]@100');
  assert.equal(await session.evaluate('sizeof(huge[1999900]@100)', { frameId }), '400');
  assert.equal(hundreds[99].memoryReference, await reference(session, frameId, '&huge[1999900]'));
  const last = await children(session, hundreds[99]);
  assert.equal(last.length, 100);
  assert.equal(text(last[99]), '[1999999] = 42');
  assert.equal(last[99].evaluateName, 'huge[1999999]');
  // A range is set and watched in as its array is.
  const set = await session.client.request<{ value: string }>('setVariable', {
    variablesReference: hundreds[99].variablesReference,
    name: '[1999999]',
    value: '43',
  });
  assert.equal(set.value, '43');
  assert.equal(await session.evaluate('huge[1999999]'), '43');
  await session.disconnect();
});

test('watches of elements in ranges, and ranges of structures, of text and of arrays of a length that only the frame knows', async () => {
  using standingThere = await standing();
  const { session, frameId } = standingThere;
  const globals = await session.scope(frameId, 'Globals');
  const [, range] = await children(session, named(globals, 'vector'));
  const info = await session.client.request<{ dataId: string | null; description: string }>('dataBreakpointInfo', {
    variablesReference: range.variablesReference,
    name: '[10001]',
  });
  assert.match(info.description, /^vector\[10001\] \(16 bytes at 0x/);
  const wide = await children(session, named(globals, 'wide'));
  const [matrix] = await children(session, named(wide, 'matrix'), { start: 1999, count: 1 });
  const rows = await children(session, matrix);
  assert.deepEqual([rows.length, rows[4].name], [5, '[400..499]']);
  const items = await children(session, named(wide, 'items'));
  const some = await children(session, items[49]);
  assert.equal(text(some[99]), '[4999] = {number = 4999, label = ""}');
  const characters = await children(session, named(globals, 'text'));
  assert.ok(characters.length <= 100, `${characters.length} ranges`);
  const locals = await session.scope(frameId, 'Locals');
  const variable = named(locals, 'variable');
  const ranges = await children(session, variable);
  assert.equal(ranges.at(-1)!.name, '[290000..299999]');
  const end = await children(session, variable, { filter: 'indexed', start: 299_999, count: 5 });
  assert.deepEqual(end.map(text), ['[299999] = 8']);
  await session.disconnect();
});

test('a client that pages gets exactly what it asks for, of lists and maps too', async () => {
  using standingThere = await standing();
  const { session, frameId } = standingThere;
  const globals = await session.scope(frameId, 'Globals');
  const page = async (name: string, start: number, count: number): Promise<string[]> => {
    const variable = named(globals, name);
    assert.equal(variable.namedVariables, name === 'huge' ? undefined : 1, name);
    return (await children(session, variable, { filter: 'indexed', start, count })).map(text);
  };
  assert.equal((await page('huge', 1000, 900)).length, 900);
  assert.deepEqual(await page('list', 99_998, 10), ['[99998] = 99998', '[99999] = 99999']);
  assert.deepEqual(await page('list', 50_000, 1), ['[50000] = 50000']);
  assert.deepEqual(await page('forward', 19_999, 10), ['[19999] = 0']);
  assert.deepEqual(await page('deque', 12_345, 1), ['[12345] = 12345']);
  assert.deepEqual(await page('map', 99_999, 1), ['[199998] = "99999"']);
  assert.deepEqual(await page('map', 40_000, 2), ['[80000] = "40000"', '[80002] = "40001"']);
  assert.deepEqual(await page('names', 0, 1), ['["n9999"] = 9999']);
  assert.deepEqual(await page('multi', 10_001, 1), ['[10001] = (5000, 10001)']);
  assert.deepEqual(await page('unsorted', 0, 2), ["[0] = (5, 98 'b')", "[1] = (5, 97 'a')"]);
  assert.match(named(globals, 'forward').value, /^\[20000\] /);
  await session.disconnect();
});

test('the value of a key is found in maps of any order', async () => {
  using standingThere = await standing();
  const { session, frameId } = standingThere;
  const value = (expression: string): Promise<string> => session.evaluate(expression, { frameId });
  for (const [expression, expected] of [
    ['map[199998]', '"99999"'],
    ['map[0]', '"0"'],
    ['names["n777"]', '777'],
    ['digits[19999]', '19999'],
    ['tones[Tone::High]', '2'],
    ['tones.at(-1000)', '1'],
    ['reals[-1.5]', '1'],
    ['reals[0]', '2'],
    ['hash["k99999"]', '99999'],
    ['silly[12345]', '-12345'],
  ])
    assert.equal(await value(expression), expected, expression);
  for (const [expression, refusal] of [
    ['map[1]', 'It has no key 1.'],
    ['names["m"]', 'It has no key "m".'],
    ['hash["k"]', 'It has no key "k".'],
  ])
    assert.equal(await session.client.refusal('evaluate', { expression, frameId }), refusal);
  await session.disconnect();
});

test('an entry of a map that is shown is set, and what refers to it goes on to be right', async () => {
  using standingThere = await standing();
  const { session, frameId } = standingThere;
  const names = named(await session.scope(frameId, 'Globals'), 'names');
  const [entry] = await children(session, names, { filter: 'indexed', start: 19_000, count: 1 });
  const { variablesReference } = names;
  const { value } = await session.client.request<{ value: string }>('setVariable', {
    variablesReference,
    name: entry.name,
    value: '-5',
  });
  assert.equal(value, '-5');
  assert.equal(await session.evaluate(entry.evaluateName!), '-5');
  await session.disconnect();
});

async function reference({ client }: Scenario, frameId: number, expression: string): Promise<string | undefined> {
  const { memoryReference } = await client.request<DebugProtocol.EvaluateResponse['body']>('evaluate', {
    expression,
    frameId,
  });
  return memoryReference;
}
