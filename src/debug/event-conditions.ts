import type { Task } from '../linux/task.ts';
import type { Machine } from '../machine/machine.ts';
import { Pte } from '../memory/pte.ts';
import { CallStack, innermostPlace } from '../program/call-stack.ts';
import type { Image, ImageTable } from '../program/images.ts';
import { placeText, syscallText } from '../program/place-text.ts';
import type { SourceMap } from '../program/source-map.ts';
import { innermostFrame } from '../symbols/symbol-file.ts';
import type { Place } from './breakpoint-place.ts';
import type { BreakpointScope } from './breakpoints.ts';
import { ConditionCheck } from './condition-check.ts';
import type { Circumstances, EvaluationFrame } from './expressions/debug-moment.ts';
import type { Evaluator } from './expressions/evaluator.ts';

/** How far out the names of a condition are looked for: a fault or a fork is often a few calls deep in a library. */
export const MOST_FRAMES_SEARCHED = 16;

interface Parts {
  readonly machine: Machine;
  readonly images: ImageTable;
  readonly evaluator: Evaluator;
  readonly print: (line: string) => void;
  /** Says a sentence that has not been said yet. */
  readonly tellOnce: (sentence: string) => void;
}

/** The conditions of breakpoints, watches and filters: what they mean, and whether they are true. */
export class EventConditions {
  readonly #parts: Parts;
  readonly #check: ConditionCheck;

  constructor(parts: Parts) {
    this.#parts = parts;
    this.#check = new ConditionCheck(parts.machine, parts.images, parts.evaluator);
  }

  /** Whether a filter's condition is true, in the innermost frame that knows the names in it. */
  holds(task: Task, circumstances: Circumstances, condition: string, filter: string): boolean {
    const { machine, images, evaluator, print, tellOnce } = this.#parts;
    let stack: CallStack | undefined;
    let problem: string | undefined;
    for (let level = 0; level < MOST_FRAMES_SEARCHED; level++) {
      // Most conditions mean something where the task is: the stack is not unwound for them.
      const at =
        level === 0
          ? innermostPlace(machine, images, task)
          : (stack ??= new CallStack(machine, images, task)).at(level);
      if (!at) break;
      const unknown = evaluator.conditionProblem(at, condition);
      problem ??= unknown;
      if (unknown !== undefined) continue;
      const result = evaluator.isTrue(at, condition, circumstances);
      if (result.ok) return result.value;
      print(`Condition "${condition}" of ${filter}: ${result.error}`);
      return true;
    }
    tellOnce(`Condition "${condition}" of ${filter} is taken for false: ${problem}`);
    return false;
  }

  /** What keeps a condition from ever being true, wherever it is asked: a sentence. */
  problem(condition: string): string | undefined {
    return this.#check.problem(condition);
  }

  /** What breakpoints have to know of the program. */
  breakpointScope(sources: SourceMap, focusedPid: () => number): BreakpointScope {
    const { machine, images, evaluator } = this.#parts;
    const top = (task: Task): EvaluationFrame => innermostPlace(machine, images, task);
    return {
      images,
      sources,
      conditionProblem: (place, expression) => this.#problemAt(place, expression),
      isTrue: (task, expression, circumstances) => evaluator.isTrue(top(task), expression, circumstances),
      interpolate: (task, message, circumstances) => evaluator.interpolate(top(task), message, circumstances),
      place: (process, pc) => placeText(images, process, pc),
      syscall: (task) => syscallText(machine, task),
      focusedPid,
      isCode: (address) =>
        [...machine.kernel.processes.values()].some(
          ({ space }) =>
            space &&
            machine.inspector
              .mappings(machine.provider.label(space))
              .some(({ start, end, permissions }) => start <= address && address < end && (permissions & Pte.X) !== 0),
        ),
    };
  }

  #problemAt({ address, image }: Place, condition: string): string | undefined {
    const { machine, images, evaluator } = this.#parts;
    const isHere = (one: Image): boolean => image === undefined || (one.path === image.path && one.bias === image.bias);
    for (const task of machine.tasks()) {
      const found = images.at(task.process, address);
      if (!found || !isHere(found)) continue;
      const frame = innermostFrame(address, { x: [], f: [] }, () => undefined);
      return evaluator.conditionProblem({ task, frame, calls: 0, activation: 0, image: found }, condition);
    }
    return undefined;
  }
}
