import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { DebugProtocol } from '@vscode/debugprotocol';
import { compileGuest } from '../differential/compiled-guests.ts';
import { lineOf, Scenario } from './scenario.ts';
import { Transcript } from './transcript.ts';

const guest = compileGuest('debug-console.c', ['-g', '-O0', '-static']);
const at = (text: string): number => lineOf(guest.source, text);

interface Typist extends Disposable {
  readonly session: Scenario;
  /** What the console answers. */
  readonly type: (text: string) => Promise<string>;
  /** Why it does not. */
  readonly refused: (text: string) => Promise<string>;
}

/** A session that stands at a line, and what is typed into its console. */
async function typist(
  line: string,
  configured: { readonly filters?: readonly string[]; readonly followFork?: string } = {},
  transcript?: Transcript,
): Promise<Typist> {
  const session = new Scenario(transcript);
  const { filters = [], followFork } = configured;
  await session.start(
    { program: guest.path, ...(followFork === undefined ? {} : { followFork }) },
    { lines: { [guest.source]: [at(line)] }, filters },
  );
  await session.stopped();
  // In the innermost frame of the thread that is looked at.
  const request = (expression: string): object => ({ expression, context: 'repl' });
  return {
    session,
    type: async (text) =>
      (await session.client.request<DebugProtocol.EvaluateResponse['body']>('evaluate', request(text))).result,
    refused: async (text) => session.client.refusal('evaluate', request(text)),
    [Symbol.dispose]: () => session[Symbol.dispose](),
  };
}

test('commands of gdb are answered, with and without -exec, by their beginnings too', async () => {
  const transcript = new Transcript([[/debug-console-c[\w-]*/g, 'GUEST']]);
  using made = await typist('int sum = a + b', {}, transcript);
  for (const text of [
    ...['-exec bt', 'bt full', 'bt 1', 'bt -1', 'backtr', 'thread apply all bt', 'frame 1', 'up', 'info frame'],
    ...['info inferiors', 'inferior', 'info threads', 'info proc', 'info proc cmdline', 'thread'],
    ...['x/3i $pc', 'x/2s texts[0]', 'x/4xb &origin', 'x/2dw &origin', 'disassemble add'],
    ...['list', 'list 8,10', 'list twice', 'info line', 'info line twice', 'info source', 'info address origin'],
    ...['info registers a0 sp', 'info functions twic', 'info types point', 'info variables handle'],
    ...['ptype struct point', 'whatis origin.x', 'info b', 'info signals USR1', 'help next'],
    ...['frame variable', 'register read a1', 'thread backtrace', 'po origin'],
    ...['set print pretty on', 'show follow-fork-mode', 'show detach-on-fork'],
  ]) {
    transcript.note(text);
    await made.type(text);
  }
  await made.session.disconnect();
  transcript.check('console-commands');
});

test('what a command cannot do is said in words, with what there is instead', async () => {
  using made = await typist('int sum = a + b');
  const { refused } = made;
  assert.equal(await refused('ptype struct nosuch'), 'There is no type struct nosuch.');
  assert.equal(await refused('ptype struct poin'), 'There is no type struct poin; did you mean struct point?');
  assert.equal(await refused('-exec frob'), 'There is no command frob: help lists them.');
  assert.equal(await refused('frame 99'), 'There is no frame 99: the call stack has 6.');
  assert.equal(await refused('inferior 9'), 'There is no process 9: write info inferiors.');
  assert.equal(await refused('thread 9'), 'There is no thread 9: write info threads.');
  assert.equal(await refused('set follow-fork-mode both'), 'follow-fork-mode is parent or child, not "both".');
  assert.equal(await refused('set args 1 2'), '"args" in launch.json are the arguments of the program.');
  assert.equal(await refused('handle SIGNONE stop'), 'SIGNONE is neither a signal nor stop, nostop, print or noprint.');
  assert.equal(
    await refused('handle SIGUSR1 nopass'),
    'A signal always reaches the program here: it cannot be kept from it.',
  );
  assert.equal(await refused('x/3i 16'), 'Nothing is mapped at 0x10 in pid 1.');
  assert.equal(await refused('catch fork'), 'Check Fork in the Breakpoints view.');
  assert.equal(
    await refused('catch syscall write'),
    'Add a function breakpoint syscall:write in the Breakpoints view; syscall: alone stops at all calls.',
  );
  assert.equal(await refused('break nowhere.c:3'), 'No line table for nowhere.c.');
  assert.equal(await refused('delete 77'), 'There is no breakpoint 77: write info breakpoints.');
  assert.match(await refused('call add(1, 2)'), /^There is no variable call here, and no such command: functions/);
  await made.session.disconnect();
});

