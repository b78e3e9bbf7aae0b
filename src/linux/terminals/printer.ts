import { Input, Output, type Termios } from './termios.ts';

const [BACKSPACE, TAB, NEWLINE, RETURN] = [8, 9, 10, 13];

/** Output as a terminal translates it (c_oflag of termios(3)), and the column that it has come to. */
export class Printer {
  column = 0;
  /** Where the unfinished line of the input begins. */
  lineColumn = 0;
  readonly #termios: () => Termios;

  constructor(termios: () => Termios) {
    this.#termios = termios;
  }

  /** What a byte becomes, before it is printed. */
  shown(byte: number): readonly number[] {
    const termios = this.#termios();
    if (!termios.output(Output.Process)) return [byte];
    if (byte === NEWLINE && termios.output(Output.NewlineToBoth)) return [RETURN, NEWLINE];
    if (byte === RETURN) {
      if (termios.output(Output.NoReturnAtStart) && this.column === 0) return [];
      if (termios.output(Output.ReturnToNewline)) return [NEWLINE];
    }
    if (byte === TAB && termios.expandsTabs) return Array<number>(8 - (this.column & 7)).fill(0x20);
    return [byte];
  }

  /** Follows a byte that is printed. */
  advance(byte: number): void {
    const termios = this.#termios();
    if (!termios.output(Output.Process)) return;
    if (byte === NEWLINE) {
      if (termios.output(Output.NewlineReturns) || termios.output(Output.NewlineToBoth)) this.#atStart();
    } else if (byte === RETURN) {
      if (!termios.output(Output.ReturnToNewline) || termios.output(Output.NewlineReturns)) this.#atStart();
    } else if (byte === TAB) this.column += 8 - (this.column & 7);
    else if (byte === BACKSPACE) this.column = Math.max(0, this.column - 1);
    else if (!isControl(byte) && !(termios.input(Input.Utf8) && isContinuation(byte))) this.column++;
  }

  #atStart(): void {
    this.column = 0;
    this.lineColumn = 0;
  }
}

export function isControl(byte: number): boolean {
  return byte < 0x20 || byte === 0x7f;
}

export function isContinuation(byte: number): boolean {
  return (byte & 0xc0) === 0x80;
}
