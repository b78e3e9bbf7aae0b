import type { ReadMemory } from './frame.ts';
import { stringText } from './scalar.ts';
import type { Storage } from './storage.ts';
import { sizeOf } from './type.ts';
import type { Type } from './type.ts';

/** Characters, not bytes. */
const LONGEST_STRING = 200;

/** In C they are names for integers; in C++ types of their own. */
const WIDE_CHARACTERS: ReadonlySet<string> = new Set(['wchar_t', 'char16_t', 'char32_t']);

/** Bytes of one code unit if the type is a character's: `char`, `char16_t`, `wchar_t`, … */
export function unitSize(type: Type): 1 | 2 | 4 | undefined {
  if (type.kind === 'qualified') return unitSize(type.target);
  if (type.kind === 'typedef') {
    const size = WIDE_CHARACTERS.has(type.name) ? sizeOf(type) : undefined;
    return size === 2 || size === 4 ? size : unitSize(type.target);
  }
  if (type.kind !== 'base') return undefined;
  const { size, encoding, name } = type;
  if (size === 1)
    return encoding === 'signed char' || encoding === 'unsigned char' || encoding === 'utf' || name === 'char8_t'
      ? 1
      : undefined;
  if (size !== 2 && size !== 4) return undefined;
  return encoding === 'utf' || name === 'wchar_t' ? size : undefined;
}

/** Text up to its NUL, in small reads since the next page may not be there; undefined when nothing can be read. */
export function pointedText(address: number, unit: 1 | 2 | 4, read: ReadMemory): string | undefined {
  const bytes: number[] = [];
  for (let at = address; ;) {
    const toAligned = 32 - (at % 32);
    const chunk = Number.isSafeInteger(at) ? read(at, toAligned) : undefined;
    if (chunk === undefined) return bytes.length < unit ? undefined : unitsText(bytes, unit, true);
    bytes.push(...chunk);
    const end = endOf(bytes, unit);
    if (end !== undefined) return unitsText(bytes.slice(0, end), unit, false);
    if (bytes.length >= LONGEST_STRING * unit) return unitsText(bytes, unit, true);
    at += toAligned;
  }
}

/**
 * An array of characters, up to its NUL.
 * @param areBytes whether it goes on behind a NUL that is followed by something else.
 */
export function charactersText(count: number, unit: 1 | 2 | 4, storage: Storage, areBytes: boolean): string {
  const bytes = areBytes ? storage.read(0, Math.min(count, LONGEST_STRING) * unit) : undefined;
  const end = bytes && !('unavailable' in bytes) ? endOf(bytes, unit) : undefined;
  const isCut = end !== undefined && (bytes as Uint8Array).subarray(end).some((byte) => byte !== 0);
  if (!isCut) return textOf(count, unit, storage, true);
  const last = (bytes as Uint8Array).findLastIndex((byte) => byte !== 0) + 1;
  return textOf(count > LONGEST_STRING ? count : last, unit, storage);
}

/** Text of a known length, NULs included. */
export function textOf(count: number, unit: 1 | 2 | 4, storage: Storage, endsAtNul = false): string {
  const length = Math.min(count, LONGEST_STRING);
  const bytes = storage.read(0, length * unit);
  if ('unavailable' in bytes) return `<${bytes.unavailable}>`;
  const end = endsAtNul ? endOf(bytes, unit) : undefined;
  return unitsText(end === undefined ? bytes : bytes.subarray(0, end), unit, end === undefined && count > length);
}

function endOf(bytes: ArrayLike<number>, unit: number): number | undefined {
  for (let at = 0; at + unit <= bytes.length; at += unit) {
    let isZero = true;
    for (let index = at; index < at + unit; index++) if (bytes[index] !== 0) isZero = false;
    if (isZero) return at;
  }
  return undefined;
}

function unitsText(all: ArrayLike<number>, unit: 1 | 2 | 4, isCut: boolean): string {
  const whole = Uint8Array.from(all);
  const bytes = whole.subarray(0, Math.min(LONGEST_STRING * unit, whole.length - (whole.length % unit)));
  const isShort = isCut || whole.length > LONGEST_STRING * unit;
  if (unit === 1) return stringText(bytes, isShort);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  let text = '';
  for (let at = 0; at < bytes.length; at += unit) {
    const code = unit === 2 ? view.getUint16(at, true) : view.getUint32(at, true);
    text += unit === 2 ? String.fromCharCode(code) : code <= 0x10ffff ? String.fromCodePoint(code) : '\ufffd';
  }
  return stringText(new TextEncoder().encode(text), isShort);
}
