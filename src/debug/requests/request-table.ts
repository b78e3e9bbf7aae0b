import type { Arguments } from '../arguments.ts';
import type { Breakpoints } from '../breakpoints.ts';
import type { Client } from '../client.ts';
import type { RunScope } from '../custom-requests.ts';
import type { DebugHost } from '../debug-host.ts';
import type { Debuggee } from '../debuggee.ts';
import type { ExceptionFilters } from '../exception-filters.ts';
import type { LaunchConfig } from '../launch.ts';
import type { Watches } from '../watches.ts';

/** The session as the handlers of its requests see it. */
export interface SessionState {
  readonly host: DebugHost;
  readonly client: Client;
  readonly breakpoints: Breakpoints;
  readonly watches: Watches;
  readonly filters: ExceptionFilters;
  /** The run; `undefined` before the launch. */
  debuggee: Debuggee | undefined;
  /** The client has said that it has configured everything. */
  isConfigured: boolean;
  /** The run, if there is one that has not ended; throws `Refusal` otherwise. */
  launched(): Debuggee;
  /** The run, standing still; throws `Refusal` otherwise. */
  stopped(): Debuggee;
  /** Throws `Refusal` where a program cannot be loaded. */
  check(config: LaunchConfig): void;
  /** Loads a program; throws `Refusal` where it cannot be. */
  load(config: LaunchConfig): Debuggee;
  /** Whom `continue` lets run. */
  runScope: RunScope;
  /** Ends the session. */
  shutdown(): void;
}

export interface Reply {
  readonly body?: object;
  /** What is to happen once the response is sent. */
  readonly after?: () => void;
}

/** Serves a request; throws `Refusal` where it cannot be served. */
export type Handler = (state: SessionState, args: Arguments) => Reply;

/** Handlers by the name of the request. */
export type RequestTable = Readonly<Record<string, Handler>>;
