import { SegmentType, SymbolType } from './elf-file.ts';
import type { ElfFile, ElfSymbol } from './elf-file.ts';
import { readWord } from './frame.ts';
import type { ReadMemory } from './frame.ts';
import { plainName } from './mangled-name.ts';
import type { AddressRange } from './range-index.ts';
import { baseName } from './source-path.ts';
import type { Unavailable } from './storage.ts';
import { readTlsRelocations, TlsRelocation } from './tls-relocations.ts';
import type { TlsPlace } from './tls-relocations.ts';
import { tlsUses } from './tls-uses.ts';
import type { UsingCode } from './tls-uses.ts';

/** What is known of a thread-local variable that the debug information gives no place. */
export interface ThreadLocalName {
  /** As the symbol table has it, for those that other files can use. */
  readonly linkageName: string | undefined;
  /** With namespaces and classes. */
  readonly name: string;
  /** The function that it is in, as the symbol table has it. */
  readonly function?: string;
  /** The source file, without its folders. */
  readonly file: string;
  /** Code that uses it, of which the linker's addresses are given. */
  code(): readonly UsingCode[];
}

/** Offsets in the dynamic thread vector count from here (RISC-V psABI, "Thread Local Storage"). */
const DTV_BIAS = 0x800;
const DYNAMIC_ENTRY = 16;
const DT_SONAME = 14;
const DT_FLAGS_1 = 0x6fff_fffb;
const DF_1_PIE = 0x0800_0000;
const UNALLOCATED = 2n ** 64n - 1n;

/**
 * Finds the thread-local variables of a file in a thread (ELF TLS, variant I): in the file's block, which for programs
 * begins at the thread pointer, and for libraries where their relocations and the thread's vector of blocks say.
 */
export class ThreadLocals {
  readonly #size: number;
  readonly #start: number;
  readonly #isProgram: boolean;
  #symbols: readonly ElfSymbol[] | undefined;
  #places: readonly TlsPlace[] | undefined;

  /** @param symbols the file that has the symbol table: its own, or that of its debug information. */
  constructor(
    private readonly elf: ElfFile,
    private readonly symbols: ElfFile,
    private readonly name: string,
    private readonly loadBias: number,
  ) {
    const segment = elf.segments.find(({ type }) => type === SegmentType.ThreadLocal);
    this.#start = segment?.address ?? 0;
    this.#size = segment?.memorySize ?? 0;
    this.#isProgram = isProgram(elf);
  }

  /** Whether the file has thread-local variables. */
  get hasAny(): boolean {
    return this.#size > 0;
  }

