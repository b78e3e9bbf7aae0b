import { PAGE_SIZE } from '../../memory/address.ts';
import { Pte } from '../../memory/pte.ts';
import type { Mapping } from '../../platform/mapping.ts';
import type { Image } from '../images.ts';
import type { Words } from './words.ts';

/*
 * How glibc's malloc lays out memory ("Malloc Internals" of the glibc wiki): chunks one after the other, each with its
 * size and three flags in the word before the memory that the program gets.
 */

/** A piece of a heap. */
export interface HeapBlock {
  /** What malloc returned, and one past the last byte that the program may use. */
  readonly start: number;
  readonly end: number;
  readonly state: 'used' | 'free' | 'top' | 'malloc';
}

/** Memory that malloc divides. */
export interface Heap {
  readonly start: number;
  /** One past the last block that is known: of a heap of very many blocks some are not. */
  readonly end: number;
  /** In the order of their addresses. */
  readonly blocks: readonly HeapBlock[];
}

const PREVIOUS_IN_USE = 1;
const MAPPED = 2;
const FLAGS = 7;
/** The words before what the program gets: the size of the chunk before, where that is free, and its own. */
const HEADER = 16;
const SMALLEST = 32;
/** What others may have of the program break, in bytes, before malloc begins. */
const MOST_BEFORE = 64 * 1024;
/** Every block costs a look at one word. */
const MOST_BLOCKS = 50_000;
/** Heaps of other threads' arenas begin at multiples of this (HEAP_MAX_SIZE). */
const ARENA_ALIGNMENT = 64 * 2 ** 20;
/** sizeof (struct malloc_state), and where in it what is used here is. */
const ARENA_SIZE = 0x898;
const FAST_BINS = 16;
const FAST_BIN_COUNT = 10;
const TOP = 96;
/** Pages that are searched for blocks with mappings of their own. */
const MOST_PAGES = 20_000;
const MOST_LINKS = 10_000;

/** The heaps of a process that uses glibc's malloc; what does not look like one is none. */
export function glibcHeaps(
  mappings: readonly Mapping[],
  words: Words,
  findArena: (top: number) => number | undefined,
): Heap[] {
  const found: { start: number; end: number; chunks: Chunk[]; top: number }[] = [];
  for (const mapping of mappings) {
    const { start, end, permissions, object, name } = mapping;
    if (object || (permissions & (Pte.R | Pte.W)) !== (Pte.R | Pte.W)) continue;
    const chunks =
      name === '[heap]'
        ? mainChunks(words, Math.ceil(start / 16) * 16, end)
        : name === ''
          ? (arenaChunks(words, start, end) ?? mappedChunks(words, start, end))
          : undefined;
    if (chunks && chunks.length > 0) found.push({ start, end, chunks, top: chunks.at(-1)!.at });
  }
  const free = new Set<number>();
  for (const { chunks } of found) noteCached(words, chunks[0], free);
  for (const { top, chunks } of found) {
    if (chunks[0].isMapped) continue;
    const arena = findArena(top);
    if (arena !== undefined) noteFastBins(words, arena, free);
  }
  return found.map(({ start, chunks }) => ({
    start,
    end: chunks.at(-1)!.at + chunks.at(-1)!.size,
    blocks: chunks.map((chunk, index) => blockOf(chunk, chunks[index + 1], index, free)),
  }));
}

interface Chunk {
  readonly at: number;
  readonly size: number;
  readonly flags: number;
  readonly isMapped: boolean;
  readonly isTop: boolean;
  /** Whether malloc keeps its own notes there: the first chunk of a heap is what caches the blocks of its thread. */
  readonly isCache: boolean;
}

function blockOf(
  { at, size, isMapped, isTop, isCache }: Chunk,
  next: Chunk | undefined,
  index: number,
  free: ReadonlySet<number>,
): HeapBlock {
  const start = at + HEADER;
  if (isMapped) return { start, end: at + size, state: 'used' };
  if (isTop) return { start, end: at + size, state: 'top' };
  const isFree = free.has(start) || (next !== undefined && (next.flags & PREVIOUS_IN_USE) === 0);
  // The word before the next chunk's size is the program's, too.
  const end = at + size + 8;
  return { start, end, state: index === 0 && isCache ? 'malloc' : isFree ? 'free' : 'used' };
}

/** The chunks of the program break: malloc may not be the first to use it (a static program has its thread-local variables there). */
function mainChunks(words: Words, start: number, end: number): Chunk[] | undefined {
  for (let at = start; at < Math.min(end, start + MOST_BEFORE); at += 16) {
    const word = words.at(at + 8) ?? 0;
    if ((word & FLAGS) !== PREVIOUS_IN_USE || !isCacheSize(word - PREVIOUS_IN_USE)) continue;
    const chunks = chunksFrom(words, at, end);
    if (chunks) return chunks;
  }
  return chunksFrom(words, start, end);
}

