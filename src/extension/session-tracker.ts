import * as vscode from 'vscode';
import type { CustomRequests, StoppedBody } from '../debug/custom-requests.ts';

/** Requests after which the guest runs, until it stops again. */
const RESUMING = new Set(['continue', 'next', 'stepIn', 'stepOut', 'stepBack', 'reverseContinue', 'restart', 'goto']);

/** A step is over sooner than this; what views show is taken away only when the guest runs on. */
const SHORT_RUN_MS = 300;

/** The messages of the protocol that matter here. */
type Message =
  | { readonly type: 'event'; readonly event: string; readonly body?: unknown }
  | { readonly type: 'request'; readonly command: string }
  | { readonly type: 'response'; readonly command: string; readonly success: boolean };

/** A session whose guest is stopped, so that it can be asked. */
export interface StoppedSession {
  readonly session: vscode.DebugSession;
  /** Where and why it stopped, once the adapter has said so. */
  readonly stop: StoppedBody | undefined;
}

interface Tracked {
  readonly session: vscode.DebugSession;
  running: boolean;
  stop: StoppedBody | undefined;
}

/** Follows what is said between VS Code and the debug adapters, and tells the views when to look again. */
export class SessionTracker implements vscode.DebugAdapterTrackerFactory, vscode.Disposable {
  readonly #sessions = new Map<string, Tracked>();
  readonly #changed = new vscode.EventEmitter<void>();
  readonly #activeChanged: vscode.Disposable;
  #announcement: NodeJS.Timeout | undefined;

  /** Fires when {@link stopped} is another one, or when anything in it may have changed. */
  readonly onDidChange = this.#changed.event;

  constructor() {
    this.#activeChanged = vscode.debug.onDidChangeActiveDebugSession(() => this.#announce());
  }

  /** The stopped session to show: the one that is focused in VS Code, or else any. */
  get stopped(): StoppedSession | undefined {
    const active = vscode.debug.activeDebugSession;
    const shown = (active && this.#sessions.get(active.id)) ?? [...this.#sessions.values()].find((one) => !one.running);
    return shown && !shown.running ? shown : undefined;
  }

  /** Whether the guest of the session runs, so that it cannot be asked. */
  isRunning(sessionId: string): boolean {
    return this.#sessions.get(sessionId)?.running === true;
  }

  /** A session that has not ended. */
  find(sessionId: string): vscode.DebugSession | undefined {
    return this.#sessions.get(sessionId)?.session;
  }

  /** Has the views look again. */
  refresh(): void {
    this.#announce();
  }

  createDebugAdapterTracker(session: vscode.DebugSession): vscode.DebugAdapterTracker {
    const tracked: Tracked = { session, running: true, stop: undefined };
    const end = (): void => {
      if (this.#sessions.delete(session.id)) this.#announce();
    };
    return {
      onWillStartSession: () => void this.#sessions.set(session.id, tracked),
      onWillReceiveMessage: (message: Message) => {
        if (message.type === 'request' && RESUMING.has(message.command)) this.#resumed(tracked);
      },
      onDidSendMessage: (message: Message) => {
        if (message.type === 'event') this.#event(tracked, message.event, message.body);
        // The guest did not resume after all.
        else if (message.type === 'response' && RESUMING.has(message.command) && !message.success)
          this.#halted(tracked);
      },
      onWillStopSession: end,
      onExit: end,
    };
  }

  dispose(): void {
    clearTimeout(this.#announcement);
    this.#activeChanged.dispose();
    this.#changed.dispose();
  }

  #event(tracked: Tracked, event: string, body: unknown): void {
    switch (event) {
      case 'stopped':
        tracked.stop = undefined;
        this.#halted(tracked);
        break;
      case 'pagewalk/stopped':
        tracked.stop = body as StoppedBody;
        this.#halted(tracked);
        break;
      case 'continued':
        this.#resumed(tracked);
        break;
      case 'invalidated':
      case 'memory':
        this.#announce();
        break;
      case 'terminated':
        if (this.#sessions.delete(tracked.session.id)) this.#announce();
        break;
    }
  }

  #halted(tracked: Tracked): void {
    tracked.running = false;
    this.#announce();
  }

  #resumed(tracked: Tracked): void {
    tracked.running = true;
    this.#announce(SHORT_RUN_MS);
  }

  /** Events come in bursts; one announcement is enough for each. */
  #announce(delay = 0): void {
    clearTimeout(this.#announcement);
    this.#announcement = setTimeout(() => this.#changed.fire(), delay);
  }
}

/**
 * Asks the adapter one of Pagewalk's own requests.
 * @throws with the adapter's message when it refuses, such as `the guest is running`
 */
export async function ask<Command extends keyof CustomRequests>(
  session: vscode.DebugSession,
  command: Command,
  args: CustomRequests[Command]['args'],
): Promise<CustomRequests[Command]['body']> {
  return (await session.customRequest(command, args)) as CustomRequests[Command]['body'];
}
