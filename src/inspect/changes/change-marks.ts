import type { FrameNumber, VirtAddr } from '../../memory/address.ts';
import { pteFrame } from '../../memory/pte.ts';
import type { Machine } from '../../machine/machine.ts';
import type { BreakRecord, CowLedger } from '../cow-ledger.ts';
import type { ForkPair } from '../fork-pages.ts';
import type { ForkRecord } from '../fork-tree.ts';
import type { Changed, PageChangeKind } from '../view.ts';
import { plural } from '../words.ts';
import { countKinds, countsText } from './change-text.ts';
import type { Changes, ChangeTracker, MemoryChanges } from './change-tracker.ts';
import { placeKey } from './memory-state.ts';
import { changesWithin, endOf, entryChangeText, isUse, type PageChange } from './page-changes.ts';

const WORDS: Readonly<Record<PageChangeKind, string>> = {
  split: 'split now',
  'taken-over': 'taken over now',
  saved: 'written in place now, its bytes are saved',
  kept: 'put aside now: the child has written it',
  restored: 'put back now',
  mapped: 'mapped now',
  unmapped: 'unmapped now',
  replaced: 'another page now',
  protected: 'permissions changed now',
  shared: 'copy-on-write now',
  used: 'accessed now',
};

/** Says of rows of views what is different about them since the last stop. */
export class ChangeMarks {
  readonly #machine: Machine;
  readonly #ledger: CowLedger;
  readonly #tracker: ChangeTracker;
  /** Frames with another reference count than at the last stop, found when it is first asked. */
  #recounted: { readonly of: Changes; readonly marks: Uint8Array | undefined } | undefined;

  constructor(machine: Machine, ledger: CowLedger, tracker: ChangeTracker) {
    this.#machine = machine;
    this.#ledger = ledger;
    this.#tracker = tracker;
  }

  process(pid: number): Changed | undefined {
    const { changes } = this.#tracker;
    if (!changes) return undefined;
    const own = changes.processes.findLast((one) => one.pid === pid);
    if (own) return itself(own.text);
    const memory = this.#ledger.tree.memoryOfProcess(pid);
    if (memory === undefined) return undefined;
    const found = changes.memories.get(memory);
    const text = found ? insideText(found.pages, found.mappings.length) : '';
    if (text !== '') return { how: 'inside', text };
    const { inspector } = this.#machine;
    const marks = this.#recountedFrames(changes);
    const space = this.#machine.provider.label(this.#machine.process(pid)!.space!);
    const { root, range } = inspector.viewOf(space);
    return marks && inspector.tables.hasMarked(root, range.start, range.end, marks)
      ? { how: 'inside', text: 'reference counts changed' }
      : undefined;
  }

  /** @param recounted how many of its pages have another reference count */
  mapping(space: number, start: VirtAddr, end: VirtAddr, recounted: number): Changed | undefined {
    const found = this.#of(space);
    const own = found?.mappings.find(
      ({ mapping, kind }) => kind !== 'removed' && mapping.start === start && mapping.end === end,
    );
    return own ? itself(`${own.text} now`) : this.pages(space, start, end, recounted);
  }

  /** Several pages together; `recounted` as for a mapping. */
  pages(space: number, start: number, end: number, recounted: number): Changed | undefined {
    const found = this.#of(space);
    const text = found ? insideText(changesWithin(found.pages, start, end), 0) : '';
    if (text !== '') return { how: 'inside', text };
    return recounted > 0
      ? {
          how: 'inside',
          text: `reference ${recounted === 1 ? 'count of 1 page' : `counts of ${recounted} pages`} changed`,
        }
      : undefined;
  }

