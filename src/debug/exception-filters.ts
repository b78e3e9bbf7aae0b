import type { DebugProtocol } from '@vscode/debugprotocol';
import type { MachineEvent } from '../machine/machine-event.ts';
import type { FaultCause } from '../platform/fault.ts';

/** A kind of event that a user can stop at, as the Breakpoints view lists it. */
interface EventFilter {
  /** As `pagewalk inspect --break` spells it. */
  readonly id: string;
  readonly label: string;
  readonly description: string;
  readonly default: boolean;
  readonly matches: (event: MachineEvent) => boolean;
}

const fault =
  (...causes: FaultCause[]) =>
  (event: MachineEvent): boolean =>
    event.kind === 'fault' && causes.includes(event.cause);

const kind =
  (name: MachineEvent['kind']) =>
  (event: MachineEvent): boolean =>
    event.kind === name;

const FILTERS: readonly EventFilter[] = [
  {
    id: 'fork',
    label: 'Fork',
    description: 'A process has made a child with memory of its own.',
    default: false,
    matches: kind('fork'),
  },
  {
    id: 'vfork',
    label: 'Vfork',
    description: 'A process has made a child that borrows its memory.',
    default: false,
    matches: kind('vfork'),
  },
  {
    id: 'exec',
    label: 'Exec',
    description: 'A process has replaced its program.',
    default: false,
    matches: kind('exec'),
  },
  {
    id: 'exit',
    label: 'Exit',
    description: 'A process is about to end: its memory is still there.',
    default: false,
    matches: kind('exit'),
  },
  {
    id: 'signal',
    label: 'Signal',
    description: 'A signal is about to be delivered to a process.',
    default: false,
    matches: kind('signal'),
  },
  {
    id: 'signal:fatal',
    label: 'Fatal signal',
    description: 'A signal is about to end a process: its memory is still there.',
    default: true,
    matches: (event) => event.kind === 'signal' && event.action === 'terminate',
  },
  {
    id: 'fault:demand-zero',
    label: 'Page fault: demand zero',
    description: 'The first access to a page of zeroes.',
    default: false,
    matches: fault('demand-zero'),
  },
  {
    id: 'fault:cow',
    label: 'Page fault: CoW',
    description: 'A store to a page that is shared until it is written.',
    default: false,
    matches: fault('cow'),
  },
  {
    id: 'fault:file',
    label: 'Page fault: file',
    description: 'The first access to a page of a file or of shared memory.',
    default: false,
    matches: fault('file'),
  },
  {
    id: 'fault:stack-growth',
    label: 'Page fault: stack growth',
    description: 'An access below the stack, which grows down to it.',
    default: false,
    matches: fault('stack-growth'),
  },
  {
    id: 'fault:protection',
    label: 'Page fault: protection',
    description: 'An access that is not allowed, and raises SIGSEGV or SIGBUS.',
    default: false,
    matches: fault('protection', 'unmapped', 'past-end'),
  },
  {
    id: 'cow-break',
    label: 'CoW broken',
    description: 'A shared page got a frame of its own, or lost its last sharer to a write.',
    default: false,
    matches: kind('cow-break'),
  },
  {
    id: 'map',
    label: 'Map',
    description: 'A mapping was made.',
    default: false,
    matches: kind('map'),
  },
  {
    id: 'unmap',
    label: 'Unmap',
    description: 'A range was unmapped.',
    default: false,
    matches: kind('unmap'),
  },
  {
    id: 'protect',
    label: 'Protect',
    description: 'The permissions of a range have changed.',
    default: false,
    matches: kind('protect'),
  },
  {
    id: 'switch',
    label: 'Address-space switch',
    description: 'The hart goes on in another address space.',
    default: false,
    matches: kind('switch'),
  },
  {
    id: 'nested-cow',
    label: 'Nested CoW',
    description: 'A fault handler hit a copy-on-write page itself. The machine cannot go on: it always stops.',
    default: true,
    matches: () => false,
  },
  {
    id: 'unimplemented',
    label: 'Unimplemented',
    description: 'The program used a system call that does not exist here.',
    default: false,
    matches: kind('unknown-syscall'),
  },
];

/** The filters of the initialize response. */
export function declaredFilters(): DebugProtocol.ExceptionBreakpointsFilter[] {
  return FILTERS.map(({ id, label, description, default: isDefault }) => ({
    filter: id,
    label,
    description,
    default: isDefault,
  }));
}

/** The filters that the user has checked. */
export class ExceptionFilters {
  #enabled: readonly EventFilter[] = FILTERS.filter((filter) => filter.default);

  /** @returns for each id whether there is such a filter. */
  set(ids: readonly string[]): boolean[] {
    this.#enabled = FILTERS.filter(({ id }) => ids.includes(id));
    return ids.map((id) => FILTERS.some((filter) => filter.id === id));
  }

  /** The id of the filter that an event meets first. */
  match(event: MachineEvent): string | undefined {
    return this.#enabled.find(({ matches }) => matches(event))?.id;
  }
}

/** The label of a filter: the headline of the exception. */
export function filterLabel(id: string): string {
  return FILTERS.find((filter) => filter.id === id)?.label ?? id;
}
