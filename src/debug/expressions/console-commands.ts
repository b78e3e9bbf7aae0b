import { err, ok, type Result } from '../../result.ts';
import { toHex, type VirtAddr } from '../../memory/address.ts';
import { declarationOf, sizeOf, stripped, typeName, type StructType, type Type } from '../../symbols/type.ts';
import { describeAddress } from '../../program/address-text.ts';
import type { StackFrame } from '../../program/call-stack.ts';
import type { Debuggee } from '../debuggee.ts';
import { explainPlace } from './explained-place.ts';
import { backtrace, elsewhere, info } from './program-commands.ts';
import type { Evaluated } from './shown-value.ts';

interface ConsoleScope {
  readonly debuggee: Debuggee;
  readonly at: StackFrame;
}

interface ConsoleCommand {
  readonly name: string;
  /** Other names, as gdb has them. */
  readonly aliases: readonly string[];
  readonly about: string;
  readonly usage: string;
  /** It needs nothing behind its name. */
  readonly isWhole?: boolean;
  run(scope: ConsoleScope, rest: string, format: string): Result<Evaluated, string>;
}

/** What the debug console understands besides expressions: the commands of gdb that have no view. */
export const CONSOLE_COMMANDS: readonly ConsoleCommand[] = [
  {
    name: 'print',
    aliases: ['p', 'inspect', 'output'],
    about: 'evaluate an expression; print/x in hexadecimal',
    usage: 'print[/FORMAT] EXPRESSION',
    run({ debuggee, at }: ConsoleScope, rest: string, format: string): Result<Evaluated, string> {
      const { evaluator, circumstances } = debuggee;
      const text = format === '' ? rest : `${rest},${format}`;
      return evaluator.evaluate(at, text, { mayAssign: true, circumstances });
    },
  },
  {
    name: 'x',
    aliases: [],
    about: 'show memory; x/8xw for eight words in hexadecimal, x/s for text, x/4i is the disassembly view',
    usage: 'x/[COUNT][FORMAT][SIZE] ADDRESS',
    run: examine,
  },
  {
    name: 'ptype',
    aliases: ['whatis'],
    about: 'show a type, or the type of an expression, with the offsets of its members',
    usage: 'ptype TYPE or EXPRESSION',
    run({ debuggee: { evaluator }, at }: ConsoleScope, rest: string): Result<Evaluated, string> {
      const named = evaluator.typeNamed(at, rest);
      if (named) return ok({ text: typeText(named) });
      const compiled = evaluator.compile(at, rest, true);
      return compiled.ok ? ok({ text: typeText(compiled.value.type) }) : evaluator.evaluate(at, rest);
    },
  },
  {
    name: 'explain',
    aliases: [],
    about: 'all about an address: mapping, walk, frame, owners, since when it is shared, what an access would do',
    usage: 'explain ADDRESS or EXPRESSION',
    run: ({ debuggee, at }, rest) => explainPlace(debuggee, at, rest),
  },
  {
    name: 'bt',
    aliases: ['backtrace', 'where'],
    about: 'show the call stack',
    usage: 'bt',
    isWhole: true,
    run: ({ debuggee, at }) => backtrace(debuggee, at),
  },
  {
    name: 'info',
    aliases: [],
    about: 'show locals, args, variables, registers, threads, frame, symbol ADDRESS or sharedlibrary',
    usage: 'info TOPIC',
    run: ({ debuggee, at }, rest) => info(debuggee, at, rest),
  },
  {
    name: 'set',
    aliases: [],
    about: 'assign to a variable, as an expression does',
    usage: 'set var NAME = VALUE',
    run: ({ debuggee: { evaluator, circumstances }, at }, rest) =>
      evaluator.evaluate(at, rest.replace(/^var(?:iable)?\s+/, ''), { mayAssign: true, circumstances }),
  },
  {
    name: 'help',
    aliases: [],
    about: 'list the commands and what expressions may have',
    usage: 'help',
    isWhole: true,
    run: () => ok({ text: HELP }),
  },
];

