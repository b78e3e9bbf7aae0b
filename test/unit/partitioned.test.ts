import assert from 'node:assert/strict';
import { test } from 'node:test';
import { PAGE_SIZE, virtAddr } from '../../src/memory/address.ts';
import { Access } from '../../src/memory/mmu.ts';
import { Pte } from '../../src/memory/pte.ts';
import type { Gate } from '../../src/platform/gate.ts';
import type { PagedSpace } from '../../src/platform/paged-space.ts';
import { PartitionedEagerProvider } from '../../src/platform/partitioned-eager.ts';
import { PartitionedProvider } from '../../src/platform/partitioned.ts';
import { err, ok } from '../../src/result.ts';
import { RW, RX, Spaces } from '../spaces.ts';

const A = 0x10_0000;
const B = A + PAGE_SIZE;
const SLOT = 2 ** 32;

function partitioned(options: ConstructorParameters<typeof Spaces>[0] = {}): Spaces {
  return new Spaces({ platform: PartitionedProvider, ...options });
}

function forkOf(spaces: Spaces, parent: PagedSpace): { child: PagedSpace; gate: Gate } {
  const forked = spaces.provider.fork(parent, 'copy-memory');
  assert(forked.ok);
  return { child: forked.value.child, gate: forked.value.parentGate };
}

/** A parent with two private pages that hold 1 and 2. */
function parentOf(spaces: Spaces): PagedSpace {
  const parent = spaces.create();
  spaces.map(parent, A, 2);
  spaces.store(parent, A, 1);
  spaces.store(parent, B, 2);
  return parent;
}

function exec(spaces: Spaces, space: PagedSpace, outcome: 'done' | 'failed' = 'done'): boolean {
  return spaces.provider.replaceImage<string>(space, (fresh) => {
    const start = virtAddr(fresh.range.start + A);
    const placed = fresh.map({ placement: { kind: 'replace', start }, length: 1, permissions: RW, sharing: 'private' });
    assert(placed.ok && fresh.write(start, new Uint8Array([9])).ok);
    return outcome === 'done' ? ok() : err('not an executable');
  }).ok;
}

test('every space has a slot of its own in the one page table', () => {
  const spaces = partitioned();
  const [first, second] = [spaces.create(), spaces.create()];
  assert.equal(first.image.root, second.image.root);
  assert.deepEqual(spaces.provider.range(first), { start: 0x1_0000, end: SLOT });
  assert.deepEqual(spaces.provider.range(second), { start: SLOT, end: 2 * SLOT });
  spaces.finish([first, second]);
  assert.deepEqual(spaces.provider.inspector.slots(), []);
});

test('the child of a fork runs in the pages of the parent, and its first write saves them', () => {
  const spaces = partitioned();
  const parent = parentOf(spaces);
  const frame = spaces.frame(parent, A);
  const { child, gate } = forkOf(spaces, parent);
  const events = spaces.events();
  assert.deepEqual([gate.state, gate.reason], ['closed', 'runs in its pages']);
  assert.equal(spaces.load(child, A), 1);
  assert.equal(spaces.store(child, A, 5), 'cow');
  assert.equal(spaces.frame(child, A), frame, 'it is written in place');
  assert.deepEqual(
    events.filter(({ kind }) => kind === 'cow-break'),
    [{ kind: 'cow-break', space: 2, va: A, before: frame, after: frame, how: 'saved' }],
  );
  const [layer] = spaces.provider.inspector.images().flatMap((image) => image.layer ?? []);
  assert.deepEqual([layer.parents, layer.children, layer.depth], [[1], [2], 0]);
  assert.deepEqual([...layer.saved.keys()], [frame]);
  assert.deepEqual([...layer.pages.keys()], [A, B]);
  const { inspector } = spaces.provider;
  assert.equal(inspector.peek(1, virtAddr(A))![0], 1, 'the parent still has its byte');
  assert.equal(inspector.peek(2, virtAddr(A))![0], 5);
  assert.deepEqual(
    inspector.owners(frame, virtAddr(A)).map(({ kind }) => kind),
    ['snapshot', 'page'],
  );
  spaces.assertSound();
  spaces.provider.deactivate(spaces.mmu);
  assert(spaces.provider.destroy(child).ok);
  assert.deepEqual([gate.state, gate.reason], ['open', '']);
  assert.equal(spaces.frame(parent, A), frame);
  assert(spaces.entry(parent, A) & Pte.W);
  assert.deepEqual([spaces.load(parent, A), spaces.load(parent, B)], [1, 2]);
  spaces.finish([parent]);
});

