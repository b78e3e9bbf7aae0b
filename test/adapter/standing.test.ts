import assert from 'node:assert/strict';
import path from 'node:path';
import { test } from 'node:test';
import type { DebugProtocol } from '@vscode/debugprotocol';
import { compileGuest } from '../differential/compiled-guests.ts';
import { lineOf, Scenario } from './scenario.ts';

const SOURCE = path.resolve('test/guests/debug-looking.c');
const program = compileGuest('debug-looking.c', ['-g', '-O0', '-static']).path;

type Variable = DebugProtocol.Variable;
type Evaluated = DebugProtocol.EvaluateResponse['body'];

/** A client that can do next to nothing: no `invalidated`, no `memory`, no paging, no types, no progress. */
const PLAIN = { adapterID: 'pagewalk' };

/** What a client has on its screen, with the numbers that it asked for it by. */
interface Screen {
  readonly frames: readonly DebugProtocol.StackFrame[];
  readonly scopes: Readonly<Record<string, number>>;
}

async function stopped(session: Scenario, abilities: object = PLAIN): Promise<Screen> {
  const { client } = session;
  await client.request('initialize', abilities);
  await client.request('launch', { program });
  await client.event('initialized');
  await session.breakAt(SOURCE, lineOf(SOURCE, 'stop here'));
  await client.request('configurationDone');
  const { threadId } = await session.stopped();
  return look(session, threadId!);
}

async function look(session: Scenario, threadId: number): Promise<Screen> {
  const { stackFrames: frames } = await session.client.request<DebugProtocol.StackTraceResponse['body']>('stackTrace', {
    threadId,
  });
  return { frames, scopes: await scopesOf(session, frames[0].id) };
}

async function scopesOf(session: Scenario, frameId: number): Promise<Readonly<Record<string, number>>> {
  const { scopes } = await session.client.request<DebugProtocol.ScopesResponse['body']>('scopes', { frameId });
  return Object.fromEntries(scopes.map(({ name, variablesReference }) => [name, variablesReference]));
}

async function child(session: Scenario, reference: number, ...names: readonly string[]): Promise<Variable> {
  const found = (await session.children(reference)).find(({ name }) => name === names[0]);
  assert.ok(found, `there is no ${names[0]}`);
  return names.length === 1 ? found : child(session, found.variablesReference, ...names.slice(1));
}

const valuesOf = async (session: Scenario, reference: number): Promise<Readonly<Record<string, string>>> =>
  Object.fromEntries((await session.children(reference)).map(({ name, value }) => [name, value]));

test('what a client has asked for keeps its numbers until execution goes on, and shows what is there now', async () => {
  using session = new Scenario();
  const { client } = session;
  const { frames, scopes } = await stopped(session);
  const [top, caller] = frames;
  const numbers = (await child(session, scopes['Locals'], 'copy', 'numbers')).variablesReference;
  const list = (await child(session, scopes['Globals'], 'shared')).variablesReference;
  const console = await client.request<Evaluated>('evaluate', {
    expression: '*from',
    context: 'repl',
    frameId: top.id,
  });
  const registers = scopes['Registers'];
  const callersLocals = (await scopesOf(session, caller.id))['Locals'];

  await client.request('setVariable', { variablesReference: scopes['Locals'], name: 'twice', value: '7' });
  assert.equal((await valuesOf(session, scopes['Locals']))['twice'], '7');
  await client.request('setVariable', { variablesReference: numbers, name: '[2]', value: '70' });
  assert.deepEqual(await valuesOf(session, numbers), { '[0]': '5', '[1]': '6', '[2]': '70', '[3]': '8' });

  await client.request('evaluate', { expression: 'shared.second.numbers[1] = 60', context: 'repl', frameId: top.id });
  const second = await child(session, console.variablesReference, 'second', 'numbers', '[1]');
  assert.equal(second.value, '60');
  await client.request('setExpression', { expression: 'given', value: '22', frameId: top.id });
  assert.equal((await valuesOf(session, scopes['Locals']))['given'], '22');

  const { memoryReference } = await child(session, list, 'first', 'word');
  await client.request('writeMemory', { memoryReference, data: Buffer.from('ten').toString('base64') });
  assert.equal((await child(session, list, 'first', 'word')).value, '"ten"');
  assert.equal((await child(session, list, 'next', 'next', 'first', 'word')).value, '"ten"');

  await client.request('setVariable', { variablesReference: registers, name: 'a0', value: '0x123' });
  assert.equal((await valuesOf(session, registers))['a0'], '0x123');
  await client.request('evaluate', { expression: 'print $a1 = 5', context: 'repl', frameId: top.id });
  assert.equal((await valuesOf(session, registers))['a1'], '0x5');

  await client.request('setDataBreakpoints', { breakpoints: [] });
  await client.request('pagewalk/setWatches', { watches: [] });
  const { threads } = await client.request<DebugProtocol.ThreadsResponse['body']>('threads');
  assert.equal(threads.length, 2);
  await client.request('terminateThreads', { threadIds: [threads[1].id] });

  assert.equal((await valuesOf(session, callersLocals))['child'], String(threads[1].id));
  assert.equal(await session.evaluate('given + twice', { frameId: top.id }), '29');
  assert.equal((await valuesOf(session, scopes['Task']))['pid'], String(threads[0].id));
  assert.deepEqual(await scopesOf(session, top.id), scopes);
  assert.deepEqual(
    (await look(session, threads[0].id)).frames.map(({ id }) => id),
    frames.map(({ id }) => id),
  );

  await session.go('next', threads[0].id);
  for (const [command, args] of [
    ['scopes', { frameId: top.id }],
    ['variables', { variablesReference: numbers }],
    ['evaluate', { expression: 'given', frameId: top.id }],
  ] as const)
    assert.match(await client.refusal(command, args), /gone: the program has run on/);
  client.kill();
});

