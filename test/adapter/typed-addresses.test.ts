import assert from 'node:assert/strict';
import path from 'node:path';
import { test } from 'node:test';
import type { DebugProtocol } from '@vscode/debugprotocol';
import { compileGuest } from '../differential/compiled-guests.ts';
import { lineOf, Scenario } from './scenario.ts';

const SOURCE = path.resolve('test/guests/debug-looking.c');
const program = compileGuest('debug-looking.c', ['-g', '-O0', '-static']).path;

type Memory = NonNullable<DebugProtocol.ReadMemoryResponse['body']>;

/** The sample program, stopped in `leaf`; its child waits in `pause`. */
async function stopped(session: Scenario): Promise<{ top: number; caller: number; child: number; parent: number }> {
  await session.start({ program }, { lines: { [SOURCE]: [lineOf(SOURCE, 'stop here')] } });
  const { threadId } = await session.stopped();
  const [top, caller] = await session.stack(threadId!);
  const { threads } = await session.client.request<DebugProtocol.ThreadsResponse['body']>('threads');
  return { top: top.id, caller: caller.id, parent: threadId!, child: threads.find(({ id }) => id !== threadId)!.id };
}

test('an address is a number, a pointer, an object or a computation, in the process of the frame, or of another', async () => {
  using session = new Scenario();
  const { top, parent, child } = await stopped(session);
  const { client } = session;
  const explain = async (expression: string, frameId = top): Promise<string> => {
    const { explanation } = await client.request<{ explanation: { va: string; pid: number } }>('pagewalk/explain', {
      expression,
      frameId,
    });
    return `p${explanation.pid}:${explanation.va}`;
  };
  const numberOf = async (expression: string): Promise<number> =>
    Number((await session.evaluate(`(unsigned long)(${expression}),x`, { frameId: top })).split(' ')[0]);
  const hex = (address: number): string => `0x${address.toString(16)}`;
  const shared = await numberOf('&shared');
  const cases: readonly (readonly [string, string])[] = [
    ['from', `p${parent}:${hex(shared)}`],
    ['&shared.second', `p${parent}:${hex(await numberOf('&shared.second'))}`],
    ['shared.second', `p${parent}:${hex(await numberOf('&shared.second'))}`],
    ['shared.first.numbers+3', `p${parent}:${hex(shared + 12)}`],
    ['&given', `p${parent}:${hex(await numberOf('&given'))}`],
    ['$sp+16', `p${parent}:${hex((await numberOf('$sp')) + 16)}`],
    [hex(shared + 1), `p${parent}:${hex(shared + 1)}`],
    [`p${child}:${hex(shared)}`, `p${child}:${hex(shared)}`],
    [`p${child}: &shared`, `p${child}:${hex(shared)}`],
    [`p${child}:shared.first.numbers + 1`, `p${child}:${hex(shared + 4)}`],
  ];
  for (const [text, wanted] of cases) assert.equal(await explain(text), wanted, text);
  assert.match(await client.refusal('pagewalk/explain', { expression: 'p99:&shared' }), /no process 99/);
  assert.match(await client.refusal('pagewalk/explain', { expression: `p${child}:&nothing` }), /called nothing/);
  client.kill();
});

test('memory is read, written, disassembled and watched at typed addresses', async () => {
  using session = new Scenario();
  const { top, caller, parent, child } = await stopped(session);
  const { client } = session;
  const read = async (memoryReference: string, offset = 0): Promise<string> => {
    const { data } = await client.request<Memory>('readMemory', { memoryReference, offset, count: 3 });
    return Buffer.from(data!, 'base64').toString();
  };
  assert.equal(await read('shared.first.word'), 'one');
  assert.equal(await read('from->second.word'), 'two');
  assert.equal(await read('&shared.first', 16), 'one');
  await client.request('writeMemory', {
    memoryReference: `p${child}:shared.first.word`,
    data: Buffer.from('six').toString('base64'),
  });
  assert.equal(await read(`p${child}:shared.first.word`), 'six');
  assert.equal(await read('shared.first.word'), 'one');
  // The frame that is looked at decides what names mean.
  assert.match(
    await client.refusal('readMemory', { memoryReference: 'no word', count: 3 }),
    /^word is not expected here/,
  );
  await client.request('scopes', { frameId: caller });
  assert.match(await client.refusal('readMemory', { memoryReference: '&twice', count: 4 }), /called twice/);
  await client.request('scopes', { frameId: top });
  const { instructions } = await client.request<{ instructions: { symbol?: string }[] }>('disassemble', {
    memoryReference: 'leaf',
    instructionCount: 1,
  });
  assert.equal(instructions[0].symbol, 'leaf');
  const info = (name: string, more: object): Promise<{ dataId: string | null; description: string }> =>
    client.request('dataBreakpointInfo', { name, asAddress: true, ...more });
  const { dataId } = await info('shared.first.numbers+1', { bytes: 4, frameId: top });
  const { dataId: same } = await info(`p${parent}:shared.first.numbers + 1`, { bytes: 4 });
  assert.ok(dataId);
  assert.equal(dataId, same);
  const made = await client.request<DebugProtocol.SetInstructionBreakpointsResponse['body']>(
    'setInstructionBreakpoints',
    { breakpoints: [{ instructionReference: 'main' }, { instructionReference: 'nowhere at all' }] },
  );
  assert.deepEqual(
    made.breakpoints.map(({ verified }) => verified),
    [true, false],
  );
  client.kill();
});