  /** Where the file's block begins in the thread that memory is read as. */
  block(read: ReadMemory): bigint | Unavailable {
    const pointer = read.threadPointer;
    if (pointer === undefined || pointer === 0n) return { unavailable: 'the thread has no thread-local variables yet' };
    if (this.#isProgram) return pointer;
    for (const place of this.#relocations()) {
      if (place.offset === undefined) continue;
      const found = this.#blockBy(place, read, pointer);
      if (found !== undefined) return found;
    }
    return { unavailable: `where the thread-local variables of ${baseName(this.name)} are is not known` };
  }

  /**
   * The offset in the block that an expression of the debug information means. Compilers and linkers do not agree: it may
   * count from the block, from address 0 of the file, or as the dynamic thread vector does.
   */
  offset(given: bigint): bigint {
    const choices = [given - BigInt(this.#start), given, given + BigInt(DTV_BIAS)].filter(
      (offset) => offset >= 0n && offset < BigInt(this.#size),
    );
    const isSymbol = (offset: bigint): boolean =>
      this.#table().some(({ value, size }) => offset >= value && offset < value + Math.max(1, size));
    return choices.find(isSymbol) ?? choices[0] ?? given;
  }

  /** The offset in the block of a variable; undefined where none is called so, or several are. */
  find(wanted: ThreadLocalName, read: ReadMemory): number | undefined {
    if (!this.hasAny) return undefined;
    const candidates = this.#candidates(wanted);
    const offsets = new Set(candidates.map(({ value }) => value));
    if (offsets.size === 0) return undefined;
    // In C the symbol of a function's own variable does not say which function that is.
    const isSure = offsets.size === 1 && (wanted.function === undefined || !isNumbered(candidates[0].name));
    if (isSure) return candidates[0].value;
    const used = this.#usedBy(wanted.code(), read);
    const found = [...offsets].filter((offset) => used.has(offset));
    return found.length === 1 ? found[0] : undefined;
  }

  /** Whether there are symbols that a variable may be. */
  hasCandidates(wanted: ThreadLocalName): boolean {
    return this.#candidates(wanted).length > 0;
  }

  /** Whether the file has a thread-local symbol, or refers to that of another. */
  knows(name: string): boolean {
    return this.#table().some((symbol) => symbol.name === name) || this.#relocations().some((one) => one.name === name);
  }

  /** Where a thread-local symbol is, which may be another file's; undefined where this one does not know it. */
  named(name: string, read: ReadMemory): { readonly address: number; readonly size: number } | Unavailable | undefined {
    const own = this.#table().find((symbol) => symbol.name === name);
    if (own) {
      const block = this.block(read);
      return typeof block === 'bigint' ? { address: Number(block) + own.value, size: own.size } : block;
    }
    const place = this.#relocations().find((one) => one.name === name && one.offset === undefined);
    const pointer = read.threadPointer;
    if (!place || !pointer) return undefined;
    const found = this.#blockBy({ ...place, offset: 0 }, read, pointer);
    const offset = place.type === TlsRelocation.Module ? this.#behind(place, read) : 0n;
    if (typeof found !== 'bigint' || offset === undefined) return typeof found === 'bigint' ? undefined : found;
    return { address: Number(found + offset), size: 0 };
  }

  #relocations(): readonly TlsPlace[] {
    return (this.#places ??= readTlsRelocations(this.elf));
  }

  /** Thread-local symbols that are defined, in the order of the table. */
  #table(): readonly ElfSymbol[] {
    return (this.#symbols ??= this.symbols
      .symbols()
      .filter(({ type, section }) => type === SymbolType.Tls && section !== 0));
  }

  #candidates({ linkageName, name, function: around, file }: ThreadLocalName): readonly ElfSymbol[] {
    const table = this.#table();
    if (around === undefined) {
      const exact = table.filter((symbol) => symbol.name === (linkageName ?? name));
      const global = exact.find(({ binding }) => binding !== 0);
      if (global) return [global];
      const found = exact.length > 0 ? exact : table.filter((symbol) => plainName(symbol.name) === name);
      return found.length > 1 ? this.#ofFile(found, file) : found;
    }
    // Itanium C++ ABI, 5.1.6: the function's encoding, and the variable's name.
    const mangled = `_ZZ${around.startsWith('_Z') ? around.slice(2) : `${around.length}${around}`}E${name.length}${name}`;
    const inCpp = table.filter((symbol) => symbol.name === mangled || symbol.name === `${mangled}_0`);
    if (inCpp.length > 0) return inCpp;
    const inC = table.filter((symbol) => isNumbered(symbol.name) && symbol.name.startsWith(`${name}.`));
    return this.#ofFile(inC, file);
  }

  /** Those that the symbol table lists behind the name of a source file; all, if it lists none there. */
  #ofFile(found: readonly ElfSymbol[], file: string): readonly ElfSymbol[] {
    const chosen = new Set(found);
    let current = '';
    const inFile: ElfSymbol[] = [];
    for (const symbol of this.symbols.symbols())
      if (symbol.type === SymbolType.File) current = symbol.name;
      else if (chosen.has(symbol) && current === file) inFile.push(symbol);
    return inFile.length > 0 ? inFile : found;
  }

