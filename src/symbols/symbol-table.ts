import { isExecutableAddress, SymbolType } from './elf-file.ts';
import type { ElfFile, ElfSymbol } from './elf-file.ts';

export interface NearestSymbol {
  readonly name: string;
  readonly start: number;
  /** Bytes; 0 when the symbol does not say (labels in assembly). */
  readonly size: number;
  /** Of the address asked for, from `start`. */
  readonly offset: number;
}

export interface NamedSymbol {
  readonly name: string;
  readonly va: number;
  readonly size: number;
  readonly kind: 'function' | 'object' | 'other';
}

/** How far after an unsized label an address still counts as belonging to it. */
const LABEL_REACH = 0x10000;

/** The symbols of an ELF file by address and by name. Addresses are the linker's. */
export class SymbolTable {
  readonly #byAddress: readonly ElfSymbol[];
  readonly #reach: Float64Array;
  readonly #byName = new Map<string, ElfSymbol>();

  constructor(private readonly elf: ElfFile) {
    const symbols = elf.symbols().filter((symbol) => isPlace(symbol));
    this.#byAddress = symbols.sort((a, b) => a.value - b.value || rank(a) - rank(b));
    this.#reach = new Float64Array(symbols.length);
    let reach = 0;
    symbols.forEach(({ value, size }, index) => (this.#reach[index] = reach = Math.max(reach, value + size)));
    for (const symbol of symbols) {
      const known = this.#byName.get(symbol.name);
      if (known === undefined || bindingRank(symbol) < bindingRank(known)) this.#byName.set(symbol.name, symbol);
    }
  }

  /** The symbol that covers `address`, else an unsized label shortly before it in the same kind of memory. */
  at(address: number): NearestSymbol | undefined {
    let from = 0;
    let to = this.#byAddress.length;
    while (from < to) {
      const middle = (from + to) >>> 1;
      if (this.#byAddress[middle].value <= address) from = middle + 1;
      else to = middle;
    }
    const near = from - 1;
    for (let index = near; index >= 0 && this.#reach[index] > address; index--) {
      const symbol = this.#byAddress[index];
      if (address < symbol.value + symbol.size) return this.#nearest(symbol, address);
    }
    const label = this.#byAddress[near];
    if (label === undefined || label.size !== 0 || address - label.value > LABEL_REACH) return undefined;
    if (isExecutableAddress(this.elf, label.value) !== isExecutableAddress(this.elf, address)) return undefined;
    return this.#nearest(label, address);
  }

  /** Symbols that say how large they are, the best name for a place first. */
  *sized(): Generator<NamedSymbol> {
    for (let index = this.#byAddress.length - 1; index >= 0; index--) {
      const symbol = this.#byAddress[index];
      if (symbol.size > 0) yield { name: symbol.name, va: symbol.value, size: symbol.size, kind: kindOf(symbol) };
    }
  }

  named(name: string): NamedSymbol | undefined {
    const symbol = this.#byName.get(name);
    return symbol && { name, va: symbol.value, size: symbol.size, kind: kindOf(symbol) };
  }

  #nearest(symbol: ElfSymbol, address: number): NearestSymbol {
    const { name, value: start, size } = symbol;
    return { name, start, size, offset: address - start };
  }
}

/** Symbols that name a place in memory, without section, file, thread-local, undefined and absolute ones. */
function isPlace({ name, type, section }: ElfSymbol): boolean {
  if (section === 0 || section === 0xfff1 || name === '') return false;
  if (type === SymbolType.Section || type === SymbolType.File || type === SymbolType.Tls) return false;
  // Labels of the assembler and RISC-V mapping symbols (psABI, "Mapping Symbols"), kept only for relaxation.
  return !(name.startsWith('.L') || name.startsWith('L0\x01') || /^\$[dx]/.test(name));
}

function kindOf({ type }: ElfSymbol): NamedSymbol['kind'] {
  if (type === SymbolType.Function || type === SymbolType.IndirectFunction) return 'function';
  return type === SymbolType.Object ? 'object' : 'other';
}

function bindingRank({ binding }: ElfSymbol): number {
  return binding === 1 ? 0 : binding === 2 ? 1 : 2;
}

/** Of names for the same place the best sorts last: typed, sized, then the one with fewest underscores (fork, not __fork). */
function rank(symbol: ElfSymbol): number {
  const underscores = Math.min(/^_*/.exec(symbol.name)![0].length, 3);
  const untyped = symbol.type === SymbolType.NoType ? 1 : 0;
  const unsized = symbol.size === 0 ? 1 : 0;
  const local = symbol.binding === 0 ? 1 : 0;
  return -(untyped * 64 + unsized * 32 + local * 16 + underscores);
}
