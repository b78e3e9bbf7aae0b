import { Wrong } from './problem.ts';

/** A macro as its `#define` has it. */
export interface MacroDefinition {
  readonly name: string;
  /** Absent for those that are no functions. */
  readonly parameters?: readonly string[];
  /** Whether the last parameter takes all arguments that are left. */
  readonly isVariadic: boolean;
  readonly body: string;
}

export type MacroNamed = (name: string) => MacroDefinition | undefined;

/** A preprocessing token (C11 6.4). */
interface Token {
  readonly kind: 'name' | 'literal' | 'other';
  readonly text: string;
  /** Whether white space stands before it. */
  readonly isApart: boolean;
  /** Whether what stands before it comes from elsewhere: the two must not become one. */
  readonly isGuarded?: boolean;
  /** Macros whose replacement it is part of: it is not replaced by them again. */
  readonly hidden: ReadonlySet<string>;
}

/** What bounds the work for macros that grow with each replacement. */
const MOST_TOKENS = 20_000;
const LONGEST_TEXT = 4000;

const NOTHING: ReadonlySet<string> = new Set();

/** What compilers know without a definition, as far as a debugger can: clang does not describe its own macros. */
const BUILT_IN: ReadonlyMap<string, MacroDefinition> = new Map(
  [
    functionLike('__builtin_expect', ['value', 'likely'], '(value)'),
    functionLike('__builtin_constant_p', ['value'], '0'),
    functionLike('__builtin_offsetof', ['type', 'member'], '((unsigned long)&((type *)0)->member)'),
    functionLike('offsetof', ['type', 'member'], '((unsigned long)&((type *)0)->member)'),
    { name: '__extension__', isVariadic: false, body: '' },
    ...Object.entries({
      ...{ __SCHAR_MAX__: '127', __SHRT_MAX__: '32767', __INT_MAX__: '2147483647', __WCHAR_MAX__: '2147483647' },
      ...{ __LONG_MAX__: '9223372036854775807L', __LONG_LONG_MAX__: '9223372036854775807LL', __CHAR_BIT__: '8' },
    }).map(([name, body]) => ({ name, isVariadic: false, body })),
  ].map((macro) => [macro.name, macro]),
);

function functionLike(name: string, parameters: readonly string[], body: string): MacroDefinition {
  return { name, parameters, isVariadic: false, body };
}

/**
 * Replaces the macros in a text as C's preprocessor does (C11 6.10.3): arguments first, `#` and `##`, and what a macro
 * is replaced by again, but never a macro within its own replacement. A text without macros stays as it is.
 */
export function expandMacros(text: string, named: MacroNamed): string {
  const tokens = tokenized(text);
  const known: MacroNamed = (name) => named(name) ?? BUILT_IN.get(name);
  // The letter of a format is no name: `mask,x`.
  const isFormat = /^[a-zA-Z]$/.test(tokens.at(-1)?.text ?? '') && tokens.at(-2)?.text === ',';
  const [whole, format] = isFormat ? [tokens.slice(0, -2), tokens.slice(-2)] : [tokens, []];
  if (!whole.some((token) => token.kind === 'name' && known(token.text))) return text;
  const expanded = textOf([...new Expansion(known).run(whole), ...format]);
  if (expanded.length > LONGEST_TEXT) throw new Wrong('The macros in it make the expression too long');
  return expanded;
}

/** A macro as it is defined: `#define SQ(x) ((x) * (x))`. */
export function definitionText({ name, parameters, isVariadic, body }: MacroDefinition): string {
  const last = parameters?.at(-1);
  const written = parameters?.map((one) => (isVariadic && one === last ? one.replace('__VA_ARGS__', '') + '...' : one));
  return `#define ${name}${written ? `(${written.join(', ')})` : ''} ${body}`.trimEnd();
}

class Expansion {
  #steps = 0;

  constructor(private readonly named: MacroNamed) {}

