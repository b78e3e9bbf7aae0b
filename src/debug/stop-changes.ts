import { ChangeMarks } from '../inspect/changes/change-marks.ts';
import { changesLine } from '../inspect/changes/change-text.ts';
import { ChangeTracker } from '../inspect/changes/change-tracker.ts';
import { changesView, NO_CHANGES, type ChangesAsked } from '../inspect/changes/changes-view.ts';
import type { CowLedger } from '../inspect/cow-ledger.ts';
import type { ChangesView } from '../inspect/view.ts';
import type { Machine } from '../machine/machine.ts';
import { toHex } from '../memory/address.ts';
import { namesText } from '../program/names/memory-name.ts';
import type { MemoryNames } from '../program/names/memory-names.ts';

/** Characters of the names of what lies in a page, in the line. */
const LONGEST_NAMES = 48;

/** What has changed since the last stop, with the names of what lies there. */
export class StopChanges {
  readonly tracker: ChangeTracker;
  readonly marks: ChangeMarks;
  readonly #machine: Machine;
  readonly #names: MemoryNames;

  constructor(machine: Machine, ledger: CowLedger, names: MemoryNames) {
    this.#machine = machine;
    this.#names = names;
    this.tracker = new ChangeTracker(machine, ledger);
    this.marks = new ChangeMarks(machine, ledger, this.tracker);
  }

  /** In a line; `undefined` where nothing has changed, and at the first stop. */
  line(pid: number): string | undefined {
    const { changes } = this.tracker;
    return (
      changes &&
      changesLine(changes, pid, (whose, va) => {
        const names = this.#namesOf(whose, va);
        return names.length > 0 ? `${toHex(va)} ${shortNames(names)}` : toHex(va);
      })
    );
  }

  /** For views; the line as {@link line} has it. */
  view(pid: number, asked: ChangesAsked): ChangesView {
    const { changes } = this.tracker;
    if (!changes) return NO_CHANGES;
    const text = this.line(pid);
    const view = changesView(changes, this.marks, (whose, va) => this.#namesOf(whose, va), asked);
    return { ...view, ...(text === undefined ? {} : { text }) };
  }

  #namesOf(pid: number, va: number): readonly string[] {
    const process = this.#machine.process(pid);
    return process ? this.#names.page(process, va) : [];
  }
}

/** Two names, or one where they are long; of a very long one the beginning. */
function shortNames(names: readonly string[]): string {
  const text = [namesText(names, 2), namesText(names, 1)].find(({ length }) => length <= LONGEST_NAMES);
  if (text !== undefined) return text;
  const words = names[0].slice(0, LONGEST_NAMES);
  return `${words.slice(0, Math.max(words.lastIndexOf(' '), words.lastIndexOf(',')) + 1 || undefined).replace(/[ ,]+$/, '')}…`;
}
