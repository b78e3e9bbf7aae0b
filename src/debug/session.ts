import { DebugSession } from '@vscode/debugadapter';
import type { DebugProtocol } from '@vscode/debugprotocol';
import { Arguments } from './arguments.ts';
import { Breakpoints } from './breakpoints.ts';
import { capabilities } from './capabilities.ts';
import { isVsCode, knowsHints, type Client } from './client.ts';
import { isViewRequest, serveViewRequest } from './custom-requests-server.ts';
import type { RunScope } from './custom-requests.ts';
import type { DebugHost } from './debug-host.ts';
import { Debuggee, type DebuggeeParts } from './debuggee.ts';
import { ExceptionFilters } from './exception-filters.ts';
import type { LaunchConfig } from './launch.ts';
import { Refusal } from './refusal.ts';
import { ADDRESS_SPACE_BREAKPOINTS } from './requests/address-space-breakpoints.ts';
import { breakpointOut, BREAKPOINTS } from './requests/breakpoints.ts';
import { DATA_BREAKPOINTS } from './requests/data-breakpoints.ts';
import { EXPRESSIONS } from './requests/expressions.ts';
import { INSPECTION } from './requests/inspection.ts';
import { LIFECYCLE } from './requests/lifecycle.ts';
import { MEMORY } from './requests/memory.ts';
import type { Reply, RequestTable, SessionState } from './requests/request-table.ts';
import { SHARING } from './requests/sharing.ts';
import { RUNNING } from './requests/running.ts';
import { Watches } from './watches.ts';

/** All requests that are served, besides those of the views and the first. */
export const REQUESTS: RequestTable = {
  ...LIFECYCLE,
  ...BREAKPOINTS,
  ...DATA_BREAKPOINTS,
  ...ADDRESS_SPACE_BREAKPOINTS,
  ...RUNNING,
  ...INSPECTION,
  ...EXPRESSIONS,
  ...MEMORY,
  ...SHARING,
};

/** Numbers of our error messages: a client tells them apart by these. */
const enum ErrorId {
  Refused = 1000,
  UnknownRequest = 1001,
  Defect = 1002,
}

