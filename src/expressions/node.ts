import { inBytes } from '../symbols/storage.ts';
import { libraryType, scalarIn } from '../symbols/summaries/access.ts';
import { stripped, typeName, type Type } from '../symbols/type.ts';
import { isArithmetic, isScalar, pointerTo, CHAR } from './c-types.ts';
import type { Moment, Presentation } from './names.ts';
import { Wrong } from './problem.ts';
import type { Span } from './syntax.ts';
import { convert, load, sentence, type Operand, type Place, type Scalar } from './values.ts';

/** A compiled part of an expression. `run` throws `Wrong` where there is no value. */
export interface Node<M extends Moment> {
  readonly type: Type;
  readonly span: Span;
  readonly run: (moment: M) => Operand;
  /** `run` gives a `Place`; otherwise a scalar. */
  readonly isPlace: boolean;
  /** The width of a bit field, or what the value of an enumerator needs. */
  readonly bits?: number;
  /** Text that is in no memory: it is compared as text. */
  readonly isText?: boolean;
  /** Whether evaluating it changes something. */
  readonly write?: (moment: M, value: Scalar) => void;
  readonly present?: (moment: M, value: Operand) => Presentation;
}

/** A node that gives a scalar, or the place of a structure. */
export interface ValueNode<M extends Moment> {
  readonly type: Type;
  readonly span: Span;
  readonly run: (moment: M) => Scalar;
  readonly bits?: number;
}

/** The place of a node that has one. */
export function placeOf<M extends Moment>(node: Node<M>): (moment: M) => Place {
  return node.run as (moment: M) => Place;
}

/**
 * The node's value as C uses it in an expression: arrays and functions become pointers (C11 6.3.2.1), and a library's
 * smart pointers and atomics what they hold.
 */
export function valueOf<M extends Moment>(node: Node<M>): ValueNode<M> {
  const { type, span } = node;
  const inner = stripped(type);
  if (node.isPlace && (inner.kind === 'array' || inner.kind === 'function')) {
    const place = placeOf(node);
    return {
      type: pointerTo(inner.kind === 'array' ? inner.element : type),
      span,
      run: (moment) => BigInt(addressOf(place(moment), span)),
    };
  }
  const stood = node.isPlace ? libraryType(type)?.scalar : undefined;
  if (stood) {
    const place = placeOf(node);
    return {
      type: stood,
      span,
      run(moment) {
        const storage = scalarIn(place(moment), moment.frame.read);
        if ('unavailable' in storage) throw new Wrong(sentence(storage.unavailable), span);
        return load({ type: stood, storage }, span);
      },
    };
  }
  if (!isScalar(type)) throw new Wrong(noValue(type), span);
  const { run, bits } = node;
  return {
    type,
    span,
    ...(bits === undefined ? {} : { bits }),
    run: node.isPlace ? (moment) => load(run(moment) as Place, span) : (run as (moment: M) => Scalar),
  };
}

function noValue(type: Type): string {
  const inner = stripped(type);
  if (inner.kind === 'unknown') return 'Its type is not known: cast it to one, such as (long)x';
  if (inner.kind === 'void') return 'void has no value';
  return `A value of type ${typeName(type)} cannot be used here`;
}

/** An address as a guest has it, for what is in memory. */
export function addressOf({ storage }: Place, span: Span): number {
  if (storage.address === undefined) throw new Wrong('It is not in memory: it has no address', span);
  return storage.address;
}

/** The node's value in another scalar type. */
export function converted<M extends Moment>(node: ValueNode<M>, to: Type): (moment: M) => Scalar {
  const { run } = node;
  const from = stripped(node.type);
  const target = stripped(to);
  const isSame = from === target && node.bits === undefined;
  return isSame ? run : (moment) => convert(run(moment), target);
}

/** An arithmetic operand; C's operators on numbers take nothing else. */
export function numberOf<M extends Moment>(node: Node<M>, operator: string): ValueNode<M> {
  const value = valueOf(node);
  if (isArithmetic(value.type)) return value;
  throw new Wrong(`${operator} takes numbers, not a ${typeName(value.type)}`, node.span);
}

/** Whether a scalar is not zero. */
export function truthOf<M extends Moment>(node: Node<M>): (moment: M) => boolean {
  if (node.isText) throw new Wrong('A text is neither true nor false: compare it with another', node.span);
  const { run } = valueOf(node);
  return (moment) => {
    const value = run(moment);
    return typeof value === 'bigint' ? value !== 0n : value !== 0;
  };
}

/** The text of a place of characters, up to its NUL. */
export function textPlace(text: string | Uint8Array): Place {
  const characters = typeof text === 'string' ? new TextEncoder().encode(text) : text;
  const bytes = new Uint8Array(characters.length + 1);
  bytes.set(characters);
  return { type: { kind: 'array', element: CHAR, count: bytes.length }, storage: inBytes(bytes) };
}
