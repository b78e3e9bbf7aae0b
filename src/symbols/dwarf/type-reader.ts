import { Damaged } from '../byte-cursor.ts';
import { UNKNOWN, VOID } from '../type.ts';
import type { ArrayType, BaseType, EnumType, QualifiedType, StructType, Type } from '../type.ts';
import { At, Encoding, Tag } from './constants.ts';
import type { DebugInfo } from './debug-info.ts';
import type { Die } from './die.ts';
import { languageOf, readStructure } from './structure-reader.ts';
import type { StaticMembers } from './structure-reader.ts';

/** How the number of elements of a variable-length array is found: an expression, or the variable that holds it. */
export interface DynamicBound {
  readonly die: Die;
  readonly attribute: At;
  /** Added to the value: one for an upper bound. */
  readonly plus: number;
}

/** Chains of typedefs, qualifiers and arrays longer than this are not followed. */
const LONGEST_CHAIN = 200;
const MOST_DIMENSIONS = 16;

/** Turns type entries into {@link Type}s, each once. Damage turns into the unknown type and a warning. */
export class TypeReader {
  readonly #types = new Map<number, Type>();
  /** Entries being read: meeting one again means a chain that never ends. */
  readonly #open = new Set<number>();

  constructor(
    private readonly info: DebugInfo,
    private readonly statics: StaticMembers,
  ) {}

  /** The type that DW_AT_type names; none means void. */
  typeOf(die: Die): Type {
    return this.info.attempt<Type>(die.unit, UNKNOWN, () => {
      const target = die.reference(At.Type);
      return target === undefined ? (die.has(At.Type) ? UNKNOWN : VOID) : this.read(target);
    });
  }

  read(die: Die): Type {
    const known = this.#types.get(die.offset);
    if (known !== undefined) return known;
    if (this.#open.has(die.offset) || this.#open.size === LONGEST_CHAIN) {
      this.info.warnDamaged(die.unit, 'a type contains itself');
      return UNKNOWN;
    }
    this.#open.add(die.offset);
    const type = this.info.attempt<Type>(die.unit, UNKNOWN, () => this.#build(die));
    this.#open.delete(die.offset);
    this.#types.set(die.offset, type);
    return type;
  }

  #build(die: Die): Type {
    // A stand-in for the type that a type unit describes (DWARF 5, 3.1.4).
    const definition = die.reference(At.Signature);
    if (definition !== undefined && definition.offset !== die.offset) return this.read(definition);
    switch (die.tag) {
      case Tag.BaseType:
        return baseType(die);
      case Tag.UnspecifiedType:
        return unspecifiedType(die.text(At.Name) ?? 'void');
      case Tag.PointerType:
        return this.#pointer(die, '*');
      case Tag.ReferenceType:
        return this.#pointer(die, '&');
      case Tag.RvalueReferenceType:
        return this.#pointer(die, '&&');
      case Tag.Typedef:
        return { kind: 'typedef', name: this.info.qualifiedName(die), target: this.typeOf(die) };
      case Tag.ConstType:
        return this.#qualified(die, 'const');
      case Tag.VolatileType:
        return this.#qualified(die, 'volatile');
      case Tag.RestrictType:
        return this.#qualified(die, 'restrict');
      case Tag.AtomicType:
        return this.#qualified(die, '_Atomic');
      case Tag.EnumerationType:
        return this.#enumeration(die);
      case Tag.StructureType:
        return this.#structure(die, 'struct');
      case Tag.ClassType:
        return this.#structure(die, 'class');
      case Tag.UnionType:
        return this.#structure(die, 'union');
      case Tag.ArrayType:
        return this.#array(die);
      case Tag.SubroutineType:
      case Tag.Subprogram:
        return this.#function(die);
      case Tag.PointerToMemberType:
        return this.#memberPointer(die);
      case Tag.SubrangeType:
        return this.#subrange(die);
      default:
        return UNKNOWN;
    }
  }