const HELP_LINES = [
  'Expressions are C: i + 1, *list->next, (struct node *)$a0, values[2]@3, name == "text". After a comma: x d u o b c s, or a count.',
  'Registers: $pc $sp $a0 $fa0 … The stop: $va $access $cause $frame $refcount $mapping $signal $child $exitcode $invariant. Also $pid $tid $instret.',
  'Pages: pte(p) frame(p) refcount(p) owners(p) mapping(p) walk(p)',
];
const HELP: string = [...CONSOLE_COMMANDS.map(({ usage, about }) => `${usage}: ${about}`), ...HELP_LINES].join('\n');

/**
 * Runs a command of the console; `undefined` where the text is none, but an expression. A variable of the program that is
 * called like a command comes first, where both are possible.
 */
export function runConsoleCommand(scope: ConsoleScope, text: string): Result<Evaluated, string> | undefined {
  const [, word, slash, rest] = /^\s*([a-z]+)(\/\w*)?(?:\s+(.*?))?\s*$/s.exec(text) ?? [];
  // After a name a word or a number means a command: no expression goes on so.
  const isCommand = rest !== undefined && /^[\w"$]/.test(rest);
  if (word === undefined || (!isCommand && scope.debuggee.evaluator.names(scope.at).object(word))) return undefined;
  const command = CONSOLE_COMMANDS.find(({ name, aliases }) => name === word || aliases.includes(word));
  if (!command) {
    const advice = isCommand || rest === undefined ? elsewhere(word) : undefined;
    return advice === undefined ? undefined : err(advice);
  }
  if (command.isWhole !== true && (rest ?? '') === '') return err(`Write ${command.usage}.`);
  return command.run(scope, rest ?? '', (slash ?? '').slice(1));
}

/** The bytes of a unit by gdb's letters. */
const UNITS: Readonly<Record<string, number>> = { b: 1, h: 2, w: 4, g: 8 };
const MOST_UNITS = 4096;

function examine(
  { debuggee: { machine, evaluator }, at }: ConsoleScope,
  rest: string,
  format: string,
): Result<Evaluated, string> {
  const [, digits, letters = ''] = /^(\d*)([a-z]*)$/.exec(format) ?? [];
  const count = Math.min(Number(digits || 1), MOST_UNITS);
  const letter = /[xduobcsa]/.exec(letters.replace(/[hwg]/g, ''))?.[0] ?? 'x';
  const unit = UNITS[/[hwg]|b(?=.)|(?<=.)b/.exec(letters)?.[0] ?? (letter === 'c' ? 'b' : letter === 'a' ? 'g' : 'w')];
  const address = evaluator.scalar(at, `(unsigned long)(${rest})`);
  if (!address.ok) return address;
  const start = Number(address.value);
  if (letter === 's') return evaluator.evaluate(at, `(char *)(${rest})`);
  const bytes = start < 2 ** 47 ? machine.read(at.task.process, start as VirtAddr, count * unit) : new Uint8Array();
  if (bytes.length < unit) return err(`Nothing is mapped at ${toHex(start)} in pid ${at.task.process.pid}.`);
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

/** A type as its declaration would be, with the offset and the size of every member. */
function typeText(type: Type): string {
  const inner = stripped(type);
  const name = typeName(type);
  if (inner.kind === 'enum')
    return `${name} {${inner.enumerators.map((one) => `${one.name} = ${one.value}`).join(', ')}}`;
  if (inner.kind !== 'struct') return inner === type ? name : `${name} = ${typeName(inner)}`;
  return `${name === typeName(inner) ? '' : `${name} = `}${structText(inner)}`;
}

function structText(type: StructType): string {
  if (type.isIncomplete) return `${typeName(type)}, which is not defined in this program`;
  const lines = type.members.map(({ name, offset, type: member, bits, isBase }) => {
    const place = offset === undefined ? '?' : bits ? `${offset}:${bits.first}` : String(offset);
    const size = bits ? (bits.count === 1 ? '1 bit' : `${bits.count} bits`) : `${sizeOf(member) ?? '?'}`;
    return `  /* ${place}, ${size} */ ${isBase ? `${typeName(member)} (base)` : declarationOf(member, name)};`;
  });
  return [`${typeName(type)} { /* ${type.size} bytes */`, ...lines, '}'].join('\n');
}