  #blockBy({ type, place, offset }: TlsPlace, read: ReadMemory, pointer: bigint): bigint | Unavailable | undefined {
    const word = readWord(read, place + this.loadBias);
    if (word === undefined) return undefined;
    const distance = BigInt(offset ?? 0);
    switch (type) {
      case TlsRelocation.ThreadOffset:
        return BigInt.asUintN(64, pointer + word - distance);
      case TlsRelocation.Module:
        return this.#moduleBlock(word, read, pointer);
      case TlsRelocation.Descriptor: {
        const argument = readWord(read, place + this.loadBias + 8);
        if (argument === undefined) return undefined;
        // A variable with a place in every thread has its distance, any other the address of module and offset.
        const module = readWord(read, Number(argument));
        if (module === undefined) return BigInt.asUintN(64, pointer + argument - distance);
        return this.#moduleBlock(module, read, pointer);
      }
    }
  }

  #moduleBlock(module: bigint, read: ReadMemory, pointer: bigint): bigint | Unavailable | undefined {
    if (module === 0n) return undefined;
    const block = blockOfModule(read, pointer, module);
    return (
      block ?? { unavailable: `this thread has not used the thread-local variables of ${baseName(this.name)} yet` }
    );
  }

  /** What the dynamic linker wrote behind the number of a module: an offset in its block. */
  #behind({ place }: TlsPlace, read: ReadMemory): bigint | undefined {
    const word = readWord(read, place + this.loadBias + 8);
    return word === undefined ? undefined : BigInt.asIntN(64, word) + BigInt(DTV_BIAS);
  }

  /** Offsets in the block that code uses. */
  #usedBy(code: readonly UsingCode[], read: ReadMemory): ReadonlySet<number> {
    const { loadBias } = this;
    const moved = ({ low, high }: AddressRange): AddressRange => ({ low: low + loadBias, high: high + loadBias });
    const { distances, slots } = tlsUses(
      read,
      code.map(({ parts, ...range }) => ({ ...moved(range), parts: parts.map(moved) })),
    );
    const offsets = new Set(this.#isProgram ? distances : []);
    for (const place of this.#relocations()) {
      if (!slots.has(place.place + loadBias)) continue;
      const behind = place.type === TlsRelocation.Module && place.name === '' ? this.#behind(place, read) : undefined;
      const offset = behind === undefined ? place.offset : Number(behind);
      if (offset !== undefined) offsets.add(offset);
    }
    return offsets;
  }
}

/** Where a module's variables are in a thread, by its vector of blocks (glibc's `dtv_t`, musl's `dtv`). */
function blockOfModule(read: ReadMemory, pointer: bigint, module: bigint): bigint | undefined {
  const before = Number(pointer);
  // musl has the vector right before the thread pointer; glibc has a word there that it leaves zero, and the vector before it.
  const musl = readWord(read, before - 8);
  if (musl) {
    const block = readWord(read, Number(musl) + 8 * Number(module));
    return block ? block - BigInt(DTV_BIAS) : undefined;
  }
  const vector = readWord(read, before - 16);
  const length = vector === undefined ? undefined : readWord(read, Number(vector) - 16);
  if (vector === undefined || length === undefined || module > length) return undefined;
  const block = readWord(read, Number(vector) + 16 * Number(module));
  return block === UNALLOCATED || block === 0n ? undefined : block;
}

/** Whether a file is a program: libraries may be position independent and even have an interpreter, as glibc's has. */
function isProgram(elf: ElfFile): boolean {
  if (elf.position === 'fixed') return true;
  const bytes = elf.section('.dynamic')?.bytes ?? new Uint8Array();
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  let isLibrary = false;
  for (let at = 0; at + DYNAMIC_ENTRY <= bytes.length; at += DYNAMIC_ENTRY) {
    const tag = Number(view.getBigUint64(at, true));
    if (tag === DT_SONAME) isLibrary = true;
    if (tag === DT_FLAGS_1 && (view.getUint32(at + 8, true) & DF_1_PIE) !== 0) return true;
  }
  return !isLibrary && elf.segments.some(({ type }) => type === SegmentType.Interpreter);
}

/** gcc's names for what is static in a function: `calls.0`. */
function isNumbered(name: string): boolean {
  return /\.\d+$/.test(name);
}
