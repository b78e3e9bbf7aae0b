import { stripped } from '../../symbols/type.ts';
import { lvalueAt } from './lvalues.ts';
import type { Atom, Sum } from './sums.ts';

type ObjectAt = (address: number) => Atom | undefined;

/** Nothing lies below. */
const FIRST_OBJECT = 4096n;

/** A number as an expression: `p`, `&config`, `&p->next`; `undefined` where the source has none. */
export function expressionText(sum: Sum, objectAt: ObjectAt = () => undefined): string | undefined {
  const { terms, constant } = sum;
  if (!terms) return undefined;
  if (terms.length === 0) {
    const place = constant >= FIRST_OBJECT ? lvalueAt(sum, objectAt) : undefined;
    return place ? `&${place.text}` : String(constant);
  }
  if (terms.some(({ atom }) => atom.text === undefined)) return undefined;
  const [{ atom, times }] = terms;
  if (terms.length === 1 && times === 1n && constant === 0n) {
    const isArray = atom.type && stripped(atom.type).kind === 'array';
    return atom.kind === 'value' || isArray || atom.text!.startsWith('"') ? atom.text : `&${atom.text}`;
  }
  const place = lvalueAt(sum, objectAt);
  return place && `&${place.text}`;
}

/** The object that a pointer leads to, as an expression. */
export function objectText(sum: Sum, objectAt: ObjectAt): string | undefined {
  const [term] = sum.terms ?? [];
  const isAlone = sum.terms?.length === 1 && sum.constant === 0n && term.times === 1n;
  if (isAlone && term.atom.kind === 'value' && term.atom.text !== undefined) {
    const type = term.atom.type && stripped(term.atom.type);
    return type?.kind === 'pointer' && type.sigil === '*' ? `(*${term.atom.text})` : term.atom.text;
  }
  const text = expressionText(sum, objectAt);
  return text?.startsWith('&') ? text.slice(1) : undefined;
}
