import assert from 'node:assert/strict';
import { test } from 'node:test';
import { PAGE_SIZE, toHex, virtAddr } from '../../src/memory/address.ts';
import { Pte } from '../../src/memory/pte.ts';
import { IndependentEagerProvider } from '../../src/platform/independent-eager.ts';
import { IndependentProvider } from '../../src/platform/independent.ts';
import { OnDemandProvider } from '../../src/platform/on-demand.ts';
import type { PagedSpace } from '../../src/platform/paged-space.ts';
import { PartitionedEagerProvider } from '../../src/platform/partitioned-eager.ts';
import { PartitionedProvider } from '../../src/platform/partitioned.ts';
import { err, ok } from '../../src/result.ts';
import { RW, Spaces } from '../spaces.ts';

const PLATFORMS = {
  independent: IndependentProvider,
  'independent-eager': IndependentEagerProvider,
  'on-demand': OnDemandProvider,
  partitioned: PartitionedProvider,
  'partitioned-eager': PartitionedEagerProvider,
};

const A = 0x10_0000;
const FILE = A + 4 * PAGE_SIZE;
const SHARED = A + 8 * PAGE_SIZE;
/** In another leaf table. */
const NEXT = 0x20_0000;
/** In a third one, which is not there yet. */
const FAR = 0x4000_0000;

const range = (start: number, pages: number) => ({ start: virtAddr(start), end: virtAddr(start + pages * PAGE_SIZE) });
const BYTES = Uint8Array.from({ length: 2 * PAGE_SIZE }, () => 99);

interface Scene {
  readonly spaces: Spaces;
  readonly parent: PagedSpace;
  readonly child: PagedSpace;
}

/** Whether an operation on the child, or for the parent, was done in full. */
const OPERATIONS: Readonly<Record<string, (scene: Scene) => boolean>> = {
  'a fork': ({ spaces, child }) => spaces.provider.fork(child, 'copy-memory').ok,
  'an exec': ({ spaces, child }) =>
    spaces.provider.replaceImage(child, (access) => {
      const length = 2 * PAGE_SIZE;
      const mapped = access.map({ placement: { kind: 'anywhere' }, length, permissions: RW, sharing: 'private' });
      return mapped.ok && access.write(mapped.value, BYTES).ok ? ok() : err('no memory');
    }).ok,
  'a store to a private page': ({ spaces, child }) => spaces.store(child, A, 9) !== 'no-memory',
  'a store to a page of a file': ({ spaces, child }) => spaces.store(child, FILE, 9) !== 'no-memory',
  'a first store': ({ spaces, child }) => spaces.store(child, A + 3 * PAGE_SIZE, 9) !== 'no-memory',
  'a first store in shared memory': ({ spaces, child }) => spaces.store(child, SHARED + PAGE_SIZE, 9) !== 'no-memory',
  'a pin': ({ spaces, child }) => spaces.access(child, (access) => access.pin(virtAddr(A))).ok,
  'a pin for the parent': ({ spaces, parent }) => spaces.access(parent, (access) => access.pin(virtAddr(A))).ok,
  'a poke for the parent': ({ spaces, parent }) =>
    spaces.access(parent, (access) => access.poke(virtAddr(FILE), BYTES.subarray(0, 8))).ok,
  'a write for the parent': ({ spaces, parent }) =>
    spaces.access(parent, (access) => access.write(virtAddr(A + 3 * PAGE_SIZE), BYTES.subarray(0, 8))).ok,
  'a first write for the parent': ({ spaces, parent }) =>
    spaces.access(parent, (access) => access.write(virtAddr(FAR), BYTES.subarray(0, 8))).ok,
  'a write to a new page of a file': ({ spaces, child }) => spaces.store(child, FILE + PAGE_SIZE, 9) !== 'no-memory',
  'a change of permissions': ({ spaces, child }) =>
    spaces.access(child, (access) => access.protect(range(A, 1), Pte.R)).ok,
  'an unmapping': ({ spaces, child }) => spaces.access(child, (access) => access.unmap(range(A, 1))).ok,
  'a move': ({ spaces, child }) =>
    spaces.access(child, (access) => access.move(range(A, 2), virtAddr(FAR + 8 * PAGE_SIZE))).ok,
  'a move from one table to another': ({ spaces, child }) =>
    spaces.access(child, (access) => access.move(range(A, 1), virtAddr(NEXT + 8 * PAGE_SIZE))).ok,
};

function build(platform: (typeof PLATFORMS)[keyof typeof PLATFORMS]): Scene {
  const spaces = new Spaces({ platform, ram: 2 ** 20 });
  const file = spaces.object(4, 1, 7);
  const shared = spaces.object(2, 2, 5);
  const parent = spaces.create();
  spaces.map(parent, A, 4);
  spaces.map(parent, FILE, 2, { object: file });
  spaces.map(parent, SHARED, 2, { object: shared, sharing: 'shared' });
  spaces.map(parent, NEXT, 1);
  spaces.map(parent, FAR, 1);
  spaces.store(parent, A, 1);
  spaces.store(parent, A + PAGE_SIZE, 2);
  spaces.load(parent, FILE);
  spaces.store(parent, SHARED, 3);
  spaces.store(parent, NEXT, 4);
  return { spaces, parent, child: spaces.fork(spaces.fork(parent)) };
}

/** All that somebody could notice. */
function stateOf({ spaces }: Scene): unknown {
  const { inspector } = spaces.provider;
  const contents = inspector.spaces().map(({ space }) =>
    inspector.mappings(space).flatMap(({ start, end, permissions }) => {
      const pages = [];
      for (let va: number = start; va < end; va += PAGE_SIZE)
        pages.push(
          `${toHex(va)} ${permissions} ${Buffer.from(inspector.peek(space, virtAddr(va))!).toString('base64')}`,
        );
      return pages;
    }),
  );
  return { used: spaces.frames.used, pinned: spaces.frames.pinned, slots: inspector.slots(), contents };
}

const MOST_FRAMES = 40;

for (const [name, platform] of Object.entries(PLATFORMS))
  for (const [operation, run] of Object.entries(OPERATIONS))
    test(`${name}: ${operation} that lacks a frame, whichever, changes nothing`, () => {
      for (let left = 0; ; left++) {
        assert(left < MOST_FRAMES, 'it never succeeds');
        const scene = build(platform);
        scene.spaces.leave(left);
        const before = stateOf(scene);
        const done = run(scene);
        scene.spaces.assertSound();
        if (done) return;
        assert.deepEqual(stateOf(scene), before, `with ${left} frames`);
      }
    });
