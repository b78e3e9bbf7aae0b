import { spawn, type ChildProcessWithoutNullStreams } from 'node:child_process';
import type { DebugProtocol } from '@vscode/debugprotocol';

/** Told everything that goes in either direction, in order. */
export interface Recorder {
  request(command: string, args: unknown): void;
  response(response: DebugProtocol.Response): void;
  event(event: DebugProtocol.Event): void;
}

/** A response whose request failed. */
class RequestFailed extends Error {
  constructor(readonly response: DebugProtocol.Response) {
    super(response.message ?? 'failed without a message');
  }
}

interface Awaited {
  readonly matches: (event: DebugProtocol.Event) => boolean;
  readonly resolve: (event: never) => void;
  readonly reject: (error: Error) => void;
}

interface Asked {
  readonly resolve: (response: DebugProtocol.Response) => void;
  readonly reject: (error: Error) => void;
}

/** Many times what the longest session takes on a busy computer. */
const LONGEST_SESSION_MS = 120_000;

/** A client of `pagewalk dap` over standard input and output: what an editor is, without its windows. */
export class DapClient {
  readonly #process: ChildProcessWithoutNullStreams;
  readonly #pending = new Map<number, Asked>();
  readonly #unseen: DebugProtocol.Event[] = [];
  readonly #waiting: Awaited[] = [];
  readonly #recorder: Recorder | undefined;
  readonly ended: Promise<number | null>;
  /** What the adapter wrote to standard error: nothing, if all is well. */
  stderr = '';
  /** All that was printed to the debug console. */
  printed = '';
  #lastSeq = 0;
  #received = Buffer.alloc(0);

  constructor(recorder?: Recorder) {
    this.#recorder = recorder;
    this.#process = spawn(process.execPath, ['dist/cli.js', 'dap']);
    this.#process.stdout.on('data', (bytes: Buffer) => this.#take(bytes));
    this.#process.stderr.on('data', (bytes: Buffer) => (this.stderr += bytes.toString()));
    // An adapter that hangs fails its test instead of the whole run.
    const watchdog = setTimeout(() => this.kill(), LONGEST_SESSION_MS);
    this.ended = new Promise((resolve) =>
      this.#process.on('close', (status) => {
        clearTimeout(watchdog);
        const gone = new Error(`the adapter has ended, with status ${status} and these words: ${this.stderr}`);
        for (const { reject } of [...this.#pending.values(), ...this.#waiting]) reject(gone);
        resolve(status);
      }),
    );
  }

  /** The body of the response; throws `RequestFailed`. */
  async request<Body = Record<string, unknown>>(command: string, args?: unknown): Promise<Body> {
    const response = await this.ask(command, args);
    if (!response.success) throw new RequestFailed(response);
    return response.body as Body;
  }

  /** The message of the error response to a request that has to fail. */
  async refusal(command: string, args?: unknown): Promise<string> {
    const response = await this.ask(command, args);
    if (response.success) throw new Error(`${command} has not failed`);
    return response.message!;
  }

  ask(command: string, args?: unknown): Promise<DebugProtocol.Response> {
    const seq = ++this.#lastSeq;
    this.#recorder?.request(command, args);
    const answered = new Promise<DebugProtocol.Response>((resolve, reject) =>
      this.#pending.set(seq, { resolve, reject }),
    );
    this.send(JSON.stringify({ seq, type: 'request', command, ...(args === undefined ? {} : { arguments: args }) }));
    return answered;
  }

  /** Sends the text of a message, well-formed or not. */
  send(text: string): void {
    this.#process.stdin.write(`Content-Length: ${Buffer.byteLength(text)}\r\n\r\n${text}`);
  }

  /** The first event of this name (and kind) that has not been awaited yet; those before it count as seen. */
  event<Body = Record<string, unknown>>(name: string, isMeant: (body: Body) => boolean = () => true): Promise<Body> {
    const matches = (event: DebugProtocol.Event): boolean => event.event === name && isMeant(event.body as Body);
    const at = this.#unseen.findIndex(matches);
    if (at >= 0) return Promise.resolve(this.#unseen.splice(0, at + 1).at(-1)!.body as Body);
    this.#unseen.length = 0;
    return new Promise((resolve, reject) => this.#waiting.push({ matches, resolve, reject }));
  }

  /** Closes the adapter's input, as an editor that is gone. */
  hangUp(): void {
    this.#process.stdin.end();
  }

  kill(): void {
    this.#process.kill('SIGKILL');
  }

  #take(bytes: Buffer): void {
    this.#received = Buffer.concat([this.#received, bytes]);
    for (;;) {
      const header = this.#received.indexOf('\r\n\r\n');
      if (header < 0) return;
      const length = Number(/Content-Length: (\d+)/.exec(this.#received.toString('latin1', 0, header))![1]);
      const end = header + 4 + length;
      if (this.#received.length < end) return;
      const message = JSON.parse(this.#received.toString('utf8', header + 4, end)) as DebugProtocol.ProtocolMessage;
      this.#received = this.#received.subarray(end);
      this.#deliver(message);
    }
  }

  #deliver(message: DebugProtocol.ProtocolMessage): void {
    if (message.type === 'response') {
      const response = message as DebugProtocol.Response;
      this.#recorder?.response(response);
      this.#pending.get(response.request_seq)?.resolve(response);
      this.#pending.delete(response.request_seq);
      return;
    }
    const event = message as DebugProtocol.Event;
    this.#recorder?.event(event);
    if (event.event === 'output') this.printed += (event.body as { output: string }).output;
    const at = this.#waiting.findIndex(({ matches }) => matches(event));
    if (at < 0) {
      this.#unseen.push(event);
      return;
    }
    this.#unseen.length = 0;
    this.#waiting.splice(at, 1)[0].resolve(event.body as never);
  }
}
