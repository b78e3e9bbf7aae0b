import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import type { DebugProtocol } from '@vscode/debugprotocol';
import type { StoppedBody } from '../../src/debug/custom-requests.ts';
import { DapClient, type Recorder } from './dap-client.ts';
import type { Transcript } from './transcript.ts';

export const SAMPLES = path.resolve('samples');
/** What leads from the debug information of the samples to their sources. */
const SAMPLE_SOURCES = { '/pagewalk/samples': SAMPLES };

export function sample(name: string): { program: string; sourceMap: Record<string, string> } {
  return { program: path.join(SAMPLES, name, name), sourceMap: SAMPLE_SOURCES };
}

type Stopped = DebugProtocol.StoppedEvent['body'];
type Frame = DebugProtocol.StackFrame;
type Variable = DebugProtocol.Variable;

const CLIENT = {
  clientID: 'test',
  adapterID: 'pagewalk',
  linesStartAt1: true,
  columnsStartAt1: true,
  pathFormat: 'path',
  supportsMemoryEvent: true,
  supportsInvalidatedEvent: true,
};

export interface Configured {
  /** Lines by source path. */
  readonly lines?: Readonly<Record<string, readonly (number | DebugProtocol.SourceBreakpoint)[]>>;
  readonly filters?: readonly string[];
  readonly functions?: readonly string[];
}

/** A session as a user drives it: the requests that an editor makes, in its order. */
export class Scenario {
  readonly client: DapClient;

  constructor(private readonly recorder?: Recorder & Partial<Pick<Transcript, 'note'>>) {
    this.client = new DapClient(recorder);
  }

  /** Ends the adapter whatever state it is in. */
  [Symbol.dispose](): void {
    this.client.kill();
  }

  note(text: string): void {
    this.recorder?.note?.(text);
  }

  /** Launches, sets breakpoints, and lets the program begin. */
  async start(asked: object, { lines = {}, filters = [], functions = [] }: Configured = {}): Promise<void> {
    const { client } = this;
    // What lies in the pages of a program that is compiled here is the C library's, and of its version.
    const isOurs = 'program' in asked && String(asked.program).startsWith(SAMPLES);
    const attributes = isOurs ? asked : { tellChanges: false, ...asked };
    await client.request('initialize', CLIENT);
    await client.request('launch', attributes);
    await client.event('initialized');
    for (const [source, wanted] of Object.entries(lines)) await this.breakAt(source, ...wanted);
    if (functions.length > 0)
      await client.request('setFunctionBreakpoints', { breakpoints: functions.map((name) => ({ name })) });
    await client.request('setExceptionBreakpoints', { filters });
    await client.request('configurationDone');
  }

  breakAt(
    source: string,
    ...lines: readonly (number | DebugProtocol.SourceBreakpoint)[]
  ): Promise<DebugProtocol.SetBreakpointsResponse['body']> {
    return this.client.request('setBreakpoints', {
      source: { path: source },
      breakpoints: lines.map((line) => (typeof line === 'number' ? { line } : line)),
    });
  }

  /** Waits for a stop; it is complete with our own event, which comes last. */
  async stopped(): Promise<Stopped & { readonly own: StoppedBody }> {
    const stopped = await this.client.event<Stopped>('stopped');
    return { ...stopped, own: await this.client.event<StoppedBody>('pagewalk/stopped') };
  }

  async go(
    command: 'continue' | 'next' | 'stepIn' | 'stepOut',
    threadId: number,
    more: object = {},
  ): Promise<Stopped & { readonly own: StoppedBody }> {
    await this.client.request(command, { threadId, ...more });
    return this.stopped();
  }

  async stack(threadId: number, levels = 20): Promise<readonly Frame[]> {
    const { stackFrames } = await this.client.request<DebugProtocol.StackTraceResponse['body']>('stackTrace', {
      threadId,
      startFrame: 0,
      levels,
    });
    return stackFrames;
  }

  /** `main:12`, innermost first; `name:?` without a line. */
  async where(threadId: number): Promise<string[]> {
    return (await this.stack(threadId)).map(({ name, line }) => `${name}:${line || '?'}`);
  }

  /** The variables of a scope of a frame. */
  async scope(frameId: number, name: string): Promise<readonly Variable[]> {
    const { scopes } = await this.client.request<DebugProtocol.ScopesResponse['body']>('scopes', { frameId });
    const scope = scopes.find((one) => one.name === name);
    assert.ok(scope, `there is no scope ${name}`);
    return this.children(scope.variablesReference);
  }

  async children(variablesReference: number): Promise<readonly Variable[]> {
    const { variables } = await this.client.request<DebugProtocol.VariablesResponse['body']>('variables', {
      variablesReference,
    });
    return variables;
  }

  /** Values of the scope's variables by name. */
  async values(threadId: number, scope: string): Promise<Readonly<Record<string, string>>> {
    const [frame] = await this.stack(threadId, 1);
    return Object.fromEntries((await this.scope(frame.id, scope)).map(({ name, value }) => [name, value]));
  }

  async evaluate(expression: string, more: object = {}): Promise<string> {
    const { result } = await this.client.request<DebugProtocol.EvaluateResponse['body']>('evaluate', {
      expression,
      context: 'watch',
      ...more,
    });
    return result;
  }

  /** Lets the program run to its end. */
  async finish(threadId: number): Promise<number> {
    await this.client.request('continue', { threadId });
    return this.exited();
  }

  async exited(): Promise<number> {
    const { exitCode } = await this.client.event<{ exitCode: number }>('exited');
    await this.client.event('terminated');
    return exitCode;
  }

  /** Ends the session as an editor does, and the adapter with it. */
  async disconnect(): Promise<void> {
    await this.client.request('disconnect', {});
    assert.equal(await this.client.ended, 0);
    assert.equal(this.client.stderr, '');
  }
}

/** The number of the first line of a source that has this text. */
export function lineOf(source: string, text: string): number {
  const at = readFileSync(source, 'utf8')
    .split('\n')
    .findIndex((line) => line.includes(text));
  assert.ok(at >= 0, `${source} has no line with ${text}`);
  return at + 1;
}
