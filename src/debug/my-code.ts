import type { Task } from '../linux/task.ts';
import type { Machine } from '../machine/machine.ts';
import type { StopEvent } from './cpp-exceptions.ts';
import { CallStack, type StackFrame } from '../program/call-stack.ts';
import type { ImageTable } from '../program/images.ts';
import { OwnCode } from '../program/own-code.ts';

/** What `justMyCode` means: where events stop, what steps go into, and which frames are shown as the person's. */
export class MyCode {
  readonly own: OwnCode;

  /** @param isOn what the launch configuration says */
  constructor(
    private readonly isOn: boolean,
    private readonly machine: Machine,
    images: ImageTable,
  ) {
    this.own = new OwnCode(images);
  }

  /** Whether a frame is not the person's, so that a client shows the first one further out that is. */
  isSubtle(frame: StackFrame): boolean {
    return frame.line === undefined || this.passes(frame);
  }

  /** Whether the person may stop at an event: it happens in their code, or in what that has called. */
  concerns(task: Task, event: StopEvent): boolean {
    if (!this.isOn || isOfWholeProcess(event) || !this.own.exists) return true;
    return this.own.responsible(new CallStack(this.machine, this.own.images, task)) !== undefined;
  }

  /** Whether steps pass over code of this file of the debug information. */
  passes(at: Pick<StackFrame, 'image' | 'line' | 'task'>): boolean {
    return this.isOn && this.own.exists && !this.own.isOwn(at);
  }
}

/**
 * Events that stop wherever they happen: exec leaves no frame of who called it, an exit mostly comes when `main` has
 * returned, and what ends a process, or the kernel cannot do, is never to be missed.
 */
function isOfWholeProcess(event: StopEvent): boolean {
  switch (event.kind) {
    case 'exec':
    case 'exit':
    case 'unknown-syscall':
      return true;
    case 'signal':
      return event.action === 'terminate';
    default:
      return false;
  }
}
