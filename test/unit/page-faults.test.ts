import assert from 'node:assert/strict';
import { test } from 'node:test';
import { PAGE_SIZE, virtAddr } from '../../src/memory/address.ts';
import { Access } from '../../src/memory/mmu.ts';
import { Pte } from '../../src/memory/pte.ts';
import type { PagedSpace } from '../../src/platform/paged-space.ts';
import { RW, RX, Spaces } from '../spaces.ts';

const A = 0x10_0000;
const STACK = 0x4000_0000;
const MIB = 2 ** 20;

function causeOf(spaces: Spaces, space: PagedSpace, va: number, access: Access): string {
  return spaces.provider.classifyFault(space, virtAddr(va), access).cause;
}

test('the first access to anonymous memory maps a page of zeroes', () => {
  const spaces = new Spaces();
  const space = spaces.create();
  spaces.map(space, A, 1);
  assert.equal(causeOf(spaces, space, A, Access.Read), 'demand-zero');
  assert.equal(spaces.touch(space, A + 5, Access.Read), 'demand-zero');
  assert.equal(spaces.entry(space, A) & (Pte.W | Pte.CoW), Pte.W);
  assert.equal(spaces.store(space, A, 1), undefined);
  spaces.finish([space]);
});

test('a frame that is used again is zero again', () => {
  const spaces = new Spaces();
  const space = spaces.create();
  spaces.map(space, A, 1);
  spaces.store(space, A, 1);
  const frame = spaces.frame(space, A);
  spaces.access(space, (access) => access.discard({ start: virtAddr(A), end: virtAddr(A + PAGE_SIZE) }));
  assert.equal(spaces.load(space, A), 0);
  assert.equal(spaces.frame(space, A), frame);
  spaces.finish([space]);
});

test('an access that the mapping refuses is a protection fault, outside any mapping it is unmapped', () => {
  const spaces = new Spaces();
  const space = spaces.create();
  spaces.map(space, A, 1, { permissions: Pte.R });
  spaces.map(space, A + PAGE_SIZE, 1, { permissions: 0 });
  assert.equal(spaces.touch(space, A, Access.Write), 'protection');
  assert.equal(spaces.touch(space, A, Access.Execute), 'protection');
  assert.equal(spaces.touch(space, A + PAGE_SIZE, Access.Read), 'protection');
  assert.equal(spaces.touch(space, A - 1, Access.Read), 'unmapped');
  assert.equal(spaces.touch(space, 0, Access.Write), 'unmapped');
  assert.equal(causeOf(spaces, space, 2 ** 63, Access.Read), 'unmapped');
  assert.equal(spaces.provider.resolveFault(space, virtAddr(2 ** 64 - 8), Access.Write).cause, 'unmapped');
  spaces.finish([space]);
});

test('memory that may be written may be read, and memory that may only be executed may not', () => {
  const spaces = new Spaces();
  const space = spaces.create();
  spaces.map(space, A, 1, { permissions: Pte.W });
  spaces.map(space, A + PAGE_SIZE, 1, { permissions: Pte.X });
  assert.equal(spaces.touch(space, A, Access.Read), 'demand-zero');
  assert.equal(spaces.touch(space, A + PAGE_SIZE, Access.Read), 'protection');
  assert.equal(spaces.touch(space, A + PAGE_SIZE, Access.Execute), 'demand-zero');
  spaces.finish([space]);
});

test('a read of a private file page maps the page cache, copy-on-write; a store then copies it', () => {
  const spaces = new Spaces();
  const object = spaces.object(1, 1, 7);
  const space = spaces.create();
  spaces.map(space, A, 1, { object });
  assert.equal(spaces.touch(space, A, Access.Read), 'file');
  assert.equal(spaces.frame(space, A), object.cachedPage(0));
  assert(spaces.isCow(space, A));
  assert.equal(spaces.load(space, A), 7);
  assert.equal(spaces.store(space, A, 8), 'cow');
  assert.notEqual(spaces.frame(space, A), object.cachedPage(0));
  assert.equal(object.peek(0)[0], 7);
  spaces.finish([space], [object]);
});

test('a private file page of text is mapped read-only, and is not copy-on-write', () => {
  const spaces = new Spaces();
  const object = spaces.object(1);
  const space = spaces.create();
  spaces.map(space, A, 1, { object, permissions: RX });
  assert.equal(spaces.touch(space, A, Access.Execute), 'file');
  assert.equal(spaces.entry(space, A) & (Pte.W | Pte.CoW), 0);
  spaces.finish([space], [object]);
});

