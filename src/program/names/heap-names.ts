import type { ReadMemory } from '../../symbols/frame.ts';
import { partAt } from '../../symbols/object-part.ts';
import { sizeOf, stripped } from '../../symbols/type.ts';
import type { Type } from '../../symbols/type.ts';
import { offsetName } from './file-names.ts';
import type { Heap, HeapBlock } from './glibc-heap.ts';
import type { MemoryName } from './memory-name.ts';
import { findHolders, shortPath, type Holder, type Root } from './pointer-holders.ts';

/** What the heaps of a process hold, at one moment. */
export class HeapNames {
  readonly #heaps: readonly Heap[];
  readonly #roots: () => Iterable<Root>;
  readonly #read: ReadMemory;
  #holders: Map<number, Holder> | undefined;

  /** @param roots the variables that may point to blocks, those whose names are best first. */
  constructor(heaps: readonly Heap[], roots: () => Iterable<Root>, read: ReadMemory) {
    this.#heaps = heaps;
    this.#roots = roots;
    this.#read = read;
  }

  at(address: number): MemoryName | undefined {
    const found = this.#blockAt(address);
    if (!found) return undefined;
    const { start, end } = found;
    const size = end - start;
    const object = { start, end };
    switch (found.state) {
      case 'malloc':
        return { ...object, text: 'heap: where malloc keeps freed blocks', kind: 'heap' };
      case 'top':
        return { ...object, text: 'heap that is not allocated', kind: 'heap-free' };
      case 'free': {
        const holder = this.#holder(found);
        const still = holder ? `, ${this.#pathOf(holder)} still points to it` : '';
        return { ...object, text: `freed heap block of ${size} bytes${still}`, kind: 'heap-free' };
      }
      case 'used': {
        const holder = this.#holder(found);
        const block = `heap block of ${size} bytes`;
        if (address < start) return { ...object, text: `what malloc notes of a ${block}`, kind: 'heap' };
        if (!holder) return { ...object, text: offsetName(block, address - start), kind: 'heap' };
        const { within } = holder;
        const name = elementText(holder, address, found);
        return { ...object, text: `${name}${within ? ` in ${within}` : ''} (${block})`, kind: 'heap' };
      }
    }
  }

  /** What lies in a range: what variables lead to, then how many other blocks there are. */
  within(low: number, high: number): string[] {
    const names: string[] = [];
    let others = 0;
    let free = 0;
    let freeBytes = 0;
    for (const { blocks, start, end } of this.#heaps) {
      if (start >= high || end <= low) continue;
      for (let index = Math.max(0, firstAfter(blocks, low) - 1); index < blocks.length; index++) {
        const block = blocks[index];
        if (block.start >= high) break;
        if (block.end <= low) continue;
        const holder = block.state === 'used' ? this.#holder(block) : undefined;
        if (holder) names.push(blockText(holder, block, low, high));
        else if (block.state === 'used') others++;
        else if (block.state === 'free') free++;
        else if (block.state === 'top') freeBytes++;
      }
    }
    if (others > 0) names.push(`${others} ${names.length > 0 ? 'other ' : ''}heap block${others === 1 ? '' : 's'}`);
    if (free > 0) names.push(`${free} freed block${free === 1 ? '' : 's'}`);
    if (freeBytes > 0 && names.length === 0) names.push('heap that is not allocated');
    return names;
  }

  /** The block that an address is in, with its header. */
  #blockAt(address: number): HeapBlock | undefined {
    const heap = this.#heaps.find(({ start, end }) => start <= address && address < end);
    if (!heap) return undefined;
    const at = firstAfter(heap.blocks, address);
    const own = heap.blocks[at - 1];
    if (own && address < own.end) return own;
    const next = heap.blocks[at];
    return next && address >= next.start - HEADER ? next : undefined;
  }

  #holder({ start }: HeapBlock): Holder | undefined {
    this.#holders ??= findHolders(this.#roots(), this.#read, (address) => {
      const block = this.#blockAt(address);
      return block && block.state !== 'top' && block.state !== 'malloc' && address >= block.start ? block : undefined;
    });
    return this.#holders.get(start);
  }

  #pathOf({ path, within }: Holder): string {
    return shortPath(path) + (within ? ` in ${within}` : '');
  }
}

const HEADER = 16;

/** How many blocks begin at or below an address. */
function firstAfter(blocks: readonly HeapBlock[], address: number): number {
  let from = 0;
  let to = blocks.length;
  while (from < to) {
    const middle = (from + to) >>> 1;
    if (blocks[middle].start <= address) from = middle + 1;
    else to = middle;
  }
  return from;
}

/** A block within a range, as what holds it calls it: `*list`, `numbers[1024..2047]`. */
function blockText(holder: Holder, { start, end }: HeapBlock, low: number, high: number): string {
  const { address, target, within, isContainer } = holder;
  const path = shortPath(holder.path);
  const place = within ? ` in ${within}` : '';
  const size = sizeOf(target);
  const count = size ? Math.floor((end - address) / size) : 0;
  if (!size || address !== start || isSingle(target, count, isContainer))
    return (isContainer ? path : `*${path}`) + place;
  if (low <= start && end <= high) return (isContainer ? path : `${path}[0..${count - 1}]`) + place;
  const first = Math.max(0, Math.floor((low - address) / size));
  const last = Math.min(count, Math.ceil((high - address) / size)) - 1;
  return `${path}[${first}..${last}]${place}`;
}

/** A part of a block: `list->value`, `numbers[99999]`, `nodes[4].next`. */
function elementText({ path: long, address, target, isContainer }: Holder, at: number, { end }: HeapBlock): string {
  const path = shortPath(long);
  const size = sizeOf(target);
  const offset = at - address;
  if (offset < 0) return `before ${path}`;
  if (!size || isUnknown(target)) return offset === 0 ? `*${path}` : `${path}, byte ${offset}`;
  const index = Math.floor(offset / size);
  const inner = partAt(target, offset - index * size);
  const rest = stripped(inner.type).kind === 'struct' && inner.offset > 0 ? `+${inner.offset}` : '';
  const isOne = index === 0 && isSingle(target, Math.floor((end - address) / size), isContainer);
  if (!isOne) return `${path}[${index}]${inner.path}${rest}`;
  if (inner.path.startsWith('.')) return `${path}->${inner.path.slice(1)}${rest}`;
  return inner.path === '' ? `*${path}${rest}` : `(*${path})${inner.path}${rest}`;
}

/** Whether a block holds one object rather than several: malloc gives up to 24 bytes more than it is asked for. */
function isSingle(target: Type, count: number, isContainer: boolean): boolean {
  if (isContainer) return false;
  return count <= 1 || (stripped(target).kind === 'struct' && count * (sizeOf(target) ?? 1) <= SLACK);
}

const SLACK = 24;

function isUnknown(type: Type): boolean {
  const { kind } = stripped(type);
  return kind === 'void' || kind === 'unknown' || kind === 'function';
}
