import assert from 'node:assert/strict';
import { test } from 'node:test';
import { PAGE_SIZE, virtAddr, type AddressRange } from '../../src/memory/address.ts';
import { Access } from '../../src/memory/mmu.ts';
import { Pte } from '../../src/memory/pte.ts';
import type { SpaceAccess } from '../../src/platform/space-access.ts';
import { RW, RX, Spaces } from '../spaces.ts';

const A = 0x10_0000;
const MIB = 2 ** 20;
const GAP = 256 * PAGE_SIZE;

function pages(start: number, count: number): AddressRange {
  return { start: virtAddr(start), end: virtAddr(start + count * PAGE_SIZE) };
}

test('memory without a place is put below the stack room, each mapping below the last', () => {
  const spaces = new Spaces();
  const space = spaces.create();
  const anywhere = { placement: { kind: 'anywhere' } } as const;
  const { end } = spaces.provider.range(space);
  const first = spaces.map(space, 0, 2, { ...anywhere, name: 'first' });
  const second = spaces.map(space, 0, 1, { ...anywhere, name: 'second' });
  assert.equal(first, end - 128 * MIB - 2 * PAGE_SIZE);
  assert.equal(second, first - PAGE_SIZE);
  spaces.access(space, (access) => access.unmap(pages(first, 2)));
  assert.equal(spaces.map(space, 0, 1, anywhere), first + PAGE_SIZE, 'the highest gap is taken again');
  spaces.finish([space]);
});

test('a hint is taken where it is free, and where it is not the search begins at the top', () => {
  const spaces = new Spaces();
  const space = spaces.create();
  const hint = { placement: { kind: 'anywhere', hint: virtAddr(A - 7) } } as const;
  assert.equal(spaces.map(space, 0, 1, hint), A);
  assert.equal(spaces.map(space, 0, 1, hint), spaces.provider.range(space).end - 128 * MIB - PAGE_SIZE);
  spaces.finish([space]);
});

test('nothing is put into the guard gap of a stack', () => {
  const spaces = new Spaces();
  const space = spaces.create();
  const { end } = spaces.provider.range(space);
  spaces.map(space, end - 128 * MIB - PAGE_SIZE, 1, { growth: 'down' });
  assert.equal(spaces.map(space, 0, 1, { placement: { kind: 'anywhere' } }), end - 128 * MIB - 2 * PAGE_SIZE - GAP);
  spaces.finish([space]);
});

test('what does not fit is refused with a value', () => {
  const spaces = new Spaces();
  const space = spaces.create();
  const request = { length: PAGE_SIZE, permissions: RW, sharing: 'private' } as const;
  const { end } = spaces.provider.range(space);
  spaces.access(space, (access) => {
    for (const start of [0, end, end - PAGE_SIZE + PAGE_SIZE, 2 ** 40])
      assert.deepEqual(access.map({ ...request, placement: { kind: 'replace', start: virtAddr(start) } }), {
        ok: false,
        error: 'no-space',
      });
    for (const length of [0, end, 2 ** 63])
      assert.deepEqual(access.map({ ...request, length, placement: { kind: 'anywhere' } }), {
        ok: false,
        error: 'no-space',
      });
  });
  spaces.finish([space]);
});

test('a space takes 65530 mappings, as vm.max_map_count has it, and then refuses to be cut up further', () => {
  const spaces = new Spaces();
  const space = spaces.create();
  const list = Array.from({ length: 65530 }, (_, index) => ({
    ...pages(A + 2 * index * PAGE_SIZE, index === 65529 ? 3 : 1),
    permissions: RW,
    sharing: 'private' as const,
    growth: 'fixed' as const,
    object: undefined,
    maximum: 14,
    offset: 0,
    name: '',
  }));
  const whole = { start: list[0].start, end: list[65529].end };
  space.image.apply(space.image.mappings.replace(whole, list));
  const before = space.image.mappings;
  const middle = pages(list[65529].start + PAGE_SIZE, 1);
  spaces.access(space, (access) => {
    assert.deepEqual(access.unmap(middle), { ok: false, error: 'no-space' });
    assert.deepEqual(access.protect(middle, Pte.R), { ok: false, error: 'no-space' });
    const request = { length: PAGE_SIZE, permissions: Pte.R, sharing: 'private' } as const;
    assert.deepEqual(access.map({ ...request, placement: { kind: 'anywhere' } }), { ok: false, error: 'no-space' });
  });
  assert.equal(space.image.mappings, before);
  spaces.finish([space]);
});

test('a read goes across pages and stops where the guest may not read', () => {
  const spaces = new Spaces();
  const space = spaces.create();
  spaces.map(space, A, 2);
  spaces.write(space, A + PAGE_SIZE - 1, 1, 2);
  const into = new Uint8Array(2 * PAGE_SIZE);
  const fault = spaces.access(space, (access) => access.read(virtAddr(A + PAGE_SIZE - 1), into));
  assert.deepEqual(fault, { ok: false, error: { va: A + 2 * PAGE_SIZE, cause: 'unmapped', done: PAGE_SIZE + 1 } });
  assert.deepEqual([...into.subarray(0, 3)], [1, 2, 0]);
  spaces.finish([space]);
});

