import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { NO_FRAME, PAGE_SIZE, highWord, type FrameNumber } from '../../src/memory/address.ts';
import { FrameTable, FrameUse } from '../../src/memory/frames.ts';
import { GuestMemory } from '../../src/memory/guest-memory.ts';
import { Access, Mmu } from '../../src/memory/mmu.ts';
import { PageTables, SV39, SV48, type PagingMode } from '../../src/memory/page-table.ts';
import { Pte, makePte, pteFrame } from '../../src/memory/pte.ts';

const PAGE = BigInt(PAGE_SIZE);

/**
 * "Virtual Address Translation Process" of the privileged manual, for a user-mode access and hardware updating of A and
 * D. Steps are those of the manual; leaves above level 0 are refused, because spaces have none.
 * @returns the physical address and what the entry becomes, or `undefined` for a page fault.
 */
function translateByTheManual(
  readPte: (address: bigint) => bigint,
  rootPpn: bigint,
  va: bigint,
  access: Access,
  levels: number,
): { pa: bigint; pte: bigint } | undefined {
  // Bits above the translated ones must all equal the highest translated one.
  const width = BigInt(12 + 9 * levels);
  const sign = (va >> (width - 1n)) & 1n;
  const upper = va >> width;
  if (upper !== (sign ? (1n << (64n - width)) - 1n : 0n)) return undefined;
  let a = rootPpn * PAGE;
  for (let i = levels - 1; i >= 0; i--) {
    const vpn = (va >> BigInt(12 + 9 * i)) & 0x1ffn;
    const pte = readPte(a + vpn * 8n);
    const bit = (index: number): boolean => ((pte >> BigInt(index)) & 1n) === 1n;
    const [v, r, w, x, u] = [bit(0), bit(1), bit(2), bit(3), bit(4)];
    if (!v || (!r && w)) return undefined;
    if (!r && !x) {
      a = ((pte >> 10n) & 0xfff_ffff_ffffn) * PAGE;
      continue;
    }
    if (i > 0 || !u) return undefined;
    const allowed = access === Access.Read ? r : access === Access.Write ? w : x;
    if (!allowed) return undefined;
    const pa = ((pte >> 10n) & 0xfff_ffff_ffffn) * PAGE + (va & 0xfffn);
    return { pa, pte: pte | 0x40n | (access === Access.Write ? 0x80n : 0n) };
  }
  return undefined;
}

interface Entry {
  readonly va: number;
  readonly permissions: number;
  readonly user: boolean;
}

/** Addresses that share tables of every level with one another, and some that do not. */
function address(mode: PagingMode): fc.Arbitrary<number> {
  const last = mode.userEnd / PAGE_SIZE - 1;
  return fc.oneof(
    fc.nat(1023).map((page) => page * PAGE_SIZE),
    fc.tuple(fc.nat(3), fc.nat(3)).map(([high, page]) => high * 2 ** 30 + 511 * PAGE_SIZE + page * PAGE_SIZE),
    fc.maxSafeNat().map((page) => (page % (last + 1)) * PAGE_SIZE),
    fc.nat(3).map((page) => (last - page) * PAGE_SIZE),
  );
}

/** Combinations of R, W and X that a PTE may have: W without R is reserved. */
const permissions = fc.constantFrom(2, 6, 8, 10, 14);

function entry(mode: PagingMode): fc.Arbitrary<Entry> {
  return fc.record({ va: address(mode), permissions, user: fc.boolean() });
}

function build(mode: PagingMode, entries: readonly Entry[]): { mmu: Mmu; tables: PageTables; root: FrameNumber } {
  const frames = new FrameTable(new GuestMemory(4 * 2 ** 20));
  const tables = new PageTables(frames, mode);
  const mmu = new Mmu(frames, tables);
  const root = tables.createRoot();
  for (const { va, permissions, user } of entries) {
    const at = tables.ensureLeaf(root, va);
    if (at < 0 || frames.memory.i32[at] !== 0) continue;
    const frame = frames.allocate(FrameUse.Private);
    if (frame !== NO_FRAME) frames.memory.i32[at] = makePte(frame, Pte.V | permissions | (user ? Pte.U : 0));
  }
  mmu.activate(root);
  return { mmu, tables, root };
}

