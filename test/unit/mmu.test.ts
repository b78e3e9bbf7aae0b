import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { FrameNumber } from '../../src/memory/address.ts';
import { FrameTable, FrameUse } from '../../src/memory/frames.ts';
import { GuestMemory } from '../../src/memory/guest-memory.ts';
import { MIN_RAM } from '../../src/memory/layout.ts';
import { Access, Mmu } from '../../src/memory/mmu.ts';
import { PageTables, SV39 } from '../../src/memory/page-table.ts';
import { Pte, makePte } from '../../src/memory/pte.ts';

const VA = 0x5000;
const ALL = Pte.V | Pte.U | Pte.R | Pte.W | Pte.X;

function machine(): { mmu: Mmu; root: FrameNumber; other: FrameNumber; frame: FrameNumber; at: number } {
  const frames = new FrameTable(new GuestMemory(MIN_RAM));
  const tables = new PageTables(frames, SV39);
  const mmu = new Mmu(frames, tables);
  const [root, other] = [tables.createRoot(), tables.createRoot()];
  const frame = frames.allocate(FrameUse.Private);
  const at = tables.ensureLeaf(root, VA);
  frames.memory.i32[at] = makePte(frame, ALL);
  mmu.activate(root);
  return { mmu, root, other, frame, at };
}

function fillAll({ mmu }: { mmu: Mmu }): void {
  for (const access of [Access.Read, Access.Write, Access.Execute]) assert(mmu.translate(VA, 0, access) > 0);
}

function cached(mmu: Mmu): string {
  return [mmu.read, mmu.write, mmu.execute].map((tlb) => (tlb.peek(VA, 0) < 0 ? '-' : '+')).join('');
}

test('another root forgets every translation, the same root none', () => {
  const all = machine();
  fillAll(all);
  all.mmu.activate(all.root);
  assert.equal(cached(all.mmu), '+++');
  all.mmu.activate(all.other);
  assert.equal(cached(all.mmu), '---');
  assert.equal(all.mmu.translate(VA, 0, Access.Read), -1);
});

test('flushes of the active root reach the TLBs that they name, those of another root none', () => {
  const all = machine();
  fillAll(all);
  all.mmu.flushWrites(all.other);
  all.mmu.flushPage(all.other, VA);
  assert.equal(cached(all.mmu), '+++');
  all.mmu.flushWrites(all.root);
  assert.equal(cached(all.mmu), '+-+');
  fillAll(all);
  all.mmu.flushPage(all.root, VA + 5);
  assert.equal(cached(all.mmu), '---');
});

test('a fetch or a load sets A, a store sets A and D, a refused access neither', () => {
  const { mmu, at, frame } = machine();
  const { i32 } = mmu.frames.memory;
  assert(mmu.translate(VA, 0, Access.Execute) > 0);
  assert.equal(i32[at], makePte(frame, ALL | Pte.A));
  assert(mmu.translate(VA, 0, Access.Write) > 0);
  assert.equal(i32[at], makePte(frame, ALL | Pte.A | Pte.D));
  i32[at] = makePte(frame, ALL & ~Pte.W);
  assert.equal(mmu.translate(VA, 0, Access.Write), -1);
  assert.equal(i32[at], makePte(frame, ALL & ~Pte.W));
});

test('a store into a frame with cached instructions misses the write TLB once, and drops them', () => {
  const { mmu, frame } = machine();
  const dropped: FrameNumber[] = [];
  mmu.frames.onCodeDropped((stale) => dropped.push(stale));
  assert(mmu.translate(VA, 0, Access.Write) > 0);
  mmu.markCode(frame);
  assert.equal(mmu.write.peek(VA, 0), -1);
  assert.deepEqual(dropped, []);
  assert(mmu.translate(VA, 0, Access.Write) > 0);
  assert.deepEqual(dropped, [frame]);
  assert.equal(mmu.write.peek(VA, 0), frame);
});
