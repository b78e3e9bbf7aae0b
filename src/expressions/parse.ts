import { err, ok, type Result } from '../result.ts';
import { parse, SyntaxError, type GrammarOptions } from './grammar.js';
import type { Problem } from './problem.ts';
import type { Input, TypeSyntax } from './syntax.ts';

/** Longer than anything that a person types; bounds what hostile input costs. */
const LONGEST = 4000;

/** Parses an expression; what a name means decides how C reads it. */
export function parseInput(text: string, options: GrammarOptions): Result<Input, Problem> {
  return parsed(text, () => parse(text, { ...options, startRule: 'Start' }));
}

/** Parses the name of a type: `struct node *`. */
export function parseTypeName(text: string, options: GrammarOptions): Result<TypeSyntax, Problem> {
  return parsed(text, () => parse(text, { ...options, startRule: 'TypeStart' }));
}

/** What is wrong with a text whatever its names mean; `undefined` if nothing is. */
export function syntaxProblem(text: string): Problem | undefined {
  const asObjects = parseInput(text, NO_NAMES);
  if (asObjects.ok) return undefined;
  const asTypes = parseInput(text, { isType: () => true, isTemplate: () => true, isVariable: () => true });
  if (asTypes.ok) return undefined;
  // The arguments of a macro need not be expressions.
  const withoutCalls = text.replaceAll(/\b(?!sizeof)[A-Za-z_]\w*\s*\((?:[^()]|\([^()]*\))*\)/g, '(0)');
  if (withoutCalls !== text && parseInput(withoutCalls, NO_NAMES).ok) return undefined;
  return asObjects.error;
}

const NO_NAMES: GrammarOptions = { isType: () => false, isTemplate: () => false, isVariable: () => false };

function parsed<T>(text: string, parser: () => T): Result<T, Problem> {
  if (text.length > LONGEST) return err({ message: `The expression is too long (${text.length} characters)` });
  if (text.trim() === '') return err({ message: 'There is nothing to evaluate' });
  try {
    return ok(parser());
  } catch (error) {
    if (error instanceof SyntaxError) return err(problemOf(text, error));
    if (error instanceof RangeError) return err({ message: 'The expression is nested too deeply' });
    throw error;
  }
}

function problemOf(text: string, { found, expected, location }: SyntaxError): Problem {
  const unclosed = unclosedAt(text);
  if (unclosed?.message !== undefined) return unclosed;
  const { offset } = location.start;
  const wanted = new Set(expected.map(({ description, text: word, type }) => description ?? word ?? type));
  const wantsOperand = wanted.has('an operand');
  if (found === null)
    return wantsOperand
      ? { message: 'An operand is missing at the end' }
      : { message: 'The expression is not complete', span: { start: offset, end: offset } };
  const span = { start: offset, end: offset + 1 };
  const word = /^[\w$]+|^./u.exec(text.slice(offset))?.[0] ?? found;
  if (wantsOperand) return { message: `An operand is missing before ${word}`, span };
  if (wanted.has('the name of a member')) return { message: `The name of a member is missing before ${word}`, span };
  return { message: `${word} is not expected here`, span };
}

const CLOSING: Readonly<Record<string, string>> = { '(': ')', '[': ']' };

/** A bracket without its partner, or a quote that nothing ends: what makes the rest unreadable. */
function unclosedAt(text: string): Problem | undefined {
  const open: { bracket: string; at: number }[] = [];
  for (let at = 0; at < text.length; at++) {
    const character = text[at];
    if (character === '"' || character === "'") {
      const [literal] = (character === '"' ? /"(?:\\.|[^"\\])*"/y : /'(?:\\.|[^'\\])*'/y).exec(text.slice(at)) ?? [];
      if (literal === undefined)
        return { message: `There is no ${character} to end this text`, span: { start: at, end: text.length } };
      at += literal.length - 1;
    } else if (character === '(' || character === '[') open.push({ bracket: character, at });
    else if (character === ')' || character === ']') {
      const last = open.pop();
      if (last === undefined || CLOSING[last.bracket] !== character)
        return { message: `Nothing opens this ${character}`, span: { start: at, end: at + 1 } };
    }
  }
  const last = open.at(-1);
  return (
    last && {
      message: `There is no ${CLOSING[last.bracket]} for this ${last.bracket}`,
      span: { start: last.at, end: last.at + 1 },
    }
  );
}
