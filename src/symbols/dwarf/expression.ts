import { ByteCursor, Damaged } from '../byte-cursor.ts';
import type { Effort } from '../byte-cursor.ts';
import { registerValue } from '../frame.ts';
import type { ReadMemory, Registers } from '../frame.ts';
import { At, Op, Tag } from './constants.ts';
import { absolute, combine, compare, convert, negate, typed, untyped } from './expression-value.ts';
import type { BinaryOperation, Comparison, StackType, StackValue } from './expression-value.ts';
import type { Unit } from './unit.ts';

/** Where a value is (DWARF 5, 2.6.1), or why it is nowhere. Addresses are guest addresses. */
export type Location =
  /** `exact` is what the expression computed, for those that compute a value: a double cannot hold -1. */
  | { readonly kind: 'memory'; readonly address: number; readonly exact: bigint }
  /** A DWARF register number. */
  | { readonly kind: 'register'; readonly register: number }
  /** The value itself, without a place: it cannot be changed. */
  | { readonly kind: 'bytes'; readonly bytes: Uint8Array }
  | { readonly kind: 'pieces'; readonly pieces: readonly LocationPiece[] }
  | { readonly kind: 'unavailable'; readonly reason: string };

interface LocationPiece {
  readonly bits: number;
  /** The first bit within the piece's own location. */
  readonly bitOffset: number;
  readonly location: Location;
}

/** What an expression may ask for. What is missing makes the value unavailable, in words. */
export interface ExpressionContext {
  readonly effort: Effort;
  readonly unit?: Unit;
  readonly registers?: Registers;
  readonly read?: ReadMemory;
  /** Added to DW_OP_addr. */
  readonly loadBias: number;
  cfa?(): number | undefined;
  frameBase?(): Location;
  /** The value that a register had when the function was entered. */
  entryValue?(register: number): bigint | undefined;
  /** The address of a thread-local variable by what the expression gives for its place in its file's block. */
  threadLocal?(offset: bigint): bigint | { readonly unavailable: string };
}

export const OPTIMISED_OUT = 'optimised out';

/** Longer than any compiler's expression, short enough that an endless loop is not noticed. */
const MOST_STEPS = 10_000;
const DEEPEST_STACK = 256;
const MOST_PIECES = 64;

/** Why an expression has no result; it never leaves this file. */
class Unavailable extends Error {}

/** Evaluates a location expression. `initial` is put on the stack first. Throws {@link Damaged}. */
export function evaluateExpression(
  expression: Uint8Array,
  context: ExpressionContext,
  initial: readonly bigint[] = [],
): Location {
  if (expression.length === 0) return { kind: 'unavailable', reason: OPTIMISED_OUT };
  try {
    return new Evaluation(expression, context, initial).run();
  } catch (error) {
    if (!(error instanceof Unavailable)) throw error;
    return { kind: 'unavailable', reason: error.message };
  }
}

const BINARY: Readonly<Partial<Record<Op, BinaryOperation>>> = {
  [Op.And]: 'and',
  [Op.Div]: 'div',
  [Op.Minus]: 'minus',
  [Op.Mod]: 'mod',
  [Op.Mul]: 'mul',
  [Op.Or]: 'or',
  [Op.Plus]: 'plus',
  [Op.Shl]: 'shl',
  [Op.Shr]: 'shr',
  [Op.Shra]: 'shra',
  [Op.Xor]: 'xor',
};

const COMPARISONS: Readonly<Partial<Record<Op, Comparison>>> = {
  [Op.Eq]: 'eq',
  [Op.Ge]: 'ge',
  [Op.Gt]: 'gt',
  [Op.Le]: 'le',
  [Op.Lt]: 'lt',
  [Op.Ne]: 'ne',
};

class Evaluation {
  readonly #cursor: ByteCursor;
  readonly #stack: StackValue[];
  readonly #pieces: LocationPiece[] = [];
  /** Set by the operations that name a location instead of computing an address. */
  #location: Location | undefined;

  constructor(
    expression: Uint8Array,
    private readonly context: ExpressionContext,
    initial: readonly bigint[],
  ) {
    this.#cursor = new ByteCursor(expression, 'a location expression');
    this.#stack = initial.map(untyped);
  }

