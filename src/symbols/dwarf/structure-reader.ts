import { Damaged } from '../byte-cursor.ts';
import type { ReadMemory } from '../frame.ts';
import { inMemory } from '../storage.ts';
import type { Storage, Unavailable } from '../storage.ts';
import { stripped } from '../type.ts';
import type { Language, Member, StructType, Type, Variants } from '../type.ts';
import { At, Tag } from './constants.ts';
import type { DebugInfo } from './debug-info.ts';
import type { Die } from './die.ts';
import { evaluateExpression } from './expression.ts';
import type { Unit } from './unit.ts';

/** DW_ACCESS_* (DWARF 5, 7.9). */
const PUBLIC = 1;
const PRIVATE = 3;

/** Finds the variable that a static member of a class is. */
export type StaticMembers = (die: Die, read: ReadMemory) => Storage | Unavailable;

interface Types {
  typeOf(die: Die): Type;
}

/** A structure, union or class from its entry; what it consists of is read when asked for. */
export function readStructure(
  die: Die,
  keyword: StructType['keyword'],
  name: string,
  info: DebugInfo,
  types: Types,
  statics: StaticMembers,
): StructType {
  const once = <T>(otherwise: T, read: () => T): (() => T) => {
    let value: T | undefined;
    return () => (value ??= info.attempt(die.unit, otherwise, read));
  };
  const members = once<readonly Member[]>([], () => readMembers(die, info, types, statics));
  const templateArguments = once<readonly Type[]>([], () => readTemplateArguments(die, types));
  const language = languageOf(die.unit);
  const part = language === 'rust' ? [...die.children()].find(({ tag }) => tag === Tag.VariantPart) : undefined;
  const variants = once<Variants>({ discriminant: undefined, cases: [] }, () => readVariants(part!, info, types));
  return {
    kind: 'struct',
    keyword,
    name,
    language,
    size: die.constant(At.ByteSize) ?? 0,
    isIncomplete: die.flag(At.Declaration),
    get members() {
      return members();
    },
    get templateArguments() {
      return templateArguments();
    },
    ...(part && {
      get variants() {
        return variants();
      },
    }),
  };
}

/** DW_LANG_* (DWARF 5, 7.12, and the later assignments); what is none of the others is treated as C. */
export function languageOf(unit: Unit): Language {
  switch (unit.root.constant(At.Language)) {
    case 0x04:
    case 0x1a:
    case 0x21:
    case 0x2b:
    case 0x3a:
      return 'c++';
    case 0x16:
      return 'go';
    case 0x1c:
      return 'rust';
    default:
      return 'c';
  }
}

/** Those of a parameter pack are entries below one of its own. */
function readTemplateArguments(die: Die, types: Types): Type[] {
  const children = [...die.children()];
  const found = children.flatMap((child) => {
    if (child.tag === Tag.TemplateTypeParameter) return [types.typeOf(child)];
    if (child.tag !== Tag.GnuTemplateParameterPack) return [];
    return [...child.children()].filter(({ tag }) => tag === Tag.TemplateTypeParameter).map((one) => types.typeOf(one));
  });
  if (found.length > 0 || !die.text(At.Name)?.endsWith('>')) return found;
  // gcc leaves out those of iterators now and then, but not what they are declared to point to.
  const pointer = children.find((child) => child.tag === Tag.Typedef && child.text(At.Name) === 'pointer');
  const type = pointer && stripped(types.typeOf(pointer));
  return type?.kind === 'pointer' ? [type.target] : [];
}

