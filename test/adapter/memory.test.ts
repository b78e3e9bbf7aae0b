import assert from 'node:assert/strict';
import path from 'node:path';
import { test } from 'node:test';
import type { DebugProtocol } from '@vscode/debugprotocol';
import { lineOf, sample, SAMPLES, Scenario } from './scenario.ts';
import { Transcript } from './transcript.ts';

const SOURCE = path.join(SAMPLES, 'fork-cow/fork-cow.c');
type Memory = NonNullable<DebugProtocol.ReadMemoryResponse['body']>;
type Instructions = NonNullable<DebugProtocol.DisassembleResponse['body']>['instructions'];

/** The sample after its fork: the child stands in main, the parent waits for it. */
async function forked(transcript?: Transcript): Promise<Scenario> {
  const session = new Scenario(transcript);
  await session.start(sample('fork-cow'), { lines: { [SOURCE]: [lineOf(SOURCE, 'if (pid == 0)')] } });
  await session.stopped();
  const { threadId } = await session.go('continue', 1);
  assert.equal(threadId, 2);
  await session.breakAt(SOURCE);
  return session;
}

function read(session: Scenario, memoryReference: string, count: number, offset = 0): Promise<Memory> {
  return session.client.request('readMemory', { memoryReference, offset, count });
}

const bytes = ({ data = '' }: Memory): Buffer => Buffer.from(data, 'base64');

test('memory is read exactly: up to the first unmapped byte, and how many follow', async () => {
  using session = await forked();
  assert.deepEqual([...bytes(await read(session, 'p1:0x10000', 4))], [0x7f, 0x45, 0x4c, 0x46]);
  assert.deepEqual(await read(session, 'p1:0x10000', 0), { address: '0x10000', data: '' });
  const across = await read(session, 'p1:0x11ff0', 64);
  assert.equal(bytes(across).length, 16);
  assert.equal(across.unreadableBytes, 48);
  const gap = await read(session, 'p1:0xf000', 0x2000);
  assert.deepEqual([gap.address, gap.data, gap.unreadableBytes], ['0xf000', '', 0x1000]);
  assert.equal((await read(session, '0x0', 16)).unreadableBytes, 16);
  assert.equal((await read(session, '0xffffffffffffff00', 16)).unreadableBytes, 16);
  assert.deepEqual([...bytes(await read(session, 'p2:0x10010', 4, -16))], [0x7f, 0x45, 0x4c, 0x46]);
  await session.disconnect();
});

test('a write breaks copy-on-write for its process alone, says so, and makes views read again', async () => {
  const transcript = new Transcript();
  using session = await forked(transcript);
  session.note('a write into the shared page of counter');
  const counter = /0x[0-9a-f]+/.exec(await session.evaluate('&counter'))![0];
  await read(session, `p2:${counter}`, 4);
  const data = Buffer.from([99, 0, 0, 0]).toString('base64');
  await session.client.request('writeMemory', { memoryReference: `p2:${counter}`, data });
  await session.client.event('memory');
  assert.deepEqual([...bytes(await read(session, `p2:${counter}`, 4))], [99, 0, 0, 0]);
  assert.deepEqual([...bytes(await read(session, `p1:${counter}`, 4))], [2, 0, 0, 0]);
  session.note('one that cannot be made');
  await session.client.refusal('writeMemory', { memoryReference: 'p2:0x10', data });
  await session.client.refusal('writeMemory', { memoryReference: 'p2:0x11fff', data });
  await session.client.request('writeMemory', { memoryReference: 'p2:0x11fff', data, allowPartial: true });
  await session.client.event<{ memoryReference: string }>('memory', ({ memoryReference }) =>
    memoryReference.startsWith('p1'),
  );
  await session.disconnect();
  transcript.check('memory-write');
});

test('variables and registers are set', async () => {
  using session = await forked();
  const [main] = await session.stack(2);
  const { scopes } = await session.client.request<DebugProtocol.ScopesResponse['body']>('scopes', { frameId: main.id });
  const set = (scope: string, name: string, value: string): Promise<DebugProtocol.SetVariableResponse['body']> =>
    session.client.request('setVariable', {
      variablesReference: scopes.find((one) => one.name === scope)!.variablesReference,
      name,
      value,
    });
  assert.equal((await set('Locals', 'status', '-5')).value, '-5');
  await session.client.event('invalidated');
  assert.equal(await session.evaluate('status', { frameId: (await session.stack(2))[0].id }), '-5');
  await session.disconnect();
});

