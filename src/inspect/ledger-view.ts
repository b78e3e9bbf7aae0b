import { toHex } from '../memory/address.ts';
import { FrameUse } from '../memory/frames.ts';
import type { Machine } from '../machine/machine.ts';
import type { BreakRecord, CowLedger, ForkRecord, LedgerMoment } from './cow-ledger.ts';
import { breakText, forkText, momentText } from './ledger-text.ts';
import { pidsBySpace } from './spaces.ts';
import type { LedgerForkView, LedgerMomentView, LedgerPageView, LedgerView } from './view.ts';

/** The forks that have shared pages, oldest first, and how many pages they shared have been written since. */
export function ledgerView(ledger: CowLedger): LedgerView {
  const broken = new Map<ForkRecord | undefined, number>();
  for (const { fork } of ledger.breaks) broken.set(fork, (broken.get(fork) ?? 0) + 1);
  const ends = new Map<number, LedgerForkView['childEnd']>();
  for (const end of ledger.ends)
    ends.set(end.pid, ends.get(end.pid) ?? { how: end.how, text: `${end.how} ${momentText(end)}` });
  return {
    forks: [...ledger.forks].map((fork) => {
      const childEnd = ends.get(fork.child);
      return {
        id: fork.id,
        ...momentView(fork),
        child: fork.child,
        broken: broken.get(fork) ?? 0,
        ...(childEnd ? { childEnd } : {}),
        text: forkText(fork),
      };
    }),
    others: broken.get(undefined) ?? 0,
    forgotten: ledger.dropped,
  };
}

/**
 * Pages that a fork has shared, from the `skip`-th on, at most `count`: those that still are, or those that have been
 * written. Without a fork the written ones whose sharing began otherwise: they were of the page cache.
 */
export function ledgerPages(
  machine: Machine,
  ledger: CowLedger,
  fork: ForkRecord | undefined,
  state: LedgerPageView['state'],
  skip: number,
  count: number,
): { pages: LedgerPageView[]; total: number } {
  if (state === 'shared') return fork ? sharedPages(machine, ledger, fork, skip, count) : { pages: [], total: 0 };
  const records = [...ledger.breaks].filter((one) => one.fork === fork);
  return { pages: records.slice(skip, skip + count).map(brokenPage), total: records.length };
}

/** All of the ledger, for a document. */
export function wholeLedger(machine: Machine, ledger: CowLedger): LedgerView & { readonly pages: LedgerPageView[] } {
  const every = (fork: ForkRecord | undefined, state: LedgerPageView['state']): LedgerPageView[] =>
    ledgerPages(machine, ledger, fork, state, 0, Infinity).pages;
  const pages = [...ledger.forks].flatMap((fork) => [...every(fork, 'shared'), ...every(fork, 'broken')]);
  return { ...ledgerView(ledger), pages: [...pages, ...every(undefined, 'broken')] };
}

function sharedPages(
  machine: Machine,
  ledger: CowLedger,
  fork: ForkRecord,
  skip: number,
  count: number,
): { pages: LedgerPageView[]; total: number } {
  const { inspector, frames } = machine;
  const pids = pidsBySpace(machine);
  const began = { fork: fork.id, ...momentView(fork) };
  const pages: LedgerPageView[] = [];
  const seen = new Set<string>();
  let total = 0;
  for (const { space, range } of inspector.spaces()) {
    if (!ledger.isSince(space, fork)) continue;
    inspector.forEachPage(space, range, ({ va, frame, refcount }) => {
      if (refcount < 2 || frames.uses[frame] !== (FrameUse.Private as number) || seen.has(`${frame} ${va}`)) return;
      const sharers = inspector.sharersAt(frame, va);
      if (ledger.sharedSince(sharers) !== fork) return;
      seen.add(`${frame} ${va}`);
      if (total++ < skip || pages.length >= count) return;
      const owners = sharers.flatMap((one) => (pids.get(one) ?? []).map((pid) => ({ pid, va: toHex(va) })));
      pages.push({ va: toHex(va), state: 'shared', frame, owners, began, text: `shared since ${forkText(fork)}` });
    });
  }
  return { pages, total };
}

function brokenPage(record: BreakRecord): LedgerPageView {
  const { va, pid, how, before, after, left, fork, from, byDebugger } = record;
  const at = toHex(va);
  return {
    va: at,
    state: 'broken',
    frame: before,
    owners: [pid, ...left].map((one) => ({ pid: one, va: at })),
    ...(fork ? { began: { fork: fork.id, ...momentView(fork) } } : {}),
    broke: { ...momentView(record), how, after, from, byDebugger },
    text: breakText(record),
  };
}

/** A moment as documents and views have it. */
export function momentView({ n, pid, tid, pc, place, file, line }: LedgerMoment): LedgerMomentView {
  return {
    ...{ n, pid, tid, pc: toHex(pc) },
    ...(place === undefined ? {} : { place }),
    ...(file === undefined || line === undefined ? {} : { file, line }),
  };
}
