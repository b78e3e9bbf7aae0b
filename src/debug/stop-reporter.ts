import type { DebugProtocol } from '@vscode/debugprotocol';
import type { EventPlace } from '../inspect/fork-tree.ts';
import { spaceOf } from '../inspect/spaces.ts';
import type { Task } from '../linux/task.ts';
import type { Machine } from '../machine/machine.ts';
import { pageFloor, toHex, virtAddr, type VirtAddr } from '../memory/address.ts';
import { NestedCowFault } from '../platform/nested-cow-fault.ts';
import type { Hit } from './breakpoints.ts';
import type { Client } from './client.ts';
import type { StoppedBody } from './custom-requests.ts';
import { filterLabel } from './event-filters.ts';
import type { Halt } from './run-control.ts';
import { haltText } from './stop-reason.ts';

/** What is read of one place in memory: from the lowest to the highest offset. */
interface Watched {
  readonly offset: number;
  readonly end: number;
}

/** Places that views keep open at once; the oldest are forgotten first. */
const MOST_WATCHED = 32;

/** Tells the client that the machine stands still, and which of its views that makes stale. */
export class StopReporter {
  readonly #client: Client;
  /** The thread that the client was last told of as stopped. */
  #shown = 0;
  /** By memory reference. */
  readonly #watched = new Map<string, Watched>();

  constructor(client: Client) {
    this.#client = client;
  }

  /**
   * @param by where in the source the data was accessed that the stop is about
   * @param sourceless the function that the task is in, where nothing can be shown of its source
   */
  stopped(machine: Machine, halt: Halt, by: EventPlace | undefined, sourceless: string | undefined): void {
    const body = stoppedBody(machine, halt);
    this.#shown = halt.task.tid;
    this.#client.event(
      'stopped',
      sourceless === undefined ? body : { ...body, description: `${body.description}, no source for ${sourceless}` },
    );
    this.#memoryChanged();
    this.#client.event('pagewalk/stopped', { ...ownBody(machine, halt), ...(by ? { by } : {}) });
  }

  /** Another thread is to be looked at: a client shows the one that stopped last. */
  selected({ tid }: Task): void {
    // Others take a stop beside another one for one too many: nvim-dap lets that thread run on.
    if (!this.#client.abilities.followsStops)
      this.#client.event('continued', { threadId: this.#shown, allThreadsContinued: true });
    this.#shown = tid;
    this.#client.event('stopped', {
      reason: 'pause',
      description: 'Selected',
      text: 'Selected in the debug console',
      threadId: tid,
      allThreadsStopped: true,
    });
  }

  /**
   * Registers or memory were changed by the user.
   * @param areStacksOthers whether call stacks are not what they were: clients that fetch them again forget which frame is
   * looked at.
   */
  stateChanged(areStacksOthers: boolean): void {
    const areas = areStacksOthers ? ['stacks', 'variables'] : ['variables'];
    if (this.#client.abilities.invalidatedEvent) this.#client.event('invalidated', { areas });
    this.#memoryChanged();
  }

  /** The client has read memory, and shows it. */
  watch(reference: string, offset: number, count: number): void {
    const known = this.#watched.get(reference);
    this.#watched.delete(reference);
    this.#watched.set(reference, {
      offset: Math.min(offset, known?.offset ?? offset),
      end: Math.max(offset + count, known?.end ?? 0),
    });
    if (this.#watched.size > MOST_WATCHED) this.#watched.delete(this.#watched.keys().next().value!);
  }

  #memoryChanged(): void {
    if (!this.#client.abilities.memoryEvent) return;
    const watched = [...this.#watched];
    // A view that is still open reads again, and so is watched again.
    this.#watched.clear();
    for (const [memoryReference, { offset, end }] of watched)
      this.#client.event('memory', { memoryReference, offset, count: end - offset });
  }
}

/** The protocol's words. */
const BREAKPOINT_REASONS: Record<Hit['where']['kind'], string> = {
  line: 'breakpoint',
  function: 'function breakpoint',
  syscall: 'function breakpoint',
  instruction: 'instruction breakpoint',
};

/** In a word or two: clients show it beside the name of the thread. */
const BREAKPOINT_NAMES: Record<Hit['where']['kind'], string> = {
  line: 'Breakpoint',
  function: 'Function breakpoint',
  syscall: 'System call',
  instruction: 'Instruction breakpoint',
};

const HALT_NAMES = {
  entry: 'Entry',
  pause: 'Paused',
  step: 'Step complete',
  'step-ended': 'Thread ended',
  'step-exec': 'Program replaced',
  blocked: 'Blocked',
  'process-ended': 'Process ended',
  ending: 'Program ended',
  deadlock: 'Deadlock',
  invariant: 'Invariant broken',
};

function stoppedBody(machine: Machine, halt: Halt): DebugProtocol.StoppedEvent['body'] {
  const text = haltText(machine, halt);
  const common = { threadId: halt.task.tid, allThreadsStopped: true };
  switch (halt.kind) {
    case 'entry':
    case 'pause':
    case 'step':
      return { reason: halt.kind, description: HALT_NAMES[halt.kind], text, ...common };
    case 'step-ended':
    case 'step-exec':
    case 'blocked':
      return { reason: 'step', description: HALT_NAMES[halt.kind], text, ...common };
    case 'process-ended':
    case 'ending':
      return { reason: 'pause', description: HALT_NAMES[halt.kind], text, ...common };
    case 'breakpoint': {
      const { where, ids } = halt.hit;
      const description = BREAKPOINT_NAMES[where.kind];
      return { reason: BREAKPOINT_REASONS[where.kind], description, text, hitBreakpointIds: [...ids], ...common };
    }
    case 'watch': {
      const { headline, ids } = halt.stop;
      return { reason: 'data breakpoint', description: headline, text, hitBreakpointIds: [...ids], ...common };
    }
    case 'event':
      return {
        reason: 'exception',
        description: filterLabel(halt.filter),
        text,
        ...(halt.ids.length > 0 ? { hitBreakpointIds: [...halt.ids] } : {}),
        ...common,
      };
    case 'deadlock':
    case 'invariant':
      return { reason: 'exception', description: HALT_NAMES[halt.kind], text, ...common };
    case 'platform-failure':
      return { reason: 'exception', description: halt.error.title, text, ...common };
  }
}

function ownBody(machine: Machine, halt: Halt): StoppedBody {
  const { tid, process } = halt.task;
  const va = pageOf(machine, halt);
  return {
    n: machine.hart.instret,
    pid: process.pid,
    tid,
    reason: haltText(machine, halt),
    ...(va === undefined ? {} : { va: toHex(pageFloor(va)) }),
  };
}

/** The page of the stopped process that the stop is about. */
function pageOf(machine: Machine, halt: Halt): VirtAddr | undefined {
  if (halt.kind === 'event') return 'va' in halt.event ? halt.event.va : undefined;
  if (halt.kind === 'watch') return virtAddr(halt.stop.page);
  if (halt.kind === 'platform-failure') return halt.error instanceof NestedCowFault ? halt.error.inner : undefined;
  if (halt.kind !== 'invariant') return undefined;
  const { space, va } = halt.violation;
  return space === spaceOf(machine, halt.task.process) ? va : undefined;
}
