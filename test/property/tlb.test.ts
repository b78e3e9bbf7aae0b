import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { GuestMemory } from '../../src/memory/guest-memory.ts';
import { TLB_ENTRY_SIZE, memoryLayout } from '../../src/memory/layout.ts';
import { Tlb } from '../../src/memory/tlb.ts';

const word = fc.integer({ min: -(2 ** 31), max: 2 ** 31 - 1 });

/** The look-up of generated code, as tlb.ts describes it: the offset into RAM, or -1 for a miss. */
function lookUp(memory: GuestMemory, base: number, lo: number, hi: number): number {
  const { tlbEntries, ramSpan } = memory.layout;
  const entry = (base >>> 2) + ((lo >>> 12) & (tlbEntries - 1)) * (TLB_ENTRY_SIZE / 4);
  const offset = (lo ^ memory.i32[entry]) >>> 0;
  return memory.i32[entry + 1] === hi && offset < ramSpan ? offset : -1;
}

function tlbOf(ramSize: number): { tlb: Tlb; memory: GuestMemory; base: number } {
  const memory = new GuestMemory(ramSize);
  const base = memory.layout.tlbRead;
  return { tlb: new Tlb(memory, base), memory, base };
}

for (const ramSize of [0x4_0000, 0x5_0000, 0x100_0000]) {
  const { ramSpan } = memoryLayout(ramSize);

  test(`with ${ramSize} bytes of RAM an empty entry misses for every address`, () => {
    const { tlb, memory, base } = tlbOf(ramSize);
    fc.assert(
      fc.property(word, fc.oneof(fc.constant(0), word), (lo, hi) => {
        assert.equal(lookUp(memory, base, lo, hi), -1);
        assert.equal(tlb.peek(lo, hi), -1);
      }),
    );
    for (let page = 0; page < memory.layout.tlbEntries * 2; page++)
      assert.equal(lookUp(memory, base, page << 12, 0), -1);
    assert.deepEqual([...tlb.cached()], []);
  });

  test(`with ${ramSize} bytes of RAM the TLB finds what was filled last at each index, and nothing else`, () => {
    const access = fc.record({
      step: fc.constantFrom('fill', 'fill', 'fill', 'fill', 'page', 'all'),
      // Few pages, so that entries are filled again, flushed, and contended by other tags.
      lo: fc.oneof(
        fc.nat(7).map((page) => page << 12),
        fc.tuple(fc.nat(7), fc.nat(3)).map(([page, tag]) => ((page << 12) + tag * ramSpan * 2) | 0),
        word,
      ),
      hi: fc.oneof(fc.nat(2), fc.nat(0x7fff)),
      frame: fc.integer({ min: 1, max: ramSize / 4096 - 1 }),
      // Neighbours, as a loop over memory fills them.
      count: fc.oneof({ weight: 9, arbitrary: fc.constant(1) }, fc.integer({ min: 2, max: 200 })),
    });
    fc.assert(
      fc.property(fc.array(access, { maxLength: 200, size: 'max' }), (steps) => {
        const { tlb, memory, base } = tlbOf(ramSize);
        const entries = memory.layout.tlbEntries;
        const model = new Map<number, { lo: number; hi: number; frame: number }>();
        for (const { step, lo, hi, frame, count } of steps) {
          const index = (lo >>> 12) & (entries - 1);
          if (step === 'fill') {
            for (let page = 0; page < count; page++) {
              const next = (lo + page * 4096) | 0;
              tlb.fill(next, hi, frame);
              model.set((next >>> 12) & (entries - 1), { lo: next & ~0xfff, hi, frame });
            }
          } else if (step === 'page') {
            tlb.flushPage(lo);
            model.delete(index);
          } else {
            tlb.flush();
            model.clear();
          }
          const found = model.get(index);
          const isHit = found?.lo === (lo & ~0xfff) && found.hi === hi;
          assert.equal(lookUp(memory, base, lo, hi), isHit ? found.frame * 4096 + (lo & 0xfff) : -1);
          assert.equal(tlb.peek(lo, hi), isHit ? found.frame : -1);
          for (const held of model.values()) {
            assert.equal(tlb.peek(held.lo, held.hi + 1), -1);
            assert.equal(tlb.peek(held.lo | 0x123, held.hi), held.frame);
            assert.equal(lookUp(memory, base, held.lo, held.hi), held.frame * 4096);
            assert.equal(lookUp(memory, base, held.lo, held.hi + 1), -1);
            assert.equal(lookUp(memory, base, held.lo ^ (ramSpan * 2), held.hi), -1);
          }
        }
        const unique = new Map([...tlb.cached()].map((held) => [`${held.lo} ${held.hi}`, held.frame]));
        assert.deepEqual(
          [...unique].sort(),
          [...model.values()].map(({ lo, hi, frame }) => [`${lo} ${hi}`, frame]).sort(),
        );
      }),
    );
  });
}

test('a TLB that was filled more often than it has entries starts over', () => {
  const { tlb, memory } = tlbOf(0x4_0000);
  const { tlbEntries } = memory.layout;
  for (let round = 0; round < tlbEntries * 3 + 1; round++) tlb.fill(0x5000, round, 3);
  assert.equal(tlb.peek(0x5000, tlbEntries * 3), 3);
  for (let round = 0; round < tlbEntries; round++) tlb.fill(0x5000, round, 3);
  tlb.fill(0x6000, 0, 4);
  tlb.flush();
  assert.deepEqual([tlb.peek(0x5000, tlbEntries - 1), tlb.peek(0x6000, 0)], [-1, -1]);
});
