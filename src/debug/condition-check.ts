import type { Process } from '../linux/process.ts';
import type { Task } from '../linux/task.ts';
import type { Machine } from '../machine/machine.ts';
import type { Image, ImageTable } from '../program/images.ts';
import { innermostFrame } from '../symbols/symbol-file.ts';
import type { Evaluator } from './expressions/evaluator.ts';

/** Functions with variables of the names in question at which a condition is tried. */
const MOST_PLACES = 50;
/** Inlined functions of one place that it is tried in. */
const MOST_ACTIVATIONS = 3;

interface Known {
  /** How many programs and libraries there were: another one may have the names that are missing. */
  readonly images: number;
  readonly problem: string | undefined;
}

/**
 * Tells before a program runs what keeps a condition from ever being true: names that are neither global nor variables of
 * any function. It is about events that happen anywhere, so it is tried wherever its names are.
 */
export class ConditionCheck {
  readonly #known = new Map<string, Known>();

  constructor(
    private readonly machine: Machine,
    private readonly images: ImageTable,
    private readonly evaluator: Evaluator,
  ) {}

  /** A sentence; `undefined` if nothing does, or nobody can tell. */
  problem(condition: string): string | undefined {
    const images = this.images.all().length;
    const known = this.#known.get(condition);
    if (known?.images === images) return known.problem;
    const problem = this.#find(condition);
    this.#known.set(condition, { images, problem });
    return problem;
  }

  #find(condition: string): string | undefined {
    let first: string | undefined;
    const seen = new Set<Process>();
    for (const task of this.machine.tasks()) {
      if (!task.process.space || seen.has(task.process)) continue;
      seen.add(task.process);
      const problem = this.#findIn(task, condition);
      if (problem === undefined) return undefined;
      first ??= problem;
    }
    return first;
  }

  #findIn(task: Task, condition: string): string | undefined {
    const images = this.images.of(task.process).filter(({ symbols }) => symbols !== undefined);
    const [program] = images;
    if (!program) return undefined;
    const problem = this.#problemAt(task, program, program.start, 0, condition);
    if (problem === undefined) return undefined;
    const names = namesIn(condition);
    for (const image of images) {
      const { addresses, isWhole } = image.symbols!.placesOfLocals(names, MOST_PLACES);
      for (const address of addresses)
        for (let activation = 0; activation < MOST_ACTIVATIONS; activation++)
          if (this.#problemAt(task, image, address, activation, condition) === undefined) return undefined;
      if (!isWhole) return undefined;
    }
    return problem;
  }

  #problemAt(task: Task, image: Image, address: number, activation: number, condition: string): string | undefined {
    const frame = innermostFrame(address, { x: [], f: [] }, () => undefined);
    return this.evaluator.conditionProblem({ task, frame, calls: 0, activation, image }, condition);
  }
}

/** The names of the program in an expression: those of text, of registers and of the debugger are none. */
function namesIn(expression: string): ReadonlySet<string> {
  const bare = expression.replaceAll(/"(?:\\.|[^"\\])*"|'(?:\\.|[^'\\])*'|\$\w+/g, ' ');
  return new Set(bare.match(/[A-Za-z_]\w*/g) ?? []);
}
