import type { Type } from '../../symbols/type.ts';

/** What a register or an object in memory held, as the source calls it. */
export interface Atom {
  /** `object`: the address of an object; `value`: what an object holds, or a call gave. */
  readonly kind: 'object' | 'value';
  /** `array`, `p->next`; undefined where the source has no name for it. */
  readonly text: string | undefined;
  readonly type: Type | undefined;
  /** Unsigned, 64 bits; undefined where it is not known any more. */
  value: bigint | undefined;
  /** Where it was loaded from, and of how many bytes. */
  readonly address?: number;
  readonly size?: number;
  /** It was loaded before the object was changed. */
  isOld?: boolean;
}

/** A number as the source computes it: multiples of what objects hold, and a constant. */
export interface Sum {
  /** Undefined where it is computed in another way. */
  readonly terms: readonly Term[] | undefined;
  readonly constant: bigint;
  /** Without terms what it comes to, where that is known. */
  readonly known: bigint | undefined;
}

export interface Term {
  readonly atom: Atom;
  readonly times: bigint;
}

export const UNKNOWN: Sum = { terms: undefined, constant: 0n, known: undefined };

export function constant(value: bigint): Sum {
  return { terms: [], constant: signed(value), known: undefined };
}

export function only(atom: Atom): Sum {
  return { terms: [{ atom, times: 1n }], constant: 0n, known: undefined };
}

/** A number that only its value is known of. */
export function opaque(known: bigint | undefined): Sum {
  return { terms: undefined, constant: 0n, known };
}

/** What a sum comes to: unsigned, 64 bits. It may become known, or another, while more code is followed. */
export function sumValue({ terms, constant: rest, known }: Sum): bigint | undefined {
  if (!terms) return known;
  let total = rest;
  for (const { atom, times } of terms) {
    if (atom.value === undefined) return undefined;
    total += times * signed(atom.value);
  }
  return unsigned(total);
}

export function add(a: Sum, b: Sum, sign: 1n | -1n = 1n): Sum {
  if (!a.terms || !b.terms) return computed(a, b, (x, y) => x + sign * y);
  const terms = new Map<Atom, bigint>();
  for (const { atom, times } of a.terms) terms.set(atom, times);
  for (const { atom, times } of b.terms) terms.set(atom, (terms.get(atom) ?? 0n) + sign * times);
  const left = [...terms].filter(([, times]) => times !== 0n).map(([atom, times]) => ({ atom, times }));
  if (left.length > MOST_TERMS) return computed(a, b, (x, y) => x + sign * y);
  return { terms: left, constant: signed(a.constant + sign * b.constant), known: undefined };
}

export function multiply(a: Sum, factor: bigint): Sum {
  if (!a.terms) return computed(a, constant(factor), (x, y) => x * y);
  return {
    terms: a.terms.map(({ atom, times }) => ({ atom, times: times * factor })),
    constant: a.constant * factor,
    known: undefined,
  };
}

/** A shift to the right of what was shifted to the left before: extends a 32-bit index to 64 bits. */
export function divide(a: Sum, factor: bigint, isSigned: boolean): Sum {
  if (a.terms?.some(({ times }) => times % factor !== 0n) !== false || a.constant % factor !== 0n)
    return computed(a, constant(factor), (x, y) => (isSigned ? signed(x) : x) / y);
  return {
    terms: a.terms.map(({ atom, times }) => ({ atom, times: times / factor })),
    constant: a.constant / factor,
    known: undefined,
  };
}

function computed(a: Sum, b: Sum, compute: (x: bigint, y: bigint) => bigint): Sum {
  const [x, y] = [sumValue(a), sumValue(b)];
  return opaque(x === undefined || y === undefined ? undefined : unsigned(compute(x, y)));
}

export function signed(value: bigint): bigint {
  return BigInt.asIntN(64, value);
}

export function unsigned(value: bigint): bigint {
  return BigInt.asUintN(64, value);
}

/** No expression of a source has more. */
const MOST_TERMS = 8;
