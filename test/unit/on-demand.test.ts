import assert from 'node:assert/strict';
import { test } from 'node:test';
import { PAGE_SIZE, virtAddr, type FrameNumber } from '../../src/memory/address.ts';
import { Access } from '../../src/memory/mmu.ts';
import { Pte, pteFrame } from '../../src/memory/pte.ts';
import { OnDemandProvider } from '../../src/platform/on-demand.ts';
import type { PagedSpace } from '../../src/platform/paged-space.ts';
import { Spaces } from '../spaces.ts';

const A = 0x40_0000;
const B = A + PAGE_SIZE;
/** In another leaf table. */
const FAR = 0x80_0000;

function onDemand(options: { ram?: number } = {}): Spaces {
  return new Spaces({ platform: OnDemandProvider, ...options });
}

/** The leaf table for `va`. */
function leafTable(spaces: Spaces, space: PagedSpace, va: number): FrameNumber {
  return spaces.tables.tableOf(spaces.tables.findLeaf(space.image.root, va));
}

function isMarked(spaces: Spaces, space: PagedSpace, va: number): boolean {
  return (spaces.tables.walk(space.image.root, va).at(-2)!.pte & Pte.CoW) !== 0;
}

/** A parent with pages in two leaf tables. */
function parentOf(spaces: Spaces): PagedSpace {
  const parent = spaces.create();
  spaces.map(parent, A, 2);
  spaces.map(parent, FAR, 1);
  for (const va of [A, B, FAR]) spaces.store(parent, va, 1);
  return parent;
}

test('a fork shares the leaf tables, and takes only the tables above them', () => {
  const spaces = onDemand();
  const parent = parentOf(spaces);
  const used = spaces.frames.used;
  const child = spaces.fork(parent);
  assert.equal(spaces.frames.used, used + 2, 'a root and one table of level 1');
  for (const va of [A, FAR]) {
    assert.equal(leafTable(spaces, child, va), leafTable(spaces, parent, va));
    assert.equal(spaces.frames.refcounts[leafTable(spaces, parent, va)], 2);
    assert(isMarked(spaces, parent, va) && isMarked(spaces, child, va));
  }
  assert(spaces.isCow(parent, A));
  assert.equal(spaces.frames.refcounts[spaces.frame(parent, A)], 1, 'one entry, in the one table');
  spaces.finish([parent, child]);
});

test('the first write in a region copies its table, then its page; the other region stays shared', () => {
  const spaces = onDemand();
  const parent = parentOf(spaces);
  const child = spaces.fork(parent);
  const used = spaces.frames.used;
  assert.equal(spaces.store(child, A, 2), 'cow');
  assert.equal(spaces.frames.used, used + 2, 'a table and a page');
  assert.notEqual(leafTable(spaces, child, A), leafTable(spaces, parent, A));
  assert.equal(leafTable(spaces, child, FAR), leafTable(spaces, parent, FAR));
  assert.equal(spaces.frame(child, B), spaces.frame(parent, B));
  assert.equal(spaces.frames.refcounts[spaces.frame(child, B)], 2);
  assert.deepEqual([spaces.load(parent, A), spaces.load(child, A)], [1, 2]);
  spaces.assertSound();
  assert.equal(spaces.store(parent, A, 3), 'cow');
  assert(!isMarked(spaces, parent, A), 'the last one that has a table keeps it');
  assert.deepEqual([spaces.load(parent, A), spaces.load(child, A)], [3, 2]);
  spaces.finish([parent, child]);
});

test('a table that was shared before is not walked again by the next fork', () => {
  const spaces = onDemand();
  const parent = parentOf(spaces);
  const first = spaces.fork(parent);
  const at = spaces.tables.findLeaf(parent.image.root, A);
  // An entry that a walk would protect: it stays as it is.
  const { i32 } = spaces.frames.memory;
  const pte = i32[at];
  i32[at] = (pte & ~Pte.CoW) | Pte.W;
  const second = spaces.fork(parent);
  assert.equal(i32[at], (pte & ~Pte.CoW) | Pte.W);
  i32[at] = pte;
  spaces.finish([first, second, parent]);
});

test('a page that is read in for one side does not appear on the other', () => {
  const spaces = onDemand();
  const parent = spaces.create();
  spaces.map(parent, A, 2);
  spaces.store(parent, A, 1);
  const child = spaces.fork(parent);
  assert.equal(spaces.touch(child, B, 1), 'demand-zero');
  assert.equal(spaces.entry(parent, B), 0);
  assert.notEqual(spaces.entry(child, B), 0);
  spaces.finish([parent, child]);
});

