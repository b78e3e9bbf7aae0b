import { stripped, type StructType } from '../symbols/type.ts';
import { activeCase } from '../symbols/variants.ts';
import { findMember, follow, type MemberPath } from './members.ts';
import type { Moment } from './names.ts';
import { placeOf, type Node } from './node.ts';
import { referred } from './pointers.ts';
import { Wrong } from './problem.ts';
import type { Span } from './syntax.ts';

/** The member at the end of a way through an object. */
export function memberAt<M extends Moment>(object: Node<M>, path: MemberPath, memberSpan: Span, span: Span): Node<M> {
  const place = placeOf(object);
  const { bits, type } = path.at(-1)!;
  return referred({
    type,
    span,
    isPlace: true,
    ...(bits ? { bits: bits.count } : {}),
    run(moment) {
      const storage = follow(place(moment).storage, path, moment.frame.read, memberSpan);
      return bits ? { type, storage, bits } : { type, storage };
    },
  });
}

/**
 * A member of one of the alternatives of a Rust enumeration: it has a value while the object is that alternative.
 * @param now when the expression is evaluated, if that is known: it decides between alternatives with a member of the name
 */
export function variantMember<M extends Moment>(
  object: Node<M>,
  type: StructType,
  name: string,
  span: Span,
  now: M | undefined,
): Node<M> | undefined {
  const owners = (type.variants?.cases ?? []).filter(({ member }) => {
    const payload = stripped(member.type);
    return payload.kind === 'struct' && findMember(payload, name) !== undefined;
  });
  if (owners.length === 0) return undefined;
  const place = placeOf(object);
  const present = now && activeCase(type, place(now).storage);
  const owner = owners.find((one) => one === present) ?? owners[0];
  const payload: Node<M> = {
    type: owner.member.type,
    span: object.span,
    isPlace: true,
    run(moment) {
      const { storage } = place(moment);
      const active = activeCase(type, storage);
      if (active === undefined || 'unavailable' in active || active !== owner) {
        const other = active && 'member' in active ? active.member.name : 'nothing that is known';
        throw new Wrong(`${name} is part of ${owner.member.name}: it is ${other} now`, span);
      }
      return { type: owner.member.type, storage: follow(storage, [owner.member], moment.frame.read, span) };
    },
  };
  const path = findMember(stripped(owner.member.type) as StructType, name)!;
  return memberAt(payload, path, span, span);
}

/** What the alternatives of a Rust enumeration consist of. */
export function variantTypes({ variants }: StructType): StructType[] {
  return (variants?.cases ?? []).flatMap(({ member }) => {
    const payload = stripped(member.type);
    return payload.kind === 'struct' ? [payload] : [];
  });
}
