import assert from 'node:assert/strict';
import { test } from 'node:test';
import { PAGE_SIZE, virtAddr, type VirtAddr } from '../../src/memory/address.ts';
import { Access } from '../../src/memory/mmu.ts';
import { Pte } from '../../src/memory/pte.ts';
import { IndependentEagerProvider } from '../../src/platform/independent-eager.ts';
import { IndependentProvider } from '../../src/platform/independent.ts';
import { OnDemandProvider } from '../../src/platform/on-demand.ts';
import { NestedCowFault } from '../../src/platform/nested-cow-fault.ts';
import { RW, RX, Spaces } from '../spaces.ts';

const A = 0x10_0000;
const B = A + PAGE_SIZE;
const FAR = 0x8000_0000;

test('a fork shares the frames and makes private pages copy-on-write on both sides', () => {
  const spaces = new Spaces();
  const parent = spaces.create();
  spaces.map(parent, A, 2);
  spaces.store(parent, A, 1);
  const frame = spaces.frame(parent, A);
  const child = spaces.fork(parent);
  assert.equal(spaces.frame(child, A), frame);
  assert.equal(spaces.frames.refcounts[frame], 2);
  assert(spaces.isCow(parent, A) && spaces.isCow(child, A));
  assert.equal(spaces.entry(child, B), 0, 'an absent page stays absent');
  assert.deepEqual(child.image.mappings, parent.image.mappings);
  spaces.finish([parent, child]);
});

test('the first writer copies the frame, the last one takes it over', () => {
  const spaces = new Spaces();
  const parent = spaces.create();
  spaces.map(parent, A, 1);
  spaces.store(parent, A, 1);
  const child = spaces.fork(parent);
  const frame = spaces.frame(parent, A);
  const events = spaces.events();
  assert.equal(spaces.store(child, A, 2), 'cow');
  assert.equal(spaces.store(parent, A, 3), 'cow');
  assert.equal(spaces.frame(parent, A), frame);
  assert.notEqual(spaces.frame(child, A), frame);
  assert.deepEqual(
    events.filter(({ kind }) => kind === 'cow-break'),
    [
      { kind: 'cow-break', space: 2, va: A, before: frame, after: spaces.frame(child, A), how: 'copied' },
      { kind: 'cow-break', space: 1, va: A, before: frame, after: frame, how: 'taken-over' },
    ],
  );
  assert.deepEqual([spaces.load(parent, A), spaces.load(child, A)], [3, 2]);
  spaces.finish([parent, child]);
});

test('a fork stops the parent from writing through a translation that it still has', () => {
  const spaces = new Spaces();
  const parent = spaces.create();
  spaces.map(parent, A, 1);
  spaces.store(parent, A, 1);
  const child = spaces.fork(parent);
  assert.equal(spaces.store(parent, A, 2), 'cow');
  assert.equal(spaces.load(child, A), 1);
  spaces.finish([parent, child]);
});

test('a fork of a fork before any write keeps every side apart', () => {
  const spaces = new Spaces();
  const family = [spaces.create()];
  spaces.map(family[0], A, 1);
  spaces.store(family[0], A, 1);
  for (let depth = 1; depth < 5; depth++) family.push(spaces.fork(family.at(-1)!));
  assert.equal(spaces.frames.refcounts[spaces.frame(family[0], A)], 5);
  spaces.assertSound();
  family.forEach((space, index) => spaces.store(space, A, 10 + index));
  assert.deepEqual(
    family.map((space) => spaces.load(space, A)),
    [10, 11, 12, 13, 14],
  );
  spaces.finish(family);
});

test('three hundred sharers of one frame', () => {
  const spaces = new Spaces();
  const parent = spaces.create();
  spaces.map(parent, A, 1);
  spaces.store(parent, A, 1);
  const children = Array.from({ length: 300 }, () => spaces.fork(parent));
  assert.equal(spaces.frames.refcounts[spaces.frame(parent, A)], 301);
  assert.equal(spaces.store(children[150], A, 2), 'cow');
  assert.deepEqual([spaces.load(parent, A), spaces.load(children[299], A), spaces.load(children[150], A)], [1, 1, 2]);
  spaces.finish([parent, ...children]);
});

test('shared memory takes no part in copy-on-write: both sides see stores at once', () => {
  const spaces = new Spaces();
  const object = spaces.object(2);
  const parent = spaces.create();
  spaces.map(parent, A, 2, { sharing: 'shared', object });
  spaces.store(parent, A, 1);
  const child = spaces.fork(parent);
  assert(spaces.entry(parent, A) & Pte.W && spaces.entry(child, A) & Pte.W);
  assert.equal(spaces.store(parent, A, 2), undefined);
  assert.equal(spaces.load(child, A), 2);
  spaces.store(child, B, 3);
  assert.equal(spaces.load(parent, B), 3);
  spaces.finish([parent, child], [object]);
});

