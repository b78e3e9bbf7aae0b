import { wholeExplanation } from '../../inspect/explain.ts';
import { forkDiff, forkDiffPages, liveForks } from '../../inspect/fork-diff.ts';
import { forkPair, type ForkPair } from '../../inspect/fork-pages.ts';
import type { LedgerPages, PageChangeKind, PageDiffKind, SamePageKind } from '../../inspect/view.ts';
import type { Machine } from '../../machine/machine.ts';
import { ledgerPages, ledgerView } from '../../inspect/ledger-view.ts';
import { namedDiffPages, namedLedgerPages } from '../../program/names/named-views.ts';
import type { Arguments } from '../arguments.ts';
import { explanationOf } from '../expressions/explained-place.ts';
import { Refusal } from '../refusal.ts';
import { frameAsked } from './inspection.ts';
import type { RequestTable } from './request-table.ts';

/** Who shares what with whom, and since when. */
export const SHARING: RequestTable = {
  'pagewalk/explain'(state, args) {
    const debuggee = state.stopped();
    const explained = explanationOf(debuggee, frameAsked(debuggee, args), args.text('expression'));
    if (!explained.ok) throw new Refusal(explained.error);
    return { body: { explanation: explained.value, text: wholeExplanation(explained.value).join('\n') } };
  },

  'pagewalk/ledger'(state) {
    const { machine, ledger, marks } = state.stopped();
    return { body: ledgerView(machine, ledger, marks) };
  },

  'pagewalk/ledgerPages'(state, args) {
    const { machine, ledger, names, marks } = state.stopped();
    const id = args.optionalInteger('fork');
    const fork = id === undefined ? undefined : ledger.tree.fork(id);
    if (id !== undefined && !fork) throw new Refusal(`There is no fork ${id}, or it is forgotten.`);
    const which = oneOf(LEDGER_PAGES, args, 'state');
    const { pages, total } = ledgerPages(machine, ledger, fork, which, ...sliceAsked(args), marks);
    return { body: { pages: namedLedgerPages(names, machine, pages), total } };
  },

  'pagewalk/changes'(state, args) {
    const debuggee = state.stopped();
    const [skip, count] = sliceAsked(args, MOST_CHANGES);
    const asked = {
      pid: args.optionalInteger('pid'),
      start: args.optionalAddress('start'),
      end: args.optionalAddress('end'),
      kind: args.all['kind'] === undefined ? undefined : oneOf(PAGE_CHANGE_KINDS, args, 'kind'),
      skip,
      count,
    };
    return { body: debuggee.changes.view(debuggee.focus.process.pid, asked) };
  },

  'pagewalk/liveForks'(state) {
    const { machine, ledger, marks } = state.stopped();
    const forks = liveForks(machine, ledger).map((pair) => {
      const changed = marks.sides(pair);
      return { parent: pair.parent, child: pair.child, ...(changed ? { changed } : {}) };
    });
    return { body: { forks } };
  },

  'pagewalk/forkDiff'(state, args) {
    const { machine, marks } = state.stopped();
    return { body: forkDiff(machine, pairAsked(machine, args), marks) };
  },

  'pagewalk/forkDiffPages'(state, args) {
    const { machine, ledger, names, marks } = state.stopped();
    const pair = pairAsked(machine, args);
    const kind = oneOf(PAGE_DIFF_KINDS, args, 'kind');
    const same = args.all['same'] === undefined ? undefined : oneOf(SAME_PAGE_KINDS, args, 'same');
    const [skip, count] = sliceAsked(args);
    const { pages, total } = forkDiffPages(machine, ledger, pair, kind, skip, count, { same, marks });
    return { body: { pages: namedDiffPages(names, machine, pair, pages), total } };
  },
};

const LEDGER_PAGES: readonly LedgerPages[] = ['shared', 'elsewhere', 'broken'];
const PAGE_DIFF_KINDS: readonly PageDiffKind[] = ['split', 'new', 'unmapped', 'same'];
const PAGE_CHANGE_KINDS: readonly PageChangeKind[] = [
  ...(['split', 'taken-over', 'saved', 'kept', 'restored', 'mapped'] as const),
  ...(['unmapped', 'replaced', 'protected', 'shared', 'used'] as const),
];
const SAME_PAGE_KINDS: readonly SamePageKind[] = ['private', 'file', 'shared'];
/** Pages that a request without a count gets. */
const MOST_PAGES = 4096;
/** The same of changed ones, whose contents are named. */
const MOST_CHANGES = 256;

function oneOf<T extends string>(words: readonly T[], args: Arguments, name: string): T {
  const given = args.text(name);
  const word = words.find((one) => one === given);
  if (!word) throw new Refusal(`"${name}" must be one of ${words.join(', ')}.`);
  return word;
}

function pairAsked(machine: Machine, args: Arguments): ForkPair {
  const [parent, child] = [args.integer('parent'), args.integer('child')];
  for (const pid of [parent, child])
    if (!machine.process(pid)?.space) throw new Refusal(`There is no process ${pid}, or it has ended.`);
  const pair = forkPair(machine, parent, child);
  if (!pair) throw new Refusal(`Processes ${parent} and ${child} have the same memory.`);
  return pair;
}

function sliceAsked(args: Arguments, most = MOST_PAGES): [skip: number, count: number] {
  const { skip = 0, count = most } = {
    ...(args.all['skip'] === undefined ? {} : { skip: args.count('skip') }),
    ...(args.all['count'] === undefined ? {} : { count: args.count('count') }),
  };
  return [skip, count];
}