test('a write by the shim breaks copy-on-write as a store of the guest does', () => {
  const spaces = new Spaces();
  const parent = spaces.create();
  spaces.map(parent, A, 1);
  spaces.write(parent, A, 1);
  const child = spaces.fork(parent);
  assert.equal(spaces.load(parent, A), 1);
  const events = spaces.events();
  spaces.write(parent, A, 2);
  assert.deepEqual(
    events.map((event) => event.kind === 'fault' && event.cause),
    ['cow', false],
  );
  assert.equal(spaces.load(parent, A), 2, 'the TLB forgot the old frame');
  assert.equal(spaces.read(child, A), 1);
  spaces.finish([parent, child]);
});

test('a write sets A and D, a read sets A', () => {
  const spaces = new Spaces();
  const space = spaces.create();
  spaces.map(space, A, 2);
  spaces.read(space, A);
  spaces.write(space, A + PAGE_SIZE, 1);
  assert.equal(spaces.entry(space, A) & (Pte.A | Pte.D), Pte.A);
  assert.equal(spaces.entry(space, A + PAGE_SIZE) & (Pte.A | Pte.D), Pte.A | Pte.D);
  spaces.finish([space]);
});

test('poke writes into text for one space alone, and never into shared read-only memory', () => {
  const spaces = new Spaces();
  const object = spaces.object(2, 1, 7);
  const parent = spaces.create();
  spaces.map(parent, A, 1, { object, permissions: RX });
  spaces.map(parent, A + PAGE_SIZE, 1, { object, sharing: 'shared', permissions: Pte.R, offset: PAGE_SIZE });
  spaces.map(parent, A + 2 * PAGE_SIZE, 1, { permissions: 0 });
  spaces.touch(parent, A, Access.Execute);
  const child = spaces.fork(parent);
  const poke = (va: number) => spaces.access(parent, (access) => access.poke(virtAddr(va), new Uint8Array([9])));
  assert(poke(A).ok);
  assert.equal(spaces.read(parent, A), 9);
  assert.equal(spaces.read(child, A), 7);
  assert.equal(spaces.entry(parent, A) & (Pte.R | Pte.W | Pte.X), RX, 'text stays text');
  assert(poke(A).ok);
  assert.deepEqual(poke(A + PAGE_SIZE), { ok: false, error: { va: A + PAGE_SIZE, cause: 'protection', done: 0 } });
  assert(poke(A + 2 * PAGE_SIZE).ok);
  assert.equal(spaces.touch(parent, A + 2 * PAGE_SIZE, Access.Read), 'protection');
  assert.equal(spaces.provider.inspector.peek(1, virtAddr(A + 2 * PAGE_SIZE))?.[0], 9);
  spaces.finish([parent, child], [object]);
});

test('pages keep their bytes through PROT_NONE and back', () => {
  const spaces = new Spaces();
  const space = spaces.create();
  spaces.map(space, A, 1);
  spaces.store(space, A, 5);
  const protect = (permissions: number) => spaces.access(space, (access) => access.protect(pages(A, 1), permissions));
  protect(0);
  assert.equal(spaces.touch(space, A, Access.Read), 'protection');
  protect(RW);
  assert.equal(spaces.store(space, A + 1, 1), undefined, 'writable at once: nobody shares the frame');
  assert.equal(spaces.load(space, A), 5);
  spaces.finish([space]);
});

test('a page that was made read-only before the fork is copied when it is written after it', () => {
  const spaces = new Spaces();
  const parent = spaces.create();
  spaces.map(parent, A, 1);
  spaces.store(parent, A, 5);
  spaces.access(parent, (access) => access.protect(pages(A, 1), Pte.R));
  const child = spaces.fork(parent);
  assert.equal(spaces.entry(child, A) & Pte.CoW, 0);
  spaces.access(child, (access) => access.protect(pages(A, 1), RW));
  assert(spaces.isCow(child, A));
  assert.equal(spaces.store(child, A, 6), 'cow');
  assert.equal(spaces.load(parent, A), 5);
  spaces.finish([parent, child]);
});

test('protecting a range with a hole changes nothing', () => {
  const spaces = new Spaces();
  const space = spaces.create();
  spaces.map(space, A, 1);
  spaces.map(space, A + 2 * PAGE_SIZE, 1);
  const before = space.image.mappings;
  assert.deepEqual(
    spaces.access(space, (access) => access.protect(pages(A, 3), Pte.R)),
    { ok: false, error: 'unmapped' },
  );
  assert.equal(space.image.mappings, before);
  spaces.finish([space]);
});

