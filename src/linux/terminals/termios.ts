/* struct termios of the kernel (termios(3)): what a terminal does with what is typed and printed. */

export const TERMIOS_SIZE = 36;

/** c_iflag. */
export const enum Input {
  Strip = 0x20,
  NewlineToReturn = 0x40,
  IgnoreReturn = 0x80,
  ReturnToNewline = 0x100,
  FlowControl = 0x400,
  AnyRestarts = 0x800,
  Utf8 = 0x4000,
}

/** c_oflag. */
export const enum Output {
  Process = 0x1,
  NewlineToBoth = 0x4,
  ReturnToNewline = 0x8,
  NoReturnAtStart = 0x10,
  NewlineReturns = 0x20,
}

/** c_lflag. */
export const enum Local {
  Signals = 0x1,
  Canonical = 0x2,
  Echo = 0x8,
  EchoErase = 0x10,
  EchoKill = 0x20,
  EchoNewline = 0x40,
  NoFlush = 0x80,
  StopWriters = 0x100,
  EchoControl = 0x200,
  EchoPrint = 0x400,
  EchoKillErase = 0x800,
  Extended = 0x8000,
}

/** Indices of c_cc. */
export const enum Character {
  Interrupt = 0,
  Quit = 1,
  Erase = 2,
  Kill = 3,
  EndOfFile = 4,
  Time = 5,
  Minimum = 6,
  Start = 8,
  Stop = 9,
  Suspend = 10,
  EndOfLine = 11,
  Reprint = 12,
  WordErase = 14,
  LiteralNext = 15,
  EndOfLine2 = 16,
}

/** TABDLY of c_oflag, all of whose bits are XTABS. */
const EXPAND_TABS = 0x1800;
const CONTROL_FLAGS = 0xbf;
const LOCAL_FLAGS = 0x8a3b;
const CHARACTERS_AT = 17;
const INITIAL_CHARACTERS = [3, 28, 127, 21, 4, 0, 1, 0, 17, 19, 26, 0, 18, 15, 23, 22];

/** A view of a struct termios. */
export class Termios {
  readonly bytes: Uint8Array;
  readonly #view: DataView;

  constructor(bytes: Uint8Array) {
    this.bytes = bytes;
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, TERMIOS_SIZE);
  }

  /** Of a terminal in its initial, canonical mode. @param input c_iflag. */
  static cooked(input: number): Termios {
    const termios = new Termios(new Uint8Array(TERMIOS_SIZE));
    const flags = [input, Output.Process | Output.NewlineToBoth, CONTROL_FLAGS, LOCAL_FLAGS];
    flags.forEach((value, i) => termios.#view.setUint32(4 * i, value, true));
    termios.bytes.set(INITIAL_CHARACTERS, CHARACTERS_AT);
    return termios;
  }

  input(flag: Input): boolean {
    return (this.#view.getUint32(0, true) & flag) !== 0;
  }

  output(flag: Output): boolean {
    return (this.#view.getUint32(4, true) & flag) !== 0;
  }

  local(flag: Local): boolean {
    return (this.#view.getUint32(12, true) & flag) !== 0;
  }

  get expandsTabs(): boolean {
    return (this.#view.getUint32(4, true) & EXPAND_TABS) === EXPAND_TABS;
  }

  character(index: Character): number {
    return this.bytes[CHARACTERS_AT + index];
  }

  /** Whether a byte is the special character; 0 is never one. */
  is(byte: number, index: Character): boolean {
    return byte !== 0 && byte === this.character(index);
  }
}
