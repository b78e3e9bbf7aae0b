import { toHex, virtAddr } from '../memory/address.ts';
import type { Machine } from '../machine/machine.ts';
import type { CowLedger } from './cow-ledger.ts';
import type { ChangeMarks } from './changes/change-marks.ts';
import { countPairs, livePair, pagePairs, type ForkPair, type PagePair } from './fork-pages.ts';
import { breakText } from './ledger-text.ts';
import { momentView } from './ledger-view.ts';
import { plural } from './words.ts';
import type { ForkDiffView, PageDiffKind, PageDiffView, SamePageKind } from './view.ts';

/** The forks whose two sides are still there with what they had at it, the last one first. */
export function liveForks(machine: Machine, ledger: CowLedger): ForkPair[] {
  return [...ledger.forks].flatMap((fork) => livePair(machine, ledger, fork) ?? []).reverse();
}

/** How many pages of either side are of which kind. */
export function forkDiff(machine: Machine, pair: ForkPair, marks?: ChangeMarks): ForkDiffView {
  const { counts, same } = countPairs(machine, pair);
  const changed = marks?.sides(pair);
  const text = sameText(counts.same, same);
  return { parent: pair.parent, child: pair.child, counts, same, text, ...(changed ? { changed } : {}) };
}

/** What is counted as the same, in words. */
function sameText(total: number, { private: own, file, shared }: Readonly<Record<SamePageKind, number>>): string {
  const parts = [
    ...(own > 0 ? [`${own} private, not written since the fork (the ones that the CoW ledger counts)`] : []),
    ...(file > 0 ? [`${file} of files in the page cache`] : []),
    ...(shared > 0 ? [`${shared} of shared memory`] : []),
  ];
  return `${plural(total, 'page')} in the same frame${parts.length > 0 ? `: ${parts.join(', ')}` : ''}`;
}

/** Pages of one kind, in address order: `count` of them from the `skip`-th on. Their bytes are compared. */
export function forkDiffPages(
  machine: Machine,
  ledger: CowLedger,
  pair: ForkPair,
  kind: PageDiffKind,
  skip: number,
  count: number,
  { same, marks }: { readonly same?: SamePageKind | undefined; readonly marks?: ChangeMarks } = {},
): { pages: PageDiffView[]; total: number } {
  const isMeant = (one: PageDiffKind, whose?: SamePageKind): boolean =>
    one === kind && (same === undefined || whose === same);
  const { pages, total } = pagePairs(machine, pair, isMeant, skip, count);
  return {
    pages: pages.map((page) => {
      const changed = marks?.pair(pair, page.va);
      return { ...pageDiff(machine, ledger, pair, page), ...(changed ? { changed } : {}) };
    }),
    total,
  };
}

/** Every page that is not the same, for a document. */
export function wholeForkDiff(
  machine: Machine,
  ledger: CowLedger,
  pair: ForkPair,
): ForkDiffView & { readonly pages: PageDiffView[] } {
  const pages = (['split', 'new', 'unmapped'] as const).flatMap(
    (kind) => forkDiffPages(machine, ledger, pair, kind, 0, Infinity).pages,
  );
  return { ...forkDiff(machine, pair), pages };
}

function pageDiff(
  machine: Machine,
  ledger: CowLedger,
  { parent, child, parentSpace, childSpace }: ForkPair,
  { va, kind, same, parentFrame, childFrame }: PagePair,
): PageDiffView {
  const { inspector } = machine;
  const [mine, theirs] = [inspector.peek(parentSpace, va), inspector.peek(childSpace, va)];
  const differing = kind !== 'same' && mine && theirs ? differences(mine, theirs) : undefined;
  const writes = [parentSpace, childSpace].flatMap((space) => ledger.breaksAt(space, va).slice(-1));
  return {
    va: toHex(va),
    kind,
    ...(same === undefined ? {} : { same }),
    ...(parentFrame === undefined ? {} : { parentFrame }),
    ...(childFrame === undefined ? {} : { childFrame }),
    ...(differing ? { bytes: differing.count } : {}),
    ...(differing?.first === undefined ? {} : { first: toHex(virtAddr(va + differing.first)) }),
    writes: kind === 'same' ? [] : writes.map(breakText),
    writtenAt: kind === 'same' ? [] : writes.map(momentView),
    text: same
      ? SAME_TEXTS[same]
      : diffText(kind, parentFrame === undefined ? [child, parent] : [parent, child], differing?.count),
  };
}

const SAME_TEXTS: Readonly<Record<SamePageKind, string>> = {
  private: 'the same frame: private, not written since the fork',
  file: 'the same frame: of a file, in the page cache',
  shared: 'the same frame: shared memory, a write is seen by both',
};

/** @param whose who has the page, and who does not, where it is of one of them only */
function diffText(kind: PageDiffKind, [who, other]: readonly [number, number], bytes = 0): string {
  const count = bytes === 1 ? '1 byte differs' : `${bytes === 0 ? 'no' : bytes} bytes differ`;
  switch (kind) {
    case 'same':
      return 'the same frame';
    case 'split':
      return `different frames, ${count}`;
    case 'new':
      return `only pid ${who} has used it: ${count} from what pid ${other} would find`;
    case 'unmapped':
      return `not mapped in pid ${other}`;
  }
}

function differences(mine: Uint8Array, theirs: Uint8Array): { count: number; first: number | undefined } {
  let count = 0;
  let first: number | undefined;
  for (let at = 0; at < mine.length; at++) {
    if (mine[at] === theirs[at]) continue;
    count++;
    first ??= at;
  }
  return { count, first };
}