test('what the child does to its mappings is undone with the window', () => {
  const spaces = partitioned();
  const parent = parentOf(spaces);
  const before = parent.image.mappings;
  const { child } = forkOf(spaces, parent);
  spaces.access(child, (access) => {
    assert(access.unmap({ start: virtAddr(A), end: virtAddr(B) }).ok);
    assert(access.protect({ start: virtAddr(B), end: virtAddr(B + PAGE_SIZE) }, Pte.R).ok);
    assert(access.move({ start: virtAddr(B), end: virtAddr(B + PAGE_SIZE) }, virtAddr(A + 16 * PAGE_SIZE)).ok);
  });
  spaces.map(child, B, 4);
  spaces.store(child, B, 77);
  spaces.store(child, B + 3 * PAGE_SIZE, 78);
  spaces.provider.deactivate(spaces.mmu);
  assert(spaces.provider.destroy(child).ok);
  assert.deepEqual(parent.image.mappings, before);
  assert.equal(spaces.entry(parent, B + 3 * PAGE_SIZE), 0);
  assert.equal(spaces.entry(parent, A + 16 * PAGE_SIZE), 0);
  assert.equal(spaces.store(parent, A, 3), undefined, 'no fault: permissions are back');
  assert.equal(spaces.store(parent, B, 4), undefined);
  spaces.finish([parent]);
});

test('shared memory takes no part: what the child stores there stays', () => {
  const spaces = partitioned();
  const object = spaces.object(1);
  const parent = spaces.create();
  spaces.map(parent, A, 1, { sharing: 'shared', object });
  spaces.store(parent, A, 1);
  const { child } = forkOf(spaces, parent);
  assert.equal(spaces.store(child, A, 2), undefined);
  spaces.provider.deactivate(spaces.mmu);
  assert(spaces.provider.destroy(child).ok);
  assert.equal(spaces.load(parent, A), 2);
  spaces.finish([parent], [object]);
});

test('exec loads into the reserved slot, restores the parent, then opens the gate', () => {
  const spaces = partitioned();
  const parent = parentOf(spaces);
  const { child, gate } = forkOf(spaces, parent);
  spaces.store(child, A, 5);
  assert.deepEqual(
    spaces.provider.inspector.slots().map(({ spaces: here, reservedFor }) => [here, reservedFor]),
    [
      [[1, 2], []],
      [[], [2]],
    ],
  );
  let seen = -1;
  gate.whenOpen(() => {
    const [image] = spaces.provider.inspector.images().filter((one) => one.spaces.includes(1));
    assert.equal(image.isParked, false, 'the window is closed when the gate opens');
    seen = spaces.provider.inspector.peek(1, virtAddr(A))![0];
  });
  assert(exec(spaces, child));
  assert.equal(seen, 1, 'the bytes were back when the gate opened');
  assert.deepEqual(spaces.provider.range(child), { start: SLOT, end: 2 * SLOT });
  assert.equal(spaces.load(child, SLOT + A), 9);
  assert.equal(spaces.load(parent, A), 1);
  spaces.finish([parent, child]);
});

test('an exec that fails leaves the window open and the slot reserved', () => {
  const spaces = partitioned();
  const parent = parentOf(spaces);
  const { child, gate } = forkOf(spaces, parent);
  spaces.store(child, A, 5);
  assert.equal(exec(spaces, child, 'failed'), false);
  assert.equal(gate.state, 'closed');
  assert.equal(spaces.load(child, A), 5);
  assert.deepEqual(spaces.provider.inspector.slots()[1].reservedFor, [2]);
  assert(exec(spaces, child));
  assert.equal(gate.state, 'open');
  spaces.finish([child, parent]);
});

test('nested forks stack their layers, and each parent gets its own bytes back', () => {
  const spaces = partitioned();
  const parent = parentOf(spaces);
  const outer = forkOf(spaces, parent);
  spaces.store(outer.child, A, 10);
  const inner = forkOf(spaces, outer.child);
  spaces.store(inner.child, A, 20);
  spaces.store(inner.child, B, 21);
  const { inspector } = spaces.provider;
  assert.deepEqual(
    [1, 2, 3].map((space) => [inspector.peek(space, virtAddr(A))![0], inspector.peek(space, virtAddr(B))![0]]),
    [
      [1, 2],
      [10, 2],
      [20, 21],
    ],
  );
  assert(exec(spaces, inner.child));
  assert.deepEqual([inner.gate.state, outer.gate.state], ['open', 'closed']);
  assert.deepEqual([spaces.load(outer.child, A), spaces.load(outer.child, B)], [10, 2]);
  assert.equal(spaces.store(outer.child, B, 11), 'cow', 'the layer below protects it still');
  spaces.provider.deactivate(spaces.mmu);
  assert(spaces.provider.destroy(outer.child).ok);
  assert.deepEqual([spaces.load(parent, A), spaces.load(parent, B)], [1, 2]);
  spaces.finish([inner.child, parent]);
});

