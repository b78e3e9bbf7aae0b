import { RandomSource } from '../linux/random.ts';
import { indexAfter } from '../linux/run-queue.ts';
import type { Task } from '../linux/task.ts';

/** Instructions that a task runs before another gets its turn. */
const DEFAULT_QUANTUM = 100_000;

/**
 * Round robin over runnable tasks by instruction count, so that a run is the same every time. A task keeps what is left
 * of its quantum across stops of the machine: stopping does not change who runs next.
 */
export class Scheduler {
  #left: number;
  #last: Task | undefined;
  readonly #random: RandomSource | undefined;

  /** @param seed makes turns vary from one instruction to two quanta, the same ones for the same seed. */
  constructor(
    readonly quantum: number = DEFAULT_QUANTUM,
    seed?: number,
  ) {
    this.#random = seed === undefined ? undefined : new RandomSource(seed);
    this.#left = this.#turn();
  }

  /** Instructions that the task chosen last may still run. */
  get left(): number {
    return this.#left;
  }

  /**
   * Instructions that the task chosen last may run in one go: what it has left, or any number while nobody else could
   * run. That changes nothing: it would be chosen again whenever its quantum ends.
   */
  allowance(runnable: readonly Task[]): number {
    return runnable.length > 1 || (runnable.length === 1 && runnable[0] !== this.#last) ? this.#left : Infinity;
  }

  charge(retired: number): void {
    this.#left -= retired;
    // Quanta that ended on the way, each followed by another one of the same task.
    if (this.#random) while (this.#left < 0) this.#left += this.#turn();
    else if (this.#left < 0) this.#left += Math.ceil(-this.#left / this.quantum) * this.quantum;
  }

  /** The task chosen last gives up the rest of its quantum. */
  yield(): void {
    this.#left = 0;
  }

  /**
   * The task to run now: `focus` while it can run, else the last one while its quantum lasts, else the next in order.
   * @param runnable those that can run, in the order in which they were made.
   */
  pick(runnable: readonly Task[], focus: Task | undefined): Task | undefined {
    if (this.#last?.state === 'runnable' && this.#left > 0 && (focus?.state !== 'runnable' || focus === this.#last))
      return this.#last;
    if (focus?.state === 'runnable') return this.choose(focus);
    if (runnable.length === 0) return undefined;
    const next = this.#last && this.#last.state !== 'dead' ? indexAfter(runnable, this.#last.order) : 0;
    return this.choose(runnable[next] ?? runnable[0]);
  }

  private choose(task: Task): Task {
    this.#last = task;
    this.#left = this.#turn();
    return task;
  }

  #turn(): number {
    return this.#random ? 1 + this.#random.below(2 * this.quantum) : this.quantum;
  }
}
