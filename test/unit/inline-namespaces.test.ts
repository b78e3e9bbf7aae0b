import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { DebugInfo } from '../../src/symbols/dwarf/debug-info.ts';
import { InlineNamespaces } from '../../src/symbols/inline-namespaces.ts';

/** What `InlineNamespaces` asks of debug information. */
function namespaces(prefixes: readonly string[]): InlineNamespaces {
  const info = { units: () => [undefined], contents: () => ({ inlineNamespaces: new Set(prefixes) }) };
  return new InlineNamespaces(info as unknown as DebugInfo);
}

/** How many elements of arrays are copied or iterated over meanwhile. */
function elementsVisited(action: () => void): number {
  const original = Array.prototype[Symbol.iterator];
  let count = 0;
  Array.prototype[Symbol.iterator] = function* (this: unknown[]) {
    for (let at = 0; at < this.length; at++) {
      count++;
      yield this[at];
    }
  } as typeof original;
  try {
    action();
  } finally {
    Array.prototype[Symbol.iterator] = original;
  }
  return count;
}

test('a name may stand for one in an inline namespace, at any depth, and for one without a name', () => {
  const found = namespaces(['lib::v2::', 'lib::v2::x::', '(anonymous namespace)::', 'lib::Box<a::b>::in::']);
  assert.deepEqual(found.spellings('count'), ['count', '(anonymous namespace)::count']);
  assert.deepEqual(found.spellings('lib::count').slice(0, 3), ['lib::count', 'lib::v2::count', 'lib::v2::x::count']);
  assert.ok(found.spellings('lib::Box<a::b>::n').includes('lib::Box<a::b>::in::n'));
});

test('thousands of inline namespaces side by side are each looked at a few times', () => {
  const siblings = 3000;
  const found = namespaces(Array.from({ length: siblings }, (_, index) => `lib::v${index}::`));
  let spellings: readonly string[] = [];
  const visited = elementsVisited(() => {
    spellings = found.spellings('lib::count');
  });
  assert.ok(visited < 10 * siblings, `${visited} elements for ${siblings} namespaces`);
  assert.deepEqual(
    [spellings.length, ...spellings.slice(0, 3)],
    [64, 'lib::count', 'lib::v0::count', 'lib::v1::count'],
  );
});
