import type { DebugProtocol } from '@vscode/debugprotocol';
import { pointerTarget } from '../../expressions/c-types.ts';
import { libraryCalls } from '../../expressions/library.ts';
import { memberNames } from '../../expressions/members.ts';
import { libraryType } from '../../symbols/summaries/access.ts';
import { stripped, typeName } from '../../symbols/type.ts';
import { CONSOLE_COMMANDS } from '../console/commands.ts';
import type { EvaluationFrame } from './debug-moment.ts';
import type { Evaluator } from './evaluator.ts';
import { aboutSpecial, SPECIAL_NAMES } from './special-names.ts';

/** A word that may stand where the caret is. */
export interface Completion {
  readonly label: string;
  readonly type: DebugProtocol.CompletionItemType;
  readonly detail?: string;
}

export interface Completions {
  /** How many characters before the caret the words replace. */
  readonly replaced: number;
  readonly words: readonly Completion[];
}

/** A list that nobody would scroll through. */
const MOST_WORDS = 300;

/** What can follow a text that is being typed: members after `.` and `->`, `$` names, and names of the program. */
export function completionsOf(evaluator: Evaluator, at: EvaluationFrame, before: string): Completions {
  const [partial] = /(?:\$?[A-Za-z_][\w:]*|\$)?$/.exec(before)!;
  const rest = before.slice(0, before.length - partial.length).trimEnd();
  const found = (words: Iterable<Completion>): Completions => ({
    replaced: partial.length,
    words: beginningWith(partial, words),
  });
  if (/['"]/.test(openQuote(before) ?? '')) return found([]);
  if (partial.startsWith('$')) return found(specials());
  if (/(?:->|\.)$/.test(rest)) return found(members(evaluator, at, operandBefore(rest), rest.endsWith('->')));
  return found(names(evaluator, at, rest === ''));
}

function* specials(): Iterable<Completion> {
  for (const name of SPECIAL_NAMES) {
    const detail = aboutSpecial(name);
    yield { label: `$${name}`, type: 'variable', ...(detail === undefined ? {} : { detail }) };
  }
}

function* members(evaluator: Evaluator, at: EvaluationFrame, object: string, isArrow: boolean): Iterable<Completion> {
  const compiled = evaluator.compile(at, object);
  if (!compiled.ok) return;
  const held = isArrow ? libraryType(compiled.value.type)?.target : undefined;
  const type = stripped(held ?? compiled.value.type);
  for (const name of libraryCalls(type)) yield { label: name, type: 'method' };
  const struct = pointerTarget(type) ?? type;
  if (struct.kind !== 'struct') return;
  for (const member of memberNames(struct)) yield { label: member.name, type: 'field', detail: typeName(member.type) };
}

function* names(evaluator: Evaluator, at: EvaluationFrame, isStart: boolean): Iterable<Completion> {
  if (isStart) for (const { name, about } of CONSOLE_COMMANDS) yield { label: name, type: 'keyword', detail: about };
  for (const { name, kind } of evaluator.names(at).known()) yield { label: name, type: KINDS[kind] };
  yield { label: 'sizeof', type: 'keyword' };
}

const KINDS = { variable: 'variable', enum: 'enum', function: 'function', type: 'class', macro: 'value' } as const;

function beginningWith(partial: string, words: Iterable<Completion>): Completion[] {
  const wanted = partial.toLowerCase();
  const found = new Map<string, Completion>();
  for (const word of words) {
    if (found.size === MOST_WORDS) break;
    if (word.label !== '' && word.label.toLowerCase().startsWith(wanted) && !found.has(word.label))
      found.set(word.label, word);
  }
  return [...found.values()];
}

/** The operand that ends before a `.` or `->`: `a[i].b` in `1 + a[i].b->`. */
function operandBefore(text: string): string {
  const end = text.length - (text.endsWith('->') ? 2 : 1);
  let start = end;
  for (;;) {
    const head = text.slice(0, start).trimEnd();
    if (/[)\]]$/.test(head)) {
      const open = openingBracket(head);
      if (open === undefined) break;
      start = open;
      // A name before brackets is part of it: what is called, or indexed.
      if (/[\w)\]]\s*$/.test(text.slice(0, start))) continue;
    } else {
      const [word] = /(?:\$|::)?[A-Za-z_0-9:$]+$/.exec(head) ?? [];
      if (word === undefined) break;
      start = head.length - word.length;
    }
    const [link] = /(?:->|\.)\s*$/.exec(text.slice(0, start)) ?? [];
    if (link === undefined) break;
    start -= link.length;
  }
  return text.slice(start, end).trim();
}

function openingBracket(text: string): number | undefined {
  let depth = 0;
  for (let at = text.length - 1; at >= 0; at--) {
    if (text[at] === ')' || text[at] === ']') depth++;
    else if ((text[at] === '(' || text[at] === '[') && --depth === 0) return at;
  }
  return undefined;
}

/** The quote of a text that is not closed before the caret. */
function openQuote(text: string): string | undefined {
  const closed = text.replaceAll(/"(?:\\.|[^"\\])*"|'(?:\\.|[^'\\])*'/g, '');
  return /["']/.exec(closed)?.[0];
}
