import * as vscode from 'vscode';
import type { CustomRequests, StoppedBody, WatchSpec } from '../debug/custom-requests.ts';
import type { EventPlace } from '../inspect/fork-tree.ts';
import { ask } from './session-tracker.ts';

/** A breakpoint of the view. */
export interface ListedWatch {
  readonly spec: WatchSpec;
  readonly enabled: boolean;
}

/** What the adapter of the session says of a watch. */
interface WatchStatus {
  readonly id?: number;
  readonly verified: boolean;
  readonly message?: string;
}

/** The messages of the protocol that matter here. */
type Message =
  | { readonly type: 'event'; readonly event: string; readonly body?: unknown }
  | { readonly type: 'response'; readonly command: string; readonly success: boolean };

const STORED = 'pagewalk.watches';

/** The address-space breakpoints of the workspace. Every session gets them, whenever they change: those that are off for their conditions. */
export class WatchList implements vscode.DebugAdapterTrackerFactory, vscode.Disposable {
  readonly #store: vscode.Memento;
  readonly #log: vscode.LogOutputChannel;
  readonly #changed = new vscode.EventEmitter<void>();
  readonly #sessions = new Map<string, vscode.DebugSession>();
  #watches: readonly ListedWatch[];
  /** Of the session that has told last, by the watches. */
  #statuses = new Map<ListedWatch, WatchStatus>();
  #hit: readonly number[] = [];
  /** Where in the source each was last hit in the last session, by {@link keyOf}. */
  readonly #lastHits = new Map<string, EventPlace>();

  readonly onDidChange = this.#changed.event;

  constructor(store: vscode.Memento, log: vscode.LogOutputChannel) {
    this.#store = store;
    this.#log = log;
    this.#watches = store.get<ListedWatch[]>(STORED, []);
  }

  get all(): readonly ListedWatch[] {
    return this.#watches;
  }

  status(watch: ListedWatch): WatchStatus | undefined {
    return this.#statuses.get(watch);
  }

  /** Whether the last stop was for it. */
  isHit(watch: ListedWatch): boolean {
    const id = this.#statuses.get(watch)?.id;
    return id !== undefined && this.#hit.includes(id);
  }

  /** Where in the source it was hit last. */
  lastHit(watch: ListedWatch): EventPlace | undefined {
    return this.#lastHits.get(keyOf(watch.spec));
  }

  /** Adds a watch, checked; one that is listed already is checked. */
  async add(spec: WatchSpec): Promise<void> {
    const same = this.#watches.find((one) => keyOf(one.spec) === keyOf(spec));
    await this.#replace(
      same
        ? this.#watches.map((one) => (one === same ? { spec, enabled: true } : one))
        : [...this.#watches, { spec, enabled: true }],
    );
  }

  remove(watch: ListedWatch): Promise<void> {
    return this.#replace(this.#watches.filter((one) => one !== watch));
  }

  removeAll(): Promise<void> {
    return this.#replace([]);
  }

  enable(choices: ReadonlyMap<ListedWatch, boolean>): Promise<void> {
    return this.#replace(this.#watches.map((one) => ({ spec: one.spec, enabled: choices.get(one) ?? one.enabled })));
  }

  /** @param condition an expression; empty for none */
  setCondition(watch: ListedWatch, condition: string): Promise<void> {
    const fields = Object.entries(watch.spec).filter(([name]) => name !== 'condition');
    const spec = Object.fromEntries(condition === '' ? fields : [...fields, ['condition', condition]]) as WatchSpec;
    return this.#replace(this.#watches.map((one) => (one === watch ? { ...one, spec } : one)));
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
          this.#lastHits.clear();
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
    else if (event === 'pagewalk/stopped') {
      const { by } = body as StoppedBody;
      if (by) for (const watch of this.#watches) if (this.isHit(watch)) this.#lastHits.set(keyOf(watch.spec), by);
    } else if (event === 'continued') this.#hit = [];
    else if (event === 'breakpoint') {
      const { breakpoint } = body as { breakpoint: WatchStatus };
      for (const [watch, { id }] of this.#statuses) if (id === breakpoint.id) this.#statuses.set(watch, breakpoint);
    } else return;
    this.#changed.fire();
  }

  async #replace(watches: readonly ListedWatch[]): Promise<void> {
    this.#watches = watches;
    this.#statuses.clear();
    await this.#store.update(STORED, watches);
    await Promise.all([...this.#sessions.values()].map((session) => this.#tell(session)));
    this.#changed.fire();
  }

  async #tell(session: vscode.DebugSession): Promise<void> {
    const told = this.#watches;
    type Body = CustomRequests['pagewalk/setWatches']['body'];
    try {
      const { breakpoints }: Body = await ask(session, 'pagewalk/setWatches', {
        watches: told.map(({ spec, enabled }) => ({ ...spec, isOff: !enabled })),
      });
      told.forEach((watch, at) => this.#statuses.set(watch, breakpoints[at]));
      this.#changed.fire();
    } catch (error) {
      // The session may have ended meanwhile.
      if (this.#sessions.has(session.id)) this.#log.error(error instanceof Error ? error : String(error));
    }
  }
}

/** Names what is watched: the same when its condition changes. */
export function keyOf(spec: WatchSpec): string {
  const { kind, pid, va } = spec;
  return [kind, pid, va, kind === 'page' ? spec.access : kind === 'refcount' ? spec.when : (spec.level ?? 0)].join(' ');
}