  run(): Location {
    const cursor = this.#cursor;
    for (let steps = 0; !cursor.done; steps++) {
      if (steps === MOST_STEPS) throw new Damaged('a location expression does not end');
      this.context.effort.spend(1);
      this.#step(cursor.u8());
    }
    if (this.#pieces.length > 0) return { kind: 'pieces', pieces: this.#pieces };
    return this.#take();
  }

  /** What the operations so far have computed. */
  #take(): Location {
    const location = this.#location;
    this.#location = undefined;
    if (location !== undefined) return location;
    const exact = BigInt.asUintN(64, this.#pop().bits);
    return { kind: 'memory', address: Number(exact), exact };
  }

  #push(value: StackValue): void {
    if (this.#stack.length === DEEPEST_STACK) throw new Damaged('a location expression’s stack overflows');
    this.#stack.push(value);
  }

  #pop(): StackValue {
    const value = this.#stack.pop();
    if (value === undefined) throw new Damaged('a location expression takes more than it computed');
    return value;
  }

  #register(number: number): bigint {
    const { registers } = this.context;
    const value = registers && registerValue(registers, number);
    if (value === undefined) throw new Unavailable(`${OPTIMISED_OUT} (its register was not saved)`);
    return value;
  }

  #read(address: bigint, size: number): bigint {
    if (size < 1 || size > 16) throw new Damaged(`a location expression reads ${size} bytes`);
    const bytes = this.context.read?.(Number(address), size);
    if (bytes === undefined) throw new Unavailable(`memory at 0x${address.toString(16)} cannot be read`);
    return fromBytes(bytes);
  }

  /** The base type that an operand names, or undefined for the untyped 64 bits. */
  #type(offset: number): StackType | undefined {
    if (offset === 0) return undefined;
    const { unit } = this.context;
    const die = unit?.dieAt(unit.offset + offset);
    const size = die?.constant(At.ByteSize);
    if (die?.tag !== Tag.BaseType || size === undefined || size < 1 || size > 16)
      throw new Damaged('a location expression names a type that is none');
    return { size, encoding: die.constant(At.Encoding) ?? 0 };
  }

  #branch(offset: number): void {
    const target = this.#cursor.at + offset;
    if (target < 0 || target > this.#cursor.end) throw new Damaged('a location expression jumps out of itself');
    this.#cursor.at = target;
  }

  #pieceOf(bits: number, bitOffset: number): void {
    if (this.#pieces.length === MOST_PIECES) throw new Damaged('a value is in too many pieces');
    const isEmpty = this.#location === undefined && this.#stack.length === 0;
    const location: Location = isEmpty ? { kind: 'unavailable', reason: OPTIMISED_OUT } : this.#take();
    this.#pieces.push({ bits, bitOffset, location });
  }

  #step(op: number): void {
    const cursor = this.#cursor;
    const { context } = this;
    if (op >= (Op.Lit0 as number) && op <= (Op.Lit31 as number)) return this.#push(untyped(BigInt(op - Op.Lit0)));
    if (op >= (Op.Reg0 as number) && op <= (Op.Reg31 as number)) {
      this.#location = { kind: 'register', register: op - Op.Reg0 };
      return;
    }
    if (op >= (Op.Breg0 as number) && op <= (Op.Breg31 as number))
      return this.#push(untyped(this.#register(op - Op.Breg0) + cursor.slebExact()));
    const binary = BINARY[op as Op];
    if (binary !== undefined) {
      const right = this.#pop();
      return this.#push(combine(binary, this.#pop(), right));
    }
    const comparison = COMPARISONS[op as Op];
    if (comparison !== undefined) {
      const right = this.#pop();
      return this.#push(compare(comparison, this.#pop(), right));
    }
    switch (op as Op) {
      case Op.Addr:
        return this.#push(untyped(cursor.u64Exact() + BigInt(context.loadBias)));
      case Op.Addrx:
      case Op.GnuAddrIndex:
        return this.#push(untyped(BigInt(this.#indexed(cursor.uleb()) + context.loadBias)));
      case Op.Constx:
      case Op.GnuConstIndex:
        return this.#push(untyped(BigInt(this.#indexed(cursor.uleb()))));
      case Op.Const1u:
        return this.#push(untyped(BigInt(cursor.u8())));
      case Op.Const1s:
        return this.#push(untyped(BigInt(cursor.s8())));
      case Op.Const2u:
        return this.#push(untyped(BigInt(cursor.u16())));
      case Op.Const2s:
        return this.#push(untyped(BigInt(cursor.s16())));
      case Op.Const4u:
        return this.#push(untyped(BigInt(cursor.u32())));
      case Op.Const4s:
        return this.#push(untyped(BigInt(cursor.s32())));
      case Op.Const8u:
      case Op.Const8s:
        return this.#push(untyped(cursor.u64Exact()));
      case Op.Constu:
        return this.#push(untyped(cursor.ulebExact()));
      case Op.Consts:
        return this.#push(untyped(cursor.slebExact()));
      case Op.Dup:
        return this.#pick(0);
      case Op.Drop:
        this.#pop();
        return;
      case Op.Over:
        return this.#pick(1);
      case Op.Pick:
        return this.#pick(cursor.u8());
      case Op.Swap: {
        const top = this.#pop();
        const below = this.#pop();
        this.#push(top);
        return this.#push(below);
      }
      case Op.Rot: {
        const [first, second, third] = [this.#pop(), this.#pop(), this.#pop()];
        this.#push(first);
        this.#push(third);
        return this.#push(second);
      }
      case Op.Abs:
        return this.#push(absolute(this.#pop()));
      case Op.Neg:
        return this.#push(negate(this.#pop()));
      case Op.Not: {
        const value = this.#pop();
        return this.#push(typed(~value.bits, value.type));
      }
      case Op.PlusUconst: {
        const value = this.#pop();
        return this.#push(typed(value.bits + cursor.ulebExact(), value.type));
      }
      case Op.Bra: {
        const offset = cursor.s16();
        if (this.#pop().bits !== 0n) this.#branch(offset);
        return;
      }
      case Op.Skip:
        return this.#branch(cursor.s16());
      case Op.Deref:
        return this.#push(untyped(this.#read(this.#pop().bits, 8)));
      case Op.DerefSize:
        return this.#push(untyped(this.#read(this.#pop().bits, cursor.u8())));
      case Op.DerefType:
      case Op.GnuDerefType: {
        const size = cursor.u8();
        const type = this.#type(cursor.uleb());
        return this.#push(typed(this.#read(this.#pop().bits, size), type));
      }
      case Op.Regx:
        this.#location = { kind: 'register', register: cursor.uleb() };
        return;
      case Op.Bregx:
        return this.#push(untyped(this.#register(cursor.uleb()) + cursor.slebExact()));
      case Op.RegvalType:
      case Op.GnuRegvalType: {
        const value = this.#register(cursor.uleb());
        return this.#push(typed(value, this.#type(cursor.uleb())));
      }
      case Op.ConstType:
      case Op.GnuConstType: {
        const type = this.#type(cursor.uleb());
        const bytes = cursor.block(cursor.u8());
        return this.#push(typed(fromBytes(bytes.subarray(0, 16)), type));
      }
      case Op.Convert:
      case Op.GnuConvert:
        return this.#push(convert(this.#pop(), this.#type(cursor.uleb())));
      case Op.Reinterpret:
      case Op.GnuReinterpret:
        return this.#push(typed(this.#pop().bits, this.#type(cursor.uleb())));
      case Op.Fbreg:
        return this.#push(untyped(this.#frameBase() + cursor.slebExact()));
      case Op.CallFrameCfa: {
        const cfa = context.cfa?.();
        if (cfa === undefined) throw new Unavailable('the frame’s place on the stack is not known here');
        return this.#push(untyped(BigInt(cfa)));
      }
      case Op.FormTlsAddress:
      case Op.GnuPushTlsAddress: {
        const address = context.threadLocal?.(this.#pop().bits);
        if (typeof address !== 'bigint')
          throw new Unavailable(address?.unavailable ?? 'thread-local variables have a value in a thread only');
        return this.#push(untyped(address));
      }
      case Op.EntryValue:
      case Op.GnuEntryValue: {
        const entry = registerOf(cursor.block(cursor.uleb()));
        const value = entry && context.entryValue?.(entry.register);
        if (value === undefined) throw new Unavailable(`${OPTIMISED_OUT} (only its value on entry was known)`);
        return this.#push(typed(value, this.#type(entry!.type)));
      }
      case Op.StackValue:
        this.#location = { kind: 'bytes', bytes: toBytes(this.#pop()) };
        return;
      case Op.ImplicitValue:
        this.#location = { kind: 'bytes', bytes: cursor.block(cursor.uleb()) };
        return;
      case Op.Piece:
        return this.#pieceOf(cursor.uleb() * 8, 0);
      case Op.BitPiece:
        return this.#pieceOf(cursor.uleb(), cursor.uleb());
      case Op.Nop:
      case Op.GnuUninit:
        return;
      case Op.ImplicitPointer:
      case Op.GnuImplicitPointer:
        throw new Unavailable(`${OPTIMISED_OUT} (it points to something that is not in memory)`);
      case Op.GnuParameterRef:
      case Op.GnuVariableValue:
        throw new Unavailable(OPTIMISED_OUT);
      case Op.PushObjectAddress:
      case Op.Call2:
      case Op.Call4:
      case Op.CallRef:
        throw new Unavailable('its place is computed in a way that is not supported');
      case Op.Xderef:
      case Op.XderefSize:
      case Op.XderefType:
        throw new Unavailable('it is in another address space');
      default:
        throw new Damaged(`a location expression has the unknown operation 0x${op.toString(16)}`);
    }
  }

  #pick(index: number): void {
    const value = this.#stack[this.#stack.length - 1 - index];
    if (value === undefined) throw new Damaged('a location expression takes more than it computed');
    this.#push(value);
  }

  #indexed(index: number): number {
    if (this.context.unit === undefined) throw new Damaged('an expression uses an address table it has none of');
    return this.context.unit.indexedAddress(index);
  }

  #frameBase(): bigint {
    const base = this.context.frameBase?.();
    switch (base?.kind) {
      case undefined:
        throw new Damaged('a variable is relative to a frame that its function does not describe');
      case 'memory':
        return base.exact;
      case 'register':
        return this.#register(base.register);
      case 'unavailable':
        throw new Unavailable(base.reason);
      default:
        throw new Damaged('a function’s frame base is not a place');
    }
  }
}

