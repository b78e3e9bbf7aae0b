import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { DebugProtocol } from '@vscode/debugprotocol';
import { compileGuest } from '../differential/compiled-guests.ts';
import { runInGdb } from '../differential/gdb-stops.ts';
import { lineOf, Scenario } from './scenario.ts';

const SOURCE = 'cpp-exceptions.cpp';
const guest = compileGuest(SOURCE, ['-std=c++20', '-g', '-O0', '-static']);
const at = (text: string): number => lineOf(guest.source, `// ${text}`);

/** What is thrown, in order: what the guest prints for those that say something. */
const THROWN = [
  'std::runtime_error: "out of pears"',
  'shop::Missing<std::string>: "no such key"',
  'shop::Late: "a text of its own, which is long enough for the heap"',
  'shop::Both: "a text of its own, which is long enough for the heap"',
  'shop::Plain',
  'int',
  'char const*: "just text"',
  'std::out_of_range: "vector::_M_range_check: __n (which is 5) >= this->size() (which is 0)"',
  'std::bad_variant_access: "std::get: wrong index for variant"',
  'std::system_error: "open: No such file or directory"',
  'shop::Plain*',
  'std::bad_alloc: "std::bad_alloc"',
];

interface Seen {
  readonly text: string;
  readonly line: number;
}

/** The stops of a session until the program ends, with the line of its own source that is on the stack. */
async function stopsOf(session: Scenario): Promise<Seen[]> {
  const all: Seen[] = [];
  const exited = session.client.event('exited').then(() => undefined);
  for (;;) {
    await session.client.request('continue', { threadId: 1 });
    const stopped = session.stopped();
    // It never comes when the program ends.
    stopped.catch(() => undefined);
    const body = await Promise.race([stopped, exited]);
    if (!body) return all;
    const stack = await session.stack(body.threadId!, 10);
    const own = stack.find(({ source }) => source?.path?.endsWith(SOURCE));
    all.push({ text: body.text!, line: own?.line ?? 0 });
  }
}

/** A session that stands in main, with filters that were set there. */
async function inMain(program: object, filterOptions: object[]): Promise<Scenario> {
  const session = new Scenario();
  await session.start(program, { functions: ['main'] });
  await session.stopped();
  await session.client.request('setExceptionBreakpoints', { filters: [], filterOptions });
  return session;
}

test('exceptions stop where gdb stops for them, and say what they are', async () => {
  using session = await inMain({ program: guest.path }, [{ filterId: 'throw' }, { filterId: 'catch' }]);
  const all = await stopsOf(session);
  const names: Readonly<Record<string, string>> = { Thrown: 'throw', 'Thrown again': 'rethrow', Caught: 'begin_catch' };
  const stops = await runInGdb<{ function: string; line: number }>(guest.path, 'gdb-exceptions.py', { SOURCE });
  assert.deepEqual(
    all.map(({ text, line }) => `__cxa_${names[text.split(':')[0]]} ${line}`),
    stops.map((stop) => `${stop.function} ${stop.line}`),
  );
  assert.deepEqual(
    all.filter(({ text }) => text.startsWith('Thrown:')).map(({ text }) => text.slice(8)),
    THROWN,
  );
  const again = all.filter(({ text }) => text.startsWith('Thrown again'));
  assert.deepEqual(again, [{ text: `Thrown again: ${THROWN.at(-1)}`, line: at('again') }]);
  const caught = all.filter(({ text }) => text.startsWith('Caught: ')).map(({ text }) => text.slice(8));
  assert.deepEqual(caught, [...THROWN, THROWN.at(-1)]);
});

test('a condition on an exception reads its type and the variables of the frame', async () => {
  const conditions = { filterId: 'throw', condition: '$exception == "shop::Plain" || number == 5' };
  using session = await inMain({ program: guest.path }, [conditions]);
  const all = await stopsOf(session);
  assert.deepEqual(
    all.map(({ line }) => line),
    [at('plain'), at('number')],
  );
});

test('the exception box says the type, and the frame of the person is the one that is shown', async () => {
  using session = new Scenario();
  await session.start({ program: guest.path }, { filters: ['throw'] });
  const { threadId } = await session.stopped();
  const info = await session.client.request<DebugProtocol.ExceptionInfoResponse['body']>('exceptionInfo', { threadId });
  assert.equal(info.exceptionId, 'C++ throw');
  assert.equal(info.details?.typeName, 'std::runtime_error');
  assert.match(info.description ?? '', /^Thrown: std::runtime_error: "out of pears"/);
  const stack = await session.stack(threadId!);
  const shown = stack.find(({ presentationHint }) => presentationHint !== 'subtle');
  assert.equal(shown?.line, at('runtime'));
  assert.equal(await session.evaluate('$exception', { frameId: shown.id }), '"std::runtime_error"');
  await session.disconnect();
});

test('exceptions stop in a library that has no debug information and comes after the filter is set', async () => {
  const dynamic = compileGuest(SOURCE, ['-std=c++20', '-g', '-O0']);
  using session = new Scenario();
  await session.start(
    { program: dynamic.path, sysroot: '/usr/riscv64-linux-gnu', stopOnEntry: true },
    { filters: ['throw'] },
  );
  await session.stopped();
  const texts = (await stopsOf(session)).map(({ text }) => text);
  assert.deepEqual(
    texts.map((text) => text.replace(/^Thrown( again)?: /, '')),
    [...THROWN, THROWN.at(-1)],
  );
});

test('the end of a program that an exception ends says which', async () => {
  for (const flags of [['-static'], []]) {
    const own = compileGuest(SOURCE, ['-std=c++20', '-g', '-O0', ...flags]);
    using session = new Scenario();
    const sysroot = flags.length > 0 ? {} : { sysroot: '/usr/riscv64-linux-gnu' };
    await session.start({ program: own.path, args: ['more'], ...sysroot }, { filters: ['signal:fatal'] });
    const { text } = await session.stopped();
    assert.ok(
      text!.includes(`terminate called after throwing an instance of 'std::runtime_error': "out of pears"`),
      text,
    );
    await session.disconnect();
  }
});
