import { virtAddr, type AddressRange } from '../memory/address.ts';

/** A part of the address space. Held by whoever lives in it or has it reserved, and free when nobody does. */
export interface Slot {
  readonly index: number;
  readonly range: AddressRange;
}

/** The user half of the address space, cut into slots of one size; the first one lacks what `range` leaves out. */
export class Slots {
  readonly #range: AddressRange;
  readonly #size: number;
  readonly #holders = new Map<number, { readonly slot: Slot; count: number }>();

  /** @param size bytes of a slot. */
  constructor(range: AddressRange, size: number) {
    this.#range = range;
    this.#size = size;
  }

  get count(): number {
    return Math.floor(this.#range.end / this.#size);
  }

  /** The slots that somebody holds, by index. */
  used(): Slot[] {
    return [...this.#holders.values()].map(({ slot }) => slot).sort((a, b) => a.index - b.index);
  }

  /** The lowest free slot, held once; `undefined` when all are in use. */
  take(): Slot | undefined {
    let index = 0;
    while (this.#holders.has(index)) index++;
    const start = Math.max(index * this.#size, this.#range.start);
    const end = (index + 1) * this.#size;
    if (index >= this.count) return undefined;
    const slot: Slot = { index, range: { start: virtAddr(start), end: virtAddr(end) } };
    this.#holders.set(index, { slot, count: 1 });
    return slot;
  }

  hold(slot: Slot): void {
    this.#holders.get(slot.index)!.count++;
  }

  release({ index }: Slot): void {
    const held = this.#holders.get(index);
    if (!held) throw new Error(`slot ${index} was released more often than held`);
    if (--held.count === 0) this.#holders.delete(index);
  }
}
