import type { ReadMemory } from './frame.ts';
import type { Storage, Unavailable } from './storage.ts';

/**
 * A C, C++, Go or Rust type. What makes types cyclic is read when asked for: a pointer's target, a function's parameters and the
 * members of a structure. Everything else (typedefs, qualifiers, array elements) is a finite chain.
 */
export type Type =
  | BaseType
  | PointerType
  | EnumType
  | StructType
  | ArrayType
  | TypedefType
  | QualifiedType
  | FunctionType
  | MemberPointerType
  | VoidType
  | UnknownType;

export interface BaseType {
  readonly kind: 'base';
  readonly name: string;
  /** Bytes. */
  readonly size: number;
  readonly encoding:
    'signed' | 'unsigned' | 'float' | 'complex' | 'boolean' | 'signed char' | 'unsigned char' | 'utf' | 'other';
}

export interface PointerType {
  readonly kind: 'pointer';
  readonly sigil: '*' | '&' | '&&';
  readonly size: number;
  /** Rust names its pointers: `&str`, `*const u8`, `alloc::boxed::Box<i32>`. */
  readonly name?: string;
  readonly target: Type;
}

export interface EnumType {
  readonly kind: 'enum';
  /** `enum color`, in C++ `shapes::Color`; '' when anonymous. */
  readonly name: string;
  /** Whether its enumerators are written after its name: C++'s `enum class`, Rust's enumerations. */
  readonly isScoped?: boolean;
  readonly size: number;
  readonly isSigned: boolean;
  readonly enumerators: readonly { readonly name: string; readonly value: bigint }[];
}

export interface StructType {
  readonly kind: 'struct';
  readonly keyword: 'struct' | 'union' | 'class';
  /** Without the keyword, with namespaces: `std::vector<int, std::allocator<int> >`; '' when anonymous. */
  readonly name: string;
  /** C writes the keyword before the name. */
  readonly language: Language;
  readonly size: number;
  /** A declaration whose definition is nowhere in the file. */
  readonly isIncomplete: boolean;
  /** Base classes first, as members of the same name. */
  readonly members: readonly Member[];
  /** Types that a template was instantiated with, in order. */
  readonly templateArguments: readonly Type[];
  /** Of which of several members there is one at a time: Rust's enumerations. */
  readonly variants?: Variants;
}

export type Language = 'c' | 'c++' | 'go' | 'rust';

/** The alternatives of a type (DWARF 5, 5.7.10). */
export interface Variants {
  /** What tells them apart; undefined where there is only one. */
  readonly discriminant: Member | undefined;
  /** The one without a value is the one that no other value names. */
  readonly cases: readonly { readonly value: bigint | undefined; readonly member: Member }[];
}

export interface Member {
  /** '' for an anonymous structure or union. */
  readonly name: string;
  readonly type: Type;
  /** Bytes from the start of the structure; undefined for those that `find` finds. */
  readonly offset: number | undefined;
  /** Where it is, for virtual bases and static members. */
  readonly find?: (object: Storage, read: ReadMemory) => Storage | Unavailable;
  /** For bit fields: bits from `offset`, least significant first, and their number. */
  readonly bits?: { readonly first: number; readonly count: number };
  readonly isBase: boolean;
  /** For base classes that are private or protected. */
  readonly isHidden?: boolean;
  readonly isStatic?: boolean;
}

/** A pointer to a member of a C++ class (Itanium C++ ABI, 2.3): an offset, or a function with an offset to add to `this`. */
interface MemberPointerType {
  readonly kind: 'member pointer';
  readonly size: number;
  readonly container: Type;
  readonly target: Type;
}

export interface ArrayType {
  readonly kind: 'array';
  readonly element: Type;
  /** Elements; undefined for flexible and unknown bounds. */
  readonly count: number | undefined;
  /** Written with the length 0, which gcc takes for one that others know, as `[]`. */
  readonly isFlexible?: boolean;
  /** For variable-length arrays: gives the number of elements in a frame. Opaque outside the DWARF reader. */
  readonly bound?: unknown;
}

