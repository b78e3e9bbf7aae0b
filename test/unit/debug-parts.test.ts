import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { fromBase64, toBase64 } from '../../src/debug/base64.ts';
import { GuestConsole } from '../../src/debug/guest-console.ts';
import type { Circumstances, DebugMoment } from '../../src/debug/expressions/debug-moment.ts';
import { specialMeaning } from '../../src/debug/expressions/special-names.ts';
import { memoryReference, parseMemoryReference } from '../../src/debug/memory-reference.ts';
import { parseInteger } from '../../src/debug/parse-integer.ts';
import { SourceMap } from '../../src/program/source-map.ts';
import { isMet, stopConditions } from '../../src/debug/stop-conditions.ts';
import { compileCondition } from '../../src/expressions/expression.ts';
import type { Names } from '../../src/expressions/names.ts';
import type { Task } from '../../src/linux/task.ts';
import { err, ok, type Result } from '../../src/result.ts';

const nowhere = (): undefined => undefined;
const everywhere = (path: string): string => path;

test('a memory reference is read back as it was written', () => {
  fc.assert(
    fc.property(fc.nat(99_999), fc.bigInt(0n, 2n ** 64n - 1n), (pid, address) => {
      assert.deepEqual(parseMemoryReference(memoryReference(pid, address)), { pid, address });
    }),
  );
});

test('a memory reference without a process is an address in any notation', () => {
  assert.deepEqual(parseMemoryReference('0x10400'), { pid: undefined, address: 0x10400n });
  assert.deepEqual(parseMemoryReference('4096'), { pid: undefined, address: 4096n });
  for (const text of ['', 'p1', 'p1:', 'p:0x1', 'x', '0x', '-1', '0x11112222333344445', 'p1:0x1 '.repeat(2)])
    assert.equal(parseMemoryReference(text), undefined, text);
});

test('the longest prefix of a source map leads to the host', () => {
  const map = new SourceMap({ '/src': '/home/me', '/src/lib/': '/usr/lib', 'C:/x': 'D:\\y' }, nowhere);
  assert.equal(map.toHost('/src/a.c'), '/home/me/a.c');
  assert.equal(map.toHost('/src/lib/a.c'), '/usr/lib/a.c');
  assert.equal(map.toHost('/srcs/a.c'), '/srcs/a.c');
  assert.equal(map.toHost('C:/x/sub/a.c'), 'D:\\y\\sub\\a.c');
});

test('a source of the host is found in the debug information, by its path or by the only one of its name', () => {
  const map = new SourceMap({ '/build': 'C:\\work' }, nowhere);
  const files = ['/build/a.c', '/other/b.c', '/one/c.c', '/two/c.c'];
  assert.deepEqual(map.matching('c:\\WORK\\a.c', files), ['/build/a.c']);
  assert.deepEqual(map.matching('/moved/b.c', files), ['/other/b.c']);
  assert.deepEqual(new SourceMap({}, everywhere).matching('/moved/b.c', files), []);
  assert.deepEqual(map.matching('/moved/c.c', files), []);
  assert.deepEqual(map.matching('/moved/two/c.c', files), ['/two/c.c'], 'the folders above tell which one');
  assert.deepEqual(map.matching('/moved/d.c', files), []);
});

test('a source is found through symbolic links, and then called as the client calls it', () => {
  const links: Readonly<Record<string, string>> = {
    '/home/me/link/util.c': '/data/project/util.c',
    '/data/project/util.c': '/data/project/util.c',
    '/home/me/other-name.c': '/data/project/util.c',
    '/copy/util.c': '/copy/util.c',
  };
  const map = new SourceMap({}, (path) => links[path]);
  const files = ['/data/project/util.c', '/data/project/main.c'];
  assert.equal(map.toClient('/data/project/util.c'), '/data/project/util.c');
  assert.deepEqual(map.matching('/home/me/other-name.c', files), ['/data/project/util.c']);
  assert.deepEqual(map.matching('/home/me/link/util.c', files), ['/data/project/util.c']);
  assert.equal(map.toClient('/data/project/util.c'), '/home/me/link/util.c');
  assert.deepEqual(map.matching('/copy/util.c', files), []);
  assert.deepEqual(map.homonyms('/copy/util.c', files), ['/data/project/util.c']);
});

