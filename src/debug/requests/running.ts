import type { Task } from '../../linux/task.ts';
import type { Arguments } from '../arguments.ts';
import type { Debuggee } from '../debuggee.ts';
import { Refusal } from '../refusal.ts';
import { stepInstruction, stepLine, stepOut, type Step } from '../stepping.ts';
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
    step(state, args, isByInstruction(args), (debuggee, task) =>
      isByInstruction(args) ? stepInstruction(debuggee.code, task, 'over') : stepLine(debuggee.code, task, 'over'),
    ),

  stepIn: (state, args) =>
    step(state, args, true, (debuggee, task) =>
      isByInstruction(args) ? stepInstruction(debuggee.code, task, 'into') : stepLine(debuggee.code, task, 'into'),
    ),

  stepOut: (state, args) =>
    step(state, args, false, (debuggee, task) =>
      stepOut(debuggee.code, task, isByInstruction(args) ? 'caller' : 'source'),
    ),
};

/** @param explains whether system calls on the way are explained */
function step(
  state: SessionState,
  args: Arguments,
  explains: boolean,
  make: (debuggee: Debuggee, task: Task) => Step,
): Reply {
  const debuggee = state.stopped();
  const task = taskOf(debuggee, args.integer('threadId'));
  const others = args.flag('singleThread') ? 'wait' : 'run';
  debuggee.notes.begin(explains ? task : undefined);
  debuggee.resume(() => debuggee.run.step(task, make(debuggee, task), 'step', others));
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