/** A debug session: routes the client's requests to their handlers, and answers every one of them. */
export class PagewalkSession extends DebugSession implements SessionState, Client {
  readonly client: Client = this;
  readonly #breakpointListener = {
    changed: (breakpoint: DebugProtocol.Breakpoint) =>
      this.event('breakpoint', { reason: 'changed', breakpoint: breakpointOut(this, breakpoint) }),
    print: (line: string) => {
      // What the program printed before comes before.
      this.debuggee?.console.flush();
      this.print('console', `${line}\n`);
    },
  };
  #lastBreakpoint = 0;
  readonly #nextBreakpoint = (): number => ++this.#lastBreakpoint;
  readonly breakpoints = new Breakpoints(this.#breakpointListener, this.#nextBreakpoint);
  readonly watches = new Watches(this.#breakpointListener, this.#nextBreakpoint);
  readonly filters = new ExceptionFilters(this.#breakpointListener, this.#nextBreakpoint);
  debuggee: Debuggee | undefined;
  isConfigured = false;
  runScope: RunScope = 'all';
  abilities = {
    memoryEvent: false,
    invalidatedEvent: false,
    progressReporting: false,
    followsStops: false,
    knowsHints: false,
  };
  readonly #onShutdown: () => void;

  /** @param onShutdown called once the client has disconnected and was answered. */
  constructor(
    readonly host: DebugHost,
    onShutdown: () => void,
  ) {
    super();
    this.#onShutdown = onShutdown;
    this.setDebuggerLinesStartAt1(true);
    this.setDebuggerColumnsStartAt1(true);
    // What is no message has no number to answer to; for the base class it would be the end.
    this.removeAllListeners('error');
    this.on('error', ({ body }: DebugProtocol.Event) =>
      this.print('important', `The client sent something that is no message: ${String(body)}\n`),
    );
  }

  protected override dispatchRequest(request: DebugProtocol.Request): void {
    // The base class learns from it how the client counts lines and writes paths.
    if (request.command === 'initialize') {
      const given: unknown = request.arguments;
      // Paths are native where the client does not say (DAP, InitializeRequestArguments.pathFormat).
      super.dispatchRequest({ ...request, arguments: { pathFormat: 'path', ...(given as object | undefined) } });
      return;
    }
    const response: DebugProtocol.Response = {
      seq: 0,
      type: 'response',
      request_seq: request.seq,
      command: request.command,
      success: true,
    };
    let reply: Reply;
    try {
      reply = this.#serve(request);
    } catch (error) {
      this.#sendError(response, error);
      return;
    }
    if (reply.body) response.body = reply.body;
    this.sendResponse(response);
    reply.after?.();
  }

  protected override initializeRequest(
    response: DebugProtocol.InitializeResponse,
    args: DebugProtocol.InitializeRequestArguments,
  ): void {
    this.abilities = {
      memoryEvent: args.supportsMemoryEvent ?? false,
      invalidatedEvent: args.supportsInvalidatedEvent ?? false,
      progressReporting: args.supportsProgressReporting ?? false,
      followsStops: isVsCode(args.clientID),
      knowsHints: knowsHints(args),
    };
    response.body = capabilities(args.clientID);
    this.sendResponse(response);
  }

  #serve(request: DebugProtocol.Request): Reply {
    const { command } = request;
    const args: unknown = request.arguments;
    if (isViewRequest(command)) return { body: serveViewRequest(this.stopped(), command, args) };
    const handler = Object.hasOwn(REQUESTS, command) ? REQUESTS[command] : undefined;
    if (!handler) throw new UnknownRequest(command);
    return handler(this, new Arguments(args));
  }

  #sendError(response: DebugProtocol.Response, error: unknown): void {
    const reason = error instanceof Error ? error.message : String(error);
    const isExpected = error instanceof Refusal || error instanceof UnknownRequest;
    const format = isExpected ? reason : `Pagewalk failed at the request "${response.command}": ${reason}`;
    const id = error instanceof UnknownRequest ? ErrorId.UnknownRequest : isExpected ? ErrorId.Refused : ErrorId.Defect;
    const showUser = error instanceof Refusal ? error.visibility === 'shown' : !isExpected;
    this.sendErrorResponse(response, { id, format, variables: {}, showUser });
  }

  launched(): Debuggee {
    if (!this.debuggee) throw new Refusal('Nothing has been launched yet.');
    if (this.debuggee.hasEnded) throw new Refusal('The program has ended.');
    return this.debuggee;
  }

  stopped(): Debuggee {
    const debuggee = this.launched();
    if (!debuggee.halt)
      throw new Refusal(
        this.isConfigured ? 'The program is running: pause it first.' : 'The program has not been started yet.',
      );
    return debuggee;
  }

  check(config: LaunchConfig): void {
    const problem = Debuggee.problem(config, this.#parts());
    if (problem !== undefined) throw new Refusal(problem, 'shown');
  }

  load(config: LaunchConfig): Debuggee {
    const debuggee = Debuggee.load(config, this.#parts());
    if (!debuggee.ok) throw new Refusal(debuggee.error, 'shown');
    return debuggee.value;
  }

  #parts(): DebuggeeParts {
    const { host, breakpoints, watches, filters } = this;
    return { host, client: this, breakpoints, watches, filters };
  }

  override shutdown(): void {
    this.debuggee?.finish();
    this.#onShutdown();
  }

  event(name: string, body?: object): void {
    const event: DebugProtocol.Event = { seq: 0, type: 'event', event: name };
    if (body) event.body = body;
    this.sendEvent(event);
  }

  print(category: 'console' | 'important' | 'stdout' | 'stderr', text: string): void {
    this.event('output', { category, output: text });
  }

  lineOut(line: number): number {
    return this.convertDebuggerLineToClient(line);
  }

  columnOut(column: number): number {
    return this.convertDebuggerColumnToClient(column);
  }

  lineIn(line: number): number {
    return this.convertClientLineToDebugger(line);
  }

  columnIn(column: number): number {
    return this.convertClientColumnToDebugger(column);
  }
}

class UnknownRequest extends Error {
  constructor(command: string) {
    super(`Pagewalk does not know the request "${String(command)}".`);
  }
}
