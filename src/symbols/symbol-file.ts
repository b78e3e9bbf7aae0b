import type { Activation } from './activations.ts';
import { Damaged, Effort } from './byte-cursor.ts';
import { At } from './dwarf/constants.ts';
import { DebugInfo } from './dwarf/debug-info.ts';
import { FrameSection } from './dwarf/frame-section.ts';
import { DwarfSections, EFFORT_PER_BYTE } from './dwarf/sections.ts';
import { TypeReader } from './dwarf/type-reader.ts';
import { unwindByConvention, Unwinder } from './dwarf/unwinder.ts';
import { isExecutableAddress, parseElf } from './elf-file.ts';
import type { ElfFile } from './elf-file.ts';
import { fileContents } from './file-contents.ts';
import type { FileContents } from './file-contents.ts';
import { placeOf, Register, registerValue } from './frame.ts';
import type { Frame, ReadMemory } from './frame.ts';
import { Functions } from './functions.ts';
import type { SourcePosition } from './functions.ts';
import { InlineNamespaces } from './inline-namespaces.ts';
import { LineTable } from './line-table.ts';
import { Macros } from './macros.ts';
import type { MacroScope } from './macros.ts';
import { plainName } from './mangled-name.ts';
import { unwindByPrologue } from './prologue.ts';
import { findDebugFile } from './separate-debug-file.ts';
import type { ReadBeside } from './separate-debug-file.ts';
import { splitFilesOf } from './split-files.ts';
import { SourceLocations } from './source-locations.ts';
import type { LineAddresses } from './source-locations.ts';
import { normalizePath } from './source-path.ts';
import type { Storage, Unavailable } from './storage.ts';
import { SymbolTable } from './symbol-table.ts';
import type { NamedSymbol, NearestSymbol } from './symbol-table.ts';
import { ThreadLocals } from './thread-locals.ts';
import type { Type } from './type.ts';
import { TypeNames, type Enumerator } from './type-names.ts';
import type { Method } from './children.ts';
import { enclosingClass } from './dwarf/enclosing-entry.ts';
import { readValue } from './value.ts';
import type { AddressNames, Value } from './value.ts';
import { Variables } from './variables.ts';
import type { Variable, VisibleVariables } from './variables.ts';
import { Warnings } from './warnings.ts';

interface FunctionPlace {
  /** With namespaces and classes; the ELF symbol's name where there is no debug information. */
  readonly name: string;
  /** The contiguous code [low, high) that holds the address asked for. */
  readonly low: number;
  readonly high: number;
  /** Where the function is declared. */
  readonly file?: string;
  readonly line?: number;
}

interface LinePlace {
  /** A normalised path, absolute where the compiler said so. */
  readonly file: string;
  readonly line: number;
  /** From 1; 0 when unknown. */
  readonly column: number;
  /** Whether the address is a good place to stop at, in the compiler's opinion. */
  readonly isStatement: boolean;
  /** Where the row of the line table starts that holds the address. */
  readonly start: number;
}

/** Work that one question may cost besides a multiple of the file's size. */
const FIXED_EFFORT = 2_000_000;

/**
 * The symbols and debug information of one ELF file loaded at a place: functions, source lines, variables, call frames.
 * All addresses going in and out are guest addresses. Nothing throws on damaged files: what can be read is answered,
 * what cannot is listed in {@link buildWarnings}. Everything is read when first asked for.
 */
