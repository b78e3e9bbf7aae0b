import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { copyFileSync, mkdirSync, mkdtempSync, renameSync } from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';
import type { DebugProtocol } from '@vscode/debugprotocol';
import { compileGuest } from '../differential/compiled-guests.ts';
import { evaluateNames } from './named-parts.ts';
import { lineOf, Scenario } from './scenario.ts';

type Variable = DebugProtocol.Variable;

test('containers show their elements, page by page, and their members below [raw]', async () => {
  const guest = compileGuest('values-library.cpp', ['-std=c++20', '-g', '-O0', '-static']);
  using session = new Scenario();
  await session.start({ program: guest.path }, { functions: ['checkpoint'] });
  await session.stopped();
  await session.go('continue', 1);
  const [, frame] = await session.stack(1);
  const locals = await session.scope(frame.id, 'Locals');
  const local = (name: string): Variable => locals.find((one) => one.name === name)!;
  assert.equal(local('numbers').value, '[10] {3, 1, 4, 1, 5, 9, 2, 6, …}');
  const children = async (variable: Variable, more: object): Promise<readonly Variable[]> => {
    const { variables } = await session.client.request<{ variables: Variable[] }>('variables', {
      variablesReference: variable.variablesReference,
      ...more,
    });
    return variables;
  };
  const queue = local('queue');
  assert.deepEqual([queue.indexedVariables, queue.namedVariables], [290, 1]);
  const page = await children(queue, { filter: 'indexed', start: 280, count: 3, format: { hex: true } });
  assert.deepEqual(
    page.map(({ name, value }) => `${name} = ${value}`),
    ['[280] = 0x122', '[281] = 0x123', '[282] = 0x124'],
  );
  assert.equal(await session.evaluate(page[0].evaluateName!, { frameId: frame.id }), '290');
  const [raw] = await children(queue, { filter: 'named' });
  assert.equal(raw.name, '[raw]');
  const [base] = await children(raw, {});
  assert.equal(base.presentationHint?.kind, 'baseClass');
  await session.disconnect();
});

test('what variables and their parts are called evaluates to what they are shown as', async () => {
  for (const [source, ...language] of [['values-c.c'], ['values-objects.cpp', '-std=c++20']])
    for (const level of ['-O0', '-O2']) {
      const guest = compileGuest(source, [...language, '-g', level, '-static']);
      using session = new Scenario();
      await session.start({ program: guest.path }, { functions: ['checkpoint'] });
      await session.stopped();
      const [, frame] = await session.stack(1);
      const { count, different } = await evaluateNames(session, frame.id);
      assert.deepEqual(different, [], `${source} ${level}`);
      assert.ok(count > 20, `${source} ${level}: ${count}`);
      await session.disconnect();
    }
});

test('elements of an array whose length nobody says, and formats of whole arrays', async () => {
  const guest = compileGuest('values-c.c', ['-g', '-O0', '-static']);
  using session = new Scenario();
  await session.start({ program: guest.path }, { functions: ['checkpoint'] });
  await session.stopped();
  await session.go('continue', 1);
  const [, { id: frameId }] = await session.stack(1);
  const value = (expression: string): Promise<string> => session.evaluate(expression, { frameId });
  assert.match(await value('*flexible'), /^\{count = 3, items = \[…\] at 0x[0-9a-f]+\}$/);
  const two = "{{first = 0, second = 112 'p'}, {first = 100, second = 113 'q'}}";
  for (const text of ['flexible->items@2', 'flexible->items[0]@2', 'flexible->items,2'])
    assert.equal(await value(text), two, text);
  assert.equal(await value('variable@2'), '{{0, 0}, {1, -1}}');
  assert.equal(await value('raw,x'), '{0x0, 0x1, 0xfe, 0xff}');
  assert.equal(await value('wide'), '"w\u00efd"');
  assert.equal(await value('wide,d'), '{119, 239, 100, 0}');
  await session.disconnect();
});

test('a bit field is set and its neighbours stay', async () => {
  const guest = compileGuest('values-c.c', ['-g', '-O0', '-static']);
  using session = new Scenario();
  await session.start({ program: guest.path }, { functions: ['checkpoint'] });
  await session.stopped();
  await session.go('continue', 1);
  const [, frame] = await session.stack(1);
  const bits = (await session.scope(frame.id, 'Locals')).find(({ name }) => name === 'bits')!;
  const set = (value: string): Promise<{ value: string }> =>
    session.client.request('setVariable', { variablesReference: bits.variablesReference, name: 'middle', value });
  await assert.rejects(set('64'), /64 does not fit in 7 bits \(-64 to 63\)/);
  assert.equal((await set('-7')).value, '-7');
  const [, now] = await session.stack(1);
  assert.equal(
    await session.evaluate('bits', { frameId: now.id }),
    "{low = 5, middle = -7, high = 2199023255551, mode = WRITE | EXECUTE (6), flag = true, last = -1 '\\xff'}",
  );
  await session.disconnect();
});