test('the program is stepped and run from the console, and the client is told', async () => {
  using made = await typist('int local = add');
  const { session, type } = made;
  const after = async (text: string): Promise<string> => {
    await type(text);
    await session.client.event('continued');
    await session.stopped();
    return (await session.where(1))[0];
  };
  assert.equal(await after('s'), `add:${at('int sum = a + b')}`);
  assert.equal(await after('next'), `add:${at('return sum')}`);
  assert.equal(await after('finish'), `twice:${at('int local = add')}`);
  assert.equal(await after('n'), `twice:${at('return local')}`);
  assert.equal(await after(`advance ${at('pid_t child')}`), `main:${at('pid_t child')}`);
  await session.disconnect();
});

test('breakpoints that are set in the console are told to the client, listed, and removed by their numbers', async () => {
  using made = await typist('int result = twice');
  const { session, type } = made;
  const { breakpoint } = await told('break add if a == 21', 'new');
  assert.deepEqual([breakpoint.verified, breakpoint.line], [true, at('int sum = a + b')]);
  assert.equal(breakpoint.source?.path, guest.source);
  assert.equal((await session.go('continue', 1)).reason, 'breakpoint');
  assert.equal((await session.where(1))[0], `add:${at('int sum = a + b')}`);
  assert.match(await type('info breakpoints'), /^1 .*\n2 {4}breakpoint {3}1 hit {5}\S+debug-console\.c:22 if a == 21$/);
  const removed = await told('delete 2', 'removed');
  assert.equal(removed.breakpoint.id, 2);
  assert.equal(await type('watch handled'), 'Watchpoint 3: handled.');
  const stop = await session.go('continue', 1);
  assert.equal(stop.reason, 'data breakpoint');
  assert.match(stop.text!, /^handled changed from 0 to 10/);
  assert.match(await type('info watchpoints'), /3 {4}watchpoint {3}1 hit {5}handled$/);
  assert.equal(await type('delete 3'), 'Breakpoint 3 is removed.');
  await session.disconnect();

  async function told(text: string, reason: string): Promise<DebugProtocol.BreakpointEvent['body']> {
    await type(text);
    const body = await session.client.event<DebugProtocol.BreakpointEvent['body']>('breakpoint');
    assert.equal(body.reason, reason);
    return body;
  }
});

test('handle says of one signal whether it stops the program and is told', async () => {
  using stopping = await typist('int result = twice');
  assert.match(await stopping.type('handle SIGUSR1 stop'), /^SIGUSR1 {5}yes/m);
  assert.match((await stopping.session.go('continue', 1)).text!, /^Signal SIGUSR1/);
  await stopping.session.disconnect();

  using silent = await typist('int result = twice', { filters: ['signal'] });
  assert.match(await silent.type('handle USR1 nostop print'), /^SIGUSR1 {5}no {16}yes/m);
  assert.equal(await silent.session.finish(1), 0);
  assert.match(silent.session.client.printed, /^Signal SIGUSR1 for pid 1: its handler runs\.$/m);
  await silent.session.disconnect();
});

test('the sides of a fork are followed as gdb is told to, and processes are selected by their pids', async () => {
  using both = await typist('int result = twice', { filters: ['fork', 'exit'] });
  const { session, type } = both;
  await session.go('continue', 1);
  assert.match(
    await type('info inferiors'),
    /^\* pid 1, debug-console\S*, 1 thread\n {2}pid 2, child of 1, debug-console/,
  );
  assert.match(await type('inferior 2'), /^Process 2 is selected/);
  const { threadId } = await session.client.event<DebugProtocol.StoppedEvent['body']>('stopped');
  assert.equal(threadId, 2);
  assert.equal(await type('print $pid'), '2');
  assert.match(
    await type('info proc mappings'),
    /^process 2, \d+ mappings, \d+ pages\nStart +End +Size +Offset +Perm Object\n0x10000 /,
  );
  assert.match(await type('thread 1'), /^Thread 1 is selected/);
  await session.disconnect();

  using child = await typist('int result = twice', { filters: ['exit'] });
  assert.equal(await child.type('set follow-fork-mode child'), 'follow-fork-mode is child');
  assert.match((await child.session.go('continue', 1)).text!, /^Exit: pid 2 exits with code 7/);
  await child.session.disconnect();

  using parent = await typist('int result = twice', { filters: ['exit'] });
  assert.equal(await parent.type('set detach-on-fork on'), 'detach-on-fork is on');
  assert.match((await parent.session.go('continue', 1)).text!, /^Exit: pid 1 exits with code 0/);
  await parent.session.disconnect();
});