test('a store to an absent private file page copies at once: one fault, of cause file', () => {
  const spaces = new Spaces();
  const object = spaces.object(1, 1, 7);
  const space = spaces.create();
  spaces.map(space, A, 1, { object });
  assert.equal(spaces.store(space, A, 8), 'file');
  assert.notEqual(spaces.frame(space, A), object.cachedPage(0));
  assert.equal(spaces.load(space, A + 1), 7);
  spaces.finish([space], [object]);
});

test('an access wholly past the end of a file is a bus error, the tail of its last page is zero', () => {
  const spaces = new Spaces();
  const object = spaces.object(1.5, 1, 7);
  const space = spaces.create();
  spaces.map(space, A, 3, { object });
  assert.equal(spaces.load(space, A + PAGE_SIZE), 7);
  assert.equal(spaces.load(space, A + 2 * PAGE_SIZE - 1), 0);
  assert.equal(spaces.touch(space, A + 2 * PAGE_SIZE, Access.Read), 'past-end');
  assert.equal(spaces.provider.inspector.peek(1, virtAddr(A + 2 * PAGE_SIZE)), undefined);
  spaces.finish([space], [object]);
});

test('a fault that its entry does not explain is spurious, and drops the stale translation', () => {
  const spaces = new Spaces();
  const space = spaces.create();
  spaces.map(space, A, 1);
  spaces.store(space, A, 1);
  const frame = spaces.frame(space, A);
  const outcome = spaces.provider.resolveFault(space, virtAddr(A), Access.Write);
  const { cause, va, access, before, after } = outcome;
  assert.deepEqual([cause, va, access, before, after], ['spurious', A, Access.Write, frame, frame]);
  assert.equal(spaces.mmu.write.peek(A, 0), -1);
  spaces.finish([space]);
});

test('a store to a page of a file that was never read copies it, and says so', () => {
  const spaces = new Spaces();
  const space = spaces.create();
  const object = spaces.object(2, 1, 7);
  spaces.map(space, A, 2, { object });
  const events = spaces.events();
  assert.equal(spaces.store(space, A + 1, 9), 'file');
  assert.ok(spaces.access(space, (access) => access.poke(virtAddr(A + PAGE_SIZE), Uint8Array.of(9))).ok);
  const how = 'copied';
  assert.deepEqual(
    events.filter(({ kind }) => kind === 'cow-break'),
    [0, 1].map((page) => {
      const va = page === 0 ? A + 1 : A + PAGE_SIZE;
      return { kind: 'cow-break', space: 1, va, before: object.page(page), after: spaces.frame(space, va), how };
    }),
  );
  assert.equal(spaces.frames.pagesCopied, 2);
  spaces.finish([space], [object]);
});

test('a stack grows to where it is touched, down to its limit', () => {
  const spaces = new Spaces({ ram: 16 * MIB });
  const space = spaces.create();
  spaces.map(space, STACK, 2, { growth: 'down', name: '[stack]' });
  assert.equal(causeOf(spaces, space, STACK - 3 * PAGE_SIZE, Access.Write), 'stack-growth');
  assert.equal(spaces.store(space, STACK - 3 * PAGE_SIZE + 8, 1), 'stack-growth');
  const [stack] = space.image.mappings.mappings;
  assert.deepEqual([stack.start, stack.end, stack.name], [STACK - 3 * PAGE_SIZE, STACK + 2 * PAGE_SIZE, '[stack]']);
  assert.equal(spaces.store(space, STACK - PAGE_SIZE, 1), 'demand-zero');
  const lowest = STACK + 2 * PAGE_SIZE - 8 * MIB;
  assert.equal(spaces.store(space, lowest - 1, 1), 'unmapped');
  assert.equal(spaces.store(space, lowest, 1), 'stack-growth');
  spaces.finish([space]);
});

