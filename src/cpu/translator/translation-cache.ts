import type { VirtAddr } from '../../memory/address.ts';
import type { Mmu } from '../../memory/mmu.ts';
import {
  ENTERED,
  JUMP_CACHE,
  JUMP_CACHE_ENTRIES,
  JUMP_CACHE_ENTRY_SIZE,
  LINKS_PER_SLOT,
  TABLE_SIZE,
  jumpCacheEntry,
  linkAddress,
} from './layout.ts';
import type { Entry, Translation } from './translation.ts';

/**
 * The translations that exist, at most one for each slot of the table. They are found by physical address, and hence
 * shared by all address spaces that execute the same frames; each checks itself, through the execute TLB, that the
 * pages of its region are mapped as they were. Links and the jump cache need no such care: what they lead to checks.
 */
export class TranslationCache {
  readonly table: WebAssembly.Table;
  readonly #mmu: Mmu;
  /** Called with the physical address of each entry that came or went. */
  readonly #onEntryChanged: (physical: number) => void;
  readonly #bySlot = new Array<Translation | undefined>(TABLE_SIZE).fill(undefined);
  readonly #entries = new Map<number, Entry[]>();
  readonly #byFrame = new Map<number, Set<Translation>>();
  readonly #free: number[] = [];
  /** The next slot that eviction looks at. */
  #hand = 1;
  evictions = 0;

  constructor(mmu: Mmu, onEntryChanged: (physical: number) => void) {
    this.#mmu = mmu;
    this.#onEntryChanged = onEntryChanged;
    this.table = new WebAssembly.Table({ initial: TABLE_SIZE, maximum: TABLE_SIZE, element: 'anyfunc' });
    // Slot 0 stays empty: a target of 0 is none.
    for (let slot = TABLE_SIZE - 1; slot > 0; slot--) this.#free.push(slot);
    const { i32 } = mmu.frames.memory;
    for (let k = 0; k < JUMP_CACHE_ENTRIES; k++) i32[(JUMP_CACHE + k * JUMP_CACHE_ENTRY_SIZE) >>> 2] = -1;
  }

  get size(): number {
    return TABLE_SIZE - 1 - this.#free.length;
  }

  bySlot(slot: number): Translation {
    return this.#bySlot[slot]!;
  }

  /** The entry at an address in a frame, if there is one. */
  find(va: number, physical: number): Entry | undefined {
    const entries = this.#entries.get(physical);
    if (!entries) return undefined;
    for (const entry of entries) if (entry.va === va) return entry;
    return undefined;
  }

  has(translation: Translation): boolean {
    return this.#bySlot[translation.slot] === translation;
  }

  /** Whether a translation was asked for at an address. */
  isHead(va: VirtAddr, physical: number): boolean {
    return this.find(va, physical)?.translation.heads.includes(va) ?? false;
  }

  /** A translation that has a block at an address where it cannot be entered. */
  around(va: VirtAddr): Translation | undefined {
    return this.#bySlot.find((translation) => translation?.starts.has(va));
  }

  hasEntryAt(physical: number): boolean {
    return this.#entries.has(physical);
  }

  /** A slot for a new translation. When all are taken, one that was not entered lately gives up its own. */
  takeSlot(): number {
    const free = this.#free.pop();
    if (free !== undefined) return free;
    const { u8 } = this.#mmu.frames.memory;
    for (;;) {
      const slot = this.#hand;
      this.#hand = slot === TABLE_SIZE - 1 ? 1 : slot + 1;
      if (u8[ENTERED + slot]) {
        u8[ENTERED + slot] = 0;
        continue;
      }
      this.evictions++;
      this.drop(this.#bySlot[slot]!);
      return this.#free.pop()!;
    }
  }

  returnSlot(slot: number): void {
    this.#free.push(slot);
  }

  /** Adds a translation whose function is in the table. Its entries come before those of older ones. */
  add(translation: Translation): void {
    this.#bySlot[translation.slot] = translation;
    for (const { frame } of translation.pages) {
      let users = this.#byFrame.get(frame);
      if (!users) this.#byFrame.set(frame, (users = new Set()));
      users.add(translation);
      this.#mmu.markCode(frame);
    }
    for (const entry of translation.entries) {
      const others = this.#entries.get(entry.physical);
      if (others) others.unshift(entry);
      else this.#entries.set(entry.physical, [entry]);
      this.cacheJump(entry);
      this.#onEntryChanged(entry.physical);
    }
  }

  /** Drops the older translations whose heads are all in this one. */
  dropCovered(translation: Translation): void {
    const covered = new Set<Translation>();
    for (const { va, physical } of translation.entries)
      for (const entry of this.#entries.get(physical)!)
        if (entry.va === va && entry.translation !== translation) covered.add(entry.translation);
    for (const other of covered) if (other.heads.every((head) => translation.starts.has(head))) this.drop(other);
  }

  /** Makes the exit at a link lead to an entry from now on. */
  connect(link: number, entry: Entry): void {
    this.#mmu.frames.memory.i32[link >>> 2] = entry.target;
    entry.translation.incoming.add(link);
  }

  /** Makes indirect jumps to an entry find it. */
  cacheJump({ va, target }: Entry): void {
    const { i32 } = this.#mmu.frames.memory;
    const at = jumpCacheEntry(va | 0) >>> 2;
    i32[at] = va | 0;
    i32[at + 1] = Math.floor(va / 0x1_0000_0000);
    i32[at + 2] = target;
  }

  drop(translation: Translation): void {
    const { slot } = translation;
    if (this.#bySlot[slot] !== translation) return;
    const { i32, u8 } = this.#mmu.frames.memory;
    this.#bySlot[slot] = undefined;
    this.table.set(slot, null);
    this.#free.push(slot);
    u8[ENTERED + slot] = 0;
    for (const link of translation.incoming) if (i32[link >>> 2] >>> 16 === slot) i32[link >>> 2] = 0;
    const links = linkAddress(slot, 0) >>> 2;
    i32.fill(0, links, links + LINKS_PER_SLOT);
    for (const { frame } of translation.pages) this.#byFrame.get(frame)?.delete(translation);
    for (const entry of translation.entries) {
      const at = jumpCacheEntry(entry.va | 0) >>> 2;
      if (i32[at + 2] === entry.target) i32[at] = -1;
      const entries = this.#entries.get(entry.physical)!.filter((other) => other !== entry);
      if (entries.length > 0) this.#entries.set(entry.physical, entries);
      else this.#entries.delete(entry.physical);
      this.#onEntryChanged(entry.physical);
    }
  }

  /** Drops what was translated from a frame. */
  dropFrame(frame: number): void {
    const users = this.#byFrame.get(frame);
    if (!users) return;
    this.#byFrame.delete(frame);
    for (const translation of users) this.drop(translation);
  }

  /** Drops every translation that was made from the page of an address. */
  dropPage(va: VirtAddr): void {
    for (const translation of this.#bySlot)
      if (translation?.pages.some((page) => va >= page.va && va < page.va + 4096)) this.drop(translation);
  }
}
