import type { Type } from '../../symbols/type.ts';

/** What lies at an address, as a person calls it. */
export interface MemoryName {
  /** `table[17].next`, `i in main (fork.c:12)`, `list->head->value`, `"hello"`. */
  readonly text: string;
  readonly kind: MemoryKind;
  /** The object that the name is of, or the area: its first and one-past-last address. */
  readonly start: number;
  readonly end: number;
  /** The object's own name and type, where it is a variable: `table`. */
  readonly object?: { readonly name: string; readonly type: Type | undefined };
}

export type MemoryKind =
  | 'variable'
  | 'local'
  | 'function'
  | 'symbol'
  | 'string'
  | 'section'
  | 'stack'
  | 'heap'
  | 'heap-free'
  | 'arguments'
  | 'guard'
  | 'mapping';

/** More names than a view shows at once. */
const MOST_LISTED = 32;

/** Distinct names, in order; of very many the first, and how many more there are. */
export function listed(names: Iterable<string>): string[] {
  const distinct = [...new Set(names)];
  if (distinct.length <= MOST_LISTED) return distinct;
  return [...distinct.slice(0, MOST_LISTED - 1), `${distinct.length - MOST_LISTED + 1} more`];
}

/** Names in a line: `a, b, c and 12 more`. */
export function namesText(names: readonly string[], most = 4): string {
  const comma = names.some((name) => name.includes(', ')) ? '; ' : ', ';
  const last = /^(\d+) more$/.exec(names.at(-1) ?? '');
  const known = last ? names.slice(0, -1) : names;
  const rest = known.length - most + Number(last?.[1] ?? 0);
  if (known.length <= most) return names.join(comma);
  return `${known.slice(0, most).join(comma)} and ${rest} more`;
}
