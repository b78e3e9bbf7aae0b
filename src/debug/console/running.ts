import { err, ok } from '../../result.ts';
import { stepped, type StepCommand } from '../stepped.ts';
import { runTo, stepInstruction, stepLine, stepOut, type Step, type Stepped } from '../stepping.ts';
import type { Answer, ConsoleCommand, ConsoleScope } from './command.ts';
import { locate } from './source.ts';

type MakeStep = (scope: ConsoleScope, who: Stepped) => Step;

/** The commands of gdb that let the program go on. A client learns of it from the events. */
export const RUNNING_COMMANDS: readonly ConsoleCommand[] = [
  {
    ...common('continue', ['c', 'fg'], 'let the program run on'),
    run: ({ state, debuggee, at }) =>
      ok({
        text: '',
        then: () => {
          const only = state.runScope === 'process' ? { process: at.task.process } : 'all';
          announce(state, at.task.tid, only === 'all');
          debuggee.resume(() => debuggee.run.continue(only));
        },
      }),
  },
  {
    ...common('next', ['n'], 'step to the next line, over calls'),
    run: stepping(({ debuggee }, who) => stepLine(debuggee.code, who, 'over')),
  },
  {
    ...common('step', ['s'], 'step to the next line, into calls'),
    run: stepping(({ debuggee }, who) => stepLine(debuggee.code, who, 'into'), 'in', true),
  },
  {
    ...common('nexti', ['ni'], 'step one instruction, over calls'),
    run: stepping(({ debuggee }, who) => stepInstruction(debuggee.code, who, 'over'), 'over', true),
  },
  {
    ...common('stepi', ['si'], 'step one instruction, into calls'),
    run: stepping(({ debuggee }, who) => stepInstruction(debuggee.code, who, 'into'), 'in', true),
  },
  {
    ...common('finish', ['fin'], 'run until the innermost function has returned'),
    run: (scope, rest, format) =>
      scope.at.level > shownLevel(scope)
        ? err('finish leaves the innermost function: select it first, or write advance LOCATION.')
        : stepping(({ debuggee }, who) => stepOut(debuggee.code, who, 'source'), 'out')(scope, rest, format),
  },
  {
    name: 'advance',
    aliases: ['until', 'u'],
    about: 'run to a line, FILE:LINE, a function or *ADDRESS, once',
    usage: 'advance LOCATION',
    isExact: true,
    run(scope: ConsoleScope, rest: string): Answer {
      const place = locate(scope, rest);
      if (!place.ok) return place;
      const addresses = place.value.places.map(({ address }) => address);
      return stepping(() => runTo(addresses))(scope, '', '');
    },
  },
  {
    ...common('kill', ['k'], 'end the process of the frame, as SIGKILL does'),
    run: ({ debuggee, at }) =>
      ok({
        text: `Process ${at.task.process.pid} is killed.`,
        then: () => debuggee.terminate(new Set([at.task.process])),
      }),
  },
];

function common(name: string, aliases: readonly string[], about: string): Omit<ConsoleCommand, 'run'> {
  return { name, aliases, about, usage: name, isWhole: true, isExact: true };
}

/** The level of the frame that a client shows first: the person's, if that has called what is innermost. */
function shownLevel({ debuggee, at: { task } }: ConsoleScope): number {
  return debuggee.mine.own.innermost(debuggee.stack(task))?.level ?? 0;
}

/** Steps the frame's thread. @param explains whether system calls on the way are explained */
function stepping(make: MakeStep, command: StepCommand = 'over', explains = false): ConsoleCommand['run'] {
  return (scope, rest) => {
    const { state, debuggee, at } = scope;
    if (rest !== '' && rest !== '1') return err('Steps are made one at a time here: leave the count away.');
    return ok({
      text: '',
      then: () => {
        debuggee.notes.begin(explains ? at.task : undefined);
        announce(state, at.task.tid, false);
        const who = stepped(debuggee, at.task, command);
        debuggee.resume(() => debuggee.run.step(who, make(scope, who), 'step', 'run'));
      },
    });
  };
}

/** Clients that did not ask for it themselves must be told that the program runs (DAP, `continued`). */
function announce({ client }: ConsoleScope['state'], threadId: number, allThreadsContinued: boolean): void {
  client.event('continued', { threadId, allThreadsContinued });
}
