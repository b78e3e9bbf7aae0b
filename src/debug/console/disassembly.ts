import { toHex } from '../../memory/address.ts';
import type { StackFrame } from '../../program/call-stack.ts';
import { err, ok } from '../../result.ts';
import type { Debuggee } from '../debuggee.ts';
import { disassembleRange } from '../disassembly-view.ts';
import type { Answer, ConsoleCommand } from './command.ts';

/**
 * At most `count` lines of instructions from `start` on and before `before`, the one at the frame's pc marked `=>`; empty
 * where nothing can be read.
 */
export function instructionLines(
  debuggee: Debuggee,
  at: StackFrame,
  start: number,
  count: number,
  before = Infinity,
): string[] {
  const { machine, images } = debuggee;
  const place = { machine, images, process: at.task.process, source: (file: string) => debuggee.sources.shown(file) };
  const rows = disassembleRange(place, BigInt(start), 0, count);
  const end = rows.findIndex(
    ({ address, presentationHint }) => presentationHint === 'invalid' || Number(address) >= before,
  );
  return rows.slice(0, end < 0 ? rows.length : end).map(({ address, symbol, instruction }) => {
    const mark = Number(address) === at.frame.pc ? '=> ' : '   ';
    return `${mark}${address}${symbol === undefined ? '' : ` <${symbol}>`}: ${instruction}`;
  });
}

const MOST_INSTRUCTIONS = 1000;

export const DISASSEMBLE: ConsoleCommand = {
  name: 'disassemble',
  aliases: ['disas'],
  about:
    'show the instructions of a function: that of the frame, or the one at an address; the Disassembly view has more',
  usage: 'disassemble [FUNCTION or ADDRESS]',
  isWhole: true,
  run({ debuggee, at }, rest): Answer {
    const asked = rest === '' ? undefined : debuggee.evaluator.scalar(at, `(unsigned long)(${rest})`);
    if (asked?.ok === false) return asked;
    const address = asked ? Number(asked.value) : at.frame.pc;
    const symbols = debuggee.images.at(at.task.process, address)?.symbols;
    const symbol = symbols?.symbolAt(address);
    if (!symbols || !symbol) return err(`${toHex(address)} is in no function: write x/20i ${toHex(address)}.`);
    // Two bytes is the shortest instruction.
    const most = symbol.size > 0 ? Math.ceil(symbol.size / 2) : MOST_INSTRUCTIONS;
    const end = symbol.size > 0 ? symbol.start + symbol.size : undefined;
    const lines = instructionLines(debuggee, at, symbol.start, Math.min(most, MOST_INSTRUCTIONS), end);
    return ok({ text: [`${symbol.name}:`, ...lines, ...(lines.length === MOST_INSTRUCTIONS ? ['…'] : [])].join('\n') });
  },
};