test('a share-memory fork copies nothing and restores nothing, and lives as long as either side', () => {
  const spaces = new Spaces();
  const parent = spaces.create();
  spaces.map(parent, A, 1);
  spaces.store(parent, A, 1);
  const used = spaces.frames.used;
  const child = spaces.fork(parent, 'share-memory');
  assert.equal(spaces.frames.used, used);
  assert.equal(spaces.provider.inspector.view(child).sharers, 2);
  spaces.store(child, A, 7);
  spaces.map(child, FAR, 1);
  assert.equal(spaces.load(parent, A), 7);
  assert(spaces.access(parent, (access) => access.find(virtAddr(FAR))));
  assert.equal(spaces.provider.memoryIdentity(parent, virtAddr(A)), spaces.provider.memoryIdentity(child, virtAddr(A)));
  assert.equal(spaces.load(child, A), 7);
  assert(spaces.provider.destroy(parent).ok);
  assert.equal(spaces.load(child, A), 7);
  spaces.finish([child]);
});

test('exec of one sharer leaves the other its memory', () => {
  const spaces = new Spaces();
  const parent = spaces.create();
  spaces.map(parent, A, 1);
  spaces.store(parent, A, 1);
  const child = spaces.fork(parent, 'share-memory');
  assert(spaces.provider.replaceImage(child, () => ({ ok: true, value: undefined })).ok);
  assert.equal(spaces.provider.inspector.view(parent).sharers, 1);
  assert.equal(spaces.load(parent, A), 1);
  assert.equal(spaces.touch(child, A, Access.Read), 'unmapped');
  spaces.finish([parent, child]);
});

test('a pinned page stays with its pinner: the child gets a copy, and the parent goes on in the same frame', () => {
  const spaces = new Spaces();
  const parent = spaces.create();
  spaces.map(parent, A, 2);
  spaces.store(parent, A, 1);
  spaces.store(parent, B, 1);
  const pinned = spaces.access(parent, (access) => access.pin(virtAddr(A)));
  assert(pinned.ok);
  const child = spaces.fork(parent);
  assert.equal(spaces.frame(parent, A), pinned.value);
  assert.notEqual(spaces.frame(child, A), pinned.value);
  assert(spaces.isCow(parent, B), 'only the pinned page is copied');
  assert.equal(spaces.store(parent, A, 2), undefined);
  assert.equal(spaces.frame(parent, A), pinned.value);
  assert.deepEqual([spaces.load(parent, A), spaces.load(child, A)], [2, 1]);
  assert.equal(spaces.store(child, A, 3), undefined);
  spaces.assertSound();
  spaces.frames.unpin(pinned.value);
  spaces.finish([parent, child]);
});

test('pinning breaks copy-on-write first, and the pin is no reason for another copy', () => {
  const spaces = new Spaces();
  const parent = spaces.create();
  spaces.map(parent, A, 1);
  spaces.store(parent, A, 1);
  const child = spaces.fork(parent);
  const shared = spaces.frame(parent, A);
  const pinned = spaces.access(parent, (access) => access.pin(virtAddr(A)));
  assert(pinned.ok && pinned.value !== shared);
  const range = { start: virtAddr(A), end: virtAddr(B) };
  spaces.access(parent, (access) => access.protect(range, Pte.R));
  spaces.access(parent, (access) => access.protect(range, RW));
  assert.equal(spaces.store(parent, A, 2), undefined);
  assert.equal(spaces.frame(parent, A), pinned.value);
  spaces.access(parent, (access) => access.unpin(pinned.value));
  spaces.finish([parent, child]);
});

for (const platform of [IndependentProvider, IndependentEagerProvider, OnDemandProvider])
  test(`${platform.name}: a pinned page that has become read-only stays with its pinner as well`, () => {
    const spaces = new Spaces({ platform });
    const parent = spaces.create();
    spaces.map(parent, A, 1);
    const pinned = spaces.access(parent, (access) => access.pin(virtAddr(A)));
    assert(pinned.ok);
    assert(spaces.access(parent, (access) => access.protect({ start: virtAddr(A), end: virtAddr(B) }, Pte.R)).ok);
    const child = spaces.fork(parent);
    assert.equal(spaces.frame(parent, A), pinned.value);
    assert.notEqual(spaces.frame(child, A), pinned.value);
    assert.equal(spaces.entry(child, A) & Pte.W, 0);
    spaces.access(parent, (access) => access.unpin(pinned.value));
    spaces.finish([parent, child]);
  });