  #pointer(die: Die, sigil: '*' | '&' | '&&'): Type {
    const size = die.constant(At.ByteSize) ?? 8;
    if (size < 1 || size > 8) throw new Damaged(`a pointer has ${size} bytes`);
    let target: Type | undefined;
    const read = (): Type => (target ??= this.typeOf(die));
    const name = die.text(At.Name);
    return {
      kind: 'pointer',
      sigil,
      size,
      ...(name === undefined ? {} : { name }),
      get target() {
        return read();
      },
    };
  }

  #memberPointer(die: Die): Type {
    const container = die.reference(At.ContainingType);
    const target = this.typeOf(die);
    let type: Type | undefined;
    const read = (): Type => (type ??= container ? this.read(container) : UNKNOWN);
    return {
      kind: 'member pointer',
      size: target.kind === 'function' ? 16 : 8,
      target,
      get container() {
        return read();
      },
    };
  }

  /** A range of integers (Ada, Pascal, Modula): its values are those of the type it is a part of. */
  #subrange(die: Die): Type {
    const name = die.text(At.Name);
    const target = this.typeOf(die);
    return name === undefined ? target : { kind: 'typedef', name, target };
  }

  #qualified(die: Die, qualifier: QualifiedType['qualifier']): Type {
    return { kind: 'qualified', qualifier, target: this.typeOf(die) };
  }

  #enumeration(die: Die): EnumType {
    const name = this.info.qualifiedName(die);
    const language = languageOf(die.unit);
    const enumerators: { name: string; value: bigint }[] = [];
    let isSigned = false;
    const underlying = die.reference(At.Type);
    for (const child of die.children()) {
      if (child.tag !== Tag.Enumerator) continue;
      const value = child.exactConstant(At.ConstValue) ?? 0n;
      if (value < 0n) isSigned = true;
      enumerators.push({ name: child.text(At.Name) ?? '', value });
    }
    const encoding = underlying && baseType(underlying).encoding;
    if (encoding === 'signed' || encoding === 'signed char') isSigned = true;
    const size = die.constant(At.ByteSize) ?? 4;
    if (size < 1 || size > 16) throw new Damaged(`an enumeration has ${size} bytes`);
    return {
      kind: 'enum',
      name: name !== '' && language === 'c' ? `enum ${name}` : name,
      size,
      isSigned,
      enumerators,
      ...(die.flag(At.EnumClass) ? { isScoped: true } : {}),
    };
  }

  #structure(die: Die, keyword: StructType['keyword']): Type {
    const name = this.info.qualifiedName(die);
    if (die.flag(At.Declaration)) {
      const definition = die.reference(At.Specification) ?? this.#definition(`${keyword} ${name}`);
      if (definition !== undefined && definition.offset !== die.offset) return this.read(definition);
    }
    return readStructure(die, keyword, name, this.info, this, this.statics);
  }

  /** The definition in another unit of a structure that this one only declares. */
  #definition(key: string): Die | undefined {
    for (const unit of this.info.units()) {
      if (this.info.sections.effort.exhausted) break;
      const offset = this.info.contents(unit).types.get(key);
      if (offset !== undefined) return unit.dieAt(offset);
    }
    return undefined;
  }

  #array(die: Die): Type {
    const dimensions: Pick<ArrayType, 'count' | 'bound'>[] = [];
    for (const child of die.children()) if (child.tag === Tag.SubrangeType) dimensions.push(dimension(child));
    if (dimensions.length > MOST_DIMENSIONS) throw new Damaged('an array has too many dimensions');
    if (dimensions.length === 0) dimensions.push({ count: undefined });
    const isEmpty = dimensions[0].count === 0 && languageOf(die.unit) !== 'rust';
    const bounds = isEmpty ? [{ ...dimensions[0], isFlexible: true }, ...dimensions.slice(1)] : dimensions;
    return bounds.reduceRight<Type>((element, bound) => ({ kind: 'array', element, ...bound }), this.typeOf(die));
  }

  #function(die: Die): Type {
    let parameters: readonly Type[] | undefined;
    const read = (): readonly Type[] =>
      (parameters ??= this.info.attempt<readonly Type[]>(die.unit, [], () =>
        [...die.children()].filter(({ tag }) => tag === Tag.FormalParameter).map((child) => this.typeOf(child)),
      ));
    let returns: Type | undefined;
    const readReturns = (): Type => (returns ??= this.typeOf(die));
    const isVariadic = [...die.children()].some(({ tag }) => tag === Tag.UnspecifiedParameters);
    return {
      kind: 'function',
      isVariadic,
      get returns() {
        return readReturns();
      },
      get parameters() {
        return read();
      },
    };
  }
}

/** C++'s type of nullptr is the only one of these that has values. */
function unspecifiedType(name: string): Type {
  if (name === 'decltype(nullptr)') return { kind: 'pointer', sigil: '*', size: 8, name, target: VOID };
  return { kind: 'unknown', name };
}

function baseType(die: Die): BaseType {
  const size = die.constant(At.ByteSize) ?? 0;
  if (size > 32) throw new Damaged(`a number has ${size} bytes`);
  return { kind: 'base', name: die.text(At.Name) ?? '', size, encoding: encodingName(die.constant(At.Encoding)) };
}

function encodingName(encoding: number | undefined): BaseType['encoding'] {
  switch (encoding as Encoding | undefined) {
    case Encoding.Boolean:
      return 'boolean';
    case Encoding.ComplexFloat:
      return 'complex';
    case Encoding.Float:
      return 'float';
    case Encoding.Signed:
      return 'signed';
    case Encoding.SignedChar:
      return 'signed char';
    case Encoding.Unsigned:
      return 'unsigned';
    case Encoding.UnsignedChar:
      return 'unsigned char';
    case Encoding.Utf:
      return 'utf';
    default:
      return 'other';
  }
}

function dimension(die: Die): Pick<ArrayType, 'count' | 'bound'> {
  for (const attribute of [At.Count, At.UpperBound] as const) {
    const plus = attribute === At.Count ? 0 : 1 - (die.constant(At.LowerBound) ?? 0);
    const value = die.attribute(attribute);
    if (value === undefined) continue;
    if (value.kind === 'constant') {
      const count = value.value + plus;
      // gcc writes the upper bound of `int a[0]` as -1 in as many bytes as it likes.
      return { count: Number.isSafeInteger(count) && count >= 0 && count < 2 ** 32 ? count : 0 };
    }
    const bound: DynamicBound = { die, attribute, plus };
    return { count: undefined, bound };
  }
  return { count: undefined };
}