for (const mode of [SV39, SV48])
  test(`${mode.name}: the MMU translates as the privileged manual says, and sets A and D as it says`, () => {
    fc.assert(
      fc.property(
        fc.array(entry(mode), { minLength: 1, maxLength: 40 }),
        fc.array(
          fc.record({
            va: address(mode),
            near: fc.nat(39),
            useNear: fc.boolean(),
            offset: fc.nat(4095),
            upper: fc.constantFrom(0, 0, 0, 0, 2 ** 47, 2 ** 48, 2 ** 52, 2 ** 63, -1),
            access: fc.constantFrom(Access.Read, Access.Write, Access.Execute),
          }),
          { minLength: 1, maxLength: 40 },
        ),
        (entries, accesses) => {
          const { mmu, root } = build(mode, entries);
          const { memory } = mmu.frames;
          const ram = BigInt(memory.layout.ram);
          const readPte = (address: bigint): bigint => memory.u64[Number((ram + address) / 8n)];
          for (const { va, near, useNear, offset, upper, access } of accesses) {
            const page = useNear ? entries[near % entries.length].va : va;
            // -1: the same low bits in the supervisor's half, where every higher bit is set.
            const wide = BigInt.asUintN(
              64,
              upper === -1 ? BigInt(page) - BigInt(mode.userEnd) : BigInt(page) + BigInt(upper),
            );
            const lo = Number(wide & 0xffff_ffffn) | offset | 0;
            const hi = Number(wide >> 32n) | 0;
            const expected = translateByTheManual(readPte, BigInt(root), wide + BigInt(offset), access, mode.levels);
            const at = expected && mmu.tables.findLeaf(root, page);
            const tables = memory.u8.slice(memory.layout.ram);
            const frame = mmu.translate(lo, hi, access);
            if (!expected) {
              assert.equal(frame, -1);
              assert.equal(
                Buffer.compare(tables, memory.u8.subarray(memory.layout.ram)),
                0,
                'a refusal changes nothing',
              );
              continue;
            }
            assert.equal(BigInt(frame) * PAGE + BigInt(offset), expected.pa);
            assert.equal(BigInt(memory.u32[at!]), expected.pte);
            const tlb = { [Access.Read]: mmu.read, [Access.Write]: mmu.write, [Access.Execute]: mmu.execute }[access];
            assert.equal(tlb.peek(lo, hi), frame);
          }
        },
      ),
      { numRuns: 60 },
    );
  });

test('walk shows the entries that the hardware reads, from the root to where it ends', () => {
  const { tables, root } = build(SV48, [{ va: 2 ** 40 + 5 * PAGE_SIZE, permissions: 6, user: true }]);
  const walk = tables.walk(root, 2 ** 40 + 5 * PAGE_SIZE + 9);
  assert.deepEqual(
    walk.map(({ level, index }) => [level, index]),
    [
      [3, 2],
      [2, 0],
      [1, 0],
      [0, 5],
    ],
  );
  assert.equal(walk[0].table, root);
  for (let step = 1; step < walk.length; step++) assert.equal(walk[step].table, pteFrame(walk[step - 1].pte));
  assert.equal(walk[3].pte & 0x3ff, Pte.V | Pte.U | Pte.R | Pte.W);
  const absent = tables.walk(root, 2 ** 40 + 2 ** 21);
  assert.deepEqual([absent.length, absent.at(-1)!.pte], [3, 0]);
});

test('leaves are visited in order and within the range, tables are pruned when they are empty', () => {
  fc.assert(
    fc.property(fc.array(entry(SV39), { maxLength: 30 }), address(SV39), address(SV39), (entries, one, other) => {
      const { tables, root } = build(SV39, entries);
      const { frames } = tables;
      const [start, end] = [Math.min(one, other), Math.max(one, other)];
      const present = [...new Set(entries.map(({ va }) => va))].sort((a, b) => a - b);
      const visited: number[] = [];
      const inside = present.filter((va) => va >= start && va < end);
      tables.forEachLeaf(root, start, end, (at, va, pte) => {
        assert.equal(at, tables.findLeaf(root, va));
        visited.push(va);
        frames.memory.i32[at] = 0;
        frames.release(pteFrame(pte));
      });
      assert.deepEqual(visited, inside);
      tables.prune(root, start, end);
      const left = present.filter((va) => va < start || va >= end);
      const needed = 1 + new Set(left.map((va) => Math.floor(va / 2 ** 30))).size;
      assert.equal(frames.used, left.length + needed + new Set(left.map((va) => Math.floor(va / 2 ** 21))).size);
      tables.forEachLeaf(root, 0, SV39.userEnd, (_at, va) => assert(left.includes(va)));
      tables.destroy(root);
      assert.equal(frames.used, 0);
    }),
    { numRuns: 60 },
  );
});

test('making tables for an address succeeds or changes nothing', () => {
  const frames = new FrameTable(new GuestMemory(64 * PAGE_SIZE));
  const tables = new PageTables(frames, SV48);
  const root = tables.createRoot();
  while (frames.available > 2) frames.allocate(FrameUse.Private);
  assert.equal(tables.ensureLeaf(root, 2 ** 40), -1);
  assert.equal(frames.available, 2);
  assert.deepEqual(tables.walk(root, 2 ** 40), [{ level: 3, table: root, index: 2, pte: 0 }]);
  assert.equal(tables.findLeaf(root, 2 ** 40), -1);
});

test("an empty MMU, and the half of the address space that is not the user's, translate nothing", () => {
  const { mmu } = build(SV39, [{ va: 0, permissions: 6, user: true }]);
  assert(mmu.translate(0, 0, Access.Read) > 0);
  for (const va of [SV39.userEnd, 2 ** 38 + PAGE_SIZE, 2 ** 46])
    assert.equal(mmu.translate(va | 0, highWord(va), Access.Read), -1);
  assert.equal(mmu.translate(0, -1, Access.Read), -1);
  mmu.activate(NO_FRAME);
  assert.equal(mmu.translate(0, 0, Access.Read), -1);
});
