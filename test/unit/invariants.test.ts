import assert from 'node:assert/strict';
import { test } from 'node:test';
import { PAGE_SIZE, toHex, virtAddr, type FrameNumber } from '../../src/memory/address.ts';
import { FrameUse } from '../../src/memory/frames.ts';
import { Access } from '../../src/memory/mmu.ts';
import { Pte, makePte } from '../../src/memory/pte.ts';
import { checkInvariants, type InvariantViolation } from '../../src/platform/invariants.ts';
import type { MemoryObject } from '../../src/platform/memory-object.ts';
import type { PagedSpace } from '../../src/platform/paged-space.ts';
import type { PartitionImage } from '../../src/platform/partition-image.ts';
import { PartitionedProvider } from '../../src/platform/partitioned.ts';
import { RX, Spaces } from '../spaces.ts';

const A = 0x10_0000;
const SHARED = A + PAGE_SIZE;
const TEXT = A + 2 * PAGE_SIZE;

/** A parent and a child with a copy-on-write page, a shared one, and one of text; the child's is the active space. */
class Family {
  readonly spaces = new Spaces();
  readonly object: MemoryObject = this.spaces.object(1);
  readonly parent: PagedSpace;
  readonly child: PagedSpace;

  constructor() {
    this.parent = this.spaces.create();
    this.spaces.map(this.parent, A, 1);
    this.spaces.map(this.parent, SHARED, 1, { sharing: 'shared', object: this.object });
    this.spaces.map(this.parent, TEXT, 1, { permissions: RX });
    this.spaces.store(this.parent, A, 1);
    this.spaces.store(this.parent, SHARED, 1);
    this.spaces.load(this.parent, TEXT);
    this.child = this.spaces.fork(this.parent);
    this.spaces.load(this.child, A);
    this.spaces.assertSound();
  }

  /** Changes the entry of the child at `va`, behind the provider's back. */
  corrupt(va: number, change: (pte: number) => number): void {
    const at = this.spaces.tables.findLeaf(this.child.image.root, va);
    const { i32 } = this.spaces.frames.memory;
    i32[at] = change(i32[at]);
  }

  violations(): InvariantViolation[] {
    return checkInvariants(this.spaces.provider.inspector, this.spaces.mmu);
  }

  numbers(): number[] {
    return [...new Set(this.violations().map(({ invariant }) => invariant))].sort((a, b) => a - b);
  }
}

test('3: a refcount that is not the number of references', () => {
  for (const wrong of [1, 3]) {
    const family = new Family();
    const frame = family.spaces.frame(family.child, A);
    family.spaces.frames.refcounts[frame] = wrong;
    const [violation] = family.violations();
    assert.deepEqual([violation.invariant, violation.frame], [3, frame]);
    assert.match(violation.message, new RegExp(`frame ${toHex(frame)} has a refcount of ${wrong}, but 2 references`));
    assert.deepEqual(violation.owners, [
      { kind: 'page', space: 1, va: A },
      { kind: 'page', space: 2, va: A },
    ]);
  }
});

test('3: a private page that maps a table', () => {
  const family = new Family();
  family.corrupt(TEXT, (pte) => makePte(family.child.image.root, pte & 0x3ff));
  assert(family.numbers().includes(3));
});

test('4: a private page that can be written while another page has its frame', () => {
  const family = new Family();
  family.corrupt(A, (pte) => (pte & ~Pte.CoW) | Pte.W);
  const [violation] = family.violations();
  assert.deepEqual([violation.invariant, violation.space, violation.va], [4, 2, A]);
  assert.equal(violation.owners?.length, 2);
});

test('4: a private page of a file that can be written without a copy', () => {
  const family = new Family();
  family.spaces.map(family.child, TEXT, 1, { object: family.object });
  family.spaces.load(family.child, TEXT);
  assert.deepEqual(family.numbers(), []);
  family.corrupt(TEXT, (pte) => (pte & ~Pte.CoW) | Pte.W);
  assert.deepEqual(family.numbers(), [4]);
});

