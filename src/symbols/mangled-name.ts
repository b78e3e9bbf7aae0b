import { demangledType } from './demangled-type.ts';

/** What the ABI makes for a class, by the letters after `_Z` (Itanium C++ ABI, 5.1.4). */
const MADE_FOR: Readonly<Record<string, string>> = {
  TV: 'vtable for ',
  TI: 'typeinfo for ',
  TS: 'typeinfo name for ',
  TT: 'VTT for ',
};

/**
 * The name in the source of a symbol that is no more than a path of names: variables and what is made for classes,
 * `ns::Class::count`, `vtable for ns::Class`. Undefined for all others (templates, operators): debug information names those.
 */
export function plainName(symbol: string): string | undefined {
  const [, made = '', encoded] = /^_Z(T[VIST])?(.*)$/.exec(symbol) ?? [];
  if (encoded === undefined) return undefined;
  const isNested = encoded.startsWith('N');
  const path = pathOf(encoded.replace(/^NK?/, ''));
  if (made && (path === undefined || path.rest !== (isNested ? 'E' : ''))) {
    const type = demangledType(encoded);
    return type === undefined ? undefined : MADE_FOR[made] + type;
  }
  if (path === undefined || path.rest !== (isNested ? 'E' : '')) return undefined;
  const names = isRustHash(path.names.at(-1)!) ? path.names.slice(0, -1) : path.names;
  return (MADE_FOR[made] ?? '') + names.join('::');
}

/** Names with their lengths before them, `2ns5Class`; `St` is std, `L` says that a name is not seen outside its file. */
function pathOf(encoded: string): { readonly names: readonly string[]; readonly rest: string } | undefined {
  const names = encoded.startsWith('St') ? ['std'] : [];
  let rest = names.length > 0 ? encoded.slice(2) : encoded;
  for (;;) {
    const [digits, length] = /^L?(\d+)/.exec(rest) ?? [];
    if (digits === undefined) break;
    const name = rest.slice(digits.length, digits.length + Number(length));
    if (name.length !== Number(length)) return undefined;
    names.push(name === '_GLOBAL__N_1' ? '(anonymous namespace)' : name);
    rest = rest.slice(digits.length + Number(length));
  }
  return names.length > (encoded.startsWith('St') ? 1 : 0) ? { names, rest } : undefined;
}

/** rustc's older names end with a hash. */
function isRustHash(name: string): boolean {
  return /^h[0-9a-f]{16}$/.test(name);
}
