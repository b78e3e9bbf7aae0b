import type { Result } from '../result.ts';
import type { Span } from './syntax.ts';

/** What is wrong with an expression: a sentence without its full stop, and where it stands if that is not clear. */
export interface Problem {
  readonly message: string;
  readonly span?: Span;
  /** What macros have made of the expression, where they changed it. */
  readonly expansion?: string;
}

/** The problem as a sentence for the user: `There is no member nxt in struct node (column 3); did you mean next?` */
export function problemText({ message, span, expansion }: Problem): string {
  const question = message.lastIndexOf(DID_YOU_MEAN);
  const [fact, hint] = question < 0 ? [message, '.'] : [message.slice(0, question), message.slice(question)];
  if (expansion !== undefined) return `${fact} (in ${shortened(expansion)})${hint}`;
  return span === undefined || span.start === 0 ? fact + hint : `${fact} (column ${span.start + 1})${hint}`;
}

/** Longer expansions would hide what is said of them. */
const LONGEST_EXPANSION = 120;

function shortened(text: string): string {
  return text.length > LONGEST_EXPANSION ? `${text.slice(0, LONGEST_EXPANSION)}…` : text;
}

const DID_YOU_MEAN = '; did you mean ';

/** Thrown inside this room, where an expression cannot be compiled or has no value; never leaves it. */
export class Wrong extends Error {
  constructor(
    override readonly message: string,
    readonly span?: Span,
  ) {
    super(message);
  }
}

/** The names that are spelled almost like `wanted`, as a question: `; did you mean next?` */
export function suggestion(wanted: string, names: Iterable<string>): string {
  let best: string | undefined;
  let least = wanted.length < 5 ? 1.5 : wanted.length < 8 ? 2.5 : 3.5;
  for (const name of names) {
    if (Math.abs(name.length - wanted.length) >= least) continue;
    const distance = editDistance(wanted.toLowerCase(), name.toLowerCase());
    if (distance >= least || distance >= Math.max(wanted.length, name.length)) continue;
    best = name;
    least = distance;
  }
  return best === undefined ? '' : `${DID_YOU_MEAN}${best}?`;
}

/** What to say of a `$name` that does not exist. */
export function unknownSpecialText(name: string, names: Iterable<string>): string {
  const similar = suggestion(name, names).replace('mean ', 'mean $');
  return `No register or variable is called $${name}${similar}`;
}

/** Insertions, deletions, replacements and swaps of neighbours that turn one word into another. */
function editDistance(a: string, b: string): number {
  let before: number[] = [];
  let row = Array.from({ length: b.length + 1 }, (_, at) => at);
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    for (let j = 1; j <= b.length; j++) {
      const replaced = row[j - 1] + (a[i - 1] === b[j - 1] ? 0 : 1);
      next[j] = Math.min(row[j] + 1, next[j - 1] + 1, replaced);
      if (i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1])
        next[j] = Math.min(next[j], before[j - 2] + 1);
    }
    before = row;
    row = next;
  }
  return row[b.length];
}

/** What could not be stored is said of the part of the expression that would have. */
export function succeed(result: Result<void, string>, span: Span): void {
  if (!result.ok) throw new Wrong(result.error, span);
}
