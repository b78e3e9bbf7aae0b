import { VOID, type Type } from '../symbols/type.ts';
import { BOOL, CHAR, constantType, DOUBLE, FLOAT, LONG_DOUBLE, pointerTo } from './c-types.ts';
import type { Meaning, Moment } from './names.ts';
import { textPlace, type Node } from './node.ts';
import { Wrong } from './problem.ts';
import type { IntegerSyntax, Span, SyntaxOf } from './syntax.ts';
import { rounded, type Scalar } from './values.ts';

/** Names that are keywords or macros of a language, unless the program has a variable of the name. */
export const CONSTANTS: ReadonlyMap<string, Meaning<Moment>> = new Map([
  ['true', constantMeaning(BOOL, 1n)],
  ['false', constantMeaning(BOOL, 0n)],
  ['nullptr', constantMeaning(pointerTo(VOID), 0n)],
  ['NULL', constantMeaning(pointerTo(VOID), 0n)],
]);

function constantMeaning(type: Type, value: Scalar): Meaning<Moment> {
  return { kind: 'value', type, read: () => value };
}

export function constant<M extends Moment>(type: Type, value: Scalar, span: Span): Node<M> {
  return { type, span, isPlace: false, run: () => value };
}

export function integerConstant<M extends Moment>({ digits, suffix, span }: IntegerSyntax): Node<M> {
  const isOctal = /^0[0-9]+$/.test(digits);
  if (isOctal && /[89]/.test(digits)) throw new Wrong(`${digits} is octal, and has a digit that octal has not`, span);
  const value = BigInt(isOctal ? `0o${digits}` : digits.toLowerCase());
  const type = constantType(value, /^[1-9]/.test(digits), suffix);
  if (!type) throw new Wrong(`${digits} does not fit in 64 bits`, span);
  return constant(type, value, span);
}

export function floatConstant<M extends Moment>({ digits, suffix, span }: SyntaxOf<'float'>): Node<M> {
  const type = suffix === 'f' ? FLOAT : suffix === 'l' ? LONG_DOUBLE : DOUBLE;
  return constant(type, rounded(parseFloating(digits), type), span);
}

export function characterConstant<M extends Moment>({ bytes, span }: SyntaxOf<'character'>): Node<M> {
  if (bytes.length !== 1) throw new Wrong('It is more than one character: write text in double quotes', span);
  return constant(CHAR, BigInt(bytes[0]), span);
}

export function textConstant<M extends Moment>({ bytes, span }: SyntaxOf<'string'>): Node<M> {
  const place = textPlace(Uint8Array.from(bytes));
  return { type: place.type, span, isPlace: true, isText: true, run: () => place };
}

/** Decimal and hexadecimal floating constants. */
function parseFloating(digits: string): number {
  const [, whole, fraction = '', exponent] = /^0x([0-9a-f]*)\.?([0-9a-f]*)p([-+]?\d+)$/i.exec(digits) ?? [];
  if (whole === undefined) return Number(digits);
  return Number(BigInt(`0x0${whole}${fraction}`)) * 2 ** (Number(exponent) - 4 * fraction.length);
}