  /** Dave Prosser's algorithm, as the standard's authors had it; what is still to be read is a stack. */
  run(input: readonly Token[]): Token[] {
    const rest = [...input].reverse();
    const output: Token[] = [];
    for (let token = rest.pop(); token; token = rest.pop()) {
      this.#count(1);
      const macro = token.kind === 'name' && !token.hidden.has(token.text) ? this.named(token.text) : undefined;
      if (!macro) {
        output.push(token);
        continue;
      }
      const call = macro.parameters && argumentsOf(rest);
      if (macro.parameters && !call) {
        output.push(token);
        continue;
      }
      const hidden = call ? intersection(token.hidden, call.close.hidden) : token.hidden;
      const given = call ? this.#matched(macro, call.given) : [];
      const replaced = this.#replacement(macro, given, new Set([...hidden, macro.name]));
      this.#count(replaced.length);
      replaced.forEach((one, at) => {
        if (at === 0) replaced[at] = { ...one, isApart: token.isApart, isGuarded: true };
      });
      const next = rest.pop();
      if (next) rest.push({ ...next, isGuarded: true });
      rest.push(...replaced.reverse());
    }
    return output;
  }

  #count(steps: number): void {
    this.#steps += steps;
    if (this.#steps > MOST_TOKENS) throw new Wrong('The macros in it grow without end');
  }

  /** The arguments by parameter: too few or too many are an error, as in C. */
  #matched({ name, parameters = [], isVariadic }: MacroDefinition, given: readonly (readonly Token[])[]): Token[][] {
    const wanted = parameters.length;
    const isEmpty = given.length === 1 && given[0].length === 0;
    const count = wanted === 0 && isEmpty ? 0 : given.length;
    const least = isVariadic ? wanted - 1 : wanted;
    if (count < least || (!isVariadic && count > wanted)) {
      const number = `${isVariadic ? 'at least ' : ''}${least} argument${least === 1 ? '' : 's'}`;
      throw new Wrong(`The macro ${name} takes ${number}`);
    }
    const matched = parameters.map((_, at) => [...(given[at] ?? [])]);
    if (isVariadic) matched[wanted - 1] = joined(given.slice(wanted - 1));
    return matched;
  }

  #replacement(macro: MacroDefinition, given: readonly Token[][], hidden: ReadonlySet<string>): Token[] {
    const { parameters = [], isVariadic, body } = macro;
    const tokens = isVariadic ? withOptional(tokenized(body), given.at(-1)!.length > 0) : tokenized(body);
    const argument = (token: Token | undefined): Token[] | undefined => {
      const at = token?.kind === 'name' ? parameters.indexOf(token.text) : -1;
      return at < 0 ? undefined : given[at];
    };
    const isRest = (token: Token): boolean => isVariadic && token.text === parameters.at(-1);
    const out: Token[] = [];
    const expanded = new Map<readonly Token[], Token[]>();
    for (let at = 0; at < tokens.length; at++) {
      const token = tokens[at];
      const next = tokens[at + 1] as Token | undefined;
      const text = token.text === '#' && macro.parameters ? argument(next) : undefined;
      if (text) {
        out.push(literal(text, token.isApart));
        at++;
      } else if (token.text === '##' && next && out.length > 0) {
        const right = argument(next) ?? [next];
        // GNU: the comma goes with the arguments that are not there.
        const isList = out.at(-1)!.text === ',' && isRest(next);
        if (isList && right.length > 0) out.push(...this.#expandedArgument(right, expanded));
        else if (isList) out.pop();
        else paste(out, right.length > 0 ? right : [PLACEMARKER]);
        at++;
      } else {
        const whole = argument(token);
        if (!whole) out.push(token);
        // Beside `##` an argument stands as it is written.
        else if (next?.text === '##') out.push(...(whole.length > 0 ? whole : [PLACEMARKER]));
        else {
          const replaced = this.#expandedArgument(whole, expanded);
          out.push(...replaced.map((one, index) => (index === 0 ? { ...one, isApart: token.isApart } : one)));
        }
      }
      this.#count(1);
    }
    const kept = out.filter((token) => token.text !== '');
    return kept.map((token) => ({ ...token, hidden: new Set([...token.hidden, ...hidden]) }));
  }

  #expandedArgument(argument: readonly Token[], known: Map<readonly Token[], Token[]>): Token[] {
    let expanded = known.get(argument);
    if (!expanded) known.set(argument, (expanded = this.run(argument)));
    return expanded;
  }
}

