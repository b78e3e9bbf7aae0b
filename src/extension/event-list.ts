import * as vscode from 'vscode';
import type { CustomRequests } from '../debug/custom-requests.ts';
import { OTHER_FILTERS, type EventFilter } from '../debug/event-filters.ts';
import { ask } from './session-tracker.ts';

/** A kind of event that the view offers to stop at. */
export interface ListedEvent {
  readonly filter: EventFilter;
  readonly enabled: boolean;
  readonly condition: string | undefined;
}

/** What the adapter of the session says of one. */
interface EventStatus {
  readonly id?: number;
  readonly verified: boolean;
  readonly message?: string;
}

/** The messages of the protocol that matter here. */
type Message =
  | { readonly type: 'event'; readonly event: string; readonly body?: unknown }
  | { readonly type: 'response'; readonly command: string; readonly success: boolean };

type Stored = Readonly<Record<string, { readonly enabled: boolean; readonly condition?: string }>>;

const STORED = 'pagewalk.events';

/**
 * The event filters that VS Code does not list, with what the workspace has chosen of them. Every session gets all of them,
 * whenever they change: conditions are checked also of those that are off.
 */
export class EventList implements vscode.DebugAdapterTrackerFactory, vscode.Disposable {
  readonly #changed = new vscode.EventEmitter<void>();
  readonly #sessions = new Map<string, vscode.DebugSession>();
  #stored: Stored;
  /** Of the session that has told last, by filter. */
  #statuses = new Map<string, EventStatus>();
  #hit: readonly number[] = [];

  readonly onDidChange = this.#changed.event;

  constructor(
    private readonly store: vscode.Memento,
    private readonly log: vscode.LogOutputChannel,
  ) {
    this.#stored = store.get<Stored>(STORED, {});
  }

  get all(): readonly ListedEvent[] {
    return OTHER_FILTERS.map((filter) => {
      const { enabled = false, condition } = this.#stored[filter.id] ?? {};
      return { filter, enabled, condition };
    });
  }

  status({ filter }: ListedEvent): EventStatus | undefined {
    return this.#statuses.get(filter.id);
  }

  /** Whether the last stop was for it. */
  isHit(event: ListedEvent): boolean {
    const id = this.status(event)?.id;
    return id !== undefined && this.#hit.includes(id);
  }

  enable(choices: ReadonlyMap<ListedEvent, boolean>): Promise<void> {
    const changes = [...choices].map(([event, enabled]) => [event.filter.id, stored({ ...event, enabled })] as const);
    return this.#replace({ ...this.#stored, ...Object.fromEntries(changes) });
  }

  /** @param condition an expression; empty for none */
  setCondition(event: ListedEvent, condition: string): Promise<void> {
    return this.#replace({
      ...this.#stored,
      [event.filter.id]: stored({ ...event, condition: condition === '' ? undefined : condition }),
    });
  }

  createDebugAdapterTracker(session: vscode.DebugSession): vscode.DebugAdapterTracker {
    const end = (): void => {
      if (!this.#sessions.delete(session.id)) return;
      this.#statuses.clear();
      this.#hit = [];
      this.#changed.fire();
    };
    return {
      onDidSendMessage: (message: Message) => {
        // From here on the adapter takes requests; the program is not loaded yet.
        if (message.type === 'response' && message.command === 'initialize' && message.success) {
          this.#sessions.set(session.id, session);
          void this.#tell(session);
        } else if (message.type === 'event') this.#event(message.event, message.body);
      },
      onWillStopSession: end,
      onExit: end,
    };
  }

  dispose(): void {
    this.#changed.dispose();
  }

  #event(event: string, body: unknown): void {
    if (event === 'stopped') this.#hit = (body as { hitBreakpointIds?: number[] }).hitBreakpointIds ?? [];
    else if (event === 'continued') this.#hit = [];
    else if (event === 'breakpoint') {
      const { breakpoint } = body as { breakpoint: EventStatus };
      for (const [filter, { id }] of this.#statuses) if (id === breakpoint.id) this.#statuses.set(filter, breakpoint);
    } else return;
    this.#changed.fire();
  }

  async #replace(stored: Stored): Promise<void> {
    this.#stored = stored;
    await this.store.update(STORED, stored);
    await Promise.all([...this.#sessions.values()].map((session) => this.#tell(session)));
    this.#changed.fire();
  }

  async #tell(session: vscode.DebugSession): Promise<void> {
    const told = this.all;
    type Body = CustomRequests['pagewalk/setEventBreakpoints']['body'];
    try {
      const { breakpoints }: Body = await ask(session, 'pagewalk/setEventBreakpoints', {
        breakpoints: told.map(({ filter, enabled, condition }) => ({
          filter: filter.id,
          isOff: !enabled,
          ...(condition === undefined ? {} : { condition }),
        })),
      });
      told.forEach(({ filter }, at) => this.#statuses.set(filter.id, breakpoints[at]));
      this.#changed.fire();
    } catch (error) {
      // The session may have ended meanwhile.
      if (this.#sessions.has(session.id)) this.log.error(error instanceof Error ? error : String(error));
    }
  }
}

function stored({ enabled, condition }: ListedEvent): Stored[string] {
  return { enabled, ...(condition === undefined ? {} : { condition }) };
}
