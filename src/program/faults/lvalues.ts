import { partAt } from '../../symbols/object-part.ts';
import { sizeOf, stripped } from '../../symbols/type.ts';
import type { Type } from '../../symbols/type.ts';
import type { Atom, Sum, Term } from './sums.ts';

/** An object as an expression of the source: `array[i].next`. */
export interface Lvalue {
  readonly text: string;
  readonly type: Type | undefined;
  /** The variable, or the pointer, that the place is reckoned from. */
  readonly base: Atom;
  readonly indexes: readonly Index[];
}

/** An element of an array, or of what a pointer points to. */
export interface Index {
  /** `i + 1`. */
  readonly text: string;
  readonly value: bigint | undefined;
  /** The only variable in it. */
  readonly atom: Atom | undefined;
  /** Of what: `matrix[2]`. */
  readonly of: string;
  /** How many elements there are; undefined behind a pointer. */
  readonly count: number | undefined;
}

/** What the rest of a sum leads to within an object. */
interface Step {
  readonly text: string;
  readonly type: Type | undefined;
  readonly terms: readonly Term[];
  readonly rest: number;
}

/** The object at an address; `undefined` where the address is computed in a way that no expression has. */
export function lvalueAt(sum: Sum, objectAt: (address: number) => Atom | undefined): Lvalue | undefined {
  if (!sum.terms) return undefined;
  const found = baseOf(sum, objectAt);
  if (!found?.base.text) return undefined;
  const { base, terms, rest } = found;
  const indexes: Index[] = [];
  if (base.kind === 'object') {
    if (!base.type && (terms.length > 0 || rest !== 0)) {
      const index = [...sumTexts(terms, rest)].join(' + ').replaceAll('+ -', '- ');
      return base.text!.startsWith('"')
        ? { text: `${base.text!}[${index}]`, type: undefined, base, indexes }
        : undefined;
    }
    const step = descend({ text: base.text!, type: base.type, terms, rest }, indexes);
    return { text: step.text, type: step.type, base, indexes };
  }
  const pointer = base.type && stripped(base.type);
  const text = primary(base.text!);
  if (pointer?.kind === 'array') {
    const step = descend({ text, type: pointer, terms, rest }, indexes);
    return { text: step.text, type: step.type, base, indexes };
  }
  if (pointer?.kind !== 'pointer') {
    if (terms.length > 0) return undefined;
    return {
      text: rest === 0 ? `*${text}` : `*(${text} ${rest < 0 ? '-' : '+'} ${Math.abs(rest)})`,
      type: undefined,
      base,
      indexes,
    };
  }
  const step = behind(text, pointer.target, pointer.sigil !== '*', terms, rest, indexes);
  return { text: step.text, type: step.type, base, indexes };
}

/** What a pointer or reference leads to. */
function behind(
  text: string,
  target: Type,
  isReference: boolean,
  terms: readonly Term[],
  rest: number,
  indexes: Index[],
): Step {
  const size = sizeOf(target);
  const inner = stripped(target);
  if (!size || inner.kind === 'void' || inner.kind === 'function')
    return {
      text: rest === 0 && terms.length === 0 ? `*${text}` : `*(${[text, ...sumTexts(terms, rest)].join(' + ')})`,
      type: undefined,
      terms,
      rest,
    };
  const own = terms.filter(({ times }) => times % BigInt(size) === 0n);
  const isIndexed = own.length > 0 || rest < 0 || rest >= size;
  if (isIndexed && !isReference) {
    const step = element(text, target, size, undefined, { terms, rest }, indexes);
    return descend(step, indexes);
  }
  if (isReference) return descend({ text, type: target, terms, rest }, indexes);
  if (inner.kind !== 'struct') {
    const step = descend({ text: `(*${text})`, type: target, terms, rest }, indexes);
    return step.text === `(*${text})` ? { ...step, text: `*${text}` } : step;
  }
  const step = descend({ text: ARROW, type: target, terms, rest }, indexes);
  const path = step.text.slice(1);
  for (const [at, index] of indexes.entries()) indexes[at] = { ...index, of: arrow(text, index.of.slice(1)) };
  return { ...step, text: path === '' ? `*${text}` : arrow(text, path) };
}

