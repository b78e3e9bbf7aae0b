import { err, ok } from '../../result.ts';
import { explainPlace } from '../expressions/explained-place.ts';
import type { Answer, ConsoleCommand, ConsoleScope } from './command.ts';
import { DISASSEMBLE } from './disassembly.ts';
import { elsewhere, respelt } from './elsewhere.ts';
import { EXAMINE } from './examine.ts';
import { INFO } from './info.ts';
import { MACRO } from './macros.ts';
import { INFERIOR } from './processes.ts';
import { RUNNING_COMMANDS } from './running.ts';
import { SETTING_COMMANDS } from './settings.ts';
import { HANDLE } from './signals.ts';
import { LIST } from './source.ts';
import { STACK_COMMANDS } from './stack.ts';
import { caught, STOP_COMMANDS } from './stops.ts';
import { PTYPE } from './types.ts';

/** What the debug console understands besides expressions: the commands of gdb, for those who type them. */
export const CONSOLE_COMMANDS: readonly ConsoleCommand[] = [
  {
    name: 'print',
    aliases: ['p', 'inspect', 'output'],
    about: 'evaluate an expression; print/x in hexadecimal',
    usage: 'print[/FORMAT] EXPRESSION',
    run({ debuggee, at }: ConsoleScope, rest: string, format: string): Answer {
      const { evaluator, circumstances } = debuggee;
      const text = format === '' ? rest : `${rest},${format}`;
      return evaluator.evaluate(at, text, { mayAssign: true, circumstances });
    },
  },
  EXAMINE,
  PTYPE,
  MACRO,
  {
    name: 'explain',
    aliases: [],
    about: 'all about an address: mapping, walk, frame, owners, since when it is shared, what an access would do',
    usage: 'explain ADDRESS or EXPRESSION',
    run: ({ debuggee, at }, rest) => explainPlace(debuggee, at, rest),
  },
  ...STACK_COMMANDS,
  INFO,
  INFERIOR,
  LIST,
  DISASSEMBLE,
  ...RUNNING_COMMANDS,
  ...STOP_COMMANDS,
  HANDLE,
  {
    name: 'catch',
    aliases: ['tcatch'],
    about: 'says where to stop at forks, programs that are executed, signals and system calls',
    usage: 'catch EVENT',
    run: (_, rest) => caught(rest),
  },
  ...SETTING_COMMANDS,
  {
    name: 'help',
    aliases: ['h'],
    about: 'list the commands and what expressions may have',
    usage: 'help [COMMAND]',
    isWhole: true,
    run(_: ConsoleScope, rest: string): Answer {
      if (rest === '') return ok({ text: HELP });
      const command = commandNamed(rest);
      if (command) return ok({ text: `${command.usage}: ${command.about}` });
      return err(elsewhere(rest) ?? `There is no command ${rest}.`);
    },
  },
];

const HELP_LINES = [
  'Expressions are C: i + 1, *list->next, (struct node *)$a0, values[2]@3, name == "text". After a comma: x d u o b c s, or a count.',
  'Registers: $pc $sp $a0 $fa0 … The stop: $va $access $cause $frame $refcount $mapping $signal $child $exitcode $invariant. Also $pid $tid $instret.',
  'Pages: pte(p) frame(p) refcount(p) owners(p) mapping(p) walk(p)',
];
const HELP: string = [...CONSOLE_COMMANDS.map(({ usage, about }) => `${usage}: ${about}`), ...HELP_LINES].join('\n');

/** What other debuggers of the editor want before a command. */
const PREFIX = /^\s*-exec\s+/;

/**
 * Runs a command of the console; `undefined` where the text is none, but an expression. A variable of the program that is
 * called like a command comes first, where both are possible; after `-exec` it is always a command.
 */
export function runConsoleCommand(scope: ConsoleScope, typed: string): Answer | undefined {
  const isMarked = PREFIX.test(typed);
  const text = respelt(typed.replace(PREFIX, '').trim());
  const [, word, slash, rest] = /^([a-z]+(?:-[a-z]+)*)(\/\w*)?(?:\s+(.*?))?$/s.exec(text) ?? [];
  if (word === undefined) return undefined;
  // After a name a word or a number means a command: no expression goes on so.
  const isCommand = isMarked || (rest !== undefined && /^[\w"$]/.test(rest));
  if (!isCommand && namesVariable(scope, word)) return undefined;
  const command = commandNamed(word);
  if (!command) {
    const advice = isCommand || rest === undefined ? elsewhere(word.replace(/-.*/, '')) : undefined;
    if (advice !== undefined) return err(advice);
    return isMarked ? err(`There is no command ${word}: help lists them.`) : undefined;
  }
  if (command.isWhole !== true && (rest ?? '') === '') return err(`Write ${command.usage}.`);
  return command.run(scope, rest ?? '', (slash ?? '').slice(1));
}

/** Functions do not count: `kill` and `signal` are in every C library. */
function namesVariable({ debuggee, at }: ConsoleScope, word: string): boolean {
  const named = debuggee.evaluator.names(at).object(word);
  return named !== undefined && !(named.kind === 'object' && named.type.kind === 'function');
}

/** Shorter beginnings of names are no commands, but typing errors. */
const SHORTEST_BEGINNING = 3;

/** The command that a word names, or of which it is the beginning, as gdb takes it. */
function commandNamed(word: string): ConsoleCommand | undefined {
  const named = CONSOLE_COMMANDS.find(({ name, aliases }) => name === word || aliases.includes(word));
  if (named || word.length < SHORTEST_BEGINNING) return named;
  const begun = CONSOLE_COMMANDS.filter(
    ({ name, aliases, isExact }) => !isExact && [name, ...aliases].some((one) => one.startsWith(word)),
  );
  return begun.length === 1 ? begun[0] : undefined;
}
