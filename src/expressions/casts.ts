import { hasVirtualTable } from '../symbols/dynamic-class.ts';
import type { ReadMemory } from '../symbols/frame.ts';
import { inMemory } from '../symbols/storage.ts';
import { stripped, typeName, VOID, type StructType, type Type } from '../symbols/type.ts';
import { isInteger, isPointer, isScalar, pointerTarget, pointerTo } from './c-types.ts';
import {
  castAcross,
  objectAround,
  partsAround,
  partsOf,
  startOfObject,
  type ClassNamed,
  type ClassObject,
} from './dynamic-class.ts';
import { distance, findBase, follow } from './members.ts';
import type { Moment } from './names.ts';
import { converted, placeOf, valueOf, type Node } from './node.ts';
import { Wrong } from './problem.ts';
import type { Span } from './syntax.ts';

/**
 * A value as one of another type, or an object seen as one.
 * @param classNamed for casts from a virtual base, where the class of the object is known only when it is read
 */
export function cast<M extends Moment>(
  to: Type,
  node: Node<M>,
  span: Span,
  classNamed: ClassNamed = () => undefined,
): Node<M> {
  const target = stripped(to);
  if (target.kind === 'void') return { ...node, type: to, span };
  const from = stripped(node.type);
  // A symbol without a type is taken for an object of the one that is asked for; arrays and structures are seen anew.
  const isAnew = target.kind === 'array' || target.kind === 'struct' || from.kind === 'unknown';
  if (isAnew) {
    if (!node.isPlace) throw new Wrong(`A ${typeName(node.type)} cannot be cast to ${typeName(to)}`, node.span);
    const place = placeOf(node);
    return { type: to, span, isPlace: true, run: (moment) => ({ type: to, storage: place(moment).storage }) };
  }
  const value = valueOf(node);
  const isFloatToPointer = isPointer(to) && !isPointer(value.type) && !isInteger(value.type);
  if (!isScalar(to) || isFloatToPointer)
    throw new Wrong(`A ${typeName(node.type)} cannot be cast to ${typeName(to)}`, node.span);
  const run = converted(value, target);
  const moved = baseMove(value.type, to, node.span, classNamed);
  if (!moved) return { type: to, span, isPlace: false, run };
  return {
    type: to,
    span,
    isPlace: false,
    run: (moment) => {
      const pointer = run(moment) as bigint;
      return pointer === 0n ? pointer : moved(pointer, moment.frame.read);
    },
  };
}

/** `reinterpret_cast`: the same bits as a pointer of another type. */
export function reinterpreted<M extends Moment>(to: Type, node: Node<M>, span: Span): Node<M> {
  const isMove = isPointer(to) && isPointer(valueOf(node).type);
  return cast(to, isMove ? cast(pointerTo(VOID), node, node.span) : node, span);
}

/** `dynamic_cast` between pointers: null where the object has no part of that class. */
export function dynamicCast<M extends Moment>(to: Type, node: Node<M>, span: Span, classNamed: ClassNamed): Node<M> {
  const { type, run } = valueOf(node);
  const from = pointerTarget(type);
  const target = pointerTarget(to);
  if (from?.kind !== 'struct' || (target?.kind !== 'struct' && target?.kind !== 'void'))
    throw new Wrong(`dynamic_cast takes pointers to classes, not a ${typeName(type)} for a ${typeName(to)}`, node.span);
  if (!hasVirtualTable(from))
    throw new Wrong(`${typeName(from)} has no virtual functions: nothing says what its objects are`, node.span);
  const isUp = target.kind === 'struct' && findBase(from, target.name) !== undefined;
  return {
    type: to,
    span,
    isPlace: false,
    run(moment) {
      const pointer = run(moment) as bigint;
      const { read } = moment.frame;
      if (pointer === 0n) return pointer;
      if (target.kind === 'void') return startOfObject(pointer, read, node.span);
      const part = { address: pointer, type: from };
      if (isUp) return onlyPart(part, target, read, node.span);
      return castAcross(objectAround(pointer, read, classNamed, node.span), part, target, read, node.span) ?? 0n;
    },
  };
}

/** The part that a base class is, which C++ demands to be the only one of that class. */
function onlyPart(object: ClassObject, base: StructType, read: ReadMemory, span: Span): bigint {
  const [part, ...others] = partsOf(object, base, read, span);
  if (others.length > 0)
    throw new Wrong(`A ${typeName(object.type)} has several parts of class ${typeName(base)}`, span);
  return part.address;
}

/** What a cast between pointers to classes does to an address: a base class does not lie at the start of every object. */
function baseMove(
  from: Type,
  to: Type,
  span: Span,
  classNamed: ClassNamed,
): ((pointer: bigint, read: ReadMemory) => bigint) | undefined {
  const [a, b] = [pointerTarget(from), pointerTarget(to)];
  if (a?.kind !== 'struct' || b?.kind !== 'struct' || a.name === '' || b.name === '') return undefined;
  const up = findBase(a, b.name)?.path;
  if (up?.length === 0) return undefined;
  if (up)
    return (pointer, read) =>
      BigInt(follow(inMemory(Number(pointer), read), up, read, span).address ?? Number(pointer));
  const down = findBase(b, a.name)?.path;
  const bytes = down && distance(down);
  if (down && bytes === undefined) {
    if (!hasVirtualTable(a))
      throw new Wrong(
        `A ${typeName(a)} is a virtual base without virtual functions: it does not say which object it is in`,
        span,
      );
    return (pointer, read) => {
      const object = objectAround(pointer, read, classNamed, span);
      const [part, ...others] = partsAround(object, { address: pointer, type: a }, b, read, span);
      if (others.length > 0)
        throw new Wrong(`The object is a ${typeName(object.type)}, which is a ${typeName(b)} more than once`, span);
      if (part !== undefined) return part.address;
      throw new Wrong(`The object is a ${typeName(object.type)}, which is no ${typeName(b)}`, span);
    };
  }
  return bytes ? (pointer) => pointer - BigInt(bytes) : undefined;
}
