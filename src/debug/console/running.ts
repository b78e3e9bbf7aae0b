import { err, ok } from '../../result.ts';
import { runTo, stepInstruction, stepLine, stepOut, type Step } from '../stepping.ts';
import type { Answer, ConsoleCommand, ConsoleScope } from './command.ts';
import { locate } from './source.ts';

type MakeStep = (scope: ConsoleScope) => Step;

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
    run: stepping(({ debuggee, at }) => stepLine(debuggee.code, at.task, 'over')),
  },
  {
    ...common('step', ['s'], 'step to the next line, into calls'),
    run: stepping(({ debuggee, at }) => stepLine(debuggee.code, at.task, 'into'), true),
  },
  {
    ...common('nexti', ['ni'], 'step one instruction, over calls'),
    run: stepping(({ debuggee, at }) => stepInstruction(debuggee.code, at.task, 'over'), true),
  },
  {
    ...common('stepi', ['si'], 'step one instruction, into calls'),
    run: stepping(({ debuggee, at }) => stepInstruction(debuggee.code, at.task, 'into'), true),
  },
  {
    ...common('finish', ['fin'], 'run until the innermost function has returned'),
    run: (scope, rest, format) =>
      scope.at.level > 0
        ? err('finish leaves the innermost function: select it first, or write advance LOCATION.')
        : stepping(({ debuggee, at }) => stepOut(debuggee.code, at.task, 'source'))(scope, rest, format),
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

/** Steps the frame's thread. @param explains whether system calls on the way are explained */
function stepping(make: MakeStep, explains = false): ConsoleCommand['run'] {
  return (scope, rest) => {
    const { state, debuggee, at } = scope;
    if (rest !== '' && rest !== '1') return err('Steps are made one at a time here: leave the count away.');
    return ok({
      text: '',
      then: () => {
        debuggee.notes.begin(explains ? at.task : undefined);
        announce(state, at.task.tid, false);
        debuggee.resume(() => debuggee.run.step(at.task, make(scope), 'step', 'run'));
      },
    });
  };
}

/** Clients that did not ask for it themselves must be told that the program runs (DAP, `continued`). */
function announce({ client }: ConsoleScope['state'], threadId: number, allThreadsContinued: boolean): void {
  client.event('continued', { threadId, allThreadsContinued });
}
