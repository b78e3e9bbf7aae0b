import fs from 'node:fs';
import path from 'node:path';
import { Adapter } from './adapter-client.ts';
import { median, round } from './statistics.ts';

export interface Figure {
  readonly what: string;
  readonly median: number;
  readonly worst: number;
  /** What it is meant to stay below. */
  readonly meant?: number;
  /** Milliseconds unless it says otherwise. */
  readonly unit?: 'ms' | 'µs';
}

/** A debug session that stands still, as an editor has it. */
export class Debuggee {
  readonly #adapter = new Adapter();
  #threadId = 1;

  /** Starts as F5 does, a new process of the adapter included, and ends with the stack of the stop. */
  static async start(
    program: string,
    args: readonly string[],
    source: string,
    text: string,
    { condition, ...more }: { readonly condition?: string; readonly memory?: string; readonly platform?: string },
  ): Promise<Debuggee> {
    const debuggee = new Debuggee();
    const adapter = debuggee.#adapter;
    await adapter.request('initialize', { adapterID: 'pagewalk', pathFormat: 'path' });
    const launched = adapter.request('launch', { program: path.resolve(program), args, ...more });
    const initialized = adapter.event('initialized');
    await initialized;
    await debuggee.breakpoints(source, [{ text, ...(condition === undefined ? {} : { condition }) }]);
    const stopped = adapter.event('stopped');
    await adapter.request('configurationDone', {});
    await launched;
    debuggee.#threadId = threadOf(await stopped);
    await adapter.request('stackTrace', { threadId: debuggee.#threadId, startFrame: 0, levels: 1 });
    return debuggee;
  }

  async step(): Promise<void> {
    const stopped = this.#adapter.event('stopped');
    await this.#adapter.request('next', { threadId: this.#threadId });
    this.#threadId = threadOf(await stopped);
  }

  async continue(): Promise<void> {
    const stopped = this.#adapter.event('stopped');
    await this.#adapter.request('continue', { threadId: this.#threadId });
    this.#threadId = threadOf(await stopped);
  }

  /** Sets breakpoints on the lines of a source that hold a text. */
  async breakpoints(source: string, wanted: readonly { text: string; condition?: string }[]): Promise<void> {
    const lines = fs.readFileSync(source, 'utf8').split('\n');
    await this.request('setBreakpoints', {
      source: { path: path.resolve(source) },
      breakpoints: wanted.map(({ text, ...details }) => ({
        line: lines.findIndex((one) => one.includes(text)) + 1,
        ...details,
      })),
    });
  }

  /** What VS Code asks for before it shows a stop. */
  async paint(): Promise<void> {
    const adapter = this.#adapter;
    const threads = adapter.request('threads', {});
    const { stackFrames } = await adapter.request<{ stackFrames: { id: number }[] }>('stackTrace', {
      threadId: this.#threadId,
      startFrame: 0,
      levels: 20,
    });
    const { scopes } = await adapter.request<{ scopes: { variablesReference: number }[] }>('scopes', {
      frameId: stackFrames[0].id,
    });
    await adapter.request('variables', { variablesReference: scopes[0].variablesReference });
    await threads;
  }

  async views(): Promise<void> {
    const requests = ['processes', 'platform', 'ledger', 'liveForks'];
    await Promise.all(requests.map((name) => this.#adapter.request(`pagewalk/${name}`, {})));
  }

  /** The frame that is on top. */
  async frame(): Promise<number> {
    const { stackFrames } = await this.request<{ stackFrames: { id: number }[] }>('stackTrace', {
      threadId: this.#threadId,
      startFrame: 0,
      levels: 1,
    });
    return stackFrames[0].id;
  }

  request<Body = unknown>(command: string, args: object): Promise<Body> {
    return this.#adapter.request<Body>(command, args);
  }

  end(): void {
    this.#adapter.end();
  }
}

function threadOf({ body }: { readonly body?: Readonly<Record<string, unknown>> }): number {
  return body?.threadId as number;
}

/** Milliseconds that something takes. */
export async function timed(work: () => Promise<void>): Promise<number> {
  const started = performance.now();
  await work();
  return performance.now() - started;
}

export function summary(times: readonly number[]): { median: number; worst: number } {
  return { median: round(median([...times])), worst: round(Math.max(...times)) };
}
