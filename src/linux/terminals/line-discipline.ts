import { Signal } from '../abi/signal-number.ts';
import { ByteQueue } from './byte-queue.ts';
import { isContinuation, isControl, Printer } from './printer.ts';
import { Character, Input, Local, Termios } from './termios.ts';

/** What can be typed ahead (N_TTY_BUF_SIZE, and termios(3) about canonical mode). */
const CAPACITY = 4095;
const PENDING_CAPACITY = 8192;
/** Echoes that wait for room; older ones are lost. */
const ECHO_CAPACITY = 4096;
const [BACKSPACE, TAB, NEWLINE, RETURN] = [8, 9, 10, 13];

/** A byte of the input that ends a line, and one that only ends it: the end-of-file character. */
const ENDS_LINE = 0x100;
const END_OF_FILE = 0x200;

/** How long a reader waits: for what it has asked for, for anything, or no longer. */
export type Haste = 'none' | 'some' | 'late';

/** What a discipline brings about. */
interface DisciplineEffects {
  /** How many bytes whoever looks at the terminal has room for. */
  room(): number;
  print(bytes: ArrayLike<number>): void;
  /** To the process group in the foreground. */
  signal(signal: Signal): void;
  /** What was typed ahead is thrown away. */
  inputFlushed(): void;
  /** What was printed, and not yet looked at, is to be thrown away. */
  flushOutput(): void;
  /** Output is held, or goes on. */
  held(isHeld: boolean): void;
}

/**
 * What is between a terminal and the programs that use it (termios(3), Linux's N_TTY): lines are edited, echoed and
 * given out whole, control characters become signals, and line ends are translated.
 */
export class LineDiscipline {
  termios = Termios.cooked(Input.ReturnToNewline | Input.FlowControl);
  /** Output is held: the stop character was typed. */
  isHeld = false;
  readonly #effects: DisciplineEffects;
  /** What can be read, and after it the unfinished line. */
  #input: number[] = [];
  /** Where the unfinished line begins. */
  #lineStart = 0;
  /** What was typed when there was no room for it. */
  readonly #pending = new ByteQueue(PENDING_CAPACITY);
  /** Echoes that wait while output is held, or nobody looks at it. */
  readonly #echoes = new ByteQueue(ECHO_CAPACITY);
  #nextIsLiteral = false;
  readonly #printer = new Printer(() => this.termios);
  /** Within \…/ of ECHOPRT. */
  #isErasing = false;

  constructor(effects: DisciplineEffects) {
    this.#effects = effects;
  }

