import type { DebugProtocol } from '@vscode/debugprotocol';
import { DapClient, type Recorder } from './dap-client.ts';

/** What nvim-dap says of itself: nothing of paging, `invalidated` or `memory`. */
export const NEOVIM = {
  clientID: 'neovim',
  clientName: 'neovim',
  adapterID: 'nvim-dap',
  pathFormat: 'path',
  columnsStartAt1: true,
  linesStartAt1: true,
  supportsRunInTerminalRequest: true,
  supportsVariableType: true,
  supportsProgressReporting: true,
  supportsStartDebuggingRequest: true,
  locale: 'C.UTF-8',
};

type Frame = DebugProtocol.StackFrame;
type Variable = DebugProtocol.Variable;
type Stopped = DebugProtocol.StoppedEvent['body'];

/** The requests that nvim-dap makes, in its order, as it was recorded: after a stop it looks at threads, frames and scopes. */
export class NvimDap {
  readonly client: DapClient;
  frame: Frame | undefined;
  scopes: readonly DebugProtocol.Scope[] = [];
  readonly #threads = new Set<number>();

  constructor(recorder: Recorder) {
    this.client = new DapClient(recorder);
  }

  [Symbol.dispose](): void {
    this.client.kill();
  }

  async run(config: object, path: string, breakpoints: readonly DebugProtocol.SourceBreakpoint[]): Promise<Stopped> {
    const { client } = this;
    const { exceptionBreakpointFilters = [] } = await client.request<DebugProtocol.Capabilities>('initialize', NEOVIM);
    await client.request('launch', { type: 'pagewalk', request: 'launch', name: 'Pagewalk', ...config });
    await client.event('initialized');
    await client.request('setBreakpoints', {
      source: { name: path.split('/').at(-1), path },
      lines: breakpoints.map(({ line }) => line),
      breakpoints,
      sourceModified: false,
    });
    const filters = exceptionBreakpointFilters.filter((one) => one.default).map(({ filter }) => filter);
    await client.request('setExceptionBreakpoints', { filters });
    await client.request('configurationDone');
    return this.stopped();
  }

  /** Waits for a stop, and looks at it. */
  async stopped(): Promise<Stopped> {
    const { client } = this;
    const stop = await client.event<Stopped>('stopped');
    // For nvim-dap it is nothing; with it the stop is complete.
    if (stop.text !== 'Selected in the debug console') await client.event('pagewalk/stopped');
    if (!this.#threads.has(stop.threadId!)) {
      const { threads } = await client.request<DebugProtocol.ThreadsResponse['body']>('threads');
      for (const { id } of threads) this.#threads.add(id);
    }
    const { stackFrames } = await client.request<DebugProtocol.StackTraceResponse['body']>('stackTrace', {
      startFrame: 0,
      threadId: stop.threadId,
    });
    // The first frame that has a source, whatever hints there are.
    this.frame = stackFrames.find(({ source }) => source !== undefined) ?? stackFrames[0];
    await this.look();
    return stop;
  }

  /** Asks for the scopes of the frame, and for what is in those that are not expensive. */
  async look(): Promise<void> {
    const { scopes } = await this.client.request<DebugProtocol.ScopesResponse['body']>('scopes', {
      frameId: this.frame!.id,
    });
    this.scopes = scopes;
    for (const { expensive, variablesReference } of scopes) if (!expensive) await this.expand({ variablesReference });
  }

  /** The row of a scope, or of one in it. */
  scope(name: string): Pick<Variable, 'variablesReference'> {
    return this.scopes.find((one) => one.name === name)!;
  }

  async expand({ variablesReference }: Pick<Variable, 'variablesReference'>): Promise<readonly Variable[]> {
    const asked = { variablesReference };
    return (await this.client.request<{ variables: Variable[] }>('variables', asked)).variables;
  }

  /** A line that is typed in the REPL; what it gives is expanded at once. */
  async repl(expression: string): Promise<readonly Variable[]> {
    const { variablesReference } = await this.client.request<DebugProtocol.EvaluateResponse['body']>('evaluate', {
      expression,
      context: 'repl',
      frameId: this.frame?.id,
    });
    return variablesReference > 0 ? this.expand({ variablesReference }) : [];
  }

  async go(command: 'continue' | 'next' | 'stepIn' | 'stepOut', threadId = 1): Promise<Stopped> {
    await this.client.request(command, { threadId, granularity: 'statement' });
    return this.stopped();
  }

  /** Runs to the end: after `terminated` it says no more, and closes the adapter's input. */
  async finish(threadId = 1): Promise<number | null> {
    await this.client.request('continue', { threadId, granularity: 'statement' });
    await this.client.event('terminated');
    this.client.hangUp();
    return this.client.ended;
  }
}
