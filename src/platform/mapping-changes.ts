import type { AddressRange, VirtAddr } from '../memory/address.ts';
import type { Mapping } from './mapping.ts';

/** Longer parts of two lists are taken as changed altogether. */
const LONGEST = 64;

/** Where pages may look wrong in a list of mappings that looked right in another: few ranges, which may be too large. */
export function changedRanges(before: readonly Mapping[], now: readonly Mapping[]): AddressRange[] {
  let first = 0;
  while (first < before.length && first < now.length && before[first] === now[first]) first++;
  let same = 0;
  while (same < before.length - first && same < now.length - first && before.at(-1 - same) === now.at(-1 - same))
    same++;
  const old = before.slice(first, before.length - same);
  const fresh = now.slice(first, now.length - same);
  if (old.length + fresh.length > LONGEST) return [extentOf([...old, ...fresh])];
  return [
    ...fresh.flatMap((mapping) =>
      without(
        mapping,
        old.filter((other) => looksLike(mapping, other)),
      ),
    ),
    ...old.flatMap((mapping) => without(mapping, fresh)),
  ];
}

/** Whether a page that both mappings have looks right in both or in neither. */
function looksLike(one: Mapping, other: Mapping): boolean {
  return (
    one.permissions === other.permissions &&
    one.sharing === other.sharing &&
    one.object === other.object &&
    (!one.object || one.offset - one.start === other.offset - other.start)
  );
}

/** What is left of a range without others. */
function without(range: AddressRange, others: readonly AddressRange[]): AddressRange[] {
  return others.reduce<AddressRange[]>(
    (left, { start, end }) =>
      left.flatMap((part) =>
        [
          { start: part.start, end: Math.min(part.end, start) as VirtAddr },
          { start: Math.max(part.start, end) as VirtAddr, end: part.end },
        ].filter((rest) => rest.start < rest.end),
      ),
    [{ start: range.start, end: range.end }],
  );
}

function extentOf(mappings: readonly Mapping[]): AddressRange {
  let { start, end } = mappings[0];
  for (const mapping of mappings) {
    if (mapping.start < start) start = mapping.start;
    if (mapping.end > end) end = mapping.end;
  }
  return { start, end };
}