test('unmapping a part of a shared table leaves the other side its pages; a whole one costs no frame', () => {
  const spaces = onDemand();
  const parent = parentOf(spaces);
  const child = spaces.fork(parent);
  spaces.access(child, (access) => access.unmap({ start: virtAddr(A), end: virtAddr(B) }));
  assert.equal(spaces.entry(child, A), 0);
  assert.equal(spaces.load(parent, A), 1);
  spaces.leave(0);
  const all = { start: virtAddr(FAR), end: virtAddr(FAR + spaces.tables.span(1)) };
  assert(spaces.access(child, (access) => access.unmap(all)).ok);
  assert.equal(spaces.load(parent, FAR), 1);
  spaces.finish([parent, child]);
});

test('a change for which a table cannot be copied is refused, and changes nothing', () => {
  const spaces = onDemand();
  const parent = parentOf(spaces);
  const child = spaces.fork(parent);
  spaces.leave(0);
  const first = { start: virtAddr(A), end: virtAddr(B) };
  const refused = { ok: false, error: 'no-space' } as const;
  assert.deepEqual(
    spaces.access(child, (access) => access.unmap(first)),
    refused,
  );
  assert.deepEqual(
    spaces.access(child, (access) => access.discard(first)),
    refused,
  );
  assert.deepEqual(
    spaces.access(child, (access) => access.protect(first, Pte.R)),
    refused,
  );
  assert.equal(spaces.store(child, A, 2), 'no-memory');
  assert.equal(leafTable(spaces, child, A), leafTable(spaces, parent, A));
  assert.deepEqual(child.image.mappings, parent.image.mappings);
  spaces.finish([parent, child]);
});

test('a table with a pinned page is copied at fork: the page stays with its pinner', () => {
  const spaces = onDemand();
  const parent = parentOf(spaces);
  const pinned = spaces.access(parent, (access) => access.pin(virtAddr(A)));
  assert(pinned.ok);
  const child = spaces.fork(parent);
  assert.equal(spaces.frame(parent, A), pinned.value);
  assert.notEqual(spaces.frame(child, A), pinned.value);
  assert(spaces.entry(parent, A) & Pte.W);
  assert.equal(leafTable(spaces, child, FAR), leafTable(spaces, parent, FAR));
  spaces.access(parent, (access) => access.unpin(pinned.value));
  spaces.finish([parent, child]);
});

test('a fork of a fork shares one table three times, and each writer gets its own', () => {
  const spaces = onDemand();
  const parent = parentOf(spaces);
  const child = spaces.fork(parent);
  const grandchild = spaces.fork(child);
  assert.equal(spaces.frames.refcounts[leafTable(spaces, parent, A)], 3);
  const frame = pteFrame(spaces.entry(parent, A));
  assert.equal(spaces.provider.inspector.references(frame, virtAddr(A)), 3);
  assert.equal(spaces.provider.inspector.owners(frame, virtAddr(A)).length, 3);
  [grandchild, child, parent].forEach((space, value) => spaces.store(space, A, value));
  assert.deepEqual(
    [grandchild, child, parent].map((space) => spaces.load(space, A)),
    [0, 1, 2],
  );
  spaces.finish([child, parent, grandchild]);
});

test('stores to shared memory go through a shared table', () => {
  const spaces = onDemand();
  const object = spaces.object(1);
  const parent = spaces.create();
  spaces.map(parent, A, 1, { sharing: 'shared', object });
  spaces.store(parent, A, 1);
  const child = spaces.fork(parent);
  assert.equal(spaces.store(child, A, 2), undefined);
  assert.equal(spaces.load(parent, A), 2);
  spaces.finish([parent, child], [object]);
});

test('unmapping a whole shared table forgets its translations', () => {
  const TABLE = 512 * PAGE_SIZE;
  const spaces = new Spaces({ platform: OnDemandProvider });
  const parent = spaces.create();
  spaces.map(parent, TABLE, 512);
  spaces.store(parent, TABLE, 1);
  const child = spaces.fork(parent);
  assert.equal(spaces.load(parent, TABLE), 1);
  const whole = { start: virtAddr(TABLE), end: virtAddr(2 * TABLE) };
  assert(spaces.access(parent, (access) => access.unmap(whole)).ok);
  spaces.assertSound();
  assert.equal(spaces.touch(parent, TABLE, Access.Read), 'unmapped');
  assert.equal(spaces.load(child, TABLE), 1);
  spaces.finish([parent, child]);
});
