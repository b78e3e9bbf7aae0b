import assert from 'node:assert/strict';
import path from 'node:path';
import { before, test } from 'node:test';
import type { DebugProtocol } from '@vscode/debugprotocol';
import { compileGuest, type CompiledGuest } from '../differential/compiled-guests.ts';
import { lineOf, sample, SAMPLES, Scenario } from './scenario.ts';
import { Transcript } from './transcript.ts';

const SAMPLE = path.join(SAMPLES, 'fork-cow/fork-cow.c');
let guest: CompiledGuest;
const at = (text: string): number => lineOf(guest.source, text);

before(() => {
  guest = compileGuest('debug-runs.c', ['-g', '-O0', '-static', '-Wno-unused-result']);
});

test('a breakpoint on no line moves on to code, or says why it cannot be', async () => {
  const transcript = new Transcript();
  using session = new Scenario(transcript);
  await session.start(sample('fork-cow'), {
    lines: { [SAMPLE]: [1, lineOf(SAMPLE, 'int before') - 1, lineOf(SAMPLE, '*mailbox = 0;') + 1, 10_000] },
  });
  await session.stopped();
  session.note('a source that the program does not have');
  await session.breakAt('/elsewhere/other.c', 3);
  await session.breakAt(SAMPLE);
  await session.client.request('setFunctionBreakpoints', { breakpoints: [{ name: 'no_such_function' }] });
  await session.client.request('setInstructionBreakpoints', { breakpoints: [{ instructionReference: '0x10' }] });
  await session.client.request('breakpointLocations', { source: { path: SAMPLE }, line: 1, endLine: 30 });
  await session.finish(1);
  await session.disconnect();
  transcript.check('breakpoint-places');
});

test('function breakpoints stop after the prologue, where arguments can be read', async () => {
  using session = new Scenario();
  await session.start(sample('fork-cow'), { functions: ['child'] });
  const { reason, threadId } = await session.stopped();
  assert.deepEqual([reason, threadId], ['function breakpoint', 2]);
  assert.equal((await session.where(2))[0], `child:${lineOf(SAMPLE, 'int before')}`);
  assert.match((await session.values(2, 'Locals'))['note'], /"parent's"$/);
  await session.disconnect();
});

test('an instruction breakpoint stops before the instruction', async () => {
  using session = new Scenario();
  await session.start(sample('fork-cow'), { lines: { [SAMPLE]: [lineOf(SAMPLE, 'counter = 2')] } });
  await session.stopped();
  const [frame] = await session.stack(1);
  const reference = frame.instructionPointerReference;
  const { instructions } = await session.client.request<NonNullable<DebugProtocol.DisassembleResponse['body']>>(
    'disassemble',
    { memoryReference: reference, instructionCount: 3 },
  );
  const target = instructions[2].address;
  const offset = Number(target) - Number(instructions[0].address);
  await session.client.request('setInstructionBreakpoints', {
    breakpoints: [{ instructionReference: reference, offset }],
  });
  const stop = await session.go('continue', 1);
  assert.equal(stop.reason, 'instruction breakpoint');
  assert.ok((await session.evaluate('$pc')).startsWith(target));
  await session.disconnect();
});

test('conditions, hit counts and log messages', async () => {
  using session = new Scenario();
  const line = at('turns += i');
  await session.start(
    { program: guest.path },
    { lines: { [guest.source]: [{ line, condition: 'i == 3 && turns > 2' }] } },
  );
  await session.stopped();
  assert.equal(await session.evaluate('i'), '3');
  await session.breakAt(guest.source, { line, hitCondition: '2' });
  await session.client.request('restart', {});
  await session.stopped();
  assert.equal(await session.evaluate('i'), '1');
  await session.breakAt(guest.source, { line, logMessage: 'i is {i}, nothing is {nothing}' });
  await session.client.request('continue', { threadId: 1 });
  const { output } = await session.client.event<{ output: string }>('output', (body) => body.output.startsWith('i is'));
  assert.equal(output, 'i is 2, nothing is {There is no variable, function or symbol called nothing here.}\n');
  assert.equal(await session.exited(), 9);
  await session.disconnect();
});

test('a condition that cannot be evaluated stops and says so', async () => {
  using session = new Scenario();
  await session.start(
    { program: guest.path },
    { lines: { [guest.source]: [{ line: at('turns += i'), condition: '*(int *)0 > 1' }] } },
  );
  const { output } = await session.client.event<{ output: string }>('output');
  assert.equal(output, 'Condition "*(int *)0 > 1": Cannot read memory at 0x0.\n');
  await session.stopped();
  const [breakpoint] = (await session.breakAt(guest.source, { line: at('turns += i'), hitCondition: 'often' }))
    .breakpoints;
  assert.deepEqual(
    [breakpoint.verified, breakpoint.message],
    [false, 'There is no variable, function or symbol called often here.'],
  );
  await session.disconnect();
});

test('breakpoints leave no trace in guest memory', async () => {
  using session = new Scenario();
  await session.start(sample('fork-cow'), { functions: ['main'] });
  await session.stopped();
  const read = (): Promise<{ data: string }> =>
    session.client.request('readMemory', { memoryReference: 'p1:0x10000', count: 4096 });
  const { data } = await read();
  await session.client.request('setFunctionBreakpoints', { breakpoints: [] });
  assert.equal((await read()).data, data);
  await session.disconnect();
});

test('a thread that stands at a breakpoint does not stop there again when another was stepped', async () => {
  using session = new Scenario();
  const line = lineOf(SAMPLE, 'if (pid == 0)');
  await session.start(sample('fork-cow'), { lines: { [SAMPLE]: [line] } });
  const first = await session.stopped();
  const second = await session.go('continue', first.threadId!);
  assert.notEqual(first.threadId, second.threadId);
  await session.go('next', second.threadId!);
  await session.go('next', second.threadId!);
  assert.equal(await session.finish(first.threadId!), 0);
  await session.disconnect();
});
