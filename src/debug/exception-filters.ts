import type { DebugProtocol } from '@vscode/debugprotocol';
import type { MachineEvent } from '../machine/machine-event.ts';
import type { FaultCause } from '../platform/fault.ts';
import type { InvariantViolation } from '../platform/invariants.ts';
import { syntaxError } from './expressions/evaluator.ts';
import { SignalRules } from './signal-rules.ts';

/** A kind of event that a user can stop at, as the Breakpoints view lists it. */
interface EventFilter {
  /** As `pagewalk inspect --break` spells it. */
  readonly id: string;
  readonly label: string;
  readonly description: string;
  readonly default: boolean;
  /** What a condition on it may look like; without one it takes none. */
  readonly example?: string;
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
    label: 'Exec',
    description: 'A process has replaced its program.',
    default: false,
    example: '$pid != 1',
    matches: kind('exec'),
  },
  {
    id: 'exit',
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
    label: 'Fatal signal',
    description: 'A signal is about to end a process: its memory is still there.',
    default: true,
    example: '$signal == "SIGSEGV"',
    matches: (event) => event.kind === 'signal' && event.action === 'terminate',
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
    label: 'Nested CoW',
    description: 'A fault handler hit a copy-on-write page itself. The machine cannot go on: it always stops.',
    default: true,
    matches: () => false,
  },
  {
    id: 'invariant',
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

/** The filters of the initialize response. */
export function declaredFilters(): DebugProtocol.ExceptionBreakpointsFilter[] {
  return FILTERS.map(({ id, label, description, default: isDefault, example }) => ({
    filter: id,
    label,
    description,
    default: isDefault,
    ...(example === undefined
      ? {}
      : { supportsCondition: true, conditionDescription: `An expression that must be true, such as ${example}` }),
  }));
}

/** A filter that the user has checked, and when it is to stop. */
export interface FilterRequest {
  readonly id: string;
  readonly condition?: string;
}

interface EnabledFilter {
  readonly filter: EventFilter;
  readonly condition: string | undefined;
}

/** The filters that the user has checked. */
export class ExceptionFilters {
  #enabled: readonly EnabledFilter[] = FILTERS.filter((filter) => filter.default).map((filter) => ({
    filter,
    condition: undefined,
  }));

  /** What was said of single signals. */
  readonly signals = new SignalRules();

  /** The ids of the filters that are checked, with their conditions. */
  get checked(): FilterRequest[] {
    return this.#enabled.map(({ filter: { id }, condition }) => ({
      id,
      ...(condition === undefined ? {} : { condition }),
    }));
  }

  /** Whether a signal stops the program, in a few words, and whether it is told where it does not. */
  signalRule(name: string, isFatal: boolean): { readonly stop: string; readonly print: boolean } {
    const rule = this.signals.stops(name);
    const filter = (id: string): EnabledFilter | undefined => this.#enabled.find((one) => one.filter.id === id);
    const signal = filter('signal');
    const byFilter = signal ? (signal.condition ?? 'yes') : isFatal && filter('signal:fatal') ? 'if it is fatal' : 'no';
    return { stop: rule === undefined ? byFilter : rule ? 'yes' : 'no', print: this.signals.prints(name) };
  }

  /** @returns for each request what keeps it from being heeded; `undefined` if nothing does. */
  set(wanted: readonly FilterRequest[]): (string | undefined)[] {
    const enabled: EnabledFilter[] = [];
    const problems = wanted.map(({ id, condition }) => {
      const filter = FILTERS.find((one) => one.id === id);
      if (!filter) return `there is no filter ${id}`;
      const given = condition === undefined || condition.trim() === '' ? undefined : condition;
      if (given !== undefined && filter.example === undefined) return `${filter.label} takes no condition`;
      const problem = given === undefined ? undefined : syntaxError(given);
      if (problem === undefined) enabled.push({ filter, condition: given });
      return problem;
    });
    this.#enabled = enabled;
    return problems;
  }

  /** Whether invariants are to be checked. */
  get wantsInvariants(): boolean {
    return this.#enabled.some(({ filter }) => filter.id === 'invariant');
  }

  /**
   * Which of the invariants that are broken at the same time is a stop: the first, or the first that meets the condition
   * of the filter.
   * @param holds whether it is true of one of them.
   */
  violationToStopAt(
    violations: readonly InvariantViolation[],
    holds: (violation: InvariantViolation, condition: string, label: string) => boolean,
  ): InvariantViolation | undefined {
    const enabled = this.#enabled.find(({ filter }) => filter.id === 'invariant');
    const condition = enabled?.condition;
    return violations.find((one) => condition === undefined || holds(one, condition, enabled!.filter.label));
  }

  /** Whether a filter may want an event: if its condition holds. */
  concerns(event: MachineEvent): boolean {
    if (event.kind === 'signal') {
      const rule = this.signals.stops(event.name);
      if (rule !== undefined) return rule;
    }
    return this.#enabled.some(({ filter }) => filter.matches(event));
  }

  /** The id of the filter that an event meets first. @param holds whether a filter's condition is true. */
  match(event: MachineEvent, holds: (condition: string, label: string) => boolean): string | undefined {
    if (event.kind === 'signal' && this.signals.stops(event.name) === true) return 'signal';
    return this.#enabled.find(
      ({ filter, condition }) => filter.matches(event) && (condition === undefined || holds(condition, filter.label)),
    )?.filter.id;
  }
}

/** The label of a filter: the headline of the exception. */
export function filterLabel(id: string): string {
  return FILTERS.find((filter) => filter.id === id)?.label ?? id;
}
