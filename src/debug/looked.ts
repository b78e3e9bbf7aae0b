import type { ChangeMarks } from '../inspect/changes/change-marks.ts';
import type { CowLedger } from '../inspect/cow-ledger.ts';
import type { Machine } from '../machine/machine.ts';
import type { MemoryNames } from '../program/names/memory-names.ts';

/** What views of a stopped program are made of. */
export interface Looked {
  readonly machine: Machine;
  /** Since when pages are shared. */
  readonly ledger: CowLedger;
  /** What lies where. */
  readonly names: MemoryNames;
  /** What is different since the last stop. */
  readonly marks: ChangeMarks;
}