test('a pinned frame outlives its mapping', () => {
  const spaces = new Spaces();
  const parent = spaces.create();
  spaces.map(parent, A, 1);
  const pinned = spaces.access(parent, (access) => access.pin(virtAddr(A)));
  assert(pinned.ok);
  spaces.access(parent, (access) => access.unmap({ start: virtAddr(A), end: virtAddr(B) }));
  assert.deepEqual(spaces.provider.inspector.owners(pinned.value), [{ kind: 'pin', count: 1, space: 1 }]);
  spaces.assertSound();
  spaces.frames.unpin(pinned.value);
  spaces.finish([parent]);
});

test('a fork that fails at any allocation leaves everything as it was', () => {
  const footprint: VirtAddr[] = [virtAddr(FAR), virtAddr(A)];
  const spaces = new Spaces({ ram: 128 * PAGE_SIZE, guestHandler: { footprint: () => footprint, run: () => {} } });
  const object = spaces.object(1);
  const parent = spaces.create();
  for (const at of [A, B, FAR]) {
    spaces.map(parent, at, 1);
    spaces.store(parent, at, 1);
  }
  spaces.map(parent, FAR + PAGE_SIZE, 1, { sharing: 'shared', object });
  spaces.store(parent, FAR + PAGE_SIZE, 1);
  // A first child makes pages copy-on-write, so that the footprint takes copies for both sides.
  footprint.length = 0;
  const first = spaces.fork(parent);
  footprint.push(virtAddr(FAR), virtAddr(A));
  const pinned = spaces.access(parent, (access) => access.pin(virtAddr(B)));
  assert(pinned.ok);

  const { refcounts, uses, memory } = spaces.frames;
  for (let available = 0; ; available++) {
    spaces.leave(available);
    const before = [refcounts.slice(), uses.slice(), memory.u8.slice(0, memory.layout.ram)];
    const pages = Buffer.from(memory.u8.slice(memory.layout.ram));
    const forked = spaces.provider.fork(parent, 'copy-memory');
    if (forked.ok) {
      // root, two middle and two leaf tables; a copy of the pinned page; two pages of the footprint, each for both sides
      assert.equal(available, 5 + 1 + 4);
      assert.equal(spaces.frames.available, 0);
      spaces.frames.unpin(pinned.value);
      spaces.finish([parent, first, forked.value.child], [object]);
      return;
    }
    assert.deepEqual(forked.error, { kind: 'no-space' });
    assert.equal(spaces.frames.available, available);
    assert.deepEqual([refcounts.slice(), uses.slice(), memory.u8.slice(0, memory.layout.ram)], before);
    // Frames that are free again hold what was tried; those in use are as they were.
    for (let frame = 1; frame < spaces.frames.total; frame++)
      if (refcounts[frame] > 0) {
        const at = frame * PAGE_SIZE;
        const now = memory.u8.subarray(memory.layout.ram + at, memory.layout.ram + at + PAGE_SIZE);
        assert.equal(Buffer.compare(now, pages.subarray(at, at + PAGE_SIZE)), 0, `frame ${frame}`);
      }
    spaces.assertSound();
  }
});

test('the footprint of a handler on guest pages is never copy-on-write, on either side of any fork', () => {
  const spaces = new Spaces({ guestHandler: { footprint: () => [virtAddr(B)], run: () => {} } });
  const object = spaces.object(4, 1, 9);
  const parent = spaces.create();
  spaces.map(parent, A, 4, { object });
  assert.equal(spaces.load(parent, B), 9);
  const child = spaces.fork(parent);
  const grandchild = spaces.fork(child);
  for (const space of [parent, child, grandchild]) {
    assert(!spaces.isCow(space, B) && spaces.entry(space, B) & Pte.W);
    assert.equal(spaces.load(space, B), 9);
  }
  assert.deepEqual(spaces.provider.inspector.view(child).footprint, [B]);
  spaces.finish([parent, child, grandchild], [object]);
});

test('a page that is in the footprint twice, and pinned too, is copied once', () => {
  const spaces = new Spaces({ guestHandler: { footprint: () => [virtAddr(A), virtAddr(A + 8)], run: () => {} } });
  const parent = spaces.create();
  spaces.map(parent, A, 1);
  const pinned = spaces.access(parent, (access) => access.pin(virtAddr(A)));
  assert(pinned.ok);
  const child = spaces.fork(parent);
  assert.equal(spaces.frame(parent, A), pinned.value);
  assert.notEqual(spaces.frame(child, A), pinned.value);
  spaces.assertSound();
  spaces.frames.unpin(pinned.value);
  spaces.finish([parent, child]);
});

