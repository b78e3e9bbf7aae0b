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

  continue(state) {
    const debuggee = state.stopped();
    debuggee.resume(() => debuggee.run.continue());
    return { body: { allThreadsContinued: true } };
  },

  pause(state, args) {
    const debuggee = state.launched();
    if (!state.isConfigured) throw new Refusal('The program has not been started yet.');
    const task = debuggee.task(args.optionalInteger('threadId') ?? 0) ?? debuggee.machine.tasks()[0];
    if (!task) throw new Refusal('No process is left to pause.');
    return { after: () => debuggee.run.pause(task) };
  },

  next: (state, args) =>
    step(state, args, (debuggee, task) =>
      isByInstruction(args) ? stepInstruction(debuggee.code, task, 'over') : stepLine(debuggee.code, task, 'over'),
    ),

  stepIn: (state, args) =>
    step(state, args, (debuggee, task) =>
      isByInstruction(args) ? stepInstruction(debuggee.code, task, 'into') : stepLine(debuggee.code, task, 'into'),
    ),

  stepOut: (state, args) =>
    step(state, args, (debuggee, task) => stepOut(debuggee.code, task, isByInstruction(args) ? 'caller' : 'source')),
};

function step(state: SessionState, args: Arguments, make: (debuggee: Debuggee, task: Task) => Step): Reply {
  const debuggee = state.stopped();
  const task = taskOf(debuggee, args.integer('threadId'));
  debuggee.resume(() => debuggee.run.step(task, make(debuggee, task)));
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