export class SymbolFile {
  readonly #effort: Effort;
  readonly #warnings = new Warnings();
  readonly #symbols: SymbolTable;
  readonly #threadLocals: ThreadLocals;
  readonly #info: DebugInfo;
  readonly #lines: LineTable;
  readonly #functions: Functions;
  readonly #locations: SourceLocations;
  readonly #macros: Macros;
  readonly #types: TypeReader;
  readonly #typeNames: TypeNames;
  readonly #inlineNamespaces: InlineNamespaces;
  readonly #variables: Variables;
  readonly #unwinder: Unwinder;
  readonly #addressNames: AddressNames = {
    describeCode: (address) => this.describe(address),
    describeData: (address) => this.describeObject(address),
    classNamed: (name) => this.typeNamed(name),
    methodAt: (address) => this.methodAt(address),
  };
  readonly #methods = new Map<number, Method>();
  #isAnswering = false;
  #contents: FileContents | undefined;
  #threadLocalVariables: readonly Variable[] | undefined;

  private constructor(
    private readonly elf: ElfFile,
    readonly name: string,
    /** What was added to the linker's addresses: 0 for position-dependent programs. */
    readonly loadBias: number,
    size: number,
    read: ReadBeside,
  ) {
    for (const warning of elf.warnings) this.#warnings.add(warning);
    const debug = findDebugFile(elf, name, read, (warning) => this.#warnings.add(warning)) ?? elf;
    this.#effort = new Effort(FIXED_EFFORT + (size + DwarfSections.sizeIn(debug)) * EFFORT_PER_BYTE);
    const isCode = (address: number): boolean => isExecutableAddress(elf, address);
    const sections = new DwarfSections(debug, this.#effort, (why) =>
      this.#warnings.add(`The debug information is damaged: ${why}.`),
    );
    if (debug.section('.gnu_debugaltlink'))
      this.#warnings.add(`Some debug information of ${name} is in a supplementary file (dwz), which is not read.`);
    const named = elf.section('.symtab') ? elf : debug;
    this.#symbols = new SymbolTable(named);
    this.#threadLocals = new ThreadLocals(elf, named, name, loadBias);
    this.#info = new DebugInfo(
      sections,
      this.#warnings,
      isCode,
      (start) => {
        const symbol = this.#symbols.at(start);
        return symbol?.start === start && symbol.size > 0 ? start + symbol.size : undefined;
      },
      splitFilesOf(name, read),
    );
    this.#lines = new LineTable(this.#info, isCode);
    this.#functions = new Functions(this.#info, this.#lines);
    this.#macros = new Macros(this.#info, this.#lines);
    this.#locations = new SourceLocations(this.#info, this.#lines, this.#functions, this.#symbols);
    const frames = elf.section('.eh_frame');
    const frameSections = [
      { name: '.debug_frame', bytes: sections.bytes('frame'), address: 0 },
      { name: '.eh_frame', bytes: frames?.bytes ?? new Uint8Array(), address: frames?.address ?? 0 },
    ] as const;
    const usable = frameSections
      .filter(({ bytes }) => bytes.length > 0)
      .map(({ name, bytes, address }) => new FrameSection(bytes, name, address, this.#effort, this.#warnings, isCode));
    this.#unwinder = new Unwinder(usable, loadBias, this.#effort, this.#warnings);
    this.#types = new TypeReader(this.#info, (die, read) =>
      this.#info.attempt<Storage | Unavailable>(die.unit, { unavailable: 'its debug information is damaged' }, () =>
        this.#variables.locateStatic(die, read),
      ),
    );
    this.#typeNames = new TypeNames(this.#info, this.#types);
    this.#inlineNamespaces = new InlineNamespaces(this.#info);
    this.#variables = new Variables(
      this.#info,
      this.#types,
      this.#functions,
      this.#effort,
      loadBias,
      this.#threadLocals,
      this.#unwinder,
    );
  }

  /**
   * @param name what messages call the file.
   * @param loadBias what the loader added to the file's addresses (position-independent programs and libraries).
   * @param read finds the debug information of a stripped file; by default there is none.
   * @returns the error is a sentence: "fork-cow is not an ELF file."
   */
  static load(
    bytes: Uint8Array,
    name: string,
    loadBias = 0,
    read: ReadBeside = () => undefined,
  ): SymbolFile | { readonly error: string } {
    const parsed = parseElf(bytes);
    if (!parsed.ok) return { error: `${name} ${parsed.error.message}.` };
    return new SymbolFile(parsed.elf, name, loadBias, bytes.length, read);
  }

  /** What could not be read so far, in words; grows as parts of the file are asked for. */
  get buildWarnings(): readonly string[] {
    return this.#warnings.list;
  }

  /** Steps taken by all questions so far: what a test bounds instead of time. */
  get effortSpent(): number {
    return this.#effort.spent;
  }

  /** The ELF symbol that covers an address, or the unsized label before it. */
  symbolAt(va: number): NearestSymbol | undefined {
    const symbol = this.#symbols.at(va - this.loadBias);
    return symbol && { ...symbol, start: symbol.start + this.loadBias };
  }

  symbol(name: string): NamedSymbol | undefined {
    const symbol = this.#symbols.named(name);
    return symbol && { ...symbol, va: symbol.va + this.loadBias };
  }

  /** Whether the file has or uses a thread-local symbol. */
  knowsThreadLocal(name: string): boolean {
    return this.#threadLocals.knows(name);
  }

  /**
   * Where a thread-local symbol is in the thread that memory is read as, of this file or one that it refers to. Undefined
   * where the file does not know it.
   */
  threadLocal(
    name: string,
    read: ReadMemory,
  ): { readonly address: number; readonly size: number } | Unavailable | undefined {
    return this.#threadLocals.named(name, read);
  }

  /** The function that holds an address. For return addresses ask for `placeOf(frame)`. */
  functionAt(va: number): FunctionPlace | undefined {
    return this.#answer(undefined, () => {
      const address = va - this.loadBias;
      const entry = this.#functions.at(address);
      const range = entry?.ranges.find(({ low, high }) => address >= low && address < high);
      if (entry !== undefined && range !== undefined && entry.name !== '')
        return {
          name: entry.name,
          low: range.low + this.loadBias,
          high: range.high + this.loadBias,
          ...this.#functions.declaration(entry.die),
        };
      const symbol = this.#symbols.at(address);
      if (symbol === undefined || !isExecutableAddress(this.elf, address)) return undefined;
      const low = symbol.start + this.loadBias;
      return { name: plainName(symbol.name) ?? symbol.name, low, high: low + symbol.size };
    });
  }

  /** The source line of an address; undefined where there is none, also for code that stems from no line. */
  lineAt(va: number): LinePlace | undefined {
    return this.#answer(undefined, () => {
      const row = this.#lines.at(va - this.loadBias);
      if (row === undefined || row.line === 0 || row.file === '') return undefined;
      const { file, line, column, isStatement } = row;
      return { file, line, column, isStatement, start: row.low + this.loadBias };
    });
  }

  /** Normalised paths of all sources that have code, sorted. */
  sourceFiles(): string[] {
    return this.#answer([], () => this.#lines.files());
  }

  /** Lines where a breakpoint can be, sorted. */
  linesWithCode(file: string): number[] {
    return this.#answer([], () => [...this.#lines.linesOf(normalizePath(file))]);
  }

  /** Where to stop for a line: its own code or, within the same function, that of the next line which has some. */
  addressesForLine(file: string, line: number): LineAddresses | undefined {
    return this.#answer(undefined, () => {
      const found = this.#locations.addressesForLine(normalizePath(file), line);
      return found && { line: found.line, addresses: found.addresses.map((address) => address + this.loadBias) };
    });
  }

  /** The code ranges of the line at `va` in its function: a step over the line ends outside them. */
  lineRange(va: number): { start: number; end: number }[] | undefined {
    return this.#answer(undefined, () =>
      this.#locations
        .lineRange(va - this.loadBias)
        ?.map(({ low, high }) => ({ start: low + this.loadBias, end: high + this.loadBias })),
    );
  }

  /** Where to stop on entry to a function: behind its prologue. An address without debug information is its own answer. */
  prologueEnd(address: number): number {
    return this.#answer(address, () => this.#locations.prologueEnd(address - this.loadBias) + this.loadBias);
  }

  /** The address of a function by its name in the source (`a::B::f`) or in the symbol table. */
  functionNamed(name: string): number | undefined {
    return this.#answer(undefined, () => {
      const entry = this.#functions.named(name);
      const low = entry?.ranges[0]?.low;
      if (low !== undefined) return low + this.loadBias;
      const symbol = this.#symbols.named(name);
      return symbol?.kind === 'function' || (symbol && isExecutableAddress(this.elf, symbol.va))
        ? symbol.va + this.loadBias
        : undefined;
    });
  }

  /** Where the code of a function begins: where {@link functionNamed} says, and wherever it was inlined. */
  functionEntries(name: string): number[] {
    const own = this.functionNamed(name);
    const entries = this.#answer([], () => this.#functions.entriesOf(name).map((entry) => entry + this.loadBias));
    return own === undefined || entries.includes(own) ? entries : [own, ...entries];
  }

  /**
   * The caller's frame: by call frame information, else by the ABI's conventions. Undefined at the outermost frame and
   * where the stack makes no sense.
   */
  unwind(frame: Frame): Frame | undefined {
    return this.#answer(undefined, () => {
      if (frame.pc === 0) return undefined;
      const caller = this.#unwinder.covers(frame)
        ? this.#unwinder.unwind(frame)
        : (this.#unwindByPrologue(frame) ?? unwindByConvention(frame, (a, b) => this.#isSameFunction(a, b)));
      if (caller === undefined || caller.pc === 0) return undefined;
      const isStuck = caller.pc === frame.pc && caller.registers.x[2] === frame.registers.x[2];
      return isStuck ? undefined : caller;
    });
  }

  /** The stack pointer before the call that made this frame (DWARF's canonical frame address). */
  canonicalFrameAddress(frame: Frame): number | undefined {
    return this.#answer(undefined, () => this.#unwinder.canonicalFrameAddress(frame));
  }

  /**
   * The functions of the source that are being executed at an address, innermost first: the last one holds the code, the
   * others are inlined there. Empty without debug information. For a frame ask at `placeOf(frame)`.
   */
  activationsAt(va: number): readonly Activation[] {
    return this.#answer([], () => {
      const entry = this.#functions.at(va - this.loadBias);
      const activations = entry ? this.#functions.activationsAt(entry, va - this.loadBias) : [];
      if (this.loadBias === 0) return activations;
      return activations.map((activation) => ({
        ...activation,
        entry: activation.entry + this.loadBias,
        ranges: activation.ranges.map(({ low, high }) => ({ low: low + this.loadBias, high: high + this.loadBias })),
      }));
    });
  }

  /**
   * Variables in scope at an address; for a frame ask at `placeOf(frame)`.
   * @param level which of the activations there: 0 is the innermost.
   */
  variablesAt(va: number, level = 0): VisibleVariables {
    return this.#answer({ locals: [], arguments: [] }, () => this.#variables.visibleAt(va - this.loadBias, level));
  }

  /**
   * Where functions have variables and arguments of some names: an address in the scope of each, at most `most`.
   * `isWhole`: there are no others.
   */
  placesOfLocals(
    names: ReadonlySet<string>,
    most: number,
  ): { readonly addresses: number[]; readonly isWhole: boolean } {
    return this.#answer({ addresses: [], isWhole: false }, () => {
      const { addresses, isWhole } = this.#variables.placesOf(names, most);
      return { addresses: addresses.map((address) => address + this.loadBias), isWhole };
    });
  }

  /** The full names that a name may stand for, itself first: an inline namespace need not be named, nor one without a name. */
  spellings(name: string): readonly string[] {
    return this.#answer([name], () => this.#inlineNamespaces.spellings(name));
  }

  /** What the file has at fixed addresses. */
  get contents(): FileContents {
    const name = (va: number): string | undefined => this.describe(va);
    this.#contents ??= this.#answer(undefined, () =>
      fileContents(this.#variables.fixed(), this.#symbols.sized(), this.elf, this.loadBias, name),
    );
    return (this.#contents ??= fileContents([], [], this.elf, this.loadBias, name));
  }

  /** Variables of which each thread may have its own: those outside functions that are at no fixed address. */
  threadLocals(): readonly Variable[] {
    if (this.contents.threadLocalSize === 0) return [];
    return (this.#threadLocalVariables ??= this.#answer([], () => this.#variables.unfixed()));
  }

  globals(): readonly Variable[] {
    return this.#answer([], () => this.#variables.globals());
  }

  /** A global variable; a static one of the source file around `near` comes before those of others. */
  global(name: string, near?: number): Variable | undefined {
    return this.#answer(undefined, () =>
      this.#variables.global(name, near === undefined ? undefined : near - this.loadBias),
    );
  }

  /**
   * The macros that are defined at an address, or at the line of an inlined call there; for a frame ask at
   * `placeOf(frame)`. Undefined where the debug information has none (-g3).
   */
  macrosAt(va: number, line: SourcePosition | undefined): MacroScope | undefined {
    return this.#answer(undefined, () => this.#macros.at(va - this.loadBias, line));
  }

  /** The type of a variable that is defined elsewhere, and what its symbol is called there. */
  declared(name: string): { readonly type: Type; readonly linkageName: string | undefined } | undefined {
    return this.#answer(undefined, () => this.#variables.declared(name));
  }

  /** A static variable in a function. */
  staticIn(functionName: string, name: string): Variable | undefined {
    return this.#answer(undefined, () => this.#variables.staticIn(functionName, name));
  }

  /** A type by its name, `struct node`; that of the source file around `near` comes before those of others. */
  typeNamed(name: string, near?: number): Type | undefined {
    return this.#answer(undefined, () =>
      this.#typeNames.type(name, near === undefined ? undefined : near - this.loadBias),
    );
  }

  typeNames(): readonly string[] {
    return this.#answer([], () => this.#typeNames.names());
  }

  enumerator(name: string): Enumerator | undefined {
    return this.#answer(undefined, () => this.#typeNames.enumerator(name));
  }

  enumeratorNames(): readonly string[] {
    return this.#answer([], () => [...this.#typeNames.enumerators()]);
  }

  /** Names of all functions with debug information, each once. */
  functionNames(): readonly string[] {
    return this.#answer([], () => this.#functions.names());
  }

  /** Where the functions with debug information begin. */
  functionStarts(): readonly number[] {
    return this.#answer([], () => this.#functions.starts().map((start) => start + this.loadBias));
  }

  /** The type of a function by its name in the source; undefined without debug information. */
  functionType(name: string): Type | undefined {
    return this.#answer(undefined, () => {
      const entry = this.#functions.named(name);
      return entry && this.#types.read(entry.die);
    });
  }

  /** The member function that begins at an address: its mangled name, and the class that it is declared in. */
  methodAt(va: number): Method | undefined {
    const known = this.#methods.get(va);
    if (known) return known;
    const method = this.#answer(undefined, () => {
      const entry = this.#functions.at(va - this.loadBias);
      if (entry?.ranges[0]?.low !== va - this.loadBias) return undefined;
      const origins = [...entry.die.origins()];
      const declared = enclosingClass(origins.at(-1)!);
      const linkage = origins.find((die) => die.has(At.LinkageName))?.text(At.LinkageName);
      return declared && { of: this.#types.read(declared), mangled: linkage ?? this.symbolAt(va)?.name ?? '' };
    });
    if (method) this.#methods.set(va, method);
    return method;
  }

  /** What the function that holds an address returns; undefined where that is not described, or nothing. */
  returnTypeAt(va: number): Type | undefined {
    return this.#answer(undefined, () => {
      const entry = this.#functions.at(va - this.loadBias);
      for (const origin of entry?.die.origins() ?? []) if (origin.has(At.Type)) return this.#types.typeOf(origin);
      return undefined;
    });
  }

  /** Where a variable is in a frame, and its type with the bounds that it has there. */
  locate(variable: Variable, frame: Frame): { readonly type: Type; readonly storage: Storage } | Unavailable {
    const damaged: Unavailable = { unavailable: 'its debug information is damaged' };
    return this.#answer<ReturnType<Variables['locate']>>(damaged, () => this.#variables.locate(variable, frame));
  }

  /** A variable's value in a frame. Globals need only the frame's memory (and tp, if thread-local). */
  evaluateVariable(
    variable: Variable,
    frame: Frame,
    asHex = false,
    names: AddressNames = this.#addressNames,
  ): Value | Unavailable {
    const damaged: Unavailable = { unavailable: 'its debug information is damaged' };
    return this.#answer<Value | Unavailable>(damaged, () => {
      const located = this.#variables.locate(variable, frame);
      if ('unavailable' in located) return located;
      return readValue(located.type, located.storage, { read: frame.read, asHex, ...names });
    });
  }

  /** The symbol of an address and how far behind it the address is, as the source calls it: `main+4`, `ns::table`. */
  describe(va: number): string | undefined {
    const symbol = this.symbolAt(va);
    return symbol && this.#described(symbol);
  }

  /** The same for addresses within a symbol that says how large it is: what a pointer to data points into. */
  describeObject(va: number): string | undefined {
    const symbol = this.symbolAt(va);
    return symbol && symbol.offset < symbol.size ? this.#described(symbol) : undefined;
  }

  #described({ name, start, offset }: NearestSymbol): string {
    const own = /^_[ZR]/.test(name) ? (this.#functionNameAt(start) ?? plainName(name) ?? name) : name;
    return offset === 0 ? own : `${own}+${offset}`;
  }

  /** Of the function that begins at an address, by the debug information. */
  #functionNameAt(va: number): string | undefined {
    return this.#answer(undefined, () => {
      const entry = this.#functions.at(va - this.loadBias);
      return entry?.ranges[0]?.low === va - this.loadBias ? entry.name || undefined : undefined;
    });
  }

  #unwindByPrologue(frame: Frame): Frame | undefined {
    const symbol = this.#symbols.at(placeOf(frame) - this.loadBias);
    return symbol && unwindByPrologue(frame, symbol.start + this.loadBias);
  }

  #isSameFunction(a: number, b: number): boolean {
    const start = this.#symbols.at(a - this.loadBias)?.start;
    return start !== undefined && start === this.#symbols.at(b - this.loadBias)?.start;
  }

  /**
   * Answers one question with its own allowance of work; damage that no part has absorbed leaves `otherwise`. What is asked
   * in the course of an answer shares its allowance.
   */
  #answer<T>(otherwise: T, answer: () => T): T {
    const isWithin = this.#isAnswering;
    if (!isWithin) this.#effort.renew();
    this.#isAnswering = true;
    try {
      return answer();
    } catch (error) {
      if (!(error instanceof Damaged)) throw error;
      this.#warnings.add(`The debug information is damaged: ${error.message}.`);
      return otherwise;
    } finally {
      this.#isAnswering = isWithin;
    }
  }
}

/** For frames in no symbol file at all: signal trampolines, generated code, stripped libraries. */
export function unwindUnknown(frame: Frame): Frame | undefined {
  return unwindByConvention(frame, () => false);
}

/** The frame that a thread is executing. */
export function innermostFrame(
  pc: number,
  registers: Frame['registers'],
  read: (address: number, length: number) => Uint8Array | undefined,
): Frame {
  const threadPointer = registerValue(registers, Register.Tp);
  const asThread = (address: number, length: number): Uint8Array | undefined => read(address, length);
  return { pc, isCaller: false, registers, read: Object.assign(asThread, { threadPointer }) };
}
