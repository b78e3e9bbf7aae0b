import { NO_FRAME, type FrameNumber, type VirtAddr } from '../memory/address.ts';
import { FrameUse } from '../memory/frames.ts';
import type { Machine } from '../machine/machine.ts';
import type { CowLedger } from './cow-ledger.ts';
import type { ForkRecord } from './fork-tree.ts';
import { spaceOf } from './spaces.ts';
import type { PageDiffKind, SamePageKind } from './view.ts';

/** Two processes with memory of their own, one forked from the other. */
export interface ForkPair {
  readonly parent: number;
  readonly child: number;
  readonly parentSpace: number;
  readonly childSpace: number;
}

/** A page that is present on at least one side. */
export interface PagePair {
  readonly va: VirtAddr;
  readonly kind: PageDiffKind;
  /** Of a page that is the same on both sides: whose frame it is. */
  readonly same: SamePageKind | undefined;
  readonly parentFrame: FrameNumber | undefined;
  readonly childFrame: FrameNumber | undefined;
}

export interface PairCounts {
  readonly counts: Record<PageDiffKind, number>;
  readonly same: Record<SamePageKind, number>;
}

/** The two processes as they are to be compared; `undefined` where one of them has no memory, or both have the same. */
export function forkPair(machine: Machine, parent: number, child: number): ForkPair | undefined {
  const [parentSpace, childSpace] = [parent, child].map((pid) => {
    const process = machine.process(pid);
    return process && spaceOf(machine, process);
  });
  if (parentSpace === undefined || childSpace === undefined) return undefined;
  if (machine.inspector.withSameMemory(parentSpace).includes(childSpace)) return undefined;
  return { parent, child, parentSpace, childSpace };
}

/** The two sides of a fork while both are there with the memory that they had at it. */
export function livePair(machine: Machine, ledger: CowLedger, fork: ForkRecord): ForkPair | undefined {
  return ledger.tree.isLive(fork) ? forkPair(machine, fork.pid, fork.child) : undefined;
}

/** How many pages of two processes are of which kind. */
export function countPairs(machine: Machine, pair: ForkPair): PairCounts {
  const counts: Record<PageDiffKind, number> = { split: 0, new: 0, unmapped: 0, same: 0 };
  const same: Record<SamePageKind, number> = { private: 0, file: 0, shared: 0 };
  const classify = classifier(machine, pair);
  machine.inspector.forEachPair(pair.parentSpace, pair.childSpace, (va, mine, theirs) => {
    const kind = classify.kind(va, mine, theirs);
    counts[kind]++;
    if (kind === 'same') same[classify.same(va, mine)]++;
  });
  return { counts, same };
}

/** The pages of two processes that a condition is true of, in order: `count` of them from the `skip`-th on. */
export function pagePairs(
  machine: Machine,
  pair: ForkPair,
  isMeant: (kind: PageDiffKind, same: SamePageKind | undefined) => boolean,
  skip: number,
  count: number,
): { pages: PagePair[]; total: number } {
  const pages: PagePair[] = [];
  let total = 0;
  const classify = classifier(machine, pair);
  machine.inspector.forEachPair(pair.parentSpace, pair.childSpace, (va, mine, theirs) => {
    const kind = classify.kind(va, mine, theirs);
    const same = kind === 'same' ? classify.same(va, mine) : undefined;
    if (!isMeant(kind, same) || total++ < skip || pages.length >= count) return;
    const frame = (one: FrameNumber): FrameNumber | undefined => (one === NO_FRAME ? undefined : one);
    pages.push({ va, kind, same, parentFrame: frame(mine), childFrame: frame(theirs) });
  });
  return { pages, total };
}

interface Classifier {
  kind(va: VirtAddr, mine: FrameNumber, theirs: FrameNumber): PageDiffKind;
  same(va: VirtAddr, frame: FrameNumber): SamePageKind;
}

function classifier({ inspector, frames }: Machine, { parentSpace, childSpace }: ForkPair): Classifier {
  return {
    kind(va, mine, theirs) {
      if (mine !== NO_FRAME && theirs !== NO_FRAME) return mine === theirs ? 'same' : 'split';
      return inspector.mappingAt(mine === NO_FRAME ? parentSpace : childSpace, va) ? 'new' : 'unmapped';
    },
    same(va, frame) {
      if (frames.uses[frame] === (FrameUse.Private as number)) return 'private';
      return inspector.mappingAt(parentSpace, va)?.sharing === 'shared' ? 'shared' : 'file';
    },
  };
}