test('rows and watches say whether a pointer or what it points to is meant', async () => {
  const guest = compileGuest('values-c.c', ['-g', '-O0', '-static']);
  using session = new Scenario();
  await session.start({ program: guest.path }, { functions: ['checkpoint'] });
  await session.stopped();
  await session.go('continue', 1);
  const [, frame] = await session.stack(1);
  const text = (await session.scope(frame.id, 'Locals')).find(({ name }) => name === 'text')!;
  const [target] = await session.children(text.variablesReference);
  assert.deepEqual([target.name, target.evaluateName, target.value], ['*text', '*text', "116 't'"]);
  const { dataId, description } = await session.client.request<{ dataId: string; description: string }>(
    'dataBreakpointInfo',
    { name: 'text', frameId: frame.id },
  );
  assert.ok(dataId);
  assert.match(description, /^the pointer text \(8 bytes at 0x/);
  await session.disconnect();
});

test('the text of a flexible array is shown up to its NUL, as gdb shows it', async () => {
  const guest = compileGuest('flexible.c', ['-g', '-O0', '-static']);
  using session = new Scenario();
  await session.start({ program: guest.path }, { functions: ['checkpoint'] });
  await session.stopped();
  const [, { id: frameId }] = await session.stack(1, 2);
  const value = (expression: string): Promise<string> => session.evaluate(expression, { frameId });
  assert.equal(await value('flexible->data'), '"abcde"');
  assert.equal(await value('zero->data'), '"zeroes"');
  assert.equal(await value('*flexible'), '{count = 5, data = "abcde"}');
  assert.equal(await value('*zero'), '{count = 6, data = "zeroes"}');
  assert.equal(await value('fixed'), '{count = 3, data = "xyz"}');
  assert.equal(await value('flexible->data == "abcde" && zero->data == "zeroes"'), '1');
  assert.match(await value('numbers->data'), /^\[…\] at 0x[0-9a-f]+$/);
  assert.equal(await value('numbers->data[0]@2'), '{4, 5}');
  assert.equal(await value('sizeof(struct zero)'), '4');
  await session.disconnect();
});

test('a pointer or reference to a base class shows the object that is there, whose parts have names', async () => {
  const guest = compileGuest('dynamic-classes.cpp', ['-std=c++20', '-g', '-O0', '-static']);
  using session = new Scenario();
  await session.start({ program: guest.path }, { lines: { [guest.source]: [lineOf(guest.source, 'all are there')] } });
  await session.stopped();
  const [{ id: frameId }] = await session.stack(1, 1);
  const locals = await session.scope(frameId, 'Locals');
  const local = (name: string): Variable => locals.find((one) => one.name === name)!;
  assert.match(local('circle').value, /^\(shapes::Circle \*\) 0x[0-9a-f]+$/);
  assert.equal(local('circle').type, 'shapes::Shape *');
  const parts = await session.children(local('circle').variablesReference);
  const radius = parts.find(({ name }) => name === 'radius')!;
  assert.deepEqual([radius.value, radius.evaluateName], ['2.5', '((shapes::Circle *)circle)->radius']);
  assert.equal(await session.evaluate('*third', { frameId }), await session.evaluate('both', { frameId }));
  assert.match(await session.evaluate('third', { frameId, context: 'hover' }), /^\(shapes::Both \*\) 0x/);
  assert.match(local('owned').value, /^\(shapes::Circle \*\) 0x/);
  for (const name of ['itself', 'none', 'text', 'stray', 'inside']) assert.doesNotMatch(local(name).value, /^\(/, name);
  const { count, different } = await evaluateNames(session, frameId);
  assert.deepEqual(different, []);
  assert.ok(count > 60, `${count} names`);
  await session.disconnect();
});

test('variables are shown whose debug information is in a .dwo file, and a missing one is told of', async () => {
  const folder = mkdtempSync(path.resolve('out/guests/split-'));
  const source = path.resolve('test/guests/flexible.c');
  const compile = (...args: string[]): void => {
    execFileSync('riscv64-linux-gnu-gcc', args, { cwd: folder, stdio: 'pipe' });
  };
  compile('-g', '-gsplit-dwarf', '-c', source, '-o', 'flexible.o');
  compile('flexible.o', '-static', '-o', 'program');
  const [beside, alone] = ['beside', 'alone'].map((name) => {
    const place = path.join(folder, name);
    mkdirSync(place);
    copyFileSync(path.join(folder, 'program'), path.join(place, 'program'));
    return place;
  });
  renameSync(path.join(folder, 'flexible.dwo'), path.join(beside, 'flexible.dwo'));
  for (const place of [beside, alone]) {
    using session = new Scenario();
    const line = lineOf(source, 'checkpoint();');
    await session.start({ program: path.join(place, 'program') }, { lines: { [source]: [line] } });
    await session.stopped();
    assert.deepEqual((await session.where(1))[0], `main:${line}`);
    const [{ id: frameId }] = await session.stack(1, 1);
    if (place === beside) assert.equal(await session.evaluate('flexible->data', { frameId }), '"abcde"');
    else await session.client.refusal('evaluate', { expression: 'flexible->data', frameId });
    const told = `Debug information is in flexible.dwo, which is neither in ${folder} nor beside the program.`;
    assert.equal(session.client.printed.split(told).length - 1, place === beside ? 0 : 1);
    await session.disconnect();
  }
});
