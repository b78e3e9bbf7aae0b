import assert from 'node:assert/strict';
import path from 'node:path';
import { test } from 'node:test';
import type { DebugProtocol } from '@vscode/debugprotocol';
import { compileGuest } from '../differential/compiled-guests.ts';
import { lineOf, Scenario } from './scenario.ts';

const SOURCE = path.resolve('test/guests/debug-conditions.c');
const program = compileGuest('debug-conditions.c', ['-g', '-O0', '-static']).path;
const optimised = compileGuest('debug-conditions.c', ['-g', '-O1', '-static', '-fno-inline']).path;
const TURN = lineOf(SOURCE, 'each turn');
const WORD = lineOf(SOURCE, 'each word');
const DONE = lineOf(SOURCE, 'done');

/** Where the program stops first, in words. */
async function found(file: string, breakpoint: Omit<DebugProtocol.SourceBreakpoint, 'line'>): Promise<string> {
  using session = new Scenario();
  await session.start({ program: file }, { lines: { [SOURCE]: [{ line: TURN, ...breakpoint }, DONE] } });
  const { threadId } = await session.stopped();
  const [{ id, line }] = await session.stack(threadId!, 1);
  const sum = await session.evaluate('sum');
  return line === DONE ? `done, ${sum}` : `${await session.evaluate('index', { frameId: id })}, ${sum}`;
}

for (const [name, file] of [
  ['without optimisation', program],
  ['with optimisation', optimised],
] as const)
  test(`a condition, a hit count and both stop exactly where they are true, ${name}`, async () => {
    const sumBefore = (index: number): number => index * (index - 1) + 5 * index;
    const at = (index: number): string => `${index}, ${sumBefore(index)}`;
    assert.equal(await found(file, { condition: 'index == 1234 && node->next->value == 7' }), at(1234));
    assert.equal(await found(file, { hitCondition: '== 2000' }), at(1999));
    assert.equal(await found(file, { condition: 'index % 2 == 1', hitCondition: '3' }), at(5));
    assert.equal(await found(file, { condition: `sum >= ${sumBefore(5000)}`, hitCondition: '$hits == 2' }), at(5001));
    assert.equal(await found(file, { condition: '$a0 == 12345678901' }), `done, ${sumBefore(10_000)}`);
  });

test('a step over a call with a breakpoint that is passed ends where it would without; one that is met ends it', async () => {
  using session = new Scenario();
  await session.start({ program, args: ['3'] }, { lines: { [SOURCE]: [WORD - 3] } });
  await session.stopped();
  const CALL = lineOf(SOURCE, 'turn(i, &first);');
  await session.breakAt(SOURCE, CALL, { line: TURN, condition: 'index == 2' });
  const lineNow = async (): Promise<number> => (await session.stack(1, 1))[0].line;
  await session.go('continue', 1);
  await session.breakAt(SOURCE, { line: TURN, condition: 'index == 2' });
  await session.go('next', 1);
  assert.equal(await lineNow(), CALL - 1);
  await session.go('next', 1);
  await session.go('next', 1);
  await session.go('next', 1);
  assert.equal(await lineNow(), CALL);
  assert.equal((await session.go('next', 1)).reason, 'breakpoint');
  assert.equal(await lineNow(), TURN);
  session.client.kill();
});

test('a program whose breakpoints are all passed, for ever, can be paused; what others set is heeded', async () => {
  using session = new Scenario();
  await session.start({ program, args: ['0'] }, { lines: { [SOURCE]: [{ line: TURN, condition: 'index < 0' }] } });
  await session.client.request('pause', { threadId: 1 });
  assert.equal((await session.stopped()).reason, 'pause');
  await session.client.request('continue', { threadId: 1 });
  await session.breakAt(SOURCE, { line: TURN, condition: 'index > 100' });
  assert.equal((await session.stopped()).reason, 'breakpoint');
  session.client.kill();
});

test('log messages stand among what the program prints, where it printed it', async () => {
  using session = new Scenario();
  await session.start({ program, args: ['1'] }, { lines: { [SOURCE]: [{ line: WORD, logMessage: 'log {i}' }] } });
  await session.exited();
  assert.match(session.client.printed, /log 0\n0log 1\n1log 2\n2log 3\n3/);
  session.client.kill();
});

test('a data breakpoint stops exactly where its condition is true', async () => {
  using session = new Scenario();
  await session.start({ program, stopOnEntry: true });
  await session.stopped();
  const { dataId } = await session.client.request<{ dataId: string }>('dataBreakpointInfo', { name: 'sum' });
  const set = (more: object): Promise<unknown> =>
    session.client.request('setDataBreakpoints', { breakpoints: [{ dataId, accessType: 'write', ...more }] });
  await set({ condition: 'index == 3000' });
  await session.go('continue', 1);
  assert.equal(await session.evaluate('index'), '3000');
  // It was met once already.
  await set({ condition: 'index > 0', hitCondition: '500' });
  await session.go('continue', 1);
  assert.equal(await session.evaluate('index'), '3499');
  session.client.kill();
});