/** Chunks up to the one that takes all that is left; `undefined` where the sizes make no sense. */
function chunksFrom(words: Words, from: number, end: number): Chunk[] | undefined {
  const chunks: Chunk[] = [];
  for (let at = from; at + HEADER < end && chunks.length < MOST_BLOCKS;) {
    const word = words.at(at + 8);
    if (word === undefined) return undefined;
    const size = word - (word % 8);
    const flags = word % 8;
    if (size % 16 !== 0 || size < SMALLEST || at + size > end || (flags & MAPPED) !== 0)
      return chunks.length > 0 && size === 0 ? chunks : undefined;
    const isTop = at + size === end;
    chunks.push({ at, size, flags, isMapped: false, isTop, isCache: chunks.length === 0 && isCacheSize(size) });
    at += size;
  }
  return chunks;
}

/** Of glibc 2.26 to 2.29, 2.30 to 2.41, and later. */
function isCacheSize(size: number): boolean {
  return size === 0x250 || size === 0x290 || size === 0x300 || size === 0x310;
}

/** The chunks of an arena that another thread allocates from: behind struct heap_info and, in its first heap, malloc_state. */
function arenaChunks(words: Words, start: number, end: number): Chunk[] | undefined {
  if (start % ARENA_ALIGNMENT !== 0) return undefined;
  const arena = words.at(start);
  const size = words.at(start + 16);
  if (arena === undefined || size === undefined || size === 0 || size % PAGE_SIZE !== 0 || start + size > end)
    return undefined;
  const behind = arena - start;
  const isFirst = behind >= 0x20 && behind <= 0x40;
  const from = isFirst ? [arena + ARENA_SIZE] : [start + 0x30, start + 0x20];
  for (const candidate of from) {
    const chunks = chunksFrom(words, Math.ceil(candidate / 16) * 16, start + size);
    if (chunks) return chunks;
  }
  return undefined;
}

/** Large blocks have mappings of their own, which may have become one. */
function mappedChunks(words: Words, start: number, end: number): Chunk[] | undefined {
  const chunks: Chunk[] = [];
  const pages = Math.min(MOST_PAGES, (end - start) / PAGE_SIZE);
  for (let at = start; at < start + pages * PAGE_SIZE;) {
    const word = words.at(at + 8) ?? 0;
    const size = word - (word % 8);
    const isChunk = (word & FLAGS) === MAPPED && size >= PAGE_SIZE && size % PAGE_SIZE === 0 && at + size <= end;
    if (isChunk && words.at(at) === 0)
      chunks.push({ at, size, flags: MAPPED, isMapped: true, isTop: false, isCache: false });
    at += isChunk ? size : PAGE_SIZE;
  }
  return chunks;
}

/** The blocks that a thread's cache keeps (struct tcache_perthread_struct): counts, then lists. */
function noteCached(words: Words, { at, size, isCache }: Chunk, free: Set<number>): void {
  if (!isCache) return;
  const isWide = size > 0x250;
  const bins = isWide ? Math.floor((size - HEADER) / 10) : 64;
  const lists = at + HEADER + Math.ceil((bins * (isWide ? 2 : 1)) / 8) * 8;
  for (let bin = 0; bin < bins; bin++) {
    const first = words.at(lists + bin * 8) ?? 0;
    noteList(words, first, 0, free);
  }
}

/** Small blocks that were freed last. */
function noteFastBins(words: Words, arena: number, free: Set<number>): void {
  for (let bin = 0; bin < FAST_BIN_COUNT; bin++) {
    const first = words.at(arena + FAST_BINS + bin * 8) ?? 0;
    noteList(words, first, HEADER, free);
  }
}

/** Links are mixed with where they are since glibc 2.32 ("safe-linking"). @param toBlock from a link to its block. */
function noteList(words: Words, first: number, toBlock: number, free: Set<number>): void {
  for (let link = first, count = 0; link !== 0 && link % 16 === 0 && count < MOST_LINKS; count++) {
    const block = link + toBlock;
    if (free.has(block)) return;
    free.add(block);
    const next = words.at(block);
    if (next === undefined) return;
    const mixed = Number(BigInt(next) ^ (BigInt(block) >> 12n));
    link = mixed % 16 === 0 ? mixed : next;
  }
}

/** The arena of a heap: malloc_state, which is a variable of the C library, and names the last chunk of its heap. */
export function arenaWith(images: readonly Image[], words: Words, top: number): number | undefined {
  for (const { symbols } of images) {
    const known = symbols?.symbol('main_arena')?.va;
    if (known !== undefined) return words.at(known + TOP) === top ? known : undefined;
  }
  for (const { path, symbols } of images) {
    if (!symbols || !/\/libc[.-]/.test(path)) continue;
    for (const { name, start, end } of symbols.contents.sections.items()) {
      if (name !== '.data') continue;
      for (let at = Math.ceil(start / 8) * 8; at + 8 <= end; at += 8) if (words.at(at) === top) return at - TOP;
    }
  }
  return undefined;
}
