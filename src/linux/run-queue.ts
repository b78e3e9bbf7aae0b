import type { Task } from './task.ts';

/** The tasks that can run, in the order in which they were made; those that wait cost nothing. */
export class RunQueue<T extends Task = Task> {
  readonly #tasks: T[] = [];

  get tasks(): readonly T[] {
    return this.#tasks;
  }

  add(task: T): void {
    this.#tasks.splice(indexAfter(this.#tasks, task.order - 1), 0, task);
  }

  remove(task: T): void {
    const at = indexAfter(this.#tasks, task.order - 1);
    if (this.#tasks[at] === task) this.#tasks.splice(at, 1);
  }
}

/** Index of the first task that was made after another one, whose place in the order is given. */
export function indexAfter(tasks: readonly Task[], order: number): number {
  let low = 0;
  let high = tasks.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (tasks[middle].order <= order) low = middle + 1;
    else high = middle;
  }
  return low;
}
