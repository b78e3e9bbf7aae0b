import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { PAGE_SIZE, virtAddr, type VirtAddr } from '../../src/memory/address.ts';
import { MappingList, STACK_GUARD_GAP } from '../../src/platform/mapping-list.ts';
import type { Mapping } from '../../src/platform/mapping.ts';
import type { MemoryObject } from '../../src/platform/memory-object.ts';

const PAGES = 32;
const GUARD = STACK_GUARD_GAP / PAGE_SIZE;
/** Lists compare objects by identity and never use them. */
const OBJECTS = [{ name: 'a' }, { name: 'b' }] as unknown as MemoryObject[];

const kind = fc.record({
  permissions: fc.constantFrom(2, 6),
  maximum: fc.constantFrom(10, 14),
  sharing: fc.constantFrom('private' as const, 'shared' as const),
  growth: fc.constantFrom('fixed' as const, 'fixed' as const, 'down' as const),
  object: fc.constantFrom(undefined, ...OBJECTS),
  name: fc.constantFrom('', '[heap]'),
});
const place = fc.record({ start: fc.nat(PAGES - 1), pages: fc.integer({ min: 1, max: 8 }) });
/** `objectPage` follows the address more often than not, so that neighbours merge. */
const edit = fc.record({ place, inside: fc.option(fc.record({ kind, shift: fc.constantFrom(0, 0, 0, 1) })) });

interface PageOfMapping {
  readonly kind: Omit<Mapping, 'start' | 'end' | 'offset'>;
  readonly offset: number;
}

function va(page: number): VirtAddr {
  return virtAddr((page + 300) * PAGE_SIZE);
}

function mapping(start: number, pages: number, of: PageOfMapping['kind'], shift = 0): Mapping {
  const offset = of.object ? (start + shift) * PAGE_SIZE : 0;
  return { ...of, start: va(start), end: va(start + pages), offset };
}

/** The list and its oracle, a map from page to mapping, after the same edits. */
function build(
  edits: readonly {
    place: { start: number; pages: number };
    inside: { kind: PageOfMapping['kind']; shift: number } | null;
  }[],
): {
  list: MappingList;
  pages: Map<number, PageOfMapping>;
} {
  let list = MappingList.EMPTY;
  const pages = new Map<number, PageOfMapping>();
  for (const { place, inside } of edits) {
    const range = { start: va(place.start), end: va(place.start + place.pages) };
    const before = list;
    const result = list.replace(range, inside ? [mapping(place.start, place.pages, inside.kind, inside.shift)] : []);
    list = result.list;
    for (let page = place.start; page < place.start + place.pages; page++)
      if (inside)
        pages.set(page, { kind: inside.kind, offset: inside.kind.object ? (page + inside.shift) * PAGE_SIZE : 0 });
      else pages.delete(page);
    const kept = before.mappings.filter((old) => !result.removed.includes(old));
    assert.deepEqual(
      [...kept, ...result.added].sort((a, b) => a.start - b.start),
      list.mappings,
      'what left and what came make up the difference',
    );
  }
  return { list, pages };
}

test('a list is what a map of its pages says, sorted, and no two neighbours could be one', () => {
  fc.assert(
    fc.property(fc.array(edit, { maxLength: 30 }), (edits) => {
      const { list, pages } = build(edits);
      const expected: Mapping[] = [];
      for (const [page, { kind, offset }] of [...pages].sort(([a], [b]) => a - b)) {
        const previous = expected.at(-1);
        const size = previous ? previous.end - previous.start : 0;
        const { start, offset: first, ...rest } = previous ?? mapping(0, 1, kind);
        const continues =
          previous?.end === va(page) &&
          JSON.stringify({ ...rest, ...kind }) === JSON.stringify(rest) &&
          (!kind.object || first + size === offset);
        if (previous && continues) expected[expected.length - 1] = { ...previous, start, end: va(page + 1) };
        else expected.push({ ...kind, start: va(page), end: va(page + 1), offset });
      }
      assert.deepEqual(list.mappings, expected);
    }),
    { numRuns: 300 },
  );
});

test('look-ups answer as a map of pages does', () => {
  fc.assert(
    fc.property(fc.array(edit, { maxLength: 20 }), place, (edits, { start, pages: count }) => {
      const { list, pages } = build(edits);
      const range = { start: va(start), end: va(start + count) };
      const numbers = Array.from({ length: count }, (_, index) => start + index);
      for (const number of numbers) {
        const found = list.find(va(number) + 123);
        assert.equal(found !== undefined, pages.has(number));
        if (found)
          assert(found.start <= va(number) && va(number) < found.end && found.name === pages.get(number)!.kind.name);
      }
      assert.equal(list.isFree(range), !numbers.some((number) => pages.has(number)));
      assert.equal(
        list.covers(range),
        numbers.every((number) => pages.has(number)),
      );
      const within = list.within(range);
      assert.equal(
        within.reduce((sum, part) => sum + (part.end - part.start) / PAGE_SIZE, 0),
        numbers.filter((number) => pages.has(number)).length,
      );
      for (const part of within)
        assert.equal(part.offset, pages.get(part.start / PAGE_SIZE - 300)!.offset, 'a part starts where it is cut');
    }),
    { numRuns: 300 },
  );
});

test('the gap found is the highest that is free and respects the guard gaps', () => {
  fc.assert(
    fc.property(
      fc.array(edit, { maxLength: 20 }),
      fc.integer({ min: 1, max: 12 }),
      fc.integer({ min: -300, max: PAGES }),
      fc.integer({ min: 0, max: 400 }),
      (edits, length, low, room) => {
        const { list, pages } = build(edits);
        const isTaken = (page: number): boolean => {
          if (pages.has(page)) return true;
          // The next mapping above may be a stack, which reserves what lies below it.
          for (let above = page + 1; above <= page + GUARD; above++)
            if (pages.has(above)) return pages.get(above)!.kind.growth === 'down';
          return false;
        };
        let expected: number | undefined;
        for (let start = low + room - length; start >= low && expected === undefined; start--) {
          let free = true;
          for (let page = start; page < start + length && free; page++) free = !isTaken(page);
          if (free) expected = va(start);
        }
        assert.equal(list.findGap(length * PAGE_SIZE, va(low), va(low + room)), expected);
      },
    ),
    { numRuns: 300 },
  );
});

test('an edit leaves the list that it is made from as it was', () => {
  const { list } = build([{ place: { start: 0, pages: 4 }, inside: { kind: KIND, shift: 0 } }]);
  const before = [...list.mappings];
  const range = { start: va(1), end: va(2) };
  assert.equal(list.replace(range, []).list.mappings.length, 2);
  assert.deepEqual(list.mappings, before);
});

test('removing a hole in the middle and filling it again gives the one mapping back', () => {
  const { list } = build([
    { place: { start: 0, pages: 4 }, inside: { kind: { ...KIND, object: OBJECTS[0] }, shift: 0 } },
  ]);
  const range = { start: va(1), end: va(2) };
  const hole = list.within(range);
  const again = list.replace(range, []).list.replace(range, hole);
  assert.deepEqual(again.list.mappings, list.mappings);
  assert.deepEqual([again.removed.length, again.added.length], [2, 1]);
});

const KIND = { permissions: 6, maximum: 14, sharing: 'private', growth: 'fixed', object: undefined, name: '' } as const;
