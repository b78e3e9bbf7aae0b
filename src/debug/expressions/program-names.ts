import { builtInType, INT, pointerTo } from '../../expressions/c-types.ts';
import type { MacroDefinition } from '../../expressions/macros.ts';
import type { BuiltIn, Meaning, Names } from '../../expressions/names.ts';
import { X } from '../../riscv/registers.ts';
import { placeOf } from '../../symbols/frame.ts';
import type { MacroScope } from '../../symbols/macros.ts';
import { leafResult } from '../../symbols/leaf-function.ts';
import { inBytes, inMemory } from '../../symbols/storage.ts';
import type { SymbolFile } from '../../symbols/symbol-file.ts';
import { stripped, VOID, type Type } from '../../symbols/type.ts';
import type { Variable } from '../../symbols/variables.ts';
import type { Image, ImageTable } from '../../program/images.ts';
import { baseName } from '../../program/source-map.ts';
import { ADDRESS_FUNCTIONS } from './address-functions.ts';
import type { DebugMoment, EvaluationFrame } from './debug-moment.ts';
import { specialMeaning, SPECIAL_NAMES } from './special-names.ts';

type Named = Meaning<DebugMoment>;

const UNDESCRIBED: Type = { kind: 'unknown', name: '<no debug information>' };

/** Functions of C libraries that do nothing but say where a variable of the thread is. */
const ADDRESS_OF_THREAD: ReadonlySet<string> = new Set(['__errno_location', '__h_errno_location']);

/** What names mean in a frame: in its blocks and function first, then in its program or library, then in the others. */
export class ProgramNames implements Names<DebugMoment> {
  readonly #at: EvaluationFrame;
  readonly #images: ImageTable;
  readonly #function: string;
  /** Of the namespaces and classes around the frame's function, innermost first; the last is ''. */
  readonly #scopes: readonly string[];
  /** Found when the first name is asked for that may be a macro. */
  #macroScope: readonly [MacroScope | undefined] | undefined;

  constructor(at: EvaluationFrame, images: ImageTable) {
    this.#at = at;
    this.#images = images;
    this.#function = functionName(at);
    this.#scopes = scopesAround(this.#function);
  }

  object(name: string): Named | undefined {
    const isGlobal = name.startsWith('::');
    const own = this.#at.image;
    const local = isGlobal ? undefined : this.locals().find((one) => one.name === name && !one.isShadowed);
    if (local && own?.symbols) return variableMeaning(own.symbols, local);
    const plain = isGlobal ? name.slice(2) : name;
    for (const { symbols } of this.#files())
      for (const scope of isGlobal ? [''] : this.#scopes) {
        const found = firstOf(symbols.spellings(scope + plain), (spelling) => this.#inFile(symbols, spelling));
        if (found) return found;
      }
    return this.#ofSymbol(plain) ?? (plain === 'errno' ? this.#errno() : undefined);
  }

  /** What only the symbol table has; its type is that of a declaration, if there is one. */
  #ofSymbol(name: string): Named | undefined {
    const files = this.#files();
    const scoped = this.#scopes.map((scope) => scope + name);
    const declared = firstOf(files, ({ symbols }) => firstOf(scoped, (one) => symbols.declared(one)));
    const linkageName = declared?.linkageName ?? name;
    for (const { symbols } of files) {
      const symbol = symbols.symbol(linkageName);
      if (symbol) return symbolMeaning(symbol.va, symbol.kind === 'function', declared?.type);
    }
    const knowing = files.filter(({ symbols }) => symbols.knowsThreadLocal(linkageName));
    if (knowing.length === 0) return undefined;
    const type = declared?.type ?? (linkageName === 'errno' ? INT : UNDESCRIBED);
    return {
      kind: 'object',
      type,
      locate({ frame }) {
        const places = knowing.map(({ symbols }) => symbols.threadLocal(linkageName, frame.read));
        const found = places.find((one) => one !== undefined && 'address' in one) ?? places.find(Boolean);
        if (found && 'address' in found) return { type, storage: inMemory(found.address, frame.read) };
        return found ?? { unavailable: 'it is not known where it is in this thread' };
      },
    };
  }

  /** The error number of the C library, which has it as `*__errno_location()`. */
  #errno(): Named | undefined {
    const pointer = this.pure('__errno_location');
    if (pointer?.kind !== 'value') return undefined;
    return {
      kind: 'object',
      type: INT,
      locate(moment) {
        const address = pointer.read(moment);
        if (typeof address === 'object') return address;
        return { type: INT, storage: inMemory(Number(address), moment.frame.read) };
      },
    };
  }

  macro(name: string): MacroDefinition | undefined {
    const own = this.#macros?.macro(name);
    if (own) return own;
    const place = name === '__LINE__' || name === '__FILE__' ? this.#line : undefined;
    if (!place) return undefined;
    return { name, isVariadic: false, body: name === '__LINE__' ? String(place.line) : JSON.stringify(place.file) };
  }

