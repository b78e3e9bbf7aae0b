import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { VirtAddr } from '../../src/memory/address.ts';
import type { Children } from '../../src/symbols/children.ts';
import type { Frame } from '../../src/symbols/frame.ts';
import { innermostFrame, SymbolFile } from '../../src/symbols/symbol-file.ts';
import { elementAt, entryWith } from '../../src/symbols/summaries/access.ts';
import { machineOf } from '../machine-of.ts';
import { compileGuest } from './compiled-guests.ts';

/** The guest where all is made, and how often its memory was read since it was last asked. */
function standing(): { symbols: SymbolFile; frame: Frame; reads: () => number } {
  const guest = compileGuest('values-large.cpp', ['-std=c++20', '-g', '-O2', '-static']);
  const symbols = SymbolFile.load(guest.bytes, 'guest');
  assert.ok(!('error' in symbols));
  const machine = machineOf(guest.bytes, { memory: 256 * 2 ** 20 });
  const look = symbols.functionNamed('look');
  assert.ok(look !== undefined);
  machine.setBreakpoints([look as VirtAddr]);
  assert.equal(machine.run({ budget: 1e10 }).kind, 'breakpoint');
  const [task] = machine.tasks();
  let count = 0;
  const read = (address: number, length: number): Uint8Array | undefined => {
    count++;
    const bytes = machine.read(task.process, address as VirtAddr, length);
    return bytes.length === length ? bytes : undefined;
  };
  const frame = innermostFrame(look, { x: [], f: [] }, read);
  return {
    symbols,
    frame,
    reads: () => {
      const reads = count;
      count = 0;
      return reads;
    },
  };
}

test('few reads find an entry, an element or a page of children of what is very large', () => {
  const { symbols, frame, reads } = standing();
  const { read } = frame;
  const located = (name: string): Parameters<typeof elementAt>[0] => {
    const variable = symbols.global(name);
    const place = variable && symbols.locate(variable, frame);
    assert.ok(place && !('unavailable' in place), name);
    return place;
  };
  const costs = (what: string, most: number, ask: () => unknown): void => {
    reads();
    ask();
    const made = reads();
    assert.ok(made <= most, `${what}: ${made} reads`);
  };
  // A tree of 100,000 is 34 deep at most.
  costs('a key of a tree', 300, () => entryWith(located('map'), 199_998n, '199998', read));
  // Each node of the list lies in one of the pages of the heap.
  costs('a key of a hash table', 12_000, () => entryWith(located('hash'), Buffer.from('k1'), '"k1"', read));
  costs('the middle of a list', 12_000, () => elementAt(located('list'), 50_000, read));
  costs('the end of a list', 50, () => elementAt(located('list'), 99_999, read));
  for (const name of ['huge', 'vector', 'deque', 'list', 'map', 'hash', 'multi']) {
    let children: Children | undefined;
    costs(`${name} on a line`, 400, () => {
      const value = symbols.evaluateVariable(symbols.global(name)!, frame);
      children = 'unavailable' in value ? undefined : value.children;
    });
    assert.ok(children);
    const { count } = children;
    costs(`a page in the middle of ${name}`, 12_000, () => children!.slice(Math.floor(count / 2), 10));
    costs(`the next page of ${name}`, 400, () => children!.slice(Math.floor(count / 2) + 10, 10));
  }
});
