import {
  compileCondition,
  compileExpression,
  compileTypeName,
  expandedText,
  type Expression,
} from '../../expressions/expression.ts';
import { definitionText } from '../../expressions/macros.ts';
import type { Moment } from '../../expressions/names.ts';
import { syntaxProblem } from '../../expressions/parse.ts';
import { problemText, unknownSpecialText, type Problem } from '../../expressions/problem.ts';
import { load } from '../../expressions/values.ts';
import { err, ok, type Result } from '../../result.ts';
import type { Type } from '../../symbols/type.ts';
import { CallStack, type StackFrame } from '../../program/call-stack.ts';
import type { ImageTable } from '../../program/images.ts';
import type { OwnCode } from '../../program/own-code.ts';
import { storeObject, type ValueScope } from '../scopes/symbol-values.ts';
import { CompiledConditions, type Condition } from './compiled-conditions.ts';
import type { Circumstances, DebugMoment, EvaluationFrame } from './debug-moment.ts';
import { ProgramNames } from './program-names.ts';
import { specialMeaning, SPECIAL_NAMES } from './special-names.ts';
import { shownValue, type Evaluated } from './shown-value.ts';
import { template } from './template.ts';

/** Evaluates expressions in frames of the program. Every error is a sentence for the user. */
export class Evaluator {
  readonly #conditions = new CompiledConditions((at, text) => compileCondition(text, this.names(at)));
  readonly #scope: ValueScope;
  readonly #images: ImageTable;
  readonly #own: OwnCode;

  constructor(scope: ValueScope, images: ImageTable, own: OwnCode) {
    this.#scope = scope;
    this.#own = own;
    this.#images = images;
  }

