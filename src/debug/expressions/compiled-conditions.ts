import type { Problem } from '../../expressions/problem.ts';
import type { Result } from '../../result.ts';
import { placeOf } from '../../symbols/frame.ts';
import type { SymbolFile } from '../../symbols/symbol-file.ts';
import type { DebugMoment, EvaluationFrame } from './debug-moment.ts';

export type Condition = (moment: DebugMoment) => Result<boolean, Problem>;

interface Remembered {
  readonly symbols: SymbolFile | undefined;
  /** How many programs and libraries there were: another one may have the names that are missing. */
  readonly images: number;
  readonly condition: Result<Condition, Problem>;
}

/** Conditions of this many places are kept compiled. */
const MOST_REMEMBERED = 1000;
/** Activations at one place that are told apart; there are more only in code that no compiler makes. */
const MOST_ACTIVATIONS = 64;

/** Conditions, compiled once for each place in the program, however often they are asked. */
export class CompiledConditions {
  readonly #byText = new Map<string, Map<number, Remembered>>();
  readonly #compile: (at: EvaluationFrame, text: string) => Result<Condition, Problem>;
  #count = 0;

  constructor(compile: (at: EvaluationFrame, text: string) => Result<Condition, Problem>) {
    this.#compile = compile;
  }

  /** @param images how many programs and libraries the process has. */
  at(at: EvaluationFrame, text: string, images: number): Result<Condition, Problem> {
    const symbols = at.image?.symbols;
    const place = placeOf(at.frame) * MOST_ACTIVATIONS + at.activation;
    const known = this.#byText.get(text)?.get(place);
    if (known && known.symbols === symbols && known.images === images) return known.condition;
    const condition = this.#compile(at, text);
    if (at.activation < MOST_ACTIVATIONS) this.#remember(text, place, { symbols, images, condition });
    return condition;
  }

  #remember(text: string, place: number, remembered: Remembered): void {
    if (this.#count++ === MOST_REMEMBERED) {
      this.#byText.clear();
      this.#count = 1;
    }
    const places = this.#byText.get(text);
    if (places) places.set(place, remembered);
    else this.#byText.set(text, new Map([[place, remembered]]));
  }
}
