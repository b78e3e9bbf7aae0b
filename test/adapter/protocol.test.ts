import assert from 'node:assert/strict';
import path from 'node:path';
import { test } from 'node:test';
import type { DebugProtocol } from '@vscode/debugprotocol';
import { lineOf, sample, SAMPLES, Scenario } from './scenario.ts';

const SOURCE = path.join(SAMPLES, 'fork-cow/fork-cow.c');

test('the filters of the design are declared, and only abilities that have a request behind them', async () => {
  using session = new Scenario();
  const abilities = await session.client.request<DebugProtocol.Capabilities>('initialize', { adapterID: 'pagewalk' });
  const filters = abilities.exceptionBreakpointFilters!;
  assert.deepEqual(
    filters.map(({ filter }) => filter),
    [
      ...['fork', 'vfork', 'exec', 'exit', 'signal', 'signal:fatal', 'throw', 'catch'],
      ...['fault:demand-zero', 'fault:cow', 'fault:file', 'fault:stack-growth', 'fault:protection'],
      ...['cow-break', 'map', 'unmap', 'protect', 'switch', 'nested-cow', 'invariant', 'unimplemented'],
    ],
  );
  for (const { label, description } of filters) assert.ok(label && description);
  for (const ability of Object.keys(abilities)) {
    const [, name] = /^supports(\w+)Request$/.exec(ability) ?? [];
    if (!name) continue;
    const command = name[0].toLowerCase() + name.slice(1);
    const { success, message = '' } = await session.client.ask(command === 'terminate' ? 'threads' : command, {});
    assert.ok(success || !message.includes('does not know'), `${command}: ${message}`);
  }
  session.client.kill();
});

test('lines that count from 0 are understood and answered alike; paths are native', async () => {
  using session = new Scenario();
  const { client } = session;
  const line = lineOf(SOURCE, 'counter = 2') - 1;
  const counting = { adapterID: 'pagewalk', linesStartAt1: false, columnsStartAt1: false };
  assert.match(await client.refusal('initialize', { ...counting, pathFormat: 'uri' }), /native paths/);
  await client.request('initialize', counting);
  await client.request('launch', sample('fork-cow'));
  await client.event('initialized');
  const { breakpoints } = await client.request<DebugProtocol.SetBreakpointsResponse['body']>('setBreakpoints', {
    source: { path: SOURCE },
    breakpoints: [{ line }],
  });
  assert.deepEqual([breakpoints[0].verified, breakpoints[0].line], [true, line]);
  await client.request('configurationDone');
  await client.event('stopped');
  const { stackFrames } = await client.request<DebugProtocol.StackTraceResponse['body']>('stackTrace', { threadId: 1 });
  assert.deepEqual([stackFrames[0].line, stackFrames[0].source?.path], [line, SOURCE]);
  await session.disconnect();
});

test('a call stack is loaded in parts', async () => {
  using session = new Scenario();
  await session.start(sample('fork-cow'), { functions: ['child'] });
  await session.stopped();
  const part = (startFrame: number, levels: number): Promise<DebugProtocol.StackTraceResponse['body']> =>
    session.client.request('stackTrace', { threadId: 2, startFrame, levels });
  const first = await part(0, 1);
  assert.equal(first.stackFrames.length, 1);
  assert.ok(first.totalFrames! > 1);
  const names = [...first.stackFrames, ...(await part(1, 1)).stackFrames, ...(await part(2, 20)).stackFrames];
  assert.deepEqual(
    names.map(({ name }) => name),
    ['child', 'main', '_start'],
  );
  assert.deepEqual((await part(9, 20)).stackFrames, []);
  await session.disconnect();
});

test('sources that are not on this computer are shown by name and path', async () => {
  using session = new Scenario();
  await session.start(
    { ...sample('fork-cow'), sourceMap: {} },
    { lines: { '/moved/fork-cow.c': [lineOf(SOURCE, 'counter = 2')] } },
  );
  await session.stopped();
  const [frame] = await session.stack(1);
  assert.equal(frame.source?.path, '/pagewalk/samples/fork-cow/fork-cow.c');
  assert.equal(frame.source.name, 'fork-cow.c');
  // In their place stand the instructions, below the reason.
  const { sourceReference } = frame.source;
  const { content } = await session.client.request<{ content: string }>('source', {
    source: frame.source,
    sourceReference,
  });
  assert.match(
    content,
    /^; Breakpoint at main .*\n; No source: main of fork-cow is at .*"sourceMap" in launch\.json can/,
  );
  assert.match(content.split('\n')[frame.line - 1], /^0x[0-9a-f]+ <main\+\d+>: {2}\w/);
  const [, outer] = await session.stack(1);
  assert.equal(outer.source?.presentationHint, 'deemphasize');
  assert.match(
    await session.client.refusal('source', { source: outer.source, sourceReference: 0 }),
    /"sourceMap" in launch\.json can lead to it/,
  );
  await session.disconnect();
});
