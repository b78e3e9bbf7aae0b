import { Errno, fail } from '../abi/errno.ts';
import { Mode, PollEvent } from '../abi/flags.ts';
import type { ConsolePort } from '../host.ts';
import type { UserMemory } from '../user-memory.ts';
import { WaitQueue } from '../wait-queue.ts';
import { type FileAttributes, OWN_DEVICE } from './inode.ts';
import { OpenFile, WOULD_WAIT } from './open-file.ts';

/** ioctl_tty(2) requests. */
const enum Request {
  GetAttributes = 0x5401,
  SetAttributes = 0x5402,
  SetAttributesDrain = 0x5403,
  SetAttributesFlush = 0x5404,
  SetControlling = 0x540e,
  GetProcessGroup = 0x540f,
  SetProcessGroup = 0x5410,
  GetWindowSize = 0x5413,
  SetWindowSize = 0x5414,
  BytesAvailable = 0x541b,
  GetSession = 0x5429,
}

/** c_lflag of struct termios, and what it says about writers in the background. */
const LOCAL_FLAGS = 12;
const TOSTOP = 0x100;
const CHANGES: readonly number[] = [
  Request.SetAttributes,
  Request.SetAttributesDrain,
  Request.SetAttributesFlush,
  Request.SetProcessGroup,
];

/** Process group and session of the first process, whose terminal it is. */
const FIRST_GROUP = 1;

/** Size of the kernel's struct termios. */
const TERMIOS_SIZE = 36;

/** The guest's standard streams. Input that was read but not yet asked for is kept here. */
export class Console {
  readonly port: ConsolePort;
  /** Threads that wait for input. */
  readonly input = new WaitQueue();
  /** The process group in the foreground of the terminal (tcsetpgrp(3)). */
  foreground = FIRST_GROUP;
  /** struct termios, as the guest last set it. */
  termios = cookedTermios();
  #ahead = new Uint8Array();
  #ended = false;

  constructor(port: ConsolePort) {
    this.port = port;
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

  override get isTerminal(): boolean {
    return this.#terminal !== undefined;
  }

  /** TOSTOP: writing from the background is stopped too. */
  get stopsWriters(): boolean {
    return (new DataView(this.#console.termios.buffer).getUint32(LOCAL_FLAGS, true) & TOSTOP) !== 0;
  }

  /** Whether a request of ioctl(2) changes the terminal, which is for the foreground. */
  static changes(request: number): boolean {
    return CHANGES.includes(request);
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
    switch (request as Request) {
      case Request.GetAttributes:
        memory.write(address, this.#console.termios);
        return 0;
      case Request.SetAttributes:
      case Request.SetAttributesDrain:
      case Request.SetAttributesFlush:
        // Echo and line editing happen on the host's side, whatever the guest wants; it is told what it asked for.
        this.#console.termios = memory.read(address, TERMIOS_SIZE);
        return 0;
      case Request.GetProcessGroup:
        memory.writeU32(address, this.#console.foreground);
        return 0;
      case Request.SetProcessGroup: {
        const group = memory.readU32(address) | 0;
        if (group <= 0) return fail(Errno.EINVAL);
        this.#console.foreground = group;
        return 0;
      }
      case Request.GetSession:
        memory.writeU32(address, FIRST_GROUP);
        return 0;
      case Request.BytesAvailable:
        memory.writeU32(address, this.#console.available);
        return 0;
      case Request.SetControlling:
      case Request.SetWindowSize:
        return 0;
      case Request.GetWindowSize: {
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

/** termios(3) of a terminal in its initial, canonical mode. */
function cookedTermios(): Uint8Array {
  const termios = new DataView(new ArrayBuffer(TERMIOS_SIZE));
  termios.setUint32(0, 0x4500, true);
  termios.setUint32(4, 0x5, true);
  termios.setUint32(8, 0xbf, true);
  termios.setUint32(12, 0x8a3b, true);
  const controlCharacters = [3, 28, 127, 21, 4, 0, 1, 0, 17, 19, 26, 0, 18, 15, 23, 22];
  controlCharacters.forEach((character, i) => termios.setUint8(17 + i, character));
  return new Uint8Array(termios.buffer);
}
