import type { DebugProtocol } from '@vscode/debugprotocol';
import { baseName } from '../inspect/process-view.ts';
import type { Task } from '../linux/task.ts';
import type { Machine } from '../machine/machine.ts';

/** `pid 2 (child of 1) fork-cow`; a second thread of a process also says which it is. */
export function threadName(task: Task): string {
  const { process, tid, comm } = task;
  const child = process.parentPid > 0 ? ` (child of ${process.parentPid})` : '';
  const thread = tid === process.pid ? '' : `, thread ${tid}`;
  const name = tid === process.pid ? baseName(process.executable) : comm;
  return `pid ${process.pid}${child}${thread} ${name}`;
}

/** Tells the client which threads have started and ended since it was last told. */
export class ThreadLog {
  #known = new Set<number>();

  /** Starts and ends, in order of their numbers. */
  update(machine: Machine): DebugProtocol.ThreadEvent['body'][] {
    const now = new Set(machine.tasks().map((task) => task.tid));
    const ended = [...this.#known].filter((tid) => !now.has(tid));
    const started = [...now].filter((tid) => !this.#known.has(tid));
    this.#known = now;
    return [
      ...started.map((threadId) => ({ reason: 'started', threadId })),
      ...ended.map((threadId) => ({ reason: 'exited', threadId })),
    ];
  }

  /** Ends of all threads that the client knows of. */
  end(): DebugProtocol.ThreadEvent['body'][] {
    const known = [...this.#known];
    this.#known.clear();
    return known.map((threadId) => ({ reason: 'exited', threadId }));
  }
}
