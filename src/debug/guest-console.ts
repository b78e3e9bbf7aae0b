import type { ConsolePort } from '../linux/host.ts';

/** What flushing shows: text of one stream. */
type Print = (category: 'stdout' | 'stderr', text: string) => void;

/**
 * The guest's terminal: collects what it writes until `flush`, so that a guest that prints without end is one event a
 * slice and not one a byte, and hands it the input that was typed or read from a file.
 */
export class GuestConsole implements ConsolePort {
  readonly #print: Print;
  readonly #decoders = { 1: new TextDecoder(), 2: new TextDecoder() };
  #pending: { stream: 1 | 2; text: string }[] = [];
  #input: Uint8Array;
  #atEnd: boolean;

  /** @param input all of the standard input; `undefined` when it is typed while the guest runs. */
  constructor(print: Print, input: Uint8Array | undefined) {
    this.#print = print;
    this.#input = input ?? new Uint8Array(0);
    this.#atEnd = input !== undefined;
  }

  write(stream: 1 | 2, bytes: Uint8Array): void {
    const text = this.#decoders[stream].decode(bytes, { stream: true });
    const last = this.#pending.at(-1);
    if (last?.stream === stream) last.text += text;
    else if (text !== '') this.#pending.push({ stream, text });
  }

  read(max: number): Uint8Array | undefined {
    if (this.#input.length === 0) return this.#atEnd ? new Uint8Array(0) : undefined;
    const taken = this.#input.subarray(0, max);
    this.#input = this.#input.subarray(taken.length);
    return taken;
  }

  /** Adds a line that was typed; `undefined` ends the input. Nothing follows the end. */
  type(line: string | undefined): void {
    if (this.#atEnd) return;
    if (line === undefined) {
      this.#atEnd = true;
      return;
    }
    const typed = new TextEncoder().encode(`${line}\n`);
    const joined = new Uint8Array(this.#input.length + typed.length);
    joined.set(this.#input);
    joined.set(typed, this.#input.length);
    this.#input = joined;
  }

  flush(): void {
    const pending = this.#pending;
    this.#pending = [];
    for (const { stream, text } of pending) this.#print(stream === 1 ? 'stdout' : 'stderr', text);
  }
}