test('a stack keeps a guard gap to accessible memory below, but not to memory that nobody can touch', () => {
  const spaces = new Spaces();
  const space = spaces.create();
  const gap = 256 * PAGE_SIZE;
  spaces.map(space, STACK, 1, { growth: 'down' });
  spaces.map(space, STACK - gap - 2 * PAGE_SIZE, 1);
  assert.equal(spaces.store(space, STACK - PAGE_SIZE, 1), 'stack-growth', 'leaves exactly the gap');
  assert.equal(spaces.store(space, STACK - 2 * PAGE_SIZE, 1), 'unmapped');
  const below = { start: virtAddr(STACK - gap - 2 * PAGE_SIZE), end: virtAddr(STACK - gap - PAGE_SIZE) };
  spaces.access(space, (access) => access.protect(below, 0));
  assert.equal(spaces.store(space, STACK - 2 * PAGE_SIZE, 1), 'stack-growth');
  spaces.finish([space]);
});

test('a stack whose mapping refuses the access does not grow for it', () => {
  const spaces = new Spaces();
  const space = spaces.create();
  spaces.map(space, STACK, 1, { growth: 'down', permissions: RW });
  assert.equal(spaces.touch(space, STACK - 1, Access.Execute), 'protection');
  assert.equal(space.image.mappings.mappings[0].start, STACK);
  spaces.finish([space]);
});

test('out of guest RAM a fault is refused, and the stack has not grown', () => {
  const spaces = new Spaces();
  const space = spaces.create();
  spaces.map(space, STACK, 1, { growth: 'down' });
  for (const left of [0, 1, 2]) {
    spaces.leave(left);
    assert.equal(spaces.store(space, STACK - PAGE_SIZE, 1), 'no-memory');
    assert.equal(spaces.frames.available, left);
    assert.equal(space.image.mappings.mappings[0].start, STACK);
    spaces.assertSound();
  }
  spaces.leave(3);
  assert.equal(spaces.store(space, STACK - PAGE_SIZE, 1), 'stack-growth');
  spaces.finish([space]);
});

test('out of guest RAM a copy-on-write fault is refused, and the page is as it was', () => {
  const spaces = new Spaces();
  const parent = spaces.create();
  spaces.map(parent, A, 1);
  spaces.store(parent, A, 1);
  const child = spaces.fork(parent);
  spaces.leave(0);
  assert.equal(spaces.store(child, A, 2), 'no-memory');
  assert(spaces.isCow(child, A));
  assert.equal(spaces.load(child, A), 1);
  assert(spaces.provider.destroy(parent).ok);
  assert.equal(spaces.store(child, A, 2), 'cow', 'taking the frame over takes no memory');
  spaces.finish([child]);
});

test('classifying a fault tells mapping, frame and sharers, and changes nothing', () => {
  const spaces = new Spaces();
  const parent = spaces.create();
  spaces.map(parent, A, 1, { name: '[heap]' });
  spaces.store(parent, A, 1);
  const child = spaces.fork(parent);
  const before = spaces.frames.memory.u8.slice();
  const { cause, mapping, frame, refcount } = spaces.provider.classifyFault(child, virtAddr(A + 4), Access.Write);
  assert.deepEqual([cause, mapping?.name, frame, refcount], ['cow', '[heap]', spaces.frame(parent, A), 2]);
  assert.equal(Buffer.compare(before, spaces.frames.memory.u8), 0);
  spaces.finish([parent, child]);
});

test('events: faults, copy-on-write breaks, mapping changes and switches', () => {
  const spaces = new Spaces();
  const space = spaces.create();
  const events = spaces.events();
  const range = { start: virtAddr(A), end: virtAddr(A + PAGE_SIZE) };
  spaces.map(space, A, 1, { name: '[heap]' });
  spaces.store(space, A, 1);
  spaces.access(space, (access) => access.protect(range, Pte.R));
  spaces.access(space, (access) => access.move(range, virtAddr(STACK)));
  spaces.access(space, (access) => access.unmap({ start: virtAddr(STACK), end: virtAddr(STACK + PAGE_SIZE) }));
  const moved = { start: STACK, end: STACK + PAGE_SIZE };
  const frame = 4;
  assert.deepEqual(events, [
    { kind: 'map', space: 1, ...range, permissions: RW, name: '[heap]' },
    { kind: 'switch', from: undefined, to: 1 },
    { kind: 'fault', space: 1, cause: 'demand-zero', va: A, access: Access.Write, before: 0, after: frame },
    { kind: 'protect', space: 1, ...range, permissions: Pte.R },
    { kind: 'unmap', space: 1, ...range },
    { kind: 'map', space: 1, ...moved, permissions: Pte.R, name: '[heap]' },
    { kind: 'unmap', space: 1, ...moved },
  ]);
  spaces.finish([space]);
});