  page(space: number, va: VirtAddr, pte: number): Changed | undefined {
    const found = this.#of(space);
    const [change] = found ? changesWithin(found.pages, va, endOf(va)) : [];
    if (change && change.kind !== 'used') return itself(this.pageChange(this.#ledger.tree.memoryOf(space), change));
    if (found?.isNew) return undefined;
    const counts = this.recounts(space)?.(va, pte);
    return counts && counts.before !== counts.now
      ? itself(`references ${counts.before} before, ${counts.now} now`)
      : undefined;
  }

  /** Whether pages of a space, asked for in order, have other reference counts than at the last stop. */
  recounted(space: number): (va: VirtAddr, pte: number) => boolean {
    const recounts = this.recounts(space);
    return (va, pte) => {
      const counts = recounts?.(va, pte);
      return counts !== undefined && counts.before !== counts.now;
    };
  }

  /** A test of pages of a space, in order: their references at the last stop, and now; `undefined` at the first stop. */
  recounts(space: number): ((va: VirtAddr, pte: number) => { before: number; now: number }) | undefined {
    const tracker = this.#tracker;
    const before = tracker.changes && tracker.stateBefore(this.#ledger.tree.memoryOf(space));
    if (!before) return undefined;
    const { inspector, frames } = this.#machine;
    const { tables } = inspector;
    const { root } = inspector.viewOf(space);
    const isParked = inspector.isParked(space);
    const span = tables.span(1);
    let end = 0;
    let ofTable = { before: 0, now: 0 };
    return (va, pte) => {
      if (va >= end) {
        const base = va - (va % span);
        end = base + span;
        const at = isParked ? -1 : tables.findLeaf(root, va);
        const known = before.isParked ? undefined : before.tables.get(placeKey(0, base))?.frame;
        ofTable = {
          before: known === undefined ? 0 : Math.max(0, tracker.refcountBefore(known)! - 1),
          now: at < 0 ? 0 : Math.max(0, frames.refcounts[tables.tableOf(at)] - 1),
        };
      }
      const frame = pteFrame(pte);
      return {
        before: tracker.refcountBefore(frame)! + ofTable.before,
        now: frames.refcounts[frame] + ofTable.now,
      };
    };
  }

  /** An entry of a table of a space. */
  entry(space: number, level: number, start: number, pte: number, isLeaf: boolean): Changed | undefined {
    if (!this.#tracker.changes) return undefined;
    const was = this.#tracker.entryBefore(this.#machine.inspector.viewOf(space).root, level, start);
    if (was === undefined) return undefined;
    if (was !== pte && !isUse(was, pte)) return itself(`${entryChangeText(was, pte)} now`);
    if (isLeaf) return was === pte ? undefined : { how: 'used', text: `${entryChangeText(was, pte)} now` };
    return this.#insideTable(space, level, start);
  }

  fork(fork: ForkRecord): Changed | undefined {
    const { changes } = this.#tracker;
    if (!changes) return undefined;
    if (fork.id > this.#tracker.forksBefore) return itself('forked now');
    const written = this.#newBreaks().filter(({ forks }) => forks.includes(fork)).length;
    if (written > 0) return { how: 'inside', text: `${plural(written, 'page')} written now` };
    const end = changes.processes.findLast(({ pid, kind }) => pid === fork.child && kind !== 'started');
    return end && itself(`pid ${fork.child} ${end.text}`);
  }

  broken(record: BreakRecord): Changed | undefined {
    return this.#tracker.changes && this.#newBreaks().includes(record) ? itself('written now') : undefined;
  }

  /** A page of either side of a fork. */
  pair({ parentSpace, childSpace, parent, child }: ForkPair, va: VirtAddr): Changed | undefined {
    for (const [space, pid] of [
      [parentSpace, parent],
      [childSpace, child],
    ]) {
      const found = this.#of(space);
      const change = found && changesWithin(found.pages, va, endOf(va)).find(({ kind }) => kind !== 'used');
      if (change) return itself(`pid ${pid}: ${this.pageChange(this.#ledger.tree.memoryOf(space), change)}`);
    }
    return undefined;
  }

  /** The two sides of a fork together. */
  sides({ parentSpace, childSpace }: ForkPair): Changed | undefined {
    const texts = [parentSpace, childSpace].flatMap((space) => {
      const found = this.#of(space);
      const text = found ? insideText(found.pages, 0) : '';
      return text === '' ? [] : [text];
    });
    return texts.length > 0 ? { how: 'inside', text: texts.join('; ') } : undefined;
  }

  /** What became of a page of a memory, and who did it. */
  pageChange(memory: number, { va, kind }: PageChange): string {
    const record = this.#ledger.breaksOf(memory, va).at(-1);
    const isBroken = kind === 'split' || kind === 'taken-over' || kind === 'saved';
    if (!isBroken || !record) return WORDS[kind];
    const who = record.byDebugger ? 'the debugger' : `pid ${record.pid}`;
    return `${WORDS[kind]} by ${who}${record.place === undefined || record.byDebugger ? '' : ` at ${record.place}`}`;
  }

  /** How many frames have another reference count. */
  get recountedFrames(): number {
    const { changes } = this.#tracker;
    const marks = changes && this.#recountedFrames(changes);
    return marks ? marks.reduce((sum, mark) => sum + mark, 0) : 0;
  }

  #of(space: number): MemoryChanges | undefined {
    return this.#tracker.changes?.memories.get(this.#ledger.tree.memoryOf(space));
  }

  #newBreaks(): readonly BreakRecord[] {
    return this.#ledger.breaksAfter(this.#tracker.breaksBefore);
  }

  #insideTable(space: number, level: number, start: number): Changed | undefined {
    const found = this.#of(space);
    if (!found) return undefined;
    const end = start + this.#machine.inspector.tables.span(level);
    const pages = changesWithin(found.pages, start, end);
    const used = pages.filter(({ kind }) => kind === 'used').length;
    const others =
      pages.length -
      used +
      found.tables.filter((table) => table.level < level && table.start >= start && table.start < end).length;
    if (others > 0) return { how: 'inside', text: `${others === 1 ? '1 entry' : `${others} entries`} changed now` };
    return used > 0
      ? { how: 'used', text: `A or D set now in ${used === 1 ? '1 entry' : `${used} entries`}` }
      : undefined;
  }

  #recountedFrames(changes: Changes): Uint8Array | undefined {
    if (this.#recounted?.of !== changes) {
      const { refcounts } = this.#machine.frames;
      let marks: Uint8Array | undefined;
      for (let frame = 1; frame < refcounts.length; frame++)
        if (refcounts[frame] !== this.#tracker.refcountBefore(frame as FrameNumber)) {
          marks ??= new Uint8Array(refcounts.length);
          marks[frame] = 1;
        }
      this.#recounted = { of: changes, marks };
    }
    return this.#recounted.marks;
  }
}

function itself(text: string): Changed {
  return { how: 'itself', text };
}

function insideText(pages: readonly PageChange[], mappings: number): string {
  const text = countsText(countKinds(pages));
  return [
    ...(text === '' ? [] : [text.includes(' now ') ? text : `${text} now`]),
    ...(mappings > 0 ? [`${plural(mappings, 'mapping')} changed now`] : []),
  ].join(', ');
}
