import type { Task } from '../linux/task.ts';
import type { Debuggee } from './debuggee.ts';
import type { Stepped } from './stepping.ts';

export type StepCommand = 'over' | 'in' | 'out';

/** Whom a step of a person moves. Out of the system's code it leads to the person's, wherever it begins. */
export function stepped(debuggee: Debuggee, task: Task, command: StepCommand): Stepped {
  return { task, mine: command === 'out' || !isShownForItself(debuggee, task) };
}

/**
 * Whether a client shows the innermost frame of a task although it is not the person's: they do where a breakpoint or a
 * step has led there. Then that code is stepped through.
 */
function isShownForItself(debuggee: Debuggee, task: Task): boolean {
  const { halt, mine } = debuggee;
  const kind = halt?.task === task ? halt.kind : undefined;
  if (kind !== 'breakpoint' && kind !== 'step') return false;
  const innermost = debuggee.stack(task).at(0)!;
  return innermost.line !== undefined && mine.isSubtle(innermost);
}
