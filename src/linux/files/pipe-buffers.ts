import { concat } from '../user-memory.ts';

/** Bytes of a buffer: a page. */
export const PIPE_BUFFER = 4096;

interface Buffer {
  readonly bytes: Uint8Array;
  start: number;
  end: number;
  /** Written with O_DIRECT: a read takes all of it and no more. */
  readonly isPacket: boolean;
}

/**
 * What is in a pipe: buffers of a page each, as Linux has them. One that is partly read is not free yet, and a short
 * write goes into the last one where it fits.
 */
export class PipeBuffers {
  #buffers: Buffer[] = [];
  length = 0;

  /** @param slots buffers at most. */
  constructor(public slots: number) {}

  get used(): number {
    return this.#buffers.length;
  }

  get isFull(): boolean {
    return this.used >= this.slots;
  }

  /** Bytes that can be put without waiting, if they are put at once. */
  get room(): number {
    return Math.max(0, this.slots - this.used) * PIPE_BUFFER;
  }

  /** @returns bytes put; 0 where there is no room. */
  put(bytes: Uint8Array, asPackets: boolean): number {
    let done = asPackets ? 0 : this.#append(bytes.subarray(0, bytes.length % PIPE_BUFFER));
    while (done < bytes.length && !this.isFull) {
      const part = bytes.subarray(done, done + PIPE_BUFFER);
      const buffer = new Uint8Array(PIPE_BUFFER);
      buffer.set(part);
      this.#buffers.push({ bytes: buffer, start: 0, end: part.length, isPacket: asPackets });
      this.length += part.length;
      done += part.length;
    }
    return done;
  }

  /** The next `max` bytes, or fewer, which stay. */
  peek(max: number): Uint8Array {
    const parts: Uint8Array[] = [];
    let left = max;
    for (const { bytes, start, end, isPacket } of this.#buffers) {
      if (left === 0 || (isPacket && parts.length > 0)) break;
      const part = bytes.subarray(start, Math.min(end, start + left));
      parts.push(part);
      left -= part.length;
      if (isPacket) break;
    }
    return concat(parts);
  }

  /** Takes bytes that were looked at, and what is left of a packet with them. */
  skip(count: number): void {
    for (let left = count; left > 0 && this.#buffers.length > 0;) {
      const [first] = this.#buffers;
      const part = Math.min(left, first.end - first.start);
      first.start += part;
      left -= part;
      this.length -= part;
      if (!first.isPacket && first.start < first.end) return;
      this.length -= first.end - first.start;
      this.#buffers.shift();
    }
  }

  /** The odd bytes of a write, where they fit into the last buffer. */
  #append(bytes: Uint8Array): number {
    const last = this.#buffers.at(-1);
    if (!last || last.isPacket || last.end + bytes.length > PIPE_BUFFER) return 0;
    last.bytes.set(bytes, last.end);
    last.end += bytes.length;
    this.length += bytes.length;
    return bytes.length;
  }
}