test('hit conditions count as their operators say', () => {
  const stops = (hitCondition: string): number[] => {
    const conditions = stopConditions({ hitCondition });
    assert.equal(conditions.problem, undefined, hitCondition);
    const counted = { count: 0 };
    const judge = { isTrue: isTrueOfHits, print: assert.fail };
    return [1, 2, 3, 4, 5, 6].filter(() => isMet(conditions, counted, {} as Task, judge));
  };
  assert.deepEqual(stops('3'), [3, 4, 5, 6]);
  assert.deepEqual(stops('== 3'), [3]);
  assert.deepEqual(stops('= 1 + 2'), [3]);
  assert.deepEqual(stops('!= 3'), [1, 2, 4, 5, 6]);
  assert.deepEqual(stops('<3'), [1, 2]);
  assert.deepEqual(stops('<= 3'), [1, 2, 3]);
  assert.deepEqual(stops('>3'), [4, 5, 6]);
  assert.deepEqual(stops(' % 2 '), [2, 4, 6]);
  assert.deepEqual(stops('$hits == 2 || $hits == 5'), [2, 5]);
  for (const text of ['%', '3 3', '== ==', '>= $hist'])
    assert.notEqual(stopConditions({ hitCondition: text }).problem, undefined, text);
});

test('a condition that is false is no hit; one that cannot be evaluated stops, and is told', () => {
  const printed: string[] = [];
  const answers = [ok(false), ok(true), err('There is no x.')];
  const judge = { isTrue: () => answers.shift()!, print: (line: string) => printed.push(line) };
  const counted = { count: 0 };
  const conditions = stopConditions({ condition: 'x == 1' });
  assert.deepEqual(
    [1, 2, 3].map(() => isMet(conditions, counted, {} as Task, judge)),
    [false, true, true],
  );
  assert.equal(counted.count, 2);
  assert.deepEqual(printed, ['Condition "x == 1": There is no x.']);
});

/** Evaluates expressions of `$hits` and numbers. */
function isTrueOfHits(_: Task, expression: string, circumstances: Circumstances): Result<boolean, string> {
  const names = { special: specialMeaning } as unknown as Names<DebugMoment>;
  const condition = compileCondition(expression, names);
  assert.ok(condition.ok, expression);
  const result = condition.value({ circumstances } as DebugMoment);
  return result.ok ? result : err(result.error.message);
}

test('base64 is read back as it was written', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => assert.deepEqual(fromBase64(toBase64(bytes)), bytes)),
  );
  const large = new Uint8Array(100_000).fill(7);
  assert.deepEqual(fromBase64(toBase64(large)), large);
  assert.equal(fromBase64('%'), undefined);
});

test('integers are read in the notations of C', () => {
  assert.deepEqual(['0', ' -12 ', '0xFf', '+0b101', '0o17'].map(parseInteger), [0n, -12n, 255n, 5n, 15n]);
  for (const text of ['', '-', '0x', '1.5', 'ten', '9'.repeat(100)]) assert.equal(parseInteger(text), undefined, text);
});

test('the console joins what is printed, also a character that arrives in parts, and keeps streams in order', () => {
  const printed: [string, string][] = [];
  const console = new GuestConsole((category, text) => printed.push([category, text]), undefined);
  const [first, ...rest] = new TextEncoder().encode('é!');
  console.write(1, Uint8Array.of(first));
  console.write(1, Uint8Array.from(rest));
  console.write(2, new TextEncoder().encode('oh'));
  console.write(1, new TextEncoder().encode('.'));
  console.flush();
  console.flush();
  assert.deepEqual(printed, [
    ['stdout', 'é!'],
    ['stderr', 'oh'],
    ['stdout', '.'],
  ]);
});

test('typed input is read in pieces, waits when there is none, and ends for good', () => {
  const console = new GuestConsole(() => undefined, undefined);
  const read = (max: number): string | undefined => {
    const bytes = console.read(max);
    return bytes && new TextDecoder().decode(bytes);
  };
  assert.equal(read(9), undefined);
  console.type('one');
  console.type('two');
  assert.equal(read(2), 'on');
  console.type(undefined);
  console.type('lost');
  assert.equal(read(99), 'e\ntwo\n');
  assert.equal(read(9), '');
});
