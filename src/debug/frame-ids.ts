import type { Task } from '../linux/task.ts';
import type { CallStack, StackFrame } from '../program/call-stack.ts';

/** A frame by its place: registers and memory that are changed may make another function of it. */
interface FramePlace {
  readonly task: Task;
  readonly level: number;
}

/** Frames that are compared to see whether call stacks have changed; where there are more, they may have. */
const MOST_COMPARED = 1000;

/**
 * The call stacks of a stop, and the numbers that the client knows frames by: the same for a frame whenever it is asked
 * for, until the machine runs.
 */
export class FrameIds {
  readonly #unwind: (task: Task) => CallStack;
  readonly #stacks = new Map<Task, CallStack>();
  readonly #places = new Map<number, FramePlace>();
  /** Of each task the numbers of its frames, by level. */
  readonly #ids = new Map<Task, Map<number, number>>();
  #last = 0;

  constructor(unwind: (task: Task) => CallStack) {
    this.#unwind = unwind;
  }

  stack(task: Task): CallStack {
    let stack = this.#stacks.get(task);
    if (!stack) this.#stacks.set(task, (stack = this.#unwind(task)));
    return stack;
  }

  id({ task, level }: StackFrame): number {
    const ids = this.#ids.get(task) ?? new Map<number, number>();
    this.#ids.set(task, ids);
    let id = ids.get(level);
    if (id === undefined) {
      ids.set(level, (id = ++this.#last));
      this.#places.set(id, { task, level });
    }
    return id;
  }

  /** The frame as it is now; `gone` where there is none any more, and `undefined` for an unknown number. */
  frame(id: number): StackFrame | 'gone' | undefined {
    const place = this.#places.get(id);
    if (!place) return undefined;
    if (place.task.state === 'dead') return 'gone';
    return this.stack(place.task).at(place.level) ?? 'gone';
  }

  /** Registers or memory were changed: stacks are unwound again. @returns whether any of them may be another now. */
  outdate(): boolean {
    const before = [...this.#stacks];
    this.#stacks.clear();
    const known = before.reduce((sum, [, stack]) => sum + stack.known.count, 0);
    if (known > MOST_COMPARED) return true;
    return before.some(([task, stack]) => task.state === 'dead' || !isSame(stack, this.stack(task)));
  }

  /** The machine runs: nothing is there any more. */
  clear(): void {
    this.#stacks.clear();
    this.#places.clear();
    this.#ids.clear();
  }
}

/** Whether a client would show the frames that it may have asked for alike. */
function isSame(before: CallStack, now: CallStack): boolean {
  const { count, isWhole } = before.known;
  for (let level = 0; level < count; level++) {
    const [a, b] = [before.at(level)!, now.at(level)];
    if (!b || a.frame.pc !== b.frame.pc || a.name !== b.name || a.activation !== b.activation) return false;
  }
  return !isWhole || now.at(count) === undefined;
}
