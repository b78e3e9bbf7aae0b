import assert from 'node:assert/strict';
import { before, test } from 'node:test';
import { SymbolFile } from '../../src/symbols/symbol-file.ts';
import { compileGuest, type CompiledGuest } from '../differential/compiled-guests.ts';
import { lineOf, Scenario, type Configured } from './scenario.ts';
import { Transcript } from './transcript.ts';

let guest: CompiledGuest;
let at: (text: string) => number;

/** The compiler's version decides on addresses. */
const ANY_COMPILER: readonly (readonly [RegExp, string])[] = [
  [/out\/guests\/[\w-]+/g, '$GUEST'],
  [/\/?debug-steps-c[\w-]*/g, 'debug-steps'],
  [/0x[0-9a-f]{4,16}/g, '<address>'],
];

before(() => {
  guest = compileGuest('debug-steps.c', ['-g', '-O0', '-static']);
  at = (text) => lineOf(guest.source, text);
});

/** The program, stopped on the line with this text. */
async function stoppedAt(session: Scenario, text: string, more: Configured = {}): Promise<void> {
  await session.start({ program: guest.path }, { lines: { [guest.source]: [at(text)] }, ...more });
  const stop = await session.stopped();
  assert.equal(stop.reason, 'breakpoint');
  assert.equal((await session.where(1))[0], `main:${at(text)}`);
}

test('stepping over a line goes over calls into libc, recursion, callbacks, signal handlers and long loops', async () => {
  const transcript = new Transcript(ANY_COMPILER);
  using session = new Scenario(transcript);
  await stoppedAt(session, 'int values[]');
  for (const next of [
    'printf("%s',
    'int f =',
    'qsort',
    'signal(SIG',
    'raise',
    'for (int i = 0; i < 200000',
    'hold(3)',
    'int child',
    'if (child',
    'waitpid',
    'printf("%d',
    'return 0;',
  ]) {
    await session.go('next', 1);
    assert.equal((await session.where(1))[0], `main:${at(next)}`);
  }
  assert.equal((await session.values(1, 'Locals'))['f'], '24');
  assert.equal(await session.evaluate('values'), '{1, 2, 3}');
  assert.equal(await session.finish(1), 0);
  await session.disconnect();
  transcript.check('step-over');
});

test('stepping into a call enters functions with lines and goes over those without', async () => {
  using session = new Scenario();
  await stoppedAt(session, 'printf("%s');
  await session.go('stepIn', 1);
  assert.equal((await session.where(1))[0], `main:${at('int f =')}`);
  await session.go('stepIn', 1);
  assert.deepEqual((await session.where(1)).slice(0, 2), [`factorial:${at('if (n <= 1)')}`, `main:${at('int f =')}`]);
  assert.equal((await session.values(1, 'Locals'))['n'], '4');
  await session.go('next', 1);
  await session.go('stepIn', 1);
  assert.equal((await session.where(1)).filter((frame) => frame.startsWith('factorial')).length, 2);
  assert.equal((await session.values(1, 'Locals'))['n'], '3');
  await session.disconnect();
});

test('stepping over a recursive call comes back in the same frame', async () => {
  using session = new Scenario();
  await stoppedAt(session, 'int f =');
  await session.go('stepIn', 1);
  await session.go('next', 1);
  assert.equal((await session.where(1))[0], `factorial:${at('return n * factorial')}`);
  await session.go('next', 1);
  assert.equal((await session.values(1, 'Locals'))['n'], '4');
  await session.go('next', 1);
  assert.equal((await session.where(1))[0], `main:${at('int f =')}`);
  await session.disconnect();
});

test('stepping out returns to the caller, also from a callback of libc to the code that has lines', async () => {
  using session = new Scenario();
  await session.start({ program: guest.path }, { functions: ['compare', 'factorial'] });
  await session.stopped();
  assert.deepEqual((await session.where(1)).slice(0, 2), [`factorial:${at('if (n <= 1)')}`, `main:${at('int f =')}`]);
  await session.client.request('setFunctionBreakpoints', { breakpoints: [{ name: 'compare' }] });
  await session.go('stepOut', 1);
  assert.equal((await session.where(1))[0], `main:${at('int f =')}`);
  await session.go('continue', 1);
  const frames = await session.where(1);
  assert.equal(frames[0], `compare:${at('return *(const int')}`);
  assert.ok(frames.includes(`main:${at('qsort')}`), `qsort's frames lead to main: ${frames.join(', ')}`);
  await session.client.request('setFunctionBreakpoints', { breakpoints: [] });
  await session.go('stepOut', 1);
  // Nothing of the line is left after the call.
  assert.equal((await session.where(1))[0], `main:${at('signal(SIG')}`);
  await session.disconnect();
});

