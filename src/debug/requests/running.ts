import type { Task } from '../../linux/task.ts';
import type { Arguments } from '../arguments.ts';
import type { Debuggee } from '../debuggee.ts';
import { Refusal } from '../refusal.ts';
import { stepped, type StepCommand } from '../stepped.ts';
import { stepInstruction, stepLine, stepOut, type Step, type Stepped } from '../stepping.ts';
import { threadName } from '../threads.ts';
import type { Reply, RequestTable, SessionState } from './request-table.ts';

/** What makes the machine run and stop. */
export const RUNNING: RequestTable = {
  threads(state) {
    const tasks = state.debuggee?.hasEnded === false ? state.debuggee.machine.tasks() : [];
    return { body: { threads: tasks.map((task) => ({ id: task.tid, name: threadName(task) })) } };
  },

  continue(state, args) {
    const debuggee = state.stopped();
    const thread = args.optionalInteger('threadId');
    const task = debuggee.task(thread ?? 0) ?? debuggee.focus;
    const only = args.flag('singleThread')
      ? { task: taskOf(debuggee, args.integer('threadId')) }
      : state.runScope === 'process'
        ? { process: task.process }
        : 'all';
    debuggee.resume(() => debuggee.run.continue(only));
    return { body: { allThreadsContinued: only === 'all' } };
  },

  terminateThreads(state, args) {
    const debuggee = state.stopped();
    const tasks = args.integers('threadIds').map((tid) => taskOf(debuggee, tid));
    return { after: () => debuggee.terminate(new Set(tasks.map(({ process }) => process))) };
  },

  cancel(state, args) {
    // Requests are answered as they come: by now there is nothing to cancel but a step that takes long.
    const progress = args.optionalText('progressId');
    return { after: () => progress !== undefined && state.debuggee?.cancel(progress) };
  },

  pause(state, args) {
    const debuggee = state.launched();
    if (!state.isConfigured) throw new Refusal('The program has not been started yet.');
    const task = debuggee.task(args.optionalInteger('threadId') ?? 0) ?? debuggee.machine.tasks()[0];
    if (!task) throw new Refusal('No process is left to pause.');
    return { after: () => debuggee.run.pause(task) };
  },

  next: (state, args) =>
    step(state, args, 'over', (debuggee, who) =>
      isByInstruction(args) ? stepInstruction(debuggee.code, who, 'over') : stepLine(debuggee.code, who, 'over'),
    ),

  stepIn: (state, args) =>
    step(state, args, 'in', (debuggee, who) =>
      isByInstruction(args) ? stepInstruction(debuggee.code, who, 'into') : stepLine(debuggee.code, who, 'into'),
    ),

  stepOut: (state, args) =>
    step(state, args, 'out', (debuggee, who) =>
      stepOut(debuggee.code, who, isByInstruction(args) ? 'caller' : 'source'),
    ),
};

function step(
  state: SessionState,
  args: Arguments,
  command: StepCommand,
  make: (debuggee: Debuggee, who: Stepped) => Step,
): Reply {
  const debuggee = state.stopped();
  const task = taskOf(debuggee, args.integer('threadId'));
  const others = args.flag('singleThread') ? 'wait' : 'run';
  // System calls on the way are explained where the step goes into them.
  const explains = command === 'in' || (command === 'over' && isByInstruction(args));
  debuggee.notes.begin(explains ? task : undefined);
  const who = stepped(debuggee, task, command);
  debuggee.resume(() => debuggee.run.step(who, make(debuggee, who), 'step', others));
  return {};
}

/** The task with a thread id of the client. */
export function taskOf(debuggee: Debuggee, tid: number): Task {
  const task = debuggee.task(tid);
  if (!task) throw new Refusal(`There is no thread ${tid}.`);
  return task;
}

function isByInstruction(args: Arguments): boolean {
  return args.optionalText('granularity') === 'instruction';
}