test('the parent sees its own copy of a footprint page, not what its TLB had', () => {
  const footprint: VirtAddr[] = [];
  const spaces = new Spaces({ guestHandler: { footprint: () => footprint, run: () => {} } });
  const parent = spaces.create();
  spaces.map(parent, A, 1);
  spaces.store(parent, A, 1);
  const first = spaces.fork(parent);
  assert.equal(spaces.load(parent, A), 1);
  footprint.push(virtAddr(A));
  const second = spaces.fork(parent);
  assert.equal(spaces.store(parent, A, 2), undefined);
  assert.deepEqual(
    [parent, first, second].map((space) => spaces.load(space, A)),
    [2, 1, 1],
  );
  spaces.finish([parent, first, second]);
});

test('a handler that writes outside its footprint hits a nested copy-on-write fault, and nothing has changed', () => {
  const spaces = new Spaces({
    guestHandler: {
      footprint: () => [virtAddr(FAR)],
      run: (access) => {
        access.write(virtAddr(FAR), new Uint8Array([1]));
        access.write(virtAddr(B), new Uint8Array([1]));
      },
    },
  });
  const parent = spaces.create();
  spaces.map(parent, A, 2);
  spaces.map(parent, FAR, 1);
  for (const at of [A, B, FAR]) spaces.store(parent, at, 5);
  const child = spaces.fork(parent);
  assert.throws(
    () => spaces.store(parent, A, 1),
    (error) =>
      error instanceof NestedCowFault && error.outer === A && error.inner === B && /0x101000/.test(error.message),
  );
  assert(spaces.isCow(parent, A) && spaces.isCow(parent, B));
  assert.throws(
    () => spaces.store(parent, A, 1),
    (error) => error instanceof NestedCowFault && error.inner === B,
    'the handler is not taken to run still',
  );
  spaces.finish([parent, child]);
});

test('a handler within its footprint resolves the fault', () => {
  const seen: number[] = [];
  const spaces = new Spaces({
    guestHandler: {
      footprint: () => [virtAddr(FAR)],
      run: (access, fault) => {
        seen.push(fault);
        assert(access.write(virtAddr(FAR), new Uint8Array([1])).ok);
      },
    },
  });
  const parent = spaces.create();
  spaces.map(parent, A, 1);
  spaces.map(parent, FAR, 1);
  for (const at of [A, FAR]) spaces.store(parent, at, 5);
  const child = spaces.fork(parent);
  assert.equal(spaces.store(child, A, 1), 'cow');
  assert.deepEqual(seen, [A]);
  assert.deepEqual([spaces.load(child, FAR), spaces.load(parent, FAR)], [1, 5]);
  spaces.finish([parent, child]);
});

test('exec gives a fresh image and releases the old one', () => {
  const spaces = new Spaces();
  const space = spaces.create();
  spaces.map(space, A, 2);
  spaces.store(space, A, 1);
  const identity = spaces.provider.memoryIdentity(space, virtAddr(A));
  const result = spaces.provider.replaceImage(space, (fresh, old) => {
    const argument = new Uint8Array(1);
    assert(old.read(virtAddr(A), argument).ok);
    assert(
      fresh.map({
        placement: { kind: 'replace', start: virtAddr(FAR) },
        length: 1,
        permissions: RX,
        sharing: 'private',
      }).ok,
    );
    return fresh.poke(virtAddr(FAR), argument);
  });
  assert(result.ok);
  assert.equal(spaces.load(space, FAR), 1);
  assert.equal(spaces.touch(space, A, Access.Read), 'unmapped');
  assert.notEqual(spaces.provider.memoryIdentity(space, virtAddr(A)), identity);
  spaces.finish([space]);
});

test('an exec that fails, or throws, keeps the old image as it was', () => {
  const spaces = new Spaces();
  const space = spaces.create();
  spaces.map(space, A, 1);
  spaces.store(space, A, 1);
  const used = spaces.frames.used;
  const failed = spaces.provider.replaceImage(space, () => ({ ok: false, error: 'not an ELF file' }));
  assert.deepEqual(failed, { ok: false, error: { kind: 'exec-failed', error: 'not an ELF file' } });
  assert.throws(
    () =>
      spaces.provider.replaceImage(space, () => {
        throw new RangeError('broken');
      }),
    RangeError,
  );
  assert.equal(spaces.load(space, A), 1);
  assert.equal(spaces.frames.used, used);
  spaces.leave(0);
  assert.deepEqual(
    spaces.provider.replaceImage(space, () => ({ ok: true, value: undefined })),
    {
      ok: false,
      error: { kind: 'no-space' },
    },
  );
  spaces.finish([space]);
});
