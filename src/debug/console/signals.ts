import { defaultAction, Signal, signalName } from '../../linux/abi/signal-number.ts';
import { err, ok } from '../../result.ts';
import type { SignalRules } from '../signal-rules.ts';
import type { Answer, ConsoleCommand, ConsoleScope } from './command.ts';

/** What the words of gdb's `handle` change. */
const ACTIONS: Readonly<Record<string, (rules: SignalRules, name: string) => void>> = {
  stop: (rules, name) => rules.change(name, { stop: true, print: true }),
  nostop: (rules, name) => rules.change(name, { stop: false }),
  print: (rules, name) => rules.change(name, { print: true }),
  noprint: (rules, name) => rules.change(name, { stop: false, print: false }),
  pass: () => undefined,
  noignore: () => undefined,
};

export const HANDLE: ConsoleCommand = {
  name: 'handle',
  aliases: [],
  about: 'say of a signal whether it stops the program (stop, nostop) and is told in the console (print, noprint)',
  usage: 'handle SIGNAL stop|nostop|print|noprint',
  run(scope: ConsoleScope, rest: string): Answer {
    const words = rest.split(/[\s,]+/);
    // stop is an action, though SIGSTOP may be called so elsewhere.
    const isSignal = (word: string): boolean => !Object.hasOwn(ACTIONS, word) && signalsNamed(word).length > 0;
    const names = words.filter(isSignal).flatMap(signalsNamed);
    const actions = words.filter((word) => !isSignal(word));
    if (actions.some((word) => word === 'nopass' || word === 'ignore'))
      return err('A signal always reaches the program here: it cannot be kept from it.');
    const unknown = actions.find((word) => !Object.hasOwn(ACTIONS, word));
    if (unknown !== undefined) return err(`${unknown} is neither a signal nor stop, nostop, print or noprint.`);
    if (names.length === 0) return err('Name a signal: handle SIGUSR1 nostop.');
    const rules = scope.state.filters.signals;
    for (const name of names) for (const action of actions) ACTIONS[action](rules, name);
    return ok({ text: table(scope, names) });
  },
};

/** `info signals`: which of them stop the program, and what they do to it. */
export function signalTable(scope: ConsoleScope, rest: string): Answer {
  const names = rest === '' ? ALL : signalsNamed(rest);
  return names.length > 0 ? ok({ text: table(scope, names) }) : err(`There is no signal ${rest}.`);
}

const ALL: readonly string[] = Array.from({ length: Signal.SIGRTMIN }, (_, index) => signalName(index + 1));

/** The signals that a word means: `SIGUSR1`, `USR1`, `10`, `all`. */
function signalsNamed(word: string): readonly string[] {
  if (word === 'all') return ALL;
  if (/^\d+$/.test(word))
    return Number(word) >= 1 && Number(word) <= (Signal.Last as number) ? [signalName(Number(word))] : [];
  const name = word.toUpperCase().replace(/^(SIG)?/, 'SIG');
  return Array.from({ length: Signal.Last }, (_, index) => signalName(index + 1)).filter((one) => one === name);
}

function table({ state: { filters } }: ConsoleScope, names: readonly string[]): string {
  const row = (name: string, stop: string, print: string, does: string): string =>
    `${name.padEnd(12)}${stop.padEnd(18)}${print.padEnd(7)}${does}`;
  const rows = names.map((name) => {
    const number = ALL.indexOf(name) + 1;
    const action = number === 0 ? 'terminate' : defaultAction(number);
    const { stop, print } = filters.signalRule(name, action === 'terminate');
    return row(name, stop, print ? 'yes' : 'no', ACTION_WORDS[action]);
  });
  return [row('Signal', 'Stop', 'Print', 'Without a handler'), ...rows].join('\n');
}

const ACTION_WORDS = {
  terminate: 'ends the process',
  ignore: 'is ignored',
  stop: 'stops the process',
  continue: 'continues the process',
} as const;
