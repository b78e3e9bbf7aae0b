/**
 * A C or C++ type. What makes types cyclic is read when asked for: a pointer's target, a function's parameters and the
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
  | VoidType
  | UnknownType;

export interface BaseType {
  readonly kind: 'base';
  readonly name: string;
  /** Bytes. */
  readonly size: number;
  readonly encoding: 'signed' | 'unsigned' | 'float' | 'boolean' | 'signed char' | 'unsigned char' | 'utf' | 'other';
}

export interface PointerType {
  readonly kind: 'pointer';
  readonly sigil: '*' | '&' | '&&';
  readonly size: number;
  readonly target: Type;
}

export interface EnumType {
  readonly kind: 'enum';
  /** `enum color`, or '' when anonymous. */
  readonly name: string;
  readonly size: number;
  readonly isSigned: boolean;
  readonly enumerators: readonly { readonly name: string; readonly value: bigint }[];
}

export interface StructType {
  readonly kind: 'struct';
  readonly keyword: 'struct' | 'union' | 'class';
  /** Without the keyword; '' when anonymous. */
  readonly name: string;
  readonly size: number;
  /** A declaration whose definition is nowhere in the file. */
  readonly isIncomplete: boolean;
  /** Base classes first, as members of the same name. */
  readonly members: readonly Member[];
}

export interface Member {
  /** '' for an anonymous structure or union. */
  readonly name: string;
  readonly type: Type;
  /** Bytes from the start of the structure; undefined when it depends on the object (virtual bases). */
  readonly offset: number | undefined;
  /** For bit fields: bits from `offset`, least significant first, and their number. */
  readonly bits?: { readonly first: number; readonly count: number };
  readonly isBase: boolean;
}

export interface ArrayType {
  readonly kind: 'array';
  readonly element: Type;
  /** Elements; undefined for flexible and unknown bounds. */
  readonly count: number | undefined;
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
      return join(type.name ? `${type.keyword} ${type.name}` : `${type.keyword} {…}`, inner);
    case 'qualified':
      // A qualifier of a pointer stands right of its star, any other left of the type.
      return type.target.kind === 'pointer'
        ? declare(type.target, join(` ${type.qualifier}`, inner), depth + 1)
        : `${type.qualifier} ${declare(type.target, inner, depth + 1)}`;
    case 'pointer': {
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
