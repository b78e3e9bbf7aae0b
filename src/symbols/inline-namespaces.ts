import type { DebugInfo } from './dwarf/debug-info.ts';

/** More ways to read a name are not tried; only hostile files have them. */
const MOST_SPELLINGS = 64;

/** The namespaces whose names are those of the namespace around them: inline ones, and those without a name. */
export class InlineNamespaces {
  /** Prefixes (`lib::v2::`) by that of the namespace around them. */
  #byOuter: ReadonlyMap<string, readonly string[]> | undefined;

  constructor(private readonly info: DebugInfo) {}

  /** The full names that a name may stand for, itself first: `lib::count` is `lib::v2::count`. */
  spellings(name: string): readonly string[] {
    const found: string[] = [];
    const scopes = segments(name);
    const search = (prefix: string, at: number): void => {
      if (found.length === MOST_SPELLINGS) return;
      if (at === scopes.length - 1) found.push(prefix + scopes[at]);
      else search(prefix + scopes[at], at + 1);
      for (const inner of this.#within(prefix)) search(inner, at);
    };
    search('', 0);
    return found;
  }

  #within(outer: string): readonly string[] {
    if (this.#byOuter === undefined) {
      const all = new Set<string>();
      for (const unit of this.info.units())
        for (const prefix of this.info.contents(unit).inlineNamespaces) all.add(prefix);
      const byOuter = new Map<string, string[]>();
      for (const prefix of all) {
        const around = segments(prefix.slice(0, -2)).slice(0, -1).join('');
        const beside = byOuter.get(around);
        if (beside) beside.push(prefix);
        else byOuter.set(around, [prefix]);
      }
      this.#byOuter = byOuter;
    }
    return this.#byOuter.get(outer) ?? [];
  }
}

/** `a::`, `B<c::D>::` and `f` of a name; templates may hold colons of their own. */
function segments(name: string): readonly string[] {
  const found: string[] = [];
  let depth = 0;
  let start = 0;
  for (let at = 0; at < name.length - 1; at++) {
    const character = name[at];
    if (character === '<' || character === '(') depth++;
    else if (character === '>' || character === ')') depth--;
    else if (depth === 0 && character === ':' && name[at + 1] === ':') {
      found.push(name.slice(start, at + 2));
      start = ++at + 1;
    }
  }
  return [...found, name.slice(start)];
}
