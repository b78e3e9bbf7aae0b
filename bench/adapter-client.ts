import { spawn, type ChildProcess } from 'node:child_process';
import { BenchError } from './bench-error.ts';

/** A message of the Debug Adapter Protocol, as far as benchmarks look at it. */
interface Message {
  readonly type: 'request' | 'response' | 'event';
  readonly seq: number;
  readonly event?: string;
  readonly command?: string;
  readonly success?: boolean;
  readonly message?: string;
  readonly body?: Readonly<Record<string, unknown>>;
}

/** `pagewalk dap` as a client sees it. Whatever is awaited fails when the adapter ends. */
export class Adapter {
  readonly #process: ChildProcess;
  readonly #waiting: {
    wanted: (message: Message) => boolean;
    give: (message: Message) => void;
    fail: (e: Error) => void;
  }[] = [];
  #received = Buffer.alloc(0);
  #seq = 0;

  constructor() {
    this.#process = spawn(process.execPath, ['dist/cli.js', 'dap'], { stdio: ['pipe', 'pipe', 'inherit'] });
    this.#process.stdout!.on('data', (bytes: Buffer) => this.#receive(bytes));
    this.#process.once('exit', (code) => {
      for (const { fail } of this.#waiting.splice(0)) fail(new BenchError(`pagewalk dap ended with ${code}`));
    });
  }

  async request<Body = unknown>(command: string, args: object): Promise<Body> {
    const seq = ++this.#seq;
    const body = JSON.stringify({ seq, type: 'request', command, arguments: args });
    const answer = this.#message((message) => message.type === 'response' && requestSeq(message) === seq);
    this.#process.stdin!.write(`Content-Length: ${Buffer.byteLength(body)}\r\n\r\n${body}`);
    const { success, message, body: result = {} } = await answer;
    if (!success) throw new BenchError(`the adapter refuses ${command}: ${message}`);
    return result as Body;
  }

  event(name: string): Promise<Message> {
    return this.#message((message) => message.type === 'event' && message.event === name);
  }

  end(): void {
    this.#waiting.length = 0;
    this.#process.kill();
  }

  #message(wanted: (message: Message) => boolean): Promise<Message> {
    return new Promise((give, fail) => this.#waiting.push({ wanted, give, fail }));
  }

  #receive(bytes: Buffer): void {
    this.#received = Buffer.concat([this.#received, bytes]);
    for (;;) {
      const headerEnd = this.#received.indexOf('\r\n\r\n');
      if (headerEnd < 0) return;
      const length = Number(/Content-Length: (\d+)/.exec(this.#received.toString('latin1', 0, headerEnd))?.[1]);
      const end = headerEnd + 4 + length;
      if (this.#received.length < end) return;
      const message = JSON.parse(this.#received.toString('utf8', headerEnd + 4, end)) as Message;
      this.#received = this.#received.subarray(end);
      const index = this.#waiting.findIndex(({ wanted }) => wanted(message));
      if (index >= 0) this.#waiting.splice(index, 1)[0].give(message);
    }
  }
}

function requestSeq(message: Message): number {
  return (message as Message & { readonly request_seq: number }).request_seq;
}
