import { toHex, virtAddr, type FrameNumber, type VirtAddr } from '../memory/address.ts';
import type { Machine } from '../machine/machine.ts';
import type { CowLedger } from './cow-ledger.ts';
import { breakText } from './ledger-text.ts';
import { momentView } from './ledger-view.ts';
import { listedProcesses, spaceOf } from './spaces.ts';
import type { ForkDiffView, PageDiffKind, PageDiffView } from './view.ts';

/** Two processes with memory of their own, one forked from the other. */
export interface ForkPair {
  readonly parent: number;
  readonly child: number;
  readonly parentSpace: number;
  readonly childSpace: number;
}

/** A page that is present on at least one side. */
interface PagePair {
  readonly va: VirtAddr;
  readonly kind: PageDiffKind;
  readonly parentFrame: FrameNumber | undefined;
  readonly childFrame: FrameNumber | undefined;
}

/** The two processes as they are to be compared; `undefined` where one of them has no memory, or both have the same. */
export function forkPair(machine: Machine, parent: number, child: number): ForkPair | undefined {
  const [parentSpace, childSpace] = [parent, child].map((pid) => {
    const process = machine.process(pid);
    return process && spaceOf(machine, process);
  });
  if (parentSpace === undefined || childSpace === undefined || parentSpace === childSpace) return undefined;
  return { parent, child, parentSpace, childSpace };
}

/** The forks whose two sides are still there, the last one first. */
export function liveForks(machine: Machine, ledger: CowLedger): ForkPair[] {
  const live = new Set(listedProcesses(machine).map(({ pid }) => pid));
  return [...ledger.forks]
    .filter((fork) => live.has(fork.pid) && live.has(fork.child))
    .flatMap((fork) => {
      const pair = forkPair(machine, fork.pid, fork.child);
      return pair?.parentSpace === fork.parentSpace && pair.childSpace === fork.childSpace ? [pair] : [];
    })
    .reverse();
}

/** How many pages of either side are of which kind. */
export function forkDiff(machine: Machine, pair: ForkPair): ForkDiffView {
  const counts: Record<PageDiffKind, number> = { split: 0, new: 0, unmapped: 0, same: 0 };
  for (const { kind } of pagePairs(machine, pair)) counts[kind]++;
  return { parent: pair.parent, child: pair.child, counts };
}

/** Pages of one kind, in address order: `count` of them from the `skip`-th on. Their bytes are compared. */
export function forkDiffPages(
  machine: Machine,
  ledger: CowLedger,
  pair: ForkPair,
  kind: PageDiffKind,
  skip: number,
  count: number,
): { pages: PageDiffView[]; total: number } {
  const pages = pagePairs(machine, pair).filter((page) => page.kind === kind);
  return {
    pages: pages.slice(skip, skip + count).map((page) => pageDiff(machine, ledger, pair, page)),
    total: pages.length,
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

function pagePairs(machine: Machine, { parentSpace, childSpace }: ForkPair): PagePair[] {
  const parent = framesOf(machine, parentSpace);
  const child = framesOf(machine, childSpace);
  const kindOf = (va: VirtAddr, mine: FrameNumber | undefined, theirs: FrameNumber | undefined): PageDiffKind => {
    if (mine !== undefined && theirs !== undefined) return mine === theirs ? 'same' : 'split';
    return isMapped(machine, mine === undefined ? parentSpace : childSpace, va) ? 'new' : 'unmapped';
  };
  return [...new Set([...parent.keys(), ...child.keys()])]
    .sort((a, b) => a - b)
    .map((va) => {
      const [parentFrame, childFrame] = [parent.get(va), child.get(va)];
      return { va, kind: kindOf(va, parentFrame, childFrame), parentFrame, childFrame };
    });
}

/** The frames with the bytes that a space has, or gets back, by address. */
function framesOf(machine: Machine, space: number): Map<VirtAddr, FrameNumber> {
  const { inspector } = machine;
  const layer = inspector.images().find((image) => image.layer?.parents.includes(space))?.layer;
  const frames = new Map<VirtAddr, FrameNumber>();
  const { range } = inspector.spaces().find((one) => one.space === space)!;
  inspector.forEachPage(space, range, ({ va, frame }) => frames.set(va, layer?.saved.get(frame) ?? frame));
  return frames;
}

function isMapped(machine: Machine, space: number, va: VirtAddr): boolean {
  return machine.inspector.mappings(space).some(({ start, end }) => start <= va && va < end);
}

function pageDiff(
  machine: Machine,
  ledger: CowLedger,
  { parent, child, parentSpace, childSpace }: ForkPair,
  { va, kind, parentFrame, childFrame }: PagePair,
): PageDiffView {
  const { inspector } = machine;
  const [mine, theirs] = [inspector.peek(parentSpace, va), inspector.peek(childSpace, va)];
  const differing = kind !== 'same' && mine && theirs ? differences(mine, theirs) : undefined;
  const writes = [parentSpace, childSpace].flatMap((space) => ledger.breaksAt(space, va).slice(-1));
  return {
    va: toHex(va),
    kind,
    ...(parentFrame === undefined ? {} : { parentFrame }),
    ...(childFrame === undefined ? {} : { childFrame }),
    ...(differing ? { bytes: differing.count } : {}),
    ...(differing?.first === undefined ? {} : { first: toHex(virtAddr(va + differing.first)) }),
    writes: kind === 'same' ? [] : writes.map(breakText),
    writtenAt: kind === 'same' ? [] : writes.map(momentView),
    text: diffText(kind, parentFrame === undefined ? [child, parent] : [parent, child], differing?.count),
  };
}

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
