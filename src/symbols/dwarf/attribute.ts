import { Damaged } from '../byte-cursor.ts';
import type { ByteCursor } from '../byte-cursor.ts';
import { Form } from './constants.ts';
import type { Widths } from './abbreviations.ts';

/** An attribute's value by class (DWARF 5, 7.5.5). Indices are not yet looked up: their bases belong to the unit. */
export type AttributeValue =
  | { readonly kind: 'address'; readonly address: number }
  | { readonly kind: 'address index'; readonly index: number }
  /** `exact` keeps all 64 bits; `value` is the same as a double. `signed` when the form says so. */
  | { readonly kind: 'constant'; readonly value: number; readonly exact: bigint; readonly size: number }
  | { readonly kind: 'text'; readonly text: string }
  | { readonly kind: 'text offset'; readonly section: 'str' | 'line_str'; readonly offset: number }
  | { readonly kind: 'text index'; readonly index: number }
  | { readonly kind: 'block'; readonly bytes: Uint8Array; readonly isExpression: boolean }
  | { readonly kind: 'flag'; readonly value: boolean }
  /** An offset in .debug_info. */
  | { readonly kind: 'reference'; readonly offset: number }
  | { readonly kind: 'signature'; readonly signature: bigint }
  | { readonly kind: 'section offset'; readonly offset: number }
  | { readonly kind: 'list index'; readonly list: 'rnglists' | 'loclists'; readonly index: number }
  /** Something in a supplementary file, which is not read. */
  | { readonly kind: 'elsewhere' };

/** Reads one value. `unitStart` is the offset that references within a unit count from. */
export function readAttribute(
  cursor: ByteCursor,
  form: Form,
  implicit: number,
  widths: Widths,
  unitStart: number,
): AttributeValue {
  switch (form) {
    case Form.Addr:
      return { kind: 'address', address: cursor.unsigned(widths.addressSize) };
    case Form.Data1:
      return constant(cursor.u8(), 1);
    case Form.Data2:
      return constant(cursor.u16(), 2);
    case Form.Data4: {
      const value = cursor.u32();
      // Before DWARF 4 this form also carried section offsets; which one it is depends on the attribute.
      return constant(value, 4);
    }
    case Form.Data8: {
      const exact = cursor.u64Exact();
      return { kind: 'constant', value: Number(exact), exact, size: 8 };
    }
    case Form.Data16:
      return { kind: 'block', bytes: cursor.block(16), isExpression: false };
    case Form.Udata: {
      const exact = cursor.ulebExact();
      return { kind: 'constant', value: Number(exact), exact, size: 8 };
    }
    case Form.Sdata: {
      const exact = cursor.slebExact();
      return { kind: 'constant', value: Number(exact), exact, size: 8 };
    }
    case Form.ImplicitConst:
      return { kind: 'constant', value: implicit, exact: toExact(implicit), size: 8 };
    case Form.Block1:
      return { kind: 'block', bytes: cursor.block(cursor.u8()), isExpression: false };
    case Form.Block2:
      return { kind: 'block', bytes: cursor.block(cursor.u16()), isExpression: false };
    case Form.Block4:
      return { kind: 'block', bytes: cursor.block(cursor.u32()), isExpression: false };
    case Form.Block:
      return { kind: 'block', bytes: cursor.block(cursor.uleb()), isExpression: false };
    case Form.Exprloc:
      return { kind: 'block', bytes: cursor.block(cursor.uleb()), isExpression: true };
    case Form.String:
      return { kind: 'text', text: cursor.text() };
    case Form.Strp:
      return { kind: 'text offset', section: 'str', offset: cursor.unsigned(widths.offsetSize) };
    case Form.LineStrp:
      return { kind: 'text offset', section: 'line_str', offset: cursor.unsigned(widths.offsetSize) };
    case Form.Strx:
    case Form.GnuStrIndex:
      return { kind: 'text index', index: cursor.uleb() };
    case Form.Strx1:
      return { kind: 'text index', index: cursor.u8() };
    case Form.Strx2:
      return { kind: 'text index', index: cursor.u16() };
    case Form.Strx3:
      return { kind: 'text index', index: cursor.u16() + cursor.u8() * 0x10000 };
    case Form.Strx4:
      return { kind: 'text index', index: cursor.u32() };
    case Form.Flag:
      return { kind: 'flag', value: cursor.u8() !== 0 };
    case Form.FlagPresent:
      return { kind: 'flag', value: true };
    case Form.Ref1:
      return { kind: 'reference', offset: unitStart + cursor.u8() };
    case Form.Ref2:
      return { kind: 'reference', offset: unitStart + cursor.u16() };
    case Form.Ref4:
      return { kind: 'reference', offset: unitStart + cursor.u32() };
    case Form.Ref8:
      return { kind: 'reference', offset: unitStart + cursor.u64() };
    case Form.RefUdata:
      return { kind: 'reference', offset: unitStart + cursor.uleb() };
    case Form.RefAddr:
      return {
        kind: 'reference',
        offset: cursor.unsigned(widths.version <= 2 ? widths.addressSize : widths.offsetSize),
      };
    case Form.RefSig8:
      return { kind: 'signature', signature: cursor.u64Exact() };
    case Form.SecOffset:
      return { kind: 'section offset', offset: cursor.unsigned(widths.offsetSize) };
    case Form.Addrx:
    case Form.GnuAddrIndex:
      return { kind: 'address index', index: cursor.uleb() };
    case Form.Addrx1:
      return { kind: 'address index', index: cursor.u8() };
    case Form.Addrx2:
      return { kind: 'address index', index: cursor.u16() };
    case Form.Addrx3:
      return { kind: 'address index', index: cursor.u16() + cursor.u8() * 0x10000 };
    case Form.Addrx4:
      return { kind: 'address index', index: cursor.u32() };
    case Form.Loclistx:
      return { kind: 'list index', list: 'loclists', index: cursor.uleb() };
    case Form.Rnglistx:
      return { kind: 'list index', list: 'rnglists', index: cursor.uleb() };
    case Form.RefSup4:
      cursor.take(4);
      return { kind: 'elsewhere' };
    case Form.RefSup8:
      cursor.take(8);
      return { kind: 'elsewhere' };
    case Form.StrpSup:
    case Form.GnuRefAlt:
    case Form.GnuStrpAlt:
      cursor.take(widths.offsetSize);
      return { kind: 'elsewhere' };
    case Form.Indirect: {
      const actual: Form = cursor.uleb();
      if (actual === Form.Indirect || actual === Form.ImplicitConst)
        throw new Damaged(`.debug_info has an indirect form 0x${(actual as number).toString(16)}`);
      return readAttribute(cursor, actual, 0, widths, unitStart);
    }
    default:
      throw new Damaged(`it uses the unknown DWARF form 0x${(form as number).toString(16)}`);
  }
}

