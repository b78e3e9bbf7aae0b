import assert from 'node:assert/strict';
import path from 'node:path';
import { test } from 'node:test';
import type { DebugProtocol } from '@vscode/debugprotocol';
import { compileGuest } from '../differential/compiled-guests.ts';
import type { Recorder } from './dap-client.ts';
import { NvimDap } from './nvim-dap.ts';
import { lineOf, sample, SAMPLES, Scenario } from './scenario.ts';
import { Transcript } from './transcript.ts';

const SOURCE = path.join(SAMPLES, 'fork-cow/fork-cow.c');

/** Rows that a transcript has of a long list, at its beginning. */
const ROWS_SHOWN = 4;

/** A transcript with the first rows of long lists, and the last. */
class ShortLists implements Recorder {
  constructor(readonly transcript: Transcript) {}

  request(command: string, args: unknown): void {
    this.transcript.request(command, args);
  }

  response(response: DebugProtocol.Response): void {
    const body = response.body as { variables?: unknown[] } | undefined;
    const rows = body?.variables;
    if (!rows || rows.length <= 2 * ROWS_SHOWN) return this.transcript.response(response);
    const left = `… ${rows.length - ROWS_SHOWN - 1} more`;
    this.transcript.response({
      ...response,
      body: { variables: [...rows.slice(0, ROWS_SHOWN), left, rows.at(-1)] },
    });
  }

  event(event: DebugProtocol.Event): void {
    this.transcript.event(event);
  }
}

function shown({ frame }: NvimDap): DebugProtocol.StackFrame {
  assert.ok(frame);
  return frame;
}

test('a session of nvim-dap: a fork, values set in three ways, both processes, and the last state', async () => {
  const transcript = new Transcript();
  using nvim = new NvimDap(new ShortLists(transcript));
  transcript.note('launched, with a breakpoint at the fork and one with a condition in the child');
  await nvim.run({ ...sample('fork-cow'), stopAtExit: true }, SOURCE, [
    { line: lineOf(SOURCE, 'counter = 42'), condition: 'counter == 5' },
    { line: lineOf(SOURCE, 'fork();') },
  ]);
  assert.equal(shown(nvim).name, 'main');

  transcript.note('the scopes opened');
  for (const name of ['Globals', 'Address Space', 'Page Table', 'Task']) await nvim.expand(nvim.scope(name));

  transcript.note('assigned in the console; the same globals, and the same frame');
  await nvim.repl('counter = 5');
  const [counter] = await nvim.expand(nvim.scope('Globals'));
  assert.equal(counter.value, '5');
  await nvim.repl('counter');

  transcript.note('a variable set; the same locals');
  await nvim.client.request('setVariable', {
    variablesReference: nvim.scope('Locals').variablesReference,
    name: 'status',
    value: '9',
  });
  const locals = await nvim.expand(nvim.scope('Locals'));
  assert.equal(locals.find(({ name }) => name === 'status')?.value, '9');

  transcript.note('memory written; the same locals, and the frame');
  const { memoryReference } = locals.find(({ name }) => name === 'note')!;
  await nvim.client.request('writeMemory', { memoryReference, data: Buffer.from('P').toString('base64') });
  const written = await nvim.expand(nvim.scope('Locals'));
  assert.match(written.find(({ name }) => name === 'note')!.value, /"Parent's"/);
  await nvim.look();

  transcript.note('stepped over the fork');
  await nvim.go('next');
  transcript.note(
    'the child selected in the console: a stop of its thread, after the program has gone on for the editor',
  );
  await nvim.repl('inferior 2');
  const { threadId } = await nvim.stopped();
  assert.equal(threadId, 2);
  // Its innermost frames are the C library's, whose source is not here.
  assert.equal(shown(nvim).name, 'main');

  transcript.note('stepped into its function');
  while (!shown(nvim).name.startsWith('child')) await nvim.go('stepIn', 2);
  transcript.note('on to the store');
  await nvim.go('continue', 2);
  assert.equal(shown(nvim).line, lineOf(SOURCE, 'counter = 42'));

  transcript.note('on to the last state');
  const last = await nvim.go('continue', 2);
  assert.match(last.text!, /This is its last state: continue to end the session\.$/);
  await nvim.repl('counter');
  transcript.note('to the end');
  assert.equal(await nvim.finish(), 0);
  transcript.check('nvim-dap');
});

test('a session of nvim-dap with arrays and maps that are long: it does not page, and gets ranges', async () => {
  const guest = compileGuest('standing.cpp', ['-std=c++20', '-g', '-O0', '-static']);
  const transcript = new Transcript([
    [/out\/guests\/[\w-]+/g, '$GUEST'],
    [/standing-cpp[\w-]*/g, 'standing'],
    [/write to 0x[0-9a-f]+/g, 'write to <address>'],
    [/p1:0x[0-9a-f]+/g, 'p1:<address>'],
    [/"(value|result)":"0x[0-9a-f]+/g, '"$1":"<address>'],
  ]);
  using nvim = new NvimDap(new ShortLists(transcript));
  await nvim.run({ program: guest.path, tellChanges: false }, guest.source, [
    { line: lineOf(guest.source, 'everything is there') },
  ]);

  transcript.note('an array of a thousand, down to an element, which is set');
  const many = await nvim.repl('many');
  assert.equal(many.length, 10);
  const elements = await nvim.expand(many[9]);
  assert.equal(elements[99].value, '999');
  await nvim.client.request('setVariable', {
    variablesReference: many[9].variablesReference,
    name: '[999]',
    value: '-1',
  });
  assert.equal((await nvim.expand(many[9]))[99].value, '-1');

  transcript.note('a map of five hundred');
  const squares = await nvim.repl('squares');
  const keys = await nvim.expand(squares[4]);
  assert.equal(keys[99].value, '249001');
  await nvim.repl('squares[499] = 1');
  assert.equal((await nvim.expand(squares[4]))[99].value, '1');
  transcript.note('to the end');
  assert.equal(await nvim.finish(), 0);
  transcript.check('nvim-dap-long');
});

test('another thread that is selected in the console is for VS Code a stop, for others one after going on', async () => {
  for (const [clientID, isTold] of [
    ['vscode', false],
    ['dape', true],
    [undefined, true],
  ] as const) {
    using session = new Scenario();
    const { client } = session;
    await client.request('initialize', { adapterID: 'pagewalk', ...(clientID === undefined ? {} : { clientID }) });
    await client.request('launch', sample('fork-cow'));
    await client.event('initialized');
    await client.request('setExceptionBreakpoints', { filters: ['fork'] });
    await client.request('configurationDone');
    const { threadId } = await session.stopped();
    const { threads } = await client.request<DebugProtocol.ThreadsResponse['body']>('threads');
    const other = threads.find(({ id }) => id !== threadId)!.id;
    const seen: string[] = [];
    void client.event('continued').then(
      () => seen.push('continued'),
      () => undefined,
    );
    await client.request('evaluate', { expression: `thread ${other}`, context: 'repl' });
    const stop = await client.event<DebugProtocol.StoppedEvent['body']>('stopped');
    assert.equal(stop.threadId, other);
    assert.deepEqual(seen, isTold ? ['continued'] : [], String(clientID));
  }
});
