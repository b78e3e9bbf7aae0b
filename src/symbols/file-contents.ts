import type { ElfFile } from './elf-file.ts';
import { RangeIndex } from './range-index.ts';
import type { NamedSymbol } from './symbol-table.ts';
import { sizeOf } from './type.ts';
import type { Type } from './type.ts';
import type { FixedVariable } from './variables.ts';

/** Something with a name at a fixed address: a variable, a function, or data that only the symbol table knows. */
export interface FileObject {
  /** As the source writes it: `ns::table`, `main::calls`; `vtable for Base`. */
  readonly name: string;
  readonly start: number;
  readonly end: number;
  readonly isCode: boolean;
  /** Of a variable, where the debug information has it. */
  readonly type?: Type;
}

/** A section as it lies in memory. */
export interface PlacedSection {
  readonly name: string;
  readonly start: number;
  readonly end: number;
}

/** What a file has at fixed addresses: guest addresses. */
export interface FileContents {
  readonly objects: RangeIndex<FileObject>;
  readonly sections: RangeIndex<PlacedSection>;
  /** Bytes that each thread has for the thread-local variables of the file. */
  readonly threadLocalSize: number;
}

/** Section flags: it takes memory in the process; each thread has a copy of it. */
const ALLOCATED = 2;
const THREAD_LOCAL = 0x400;

/**
 * @param variables have guest addresses, the symbols those of the linker.
 * @param nameOf what the source calls the symbol at a guest address.
 */
export function fileContents(
  variables: readonly FixedVariable[],
  symbols: Iterable<NamedSymbol>,
  elf: ElfFile,
  loadBias: number,
  nameOf: (va: number) => string | undefined,
): FileContents {
  const sized = new Map<number, NamedSymbol>();
  for (const symbol of symbols) {
    const start = symbol.va + loadBias;
    if (!sized.has(start)) sized.set(start, symbol);
  }
  const objects = new Map<number, FileObject>();
  for (const { name, type, address } of variables) {
    const size = sizeOf(type) ?? sized.get(address)?.size ?? 0;
    if (size > 0 && !objects.has(address))
      objects.set(address, { name, start: address, end: address + size, isCode: false, type });
  }
  for (const [start, { name, size, kind }] of sized) {
    if (objects.has(start)) continue;
    objects.set(start, { name: nameOf(start) ?? name, start, end: start + size, isCode: kind === 'function' });
  }
  const ranges = [...objects.values()].map((item) => ({ low: item.start, high: item.end, item }));
  const sections = elf.sections
    .filter(({ flags, size }) => (flags & ALLOCATED) !== 0 && (flags & THREAD_LOCAL) === 0 && size > 0)
    .map(({ name, address, size }) => ({ name, start: address + loadBias, end: address + size + loadBias }));
  const local = elf.sections.filter(({ flags }) => (flags & ALLOCATED) !== 0 && (flags & THREAD_LOCAL) !== 0);
  const first = Math.min(...local.map(({ address }) => address));
  return {
    threadLocalSize: local.length > 0 ? Math.max(...local.map(({ address, size }) => address + size)) - first : 0,
    objects: new RangeIndex(ranges),
    sections: new RangeIndex(sections.map((item) => ({ low: item.start, high: item.end, item }))),
  };
}