test('a parent that is killed while it waits leaves the window to its child', () => {
  const spaces = partitioned();
  const parent = parentOf(spaces);
  const outer = forkOf(spaces, parent);
  spaces.store(outer.child, A, 10);
  const inner = forkOf(spaces, outer.child);
  spaces.provider.deactivate(spaces.mmu);
  assert(spaces.provider.destroy(outer.child).ok);
  assert.equal(outer.gate.state, 'closed');
  spaces.assertSound();
  spaces.store(inner.child, A, 20);
  spaces.provider.deactivate(spaces.mmu);
  assert(spaces.provider.destroy(inner.child).ok);
  assert.equal(outer.gate.state, 'open');
  assert.equal(spaces.load(parent, A), 1);
  spaces.finish([parent]);
});

test('what the kernel writes for a parked parent is its own, and there when it goes on', () => {
  const spaces = partitioned();
  const file = spaces.object(1, 1, 7);
  const parent = parentOf(spaces);
  spaces.map(parent, A + 4 * PAGE_SIZE, 2);
  spaces.map(parent, A + 8 * PAGE_SIZE, 1, { object: file });
  spaces.load(parent, A + 8 * PAGE_SIZE);
  const { child } = forkOf(spaces, parent);
  spaces.store(child, B, 50);
  const places = [A, B, A + 4 * PAGE_SIZE, A + 8 * PAGE_SIZE];
  for (const [index, va] of places.entries()) spaces.write(parent, va, 100 + index);
  assert.deepEqual(
    places.map((va) => spaces.load(child, va)),
    [1, 50, 0, 7],
  );
  assert.deepEqual(
    places.map((va) => spaces.read(parent, va)),
    [100, 101, 102, 103],
  );
  spaces.store(child, A, 51);
  spaces.assertSound();
  assert.throws(() => spaces.map(parent, A, 1), /parked/);
  spaces.provider.deactivate(spaces.mmu);
  assert(spaces.provider.destroy(child).ok);
  assert.deepEqual(
    places.map((va) => spaces.load(parent, va)),
    [100, 101, 102, 103],
  );
  spaces.finish([parent], [file]);
});

test('what a parked space has pinned is its own frame, also after the window has closed', () => {
  const spaces = partitioned();
  const parent = parentOf(spaces);
  const places = [A, B, A + 4 * PAGE_SIZE];
  spaces.map(parent, A + 4 * PAGE_SIZE, 1);
  const { child } = forkOf(spaces, parent);
  spaces.store(child, B, 50);
  const { child: grandchild } = forkOf(spaces, child);
  spaces.store(grandchild, A, 60);
  const pinned = places.map((va) => {
    const frame = spaces.access(parent, (access) => access.pin(virtAddr(va)));
    assert(frame.ok);
    return frame.value;
  });
  const transfer = (value: number): void => {
    for (const [index, frame] of pinned.entries()) spaces.frames.memory.frameBytes(frame)[0] = value + index;
  };
  const seen = (space: typeof parent): number[] => places.map((va) => spaces.read(space, va));
  transfer(100);
  assert.deepEqual(
    [seen(parent), seen(child), seen(grandchild)],
    [
      [100, 101, 102],
      [1, 50, 0],
      [60, 50, 0],
    ],
  );
  spaces.assertSound();
  for (const space of [grandchild, child]) {
    spaces.store(space, A, 70);
    spaces.store(space, B, 70);
    spaces.provider.deactivate(spaces.mmu);
    assert(spaces.provider.destroy(space).ok);
    spaces.assertSound();
  }
  transfer(110);
  assert.deepEqual(seen(parent), [110, 111, 112]);
  assert.equal(spaces.store(parent, A, 5), undefined);
  spaces.access(parent, (access) => pinned.forEach((frame) => access.unpin(frame)));
  spaces.finish([parent]);
});