/** Takes the arguments of a call off what is still to be read; undefined where none begin, or they do not end. */
function argumentsOf(rest: Token[]): { readonly given: readonly Token[][]; readonly close: Token } | undefined {
  if (rest.at(-1)?.text !== '(') return undefined;
  const given: Token[][] = [[]];
  let depth = 0;
  for (let at = rest.length - 1; at >= 0; at--) {
    const token = rest[at];
    if (token.text === ')' && --depth === 0) {
      rest.length = at;
      return { given, close: token };
    }
    if (depth === 1 && token.text === ',') given.push([]);
    else if (depth > 0) given.at(-1)!.push(token);
    if (token.text === '(') depth++;
  }
  return undefined;
}

/** C23's `__VA_OPT__(…)`: what is in it stands only where there are arguments for `...`. */
function withOptional(body: readonly Token[], isGiven: boolean): Token[] {
  const rest = [...body].reverse();
  const out: Token[] = [];
  for (let token = rest.pop(); token; token = rest.pop()) {
    const optional = token.text === '__VA_OPT__' ? argumentsOf(rest) : undefined;
    if (!optional) out.push(token);
    else if (isGiven) out.push(...joined(optional.given));
  }
  return out;
}

function joined(lists: readonly (readonly Token[])[]): Token[] {
  return lists.flatMap((list, at) => (at === 0 ? list : [{ ...COMMA }, ...list]));
}

/** Stands for an argument that is empty, beside `##`. */
const PLACEMARKER: Token = { kind: 'other', text: '', isApart: false, hidden: NOTHING };

const COMMA: Token = { kind: 'other', text: ',', isApart: false, hidden: NOTHING };

/** `#`: the argument as a text. */
function literal(argument: readonly Token[], isApart: boolean): Token {
  const inner = textOf(argument.map((token, at) => ({ ...token, isApart: token.isApart && at > 0, isGuarded: false })));
  const escaped = argument.some(({ kind }) => kind === 'literal') ? inner.replaceAll(/["\\]/g, '\\$&') : inner;
  return { kind: 'literal', text: `"${escaped}"`, isApart, hidden: NOTHING };
}

/** `##`: the last token and the first of the argument become one. */
function paste(out: Token[], right: readonly Token[]): void {
  const left = out.pop()!;
  const [first, ...others] = right;
  if (left.text === '') out.push(...right);
  else if (first.text === '') out.push(left, ...others);
  else {
    const text = left.text + first.text;
    const hidden = intersection(left.hidden, first.hidden);
    out.push({ kind: tokenized(text)[0].kind, text, isApart: left.isApart, hidden }, ...others);
  }
}

function intersection(a: ReadonlySet<string>, b: ReadonlySet<string>): ReadonlySet<string> {
  return new Set([...a].filter((name) => b.has(name)));
}

/** Names, numbers, texts and characters, `$` names, and single signs; `##` and `::` are one. */
const TOKEN =
  /(?<name>[A-Za-z_\u00a0-\uffff][\w\u00a0-\uffff]*)|(?<literal>"(?:\\.|[^"\\])*"|'(?:\\.|[^'\\])*')|\$\w+|\.?\d(?:[eEpP][-+]|[\w.])*|##|::|\s+|./gsu;

function tokenized(text: string): Token[] {
  const tokens: Token[] = [];
  let isApart = false;
  for (const { 0: found, groups } of text.matchAll(TOKEN)) {
    if (/^\s/.test(found)) {
      isApart = true;
      continue;
    }
    const kind = groups?.name ? 'name' : groups?.literal ? 'literal' : 'other';
    tokens.push({ kind, text: found, isApart, hidden: NOTHING });
    isApart = false;
  }
  return tokens;
}

/** Tokens as text. Two that would become one stand apart. */
function textOf(tokens: readonly Token[]): string {
  let text = '';
  for (const { text: own, isApart, isGuarded = false } of tokens) {
    const isOne = isGuarded || (/[\w$]$/.test(text) && /^[\w$]/.test(own));
    text += (isApart || isOne) && text !== '' ? ` ${own}` : own;
  }
  return text;
}
