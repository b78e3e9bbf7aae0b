import { stringText } from '../symbols/scalar.ts';
import type { Unavailable } from '../symbols/storage.ts';
import { CHAR } from './c-types.ts';
import type { Meaning, Moment } from './names.ts';
import { textPlace, type Node } from './node.ts';
import { referred } from './pointers.ts';
import { succeed, Wrong } from './problem.ts';
import type { Span } from './syntax.ts';
import type { Scalar } from './values.ts';

/** What a name stands for, as a node. */
export function meant<M extends Moment>(meaning: Meaning<M>, name: string, span: Span): Node<M> {
  const given = <T>(value: T | Unavailable): T => {
    if (typeof value === 'object' && value !== null && 'unavailable' in value)
      throw new Wrong(`${name} has no value: ${value.unavailable}`, span);
    return value;
  };
  switch (meaning.kind) {
    case 'object': {
      const { type, locate } = meaning;
      return referred({ type, span, isPlace: true, run: (moment) => given(locate(moment)) });
    }
    case 'value': {
      const { type, bits, read, present, write } = meaning;
      return {
        type,
        ...(bits === undefined ? {} : { bits }),
        span,
        isPlace: false,
        run: (moment) => given(read(moment)),
        ...(present ? { present: (moment, value) => present(moment, value as Scalar) } : {}),
        ...(write ? { write: (moment, value) => succeed(write(moment, value), span) } : {}),
      };
    }
    case 'text': {
      const { read, present } = meaning;
      return {
        type: { kind: 'array', element: CHAR, count: undefined },
        span,
        isPlace: true,
        isText: true,
        run: (moment) => textPlace(given(read(moment))),
        present(moment) {
          const value = given(read(moment));
          return present?.(moment, value) ?? { text: stringText(new TextEncoder().encode(value), false) };
        },
      };
    }
  }
}
