import type { DebugProtocol } from '@vscode/debugprotocol';
import { baseName } from '../inspect/process-view.ts';
import type { Task } from '../linux/task.ts';
import type { MachineEvent } from '../machine/machine-event.ts';

/** `pid 2 (child of 1) fork-cow`; a second thread of a process also says which it is. */
export function threadName(task: Task): string {
  const { process, tid, comm } = task;
  const child = process.parentPid > 0 ? ` (child of ${process.parentPid})` : '';
  const thread = tid === process.pid ? '' : `, thread ${tid}`;
  const name = tid === process.pid ? baseName(process.executable) : comm;
  return `pid ${process.pid}${child}${thread} ${name}`;
}

/** The threads that the client knows of. */
export class ThreadLog {
  readonly #tell: (body: DebugProtocol.ThreadEvent['body']) => void;
  /** Of each thread its process. */
  readonly #known = new Map<number, number>();

  constructor(tell: (body: DebugProtocol.ThreadEvent['body']) => void) {
    this.#tell = tell;
  }

  started(tid: number, pid: number): void {
    if (this.#known.has(tid)) return;
    this.#known.set(tid, pid);
    this.#tell({ reason: 'started', threadId: tid });
  }

  /** Follows the machine: what an event says of threads. */
  follow(event: MachineEvent): void {
    switch (event.kind) {
      case 'fork':
      case 'vfork':
        return this.started(event.child, event.child);
      case 'thread':
        return this.started(event.tid, event.pid);
      case 'thread-exit':
        return this.#ended((tid) => tid === event.tid);
      case 'exec':
        return this.#ended((tid, pid) => pid === event.pid && tid !== pid);
      case 'exit':
        return this.#ended((_, pid) => pid === event.pid);
      default:
    }
  }

  /** All of them are gone. */
  end(): void {
    this.#ended(() => true);
  }

  #ended(isMeant: (tid: number, pid: number) => boolean): void {
    for (const [tid, pid] of this.#known)
      if (isMeant(tid, pid)) {
        this.#known.delete(tid);
        this.#tell({ reason: 'exited', threadId: tid });
      }
  }
}