test('the same thing has the same number however often it is asked for, and slice by slice', async () => {
  using session = new Scenario();
  const { client } = session;
  const { scopes, frames } = await stopped(session);
  const copy = await child(session, scopes['Locals'], 'copy');
  assert.equal((await child(session, scopes['Locals'], 'copy')).variablesReference, copy.variablesReference);
  const part = async (start: number): Promise<Variable> => {
    const { variables } = await client.request<DebugProtocol.VariablesResponse['body']>('variables', {
      variablesReference: copy.variablesReference,
      start,
      count: 1,
    });
    return variables[0];
  };
  const whole = await session.children(copy.variablesReference);
  assert.deepEqual([await part(0), await part(1)], whole);
  const evaluate = (): Promise<Evaluated> =>
    client.request('evaluate', { expression: 'shared.first', context: 'watch', frameId: frames[0].id });
  assert.deepEqual(await evaluate(), await evaluate());
  for (const scope of ['Address Space', 'Page Table', 'Registers'])
    assert.deepEqual(await session.children(scopes[scope]), await session.children(scopes[scope]), scope);
  client.kill();
});

test('a frame shows its new state when registers have changed; one that is no longer there says so', async () => {
  using session = new Scenario();
  const { client } = session;
  const { frames, scopes } = await stopped(session);
  await client.request('setVariable', { variablesReference: scopes['Registers'], name: 'pc', value: 'main' });
  assert.match((await valuesOf(session, scopes['Registers']))['pc'], /<main>/);
  const [now] = await session.stack(1);
  assert.deepEqual([now.id, now.name], [frames[0].id, 'main']);
  assert.match(await client.refusal('evaluate', { expression: 'twice', frameId: now.id }), /called twice here/);
  // Nothing is left on the stack: the outer frames are not there.
  await client.request('evaluate', { expression: '$sp = 0', context: 'repl', frameId: now.id });
  await client.request('evaluate', { expression: '$ra = 0', context: 'repl', frameId: now.id });
  assert.match(await client.refusal('scopes', { frameId: frames[1].id }), /frame is not there any more/);
  client.kill();
});

test('a client is told what it can refresh, and not to look for other calls where they are the same', async () => {
  using session = new Scenario();
  const { client } = session;
  const { frames, scopes } = await stopped(session, { ...PLAIN, supportsInvalidatedEvent: true });
  const areas = async (): Promise<unknown> => (await client.event<{ areas: unknown }>('invalidated')).areas;
  await client.request('setVariable', { variablesReference: scopes['Locals'], name: 'twice', value: '7' });
  assert.deepEqual(await areas(), ['variables']);
  await client.request('setVariable', { variablesReference: scopes['Registers'], name: 'a0', value: '1' });
  assert.deepEqual(await areas(), ['variables']);
  await client.request('evaluate', { expression: '$pc = main', context: 'repl', frameId: frames[0].id });
  assert.deepEqual(await areas(), ['stacks', 'variables']);
  client.kill();
});
