import { declarationOf, sizeOf, stripped, typeName, type StructType, type Type } from '../../symbols/type.ts';
import { err, ok } from '../../result.ts';
import type { Answer, ConsoleCommand, ConsoleScope } from './command.ts';

export const PTYPE: ConsoleCommand = {
  name: 'ptype',
  aliases: ['whatis'],
  about: 'show a type, or the type of an expression, with the offsets of its members',
  usage: 'ptype TYPE or EXPRESSION',
  run({ debuggee: { evaluator }, at }: ConsoleScope, rest: string): Answer {
    const named = evaluator.typeNamed(at, rest);
    if (named) return ok({ text: typeText(named) });
    const compiled = evaluator.compile(at, rest, true);
    if (compiled.ok) return ok({ text: typeText(compiled.value.type) });
    // Asked for as a type, the answer names the types that are nearly called so.
    const asType = evaluator.scalar(at, `sizeof(${rest})`);
    if (/^(struct|union|enum|class)\s/.test(rest) && !asType.ok) return err(withoutColumn(asType.error));
    return evaluator.evaluate(at, rest);
  },
};

function withoutColumn(sentence: string): string {
  return sentence.replace(/ \(column \d+\)/, '');
}

/** A type as its declaration would be, with the offset and the size of every member. */
function typeText(type: Type): string {
  const inner = stripped(type);
  const name = typeName(type);
  if (inner.kind === 'enum')
    return `${name} {${inner.enumerators.map((one) => `${one.name} = ${one.value}`).join(', ')}}`;
  if (inner.kind !== 'struct') return inner === type ? name : `${name} = ${typeName(inner)}`;
  return `${name === typeName(inner) ? '' : `${name} = `}${structText(inner)}`;
}

function structText(type: StructType): string {
  if (type.isIncomplete) return `${typeName(type)}, which is not defined in this program`;
  const lines = type.members.map(({ name, offset, type: member, bits, isBase }) => {
    const place = offset === undefined ? '?' : bits ? `${offset}:${bits.first}` : String(offset);
    const size = bits ? (bits.count === 1 ? '1 bit' : `${bits.count} bits`) : `${sizeOf(member) ?? '?'}`;
    return `  /* ${place}, ${size} */ ${isBase ? `${typeName(member)} (base)` : declarationOf(member, name)};`;
  });
  return [`${typeName(type)} { /* ${type.size} bytes */`, ...lines, '}'].join('\n');
}
