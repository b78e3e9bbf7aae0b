import { stripped, type BaseType, type EnumType, type PointerType, type Type } from '../symbols/type.ts';

/** The types that C itself has, as riscv64 Linux defines them (psABI, "C type sizes and alignments"): LP64, char unsigned. */
function integer(name: string, size: number, isSigned = true): BaseType {
  return { kind: 'base', name, size, encoding: isSigned ? 'signed' : 'unsigned' };
}

export const CHAR: BaseType = { kind: 'base', name: 'char', size: 1, encoding: 'unsigned char' };
export const BOOL: BaseType = { kind: 'base', name: 'bool', size: 1, encoding: 'boolean' };
export const INT: BaseType = integer('int', 4);
const UNSIGNED: BaseType = integer('unsigned int', 4, false);
export const LONG: BaseType = integer('long', 8);
export const UNSIGNED_LONG: BaseType = integer('unsigned long', 8, false);
const LONG_LONG: BaseType = integer('long long', 8);
const UNSIGNED_LONG_LONG: BaseType = integer('unsigned long long', 8, false);
const INT128: BaseType = integer('__int128', 16);
const UNSIGNED_INT128: BaseType = integer('unsigned __int128', 16, false);
export const FLOAT: BaseType = { kind: 'base', name: 'float', size: 4, encoding: 'float' };
export const DOUBLE: BaseType = { kind: 'base', name: 'double', size: 8, encoding: 'float' };
export const LONG_DOUBLE: BaseType = { kind: 'base', name: 'long double', size: 16, encoding: 'float' };

const BY_WORDS: Readonly<Record<string, Type>> = {
  void: { kind: 'void' },
  bool: BOOL,
  _Bool: { ...BOOL, name: '_Bool' },
  char: CHAR,
  'char signed': { kind: 'base', name: 'signed char', size: 1, encoding: 'signed char' },
  'char unsigned': { kind: 'base', name: 'unsigned char', size: 1, encoding: 'unsigned char' },
  short: integer('short', 2),
  'short unsigned': integer('unsigned short', 2, false),
  int: INT,
  unsigned: UNSIGNED,
  long: LONG,
  'long unsigned': UNSIGNED_LONG,
  'long long': LONG_LONG,
  'long long unsigned': UNSIGNED_LONG_LONG,
  __int128: INT128,
  '__int128 unsigned': UNSIGNED_INT128,
  float: FLOAT,
  double: DOUBLE,
  'double long': LONG_DOUBLE,
};

/** The type that specifiers name in any order (C11 6.7.2): `unsigned long int`. */
export function builtInType(specifiers: string): Type | undefined {
  const words = specifiers.split(' ').sort();
  const has = (word: string): boolean => words.includes(word);
  // `int` and `signed` say nothing beside another word, except that a char is signed.
  const telling = words.filter((word) => word !== 'int' && (word !== 'signed' || has('char')));
  if (words.filter((word) => word === 'int').length > 1 || (has('signed') && has('unsigned'))) return undefined;
  if (has('int') && (has('char') || has('float') || has('double') || has('void'))) return undefined;
  const key = telling.length > 0 ? telling.join(' ') : 'int';
  return Object.hasOwn(BY_WORDS, key) ? BY_WORDS[key] : undefined;
}

export function pointerTo(target: Type): PointerType {
  return { kind: 'pointer', sigil: '*', size: 8, target };
}

/** A type with arithmetic: integers, enumerations and floating-point numbers. */
export type ArithmeticType = BaseType | EnumType;

export function isFloating(type: Type): boolean {
  const inner = stripped(type);
  return inner.kind === 'base' && inner.encoding === 'float';
}

/** Integers, Booleans, characters and enumerations. */
export function isInteger(type: Type): boolean {
  const inner = stripped(type);
  return inner.kind === 'enum' || (inner.kind === 'base' && inner.encoding !== 'float' && inner.encoding !== 'other');
}