function readMembers(die: Die, info: DebugInfo, types: Types, statics: StaticMembers): Member[] {
  const bases: Member[] = [];
  const members: Member[] = [];
  const shared: Member[] = [];
  for (const child of die.children())
    switch (child.tag) {
      case Tag.Inheritance: {
        const type = types.typeOf(child);
        // Without DW_AT_accessibility it is private in a class, public in a structure (DWARF 5, 5.7.3).
        const isHidden =
          (child.constant(At.Accessibility) ?? (die.tag === Tag.ClassType ? PRIVATE : PUBLIC)) !== PUBLIC;
        bases.push({ name: nameOfBase(type), type, isBase: true, isHidden, ...memberPlace(child, info) });
        break;
      }
      // DWARF 4 has static members as DW_TAG_member with DW_AT_external, DWARF 5 as DW_TAG_variable.
      case Tag.Variable:
      case Tag.Member: {
        const member = { name: child.text(At.Name) ?? '', type: types.typeOf(child), isBase: false };
        if (child.tag === Tag.Member && !child.flag(At.External))
          members.push({ ...member, ...memberPlace(child, info) });
        else shared.push({ ...member, isStatic: true, offset: undefined, find: (_, read) => statics(child, read) });
        break;
      }
      default:
        break;
    }
  return [...bases, ...members, ...shared];
}

function readVariants(part: Die, info: DebugInfo, types: Types): Variants {
  const memberOf = (die: Die): Member => ({
    name: die.text(At.Name) ?? '',
    type: types.typeOf(die),
    isBase: false,
    ...memberPlace(die, info),
  });
  const discriminant = part.reference(At.Discr);
  const cases: { value: bigint | undefined; member: Member }[] = [];
  for (const variant of part.children()) {
    if (variant.tag !== Tag.Variant) continue;
    for (const child of variant.children())
      if (child.tag === Tag.Member)
        cases.push({ value: variant.exactConstant(At.DiscrValue), member: memberOf(child) });
  }
  return { discriminant: discriminant && memberOf(discriminant), cases };
}

function nameOfBase(type: Type): string {
  return type.kind === 'struct' || type.kind === 'typedef' ? type.name : '';
}

/** Offset and bits of a member (DWARF 5, 5.7.6). */
function memberPlace(die: Die, info: DebugInfo): Pick<Member, 'offset' | 'find' | 'bits'> {
  const place = die.attribute(At.DataMemberLocation);
  let offset = 0;
  if (place?.kind === 'constant') offset = place.value;
  else if (place?.kind === 'block') {
    // Before DWARF 3 it was an expression that adds to the object's address: DW_OP_plus_uconst with a small number.
    const isSum = place.bytes.length === 2 && place.bytes[0] === 0x23 && place.bytes[1] < 0x80;
    if (!isSum) return { offset: undefined, find: computedPlace(place.bytes, die.unit, info) };
    offset = place.bytes[1];
  }
  const count = die.constant(At.BitSize);
  if (count === undefined) return { offset };
  if (count < 1 || count > 128) throw new Damaged(`a bit field has ${count} bits`);
  const fromStart = die.constant(At.DataBitOffset);
  if (fromStart !== undefined) {
    const first = fromStart % 8;
    return { offset: (fromStart - first) / 8, bits: { first, count } };
  }
  // DWARF 2's DW_AT_bit_offset counts from the most significant bit of a storage unit.
  const fromTop = die.constant(At.BitOffset);
  const storage = die.constant(At.ByteSize) ?? 4;
  const first = fromTop === undefined ? 0 : Math.min(128, Math.max(0, storage * 8 - fromTop - count));
  return { offset, bits: { first, count } };
}

/** The place of a virtual base: an expression that starts from the object's address and reads its virtual table. */
function computedPlace(expression: Uint8Array, unit: Unit, info: DebugInfo): NonNullable<Member['find']> {
  return ({ address }, read) => {
    if (address === undefined) return { unavailable: 'its place is known in memory only (virtual base)' };
    const { effort } = info.sections;
    const location = info.attempt(unit, undefined, () =>
      evaluateExpression(expression, { effort, unit, read, loadBias: 0 }, [BigInt(address)]),
    );
    if (location?.kind === 'memory') return inMemory(location.address, read);
    return { unavailable: location?.kind === 'unavailable' ? location.reason : 'its place cannot be computed' };
  };
}
