import { countOf, elementAt, entryWith, libraryType, startOf, targetOf } from '../symbols/summaries/access.ts';
import { stringText } from '../symbols/scalar.ts';
import type { Storage, Unavailable } from '../symbols/storage.ts';
import type { Key } from '../symbols/summaries/keys.ts';
import type { View } from '../symbols/summaries/view.ts';
import type { Type } from '../symbols/type.ts';
import { BOOL, isInteger, isScalar, pointerTo, UNSIGNED_LONG } from './c-types.ts';
import type { Moment } from './names.ts';
import { placeOf, valueOf, type Node } from './node.ts';
import { Wrong } from './problem.ts';
import type { Span } from './syntax.ts';
import { textOf } from './text.ts';
import { sentence } from './values.ts';

/**
 * Objects of standard libraries in expressions: `v[1]`, `*p`, `name == "x"`, `v.size()`. What the program's own code would
 * compute is read from the objects instead; nothing is called. Each function is undefined for what is no such object.
 */

/** `object[index]` of a container; of a map the value with this key. */
export function libraryElement<M extends Moment>(object: Node<M>, index: Node<M>, span: Span): Node<M> | undefined {
  const element = object.isPlace ? libraryType(object.type)?.element : undefined;
  if (!element) return undefined;
  if (element.by !== 'number') {
    const key = keyOf(index, element.by);
    return part(object, element.type, span, (view, moment) => {
      const wanted = key(moment);
      return entryWith(view, wanted, keyText(wanted), moment.frame.read);
    });
  }
  const number = valueOf(index);
  if (!isInteger(number.type)) throw new Wrong('The number of an element must be an integer', index.span);
  return part(object, element.type, span, (view, moment) =>
    elementAt(view, Number(number.run(moment)), moment.frame.read),
  );
}

/** `*object` of smart pointers, iterators and what may hold a value. */
export function libraryTarget<M extends Moment>(object: Node<M>, span: Span): Node<M> | undefined {
  const target = object.isPlace ? libraryType(object.type)?.target : undefined;
  return target && part(object, target, span, (view, { frame }) => targetOf(view, frame.read));
}

/** `object.name(…)`, for what can be read without calling it. */
export function libraryCall<M extends Moment>(
  object: Node<M>,
  name: string,
  parameters: readonly Node<M>[],
  span: Span,
): Node<M> | undefined {
  const type = object.isPlace ? libraryType(object.type) : undefined;
  if (!type) return undefined;
  const { element, target, isText = false } = type;
  const isCounted = element !== undefined || isText;
  const [parameter] = parameters as readonly (Node<M> | undefined)[];
  if (parameter) {
    const isLookUp = name === 'at' && element !== undefined && parameters.length === 1;
    return isLookUp ? libraryElement(object, parameter, span) : undefined;
  }
  switch (name) {
    case 'size':
    case 'length':
    case 'len':
      return isCounted ? count(object, span) : undefined;
    case 'empty':
    case 'is_empty': {
      const { run } = count(object, span);
      return isCounted
        ? { type: BOOL, span, isPlace: false, run: (moment) => (run(moment) === 0n ? 1n : 0n) }
        : undefined;
    }
    case 'front':
    case 'back': {
      if (element?.by !== 'number') return undefined;
      const { run } = count(object, span);
      const at = (moment: M): number => (name === 'front' ? 0 : Number(run(moment)) - 1);
      return part(object, element.type, span, (view, moment) => elementAt(view, at(moment), moment.frame.read));
    }
    case 'data':
    case 'c_str':
      return element?.by === 'number' ? start(object, element.type, span) : undefined;
    case 'get':
    case 'count':
    case 'load':
      if (!type.scalar) return name === 'get' && target ? libraryTarget(object, span) : undefined;
      return { ...valueOf(object), span, isPlace: false };
    case 'value':
      return target && libraryTarget(object, span);
    case 'has_value': {
      if (!target) return undefined;
      const place = placeOf(object);
      return {
        type: BOOL,
        span,
        isPlace: false,
        run: (moment) => ('unavailable' in targetOf(place(moment), moment.frame.read) ? 0n : 1n),
      };
    }
    default:
      return undefined;
  }
}

/** The functions of an object that {@link libraryCall} reads. */
export function libraryCalls(type: Type): readonly string[] {
  const library = libraryType(type);
  if (!library) return [];
  const { element, isText, scalar, target } = library;
  return [
    ...(element || isText ? ['size', 'empty'] : []),
    ...(element?.by === 'number' ? ['front', 'back', 'at', 'data'] : element ? ['at'] : []),
    ...(isText && element ? ['c_str'] : []),
    ...(scalar && target ? ['get'] : target ? ['has_value', 'value'] : []),
  ];
}

function part<M extends Moment>(
  object: Node<M>,
  type: Type,
  span: Span,
  find: (view: View, moment: M) => Storage | Unavailable,
): Node<M> {
  const place = placeOf(object);
  return {
    type,
    span,
    isPlace: true,
    run: (moment) => ({ type, storage: given(find(place(moment), moment), object.span) }),
  };
}

function count<M extends Moment>(object: Node<M>, span: Span): Node<M> {
  const place = placeOf(object);
  return {
    type: UNSIGNED_LONG,
    span,
    isPlace: false,
    run: (moment) => BigInt(given(countOf(place(moment), moment.frame.read), span)),
  };
}

function start<M extends Moment>(object: Node<M>, element: Type, span: Span): Node<M> {
  const place = placeOf(object);
  return {
    type: pointerTo(element),
    span,
    isPlace: false,
    run: (moment) => BigInt(startOf(place(moment), moment.frame.read) ?? 0),
  };
}

function keyOf<M extends Moment>(node: Node<M>, type: Type): (moment: M) => Key {
  if (isScalar(node.type) && isScalar(type)) return valueOf(node).run;
  const text = textOf(node);
  return (moment) => Uint8Array.from(text(moment), (character) => character.charCodeAt(0));
}

function keyText(key: Key): string {
  return key instanceof Uint8Array ? stringText(key, false) : String(key);
}

function given<T>(value: T | Unavailable, span: Span): T {
  if (typeof value === 'object' && value !== null && 'unavailable' in value)
    throw new Wrong(sentence(value.unavailable), span);
  return value;
}