/** The register that an expression names and does nothing else; `type` is the offset of a base type, or 0. */
export function registerOf(expression: Uint8Array): { readonly register: number; readonly type: number } | undefined {
  const cursor = new ByteCursor(expression, 'a location expression');
  const op = cursor.u8();
  let register: number;
  let type = 0;
  if (op >= (Op.Reg0 as number) && op <= (Op.Reg31 as number)) register = op - Op.Reg0;
  else if (op === (Op.Regx as number)) register = cursor.uleb();
  else if (op === (Op.RegvalType as number) || op === (Op.GnuRegvalType as number)) {
    register = cursor.uleb();
    type = cursor.uleb();
  } else return undefined;
  return cursor.done ? { register, type } : undefined;
}

/** Where few bytes become a number: to make a view for each costs more than the rest. */
const FEW = new Uint8Array(8);
const FEW_VIEW = new DataView(FEW.buffer);

/** Little-endian bytes as an unsigned number. */
export function fromBytes(bytes: Uint8Array): bigint {
  if (bytes.length <= 8) {
    FEW.fill(0);
    FEW.set(bytes);
    return FEW_VIEW.getBigUint64(0, true);
  }
  let value = 0n;
  for (let index = bytes.length - 1; index >= 0; index--) value = (value << 8n) | BigInt(bytes[index]);
  return value;
}

function toBytes({ bits, type }: StackValue): Uint8Array {
  const bytes = new Uint8Array(type?.size ?? 8);
  for (let index = 0; index < bytes.length; index++) bytes[index] = Number((bits >> BigInt(index * 8)) & 0xffn);
  return bytes;
}
