import { toHex, type FrameNumber, type VirtAddr } from '../memory/address.ts';
import { FrameUse } from '../memory/frames.ts';
import type { Machine } from '../machine/machine.ts';
import type { BreakRecord, CowLedger } from './cow-ledger.ts';
import type { ForkRecord, LedgerMoment } from './fork-tree.ts';
import { pidList } from './page-view.ts';

/** `at main (fork-cow.c:36), instruction 1234`; the address of the instruction where its source is not known. */
export function momentText({ pc, place, n }: Pick<LedgerMoment, 'pc' | 'place' | 'n'>): string {
  return `at ${place ?? toHex(pc)}, instruction ${n}`;
}

/** `pid 1 forked pid 2 at main (fork-cow.c:36), instruction 1234`. */
export function forkText(fork: ForkRecord): string {
  return `pid ${fork.pid} forked pid ${fork.child} ${momentText(fork)}`;
}

/** How the sharing of a page ended: `pid 2 wrote at child (fork-cow.c:22), instruction 1300: frame 0x8 copied to 0x9`. */
export function breakText(record: BreakRecord): string {
  const { pid, how, before, after, left, from, byDebugger } = record;
  const who = byDebugger
    ? `the debugger wrote for pid ${pid}, at instruction ${record.n}`
    : `pid ${pid} wrote ${momentText(record)}`;
  switch (how) {
    case 'copied': {
      const stays = from === 'page-cache' ? 'the page cache' : left.length > 0 ? pidList(left) : undefined;
      return `${who}: frame ${toHex(before)} copied to ${toHex(after)}${stays ? `, ${stays} kept frame ${toHex(before)}` : ''}`;
    }
    case 'taken-over':
      return `${who}: no sharer was left, frame ${toHex(after)} taken over`;
    case 'saved':
      return `${who}: bytes of frame ${toHex(after)} saved, and written in place`;
  }
}

/** A sentence of a page's history, and the fork or write that it is about. */
interface HistoryLine {
  readonly text: string;
  readonly at: LedgerMoment;
}

/** Since when a page is shared, and how its sharing ended in a space before; oldest first. */
export function sharingHistory(
  machine: Machine,
  ledger: CowLedger,
  space: number,
  va: VirtAddr,
  frame: FrameNumber | undefined,
): HistoryLine[] {
  const lines = ledger
    .breaksAt(space, va)
    .flatMap((one) => [
      ...one.forks.slice(0, 1).map((fork) => ({ text: `was shared since ${forkText(fork)}`, at: fork })),
      { text: `sharing broken: ${breakText(one)}`, at: one },
    ]);
  const fork = frame === undefined ? undefined : sharingFork(machine, ledger, space, va, frame);
  return fork ? [...lines, { text: `shared since ${forkText(fork)}`, at: fork }] : lines;
}

/** The fork since which a space shares a private frame; `undefined` where it does not, or not by a fork. */
function sharingFork(
  { frames, inspector }: Machine,
  { tree }: CowLedger,
  space: number,
  va: VirtAddr,
  frame: FrameNumber,
): ForkRecord | undefined {
  if (frames.uses[frame] !== (FrameUse.Private as number)) return undefined;
  const sharers = inspector.sharersAt(frame, va).map((one) => tree.memoryOf(one));
  return tree.sharedBy(tree.memoryOf(space), sharers)[0];
}
