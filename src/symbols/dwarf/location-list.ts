import { Damaged } from '../byte-cursor.ts';
import { LocationEntry, SplitLocationEntry } from './constants.ts';
import { ALL_ONES } from './ranges.ts';
import type { Unit } from './unit.ts';

/** The expression that holds at `pc` in a location list (DWARF 5, 2.6.2; DWARF 4's .debug_loc), if one does. */
export function findLocation(unit: Unit, offset: number, pc: number): Uint8Array | undefined {
  if (unit.version >= 5) return findInNewList(unit, offset, pc);
  return unit.isSplit ? findInSplitList(unit, offset, pc) : findInOldList(unit, offset, pc);
}

function findInOldList(unit: Unit, offset: number, pc: number): Uint8Array | undefined {
  const { sections } = unit.file;
  const cursor = sections.cursor('loc', offset);
  let base = unit.baseAddress;
  for (;;) {
    sections.effort.spend(1);
    const low = cursor.u64();
    const high = cursor.u64();
    if (low === 0 && high === 0) return undefined;
    if (low === ALL_ONES) {
      base = high;
      continue;
    }
    const expression = cursor.block(cursor.u16());
    if (pc >= base + low && pc < base + high) return expression;
  }
}

/** GNU's lists in .debug_loc.dwo: as those of DWARF 5, with other numbers and lengths. */
function findInSplitList(unit: Unit, offset: number, pc: number): Uint8Array | undefined {
  const { sections } = unit.file;
  const cursor = sections.cursor('loc', offset);
  let base = unit.baseAddress;
  for (;;) {
    sections.effort.spend(1);
    const kind = cursor.u8() as SplitLocationEntry;
    let low: number;
    let high: number;
    switch (kind) {
      case SplitLocationEntry.EndOfList:
        return undefined;
      case SplitLocationEntry.BaseAddress:
        base = unit.indexedAddress(cursor.uleb());
        continue;
      case SplitLocationEntry.StartEnd:
        low = unit.indexedAddress(cursor.uleb());
        high = unit.indexedAddress(cursor.uleb());
        break;
      case SplitLocationEntry.StartLength:
        low = unit.indexedAddress(cursor.uleb());
        high = low + cursor.u32();
        break;
      case SplitLocationEntry.OffsetPair:
        low = base + cursor.u32();
        high = base + cursor.u32();
        break;
      default:
        throw new Damaged(`.debug_loc.dwo has the unknown entry ${String(kind)}`);
    }
    const expression = cursor.block(cursor.u16());
    if (pc >= low && pc < high) return expression;
  }
}

function findInNewList(unit: Unit, offset: number, pc: number): Uint8Array | undefined {
  const { sections } = unit.file;
  const cursor = sections.cursor('loclists', offset);
  let base = unit.baseAddress;
  let otherwise: Uint8Array | undefined;
  for (;;) {
    sections.effort.spend(1);
    const kind = cursor.u8() as LocationEntry;
    let low: number;
    let high: number;
    switch (kind) {
      case LocationEntry.EndOfList:
        return otherwise;
      case LocationEntry.BaseAddressx:
        base = unit.indexedAddress(cursor.uleb());
        continue;
      case LocationEntry.BaseAddress:
        base = cursor.unsigned(unit.addressSize);
        continue;
      case LocationEntry.ViewPair:
        cursor.uleb();
        cursor.uleb();
        continue;
      case LocationEntry.DefaultLocation:
        otherwise = cursor.block(cursor.uleb());
        continue;
      case LocationEntry.StartxEndx:
        low = unit.indexedAddress(cursor.uleb());
        high = unit.indexedAddress(cursor.uleb());
        break;
      case LocationEntry.StartxLength:
        low = unit.indexedAddress(cursor.uleb());
        high = low + cursor.uleb();
        break;
      case LocationEntry.OffsetPair:
        low = base + cursor.uleb();
        high = base + cursor.uleb();
        break;
      case LocationEntry.StartEnd:
        low = cursor.unsigned(unit.addressSize);
        high = cursor.unsigned(unit.addressSize);
        break;
      case LocationEntry.StartLength:
        low = cursor.unsigned(unit.addressSize);
        high = low + cursor.uleb();
        break;
      default:
        throw new Damaged(`.debug_loclists has the unknown entry ${String(kind)}`);
    }
    const expression = cursor.block(cursor.uleb());
    if (pc >= low && pc < high) return expression;
  }
}
