import fs from 'node:fs';
import type { ConsolePort } from '../linux/host.ts';
import { CliError, ExitCode } from './exit-code.ts';
import { reason } from './guest-files.ts';

const SIGPIPE_STATUS = 128 + 13;

/** The command's own standard streams as the guest's console. Reads and writes block the whole machine. */
export class Terminal implements ConsolePort {
  readonly terminal?: { columns: number; rows: number };

  /** @param output the descriptor that the guest's standard output goes to. */
  constructor(readonly output: 1 | 2) {
    const stream = output === 1 ? process.stdout : process.stderr;
    if (process.stdin.isTTY && stream.isTTY) this.terminal = { columns: stream.columns, rows: stream.rows };
  }

  write(stream: 1 | 2, bytes: Uint8Array): void {
    writeAll(stream === 1 ? this.output : stream, bytes);
  }

  read(max: number): Uint8Array {
    const bytes = new Uint8Array(max);
    for (;;) {
      try {
        return bytes.subarray(0, fs.readSync(0, bytes));
      } catch (error) {
        const { code } = error as NodeJS.ErrnoException;
        if (code === 'EAGAIN') pause();
        else return bytes.subarray(0, 0); // closed, or EOF on Windows
      }
    }
  }
}

/** Writes to a descriptor that may be a full pipe; a reader that has gone ends us as SIGPIPE would. */
export function writeAll(descriptor: number, bytes: Uint8Array): void {
  let done = 0;
  while (done < bytes.length) {
    try {
      done += fs.writeSync(descriptor, bytes, done);
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException;
      if (code === 'EAGAIN') pause();
      else if (code === 'EPIPE') process.exit(SIGPIPE_STATUS);
      else throw error;
    }
  }
}

/** A descriptor of a file that the user has named for output. Throws `CliError`. */
export function openForWriting(file: string): number {
  try {
    return fs.openSync(file, 'w');
  } catch (error) {
    throw new CliError(ExitCode.NoInput, `cannot write ${file}: ${reason(error)}`);
  }
}

/** Node opens pipes and terminals non-blocking, and has no synchronous wait for them. */
function pause(): void {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 5);
}
