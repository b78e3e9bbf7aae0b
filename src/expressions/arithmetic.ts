import { sizeOf, type BaseType } from '../symbols/type.ts';
import { isFloating } from './c-types.ts';
import { Wrong } from './problem.ts';
import type { BinaryOperator, Span } from './syntax.ts';
import { rounded, wrap, type Scalar } from './values.ts';

type ArithmeticOperator = Extract<BinaryOperator, '+' | '-' | '*' | '/' | '%' | '&' | '|' | '^'>;
type Comparison = Extract<BinaryOperator, '==' | '!=' | '<' | '>' | '<=' | '>='>;

/** The operation on two values of one type; its result is of that type. Undefined where C has none (`%` of floats). */
export function arithmetic(
  operator: ArithmeticOperator,
  type: BaseType,
  span: Span,
): ((a: Scalar, b: Scalar) => Scalar) | undefined {
  if (isFloating(type)) {
    const operation = FLOATING[operator];
    return operation && ((a, b) => rounded(operation(a as number, b as number), type));
  }
  const operation = INTEGER[operator];
  const divides = operator === '/' || operator === '%';
  return (a, b) => {
    if (divides && b === 0n) throw new Wrong('Division by zero', span);
    return wrap(operation(a as bigint, b as bigint), type);
  };
}

const INTEGER: Readonly<Record<ArithmeticOperator, (a: bigint, b: bigint) => bigint>> = {
  '+': (a, b) => a + b,
  '-': (a, b) => a - b,
  '*': (a, b) => a * b,
  '/': (a, b) => a / b,
  '%': (a, b) => a % b,
  '&': (a, b) => a & b,
  '|': (a, b) => a | b,
  '^': (a, b) => a ^ b,
};

const FLOATING: Readonly<Partial<Record<ArithmeticOperator, (a: number, b: number) => number>>> = {
  '+': (a, b) => a + b,
  '-': (a, b) => a - b,
  '*': (a, b) => a * b,
  '/': (a, b) => a / b,
};

/** A shift in the left operand's type; of the count as many bits count as the instruction has (sllw 5, sll 6). */
export function shift(operator: '<<' | '>>', type: BaseType): (a: Scalar, b: Scalar) => Scalar {
  const mask = BigInt((sizeOf(type) ?? 8) * 8 - 1);
  if (operator === '<<') return (a, b) => wrap((a as bigint) << ((b as bigint) & mask), type);
  return (a, b) => (a as bigint) >> ((b as bigint) & mask);
}

/** Both sides are of one type. */
export const COMPARISONS: Readonly<Record<Comparison, (a: Scalar, b: Scalar) => boolean>> = {
  '==': (a, b) => a === b,
  '!=': (a, b) => a !== b,
  '<': (a, b) => a < b,
  '>': (a, b) => a > b,
  '<=': (a, b) => a <= b,
  '>=': (a, b) => a >= b,
};
