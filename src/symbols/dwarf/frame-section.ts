import { ByteCursor, Damaged } from '../byte-cursor.ts';
import type { Effort } from '../byte-cursor.ts';
import { RangeIndex } from '../range-index.ts';
import type { AddressRange } from '../range-index.ts';
import type { Warnings } from '../warnings.ts';
import { PointerEncoding } from './constants.ts';

/** A common information entry (DWARF 5, 6.4.1). */
export interface CommonFrame {
  readonly codeAlignment: number;
  readonly dataAlignment: number;
  readonly returnRegister: number;
  /** Augmentation `S`: the frame was interrupted by a signal, so its pc is not a return address. */
  readonly isSignalFrame: boolean;
  readonly hasAugmentationBlock: boolean;
  readonly pointerEncoding: number;
  readonly initial: FrameInstructions;
}

/** Call frame instructions: [start, end) of a section. */
export interface FrameInstructions {
  readonly start: number;
  readonly end: number;
}

/** A frame description entry: how to unwind from the addresses [low, high). */
export interface FrameDescription extends AddressRange {
  readonly section: FrameSection;
  readonly common: CommonFrame;
  readonly instructions: FrameInstructions;
}

/** `.debug_frame`, or `.eh_frame` (LSB, "The .eh_frame section"), whose entries differ in a few places. */
export class FrameSection {
  readonly #common = new Map<number, CommonFrame | undefined>();
  #descriptions: RangeIndex<FrameDescription> | undefined;

  /** @param address where the linker put the section: pointers in .eh_frame count from their own place. */
  constructor(
    private readonly bytes: Uint8Array,
    private readonly name: '.debug_frame' | '.eh_frame',
    private readonly address: number,
    private readonly effort: Effort,
    private readonly warnings: Warnings,
    private readonly isCode: (address: number) => boolean,
  ) {}

  /** How to unwind from `address`. All entries are indexed on the first question. */
  find(address: number): FrameDescription | undefined {
    return (this.#descriptions ??= this.#index()).find(address)?.item;
  }

  cursor(start: number, end?: number): ByteCursor {
    return new ByteCursor(this.bytes, this.name, start, end);
  }

  /** A pointer in one of the encodings of .eh_frame; a plain address has the encoding 0. */
  pointer(cursor: ByteCursor, encoding: number): number {
    const at = cursor.at;
    const value = this.#pointerValue(cursor, encoding);
    switch ((encoding & 0x70) as PointerEncoding | 0) {
      case 0:
        return value;
      case PointerEncoding.PcRelative:
        return this.address + at + value;
      default:
        throw new Damaged(`${this.name} has a pointer relative to a base that Linux programs do not use`);
    }
  }

  #pointerValue(cursor: ByteCursor, encoding: number): number {
    if (encoding & PointerEncoding.Indirect) throw new Damaged(`${this.name} has an indirect code pointer`);
    switch ((encoding & 0x0f) as PointerEncoding | 0) {
      case 0:
      case PointerEncoding.Udata8:
        return cursor.u64();
      case PointerEncoding.Uleb128:
        return cursor.uleb();
      case PointerEncoding.Udata2:
        return cursor.u16();
      case PointerEncoding.Udata4:
        return cursor.u32();
      case PointerEncoding.Sleb128:
        return cursor.sleb();
      case PointerEncoding.Sdata2:
        return cursor.s16();
      case PointerEncoding.Sdata4:
        return cursor.s32();
      case PointerEncoding.Sdata8:
        return Number(cursor.s64Exact());
      default:
        throw new Damaged(`${this.name} has the unknown pointer encoding 0x${encoding.toString(16)}`);
    }
  }

