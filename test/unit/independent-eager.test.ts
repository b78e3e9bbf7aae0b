import assert from 'node:assert/strict';
import { test } from 'node:test';
import { PAGE_SIZE, virtAddr } from '../../src/memory/address.ts';
import { Access } from '../../src/memory/mmu.ts';
import { Pte } from '../../src/memory/pte.ts';
import { IndependentEagerProvider } from '../../src/platform/independent-eager.ts';
import { RX, Spaces } from '../spaces.ts';

const A = 0x10_0000;
const TEXT = A + 4 * PAGE_SIZE;

test('a fork copies every private page that may be written, and no write after it faults', () => {
  const spaces = new Spaces({ platform: IndependentEagerProvider });
  const file = spaces.object(2, 1, 7);
  const parent = spaces.create();
  spaces.map(parent, A, 1);
  spaces.map(parent, A + PAGE_SIZE, 1, { object: file });
  spaces.map(parent, TEXT, 1, { object: file, permissions: RX });
  spaces.store(parent, A, 1);
  spaces.load(parent, A + PAGE_SIZE);
  spaces.load(parent, TEXT);
  const child = spaces.fork(parent);
  for (const va of [A, A + PAGE_SIZE]) {
    assert.notEqual(spaces.frame(child, va), spaces.frame(parent, va));
    for (const space of [parent, child]) {
      assert(spaces.entry(space, va) & Pte.W);
      assert.equal(spaces.store(space, va, space === parent ? 2 : 3), undefined);
    }
    assert.deepEqual([spaces.load(parent, va), spaces.load(child, va)], [2, 3]);
  }
  assert.equal(spaces.frame(child, TEXT), spaces.frame(parent, TEXT), 'what nobody writes is shared');
  spaces.finish([parent, child], [file]);
});

test('the parent reads its own copy of a file page, not what its TLB had', () => {
  const spaces = new Spaces({ platform: IndependentEagerProvider });
  const file = spaces.object(1, 1, 7);
  const parent = spaces.create();
  spaces.map(parent, A, 1, { object: file });
  assert.equal(spaces.load(parent, A), 7);
  const child = spaces.fork(parent);
  spaces.store(parent, A, 9);
  assert.equal(spaces.load(parent, A), 9);
  assert.equal(spaces.load(child, A), 7);
  spaces.finish([parent, child], [file]);
});

test('a pinned page stays with its pinner', () => {
  const spaces = new Spaces({ platform: IndependentEagerProvider });
  const parent = spaces.create();
  spaces.map(parent, A, 1);
  const pinned = spaces.access(parent, (access) => access.pin(virtAddr(A)));
  assert(pinned.ok);
  const child = spaces.fork(parent);
  assert.equal(spaces.frame(parent, A), pinned.value);
  assert.equal(spaces.touch(child, A, Access.Write), undefined);
  spaces.access(parent, (access) => access.unpin(pinned.value));
  spaces.finish([parent, child]);
});

test('a pinned page that has become read-only since stays with its pinner, too', () => {
  const spaces = new Spaces({ platform: IndependentEagerProvider });
  const parent = spaces.create();
  spaces.map(parent, A, 1);
  const pinned = spaces.access(parent, (access) => access.pin(virtAddr(A)));
  assert(pinned.ok);
  const page = { start: virtAddr(A), end: virtAddr(A + PAGE_SIZE) };
  assert(spaces.access(parent, (access) => access.protect(page, Pte.R)).ok);
  const child = spaces.fork(parent);
  spaces.frames.memory.frameBytes(pinned.value)[0] = 9;
  assert.deepEqual([spaces.load(parent, A), spaces.load(child, A)], [9, 0]);
  spaces.assertSound();
  spaces.access(parent, (access) => access.unpin(pinned.value));
  spaces.finish([parent, child]);
});

test('a fork that does not fit leaves everything as it was', () => {
  const spaces = new Spaces({ platform: IndependentEagerProvider });
  const parent = spaces.create();
  spaces.map(parent, A, 8);
  for (let page = 0; page < 8; page++) spaces.store(parent, A + page * PAGE_SIZE, page);
  for (let left = 0; left < 3 + 8; left++) {
    spaces.leave(left);
    const { used } = spaces.frames;
    assert.equal(spaces.provider.fork(parent, 'copy-memory').ok, false, `${left} frames`);
    assert.equal(spaces.frames.used, used);
    assert(spaces.entry(parent, A) & Pte.W);
  }
  spaces.leave(3 + 8);
  const child = spaces.fork(parent);
  spaces.finish([parent, child]);
});