test('5: entries that do not fit their mappings', () => {
  const wrong: [number, (pte: number) => number, RegExp][] = [
    [A, (pte) => pte | Pte.W, /both CoW and writable/],
    [A, (pte) => pte & ~Pte.CoW, /neither writable nor CoW/],
    [SHARED, (pte) => (pte & ~Pte.W) | Pte.CoW, /is CoW/],
    [SHARED, (pte) => pte & ~Pte.W, /neither writable nor CoW/],
    [TEXT, (pte) => pte | Pte.CoW, /is CoW/],
    [TEXT, (pte) => pte | Pte.W, /allows more/],
    [A, (pte) => pte | Pte.X, /allows more/],
    [A, (pte) => pte & ~Pte.U, /forbids user access/],
  ];
  for (const [va, change, message] of wrong) {
    const family = new Family();
    family.corrupt(va, change);
    const violation = family.violations().find(({ invariant }) => invariant === 5);
    assert(violation, String(message));
    assert.match(violation.message, message);
    assert.match(violation.message, /space 2, 0x10[012]000: .*entry is 0x[0-9a-f]+ \([VRWXUGAD-]{8}/);
  }
});

test('5: a page of a mapping without permissions that the guest can reach', () => {
  const family = new Family();
  family.spaces.access(family.child, (access) =>
    access.protect({ start: virtAddr(TEXT), end: virtAddr(TEXT + PAGE_SIZE) }, 0),
  );
  assert.deepEqual(family.numbers(), []);
  family.corrupt(TEXT, (pte) => pte | Pte.U);
  assert.deepEqual(family.numbers(), [5]);
});

test("7: a shared page that is not its object's", () => {
  const family = new Family();
  const { frames } = family.spaces;
  const copy = frames.allocateCopy(family.spaces.frame(family.child, SHARED));
  frames.release(family.spaces.frame(family.child, SHARED));
  family.corrupt(SHARED, (pte) => makePte(copy, pte & 0x3ff));
  assert.deepEqual(family.numbers(), [7]);
});

test('8: a frame that nobody refers to, and a count of used frames that is wrong', () => {
  const family = new Family();
  const leaked = family.spaces.frames.allocate(FrameUse.Private);
  const [violation] = family.violations();
  assert.deepEqual([violation.invariant, violation.frame], [8, leaked]);
  family.spaces.frames.release(leaked);
  family.spaces.frames.used++;
  assert.deepEqual(family.numbers(), [8]);
});

test('8: frames that nobody refers to are listed, neighbours as a range', () => {
  const family = new Family();
  const { spaces } = family;
  const frames = Array.from({ length: 5 }, () => spaces.frames.allocate(FrameUse.Private));
  const [first, , , fourth, last] = frames;
  spaces.frames.release(fourth);
  const found = family.violations();
  assert.equal(found.length, 1);
  assert.equal(
    found[0].message,
    `4 frames are in use, but nobody refers to them: ${toHex(first)}-${toHex(first + 2)}, ${toHex(last)}`,
  );
  assert.equal(found[0].frame, first);
});

/** A parent that is parked, and its child in the window. */
function openWindow(): { spaces: Spaces; child: PagedSpace; image: PartitionImage; numbers: () => number[] } {
  const spaces = new Spaces({ platform: PartitionedProvider });
  const parent = spaces.create();
  spaces.map(parent, A, 2);
  spaces.store(parent, A, 1);
  const child = spaces.fork(parent);
  const numbers = () => checkInvariants(spaces.provider.inspector, spaces.mmu).map(({ invariant }) => invariant);
  assert.deepEqual(numbers(), []);
  return { spaces, child, image: child.image as PartitionImage, numbers };
}

test('2: a page of a parked parent that can be written before its bytes are saved', () => {
  const { spaces, child, numbers } = openWindow();
  const at = spaces.tables.findLeaf(child.image.root, virtAddr(A));
  spaces.frames.memory.i32[at] = (spaces.entry(child, A) & ~Pte.CoW) | Pte.W;
  assert(numbers().includes(2));
});

test('12: a gate that is open while the child still runs in the pages', () => {
  const { image, numbers } = openWindow();
  image.window!.gate.open();
  assert.deepEqual(numbers(), [12]);
});

test('9: a translation that its entry does not give', () => {
  const stale: ((family: Family) => void)[] = [
    ({ spaces }) => spaces.mmu.read.fill(A, 0, 3),
    ({ spaces }) => spaces.mmu.read.fill(0x7000_0000, 0, 3),
    ({ spaces, child }) => spaces.mmu.write.fill(A, 0, spaces.frame(child, A)),
    ({ spaces, child }) => spaces.mmu.execute.fill(A, 0, spaces.frame(child, A)),
    (family) => {
      family.spaces.touch(family.child, SHARED, Access.Write);
      family.corrupt(SHARED, (pte) => pte & ~Pte.D);
    },
    ({ spaces, child }) => {
      spaces.touch(child, SHARED, Access.Write);
      spaces.frames.markCode(spaces.frame(child, SHARED));
    },
  ];
  for (const make of stale) {
    const family = new Family();
    make(family);
    assert.deepEqual(family.numbers(), [9], String(make));
  }
});

test("10: an active page table that is no live space's", () => {
  const family = new Family();
  family.spaces.mmu.activate(5 as FrameNumber);
  assert.deepEqual(family.numbers(), [10]);
  family.spaces.mmu.activate(0 as FrameNumber);
  assert.deepEqual(family.numbers(), []);
});

test('11: a page outside every mapping, and mappings out of range', () => {
  const family = new Family();
  const range = { start: virtAddr(TEXT), end: virtAddr(TEXT + PAGE_SIZE) };
  const { image } = family.child;
  image.apply(image.mappings.replace(range, []));
  assert.deepEqual(family.numbers(), [11]);
  const [mapping] = image.mappings.mappings;
  const low = { ...mapping, start: virtAddr(0), end: virtAddr(PAGE_SIZE) };
  image.apply(image.mappings.replace({ start: low.start, end: low.end }, [low]));
  assert.equal(family.violations().filter(({ message }) => message.includes('out of range')).length, 1);
});

test('an exec that is not over is sound as well', () => {
  const family = new Family();
  const built = family.spaces.provider.replaceImage(family.child, (fresh) => {
    assert(
      fresh.map({
        placement: { kind: 'replace', start: virtAddr(A) },
        length: PAGE_SIZE,
        permissions: 6,
        sharing: 'private',
      }).ok,
    );
    assert(fresh.write(virtAddr(A), new Uint8Array([1])).ok);
    assert.deepEqual(family.violations(), []);
    return { ok: true, value: undefined };
  });
  assert(built.ok);
  assert.deepEqual(family.violations(), []);
});
