import { sizeOf, stripped, typeName, type Type } from '../symbols/type.ts';
import { arithmetic, COMPARISONS, shift } from './arithmetic.ts';
import {
  commonType,
  INT,
  isArithmetic,
  isFloating,
  isInteger,
  isPointer,
  LONG,
  promoted,
  UNSIGNED_LONG,
} from './c-types.ts';
import type { Moment } from './names.ts';
import { converted, numberOf, truthOf, valueOf, type Node, type ValueNode } from './node.ts';
import { Wrong } from './problem.ts';
import type { BinaryOperator, Span, UnaryOperator } from './syntax.ts';
import { isLibraryText, textOf } from './text.ts';
import { rounded, wrap } from './values.ts';

/** C's operators on values (C11 6.5). */
export class Operators<M extends Moment> {
  unary(operator: Exclude<UnaryOperator, '*' | '&'>, node: Node<M>, span: Span): Node<M> {
    if (operator === '!') {
      const truth = truthOf(node);
      return { type: INT, span, isPlace: false, run: (moment) => (truth(moment) ? 0n : 1n) };
    }
    const operand = numberOf(node, operator);
    const type = promoted(operand.type, operand.bits);
    const run = converted(operand, type);
    if (operator === '+') return { type, span, isPlace: false, run };
    if (isFloating(type)) {
      if (operator === '~') throw new Wrong(`~ takes integers, not a ${typeName(type)}`, node.span);
      return { type, span, isPlace: false, run: (moment) => rounded(-(run(moment) as number), type) };
    }
    if (operator === '-') return { type, span, isPlace: false, run: (moment) => wrap(-(run(moment) as bigint), type) };
    return { type, span, isPlace: false, run: (moment) => wrap(~(run(moment) as bigint), type) };
  }

  binary(operator: Exclude<BinaryOperator, '@'>, left: Node<M>, right: Node<M>, span: Span): Node<M> {
    switch (operator) {
      case '&&':
      case '||': {
        const a = truthOf(left);
        const b = truthOf(right);
        const run =
          operator === '&&'
            ? (moment: M) => (a(moment) && b(moment) ? 1n : 0n)
            : (moment: M) => (a(moment) || b(moment) ? 1n : 0n);
        return { type: INT, span, isPlace: false, run };
      }
      case '==':
      case '!=':
      case '<':
      case '>':
      case '<=':
      case '>=':
        return this.#comparison(operator, left, right, span);
      case '<<':
      case '>>':
        return this.#shift(operator, left, right, span);
      case '+':
      case '-':
        return this.#sum(operator, left, right, span);
      default:
        return this.#arithmetic(operator, numberOf(left, operator), numberOf(right, operator), span);
    }
  }

  /** `? :` (C11 6.5.15). */
  choice(test: (moment: M) => boolean, then: Node<M>, otherwise: Node<M>, span: Span): Node<M> {
    const [a, b] = [stripped(then.type), stripped(otherwise.type)];
    if (then.isPlace && otherwise.isPlace && (a.kind === 'struct' || (then.isText && otherwise.isText))) {
      if (a.kind !== b.kind) throw new Wrong(`The two sides of ? : have different types`, span);
      return {
        type: then.type,
        span,
        isPlace: true,
        ...(then.isText ? { isText: true } : {}),
        run: (moment) => (test(moment) ? then.run(moment) : otherwise.run(moment)),
      };
    }
    const [left, right] = [valueOf(then), valueOf(otherwise)];
    const type = choiceType(left, right, span);
    const [first, second] = [converted(left, type), converted(right, type)];
    return { type, span, isPlace: false, run: (moment) => (test(moment) ? first(moment) : second(moment)) };
  }

