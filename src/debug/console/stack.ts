import { toHex } from '../../memory/address.ts';
import type { StackFrame } from '../../program/call-stack.ts';
import { placeText } from '../../program/place-text.ts';
import { err, ok } from '../../result.ts';
import type { Debuggee } from '../debuggee.ts';
import { variableScope } from '../scopes/symbol-values.ts';
import { threadName } from '../threads.ts';
import type { Answer, ConsoleCommand, ConsoleScope } from './command.ts';
import { frameLine, sourceLine } from './source.ts';

/** Frames that a list has where no number is given, and where one is. */
const SOME_FRAMES = 100;
const MOST_FRAMES = 1000;
/** Threads whose calls are listed at once. */
const MOST_THREADS = 50;

export const ALL = { start: 0, count: undefined };
export const DECIMAL = { asHex: false };

/** The commands of gdb about call stacks and threads. */
export const STACK_COMMANDS: readonly ConsoleCommand[] = [
  {
    name: 'bt',
    aliases: ['backtrace', 'where'],
    about: 'show the call stack; bt full with local variables, bt 3 the innermost three frames, bt -3 the outermost',
    usage: 'bt [full] [COUNT]',
    isWhole: true,
    run: ({ debuggee, at }, rest) => backtrace(debuggee, debuggee.stack(at.task), rest),
  },
  {
    name: 'frame',
    aliases: ['f'],
    about: 'show a frame by its number; the Call Stack view selects it',
    usage: 'frame [NUMBER]',
    isWhole: true,
    run: ({ debuggee, at }, rest) => (rest === '' ? ok({ text: shown(debuggee, at) }) : frameAt(debuggee, at, rest)),
  },
  {
    name: 'up',
    aliases: [],
    about: 'show the frame that called the selected one',
    usage: 'up [COUNT]',
    isWhole: true,
    run: ({ debuggee, at }, rest) => frameAt(debuggee, at, String(at.level + (Number(rest) || 1))),
  },
  {
    name: 'down',
    aliases: [],
    about: 'show the frame that the selected one has called',
    usage: 'down [COUNT]',
    isWhole: true,
    run: ({ debuggee, at }, rest) => frameAt(debuggee, at, String(Math.max(0, at.level - (Number(rest) || 1)))),
  },
  {
    name: 'thread',
    aliases: [],
    about: 'select a thread by its number; thread apply all bt shows the calls of every one',
    usage: 'thread [NUMBER or apply all COMMAND]',
    isWhole: true,
    run: thread,
  },
];

/** What gdb prints of a frame that it selects: the frame and its line of source. */
function shown(debuggee: Debuggee, at: StackFrame): string {
  const source = sourceLine(debuggee, at);
  return `#${at.level} ${frameLine(debuggee, at)}${source === undefined ? '' : `\n${source}`}`;
}

function frameAt(debuggee: Debuggee, { task }: StackFrame, text: string): Answer {
  const level = /^\d+$/.test(text) ? Number(text) : NaN;
  if (Number.isNaN(level)) return err(`${text} is not the number of a frame: write frame 0.`);
  const at = debuggee.stack(task).at(level);
  if (!at) return err(`There is no frame ${level}: the call stack has ${debuggee.stack(task).known.count}.`);
  return ok({ text: shown(debuggee, at) });
}

/** `bt`: the calls that lead to where a task is. */
function backtrace(debuggee: Debuggee, stack: ReturnType<Debuggee['stack']>, rest: string): Answer {
  const [, full, digits] = /^(?:-?(full)\s*)?(-?\d+)?$/.exec(rest.trim()) ?? ['', undefined, rest.trim() || undefined];
  const count = digits === undefined ? SOME_FRAMES : Number(digits);
  if (Number.isNaN(count)) return err(`${rest} is not a number of frames: write bt 3, bt -3 or bt full.`);
  const frames: StackFrame[] = [];
  const limit = count < 0 ? MOST_FRAMES : Math.min(count, MOST_FRAMES);
  for (let frame = stack.at(0); frame && frames.length < limit; frame = stack.at(frames.length)) frames.push(frame);
  const isCut = stack.at(frames.length) !== undefined;
  const wanted = count < 0 ? frames.slice(count) : frames;
  const lines = wanted.flatMap((frame) => [
    `#${frame.level} ${frameLine(debuggee, frame)}`,
    ...(full === undefined ? [] : localLines(debuggee, frame)),
  ]);
  return ok({ text: [...lines, ...(isCut ? ['…'] : [])].join('\n') });
}

function localLines(debuggee: Debuggee, at: StackFrame): string[] {
  const locals = variableScope(debuggee.values, at, 'locals')?.children(ALL, DECIMAL) ?? [];
  if (locals.length === 0) return ['        no locals'];
  return locals.map(({ name, value }) => `        ${name} = ${value}`);
}

function thread(scope: ConsoleScope, rest: string): Answer {
  const { debuggee, at } = scope;
  const [, command] = /^apply\s+all\s+(?:-\w+\s+)*(.*)$/s.exec(rest) ?? [];
  if (command !== undefined) return applied(scope, command);
  if (rest === '') return ok({ text: `${threadName(at.task)}, thread ${at.task.tid}` });
  const [, pid, number] = /^(?:(\d+)\.)?(\d+)$/.exec(rest) ?? [];
  const tasks = debuggee.machine.tasks();
  const found =
    pid === undefined
      ? tasks.find(({ tid }) => tid === Number(number))
      : tasks.filter(({ process }) => process.pid === Number(pid))[Number(number) - 1];
  if (!found) return err(`There is no thread ${rest}: write info threads.`);
  return ok({ text: `Thread ${found.tid} is selected: ${threadName(found)}.`, then: () => debuggee.select(found) });
}

function applied({ debuggee }: ConsoleScope, command: string): Answer {
  const [, options] = /^(?:bt|backtrace|where)\b\s*(.*)$/.exec(command) ?? [];
  if (options === undefined) return err('thread apply all takes bt, bt full or bt COUNT.');
  const tasks = debuggee.machine.tasks();
  const parts: string[] = [];
  for (const task of tasks.slice(0, MOST_THREADS)) {
    const calls = backtrace(debuggee, debuggee.stack(task), options);
    if (!calls.ok) return calls;
    parts.push(`${threadName(task)}:\n${calls.value.text}`);
  }
  const left = tasks.length - parts.length;
  return ok({ text: [...parts, ...(left > 0 ? [`… and ${left} more threads`] : [])].join('\n\n') });
}

/** `info threads`: each with where it is. */
export function threadList({ machine, images, focus }: Debuggee): string {
  return machine
    .tasks()
    .map((task) => {
      const mark = task === focus ? '* ' : '  ';
      const pc = Number(machine.registers(task).pc);
      return `${mark}${task.tid}  ${threadName(task)} at ${placeText(images, task.process, pc)}`;
    })
    .join('\n');
}

/** `info frame`: where a frame lies and who called it. */
export function frameFacts(debuggee: Debuggee, at: StackFrame): string {
  const { frame, task, level } = at;
  const caller = debuggee.stack(task).at(level + 1);
  const [sp, s0] = [frame.registers.x[2], frame.registers.x[8]];
  return [
    `#${level} ${frameLine(debuggee, at)}`,
    `  pc ${toHex(frame.pc)}, sp ${sp === undefined ? 'not known' : toHex(sp)}, s0 ${s0 === undefined ? 'not saved' : toHex(s0)}`,
    caller ? `  called by ${frameLine(debuggee, caller)}` : '  the outermost frame',
  ].join('\n');
}
