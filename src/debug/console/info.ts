import { describeAddress } from '../../program/address-text.ts';
import type { StackFrame } from '../../program/call-stack.ts';
import { toHex } from '../../memory/address.ts';
import { err, ok } from '../../result.ts';
import type { Debuggee } from '../debuggee.ts';
import { registerScope } from '../scopes/registers.ts';
import { globalScope, variableScope } from '../scopes/symbol-values.ts';
import type { Container } from '../variable-store.ts';
import type { Answer, ConsoleCommand, ConsoleScope } from './command.ts';
import { macroFacts } from './macros.ts';
import { processFacts, processList } from './processes.ts';
import { signalTable } from './signals.ts';
import { lineFacts } from './source.ts';
import { ALL, DECIMAL, frameFacts, threadList } from './stack.ts';
import { stopList } from './stops.ts';

type Informs = (scope: ConsoleScope, rest: string) => Answer;

/** Names that a list has. */
const MOST_NAMES = 200;

const TOPICS: Readonly<Record<string, Informs>> = {
  locals: ({ debuggee, at }) => listed(variableScope(debuggee.values, at, 'locals'), 'no locals'),
  args: ({ debuggee, at }) => listed(variableScope(debuggee.values, at, 'arguments'), 'no arguments'),
  variables: ({ debuggee, at }, rest) =>
    rest === '' ? listed(globalScope(debuggee.values, at), 'no globals') : namesLike(debuggee, at, 'variable', rest),
  functions: ({ debuggee, at }, rest) => namesLike(debuggee, at, 'function', rest),
  types: ({ debuggee, at }, rest) => namesLike(debuggee, at, 'type', rest),
  registers: ({ debuggee, at }, rest) =>
    rest === '' ? listed(registerScope(debuggee.values, at), 'no registers') : registersNamed(debuggee, at, rest),
  'all-registers': ({ debuggee, at }) => listed(registerScope(debuggee.values, at), 'no registers'),
  threads: ({ debuggee }) => ok({ text: threadList(debuggee) }),
  inferiors: ({ debuggee, at }) => ok({ text: processList(debuggee, at) }),
  proc: ({ debuggee, at }, rest) => processFacts(debuggee, at, rest),
  program: ({ debuggee, at }) => processFacts(debuggee, at, ''),
  frame: ({ debuggee, at }) => ok({ text: frameFacts(debuggee, at) }),
  breakpoints: (scope) => ok({ text: stopList(scope) }),
  watchpoints: (scope) => ok({ text: stopList(scope) }),
  signals: signalTable,
  handle: signalTable,
  line: ({ debuggee, at }, rest) => lineFacts(debuggee, at, rest),
  source: ({ at }) =>
    at.line && at.image
      ? ok({ text: `${at.line.file}\nof ${at.image.path}, at line ${at.line.line}` })
      : err('The frame has no source.'),
  symbol({ debuggee, at }, rest) {
    const address = debuggee.evaluator.scalar(at, `(unsigned long)(${rest})`);
    if (!address.ok) return address;
    const image = debuggee.images.at(at.task.process, Number(address.value));
    return ok({ text: describeAddress(image, address.value as bigint) });
  },
  macro: macroFacts,
  address({ debuggee, at }, rest) {
    const address = debuggee.evaluator.scalar(at, `(unsigned long)&(${rest})`);
    return address.ok ? ok({ text: `${rest} is at ${toHex(address.value as bigint)}` }) : address;
  },
  sharedlibrary: ({ debuggee, at }) =>
    ok({
      text: debuggee.images
        .of(at.task.process)
        .map(({ path, start, end }) => `${toHex(start)}-${toHex(end)} ${path}`)
        .join('\n'),
    }),
};

/** Topics by the letters that gdb's users type. */
const SHORT: Readonly<Record<string, string>> = { b: 'breakpoints', r: 'registers', f: 'frame', inf: 'inferiors' };

export const INFO: ConsoleCommand = {
  name: 'info',
  aliases: ['i'],
  about: `show ${Object.keys(TOPICS).join(', ')}`,
  usage: 'info TOPIC',
  isWhole: true,
  run(scope: ConsoleScope, text: string): Answer {
    const [, topic = '', rest = ''] = /^([\w-]+)\s*(.*)$/s.exec(text) ?? [];
    const names = Object.keys(TOPICS);
    const found =
      (Object.hasOwn(SHORT, topic) ? SHORT[topic] : undefined) ??
      names.find((name) => topic.length > 1 && name.startsWith(topic));
    return found === undefined ? err(`Write info and one of ${names.join(', ')}.`) : TOPICS[found](scope, rest);
  },
};

function listed(container: Container | undefined, otherwise: string): Answer {
  const variables = container?.children(ALL, DECIMAL) ?? [];
  const text = variables.map(({ name, value }) => `${name} = ${value}`).join('\n');
  return ok({ text: variables.length === 0 ? otherwise : text });
}

/** `info registers a0 sp`: some of them, one a line. */
function registersNamed(debuggee: Debuggee, at: StackFrame, rest: string): Answer {
  const lines: string[] = [];
  for (const word of rest.trim().split(/\s+/)) {
    const name = word.replace(/^\$/, '');
    const value = debuggee.evaluator.evaluate(at, `$${name}`);
    if (!value.ok) return value;
    lines.push(`${name} = ${value.value.text}`);
  }
  return ok({ text: lines.join('\n') });
}

/** Names of one kind in which a text occurs; all of them without one. */
function namesLike(debuggee: Debuggee, at: StackFrame, kind: 'variable' | 'function' | 'type', text: string): Answer {
  const found = new Set<string>();
  for (const known of debuggee.evaluator.names(at).known())
    if (known.kind === kind && known.name.includes(text)) found.add(known.name);
  if (found.size === 0) return err(`No ${kind} has ${text} in its name.`);
  const names = [...found].sort();
  const left = names.length - MOST_NAMES;
  return ok({ text: [...names.slice(0, MOST_NAMES), ...(left > 0 ? [`… and ${left} more`] : [])].join('\n') });
}
