import { accessSize, integerDestination, isAtomic, isLoad, isStore } from './operands.ts';
import type { Placed } from './region.ts';

/** Loads and stores of one block off one base register that are within a page of each other: one check is for all. */
export interface AccessGroup {
  readonly base: number;
  /** Positions in the block's body of the first and the last access. */
  readonly first: number;
  last: number;
  /** The bytes `[low, end)` from the base that are accessed; `low` is a multiple of `align`. */
  low: number;
  end: number;
  /** The largest access. */
  align: number;
  store: boolean;
  count: number;
}

/** Bytes that a group spans at most: beyond, it would often straddle two pages. */
const MAX_SPAN = 1024;
/** Instructions between two accesses of a group at most, which bounds how long its address is kept. */
const MAX_GAP = 16;

/** @param ungrouped addresses of accesses that must not start a group: their groups straddled pages before. */
export function accessGroups(body: readonly Placed[], ungrouped: ReadonlySet<number>): AccessGroup[] {
  const groups: AccessGroup[] = [];
  const open = new Map<number, AccessGroup>();
  body.forEach(({ va, instruction }, position) => {
    const { op, rs1, imm } = instruction;
    if ((isLoad(op) || isStore(op)) && rs1 !== 0) {
      const size = accessSize(op);
      const group = open.get(rs1);
      if (!group || !join(group, position, imm, size, isStore(op))) {
        open.delete(rs1);
        if (imm % size === 0 && !ungrouped.has(va)) {
          const started = { base: rs1, first: position, last: position, store: isStore(op), count: 1 };
          const made: AccessGroup = { ...started, low: imm, end: imm + size, align: size };
          groups.push(made);
          open.set(rs1, made);
        }
      }
    }
    if (isAtomic(op)) open.delete(rs1);
    const written = integerDestination(instruction);
    if (written !== 0) open.delete(31 - Math.clz32(written));
  });
  return groups.filter((group) => group.count > 1);
}

function join(group: AccessGroup, position: number, offset: number, size: number, store: boolean): boolean {
  const align = Math.max(group.align, size);
  const least = Math.min(group.low, offset);
  const low = least - (((least % align) + align) % align);
  const end = Math.max(group.end, offset + size);
  if (offset % size !== 0 || end - low > MAX_SPAN || position - group.last > MAX_GAP) return false;
  group.last = position;
  group.low = low;
  group.end = end;
  group.align = align;
  group.store ||= store;
  group.count++;
  return true;
}