test('a move takes the frames along, and replaces what is there', () => {
  const spaces = new Spaces();
  const space = spaces.create();
  const far = 0x8000_0000;
  spaces.map(space, A, 2, { name: 'moved' });
  spaces.map(space, far, 1);
  spaces.store(space, A, 5);
  spaces.store(space, far, 6);
  const frame = spaces.frame(space, A);
  assert(spaces.access(space, (access) => access.move(pages(A, 2), virtAddr(far))).ok);
  assert.equal(spaces.frame(space, far), frame);
  assert.equal(spaces.load(space, far), 5);
  assert.equal(spaces.touch(space, A, Access.Read), 'unmapped');
  assert.deepEqual(
    space.image.mappings.mappings.map(({ start, end, name }) => [start, end, name]),
    [[far, far + 2 * PAGE_SIZE, 'moved']],
  );
  spaces.finish([space]);
});

test('a move onto itself, past the end, or for which there is no memory, changes nothing', () => {
  const spaces = new Spaces();
  const space = spaces.create();
  // Two pages whose new places need two leaf tables: room for one of them is not enough.
  const boundary = 0x4000_0000 + 2 * MIB;
  spaces.map(space, A, 2);
  spaces.store(space, A, 1);
  spaces.store(space, A + PAGE_SIZE, 2);
  const move = (to: number) => spaces.access(space, (access) => access.move(pages(A, 2), virtAddr(to)));
  assert.deepEqual(move(A + PAGE_SIZE), { ok: false, error: 'exists' });
  assert.deepEqual(move(spaces.provider.range(space).end - PAGE_SIZE), { ok: false, error: 'no-space' });
  for (const left of [0, 1, 2]) {
    spaces.leave(left);
    assert.deepEqual(move(boundary - PAGE_SIZE), { ok: false, error: 'no-space' });
    assert.equal(spaces.frames.available, left);
    spaces.assertSound();
  }
  assert.deepEqual([spaces.load(space, A), spaces.load(space, A + PAGE_SIZE)], [1, 2]);
  spaces.leave(3);
  assert(move(boundary - PAGE_SIZE).ok);
  spaces.finish([space]);
});

test('discarding private pages makes them fresh, shared ones keep what was stored', () => {
  const spaces = new Spaces();
  const object = spaces.object(1, 1, 7);
  const space = spaces.create();
  spaces.map(space, A, 1);
  spaces.map(space, A + PAGE_SIZE, 1, { object });
  spaces.map(space, A + 2 * PAGE_SIZE, 1, { object, sharing: 'shared' });
  for (const at of [0, 1, 2]) spaces.store(space, A + at * PAGE_SIZE, 9);
  spaces.access(space, (access) => access.discard(pages(A, 3)));
  assert.deepEqual(
    [0, 1, 2].map((at) => spaces.load(space, A + at * PAGE_SIZE)),
    [0, 9, 9],
  );
  assert.deepEqual(
    spaces.access(space, (access: SpaceAccess) => access.discard(pages(A, 4))),
    { ok: false, error: 'unmapped' },
  );
  spaces.finish([space], [object]);
});

test('an object lives as long as a mapping of it', () => {
  const spaces = new Spaces();
  const object = spaces.object(4, 1, 7);
  const space = spaces.create();
  spaces.map(space, A, 4, { object });
  object.release();
  spaces.access(space, (access) => access.unmap(pages(A + PAGE_SIZE, 1)));
  const child = spaces.fork(space);
  assert.equal(spaces.load(child, A), 7);
  spaces.access(space, (access) => access.unmap(pages(A, 4)));
  spaces.access(child, (access) => access.unmap(pages(A, 1)));
  assert.equal(spaces.load(child, A + 2 * PAGE_SIZE), 7);
  spaces.access(child, (access) => access.unmap(pages(A, 4)));
  assert.throws(() => object.retain(), /gone/);
  spaces.finish([space, child]);
});

test("a futex on shared memory is the same word wherever it is mapped, a private one is its own image's", () => {
  const spaces = new Spaces();
  const object = spaces.object(2, 1);
  const other = spaces.object(2, 2);
  const parent = spaces.create();
  spaces.map(parent, A, 2, { object, sharing: 'shared' });
  spaces.map(parent, A + 2 * PAGE_SIZE, 1, { object: other, sharing: 'shared', offset: PAGE_SIZE });
  spaces.map(parent, A + 3 * PAGE_SIZE, 1);
  const child = spaces.fork(parent);
  spaces.access(child, (access) => access.move(pages(A, 2), virtAddr(0x8000_0000)));
  const identity = (space: typeof parent, va: number) => spaces.provider.memoryIdentity(space, virtAddr(va));
  assert.equal(identity(parent, A + PAGE_SIZE + 4), identity(child, 0x8000_0000 + PAGE_SIZE + 4));
  assert.notEqual(identity(parent, A + PAGE_SIZE), identity(parent, A + 2 * PAGE_SIZE));
  assert.notEqual(identity(parent, A), identity(parent, A + 4));
  assert.notEqual(identity(parent, A + 3 * PAGE_SIZE), identity(child, A + 3 * PAGE_SIZE));
  spaces.finish([parent, child], [object, other]);
});