export interface TypedefType {
  readonly kind: 'typedef';
  readonly name: string;
  readonly target: Type;
}

export interface QualifiedType {
  readonly kind: 'qualified';
  readonly qualifier: 'const' | 'volatile' | 'restrict' | '_Atomic';
  readonly target: Type;
}

interface FunctionType {
  readonly kind: 'function';
  readonly returns: Type;
  readonly parameters: readonly Type[];
  readonly isVariadic: boolean;
}

interface VoidType {
  readonly kind: 'void';
}

/** A type that the debug information does not describe. */
interface UnknownType {
  readonly kind: 'unknown';
  readonly name: string;
}

export const VOID: Type = { kind: 'void' };
export const UNKNOWN: Type = { kind: 'unknown', name: '<unknown type>' };

/** The type behind typedefs and qualifiers. */
export function stripped(type: Type): Exclude<Type, TypedefType | QualifiedType> {
  let inner = type;
  while (inner.kind === 'typedef' || inner.kind === 'qualified') inner = inner.target;
  return inner;
}

/** Bytes, or undefined where C has no sizeof: functions, incomplete types, arrays of unknown bounds. */
export function sizeOf(type: Type): number | undefined {
  const inner = stripped(type);
  switch (inner.kind) {
    case 'base':
    case 'pointer':
    case 'enum':
    case 'member pointer':
      return inner.size;
    case 'struct':
      return inner.isIncomplete ? undefined : inner.size;
    case 'array': {
      const element = sizeOf(inner.element);
      return element === undefined || inner.count === undefined ? undefined : element * inner.count;
    }
    case 'function':
    case 'void':
    case 'unknown':
      return undefined;
  }
}

/** Deeper declarators than this are shown as `…`; only hostile input has them. */
const DEEPEST_NAME = 16;

/** The type as C writes it: `const char *`, `int [3]`, `void (*)(int)`. */
export function typeName(type: Type): string {
  return declare(type, '', 0).trim();
}

/** A declaration of a name: `int (*f)(void)`. */
export function declarationOf(type: Type, name: string): string {
  return declare(type, name, 0).trim();
}

/** C's declarators nest inside out: `inner` is what has been built so far around the place of the name. */
function declare(type: Type, inner: string, depth: number): string {
  if (depth > DEEPEST_NAME) return `…${inner}`;
  switch (type.kind) {
    case 'void':
      return join('void', inner);
    case 'base':
    case 'typedef':
    case 'unknown':
      return join(type.name, inner);
    case 'enum':
      return join(type.name || 'enum {…}', inner);
    case 'struct':
      if (type.name === '') return join(`${type.keyword} {…}`, inner);
      return join(type.language === 'c' ? `${type.keyword} ${type.name}` : type.name, inner);
    case 'qualified':
      // A qualifier of a pointer stands right of its star, any other left of the type.
      return type.target.kind === 'pointer'
        ? declare(type.target, join(` ${type.qualifier}`, inner), depth + 1)
        : `${type.qualifier} ${declare(type.target, inner, depth + 1)}`;
    case 'member pointer': {
      const sigil = `${declare(type.container, '', depth + 1).trim()}::*${inner}`;
      const isFunction = type.target.kind === 'function';
      return declare(type.target, isFunction ? `(${sigil})` : ` ${sigil}`, depth + 1);
    }
    case 'pointer': {
      if (type.name !== undefined) return join(type.name, inner);
      const behind = type.target.kind;
      const star = `${type.sigil}${inner}`;
      return declare(type.target, behind === 'array' || behind === 'function' ? `(${star})` : star, depth + 1);
    }
    case 'array':
      return declare(type.element, `${inner}[${type.count ?? ''}]`, depth + 1);
    case 'function': {
      const parameters = type.parameters.map((parameter) => declare(parameter, '', depth + 1).trim());
      if (type.isVariadic) parameters.push('...');
      return declare(type.returns, `${inner}(${parameters.join(', ') || 'void'})`, depth + 1);
    }
  }
}

function join(name: string, inner: string): string {
  return inner === '' || inner.startsWith(' ') ? name + inner : `${name} ${inner}`;
}
