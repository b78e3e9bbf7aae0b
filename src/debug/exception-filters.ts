import type { DebugProtocol } from '@vscode/debugprotocol';
import type { StopEvent } from './cpp-exceptions.ts';
import type { InvariantViolation } from '../platform/invariants.ts';
import { isVsCode } from './client.ts';
import { EVENT_FILTERS, type EventFilter } from './event-filters.ts';
import { syntaxError } from './expressions/evaluator.ts';
import { SignalRules } from './signal-rules.ts';

/**
 * The filters of the initialize response. VS Code gets those that people use often: our extension has a view for the others.
 * @param clientId of the initialize request
 */
export function declaredFilters(clientId: string | undefined): DebugProtocol.ExceptionBreakpointsFilter[] {
  const declared = isVsCode(clientId) ? EVENT_FILTERS.filter(({ isListed }) => isListed) : EVENT_FILTERS;
  return declared.map(({ id, label, description, default: isDefault, example }) => ({
    filter: id,
    label,
    description,
    default: isDefault,
    ...(example === undefined
      ? {}
      : { supportsCondition: true, conditionDescription: `An expression that must be true, such as ${example}` }),
  }));
}

/** A filter that the user has chosen, and when it is to stop. */
export interface FilterRequest {
  readonly id: string;
  readonly condition?: string;
  /** Listed and checked, but never stops. */
  readonly isOff?: boolean;
}

interface ChosenFilter {
  /** For who is told of changes: filters without a condition have none. */
  readonly id: number | undefined;
  readonly filter: EventFilter;
  readonly condition: string | undefined;
  readonly isOff: boolean;
  /** What the condition names is nowhere, by what is known of the program. */
  problem: string | undefined;
}

/** Who asked for filters: each list is replaced on its own. */
type FilterList = 'exceptions' | 'events';

interface FilterListener {
  changed(breakpoint: DebugProtocol.Breakpoint): void;
}

/** An event that stops, as the filter that wants it. */
export interface FilterMatch {
  readonly filter: string;
  /** Of the breakpoints that the client knows. */
  readonly ids: readonly number[];
}

/** The filters that the user has checked. */
export class ExceptionFilters {
  readonly #listener: FilterListener;
  readonly #nextId: () => number;
  #lists: Record<FilterList, readonly ChosenFilter[]> = {
    exceptions: EVENT_FILTERS.filter((filter) => filter.default).map((filter) => ({
      id: undefined,
      filter,
      condition: undefined,
      isOff: false,
      problem: undefined,
    })),
    events: [],
  };
  #check: (condition: string) => string | undefined = () => undefined;

  /** What was said of single signals. */
  readonly signals = new SignalRules();

  /** @param nextId numbers that no breakpoint has */
  constructor(listener: FilterListener, nextId: () => number) {
    this.#listener = listener;
    this.#nextId = nextId;
  }

  get #enabled(): ChosenFilter[] {
    return [...this.#lists.exceptions, ...this.#lists.events].filter(({ isOff }) => !isOff);
  }

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
    const filter = (id: string): ChosenFilter | undefined => this.#enabled.find((one) => one.filter.id === id);
    const signal = filter('signal');
    const byFilter = signal ? (signal.condition ?? 'yes') : isFatal && filter('signal:fatal') ? 'if it is fatal' : 'no';
    return { stop: rule === undefined ? byFilter : rule ? 'yes' : 'no', print: this.signals.prints(name) };
  }

  /** Checks conditions against another program from now on. @param check what keeps one from ever being true */
  attach(check: (condition: string) => string | undefined): void {
    this.#check = check;
    this.imagesChanged();
  }

  /** To be called when processes have mapped other programs or libraries: their names count for conditions. */
  imagesChanged(): void {
    for (const chosen of this.#lists.exceptions.concat(this.#lists.events)) {
      const { problem } = chosen;
      chosen.problem = this.#problemOf(chosen.condition);
      if (chosen.problem !== problem && chosen.id !== undefined) this.#listener.changed(describe(chosen));
    }
  }

  /** Replaces a list. @returns for each of its entries whether it will be heeded, and what is wrong with it. */
  set(list: FilterList, wanted: readonly FilterRequest[]): DebugProtocol.Breakpoint[] {
    const before = this.#lists[list];
    const chosen: ChosenFilter[] = [];
    const answers = wanted.map(({ id, condition, isOff = false }): DebugProtocol.Breakpoint => {
      const filter = EVENT_FILTERS.find((one) => one.id === id);
      if (!filter) return { verified: false, message: `there is no filter ${id}` };
      const given = condition === undefined || condition.trim() === '' ? undefined : condition;
      if (given !== undefined && filter.example === undefined)
        return { verified: false, message: `${filter.label} takes no condition` };
      const needsId = given !== undefined || list === 'events';
      const number = before.find((one) => one.filter === filter)?.id ?? (needsId ? this.#nextId() : undefined);
      const syntax = given === undefined ? undefined : syntaxError(given);
      const made = { id: number, filter, condition: given, isOff, problem: syntax ?? this.#problemOf(given) };
      if (syntax === undefined) chosen.push(made);
      return describe(made);
    });
    this.#lists[list] = chosen;
    return answers;
  }

  /** Whether one of the filters is checked. */
  has(id: string): boolean {
    return this.#enabled.some(({ filter }) => filter.id === id);
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
  concerns(event: StopEvent): boolean {
    if (event.kind === 'signal') {
      const rule = this.signals.stops(event.name);
      if (rule !== undefined) return rule;
    }
    return this.#enabled.some(({ filter }) => filter.matches(event));
  }

  /** The filter that an event meets first. @param holds whether a filter's condition is true. */
  match(event: StopEvent, holds: (condition: string, label: string) => boolean): FilterMatch | undefined {
    if (event.kind === 'signal' && this.signals.stops(event.name) === true) return { filter: 'signal', ids: [] };
    return this.#first((filter) => filter.matches(event), holds);
  }

  #first(
    isMeant: (filter: EventFilter) => boolean,
    holds: (condition: string, label: string) => boolean,
  ): FilterMatch | undefined {
    const found = this.#enabled.find(
      ({ filter, condition }) => isMeant(filter) && (condition === undefined || holds(condition, filter.label)),
    );
    return found && { filter: found.filter.id, ids: found.id === undefined ? [] : [found.id] };
  }

  #problemOf(condition: string | undefined): string | undefined {
    return condition === undefined ? undefined : this.#check(condition);
  }
}

function describe({ id, problem }: ChosenFilter): DebugProtocol.Breakpoint {
  return {
    ...(id === undefined ? {} : { id }),
    verified: problem === undefined,
    ...(problem === undefined ? {} : { message: problem }),
  };
}
