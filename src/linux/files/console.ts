import { Errno, fail } from '../abi/errno.ts';
import { Mode, PollEvent } from '../abi/flags.ts';
import type { ConsolePort } from '../host.ts';
import type { UserMemory } from '../user-memory.ts';
import { type Terminal, TerminalRequest } from '../terminals/terminal.ts';
import { Input, Local, Termios, TERMIOS_SIZE } from '../terminals/termios.ts';
import { WaitQueue } from '../wait-queue.ts';
import { type FileAttributes, OWN_DEVICE } from './inode.ts';
import { OpenFile, WOULD_WAIT } from './open-file.ts';

/** Process group and session of the first process, whose terminal it is. */
const FIRST_GROUP = 1;

/** The guest's standard streams. Input that was read but not yet asked for is kept here. */
export class Console implements Terminal {
  readonly port: ConsolePort;
  /** Threads that wait for input. */
  readonly input = new WaitQueue();
  session = FIRST_GROUP;
  foreground = FIRST_GROUP;
  /** struct termios, as the guest last set it. */
  termios = Termios.cooked(Input.ReturnToNewline | Input.FlowControl | Input.Utf8);
  #ahead = new Uint8Array();
  #ended = false;

  constructor(port: ConsolePort) {
    this.port = port;
  }

  get stopsWriters(): boolean {
    return this.termios.local(Local.StopWriters);
  }

  /** @returns bytes read, 0 at the end of input, or `WOULD_WAIT`. */
  read(into: Uint8Array): number {
    if (!this.hasInput()) return WOULD_WAIT;
    const length = Math.min(into.length, this.#ahead.length);
    into.set(this.#ahead.subarray(0, length));
    this.#ahead = this.#ahead.subarray(length);
    return length;
  }

  /** Bytes that a read would give at once. */
  get available(): number {
    return this.hasInput() ? this.#ahead.length : 0;
  }

  /** Whether a read would return at once. */
  hasInput(): boolean {
    if (this.#ahead.length > 0 || this.#ended) return true;
    const bytes = this.port.read(65536);
    if (!bytes) return false;
    if (bytes.length === 0) this.#ended = true;
    this.#ahead = new Uint8Array(bytes);
    return true;
  }
}

/** fd 0, 1 or 2 as the guest starts with them: a terminal where the host says so, else the end of a pipe. */
export class OpenConsole extends OpenFile {
  readonly #console: Console;
  readonly #stream: 0 | 1 | 2;

  constructor(console: Console, stream: 0 | 1 | 2, flags: number) {
    super(console.port.terminal ? '/dev/tty' : `pipe:[${stream}]`, flags);
    this.#console = console;
    this.#stream = stream;
  }

  get #terminal(): ConsolePort['terminal'] {
    return this.#console.port.terminal;
  }

  override get terminal(): Terminal | undefined {
    return this.#terminal && this.#console;
  }

  override get isTerminal(): boolean {
    return this.#terminal !== undefined;
  }

  override get waitReason(): string {
    return 'waits for standard input';
  }

  override get isInput(): boolean {
    return true;
  }

  override get queues(): readonly WaitQueue[] {
    return [this.#console.input];
  }

  attributes(): FileAttributes {
    const [mode, rdev] = this.#terminal ? [Mode.Character | 0o620, 0x8800] : [Mode.Fifo | 0o600, 0];
    return { device: OWN_DEVICE, inode: 0x1000 + this.#stream, mode, links: 1, rdev, size: 0, modified: 0n };
  }

  override read(into: Uint8Array): number {
    return this.#console.read(into);
  }

  override write(bytes: Uint8Array): number {
    this.#console.port.write(this.#stream === 2 ? 2 : 1, bytes);
    return bytes.length;
  }

  override poll(): number {
    let events = this.isWritable ? PollEvent.Out | PollEvent.WriteNormal : 0;
    if (this.isReadable && this.#console.hasInput()) events |= PollEvent.In | PollEvent.ReadNormal;
    return events;
  }

  override ioctl(request: number, address: number, memory: UserMemory): number {
    const terminal = this.#terminal;
    if (!terminal) return fail(Errno.ENOTTY);
    switch (request as TerminalRequest) {
      case TerminalRequest.GetAttributes:
        memory.write(address, this.#console.termios.bytes);
        return 0;
      case TerminalRequest.SetAttributes:
      case TerminalRequest.SetAttributesDrain:
      case TerminalRequest.SetAttributesFlush:
        // Echo and line editing happen on the host's side, whatever the guest wants; it is told what it asked for.
        this.#console.termios = new Termios(memory.read(address, TERMIOS_SIZE));
        return 0;
      case TerminalRequest.BytesAvailable:
        memory.writeU32(address, this.#console.available);
        return 0;
      case TerminalRequest.SetWindowSize:
        return 0;
      case TerminalRequest.GetWindowSize: {
        const size = new DataView(new ArrayBuffer(8));
        size.setUint16(0, terminal.rows, true);
        size.setUint16(2, terminal.columns, true);
        memory.write(address, new Uint8Array(size.buffer));
        return 0;
      }
      default:
        return fail(Errno.EINVAL);
    }
  }
}