export function isArithmetic(type: Type): boolean {
  return isInteger(type) || isFloating(type);
}

/** A pointer that C calls one: references stand for what they refer to. */
/** What a pointer points to, or a reference refers to; `undefined` of other types. */
export function pointerTarget(type: Type): Type | undefined {
  const inner = stripped(type);
  return inner.kind === 'pointer' ? stripped(inner.target) : undefined;
}

export function isPointer(type: Type): boolean {
  const inner = stripped(type);
  return inner.kind === 'pointer' && inner.sigil === '*';
}

export function isScalar(type: Type): boolean {
  return isArithmetic(type) || isPointer(type);
}

export function isSignedType(type: ArithmeticType): boolean {
  if (type.kind === 'enum') return type.isSigned;
  return type.encoding === 'signed' || type.encoding === 'signed char' || type.encoding === 'float';
}

/** The integer promotions (C11 6.3.1.1); `bits` is the width of a bit field. */
export function promoted(type: Type, bits?: number): BaseType {
  const inner = stripped(type) as ArithmeticType;
  if (inner.kind === 'base' && inner.encoding === 'float') return inner;
  const isSigned = isSignedType(inner);
  const width = bits ?? inner.size * 8;
  if (width < 32 || inner.size < 4 || (inner.kind === 'base' && inner.encoding === 'boolean')) return INT;
  if (width === 32) return isSigned ? INT : UNSIGNED;
  if (inner.kind === 'base' && (inner.encoding === 'signed' || inner.encoding === 'unsigned')) return inner;
  return inner.size === 8 ? (isSigned ? LONG : UNSIGNED_LONG) : isSigned ? INT128 : UNSIGNED_INT128;
}

/** The usual arithmetic conversions (C11 6.3.1.8) of two promoted types. */
export function commonType(a: BaseType, b: BaseType): BaseType {
  const [floatA, floatB] = [isFloating(a), isFloating(b)];
  if (floatA || floatB) {
    if (floatA && floatB) return a.size >= b.size ? a : b;
    return floatA ? a : b;
  }
  const higher = rank(a) >= rank(b) ? a : b;
  const lower = higher === a ? b : a;
  if (isSignedType(higher) === isSignedType(lower) || !isSignedType(higher)) return higher;
  // A signed type of higher rank holds all values of the unsigned one only if it is larger.
  return higher.size > lower.size ? higher : unsignedOf(higher);
}

function rank({ size, name }: BaseType): number {
  return size * 2 + (/long long/.test(name) ? 1 : 0);
}

function unsignedOf(type: BaseType): BaseType {
  if (type.size === 4) return UNSIGNED;
  if (type.size === 16) return UNSIGNED_INT128;
  return /long long/.test(type.name) ? UNSIGNED_LONG_LONG : UNSIGNED_LONG;
}

/** The type of an integer constant: the first of its list that holds the value (C11 6.4.4.1); undefined if none does. */
export function constantType(value: bigint, isDecimal: boolean, suffix: string): BaseType | undefined {
  const isUnsigned = suffix.includes('u');
  const longs = suffix.replace('u', '').length;
  const candidates = [INT, UNSIGNED, LONG, UNSIGNED_LONG, LONG_LONG, UNSIGNED_LONG_LONG].filter((type) => {
    if (longs === 1 && type.size === 4) return false;
    if (longs === 2 && !type.name.includes('long long')) return false;
    if (longs < 2 && type.name.includes('long long')) return false;
    if (isUnsigned) return !isSignedType(type);
    return isSignedType(type) || !isDecimal;
  });
  // gdb and gcc take a decimal constant past long as unsigned long.
  const list = isDecimal && !isUnsigned ? [...candidates, UNSIGNED_LONG] : candidates;
  return list.find((type) => value < 1n << BigInt(type.size * 8 - (isSignedType(type) ? 1 : 0)));
}