/** Moves over one value without building it. */
export function skipAttribute(cursor: ByteCursor, form: Form, widths: Widths): void {
  switch (form) {
    case Form.FlagPresent:
    case Form.ImplicitConst:
      return;
    case Form.Data1:
    case Form.Flag:
    case Form.Ref1:
    case Form.Strx1:
    case Form.Addrx1:
      cursor.take(1);
      return;
    case Form.Data2:
    case Form.Ref2:
    case Form.Strx2:
    case Form.Addrx2:
      cursor.take(2);
      return;
    case Form.Data4:
    case Form.Ref4:
      cursor.take(4);
      return;
    case Form.Data8:
    case Form.Ref8:
      cursor.take(8);
      return;
    case Form.Addr:
      cursor.take(widths.addressSize);
      return;
    case Form.SecOffset:
    case Form.Strp:
    case Form.LineStrp:
      cursor.take(widths.offsetSize);
      return;
    case Form.Udata:
    case Form.Sdata:
    case Form.RefUdata:
    case Form.Strx:
    case Form.Addrx:
    case Form.GnuStrIndex:
    case Form.GnuAddrIndex:
    case Form.Loclistx:
    case Form.Rnglistx:
      cursor.uleb();
      return;
    case Form.Exprloc:
    case Form.Block:
      cursor.take(cursor.uleb());
      return;
    case Form.Block1:
      cursor.take(cursor.u8());
      return;
    case Form.String:
      cursor.skipText();
      return;
    default:
      readAttribute(cursor, form, 0, widths, 0);
  }
}

function constant(value: number, size: number): AttributeValue {
  return { kind: 'constant', value, exact: BigInt(value), size };
}

function toExact(value: number): bigint {
  return Number.isInteger(value) ? BigInt(value) : 0n;
}