const ARROW = '\u0000';

function arrow(text: string, path: string): string {
  return path.startsWith('.') ? `${text}->${path.slice(1)}` : `(*${text})${path}`;
}

/** Follows elements and members as far as there are any. */
function descend(from: Step, indexes: Index[]): Step {
  let step = from;
  for (let depth = 0; depth < 32; depth++) {
    const inner = step.type && stripped(step.type);
    if (inner?.kind === 'array') {
      const size = sizeOf(inner.element);
      if (!size) return step;
      step = element(step.text, inner.element, size, inner.count, step, indexes);
    } else if (inner?.kind === 'struct' && !inner.variants) {
      if (step.terms.length === 0) {
        const part = partAt(inner, step.rest);
        return { text: step.text + part.path, type: part.type, terms: [], rest: part.offset };
      }
      const { rest } = step;
      const holds = (offset: number | undefined, type: Type): boolean =>
        offset !== undefined && offset <= rest && rest < offset + (sizeOf(type) ?? Infinity);
      const found = inner.members.filter(
        ({ offset, type, isStatic, bits }) => !isStatic && !bits && holds(offset, type),
      );
      const member = found.find(({ isBase }) => !isBase) ?? found[0];
      if (!member) return step;
      const name = member.isBase || member.name === '' ? '' : `.${member.name}`;
      step = { text: step.text + name, type: member.type, terms: step.terms, rest: rest - member.offset! };
    } else return step;
  }
  return step;
}

/** One element: what is a multiple of its size counts. */
function element(
  text: string,
  type: Type,
  size: number,
  count: number | undefined,
  { terms, rest }: Pick<Step, 'terms' | 'rest'>,
  indexes: Index[],
): Step {
  const factor = BigInt(size);
  const own = terms
    .filter(({ times }) => times % factor === 0n)
    .map(({ atom, times }) => ({ atom, times: times / factor }));
  const others = terms.filter(({ times }) => times % factor !== 0n);
  const number = Math.floor(rest / size);
  const index = [...sumTexts(own, number)].join(' + ').replaceAll('+ -', '- ') || '0';
  const value = own.reduce<bigint | undefined>(
    (sum, { atom, times }) =>
      sum === undefined || atom.value === undefined ? undefined : sum + times * BigInt.asIntN(64, atom.value),
    BigInt(number),
  );
  indexes.push({
    text: index,
    value,
    atom: own.length === 1 && own[0].times === 1n ? own[0].atom : undefined,
    of: text,
    count,
  });
  return { text: `${text}[${index}]`, type, terms: others, rest: rest - number * size };
}

function sumTexts(terms: readonly Term[], number: number): string[] {
  const texts = terms.map(({ atom, times }) => {
    const text = atom.text ?? '?';
    return times === 1n ? text : times === -1n ? `-${primary(text)}` : `${times} * ${primary(text)}`;
  });
  return number === 0 ? texts : [...texts, String(number)];
}

/** The term that is an address, and what is added to it. */
function baseOf(
  { terms = [], constant }: Sum,
  objectAt: (address: number) => Atom | undefined,
): { readonly base: Atom; readonly terms: readonly Term[]; readonly rest: number } | undefined {
  const rest = Number(constant);
  const single = terms.filter(({ times }) => times === 1n);
  const base =
    single.find(({ atom }) => atom.kind === 'object') ??
    single.find(({ atom }) => isAddress(atom.type)) ??
    (terms.length === 1 && rest < SMALL && rest > -SMALL ? single[0] : undefined);
  if (base) return { base: base.atom, terms: terms.filter((one) => one !== base), rest };
  const object = constant > 0n ? objectAt(rest) : undefined;
  return object && { base: object, terms, rest: rest - Number(object.value) };
}

/** More than the members of a structure take. */
const SMALL = 65_536;

function isAddress(type: Type | undefined): boolean {
  const kind = type && stripped(type).kind;
  return kind === 'pointer' || kind === 'array';
}

/** An expression that another operator may follow. */
export function primary(text: string): string {
  return /^[*&-]| /.test(text) ? `(${text})` : text;
}
