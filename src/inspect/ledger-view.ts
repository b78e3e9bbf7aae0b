import { toHex } from '../memory/address.ts';
import { FrameUse } from '../memory/frames.ts';
import type { Machine } from '../machine/machine.ts';
import type { BreakRecord, CowLedger } from './cow-ledger.ts';
import type { ChangeMarks } from './changes/change-marks.ts';
import { livePair } from './fork-pages.ts';
import type { ForkRecord, LedgerMoment } from './fork-tree.ts';
import { breakText, forkText, momentText } from './ledger-text.ts';
import { allShared, sharedElsewhere, sharedPages } from './shared-pages.ts';
import { plural } from './words.ts';
import type { LedgerForkView, LedgerMomentView, LedgerPages, LedgerPageView, LedgerView } from './view.ts';

/** Owners that a row names. */
const MOST_OWNERS = 32;

/** The forks that have shared pages, oldest first, and how many pages they share, or have been written since. */
export function ledgerView(machine: Machine, ledger: CowLedger, marks?: ChangeMarks): LedgerView {
  const { inspector } = machine;
  const ends = new Map<number, LedgerForkView['childEnd']>();
  for (const end of ledger.ends)
    ends.set(end.pid, ends.get(end.pid) ?? { how: end.how, text: `${end.how} ${momentText(end)}` });
  return {
    forks: [...ledger.forks].map((fork) => {
      const pair = livePair(machine, ledger, fork);
      const shared = pair ? inspector.countSame(pair.parentSpace, pair.childSpace, FrameUse.Private) : 0;
      const childEnd = ends.get(fork.child);
      const changed = marks?.fork(fork);
      return {
        id: fork.id,
        ...momentView(fork),
        child: fork.child,
        broken: ledger.breaksSince(fork),
        ...(childEnd ? { childEnd } : {}),
        shared,
        counts: pair ? countsText(fork, shared) : goneText(fork, childEnd),
        text: forkText(fork),
        ...(changed ? { changed } : {}),
      };
    }),
    others: ledger.breaksSince(undefined),
    forgotten: ledger.dropped,
  };
}

function countsText({ pid, child }: ForkRecord, shared: number): string {
  const pages = `${plural(shared, 'private page')} that pid ${pid} and pid ${child} still have in one frame, not written since this fork`;
  return `${pages}; pages of files and shared memory are not counted here (Fork Diff has them too)`;
}

function goneText({ pid, child }: ForkRecord, end: LedgerForkView['childEnd']): string {
  const who =
    end === undefined ? `pid ${pid}` : `pid ${child} ${end.how === 'exit' ? 'has exited' : 'runs another program'}`;
  return `${end === undefined ? `${who} has exited, or runs another program` : who}: the two share no private page any more`;
}

/**
 * Pages that a fork has shared, from the `skip`-th on, at most `count`. Without a fork the written ones whose sharing began
 * otherwise: they were of the page cache.
 */
export function ledgerPages(
  machine: Machine,
  ledger: CowLedger,
  fork: ForkRecord | undefined,
  which: LedgerPages,
  skip: number,
  count: number,
  marks?: ChangeMarks,
): { pages: LedgerPageView[]; total: number } {
  if (which === 'broken') {
    const records = [...ledger.breaks].filter(({ forks }) => (fork ? forks.includes(fork) : forks.length === 0));
    const pages = records.slice(skip, skip + count).map((record) => {
      const changed = marks?.broken(record);
      return { ...shortened(brokenPage(record)), ...(changed ? { changed } : {}) };
    });
    return { pages, total: records.length };
  }
  if (!fork) return { pages: [], total: 0 };
  const find = which === 'shared' ? sharedPages : sharedElsewhere;
  const { pages, total } = find(machine, ledger, fork, skip, count);
  return { pages: pages.map((page) => sharedPage(page, fork)).map(shortened), total };
}

/** All of the ledger, for a document: each shared page once, whatever the number of forks that it is shared by. */
export function wholeLedger(machine: Machine, ledger: CowLedger): LedgerView & { readonly pages: LedgerPageView[] } {
  const shared = allShared(machine, ledger).map((page) => sharedPage(page, page.since));
  return { ...ledgerView(machine, ledger), pages: [...shared, ...[...ledger.breaks].map(brokenPage)] };
}

type SharedPage = ReturnType<typeof allShared>[number];

function sharedPage({ va, frame, owners, forks }: SharedPage, since: ForkRecord | undefined): LedgerPageView {
  return {
    va: toHex(va),
    state: 'shared',
    frame,
    owners: owners.map((pid) => ({ pid, va: toHex(va) })),
    ownerCount: owners.length,
    forks: forks.map(({ id }) => id),
    ...(since ? { began: { fork: since.id, ...momentView(since) } } : {}),
    text: since ? `shared since ${forkText(since)}` : 'shared since a fork that is forgotten',
  };
}

function brokenPage(record: BreakRecord): LedgerPageView {
  const { va, pid, how, before, after, left, forks, from, byDebugger } = record;
  const at = toHex(va);
  const [fork] = forks;
  return {
    va: at,
    state: 'broken',
    frame: before,
    owners: [pid, ...left].map((one) => ({ pid: one, va: at })),
    ownerCount: left.length + 1,
    forks: forks.map(({ id }) => id),
    ...(fork ? { began: { fork: fork.id, ...momentView(fork) } } : {}),
    broke: { ...momentView(record), how, after, from, byDebugger },
    text: breakText(record),
  };
}

/** A row of a view: with a hundred sharers a page of rows would be megabytes. */
function shortened(page: LedgerPageView): LedgerPageView {
  const { owners, forks } = page;
  return { ...page, owners: owners.slice(0, MOST_OWNERS), forks: forks.slice(0, MOST_OWNERS) };
}

/** A moment as documents and views have it. */
export function momentView({ n, pid, tid, pc, place, file, line }: LedgerMoment): LedgerMomentView {
  return {
    ...{ n, pid, tid, pc: toHex(pc) },
    ...(place === undefined ? {} : { place }),
    ...(file === undefined || line === undefined ? {} : { file, line }),
  };
}
