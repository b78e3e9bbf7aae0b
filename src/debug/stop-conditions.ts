import type { Task } from '../linux/task.ts';
import type { Result } from '../result.ts';
import type { Circumstances } from './expressions/debug-moment.ts';
import { syntaxError } from './expressions/evaluator.ts';

/** What the user wrote about when a breakpoint is to stop. */
interface Written {
  readonly condition?: string;
  readonly hitCondition?: string;
}

/** When a breakpoint stops a task that reaches it: both expressions must be true. */
export interface StopConditions {
  readonly condition: string | undefined;
  /** Of `$hits`: how often the condition was true, this time included. */
  readonly hits: string | undefined;
  /** The expressions as they are written, for who checks what they mean at a place. */
  readonly written: readonly string[];
  /** What keeps them from being evaluated at all, in a sentence. */
  readonly problem: string | undefined;
}

/** Who can evaluate the expressions, and tell what is wrong with them. */
export interface ConditionJudge {
  readonly isTrue: (task: Task, expression: string, circumstances: Circumstances) => Result<boolean, string>;
  readonly print: (line: string) => void;
}

export function stopConditions({ condition, hitCondition }: Written): StopConditions {
  const given = condition?.trim() ? condition : undefined;
  const hits = hitCondition?.trim() ? hitExpression(hitCondition) : undefined;
  const written = [given, hits?.operand].filter((one) => one !== undefined);
  const problem = written.map((expression) => syntaxError(expression)).find((one) => one !== undefined);
  return { condition: given, hits: hits?.expression, written, problem };
}

/**
 * Whether a task that reaches a breakpoint stops there. A condition that cannot be evaluated stops it, and is told.
 * @param counted the breakpoint, whose `count` of hits is kept here.
 */
export function isMet(
  { condition, hits }: StopConditions,
  counted: { count: number },
  task: Task,
  { isTrue, print }: ConditionJudge,
  circumstances: Circumstances = {},
): boolean {
  const holds = (expression: string, count: number): boolean => {
    const { event, violation, va, access } = circumstances;
    // Field by field: this is done at every hit, and spreading takes longer than the rest.
    const result = isTrue(task, expression, { event, violation, va, access, hits: count });
    if (!result.ok) print(`Condition "${expression}": ${result.error}`);
    return !result.ok || result.value;
  };
  if (condition !== undefined && !holds(condition, counted.count + 1)) return false;
  counted.count++;
  return hits === undefined || holds(hits, counted.count);
}

/**
 * A hit condition as an expression: `5` and `>= 5` from the fifth hit on; `== 5`, `< 5`, `% 5` as they say, of any
 * operand; what names `$hits` is an expression already. The operand stands in the columns that it was written in.
 */
function hitExpression(text: string): { readonly expression: string; readonly operand: string } {
  if (/\$hits\b/.test(text)) return { expression: text, operand: text };
  const [, before, operator = '>=', operand] = /^(\s*(==?|!=|>=?|<=?|%)?)(.*)$/s.exec(text)!;
  const comparison =
    operator === '%' ? `% (${operand.trim()}) == 0` : `${operator === '=' ? '==' : operator} (${operand.trim()})`;
  return { expression: `$hits ${comparison}`, operand: ' '.repeat(before.length) + operand };
}