test('setting a register and refusing what is no number', async () => {
  using session = await forked();
  const [main, start] = await session.stack(2);
  const reference = async (frameId: number): Promise<number> => {
    const { scopes } = await session.client.request<DebugProtocol.ScopesResponse['body']>('scopes', { frameId });
    return scopes.find((one) => one.name === 'Registers')!.variablesReference;
  };
  const outer = await reference(start.id);
  const message = await session.client.refusal('setVariable', { variablesReference: outer, name: 's1', value: '1' });
  assert.equal(message, '$s1 can be set in the innermost frame only.');
  const inner = await reference(main.id);
  const bad = await session.client.refusal('setVariable', { variablesReference: inner, name: 't1', value: 'one' });
  assert.equal(bad, 'There is no variable, function or symbol called one here.');
  await session.client.request('setVariable', { variablesReference: inner, name: 't1', value: '0x1234' });
  await session.client.event('invalidated');
  assert.equal((await session.children(inner)).find(({ name }) => name === 't1')?.value, '0x1234');
  assert.equal(await session.evaluate('$t1', { frameId: main.id }), '0x1234');
  await session.disconnect();
});

test('disassembly has symbols and lines, and exactly as many instructions as asked for', async () => {
  const transcript = new Transcript();
  using session = await forked(transcript);
  const disassemble = async (memoryReference: string, more: object): Promise<Instructions> =>
    (await session.client.request<{ instructions: Instructions }>('disassemble', { memoryReference, ...more }))
      .instructions;
  session.note('around the start of a function');
  const main = /0x[0-9a-f]+/.exec(await session.evaluate('main'))![0];
  const around = await disassemble(`p1:${main}`, { instructionOffset: -4, instructionCount: 8 });
  assert.equal(around[4].address, main);
  for (let index = 1; index < around.length; index++)
    assert.ok([2, 4].includes(Number(around[index].address) - Number(around[index - 1].address)));
  session.note('where nothing is mapped');
  const nothing = await disassemble('p1:0x0', { instructionOffset: -2, instructionCount: 4 });
  assert.deepEqual(
    nothing.map(({ instruction }) => instruction),
    ['??', '??', '??', '??'],
  );
  const edge = await disassemble('p1:0x10000', { instructionOffset: -3, instructionCount: 5 });
  assert.equal(edge[3].address, '0x10000');
  session.note('beyond all memory, and around its end');
  const far = await disassemble('p1:0xffffffffffffffff', { instructionOffset: -2, instructionCount: 4 });
  assert.deepEqual(
    far.map(({ address }) => address),
    ['0xfffffffffffffffb', '0xfffffffffffffffd', '0xffffffffffffffff', '0x1'],
  );
  const last = await disassemble('p1:0x7ffffffffffe', { instructionOffset: -400, instructionCount: 800 });
  assert.equal(last.length, 800);
  await session.disconnect();
  transcript.check('disassembly');
});

test('disassembly far up the code arrives at the address asked for', async () => {
  using session = await forked();
  for (const name of ['main', 'child', 'print', 'counter']) {
    const address = /0x[0-9a-f]+/.exec(await session.evaluate(`&${name}`))![0];
    const { instructions } = await session.client.request<{ instructions: Instructions }>('disassemble', {
      memoryReference: `p1:${address}`,
      instructionOffset: -200,
      instructionCount: 400,
    });
    assert.equal(instructions.length, 400);
    assert.equal(instructions[200].address, address);
  }
  await session.disconnect();
});

test('registers, addresses, variables, parts and symbols are evaluated', async () => {
  using session = await forked();
  const [main] = await session.stack(2);
  const value = (expression: string): Promise<string> => session.evaluate(expression, { frameId: main.id });
  const refused = (expression: string): Promise<string> =>
    session.client.refusal('evaluate', { expression, frameId: main.id, context: 'hover' });
  assert.match(await value('$pc'), /^0x[0-9a-f]+ <main\+\d+>$/);
  assert.equal(await value('$pid'), '2');
  assert.equal(await value('$zero'), '0x0');
  assert.equal(await value('counter'), '2');
  assert.equal(await session.evaluate('counter', { frameId: main.id, format: { hex: true } }), '0x2');
  assert.equal(await value('text'), '"parent\'s"');
  assert.equal(await value('text[0]'), "112 'p'");
  assert.match(await value('main'), /^0x[0-9a-f]+ <main>$/);
  assert.match(await value('&counter'), /<counter>$/);
  assert.equal(await value('*mailbox'), '0');
  assert.equal(await value('*0x10000,x'), '0x10102464c457f');
  assert.equal(await refused('nothing'), 'There is no variable, function or symbol called nothing here.');
  assert.equal(await refused('$nothing'), 'No register or variable is called $nothing.');
  assert.equal(await refused('*0x0'), '*0x0 has no value: cannot read memory at 0x0.');
  assert.equal(await value('counter + 1'), '3');
  await session.disconnect();
});