  get #isCanonical(): boolean {
    return this.termios.local(Local.Canonical);
  }

  // Input

  /** Takes what is typed. @returns how many bytes there was room for. */
  type(bytes: Uint8Array): number {
    const taken = this.#pending.push(bytes);
    this.#takePending();
    return taken;
  }

  get hasRoomToType(): boolean {
    return this.#pending.room > 0;
  }

  /** What FIONREAD tells. */
  get available(): number {
    if (!this.#isCanonical) return this.#input.length;
    return this.#input.slice(0, this.#lineStart).filter((entry) => entry !== END_OF_FILE).length;
  }

  /** Whether a read without a time limit would return at once, as poll(2) tells it. */
  get isReadable(): boolean {
    if (this.#isCanonical) return this.#lineStart > 0;
    const { termios } = this;
    const wanted = termios.character(Character.Time) === 0 ? termios.character(Character.Minimum) : 1;
    return this.#input.length >= Math.max(1, wanted);
  }

  /** Tenths of a second after which a read gives what there is; absent where it waits for ever (VTIME). */
  get patience(): number | undefined {
    if (this.#isCanonical) return undefined;
    const time = this.termios.character(Character.Time);
    const startsAtOnce = this.termios.character(Character.Minimum) === 0;
    return time > 0 && (startsAtOnce || this.#input.length > 0) ? time : undefined;
  }

  /** Whether the time limit begins again with every byte. */
  get isPatienceRenewed(): boolean {
    return this.termios.character(Character.Minimum) > 0;
  }

  /**
   * @param haste of a reader: whether a byte is enough for it (O_NONBLOCK), or even none (its time is up).
   * @returns bytes read, or `undefined` where there are not enough yet.
   */
  read(into: Uint8Array, haste: Haste): number | undefined {
    const count = this.#isCanonical ? this.#readLine(into) : this.#readBytes(into, haste);
    if (count !== undefined) this.#takePending();
    return count;
  }

  #readLine(into: Uint8Array): number | undefined {
    if (this.#lineStart === 0) return undefined;
    let [count, at] = [0, 0];
    for (; at < this.#lineStart;) {
      const entry = this.#input[at];
      if (entry === END_OF_FILE) {
        at++;
        break;
      }
      if (count === into.length) break;
      into[count++] = entry & 0xff;
      at++;
      if (entry & ENDS_LINE) break;
    }
    this.#drop(at);
    return count;
  }

  #readBytes(into: Uint8Array, haste: Haste): number | undefined {
    const minimum = this.termios.character(Character.Minimum);
    const waitsForOne = minimum === 0 && this.termios.character(Character.Time) > 0;
    const wanted = haste === 'some' || waitsForOne ? Math.min(1, minimum || Number(waitsForOne)) : minimum;
    if (haste !== 'late' && this.#input.length < Math.min(wanted, into.length)) return undefined;
    const count = Math.min(into.length, this.#input.length);
    for (let at = 0; at < count; at++) into[at] = this.#input[at] & 0xff;
    this.#drop(count);
    return count;
  }

  #drop(count: number): void {
    this.#input.splice(0, count);
    this.#lineStart = Math.max(0, this.#lineStart - count);
  }

  /** Throws away what was typed ahead. */
  flushInput(): void {
    this.#input = [];
    this.#pending.clear();
    this.#lineStart = 0;
    this.#effects.inputFlushed();
  }

  /** tcsetattr(3). */
  setTermios(bytes: Uint8Array): void {
    const wasCanonical = this.#isCanonical;
    this.termios = new Termios(bytes);
    if (!this.termios.input(Input.FlowControl)) this.hold(false);
    if (this.#isCanonical === wasCanonical) return;
    // What there is by now is read byte by byte; or as a line, finished or not.
    this.#input = this.#input.map((entry) => (entry === END_OF_FILE ? 0 : entry & 0xff));
    this.#lineStart = 0;
    this.#nextIsLiteral = false;
    if (this.#isCanonical && this.#input.length > 0) {
      this.#lineStart = this.#input.length;
      this.#input[this.#lineStart - 1] |= ENDS_LINE;
    }
    this.#takePending();
  }

  /** Holds output, or lets it go on (tcflow(3)). */
  hold(isHeld: boolean): void {
    if (this.isHeld === isHeld) return;
    this.isHeld = isHeld;
    if (!isHeld) this.showEchoes();
    this.#effects.held(isHeld);
  }

  #takePending(): void {
    while (this.#pending.length > 0 && this.#hasRoom()) this.#receive(this.#pending.take(1)[0]);
    this.showEchoes();
  }

  /** A line that is too long can still be ended: its last character is replaced. */
  #hasRoom(): boolean {
    if (this.#input.length < CAPACITY) return true;
    if (!this.#isCanonical || this.#lineStart > 0) return false;
    if (this.#input.length > CAPACITY) this.#input.pop();
    return true;
  }

  #receive(typed: number): void {
    const { termios } = this;
    let byte = termios.input(Input.Strip) ? typed & 0x7f : typed;
    if (this.#nextIsLiteral) {
      this.#nextIsLiteral = false;
      this.#keep(byte, true);
      return;
    }
    if (termios.input(Input.FlowControl)) {
      if (termios.is(byte, Character.Start)) return this.hold(false);
      if (termios.is(byte, Character.Stop)) return this.hold(true);
    }
    if (termios.local(Local.Signals)) {
      if (termios.is(byte, Character.Interrupt)) return this.#interrupt(byte, Signal.SIGINT);
      if (termios.is(byte, Character.Quit)) return this.#interrupt(byte, Signal.SIGQUIT);
      if (termios.is(byte, Character.Suspend)) return this.#interrupt(byte, Signal.SIGTSTP);
    }
    if (termios.input(Input.FlowControl) && termios.input(Input.AnyRestarts)) this.hold(false);
    if (byte === RETURN) {
      if (termios.input(Input.IgnoreReturn)) return;
      if (termios.input(Input.ReturnToNewline)) byte = NEWLINE;
    } else if (byte === NEWLINE && termios.input(Input.NewlineToReturn)) byte = RETURN;
    if (this.#isCanonical && this.#edits(byte)) return;
    this.#keep(byte);
  }

  #interrupt(byte: number, signal: Signal): void {
    this.#effects.signal(signal);
    if (!this.termios.local(Local.NoFlush)) {
      this.#echoes.clear();
      this.#input = [];
      this.#lineStart = 0;
      this.#effects.inputFlushed();
      this.#effects.flushOutput();
    }
    if (this.termios.input(Input.FlowControl)) this.hold(false);
    if (this.termios.local(Local.Echo)) this.#echo(byte);
  }

  /** An ordinary character. */
  #keep(byte: number, isLiteral = false): void {
    const { termios } = this;
    if (termios.local(Local.Echo)) {
      this.#finishErasing();
      if (byte === NEWLINE && !isLiteral) this.#print(NEWLINE);
      else this.#echoOfLine(byte);
    }
    this.#input.push(byte);
  }

  #echoOfLine(byte: number): void {
    if (this.#input.length === this.#lineStart) this.#printer.lineColumn = this.#printer.column;
    this.#echo(byte);
  }

  /** Canonical mode. @returns whether the character is one that edits or ends a line. */
  #edits(byte: number): boolean {
    const { termios } = this;
    const isExtended = termios.local(Local.Extended);
    const echoes = termios.local(Local.Echo);
    if (termios.is(byte, Character.Erase) || termios.is(byte, Character.Kill)) this.#erase(byte);
    else if (isExtended && termios.is(byte, Character.WordErase)) this.#erase(byte);
    else if (isExtended && termios.is(byte, Character.LiteralNext)) {
      this.#nextIsLiteral = true;
      if (echoes) {
        this.#finishErasing();
        if (termios.local(Local.EchoControl)) this.#raw(0x5e, BACKSPACE);
      }
    } else if (isExtended && echoes && termios.is(byte, Character.Reprint)) {
      this.#finishErasing();
      this.#echo(byte);
      this.#print(NEWLINE);
      for (const entry of this.#input.slice(this.#lineStart)) this.#echo(entry & 0xff);
    } else if (byte === NEWLINE) {
      if (echoes || termios.local(Local.EchoNewline)) {
        this.#finishErasing();
        this.#print(NEWLINE);
      }
      this.#endLine(NEWLINE | ENDS_LINE);
    } else if (termios.is(byte, Character.EndOfFile)) this.#endLine(END_OF_FILE);
    else if (termios.is(byte, Character.EndOfLine) || (isExtended && termios.is(byte, Character.EndOfLine2))) {
      if (echoes) {
        this.#finishErasing();
        this.#echoOfLine(byte);
      }
      this.#endLine(byte | ENDS_LINE);
    } else return false;
    return true;
  }

  #endLine(entry: number): void {
    this.#input.push(entry);
    this.#lineStart = this.#input.length;
  }

  /** ERASE, WERASE or KILL. */
  #erase(byte: number): void {
    const { termios } = this;
    if (this.#input.length === this.#lineStart) return;
    const isErase = termios.is(byte, Character.Erase);
    const isKill = !isErase && !termios.is(byte, Character.WordErase);
    const echoes = termios.local(Local.Echo);
    if (isKill) {
      const flags = [Local.EchoKill, Local.EchoKillErase, Local.EchoErase];
      if (!echoes || !flags.every((flag) => termios.local(flag))) {
        this.#input.length = this.#lineStart;
        if (!echoes) return;
        this.#finishErasing();
        this.#echo(termios.character(Character.Kill));
        if (termios.local(Local.EchoKill)) this.#print(NEWLINE);
        return;
      }
    }
    let inWord = false;
    while (this.#input.length > this.#lineStart) {
      const erased = this.#character();
      const first = erased[0];
      if (!isErase && !isKill) {
        if (isAlphanumeric(first)) inWord = true;
        else if (inWord) break;
      }
      this.#input.length -= erased.length;
      if (echoes) this.#showErased(erased, isErase);
      if (isErase) break;
    }
    if (this.#input.length === this.#lineStart && echoes) this.#finishErasing();
  }

  /** The last character of the unfinished line: its bytes. */
  #character(): number[] {
    let at = this.#input.length - 1;
    if (this.termios.input(Input.Utf8)) while (at > this.#lineStart && isContinuation(this.#input[at])) at--;
    return this.#input.slice(at);
  }

  #showErased(erased: readonly number[], isErase: boolean): void {
    const { termios } = this;
    const [byte] = erased;
    if (termios.local(Local.EchoPrint)) {
      if (!this.#isErasing) {
        this.#raw(0x5c);
        this.#isErasing = true;
      }
      this.#echo(byte);
      this.#raw(...erased.slice(1));
    } else if (isErase && !termios.local(Local.EchoErase)) this.#echo(termios.character(Character.Erase));
    else if (byte === TAB) this.#eraseTab();
    else {
      const isControlled = isControl(byte) && termios.local(Local.EchoControl);
      const width = isControlled ? 2 : isControl(byte) ? 0 : 1;
      for (let i = 0; i < width; i++) {
        this.#raw(BACKSPACE, 0x20, BACKSPACE);
        if (this.#printer.column > 0) this.#printer.column--;
      }
    }
  }

  /** Goes back over a tab: to where what is before it in the line ends. */
  #eraseTab(): void {
    let [columns, afterTab] = [0, false];
    for (let at = this.#input.length - 1; at >= this.#lineStart; at--) {
      const byte = this.#input[at];
      if (byte === TAB) {
        afterTab = true;
        break;
      }
      if (isControl(byte)) columns += this.termios.local(Local.EchoControl) ? 2 : 0;
      else if (!(this.termios.input(Input.Utf8) && isContinuation(byte))) columns++;
    }
    const before = afterTab ? columns : columns + this.#printer.lineColumn;
    for (let left = 8 - (before & 7); left > 0; left--) {
      this.#raw(BACKSPACE);
      if (this.#printer.column > 0) this.#printer.column--;
    }
  }

  #finishErasing(): void {
    if (!this.#isErasing) return;
    this.#raw(0x2f);
    this.#isErasing = false;
  }

  // Output

  /**
   * Translates what a program prints.
   * @returns how much of it was printed: none while output is held.
   */
  write(bytes: Uint8Array): number {
    if (this.isHeld) return 0;
    const room = this.#effects.room();
    const out: number[] = [];
    let taken = 0;
    while (taken < bytes.length) {
      const shown = this.#printer.shown(bytes[taken]);
      if (out.length + shown.length > room) break;
      out.push(...shown);
      this.#printer.advance(bytes[taken++]);
    }
    if (out.length > 0) this.#effects.print(out);
    return taken;
  }

  /** An echo, with control characters as ^X. */
  #echo(byte: number): void {
    if (isControl(byte) && byte !== TAB && this.termios.local(Local.EchoControl)) {
      this.#raw(0x5e, byte ^ 0x40);
      this.#printer.column += 2;
    } else this.#print(byte);
  }

  /** An echo that is translated as output is. */
  #print(byte: number): void {
    this.#raw(...this.#printer.shown(byte));
    this.#printer.advance(byte);
  }

  #raw(...bytes: readonly number[]): void {
    this.#echoes.take(Math.max(0, bytes.length - this.#echoes.room));
    this.#echoes.push(bytes);
  }

  /** Lets the echoes be seen that there is room for. */
  showEchoes(): void {
    const count = this.isHeld ? 0 : Math.min(this.#echoes.length, this.#effects.room());
    if (count > 0) this.#effects.print(this.#echoes.take(count));
  }
}

/** As Linux sees words: in Latin-1. */
function isAlphanumeric(byte: number): boolean {
  return /[\w\u00c0-\u00d6\u00d8-\u00f6\u00f8-\u00ff]/.test(String.fromCharCode(byte));
}