test('a stack trace leads through a signal handler to what it interrupted', async () => {
  using session = new Scenario();
  await session.start({ program: guest.path }, { functions: ['on_signal'] });
  await session.stopped();
  const frames = await session.where(1);
  assert.equal(frames[0], `on_signal:${at('seen = number')}`);
  assert.ok(frames.includes(`main:${at('raise')}`), frames.join(', '));
  await session.go('stepOut', 1);
  assert.equal((await session.where(1))[0], `main:${at('for (int i = 0; i < 200000')}`);
  await session.disconnect();
});

test('stepping by instruction executes one, and over a call all of it', async () => {
  using session = new Scenario();
  await stoppedAt(session, 'hold(3)');
  const pc = async (): Promise<number> => Number(/0x[0-9a-f]+/.exec(await session.evaluate('$pc'))![0]);
  const before = await pc();
  await session.go('next', 1, { granularity: 'instruction' });
  const call = await pc();
  assert.ok(call - before === 2 || call - before === 4);
  await session.go('next', 1, { granularity: 'instruction' });
  assert.equal((await session.where(1))[0].split(':')[0], 'main');
  assert.equal(await session.evaluate('seen'), '2');
  await session.disconnect();
});

test('stepping over a wait lets the child run, and stepping the child to its end stops in the parent', async () => {
  using session = new Scenario();
  await stoppedAt(session, 'int child', { filters: ['fork'] });
  await session.go('continue', 1);
  // glibc has no unwinding tables for fork.
  for (const thread of [1, 2]) assert.ok((await session.where(thread)).includes(`main:${at('int child')}`));
  await session.client.request('setExceptionBreakpoints', { filters: [] });
  while (!(await session.where(2))[0].startsWith('main')) await session.go('stepOut', 2);
  await session.go('next', 2);
  await session.go('next', 2);
  assert.equal((await session.where(2))[0], `main:${at('_exit(7)')}`);
  const stop = await session.go('next', 2);
  assert.equal(stop.threadId, 1);
  assert.equal(stop.text, 'Thread 2, which was stepped, has ended');
  while (!(await session.where(1))[0].startsWith('main')) await session.go('stepOut', 1);
  assert.equal(await session.finish(1), 0);
  await session.disconnect();
});

test('a step that runs into a breakpoint stops there', async () => {
  using session = new Scenario();
  await stoppedAt(session, 'hold(3)', { functions: ['hold'] });
  const stop = await session.go('next', 1);
  assert.equal(stop.reason, 'function breakpoint');
  assert.match((await session.where(1))[0], /^hold:/);
  await session.disconnect();
});

test('in optimised code steps stop where statements start', async () => {
  const optimised = compileGuest('debug-steps.c', ['-g', '-O2', '-static']);
  const symbols = SymbolFile.load(optimised.bytes, 'debug-steps');
  assert.ok(!('error' in symbols));
  using session = new Scenario();
  await session.start({ program: optimised.path }, { functions: ['main'] });
  await session.stopped();
  const end = session.client.event('exited').then(() => 'ended');
  const lines: number[] = [];
  for (;;) {
    const [frame] = await session.stack(1);
    if (frame.name !== 'main') break;
    lines.push(frame.line);
    await session.client.request('next', { threadId: 1 });
    if ((await Promise.race([session.stopped(), end])) === 'ended') break;
    const pc = Number(/0x[0-9a-f]+/.exec(await session.evaluate('$pc'))![0]);
    const row = symbols.lineAt(pc);
    assert.deepEqual([row?.start, row?.isStatement], [pc, true], `line ${row?.line}`);
  }
  assert.ok(new Set(lines).size > 8, `lines ${lines.join(', ')}`);
});

test('stepping off the end of main ends the program', async () => {
  using session = new Scenario();
  await stoppedAt(session, 'return 0;');
  await session.client.request('next', { threadId: 1 });
  await session.stopped();
  await session.client.request('next', { threadId: 1 });
  assert.equal(await session.exited(), 0);
  await session.disconnect();
});

test('stopOnEntry stops in main', async () => {
  using session = new Scenario();
  await session.start({ program: guest.path, stopOnEntry: true });
  const { reason } = await session.stopped();
  assert.equal(reason, 'entry');
  assert.match((await session.where(1))[0], /^main:/);
  await session.disconnect();
});

test('threads of one process are stepped on their own, and a join waits for the other', async () => {
  const threads = compileGuest('debug-threads.c', ['-g', '-O0', '-static', '-pthread']);
  const line = (text: string): number => lineOf(threads.source, text);
  using session = new Scenario();
  await session.start({ program: threads.path }, { lines: { [threads.source]: [line('pthread_create')] } });
  await session.stopped();
  await session.go('next', 1);
  const { threads: named } = await session.client.request<{ threads: { name: string }[] }>('threads');
  assert.match(named[1].name, /^pid 1, thread 2 /);
  await session.go('next', 1);
  assert.equal((await session.where(1))[0], `main:${line('pthread_join')}`);
  assert.equal(await session.evaluate('total'), '21');
  await session.go('next', 1);
  assert.equal((await session.where(1))[0], `main:${line('printf')}`);
  assert.equal(await session.evaluate('total'), '42');
  assert.equal(await session.finish(1), 0);
  await session.disconnect();
});
