import { Damaged } from '../byte-cursor.ts';
import type { AddressRange } from '../range-index.ts';
import { RangeEntry } from './constants.ts';
import type { Unit } from './unit.ts';

/** All bits set, as a double: in DWARF 4 lists the pair that sets a new base address. */
export const ALL_ONES = 2 ** 64;

/** Reads a range list: .debug_rnglists (DWARF 5, 2.17.3), or .debug_ranges of earlier versions. */
export function readRanges(unit: Unit, offset: number): AddressRange[] {
  return unit.version >= 5 ? readNewList(unit, offset) : readOldList(unit, offset);
}

function readOldList(unit: Unit, offset: number): AddressRange[] {
  const { sections } = unit.file;
  const cursor = sections.cursor('ranges', offset);
  const ranges: AddressRange[] = [];
  let base = unit.baseAddress;
  for (;;) {
    sections.effort.spend(1);
    const low = cursor.u64();
    const high = cursor.u64();
    if (low === 0 && high === 0) return ranges;
    if (low === ALL_ONES) base = high;
    else if (low < high) ranges.push({ low: base + low, high: base + high });
  }
}

function readNewList(unit: Unit, offset: number): AddressRange[] {
  const { sections } = unit.file;
  const cursor = sections.cursor('rnglists', offset);
  const ranges: AddressRange[] = [];
  const add = (low: number, high: number): void => {
    if (low < high) ranges.push({ low, high });
  };
  let base = unit.baseAddress;
  for (;;) {
    sections.effort.spend(1);
    const kind = cursor.u8() as RangeEntry;
    switch (kind) {
      case RangeEntry.EndOfList:
        return ranges;
      case RangeEntry.BaseAddressx:
        base = unit.indexedAddress(cursor.uleb());
        break;
      case RangeEntry.StartxEndx: {
        const low = unit.indexedAddress(cursor.uleb());
        add(low, unit.indexedAddress(cursor.uleb()));
        break;
      }
      case RangeEntry.StartxLength: {
        const low = unit.indexedAddress(cursor.uleb());
        add(low, low + cursor.uleb());
        break;
      }
      case RangeEntry.OffsetPair: {
        const low = base + cursor.uleb();
        add(low, base + cursor.uleb());
        break;
      }
      case RangeEntry.BaseAddress:
        base = cursor.unsigned(unit.addressSize);
        break;
      case RangeEntry.StartEnd: {
        const low = cursor.unsigned(unit.addressSize);
        add(low, cursor.unsigned(unit.addressSize));
        break;
      }
      case RangeEntry.StartLength: {
        const low = cursor.unsigned(unit.addressSize);
        add(low, low + cursor.uleb());
        break;
      }
      default:
        throw new Damaged(`.debug_rnglists has the unknown entry ${String(kind)}`);
    }
  }
}
