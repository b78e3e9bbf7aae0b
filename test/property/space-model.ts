import { PAGE_SIZE } from '../../src/memory/address.ts';
import { Access } from '../../src/memory/mmu.ts';
import { Pte } from '../../src/memory/pte.ts';
import type { FaultCause } from '../../src/platform/fault.ts';
import type { Mapping } from '../../src/platform/mapping.ts';

/** A memory object as bytes. */
export class ModelObject {
  readonly pages: Uint8Array[] = [];

  constructor(
    readonly size: number,
    read: (offset: number, into: Uint8Array) => void,
  ) {
    for (let offset = 0; offset < size; offset += PAGE_SIZE) {
      const page = new Uint8Array(PAGE_SIZE);
      read(offset, page);
      this.pages.push(page);
    }
  }
}

/** One mapped page: what its mapping says, and its own bytes once it has been written. */
export interface ModelPage {
  readonly permissions: number;
  readonly sharing: 'private' | 'shared';
  readonly growth: 'fixed' | 'down';
  readonly object: ModelObject | undefined;
  readonly objectPage: number;
  readonly name: string;
  readonly bytes: Uint8Array | undefined;
  /** Pins of the page as it is now: one that is replaced, or copied for somebody else, has none. */
  readonly pins?: ReadonlySet<number> | undefined;
}

const GUARD_PAGES = 256;

/** An image as a map of pages: the oracle, which knows neither frames nor tables nor copy-on-write. */
export class ModelImage {
  pages = new Map<number, ModelPage>();

  constructor(private readonly stackPages: number) {}

  clone(): ModelImage {
    const clone = new ModelImage(this.stackPages);
    for (const [number, page] of this.pages)
      clone.pages.set(number, { ...page, bytes: page.bytes?.slice(), pins: undefined });
    return clone;
  }

  /** What a page reads as; `undefined` past the end of its object. */
  bytes(number: number): Uint8Array | undefined {
    const page = this.pages.get(number);
    if (!page) return undefined;
    return page.bytes ?? (page.object ? page.object.pages[page.objectPage] : new Uint8Array(PAGE_SIZE));
  }

  /** Why the access is refused, if it is; a stack grows to it if it may. */
  access(number: number, access: Access): FaultCause | undefined {
    const page = this.pages.get(number) ?? this.stackAbove(number);
    if (!page) return 'unmapped';
    const allowed = page.permissions & Pte.W ? page.permissions | Pte.R : page.permissions;
    const needed = { [Access.Read]: Pte.R, [Access.Write]: Pte.W, [Access.Execute]: Pte.X }[access];
    if (!(allowed & needed)) return 'protection';
    if (!this.pages.has(number)) this.grow(number, page);
    return this.bytes(number) ? undefined : 'past-end';
  }

  store(number: number, offset: number, bytes: Uint8Array): void {
    const page = this.pages.get(number)!;
    const target = page.sharing === 'shared' ? this.bytes(number)! : this.bytes(number)!.slice();
    target.set(bytes, offset);
    if (page.sharing === 'private') this.pages.set(number, { ...page, bytes: target });
  }

  /** Notes that a private page is pinned. */
  pin(number: number, pin: number): void {
    const page = this.pages.get(number)!;
    this.pages.set(number, { ...page, pins: new Set([...(page.pins ?? []), pin]) });
  }

  /** Where a private page is that was pinned, while it is the same page. */
  pinned(pin: number): number | undefined {
    for (const [number, { pins }] of this.pages) if (pins?.has(pin)) return number;
    return undefined;
  }

  /** The mappings that these pages amount to, each as long as it can be. */
  mappings(): { start: number; end: number; key: string }[] {
    const numbers = [...this.pages.keys()].sort((a, b) => a - b);
    const list: { start: number; end: number; key: string }[] = [];
    for (const number of numbers) {
      const previous = list.at(-1);
      if (previous?.end === number * PAGE_SIZE && this.continues(number)) previous.end += PAGE_SIZE;
      else list.push({ start: number * PAGE_SIZE, end: (number + 1) * PAGE_SIZE, key: this.key(number) });
    }
    return list;
  }

  private key(number: number): string {
    const { permissions, sharing, growth, object, objectPage, name } = this.pages.get(number)!;
    return `${permissions} ${sharing} ${growth} ${object ? objectPage * PAGE_SIZE : 0} ${name}`;
  }

  private continues(number: number): boolean {
    const left = this.pages.get(number - 1)!;
    const right = this.pages.get(number)!;
    return (
      left.permissions === right.permissions &&
      left.sharing === right.sharing &&
      left.growth === right.growth &&
      left.object === right.object &&
      left.name === right.name &&
      (!left.object || left.objectPage + 1 === right.objectPage)
    );
  }

  /** The page that would grow down to `number`, by Linux's rules. */
  private stackAbove(number: number): ModelPage | undefined {
    const numbers = [...this.pages.keys()];
    const above = Math.min(...numbers.filter((other) => other > number));
    const stack = this.pages.get(above);
    if (stack?.growth !== 'down') return undefined;
    let end = above + 1;
    while (this.pages.has(end) && this.continues(end)) end++;
    if (end - number > this.stackPages) return undefined;
    const below = Math.max(...numbers.filter((other) => other < number));
    const neighbour = this.pages.get(below);
    const isGuarded = neighbour && neighbour.growth !== 'down' && neighbour.permissions !== 0;
    return isGuarded && number - below - 1 < GUARD_PAGES ? undefined : stack;
  }

  private grow(number: number, stack: ModelPage): void {
    for (let page = number; !this.pages.has(page); page++)
      this.pages.set(page, { ...stack, bytes: undefined, pins: undefined });
  }
}

/** A mapping in the words of `ModelImage.mappings`. */
export function describe(mapping: Mapping): { start: number; end: number; key: string } {
  const { start, end, permissions, sharing, growth, offset, name } = mapping;
  return { start, end, key: `${permissions} ${sharing} ${growth} ${offset} ${name}` };
}
