import type { ReadMemory } from '../symbols/frame.ts';
import { inMemory } from '../symbols/storage.ts';
import { stripped, typeName, type Type } from '../symbols/type.ts';
import { isInteger, isPointer, isScalar } from './c-types.ts';
import { distance, findBase, follow } from './members.ts';
import type { Moment } from './names.ts';
import { converted, placeOf, valueOf, type Node } from './node.ts';
import { Wrong } from './problem.ts';
import type { Span } from './syntax.ts';

/** A value as one of another type, or an object seen as one. */
export function cast<M extends Moment>(to: Type, node: Node<M>, span: Span): Node<M> {
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
  const moved = baseMove(value.type, to, node.span);
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

/** What a cast between pointers to classes does to an address: a base class does not lie at the start of every object. */
function baseMove(from: Type, to: Type, span: Span): ((pointer: bigint, read: ReadMemory) => bigint) | undefined {
  const [a, b] = [from, to].map((type) => {
    const pointer = stripped(type);
    return pointer.kind === 'pointer' ? stripped(pointer.target) : undefined;
  });
  if (a?.kind !== 'struct' || b?.kind !== 'struct' || a.name === '' || b.name === '') return undefined;
  const up = findBase(a, b.name)?.path;
  if (up?.length === 0) return undefined;
  if (up)
    return (pointer, read) =>
      BigInt(follow(inMemory(Number(pointer), read), up, read, span).address ?? Number(pointer));
  const down = findBase(b, a.name)?.path;
  const bytes = down && distance(down);
  if (down && bytes === undefined)
    throw new Wrong(`A ${typeName(from)} is a virtual base: it does not say which object it is in`, span);
  return bytes ? (pointer) => pointer - BigInt(bytes) : undefined;
}
