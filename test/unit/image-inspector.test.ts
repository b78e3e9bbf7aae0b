import assert from 'node:assert/strict';
import { test } from 'node:test';
import { PAGE_SIZE, virtAddr } from '../../src/memory/address.ts';
import { Pte, pteFrame } from '../../src/memory/pte.ts';
import { Spaces } from '../spaces.ts';

const A = 0x10_0000;
const B = A + PAGE_SIZE;

test('spaces are listed with their lineage, and a shared image once', () => {
  const spaces = new Spaces();
  const parent = spaces.create();
  const child = spaces.fork(parent);
  const sharer = spaces.fork(child, 'share-memory');
  const { inspector } = spaces.provider;
  assert.deepEqual(
    inspector.spaces().map(({ space, parent, sharers }) => [space, parent, sharers]),
    [
      [1, undefined, 1],
      [2, 1, 2],
      [3, 2, 2],
    ],
  );
  assert.deepEqual(
    inspector.images().map(({ spaces }) => spaces),
    [[1], [2, 3]],
  );
  assert.equal(inspector.view(sharer).root, inspector.view(child).root);
  assert.throws(() => inspector.mappings(4), /no address space 4/);
  spaces.finish([parent, child, sharer]);
});

test('the owners of a frame are all that refer to it, wherever they map it', () => {
  const spaces = new Spaces();
  const object = spaces.object(2, 1, 7);
  const parent = spaces.create();
  spaces.map(parent, A, 1);
  spaces.map(parent, 0x8000_0000, 1, { object, offset: PAGE_SIZE });
  spaces.store(parent, A, 1);
  spaces.load(parent, 0x8000_0000);
  const child = spaces.fork(parent);
  spaces.access(child, (access) => access.move({ start: virtAddr(A), end: virtAddr(B) }, virtAddr(0x9000_0000)));
  const { inspector } = spaces.provider;
  const expected = [
    { kind: 'page', space: 1, va: A },
    { kind: 'page', space: 2, va: 0x9000_0000 },
  ];
  assert.deepEqual(inspector.owners(spaces.frame(parent, A)), expected);
  assert.deepEqual(inspector.owners(spaces.frame(parent, A), virtAddr(A + 5)), expected, 'the hint is only a hint');
  assert.deepEqual(inspector.owners(spaces.frame(parent, 0x8000_0000), virtAddr(0x8000_0000)), [
    { kind: 'object', name: 'object 1', page: 1 },
    { kind: 'page', space: 1, va: 0x8000_0000 },
    { kind: 'page', space: 2, va: 0x8000_0000 },
  ]);
  spaces.finish([parent, child], [object]);
});

test('present pages are listed in order with their entries and refcounts', () => {
  const spaces = new Spaces();
  const space = spaces.create();
  spaces.map(space, A, 3);
  spaces.store(space, B, 1);
  spaces.store(space, A, 1);
  const pages: unknown[] = [];
  spaces.provider.inspector.forEachPage(1, spaces.provider.range(space), ({ va, level, pte, frame, refcount }) =>
    pages.push({ va, level, pte, frame, refcount }),
  );
  assert.deepEqual(
    pages,
    [A, B].map((va) => ({ va, level: 0, pte: spaces.entry(space, va), frame: spaces.frame(space, va), refcount: 1 })),
  );
  const walk = spaces.provider.inspector.walk(1, virtAddr(B));
  assert.equal(pteFrame(walk.at(-1)!.pte), spaces.frame(space, B));
  spaces.finish([space]);
});

test('peeking reads absent pages as the guest would find them, and changes nothing', () => {
  const spaces = new Spaces();
  const object = spaces.object(1, 1, 7);
  const space = spaces.create();
  spaces.map(space, A, 1);
  spaces.map(space, B, 1, { object, permissions: Pte.X });
  const { inspector } = spaces.provider;
  const before = spaces.frames.memory.u8.slice();
  assert.equal(inspector.peek(1, virtAddr(A))?.length, PAGE_SIZE);
  assert.equal(inspector.peek(1, virtAddr(A))?.[0], 0);
  assert.equal(inspector.peek(1, virtAddr(B))?.[0], 7);
  assert.equal(inspector.peek(1, virtAddr(B + PAGE_SIZE)), undefined);
  assert.equal(object.cachedPage(0), undefined);
  assert.equal(Buffer.compare(before, spaces.frames.memory.u8), 0);
  spaces.store(space, A + 3, 9);
  assert.equal(inspector.peek(1, virtAddr(A))?.[3], 9);
  spaces.finish([space], [object]);
});
