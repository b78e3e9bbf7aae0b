import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { NO_FRAME, PAGE_SIZE, type FrameNumber } from '../../src/memory/address.ts';
import { FrameTable, FrameUse } from '../../src/memory/frames.ts';
import { GuestMemory } from '../../src/memory/guest-memory.ts';
import { MIN_RAM } from '../../src/memory/layout.ts';

function table(): FrameTable {
  return new FrameTable(new GuestMemory(MIN_RAM));
}

test('every frame but frame 0 is handed out once, and then there is none', () => {
  const frames = table();
  const taken = new Set<FrameNumber>();
  for (let frame = frames.allocate(FrameUse.Private); frame !== NO_FRAME; frame = frames.allocate(FrameUse.Private))
    taken.add(frame);
  assert.equal(taken.size, MIN_RAM / PAGE_SIZE - 1);
  assert(!taken.has(NO_FRAME));
  assert.deepEqual([frames.used, frames.peak, frames.available], [taken.size, taken.size, 0]);
  assert.equal(frames.allocateCopy(1 as FrameNumber), NO_FRAME);
});

test('a frame is zeroed when it is used again, and a copy has the bytes of its source', () => {
  const frames = table();
  const first = frames.allocate(FrameUse.Private);
  frames.memory.frameBytes(first).fill(7);
  const copy = frames.allocateCopy(first);
  assert(frames.memory.frameBytes(copy).every((byte) => byte === 7));
  frames.release(first);
  frames.release(copy);
  for (let index = 0; index < 2; index++)
    assert(frames.memory.frameBytes(frames.allocate(FrameUse.Table)).every((byte) => byte === 0));
});

test('a frame that was filled without zeroing first is zeroed for the next user', () => {
  const frames = table();
  const frame = frames.allocateForCopy(FrameUse.Table);
  frames.memory.frameBytes(frame).fill(7);
  frames.release(frame);
  assert.equal(frames.allocate(FrameUse.Table), frame);
  assert(frames.memory.frameBytes(frame).every((byte) => byte === 0));
});

test('copies are counted: pages, tables, and pages that were put back', () => {
  const frames = table();
  const first = frames.allocate(FrameUse.Private);
  const saved = frames.allocateCopy(first);
  frames.memory.frameBytes(first).fill(7);
  frames.restore(first, saved);
  assert(frames.memory.frameBytes(first).every((byte) => byte === 0));
  frames.allocateForCopy(FrameUse.Table);
  frames.allocate(FrameUse.Table);
  assert.deepEqual([frames.pagesCopied, frames.pagesRestored, frames.tablesCopied], [1, 1, 1]);
});

test('a frame is free when its last reference goes, and cannot be released again', () => {
  const frames = table();
  const frame = frames.allocate(FrameUse.Private);
  frames.addReference(frame);
  frames.release(frame);
  assert.equal(frames.used, 1);
  frames.release(frame);
  assert.deepEqual([frames.used, frames.useOf(frame)], [0, FrameUse.Free]);
  assert.throws(() => frames.release(frame), /more often than referenced/);
  assert.throws(() => frames.release(NO_FRAME), /more often than referenced/);
  assert.throws(() => frames.addReference(frame), /cannot take a reference/);
  assert.deepEqual([frames.used, frames.refcounts[frame]], [0, 0], 'the failed calls have changed nothing');
});

test('a refcount refuses to wrap', () => {
  const frames = table();
  const frame = frames.allocate(FrameUse.Private);
  frames.refcounts[frame] = 0xffff_ffff;
  assert.throws(() => frames.addReference(frame), /cannot take a reference/);
});

test('a pin is a reference, and must be taken back by unpin', () => {
  const frames = table();
  const frame = frames.allocate(FrameUse.Private);
  frames.pin(frame);
  assert.deepEqual([frames.refcounts[frame], frames.pins[frame], frames.pinned], [2, 1, 1]);
  frames.release(frame);
  assert.throws(() => frames.release(frame), /freed while pinned/);
});

test('the last unpin frees a frame that nothing maps any more, and unpinning is counted', () => {
  const frames = table();
  const frame = frames.allocate(FrameUse.Private);
  frames.pin(frame);
  frames.release(frame);
  frames.unpin(frame);
  assert.deepEqual([frames.used, frames.pinned], [0, 0]);
  assert.throws(() => frames.unpin(frame), /not pinned/);
  const other = frames.allocate(FrameUse.Private);
  for (let count = 0; count < 0xffff; count++) frames.pin(other);
  assert.throws(() => frames.pin(other), /another pin/);
});

test('cached code is dropped once: before a write, or when its frame is freed', () => {
  const frames = table();
  const dropped: FrameNumber[] = [];
  frames.onCodeDropped((frame) => dropped.push(frame));
  const frame = frames.allocate(FrameUse.Private);
  frames.beforeWrite(frame);
  assert.equal(frames.markCode(frame), true);
  assert.equal(frames.markCode(frame), false);
  assert.equal(frames.isCode(frame), true);
  frames.beforeWrite(frame);
  frames.beforeWrite(frame);
  assert.deepEqual([dropped, frames.isCode(frame)], [[frame], false]);
  frames.markCode(frame);
  frames.addReference(frame);
  frames.release(frame);
  assert.deepEqual(dropped, [frame]);
  frames.release(frame);
  assert.deepEqual([dropped, frames.isCode(frame)], [[frame, frame], false]);
});

test('used, available and the refcounts agree after any sequence of references', () => {
  fc.assert(
    fc.property(fc.array(fc.tuple(fc.nat(3), fc.nat(63)), { maxLength: 300, size: 'max' }), (steps) => {
      const frames = table();
      const counts = new Map<FrameNumber, number>();
      for (const [step, pick] of steps) {
        const live = [...counts.keys()];
        const frame = live[pick % live.length];
        if (step <= 1) {
          const fresh = frames.allocate(FrameUse.Private);
          if (fresh !== NO_FRAME) counts.set(fresh, 1);
          else assert.equal(counts.size, frames.total - 1);
        } else if (frame === undefined) continue;
        else if (step === 2) {
          frames.addReference(frame);
          counts.set(frame, counts.get(frame)! + 1);
        } else {
          frames.release(frame);
          const left = counts.get(frame)! - 1;
          if (left === 0) counts.delete(frame);
          else counts.set(frame, left);
        }
      }
      assert.equal(frames.used, counts.size);
      assert.equal(frames.available, frames.total - 1 - counts.size);
      frames.refcounts.forEach((count, number) => assert.equal(count, counts.get(number as FrameNumber) ?? 0));
    }),
  );
});
