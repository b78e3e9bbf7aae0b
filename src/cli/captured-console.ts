import { createHash } from 'node:crypto';
import type { Printed } from '../inspect/measured-run.ts';
import type { ConsolePort } from '../linux/host.ts';

/** Bytes of the output that a report shows. */
const HEAD_BYTES = 8 * 1024;

/** A guest's console whose output goes nowhere but into a digest. Its standard error is dropped. */
export class CapturedConsole implements ConsolePort {
  readonly #input: ReplayedInput;
  readonly #hash = createHash('sha256');
  readonly #head: Uint8Array[] = [];
  #headLeft = HEAD_BYTES;
  #bytes = 0;
  #read = 0;

  constructor(input: ReplayedInput) {
    this.#input = input;
  }

  write(stream: 1 | 2, bytes: Uint8Array): void {
    if (stream !== 1) return;
    this.#hash.update(bytes);
    this.#bytes += bytes.length;
    if (this.#headLeft === 0) return;
    const head = Uint8Array.from(bytes.subarray(0, this.#headLeft)); // the guest goes on to use its buffer
    this.#head.push(head);
    this.#headLeft -= head.length;
  }

  read(max: number): Uint8Array {
    const bytes = this.#input.read(this.#read, max);
    this.#read += bytes.length;
    return bytes;
  }

  /** What was written; to be asked for once, at the end. */
  printed(): Printed {
    return {
      stdoutSha256: this.#hash.digest('hex'),
      stdoutBytes: this.#bytes,
      stdoutHead: Buffer.concat(this.#head).toString(),
    };
  }
}

/** An input that is read once, when a guest first wants it, and is the same for every guest. */
export class ReplayedInput {
  readonly #source: (max: number) => Uint8Array;
  /** What was read so far, and room for more. */
  #bytes = new Uint8Array(4096);
  #length = 0;
  #ended = false;

  /** @param source gives the next bytes, none at the end. */
  constructor(source: (max: number) => Uint8Array) {
    this.#source = source;
  }

  /** At most `max` bytes from an offset on; none at the end. */
  read(offset: number, max: number): Uint8Array {
    if (offset === this.#length && !this.#ended && max > 0) this.#append(this.#source(max));
    return this.#bytes.subarray(offset, Math.min(offset + max, this.#length));
  }

  #append(more: Uint8Array): void {
    const length = this.#length + more.length;
    if (length > this.#bytes.length) {
      const larger = new Uint8Array(Math.max(length, this.#bytes.length * 2));
      larger.set(this.#bytes);
      this.#bytes = larger;
    }
    this.#bytes.set(more, this.#length);
    this.#length = length;
    this.#ended = more.length === 0;
  }
}
