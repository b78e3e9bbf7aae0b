import { err, ok, type Result } from '../../result.ts';
import { toHex } from '../../memory/address.ts';
import { describeAddress } from '../../program/address-text.ts';
import type { StackFrame } from '../../program/call-stack.ts';
import type { Debuggee } from '../debuggee.ts';
import { placeText } from '../../program/place-text.ts';
import { registerScope } from '../scopes/registers.ts';
import { globalScope, variableScope } from '../scopes/symbol-values.ts';
import { threadName } from '../threads.ts';
import type { Container } from '../variable-store.ts';
import type { Evaluated } from './shown-value.ts';

/** Commands of gdb about the program, for those who type them and for editors without views. */
type Answer = Result<Evaluated, string>;

/** Frames that a list has. */
const MOST_FRAMES = 100;

/** `bt`: the calls that lead to where the task is. */
export function backtrace(debuggee: Debuggee, { task }: StackFrame): Answer {
  const lines: string[] = [];
  const stack = debuggee.stack(task);
  for (let level = 0; level < MOST_FRAMES; level++) {
    const frame = stack.at(level);
    if (!frame) return ok({ text: lines.join('\n') });
    lines.push(`#${level} ${frameText(debuggee, frame)}`);
  }
  return ok({ text: [...lines, '…'].join('\n') });
}

function frameText(debuggee: Debuggee, at: StackFrame): string {
  const { name, line, frame, isInlined } = at;
  const values = variableScope(debuggee.values, at, 'arguments').children(ALL, DECIMAL);
  const given = values.map((one) => `${one.name}=${one.value}`).join(', ');
  const place = line ? `${line.file}:${line.line}` : toHex(frame.pc);
  return `${name}${line ? `(${given})` : ''}${isInlined ? ' [inlined]' : ''} at ${place}`;
}

const ALL = { start: 0, count: undefined };
const DECIMAL = { asHex: false };

type Informs = (debuggee: Debuggee, at: StackFrame, rest: string) => Answer;

const TOPICS: Readonly<Record<string, Informs>> = {
  locals: (debuggee, at) => listed(variableScope(debuggee.values, at, 'locals'), 'no locals'),
  args: (debuggee, at) => listed(variableScope(debuggee.values, at, 'arguments'), 'no arguments'),
  variables: (debuggee, at) => listed(globalScope(debuggee.values, at), 'no globals'),
  registers: (debuggee, at, rest) =>
    rest === ''
      ? listed(registerScope(debuggee.values, at), 'no registers')
      : debuggee.evaluator.evaluate(at, `$${rest}`),
  threads: (debuggee) =>
    ok({
      text: debuggee.machine
        .tasks()
        .map((task) => {
          const mark = task === debuggee.focus ? '* ' : '  ';
          const { process } = task;
          const pc = Number(debuggee.machine.registers(task).pc);
          return `${mark}${threadName(task)} at ${placeText(debuggee.images, process, pc)}`;
        })
        .join('\n'),
    }),
  frame: (debuggee, at) => ok({ text: `#${at.level} ${frameText(debuggee, at)}` }),
  symbol(debuggee, at, rest) {
    const address = debuggee.evaluator.scalar(at, `(unsigned long)(${rest})`);
    if (!address.ok) return address;
    const image = debuggee.images.at(at.task.process, Number(address.value));
    return ok({ text: describeAddress(image, address.value as bigint) });
  },
  sharedlibrary: (debuggee, at) =>
    ok({
      text: debuggee.images
        .of(at.task.process)
        .map(({ path, start, end }) => `${toHex(start)}-${toHex(end)} ${path}`)
        .join('\n'),
    }),
};

/** `info locals`: one of the lists that gdb has. */
export function info(debuggee: Debuggee, at: StackFrame, text: string): Answer {
  const [, topic = '', rest = ''] = /^(\w+)\s*(.*)$/s.exec(text) ?? [];
  const names = Object.keys(TOPICS);
  const found = names.find((name) => topic.length > 1 && name.startsWith(topic));
  return found === undefined ? err(`Write info and one of ${names.join(', ')}.`) : TOPICS[found](debuggee, at, rest);
}

function listed(container: Container | undefined, otherwise: string): Answer {
  const variables = container?.children(ALL, DECIMAL) ?? [];
  const text = variables.map(({ name, value }) => `${name} = ${value}`).join('\n');
  return ok({ text: variables.length === 0 ? otherwise : text });
}

/** What commands of gdb are called here, where they are not typed. */
const ELSEWHERE: Readonly<Record<string, string>> = {
  break: 'set breakpoints beside the lines of a source, or by name in the Breakpoints view',
  next: 'step with the buttons of the debugger, or its keys',
  continue: 'go on with the buttons of the debugger, or its keys',
  watch:
    'break on a value from its menu in the Variables view; a page, an entry or a frame from theirs in Address Spaces',
  display: 'add the expression to the Watch view',
  list: 'open the source from the Call Stack view',
  frame: 'choose a frame in the Call Stack view',
  disassemble: 'open the Disassembly view from the menu of a frame',
  catch: 'check an event in the Breakpoints view',
};

const SAME_AS: Readonly<Record<string, keyof typeof ELSEWHERE>> = {
  b: 'break',
  tbreak: 'break',
  delete: 'break',
  n: 'next',
  s: 'next',
  step: 'next',
  stepi: 'next',
  nexti: 'next',
  si: 'next',
  ni: 'next',
  finish: 'next',
  c: 'continue',
  run: 'continue',
  until: 'continue',
  rwatch: 'watch',
  awatch: 'watch',
  l: 'list',
  up: 'frame',
  down: 'frame',
  thread: 'frame',
  undisplay: 'display',
};

/** Where that is done which a command of gdb does; undefined for words that are none. */
export function elsewhere(word: string): string | undefined {
  const known = Object.hasOwn(SAME_AS, word) ? SAME_AS[word] : word;
  return Object.hasOwn(ELSEWHERE, known)
    ? `There is no variable ${word} here, and no such command: ${ELSEWHERE[known]}.`
    : undefined;
}
