import type { StopEvent } from './cpp-exceptions.ts';
import type { FaultCause } from '../platform/fault.ts';

/** A kind of event that a user can stop at. */
interface EventFilter {
  /** As `pagewalk inspect --break` spells it. */
  readonly id: string;
  readonly label: string;
  readonly description: string;
  readonly default: boolean;
  /** It stands in VS Code's list of breakpoints; the others are rows of the view Address-Space Breakpoints. */
  readonly isListed?: true;
  /** It cannot be turned off: a view of choices leaves it out. */
  readonly isForced?: true;
  /** What a condition on it may look like; without one it takes none. */
  readonly example?: string;
  readonly matches: (event: StopEvent) => boolean;
}

export type { EventFilter };

const fault =
  (...causes: FaultCause[]) =>
  (event: StopEvent): boolean =>
    event.kind === 'fault' && causes.includes(event.cause);

const kind =
  (name: StopEvent['kind']) =>
  (event: StopEvent): boolean =>
    event.kind === name;

export const EVENT_FILTERS: readonly EventFilter[] = [
  {
    id: 'fork',
    isListed: true,
    label: 'Fork',
    description: 'A process has made a child with memory of its own.',
    default: false,
    example: '$child == 2 || depth > 3',
    matches: kind('fork'),
  },
  {
    id: 'vfork',
    label: 'Vfork',
    description: 'A process has made a child that borrows its memory.',
    default: false,
    example: '$child == 2',
    matches: kind('vfork'),
  },
  {
    id: 'exec',
    isListed: true,
    label: 'Exec',
    description: 'A process has replaced its program.',
    default: false,
    example: '$pid != 1',
    matches: kind('exec'),
  },
  {
    id: 'exit',
    isListed: true,
    label: 'Exit',
    description: 'A process is about to end: its memory is still there.',
    default: false,
    example: '$exitcode != 0',
    matches: kind('exit'),
  },
  {
    id: 'signal',
    label: 'Signal',
    description: 'A signal is about to be delivered to a process.',
    default: false,
    example: '$signal == "SIGUSR1"',
    matches: kind('signal'),
  },
  {
    id: 'signal:fatal',
    isListed: true,
    label: 'Fatal signal',
    description: 'A signal is about to end a process: its memory is still there.',
    default: true,
    example: '$signal == "SIGSEGV"',
    matches: (event) => event.kind === 'signal' && event.action === 'terminate',
  },
  {
    id: 'throw',
    isListed: true,
    label: 'C++ throw',
    description: 'An exception is about to be thrown, also one that is thrown again.',
    default: false,
    example: '$exception == "std::bad_alloc"',
    matches: kind('throw'),
  },
  {
    id: 'catch',
    label: 'C++ catch',
    description: 'An exception was caught: its handler is about to run.',
    default: false,
    example: '$exception == "std::bad_alloc"',
    matches: kind('catch'),
  },
  {
    id: 'fault:demand-zero',
    label: 'Page fault: demand zero',
    description: 'The first access to a page of zeroes.',
    default: false,
    example: '$access == "store" && $mapping == "[heap]"',
    matches: fault('demand-zero'),
  },
  {
    id: 'fault:cow',
    isListed: true,
    label: 'Page fault: CoW',
    description: 'A store to a page that is shared until it is written.',
    default: false,
    example: '$refcount > 2 || $va == &counter',
    matches: fault('cow'),
  },
  {
    id: 'fault:file',
    label: 'Page fault: file',
    description: 'The first access to a page of a file or of shared memory.',
    default: false,
    example: '$access == "fetch"',
    matches: fault('file'),
  },
  {
    id: 'fault:stack-growth',
    label: 'Page fault: stack growth',
    description: 'An access below the stack, which grows down to it.',
    default: false,
    example: '$sp - $va > 4096',
    matches: fault('stack-growth'),
  },
  {
    id: 'fault:protection',
    label: 'Page fault: protection',
    description: 'An access that is not allowed, and raises SIGSEGV or SIGBUS.',
    default: false,
    example: '$va < 4096',
    matches: fault('protection', 'unmapped', 'past-end'),
  },
  {
    id: 'cow-break',
    label: 'CoW broken',
    description: 'A shared page got a frame of its own, or lost its last sharer to a write.',
    default: false,
    example: '$mapping == "[stack]"',
    matches: kind('cow-break'),
  },
  {
    id: 'map',
    label: 'Map',
    description: 'A mapping was made.',
    default: false,
    example: '$mapping == "[heap]"',
    matches: kind('map'),
  },
  {
    id: 'unmap',
    label: 'Unmap',
    description: 'A range was unmapped.',
    default: false,
    example: '$va == (unsigned long)area',
    matches: kind('unmap'),
  },
  {
    id: 'protect',
    label: 'Protect',
    description: 'The permissions of a range have changed.',
    default: false,
    example: '$pid == 1',
    matches: kind('protect'),
  },
  {
    id: 'switch',
    label: 'Address-space switch',
    description: 'The hart goes on in another address space.',
    default: false,
    example: '$pid == 2',
    matches: kind('switch'),
  },
  {
    id: 'nested-cow',
    isForced: true,
    label: 'Nested CoW',
    description: 'A fault handler hit a copy-on-write page itself. The machine cannot go on: it always stops.',
    default: true,
    matches: () => false,
  },
  {
    id: 'invariant',
    isListed: true,
    label: 'Invariant broken',
    description:
      'An invariant of address spaces does not hold. Everything is checked after each change, which takes time.',
    default: false,
    example: '$invariant == 3 || $mapping == "[heap]"',
    matches: () => false,
  },
  {
    id: 'unimplemented',
    label: 'Unimplemented',
    description: 'The program used a system call that does not exist here.',
    default: false,
    example: '$a7 != 435',
    matches: kind('unknown-syscall'),
  },
];

/** Those that a view of our own offers, beside the list of VS Code. */
export const OTHER_FILTERS: readonly EventFilter[] = EVENT_FILTERS.filter(
  ({ isListed, isForced }) => !isListed && !isForced,
);

/** The label of a filter: the headline of the exception. */
export function filterLabel(id: string): string {
  return EVENT_FILTERS.find((filter) => filter.id === id)?.label ?? id;
}
