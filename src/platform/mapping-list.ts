import { PAGE_SIZE, type AddressRange, type VirtAddr } from '../memory/address.ts';
import type { Mapping } from './mapping.ts';

/** Bytes kept free below a stack (Linux's stack_guard_gap). */
export const STACK_GUARD_GAP = 256 * PAGE_SIZE;

/** An edit of a list: what left it and what is new in it. What is in neither is the same object as before. */
export interface MappingEdit {
  readonly list: MappingList;
  readonly removed: readonly Mapping[];
  readonly added: readonly Mapping[];
}

/** The mappings of an image: sorted, disjoint, and no two neighbours that could be one. Immutable. */
export class MappingList {
  static readonly EMPTY = new MappingList([]);

  private constructor(readonly mappings: readonly Mapping[]) {}

  /** Index of the first mapping that ends above `va`: the one that holds it, or the next one. */
  indexAbove(va: number): number {
    return indexAbove(this.mappings, va);
  }

  find(va: number): Mapping | undefined {
    const mapping = this.mappings[this.indexAbove(va)];
    return mapping && mapping.start <= va ? mapping : undefined;
  }

  isFree(range: AddressRange): boolean {
    const next = this.mappings[this.indexAbove(range.start)];
    return !next || next.start >= range.end;
  }

  /** The parts of the mappings that lie in `range`. */
  within(range: AddressRange): Mapping[] {
    const parts: Mapping[] = [];
    for (let index = this.indexAbove(range.start); index < this.mappings.length; index++) {
      const mapping = this.mappings[index];
      if (mapping.start >= range.end) break;
      parts.push(clip(mapping, range.start, range.end));
    }
    return parts;
  }

  /** Whether every page of the range is mapped. */
  covers(range: AddressRange): boolean {
    let at: number = range.start;
    for (let index = this.indexAbove(at); at < range.end; index++) {
      const mapping = this.mappings[index];
      if (!mapping || mapping.start > at) return false;
      at = mapping.end;
    }
    return true;
  }

  /** Puts `inside` (sorted, disjoint, within `range`) in the place of whatever was mapped in `range`. */
  replace(range: AddressRange, inside: readonly Mapping[]): MappingEdit {
    const old = this.mappings;
    // The neighbours that only touch the range take part, because they may merge with what is put there.
    let first = this.indexAbove(range.start);
    if (first > 0 && old[first - 1].end === range.start) first--;
    let last = this.indexAbove(range.end);
    if (last < old.length && old[last].start <= range.end) last++;

    const fresh: Mapping[] = [];
    for (let index = first; index < last && old[index].start < range.start; index++)
      append(fresh, clip(old[index], 0, range.start));
    for (const mapping of inside) append(fresh, mapping);
    for (let index = first; index < last; index++)
      if (old[index].end > range.end) append(fresh, clip(old[index], range.end, Infinity));

    const before = old.slice(first, last);
    // Copied as a block: there may be tens of thousands.
    const list = old.slice();
    list.splice(first, last - first, ...fresh);
    return {
      list: new MappingList(list),
      removed: before.filter((mapping) => !fresh.includes(mapping)),
      added: fresh.filter((mapping) => !before.includes(mapping)),
    };
  }

  /**
   * The highest free place for `length` bytes in `[low, high)`, as Linux's top-down mmap layout chooses it: what grows
   * down keeps its guard gap.
   */
  findGap(length: number, low: number, high: number): VirtAddr | undefined {
    for (let index = this.indexAbove(high) - 1; ; index--) {
      const above = this.mappings[index + 1];
      const top = above ? Math.min(high, reservedStart(above)) : high;
      const bottom = index >= 0 ? Math.max(low, this.mappings[index].end) : low;
      if (top - length >= bottom) return (top - length) as VirtAddr;
      if (index < 0 || this.mappings[index].end <= low) return undefined;
    }
  }
}

/** Index of the first of sorted, disjoint ranges that ends above `va`: the one that holds it, or the next one. */
export function indexAbove(ranges: readonly AddressRange[], va: number): number {
  let low = 0;
  let high = ranges.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (ranges[middle].end <= va) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** Where the pages that may not be given away below a mapping begin. */
function reservedStart(mapping: Mapping): number {
  return mapping.growth === 'down' ? Math.max(0, mapping.start - STACK_GUARD_GAP) : mapping.start;
}

function clip(mapping: Mapping, low: number, high: number): Mapping {
  const start = Math.max(mapping.start, low) as VirtAddr;
  const end = Math.min(mapping.end, high) as VirtAddr;
  if (start === mapping.start && end === mapping.end) return mapping;
  return { ...mapping, start, end, offset: mapping.object ? mapping.offset + (start - mapping.start) : 0 };
}

function append(list: Mapping[], mapping: Mapping): void {
  const previous = list.at(-1);
  if (previous && canMerge(previous, mapping)) list[list.length - 1] = { ...previous, end: mapping.end };
  else list.push(mapping);
}

function canMerge(left: Mapping, right: Mapping): boolean {
  return (
    left.end === right.start &&
    left.permissions === right.permissions &&
    left.maximum === right.maximum &&
    left.sharing === right.sharing &&
    left.growth === right.growth &&
    left.object === right.object &&
    left.name === right.name &&
    (!left.object || left.offset + (left.end - left.start) === right.offset)
  );
}
