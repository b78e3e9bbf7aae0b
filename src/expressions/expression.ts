import { err, ok, type Result } from '../result.ts';
import { inBytes } from '../symbols/storage.ts';
import { stripped, type Type } from '../symbols/type.ts';
import { Compiler } from './compiler.ts';
import { expandMacros } from './macros.ts';
import type { Moment, Names, Presentation } from './names.ts';
import { truthOf, type Node } from './node.ts';
import { parseInput, parseTypeName } from './parse.ts';
import { Wrong, type Problem } from './problem.ts';
import type { Input } from './syntax.ts';
import { encode, isScalarValue, type Operand, type Place } from './values.ts';

/** The value of an expression. */
export interface ExpressionValue {
  /** Where it is, or would be: what a view shows and expands. */
  readonly place: Place;
  /** It is an object of the program, that could be assigned to. */
  readonly isObject: boolean;
  /** The number, for scalars that were computed. */
  readonly scalar?: bigint | number;
  /** How the debugger itself would show it. */
  readonly presentation?: Presentation;
}

/** An expression that can be evaluated any number of times, wherever its names mean the same. */
export interface Expression<M extends Moment> {
  readonly type: Type;
  /** Its text, without the format. */
  readonly source: string;
  /** Whether evaluating it changes the program. */
  readonly hasEffects: boolean;
  /** What was asked for after a comma: a letter as gdb's `print/x` has it. */
  readonly format: string | undefined;
  evaluate(moment: M): Result<ExpressionValue, Problem>;
}

/**
 * Compiles an expression.
 * @param mayAssign whether it may change the program when it is evaluated.
 * @param now when it will be evaluated, if that is known.
 */
export function compileExpression<M extends Moment>(
  text: string,
  names: Names<M>,
  mayAssign = false,
  now?: M,
): Result<Expression<M>, Problem> {
  return compiled(text, new Compiler(names, mayAssign, now), names, (node, { source, letter }, hasEffects) => ({
    hasEffects,
    type: node.type,
    source,
    format: letter,
    evaluate: (moment) => attempt(() => valueFrom(node, moment)),
  }));
}

/** Compiles a condition: whether its value is not zero. */
export function compileCondition<M extends Moment>(
  text: string,
  names: Names<M>,
): Result<(moment: M) => Result<boolean, Problem>, Problem> {
  return compiled(text, new Compiler(names, false), names, (node) => {
    const truth = truthOf(node);
    return (moment) => attempt(() => truth(moment));
  });
}

/** The type that a text names, `struct node *`. */
export function compileTypeName<M extends Moment>(text: string, names: Names<M>): Result<Type, Problem> {
  return expanded(text, names, (plain) => {
    const syntax = parseTypeName(plain, namesOf(names));
    return syntax.ok ? attempt(() => new Compiler(names, false).type(syntax.value)) : syntax;
  });
}

/** What macros make of a text. */
export function expandedText<M extends Moment>(text: string, names: Names<M>): Result<string, Problem> {
  return attempt(() => expandMacros(text, (name) => names.macro(name)));
}

function compiled<M extends Moment, T>(
  text: string,
  compiler: Compiler<M>,
  names: Names<M>,
  make: (node: Node<M>, input: Input, hasEffects: boolean) => T,
): Result<T, Problem> {
  return expanded(text, names, (plain) => {
    const input = parseInput(plain, namesOf(names));
    if (!input.ok) return input;
    return attempt(() => {
      const { value, count } = input.value;
      const node = compiler.node(value);
      return make(count ? compiler.elements(node, count) : node, input.value, compiler.hasEffects);
    });
  });
}

/** Compiles what macros make of a text. Places in that are not those of the text, so that a problem shows it instead. */
function expanded<M extends Moment, T>(
  text: string,
  names: Names<M>,
  compile: (text: string) => Result<T, Problem>,
): Result<T, Problem> {
  const plain = expandedText(text, names);
  if (!plain.ok) return plain;
  const result = compile(plain.value);
  if (result.ok || plain.value === text) return result;
  return err({ message: result.error.message, expansion: plain.value });
}

function namesOf<M extends Moment>(names: Names<M>): Parameters<typeof parseInput>[1] {
  return {
    isType: (name) => names.isType(name),
    isTemplate: (name) => names.isTemplate(name),
    isVariable: (name) => names.object(name)?.kind === 'object',
  };
}

function attempt<T>(work: () => T): Result<T, Problem> {
  try {
    return ok(work());
  } catch (error) {
    if (error instanceof Wrong) return err({ message: error.message, ...(error.span ? { span: error.span } : {}) });
    if (error instanceof RangeError) return err({ message: 'The expression is nested too deeply' });
    throw error;
  }
}

function valueFrom<M extends Moment>(node: Node<M>, moment: M): ExpressionValue {
  const value = node.run(moment);
  if (stripped(node.type).kind === 'void') throw new Wrong('void has no value', node.span);
  const presentation = node.present?.(moment, value);
  const shown = presentation ? { presentation } : {};
  if (!isScalarValue(value)) return { place: value, isObject: !node.isText, ...shown };
  return { place: scalarPlace(value, node.type), isObject: false, scalar: value, ...shown };
}

function scalarPlace(value: Exclude<Operand, Place>, type: Type): Place {
  return { type, storage: inBytes(encode(value, type)) };
}