  /** @param how `mayAssign`: whether the expression may change the program. */
  evaluate(
    at: EvaluationFrame,
    text: string,
    how: { readonly asHex?: boolean; readonly mayAssign?: boolean; readonly circumstances?: Circumstances } = {},
  ): Result<Evaluated, string> {
    const expression = this.compile(at, text, how.mayAssign);
    if (!expression.ok) return this.#definition(at, text) ?? err(problemText(expression.error));
    const value = expression.value.evaluate(this.#moment(at, how.circumstances));
    if (!value.ok) return err(problemText(value.error));
    const { source, format, hasEffects } = expression.value;
    const { asHex = false } = how;
    const shown = shownValue(value.value, { scope: this.#scope, images: this.#images, at, source, asHex, format });
    return shown.ok ? ok({ ...shown.value, hasEffects }) : shown;
  }

  /** A macro that is no expression by itself, as it is defined: a function, or a part of a declaration. */
  #definition(at: EvaluationFrame, text: string): Result<Evaluated, string> | undefined {
    const name = /^\s*([A-Za-z_]\w*)\s*$/.exec(text)?.[1];
    const macro = name === undefined ? undefined : this.names(at).macro(name);
    return macro && ok({ text: definitionText(macro) });
  }

  /** The number that an expression comes to, of any scalar type. */
  scalar(at: EvaluationFrame, text: string): Result<bigint | number, string> {
    const expression = this.compile(at, text);
    if (!expression.ok) return err(problemText(expression.error));
    const value = expression.value.evaluate(this.#moment(at));
    if (!value.ok) return err(problemText(value.error));
    if (value.value.scalar !== undefined) return ok(value.value.scalar);
    try {
      return ok(load(value.value.place, { start: 0, end: text.length }));
    } catch {
      return err(`${text.trim()} is not a number.`);
    }
  }

  /** Assigns one expression to another. */
  assign(at: EvaluationFrame, target: string, value: string): Result<void, string> {
    const expression = this.compile(at, `(${target}) = (${value})`, true);
    if (!expression.ok) {
      // What is wrong with one of them is said with its own columns.
      for (const part of [target, value]) {
        const alone = this.compile(at, part);
        if (!alone.ok) return err(problemText(alone.error));
      }
      return err(problemText({ message: expression.error.message }));
    }
    const assigned = expression.value.evaluate(this.#moment(at));
    return assigned.ok ? ok() : err(problemText({ message: assigned.error.message }));
  }

  /** Whether a condition holds. Compiled once for a place in the program, however often it is asked. */
  isTrue(at: EvaluationFrame, condition: string, circumstances: Circumstances = {}): Result<boolean, string> {
    const compiled = this.#condition(at, condition);
    if (!compiled.ok) return err(problemText(compiled.error));
    const result = compiled.value(this.#moment(at, circumstances));
    return result.ok ? result : err(problemText(result.error));
  }

  /** A message with its `{expression}`s replaced by their values. */
  interpolate(at: EvaluationFrame, message: string, circumstances: Circumstances = {}): string {
    return template(message)
      .map((part) => {
        if (part.kind === 'text') return part.text;
        const value = this.evaluate(at, part.text, { circumstances });
        return value.ok ? value.value.text : `{${value.error}}`;
      })
      .join('');
  }

  /** What keeps a condition from being evaluated in a frame, before it ever is; `undefined` if nothing does. */
  conditionProblem(at: EvaluationFrame, condition: string): string | undefined {
    const compiled = this.#condition(at, condition);
    return compiled.ok ? undefined : problemText(compiled.error);
  }

  compile(at: EvaluationFrame, text: string, mayAssign = false): Result<Expression<DebugMoment>, Problem> {
    return compileExpression(text, this.names(at), mayAssign, this.#moment(at));
  }

  typeNamed(at: EvaluationFrame, text: string): Type | undefined {
    const type = compileTypeName(text, this.names(at));
    return type.ok ? type.value : undefined;
  }

  /** What macros make of a text. */
  expanded(at: EvaluationFrame, text: string): Result<string, string> {
    const expanded = expandedText(text, this.names(at));
    return expanded.ok ? expanded : err(problemText(expanded.error));
  }

  names(at: EvaluationFrame): ProgramNames {
    return new ProgramNames(at, this.#images);
  }

  #condition(at: EvaluationFrame, text: string): Result<Condition, Problem> {
    return this.#conditions.at(at, text, this.#images.of(at.task.process).length);
  }

  #moment(at: EvaluationFrame, circumstances: Circumstances = {}): DebugMoment {
    const store: Moment['store'] = (place, bytes) => this.#store(at, place, bytes);
    const { machine } = this.#scope;
    return { frame: at.frame, machine, at, circumstances, store, person: () => this.#person(at) };
  }

  #person({ task, calls, activation }: EvaluationFrame): StackFrame | undefined {
    const stack = new CallStack(this.#scope.machine, this.#images, task);
    for (let level = 0; ; level++) {
      const frame = stack.at(level);
      if (!frame) return undefined;
      if (frame.calls >= calls && frame.activation >= activation) return this.#own.innermost(stack, level);
    }
  }

  #store(at: EvaluationFrame, ...[place, bytes]: Parameters<Moment['store']>): Result<void, string> {
    const { storage } = place;
    const stored = storeObject(this.#scope, at, storage, bytes);
    return stored.ok ? stored : err(stored.error.replace(/\.$/, ''));
  }
}

/** What is wrong with an expression whatever the program is; `undefined` if nothing is. */
export function syntaxError(text: string): string | undefined {
  const problem = syntaxProblem(text) ?? unknownSpecial(text);
  return problem && problemText(problem);
}

function unknownSpecial(text: string): Problem | undefined {
  const withoutText = text.replaceAll(/"(?:\\.|[^"\\])*"/g, (literal) => ' '.repeat(literal.length));
  for (const { 1: name, index } of withoutText.matchAll(/\$(\w+)/g))
    if (!specialMeaning(name))
      return { message: unknownSpecialText(name, SPECIAL_NAMES), span: { start: index, end: index + name.length + 1 } };
  return undefined;
}