  #arithmetic(
    operator: Parameters<typeof arithmetic>[0],
    left: ValueNode<M>,
    right: ValueNode<M>,
    span: Span,
  ): Node<M> {
    const type = commonType(promoted(left.type, left.bits), promoted(right.type, right.bits));
    const operation = arithmetic(operator, type, span);
    if (!operation) throw new Wrong(`${operator} takes integers, not a ${typeName(type)}`, span);
    const a = converted(left, type);
    const b = converted(right, type);
    return { type, span, isPlace: false, run: (moment) => operation(a(moment), b(moment)) };
  }

  #shift(operator: '<<' | '>>', left: Node<M>, right: Node<M>, span: Span): Node<M> {
    const [a, b] = [numberOf(left, operator), numberOf(right, operator)];
    const type = promoted(a.type, a.bits);
    if (isFloating(type) || isFloating(b.type)) throw new Wrong(`${operator} takes integers`, span);
    const operation = shift(operator, type);
    const value = converted(a, type);
    const { run: count } = b;
    return { type, span, isPlace: false, run: (moment) => operation(value(moment), count(moment)) };
  }

  /** Addition and subtraction, of numbers and of pointers (C11 6.5.6). */
  #sum(operator: '+' | '-', left: Node<M>, right: Node<M>, span: Span): Node<M> {
    const [a, b] = [valueOf(left), valueOf(right)];
    const [pointerA, pointerB] = [isPointer(a.type), isPointer(b.type)];
    if (!pointerA && !pointerB)
      return this.#arithmetic(operator, numberOf(left, operator), numberOf(right, operator), span);
    if (pointerA && pointerB) {
      if (operator === '+') throw new Wrong('Two pointers cannot be added', span);
      const size = BigInt(stride(a.type, span));
      if (size !== BigInt(stride(b.type, span)))
        throw new Wrong(`A ${typeName(b.type)} cannot be subtracted from a ${typeName(a.type)}`, span);
      return {
        type: LONG,
        span,
        isPlace: false,
        run: (moment) => BigInt.asIntN(64, (a.run(moment) as bigint) - (b.run(moment) as bigint)) / (size || 1n),
      };
    }
    const [pointer, offset] = pointerA ? [a, b] : [b, a];
    if (!isInteger(offset.type) || (operator === '-' && pointerB))
      throw new Wrong(`${operator} cannot be used with a ${typeName(a.type)} and a ${typeName(b.type)}`, span);
    const size = BigInt(stride(pointer.type, span));
    const sign = operator === '-' ? -size : size;
    return {
      type: pointer.type,
      span,
      isPlace: false,
      run: (moment) => BigInt.asUintN(64, (pointer.run(moment) as bigint) + (offset.run(moment) as bigint) * sign),
    };
  }

  #comparison(operator: keyof typeof COMPARISONS, left: Node<M>, right: Node<M>, span: Span): Node<M> {
    if (left.isText || right.isText || (isLibraryText(left) && isLibraryText(right)))
      return this.#textComparison(operator, left, right, span);
    const [a, b] = [valueOf(left), valueOf(right)];
    const compare = COMPARISONS[operator];
    const type = comparisonType(a, b, span);
    const [first, second] = [converted(a, type), converted(b, type)];
    return { type: INT, span, isPlace: false, run: (moment) => (compare(first(moment), second(moment)) ? 1n : 0n) };
  }

  /** Text in quotes is compared with what an array or pointer of characters holds, not with its address. */
  #textComparison(operator: string, left: Node<M>, right: Node<M>, span: Span): Node<M> {
    if (operator !== '==' && operator !== '!=') throw new Wrong(`Texts can be compared with == and != only`, span);
    const [a, b] = [textOf(left), textOf(right)];
    const wanted = operator === '==';
    return { type: INT, span, isPlace: false, run: (moment) => ((a(moment) === b(moment)) === wanted ? 1n : 0n) };
  }
}

/** Bytes from one element to the next that a pointer points to; as gcc does, 1 for void and functions. */
function stride(pointer: Type, span: Span): number {
  const inner = stripped(pointer);
  const target = stripped(inner.kind === 'pointer' ? inner.target : inner);
  if (target.kind === 'void' || target.kind === 'function') return 1;
  const size = sizeOf(target);
  if (size === undefined) throw new Wrong(`The size of ${typeName(target)} is not known`, span);
  return size;
}

/** The type that two values are compared in; a pointer's is an unsigned integer, and so is what is compared with it. */
function comparisonType<M extends Moment>(a: ValueNode<M>, b: ValueNode<M>, span: Span): Type {
  const [pointerA, pointerB] = [isPointer(a.type), isPointer(b.type)];
  if (pointerA || pointerB) {
    if ((pointerA || isInteger(a.type)) && (pointerB || isInteger(b.type))) return UNSIGNED_LONG;
    throw new Wrong(`A ${typeName(a.type)} cannot be compared with a ${typeName(b.type)}`, span);
  }
  return commonType(promoted(a.type, a.bits), promoted(b.type, b.bits));
}

function choiceType<M extends Moment>(a: ValueNode<M>, b: ValueNode<M>, span: Span): Type {
  if (isArithmetic(a.type) && isArithmetic(b.type))
    return commonType(promoted(a.type, a.bits), promoted(b.type, b.bits));
  if (isPointer(a.type) && (isPointer(b.type) || isInteger(b.type))) return a.type;
  if (isPointer(b.type) && isInteger(a.type)) return b.type;
  throw new Wrong(`The two sides of ? : have different types: ${typeName(a.type)} and ${typeName(b.type)}`, span);
}
