import { toHex, virtAddr, type VirtAddr } from '../../memory/address.ts';
import { describeAddress } from '../../program/address-text.ts';
import { err, ok } from '../../result.ts';
import type { Answer, ConsoleCommand, ConsoleScope } from './command.ts';
import { instructionLines } from './disassembly.ts';

/** The bytes of a unit by gdb's letters. */
const UNITS: Readonly<Record<string, number>> = { b: 1, h: 2, w: 4, g: 8 };
const MOST_UNITS = 4096;
const MOST_INSTRUCTIONS = 500;
/** One past the last address of Sv48's user half. */
const LAST = 2 ** 47;

export const EXAMINE: ConsoleCommand = {
  name: 'x',
  aliases: [],
  about: 'show memory; x/8xw for eight words in hexadecimal, x/s for text, x/4i for instructions',
  usage: 'x/[COUNT][FORMAT][SIZE] ADDRESS',
  run: examine,
};

function examine({ debuggee, at }: ConsoleScope, rest: string, format: string): Answer {
  const [, digits, letters = ''] = /^(\d*)([a-z]*)$/.exec(format) ?? [];
  const wanted = Math.max(1, Number(digits || 1));
  const { machine, evaluator } = debuggee;
  const address = evaluator.scalar(at, `(unsigned long)(${rest})`);
  if (!address.ok) return address;
  const start = Number(address.value);
  if (letters.includes('i')) {
    const lines = instructionLines(debuggee, at, start, Math.min(wanted, MOST_INSTRUCTIONS));
    return lines.length > 0 ? ok({ text: lines.join('\n') }) : nothingAt(start, at.task.process.pid);
  }
  if (letters.includes('s')) return strings(debuggee, at, start, Math.min(wanted, MOST_INSTRUCTIONS));
  const letter = /[xduobca]/.exec(letters.replace(/[hwg]/g, ''))?.[0] ?? 'x';
  const unit = UNITS[/[hwg]|b(?=.)|(?<=.)b/.exec(letters)?.[0] ?? (letter === 'c' ? 'b' : letter === 'a' ? 'g' : 'w')];
  const count = Math.min(wanted, MOST_UNITS);
  const bytes = start < LAST ? machine.read(at.task.process, start as VirtAddr, count * unit) : new Uint8Array();
  if (bytes.length < unit) return nothingAt(start, at.task.process.pid);
  const lines: string[] = [];
  const perLine = Math.max(1, letter === 'c' ? 8 : 16 / unit);
  for (let from = 0; from + unit <= bytes.length; from += perLine * unit) {
    const words: string[] = [];
    for (let offset = from; offset < Math.min(from + perLine * unit, bytes.length - unit + 1); offset += unit)
      words.push(unitText(bytes.subarray(offset, offset + unit), letter));
    lines.push(`${describeAddress(at.image, BigInt(start + from))}: ${words.join(' ')}`);
  }
  return ok({ text: lines.join('\n') });
}

function nothingAt(address: number, pid: number): Answer {
  return err(`Nothing is mapped at ${toHex(address)} in pid ${pid}.`);
}

const LONGEST_STRING = 200;

/** `x/2s`: texts that follow one another, each up to its zero. */
function strings({ machine }: ConsoleScope['debuggee'], at: ConsoleScope['at'], start: number, count: number): Answer {
  const lines: string[] = [];
  for (let from = start; lines.length < count && from < LAST;) {
    const bytes = machine.read(at.task.process, virtAddr(from), LONGEST_STRING);
    if (bytes.length === 0) break;
    const zero = bytes.indexOf(0);
    const text = bytes.subarray(0, zero < 0 ? bytes.length : zero);
    lines.push(`${describeAddress(at.image, BigInt(from))}: ${quoted(text)}${zero < 0 ? '…' : ''}`);
    from += text.length + (zero < 0 ? 0 : 1);
  }
  return lines.length > 0 ? ok({ text: lines.join('\n') }) : nothingAt(start, at.task.process.pid);
}

function quoted(bytes: Uint8Array): string {
  return JSON.stringify(new TextDecoder().decode(bytes));
}

function unitText(bytes: Uint8Array, letter: string): string {
  const value = bytes.reduceRight((sum, byte) => (sum << 8n) | BigInt(byte), 0n);
  const width = bytes.length * 8;
  switch (letter) {
    case 'd':
      return BigInt.asIntN(width, value).toString();
    case 'u':
      return value.toString();
    case 'o':
      return `0${value.toString(8)}`;
    case 'b':
      return value.toString(2).padStart(width, '0');
    case 'c':
      return `${value} '${value >= 32n && value < 127n ? String.fromCharCode(Number(value)) : `\\x${value.toString(16)}`}'`;
    default:
      return `0x${value.toString(16).padStart(bytes.length * 2, '0')}`;
  }
}
