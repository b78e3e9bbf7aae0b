/**
 * Input that contradicts its own format: an offset past the end, an unknown form, a loop. It is thrown while a part of a
 * file is being read and caught where that part can be left out, so it never reaches a caller of this room.
 */
export class Damaged extends Error {
  override readonly name = 'Damaged';
}

/**
 * The steps that one question to a symbol file may take. Hostile input can make a small file refer to the same bytes over
 * and over; every reader pays for what it visits, so that such a file costs at most a fixed multiple of its size.
 */
export class Effort {
  #left: number;
  #spentBefore = 0;

  constructor(private allowance: number) {
    this.#left = allowance;
  }

  /** Steps since the file was loaded, for tests that bound the work. */
  get spent(): number {
    return this.#spentBefore + this.allowance - this.#left;
  }

  /** Whether the current question has used up its allowance; loops over many parts stop then. */
  get exhausted(): boolean {
    return this.#left < 0;
  }

  /** Starts a new question with the whole allowance. */
  renew(): void {
    this.#spentBefore += this.allowance - this.#left;
    this.#left = this.allowance;
  }

  /** Allows more for every question from now on: another file has to be read. */
  extend(steps: number): void {
    this.allowance += steps;
    this.#left += steps;
  }

  spend(steps: number): void {
    this.#left -= steps;
    if (this.#left < 0) throw new Damaged('it needs more work than a file of its size can be worth');
  }
}

const utf8 = new TextDecoder('utf-8');

/** Text up to the first NUL at or after `start`; the end of the bytes ends it too. */
export function cString(bytes: Uint8Array, start: number): string {
  let end = bytes.indexOf(0, start);
  if (end < 0) end = bytes.length;
  if (end - start > 64) return utf8.decode(bytes.subarray(start, end));
  let text = '';
  for (let at = start; at < end; at++) {
    const byte = bytes[at];
    if (byte >= 0x80) return utf8.decode(bytes.subarray(start, end));
    text += String.fromCharCode(byte);
  }
  return text;
}

/** Reads little-endian values in order and never past `end`; every shortage is {@link Damaged}, named after the section. */
export class ByteCursor {
  at: number;
  readonly #view: DataView;

  /** @param bytes the whole section; `start` and `end` are offsets in it. */
  constructor(
    readonly bytes: Uint8Array,
    readonly section: string,
    start = 0,
    readonly end = bytes.length,
  ) {
    if (start < 0 || end > bytes.length || start > end)
      throw new Damaged(`${section} has no offset 0x${start.toString(16)}`);
    this.at = start;
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  }

  get done(): boolean {
    return this.at >= this.end;
  }

  /** Moves over `length` bytes and returns where they start. */
  take(length: number): number {
    const start = this.at;
    if (!(length >= 0 && length <= this.end - start))
      throw new Damaged(`${this.section} ends inside a value at 0x${start.toString(16)}`);
    this.at = start + length;
    return start;
  }

  u8(): number {
    return this.#view.getUint8(this.take(1));
  }

  s8(): number {
    return this.#view.getInt8(this.take(1));
  }

  u16(): number {
    return this.#view.getUint16(this.take(2), true);
  }

  s16(): number {
    return this.#view.getInt16(this.take(2), true);
  }

  u32(): number {
    return this.#view.getUint32(this.take(4), true);
  }

  s32(): number {
    return this.#view.getInt32(this.take(4), true);
  }

  /** As a double: exact below 2^53, which covers every file offset and user address. */
  u64(): number {
    const start = this.take(8);
    return this.#view.getUint32(start, true) + this.#view.getUint32(start + 4, true) * 0x1_0000_0000;
  }

  u64Exact(): bigint {
    return this.#view.getBigUint64(this.take(8), true);
  }

  s64Exact(): bigint {
    return this.#view.getBigInt64(this.take(8), true);
  }

  /** An unsigned value of 1, 2, 4 or 8 bytes. */
  unsigned(size: number): number {
    switch (size) {
      case 1:
        return this.u8();
      case 2:
        return this.u16();
      case 4:
        return this.u32();
      case 8:
        return this.u64();
      default:
        throw new Damaged(`${this.section} has a value of ${size} bytes`);
    }
  }

  /** ULEB128 as a double (exact below 2^53). */
  uleb(): number {
    let value = 0;
    let scale = 1;
    for (let count = 0; count < 16; count++) {
      const byte = this.u8();
      value += (byte & 0x7f) * scale;
      if (byte < 0x80) return value;
      scale *= 128;
    }
    throw new Damaged(`${this.section} has a number that does not end at 0x${this.at.toString(16)}`);
  }

  ulebExact(): bigint {
    let value = 0n;
    for (let shift = 0n; shift < 112n; shift += 7n) {
      const byte = this.u8();
      value |= BigInt(byte & 0x7f) << shift;
      if (byte < 0x80) return BigInt.asUintN(64, value);
    }
    throw new Damaged(`${this.section} has a number that does not end at 0x${this.at.toString(16)}`);
  }

  slebExact(): bigint {
    let value = 0n;
    for (let shift = 0n; shift < 112n; shift += 7n) {
      const byte = this.u8();
      value |= BigInt(byte & 0x7f) << shift;
      if (byte < 0x80) return BigInt.asIntN(64, byte & 0x40 ? value - (1n << (shift + 7n)) : value);
    }
    throw new Damaged(`${this.section} has a number that does not end at 0x${this.at.toString(16)}`);
  }

  /** SLEB128 as a double (exact within 2^53). */
  sleb(): number {
    let value = 0;
    let scale = 1;
    for (let count = 0; count < 16; count++) {
      const byte = this.u8();
      value += (byte & 0x7f) * scale;
      scale *= 128;
      if (byte < 0x80) return byte & 0x40 ? value - scale : value;
    }
    throw new Damaged(`${this.section} has a number that does not end at 0x${this.at.toString(16)}`);
  }

  /** A view of the next `length` bytes. */
  block(length: number): Uint8Array {
    const start = this.take(length);
    return this.bytes.subarray(start, start + length);
  }

  /** The text up to the next NUL, which must be there. */
  text(): string {
    const end = this.bytes.indexOf(0, this.at);
    if (end < 0 || end >= this.end) throw new Damaged(`${this.section} ends inside a name`);
    const text = cString(this.bytes, this.at);
    this.at = end + 1;
    return text;
  }

  skipText(): void {
    const end = this.bytes.indexOf(0, this.at);
    if (end < 0 || end >= this.end) throw new Damaged(`${this.section} ends inside a name`);
    this.at = end + 1;
  }
}
