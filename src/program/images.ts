import type { HostFiles } from '../linux/host.ts';
import type { Process } from '../linux/process.ts';
import type { Machine } from '../machine/machine.ts';
import { pageFloor } from '../memory/address.ts';
import { Pte } from '../memory/pte.ts';
import type { Mapping } from '../platform/mapping.ts';
import { parseElf, SegmentType, type ElfFile } from '../symbols/elf-file.ts';
import type { ReadBeside } from '../symbols/separate-debug-file.ts';
import { SymbolFile } from '../symbols/symbol-file.ts';

/** A program or library as it lies in the memory of a process. */
export interface Image {
  /** Guest path. */
  readonly path: string;
  /** What was added to the addresses in the file. */
  readonly bias: number;
  readonly start: number;
  readonly end: number;
  /** Absent where the file could not be read as an ELF file. */
  readonly symbols: SymbolFile | undefined;
}

const sourceFiles = new WeakMap<SymbolFile, readonly string[]>();

/** The sources of an image; finding them reads all its line tables, once. */
export function sourceFilesOf({ symbols }: Image): readonly string[] {
  if (!symbols) return [];
  let files = sourceFiles.get(symbols);
  if (!files) sourceFiles.set(symbols, (files = symbols.sourceFiles()));
  return files;
}

interface LoadedFile {
  readonly elf: ElfFile;
  readonly bytes: Uint8Array;
  readonly byBias: Map<number, SymbolFile | undefined>;
}

/** No program that the guest's RAM can hold needs more; what is larger is shown without symbols. */
const LARGEST_FILE = 1 << 30;

/** The programs and libraries that the processes have mapped, and their symbols; a file is read once. */
export class ImageTable {
  readonly #machine: Machine;
  readonly #files: HostFiles;
  readonly #warn: (sentence: string) => void;
  readonly #readOnHost: ReadBeside;
  readonly #loaded = new Map<string, LoadedFile | undefined>();
  readonly #images = new Map<number, { readonly mappings: readonly Mapping[]; readonly images: readonly Image[] }>();

  /** @param readOnHost reads a file of the computer; relative paths count from the program's folder. */
  constructor(machine: Machine, files: HostFiles, warn: (sentence: string) => void, readOnHost: ReadBeside) {
    this.#readOnHost = readOnHost;
    this.#machine = machine;
    this.#files = files;
    this.#warn = warn;
  }

  of(process: Process): readonly Image[] {
    if (!process.space) return [];
    const space = this.#machine.provider.label(process.space);
    const mappings = this.#machine.inspector.mappings(space);
    const known = this.#images.get(space);
    if (known && known.mappings === mappings) return known.images;
    const images = this.#find(mappings);
    this.#images.set(space, { mappings, images });
    return images;
  }

  /** The process's program itself. */
  program(process: Process): Image | undefined {
    return this.of(process).find(({ path }) => path === process.executable);
  }

  at(process: Process, address: number): Image | undefined {
    return this.of(process).find(({ start, end }) => start <= address && address < end);
  }

  /** Those of all processes, each file at each place once. */
  all(): readonly Image[] {
    const distinct = new Map<string, Image>();
    for (const process of this.#machine.kernel.processes.values())
      for (const image of this.of(process)) distinct.set(`${image.path}@${image.bias}`, image);
    return [...distinct.values()];
  }

  #find(mappings: readonly Mapping[]): Image[] {
    const byPath = new Map<string, Mapping[]>();
    for (const mapping of mappings)
      if (mapping.object && mapping.name.startsWith('/')) {
        const others = byPath.get(mapping.name);
        if (others) others.push(mapping);
        else byPath.set(mapping.name, [mapping]);
      }
    return [...byPath].flatMap(([path, parts]) => {
      if (!parts.some(({ permissions }) => permissions & Pte.X)) return [];
      const file = this.#load(path);
      const start = Math.min(...parts.map((part) => part.start));
      const bias = file ? loadBias(file.elf, parts) : 0;
      const symbols = file && this.#symbols(path, file, bias);
      return [{ path, bias, start, end: end(file?.elf, bias, parts), symbols }];
    });
  }

  #load(path: string): LoadedFile | undefined {
    if (!this.#loaded.has(path)) this.#loaded.set(path, this.#read(path));
    return this.#loaded.get(path);
  }

  #read(path: string): LoadedFile | undefined {
    const bytes = this.#bytesOf(path);
    const parsed = bytes && parseElf(bytes);
    return parsed?.ok ? { elf: parsed.elf, bytes: bytes!, byBias: new Map() } : undefined;
  }

  #bytesOf(path: string): Uint8Array | undefined {
    const stat = this.#files.stat(path);
    if (!stat.ok || stat.value.size > LARGEST_FILE) return undefined;
    const bytes = new Uint8Array(stat.value.size);
    const read = this.#files.read(path, 0, bytes);
    return read.ok ? bytes.subarray(0, read.value) : undefined;
  }

  /** A file where the guest has it, else where the computer has it beside the program. */
  #readBeside(path: string, name: string): Uint8Array | undefined {
    const folder = path.slice(0, path.lastIndexOf('/') + 1);
    return this.#bytesOf(name.startsWith('/') ? name : folder + name) ?? this.#readOnHost(name);
  }

  #symbols(path: string, file: LoadedFile, bias: number): SymbolFile | undefined {
    if (file.byBias.has(bias)) return file.byBias.get(bias);
    const symbols = SymbolFile.load(file.bytes, path, bias, (name) => this.#readBeside(path, name));
    if ('error' in symbols) this.#warn(`No symbols for ${path}: ${symbols.error}`);
    const loaded = 'error' in symbols ? undefined : symbols;
    file.byBias.set(bias, loaded);
    return loaded;
  }
}

/** The distance from the addresses in a file to those it is mapped at. */
function loadBias(elf: ElfFile, parts: readonly Mapping[]): number {
  if (elf.position === 'fixed') return 0;
  for (const part of parts)
    for (const segment of elf.segments)
      if (segment.type === SegmentType.Load && pageFloor(segment.fileOffset) === part.offset)
        return part.start - pageFloor(segment.address);
  return 0;
}

/** One past the last address: the file's zero-initialised memory is not mapped from it. */
function end(elf: ElfFile | undefined, bias: number, parts: readonly Mapping[]): number {
  const loaded = elf?.segments.filter(({ type }) => type === SegmentType.Load) ?? [];
  return Math.max(
    ...parts.map((part) => part.end),
    ...loaded.map(({ address, memorySize }) => bias + address + memorySize),
  );
}
