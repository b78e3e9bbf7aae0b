import type { FrameNumber, VirtAddr } from '../memory/address.ts';
import { FrameUse } from '../memory/frames.ts';
import type { Machine } from '../machine/machine.ts';
import type { CowLedger } from './cow-ledger.ts';
import { livePair, pagePairs } from './fork-pages.ts';
import type { ForkRecord } from './fork-tree.ts';
import { pidsBySpace } from './spaces.ts';

/** A private page that several memories have in one frame, at one address. */
interface SharedPage {
  readonly va: VirtAddr;
  readonly frame: FrameNumber;
  /** pids, those of the oldest memory first. */
  readonly owners: readonly number[];
  /** The forks whose two sides both have it. */
  readonly forks: readonly ForkRecord[];
  /** The first fork by which it is shared, as far as its oldest owner is concerned. */
  readonly since: ForkRecord | undefined;
}

interface SharedPages {
  readonly pages: SharedPage[];
  readonly total: number;
}

/** The private pages that both sides of a fork still have in one frame: none when one of them is gone. */
export function sharedPages(
  machine: Machine,
  ledger: CowLedger,
  fork: ForkRecord,
  skip: number,
  count: number,
): SharedPages {
  const pair = livePair(machine, ledger, fork);
  if (!pair) return { pages: [], total: 0 };
  const { pages, total } = pagePairs(machine, pair, (_kind, same) => same === 'private', skip, count);
  const describer = new Describer(machine, ledger);
  const sides = [pair.parentSpace, pair.childSpace];
  return {
    // One that was saved for a side that waits is in a frame that no entry maps.
    pages: pages.map(({ va, parentFrame }) => describer.describe(va, parentFrame!, sides)),
    total,
  };
}

/**
 * The private pages that the child of a fork, or a descendant, has in one frame with somebody who was there before, besides
 * those that the fork's own two sides have.
 */
export function sharedElsewhere(
  machine: Machine,
  ledger: CowLedger,
  fork: ForkRecord,
  skip: number,
  count: number,
): SharedPages {
  const { inspector, frames } = machine;
  const marks = new Uint8Array(frames.total);
  const inside: number[] = [];
  for (const space of memories(machine)) {
    if (ledger.tree.isSince(ledger.tree.memoryOf(space), fork)) inside.push(space);
    else inspector.markFrames(space, marks, Mark.Outside);
  }
  const pair = livePair(machine, ledger, fork);
  if (pair)
    inspector.forEachPair(pair.parentSpace, pair.childSpace, (_va, mine, theirs) => {
      if (mine === theirs) marks[mine] = Mark.Done;
    });
  const describer = new Describer(machine, ledger);
  const pages: SharedPage[] = [];
  let total = 0;
  for (const space of inside)
    inspector.forEachFrame(space, (va, frame) => {
      if (marks[frame] !== (Mark.Outside as number) || frames.uses[frame] !== (FrameUse.Private as number)) return;
      marks[frame] = Mark.Done;
      if (total++ < skip || pages.length >= count) return;
      pages.push(describer.describe(va, frame, [space]));
    });
  return { pages, total };
}

const enum Mark {
  /** Somebody has the frame who is not a descendant of the fork's child. */
  Outside = 1,
  /** It is counted already. */
  Done,
}

/** Every private page that several memories have, once, in the order of the oldest one that has it. */
export function allShared(machine: Machine, ledger: CowLedger): SharedPage[] {
  const { inspector, frames } = machine;
  const describer = new Describer(machine, ledger);
  const holders = new Map<string, { va: VirtAddr; frame: FrameNumber; spaces: number[] }>();
  for (const space of memories(machine))
    inspector.forEachFrame(space, (va, frame) => {
      if (frames.uses[frame] !== (FrameUse.Private as number)) return;
      const key = `${frame} ${va}`;
      const known = holders.get(key);
      if (known) known.spaces.push(space);
      else holders.set(key, { va, frame, spaces: [space] });
    });
  return [...holders.values()]
    .filter(({ spaces }) => spaces.length > 1)
    .map(({ va, frame, spaces }) => describer.describeAs(va, frame, spaces));
}

/** One space of each memory there is, oldest first. */
function memories({ inspector }: Machine): number[] {
  return inspector
    .spaces()
    .map(({ space }) => space)
    .filter((space) => inspector.oldestWithMemory(space) === space);
}

/** Says who shares pages. Neighbours mostly have the same owners: those of the last page are kept. */
class Describer {
  readonly #machine: Machine;
  readonly #ledger: CowLedger;
  readonly #pids: Map<number, number[]>;
  #last: { readonly spaces: readonly number[]; readonly facts: Omit<SharedPage, 'va' | 'frame'> } | undefined;

  constructor(machine: Machine, ledger: CowLedger) {
    this.#machine = machine;
    this.#ledger = ledger;
    this.#pids = pidsBySpace(machine);
  }

  /** @param known spaces that have the page, whatever the tables say of the frame. */
  describe(va: VirtAddr, frame: FrameNumber, known: readonly number[]): SharedPage {
    const { inspector } = this.#machine;
    const spaces = new Set(inspector.sharersAt(frame, va));
    for (const space of known) spaces.add(inspector.oldestWithMemory(space));
    return this.describeAs(
      va,
      frame,
      [...spaces].sort((a, b) => a - b),
    );
  }

  /** @param spaces one of each memory that has the page, oldest first. */
  describeAs(va: VirtAddr, frame: FrameNumber, spaces: readonly number[]): SharedPage {
    const last = this.#last?.spaces;
    if (last?.length !== spaces.length || !last.every((space, index) => space === spaces[index]))
      this.#last = { spaces, facts: this.#facts(spaces) };
    return { va, frame, ...this.#last!.facts };
  }

  #facts(spaces: readonly number[]): Omit<SharedPage, 'va' | 'frame'> {
    const { tree } = this.#ledger;
    const all = new Set(spaces.map((space) => tree.memoryOf(space)));
    const forks = [...all].flatMap((memory) => {
      const fork = tree.madeBy(memory);
      return fork && all.has(fork.parentMemory) ? [fork] : [];
    });
    const [oldest, ...others] = all;
    return {
      owners: spaces.flatMap((space) => this.#pids.get(space) ?? []),
      forks: forks.sort((a, b) => a.id - b.id),
      since: tree.sharedBy(oldest, others)[0],
    };
  }
}