  /** The line of the source that the frame is at. */
  get #line(): { readonly file: string; readonly line: number } | undefined {
    const { image, frame, activation } = this.#at;
    const place = placeOf(frame);
    return image?.symbols?.activationsAt(place)[activation]?.line ?? image?.symbols?.lineAt(place);
  }

  get #macros(): MacroScope | undefined {
    this.#macroScope ??= [this.#at.image?.symbols?.macrosAt(placeOf(this.#at.frame), this.#line)];
    return this.#macroScope[0];
  }

  pure(name: string): Named | undefined {
    if (!ADDRESS_OF_THREAD.has(name)) return undefined;
    const start = firstOf(
      this.#files(),
      ({ symbols }) => symbols.functionNamed(name) ?? symbols.functionNamed(`_${name}`),
    );
    if (start === undefined) return undefined;
    return {
      kind: 'value',
      type: pointerTo(INT),
      read({ frame }) {
        const address = leafResult(frame.read, start, frame.registers.x[X.Sp] ?? 0n);
        return address ?? { unavailable: `${name} does more than to compute an address` };
      },
    };
  }

  within(scope: string, name: string): Named | undefined {
    for (const { symbols } of this.#files()) {
      const inFile = symbols
        .globals()
        .find((one) => one.name === name && one.declaration && isFile(one.declaration.file, scope));
      const variable = inFile ?? firstOf(symbols.spellings(scope), (spelling) => symbols.staticIn(spelling, name));
      if (variable) return variableMeaning(symbols, variable);
    }
    const own = this.#at.image?.symbols;
    const local = own && this.#function === scope ? this.locals().find((one) => one.name === name) : undefined;
    return local ? variableMeaning(own!, local) : this.#staticMember(scope, name);
  }

  /** One that is a constant has no variable of its own. */
  #staticMember(className: string, name: string): Named | undefined {
    const type = this.type(className);
    const inner = type && stripped(type);
    const member =
      inner?.kind === 'struct' ? inner.members.find((one) => one.isStatic && one.name === name) : undefined;
    const find = member?.find;
    if (!find) return undefined;
    return {
      kind: 'object',
      type: member.type,
      locate({ frame }) {
        const storage = find(inBytes(new Uint8Array()), frame.read);
        return 'unavailable' in storage ? storage : { type: member.type, storage };
      },
    };
  }

  special(name: string): Named | undefined {
    return specialMeaning(name);
  }

  builtIn(name: string): BuiltIn<DebugMoment> | undefined {
    return Object.hasOwn(ADDRESS_FUNCTIONS, name) ? ADDRESS_FUNCTIONS[name] : undefined;
  }

  type(name: string): Type | undefined {
    const isGlobal = name.startsWith('::');
    const [, keyword = '', plain] = /^((?:struct|union|enum|class) )?(?:::)?(.*)$/.exec(name) ?? [];
    const own = this.#at.image;
    for (const image of this.#files()) {
      const near = image === own ? placeOf(this.#at.frame) : undefined;
      for (const scope of isGlobal ? [''] : this.#scopes) {
        const type = firstOf(image.symbols.spellings(scope + plain), (spelling) =>
          typeIn(image.symbols, keyword + spelling, near),
        );
        if (type) return type;
      }
    }
    return undefined;
  }

  isType(name: string): boolean {
    return !this.#isVariable(name) && this.type(name) !== undefined;
  }

  isTemplate(name: string): boolean {
    const start = `${name}<`;
    return this.#files().some(({ symbols }) =>
      symbols.typeNames().some((type) => type.includes(start) && new RegExp(`(^|::| )${start}`).test(type)),
    );
  }

  *similar(kind: 'object' | 'special' | 'type'): Iterable<string> {
    if (kind === 'special') yield* SPECIAL_NAMES;
    else if (kind === 'object') {
      for (const { name } of this.locals()) yield name;
      for (const { symbols } of this.#files()) {
        for (const { name } of symbols.globals()) yield name;
        yield* symbols.enumeratorNames();
      }
      yield* Object.keys(ADDRESS_FUNCTIONS);
      yield* this.#macros?.names() ?? [];
    } else for (const { symbols } of this.#files()) yield* symbols.typeNames();
  }

  /** Variables of the frame, those of inner blocks first. */
  locals(): readonly Variable[] {
    const visible = this.#at.image?.symbols?.variablesAt(placeOf(this.#at.frame), this.#at.activation);
    return visible ? [...visible.locals, ...visible.arguments] : [];
  }

  /** Everything that a name may be, for who chooses among them: the nearest first. */
  *known(): Iterable<{ readonly name: string; readonly kind: 'variable' | 'enum' | 'function' | 'type' | 'macro' }> {
    for (const { name, isShadowed } of this.locals()) if (!isShadowed) yield { name, kind: 'variable' };
    for (const name of Object.keys(ADDRESS_FUNCTIONS)) yield { name, kind: 'function' };
    for (const { symbols } of this.#files()) {
      for (const { name } of symbols.globals()) yield { name, kind: 'variable' };
      for (const name of symbols.enumeratorNames()) yield { name, kind: 'enum' };
      for (const name of symbols.functionNames()) yield { name, kind: 'function' };
      for (const name of symbols.typeNames()) yield { name, kind: 'type' };
    }
    for (const name of this.#macros?.names() ?? []) yield { name, kind: 'macro' };
  }

  #isVariable(name: string): boolean {
    if (this.locals().some((one) => one.name === name)) return true;
    const near = placeOf(this.#at.frame);
    return this.#files().some(({ symbols }) => symbols.global(name, near) !== undefined);
  }

  #inFile(symbols: SymbolFile, name: string): Named | undefined {
    const variable = symbols.global(name, placeOf(this.#at.frame));
    if (variable) return variableMeaning(symbols, variable);
    const enumerator = symbols.enumerator(name);
    if (enumerator) {
      const { type, value } = enumerator;
      const bits = value < 0n ? undefined : value.toString(2).length;
      return { kind: 'value', type, ...(bits === undefined ? {} : { bits }), read: () => value };
    }
    const type = symbols.functionType(name);
    const address = symbols.functionNamed(name);
    if (type === undefined || address === undefined) return undefined;
    return {
      kind: 'object',
      type,
      locate: ({ frame }) => ({ type, storage: inMemory(address, frame.read) }),
    };
  }

  /** The files whose names are looked through: the frame's own, the program, and the libraries. */
  #files(): readonly (Image & { readonly symbols: SymbolFile })[] {
    const { image, task } = this.#at;
    const program = this.#images.program(task.process);
    const all = new Set([...(image ? [image] : []), ...(program ? [program] : []), ...this.#images.of(task.process)]);
    return [...all].filter((one): one is Image & { readonly symbols: SymbolFile } => one.symbols !== undefined);
  }
}

/** The function of the source that a frame is in, with its namespaces. */
function functionName({ image, frame, activation }: EvaluationFrame): string {
  const place = placeOf(frame);
  return image?.symbols?.activationsAt(place)[activation]?.name ?? image?.symbols?.functionAt(place)?.name ?? '';
}

function variableMeaning(symbols: SymbolFile, variable: Variable): Named {
  return { kind: 'object', type: variable.type, locate: ({ frame }) => symbols.locate(variable, frame) };
}

/** A symbol without debug information is an address; what lies there nobody says. */
function symbolMeaning(va: number, isFunction: boolean, declared?: Type): Named {
  const type: Type =
    declared ?? (isFunction ? { kind: 'function', returns: VOID, parameters: [], isVariadic: true } : UNDESCRIBED);
  return { kind: 'object', type, locate: ({ frame }) => ({ type, storage: inMemory(va, frame.read) }) };
}

function firstOf<T, R>(choices: readonly T[], find: (choice: T) => R | undefined): R | undefined {
  for (const choice of choices) {
    const found = find(choice);
    if (found !== undefined) return found;
  }
  return undefined;
}

/** `a::B::f` is in `a::B::` and `a::`; templates may hold colons of their own. */
function scopesAround(functionName: string): readonly string[] {
  const scopes: string[] = [];
  let depth = 0;
  for (let at = 0; at < functionName.length - 1; at++) {
    const character = functionName[at];
    if (character === '<' || character === '(') depth++;
    else if (character === '>' || character === ')') depth--;
    else if (depth === 0 && character === ':' && functionName[at + 1] === ':')
      scopes.unshift(functionName.slice(0, ++at + 1));
  }
  return [...scopes, ''];
}

function typeIn(symbols: SymbolFile, name: string, near: number | undefined): Type | undefined {
  const type = symbols.typeNamed(name, near);
  if (type || !name.includes('<')) return type;
  const wanted = plainSpelling(name);
  const spelled = symbols.typeNames().find((one) => {
    const other = plainSpelling(one);
    return other === wanted || other === `struct${wanted}` || other === `class${wanted}`;
  });
  return spelled === undefined ? undefined : symbols.typeNamed(spelled, near);
}

/** A template's name without what compilers spell differently from people: spaces, and `short int` for `short`. */
function plainSpelling(name: string): string {
  const word = '(?:signed|unsigned|short|long|int|char)';
  return name
    .replaceAll(new RegExp(`\\b${word}(?: +${word})*\\b`, 'g'), (words) => {
      const type = builtInType(words.replaceAll(/ +/g, ' '));
      return type?.kind === 'base' ? type.name : words;
    })
    .replaceAll(' ', '');
}

function isFile(path: string, asked: string): boolean {
  return path === asked || path.endsWith(`/${asked}`) || baseName(path) === asked;
}