  #index(): RangeIndex<FrameDescription> {
    const found: (AddressRange & { item: FrameDescription })[] = [];
    const cursor = this.cursor(0);
    let damage: string | undefined;
    while (!cursor.done && !this.effort.exhausted)
      try {
        const entry = this.#entry(cursor);
        if (entry !== undefined && this.isCode(entry.low))
          found.push({ low: entry.low, high: entry.high, item: entry });
      } catch (error) {
        if (!(error instanceof Damaged)) throw error;
        damage ??= error.message;
        // The cursor stands after the entry unless not even its length could be read.
        if (cursor.end - cursor.at < 4) break;
      }
    if (damage !== undefined)
      this.warnings.add(`The unwinding tables are damaged, so call stacks may be short: ${damage}.`);
    return new RangeIndex(found);
  }

  /** Reads one entry and leaves the cursor behind it, even when the entry is of no use. */
  #entry(outer: ByteCursor): FrameDescription | undefined {
    this.effort.spend(1);
    const { body, idAt, id, offsetSize } = this.#head(outer);
    if (body === undefined) return undefined;
    const isCommon = this.name === '.eh_frame' ? id === 0 : offsetSize === 8 ? id >= 2 ** 63 : id === 0xffff_ffff;
    if (isCommon) return undefined;
    const commonAt = this.name === '.eh_frame' ? idAt - id : id;
    const common = this.#commonAt(commonAt);
    if (common === undefined) throw new Damaged(`${this.name} has an entry without its common part`);
    const low = this.pointer(body, common.pointerEncoding);
    // The length has the format of the pointer, but counts from nothing.
    const length = this.#pointerValue(body, common.pointerEncoding & 0x0f);
    if (common.hasAugmentationBlock) body.take(body.uleb());
    const instructions = { start: body.at, end: body.end };
    return { section: this, common, low, high: low + length, instructions };
  }

  /** Reads length and id, and moves `outer` past the entry. `body` is undefined for the terminator. */
  #head(outer: ByteCursor): { body: ByteCursor | undefined; idAt: number; id: number; offsetSize: 4 | 8 } {
    let length = outer.u32();
    let offsetSize: 4 | 8 = 4;
    if (length === 0) return { body: undefined, idAt: outer.at, id: 0, offsetSize };
    if (length === 0xffff_ffff) {
      length = outer.u64();
      offsetSize = 8;
    }
    const start = outer.take(length);
    const body = this.cursor(start, start + length);
    // The id of .eh_frame has four bytes even in the 64-bit format.
    const id = this.name === '.eh_frame' ? body.u32() : body.unsigned(offsetSize);
    return { body, idAt: start, id, offsetSize };
  }

  #commonAt(offset: number): CommonFrame | undefined {
    if (this.#common.has(offset)) return this.#common.get(offset);
    this.#common.set(offset, undefined);
    const common = this.#readCommon(offset);
    this.#common.set(offset, common);
    return common;
  }

  #readCommon(offset: number): CommonFrame {
    const { body } = this.#head(this.cursor(offset));
    if (body === undefined) throw new Damaged(`${this.name} has an empty common entry`);
    this.effort.spend(1);
    const version = body.u8();
    if (version !== 1 && version !== 3 && version !== 4) throw new Damaged(`${this.name} has version ${version}`);
    const augmentation = body.text();
    if (version >= 4) {
      const addressSize = body.u8();
      if (addressSize !== 8 || body.u8() !== 0) throw new Damaged(`${this.name} has addresses of ${addressSize} bytes`);
    }
    const codeAlignment = body.uleb();
    const dataAlignment = body.sleb();
    const returnRegister = version === 1 ? body.u8() : body.uleb();
    let pointerEncoding = 0;
    const hasAugmentationBlock = augmentation.startsWith('z');
    if (hasAugmentationBlock) {
      const block = this.cursor(body.take(body.uleb()), body.at);
      for (const letter of augmentation.slice(1))
        if (letter === 'R') pointerEncoding = block.u8();
        else if (letter === 'P') this.#pointerValue(block, block.u8() & 0x0f);
        else if (letter === 'L') block.take(1);
        // `S` and `B` have no operand; after an unknown letter the rest cannot be told apart.
        else if (letter !== 'S' && letter !== 'B') break;
    } else if (augmentation !== '') throw new Damaged(`${this.name} has the unknown augmentation “${augmentation}”`);
    return {
      codeAlignment,
      dataAlignment,
      returnRegister,
      isSignalFrame: augmentation.includes('S'),
      hasAugmentationBlock,
      pointerEncoding,
      initial: { start: body.at, end: body.end },
    };
  }
}
