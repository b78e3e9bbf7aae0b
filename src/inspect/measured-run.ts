import { signalName } from '../linux/abi/signal-number.ts';
import type { Machine } from '../machine/machine.ts';
import { stopText } from '../machine/stop-text.ts';
import type { Stop } from '../machine/stop.ts';
import { PAGE_SIZE } from '../memory/address.ts';
import type { FaultCause } from '../platform/fault.ts';
import { TimelineRecorder, type TimelinePoint } from './timeline.ts';

/** How a run ended. */
export type Ending =
  | { readonly kind: 'exited'; readonly code: number }
  | { readonly kind: 'killed'; readonly signal: string }
  /** The guest could not go on: a deadlock, no memory, the instruction limit. */
  | { readonly kind: 'stopped'; readonly why: string }
  /** The platform, by design, lacks something that the program asked for. What was measured is what it did without. */
  | { readonly kind: 'cannot-run'; readonly why: string }
  /** A broken invariant, or a hole in the platform. */
  | { readonly kind: 'broken'; readonly why: string };

/** What a guest wrote. */
export interface Printed {
  readonly stdoutSha256: string;
  /** Bytes on standard output. */
  readonly stdoutBytes: number;
  /** The first of them as text. */
  readonly stdoutHead: string;
}

/** One program on one platform: plain, JSON-serialisable. */
export interface MeasuredRun extends Printed {
  readonly platform: string;
  readonly ending: Ending;
  readonly instructions: number;
  readonly faults: Readonly<Partial<Record<FaultCause, number>>>;
  /** Pages copied into a frame of their own: at a fork, at a write, or aside. */
  readonly framesCopied: number;
  /** Bytes of pages copied, those that were put back included. */
  readonly bytesCopied: number;
  readonly tablesCopied: number;
  readonly peakFrames: number;
  readonly forks: number;
  readonly timeline: readonly TimelinePoint[];
}

/** Runs a loaded machine to its end, or for so many instructions. @param printed asked for when it has ended. */
export function measure(machine: Machine, maxInstructions: number, printed: () => Printed): MeasuredRun {
  const { frames, stats } = machine;
  const timeline = new TimelineRecorder();
  let lacks: string | undefined;
  let outOfMemory = false;
  const note = (): void => timeline.note(machine.hart.instret, frames.used, bytesCopied(machine), stats.forks);
  machine.listener = (event) => {
    if (event.kind === 'not-supported') lacks ??= event.why;
    if (event.kind === 'out-of-memory' && event.pid === 1) outOfMemory = true;
    note();
  };
  note();
  const stop = machine.run({ budget: maxInstructions });
  note();
  return {
    platform: machine.provider.name,
    ending: endingOf(stop, { lacks, outOfMemory, maxInstructions }),
    ...printed(),
    instructions: machine.hart.instret,
    faults: stats.faults,
    framesCopied: frames.pagesCopied,
    bytesCopied: bytesCopied(machine),
    tablesCopied: frames.tablesCopied,
    peakFrames: frames.peak,
    forks: stats.forks,
    timeline: timeline.points,
  };
}

/** A platform that refuses to load the program. */
export function notLoaded(platform: string, why: string, printed: Printed): MeasuredRun {
  return {
    platform,
    ending: { kind: 'cannot-run', why },
    ...printed,
    instructions: 0,
    faults: {},
    framesCopied: 0,
    bytesCopied: 0,
    tablesCopied: 0,
    peakFrames: 0,
    forks: 0,
    timeline: [],
  };
}

function bytesCopied({ frames }: Machine): number {
  return (frames.pagesCopied + frames.pagesRestored) * PAGE_SIZE;
}

function endingOf(
  stop: Stop,
  seen: { lacks: string | undefined; outOfMemory: boolean; maxInstructions: number },
): Ending {
  if (stop.kind === 'invariant' || stop.kind === 'platform-failure') return { kind: 'broken', why: stopText(stop) };
  if (seen.lacks !== undefined) return { kind: 'cannot-run', why: seen.lacks };
  if (stop.kind === 'budget') return { kind: 'stopped', why: `after ${seen.maxInstructions} instructions` };
  if (stop.kind !== 'exited') return { kind: 'stopped', why: stopText(stop) };
  if (seen.outOfMemory) return { kind: 'stopped', why: 'out of guest memory' };
  return stop.signal === undefined
    ? { kind: 'exited', code: stop.code }
    : { kind: 'killed', signal: signalName(stop.signal) };
}