for (const platform of [PartitionedProvider, PartitionedEagerProvider])
  test(`${new Spaces({ platform }).provider.name}: what a child has pinned does not reach its parent when the window closes`, () => {
    const spaces = partitioned({ platform });
    const parent = parentOf(spaces);
    const { child } = forkOf(spaces, parent);
    spaces.store(child, A, 5);
    const pinned = spaces.access(child, (access) => access.pin(virtAddr(A)));
    assert(pinned.ok);
    const bytes = spaces.frames.memory.frameBytes(pinned.value);
    bytes[0] = 50;
    assert.deepEqual([spaces.load(child, A), spaces.read(parent, A)], [50, 1]);
    spaces.assertSound();
    spaces.provider.deactivate(spaces.mmu);
    assert(spaces.provider.destroy(child).ok);
    bytes[0] = 51;
    assert.equal(spaces.load(parent, A), 1);
    spaces.assertSound();
    spaces.frames.unpin(pinned.value);
    spaces.finish([parent]);
  });

test('share-memory forks share the pages for good, and take a slot when they execute a program', () => {
  const spaces = partitioned();
  const parent = parentOf(spaces);
  const child = spaces.fork(parent, 'share-memory');
  spaces.store(child, A, 5);
  assert(exec(spaces, child));
  assert.equal(spaces.load(parent, A), 5);
  spaces.finish([parent, child]);
});

test('when the slots are used up a fork is refused, and an ended child gives its slot back', () => {
  const spaces = partitioned({ slotSize: 2 ** 37 });
  const parent = parentOf(spaces);
  const { child } = forkOf(spaces, parent);
  const { used } = spaces.frames;
  assert.deepEqual(spaces.provider.fork(child, 'copy-memory'), { ok: false, error: { kind: 'no-space' } });
  assert.equal(spaces.frames.used, used);
  spaces.assertSound();
  assert(spaces.provider.destroy(child).ok);
  const again = forkOf(spaces, parent);
  assert(exec(spaces, again.child));
  spaces.finish([parent, again.child]);
});

test('a slot that is used again leaks no byte', () => {
  const spaces = partitioned();
  const first = spaces.create();
  const second = spaces.create();
  spaces.map(second, SLOT + A, 1);
  spaces.store(second, SLOT + A, 99);
  spaces.provider.deactivate(spaces.mmu);
  assert(spaces.provider.destroy(second).ok);
  const third = spaces.create();
  assert.equal(spaces.provider.range(third).start, SLOT);
  assert.equal(spaces.touch(third, SLOT + A, Access.Read), 'unmapped');
  spaces.map(third, SLOT + A, 1);
  assert.equal(spaces.load(third, SLOT + A), 0);
  spaces.finish([first, third]);
});

test('a pinned page stays with the parked parent: the child writes a copy', () => {
  const spaces = partitioned();
  const parent = parentOf(spaces);
  const pinned = spaces.access(parent, (access) => access.pin(virtAddr(A)));
  assert(pinned.ok);
  const { child } = forkOf(spaces, parent);
  spaces.store(child, A, 5);
  assert.notEqual(spaces.frame(child, A), pinned.value);
  assert.equal(spaces.frames.memory.frameBytes(pinned.value)[0], 1);
  spaces.provider.deactivate(spaces.mmu);
  assert(spaces.provider.destroy(child).ok);
  assert.equal(spaces.frame(parent, A), pinned.value);
  spaces.access(parent, (access) => access.unpin(pinned.value));
  spaces.finish([parent]);
});

test('what the kernel writes for a parked parent does not go into a page that the child has pinned', () => {
  const spaces = partitioned();
  const parent = parentOf(spaces);
  const { child } = forkOf(spaces, parent);
  const pinned = spaces.access(child, (access) => access.pin(virtAddr(A)));
  assert(pinned.ok);
  spaces.write(parent, A, 99);
  assert.equal(spaces.load(child, A), 1);
  assert.equal(spaces.read(parent, A), 99);
  spaces.access(child, (access) => access.unpin(pinned.value));
  spaces.finish([child, parent]);
});

test('what the kernel writes for a process that waits in a window is undone with that window', () => {
  const spaces = partitioned();
  const parent = parentOf(spaces);
  const outer = forkOf(spaces, parent);
  const inner = forkOf(spaces, outer.child);
  spaces.write(outer.child, A, 99);
  assert.equal(spaces.load(inner.child, A), 1);
  spaces.provider.deactivate(spaces.mmu);
  assert(spaces.provider.destroy(inner.child).ok);
  assert.deepEqual([spaces.read(outer.child, A), spaces.read(parent, A)], [99, 1]);
  assert(spaces.provider.destroy(outer.child).ok);
  assert.equal(spaces.load(parent, A), 1);
  spaces.finish([parent]);
});

test('a pinned page that has become read-only stays with the parent as well', () => {
  const spaces = partitioned();
  const parent = parentOf(spaces);
  const pinned = spaces.access(parent, (access) => access.pin(virtAddr(A)));
  assert(pinned.ok);
  assert(spaces.access(parent, (access) => access.protect({ start: virtAddr(A), end: virtAddr(B) }, Pte.R)).ok);
  const { child } = forkOf(spaces, parent);
  assert.notEqual(spaces.frame(child, A), pinned.value);
  assert.equal(spaces.entry(child, A) & Pte.W, 0);
  spaces.assertSound();
  spaces.access(parent, (access) => access.unpin(pinned.value));
  spaces.finish([child, parent]);
});

test('the footprint of a handler is saved up front and left writable', () => {
  const footprint = [virtAddr(A)];
  const guestHandler = { footprint: () => footprint, run: () => {} };
  const spaces = partitioned({ guestHandler });
  const parent = parentOf(spaces);
  const { child } = forkOf(spaces, parent);
  assert.equal(spaces.store(child, A, 5), undefined);
  assert.equal(spaces.store(child, B, 6), 'cow');
  spaces.provider.deactivate(spaces.mmu);
  assert(spaces.provider.destroy(child).ok);
  assert.equal(spaces.load(parent, A), 1);
  spaces.finish([parent]);
});

test('partitioned-eager saves all at the fork, and no write faults', () => {
  const spaces = partitioned({ platform: PartitionedEagerProvider });
  const text = spaces.object(1, 1, 7);
  const parent = parentOf(spaces);
  spaces.map(parent, A + 4 * PAGE_SIZE, 1, { object: text, permissions: RX });
  spaces.load(parent, A + 4 * PAGE_SIZE);
  const { child } = forkOf(spaces, parent);
  const [layer] = spaces.provider.inspector.images().flatMap((image) => image.layer ?? []);
  assert.equal(layer.saved.size, 2, 'what nobody can write is not saved');
  assert.equal(spaces.store(child, A, 5), undefined);
  spaces.provider.deactivate(spaces.mmu);
  assert(spaces.provider.destroy(child).ok);
  assert.deepEqual([spaces.load(parent, A), spaces.load(parent, B)], [1, 2]);
  spaces.finish([parent], [text]);
});

test('partitioned-eager writes back only pages that differ', () => {
  const spaces = partitioned({ platform: PartitionedEagerProvider });
  const parent = parentOf(spaces);
  for (const [value, restored] of [
    [1, 0],
    [5, 1],
  ]) {
    const { child } = forkOf(spaces, parent);
    spaces.store(child, A, value); // the parent has a 1 there
    spaces.provider.deactivate(spaces.mmu);
    assert(spaces.provider.destroy(child).ok);
    assert.equal(spaces.frames.pagesRestored, restored);
  }
  spaces.finish([parent]);
});

test('a page that the child has protected may be written by the parent again', () => {
  const spaces = partitioned();
  const parent = parentOf(spaces);
  const { child } = forkOf(spaces, parent);
  const page = { start: virtAddr(A), end: virtAddr(A + PAGE_SIZE) };
  assert(spaces.access(child, (access) => access.protect(page, Pte.R)).ok);
  assert(spaces.provider.destroy(child).ok);
  assert.equal(spaces.store(parent, A, 9), undefined);
  spaces.finish([parent]);
});

test('a fork that fails at any allocation leaves everything as it was', () => {
  const spaces = partitioned({ platform: PartitionedEagerProvider });
  const parent = parentOf(spaces);
  for (const left of [0, 1]) {
    spaces.leave(left);
    const { used } = spaces.frames;
    assert.equal(spaces.provider.fork(parent, 'copy-memory').ok, false);
    assert.equal(spaces.frames.used, used);
    assert.equal(spaces.provider.inspector.slots().length, 1);
    assert.equal(spaces.store(parent, A, 1), undefined);
    spaces.assertSound();
  }
  spaces.leave(2);
  const { child } = forkOf(spaces, parent);
  spaces.finish([child, parent]);
});

test('handles are listed with where they were made and consumed', () => {
  const spaces = partitioned();
  const parent = parentOf(spaces);
  const { child } = forkOf(spaces, parent);
  assert(spaces.provider.destroy(child).ok);
  const [first, second] = spaces.provider.inspector.handles();
  assert.deepEqual([first.space, first.parent, first.isLive, first.consumedAt], [1, undefined, true, undefined]);
  assert.deepEqual([second.space, second.parent, second.isLive], [2, 1, false]);
  assert.match(second.createdAt, /created here/);
  assert.match(second.consumedAt!, /consumed here/);
  spaces.finish([parent]);
});
