import { Damaged } from './byte-cursor.ts';
import type { Effort } from './byte-cursor.ts';
import { byFunction } from './activations.ts';
import { findCallSite, isCallOf, passedValue } from './call-sites.ts';
import { At, Op, Tag } from './dwarf/constants.ts';
import type { DebugInfo } from './dwarf/debug-info.ts';
import type { Die } from './dwarf/die.ts';
import { enclosingFunction } from './dwarf/enclosing-entry.ts';
import { evaluateExpression, fromBytes, OPTIMISED_OUT } from './dwarf/expression.ts';
import type { ExpressionContext, Location } from './dwarf/expression.ts';
import { findLocation } from './dwarf/location-list.ts';
import type { DynamicBound, TypeReader } from './dwarf/type-reader.ts';
import { isAtFixedAddress } from './dwarf/unit-contents.ts';
import type { Unwinder } from './dwarf/unwinder.ts';
import { placeOf, registerValue } from './frame.ts';
import type { Frame, ReadMemory } from './frame.ts';
import type { Functions, SourcePosition } from './functions.ts';
import type { Scope } from './scopes.ts';
import { addressIn, SteadyPlaces, type SteadyPlace } from './steady-places.ts';
import { inBytes, inMemory } from './storage.ts';
import type { Storage, Unavailable } from './storage.ts';
import { baseName } from './source-path.ts';
import type { ThreadLocalName, ThreadLocals } from './thread-locals.ts';
import { sizeOf } from './type.ts';
import type { Type } from './type.ts';

export interface Variable {
  readonly name: string;
  readonly type: Type;
  readonly kind: 'argument' | 'local' | 'global';
  /** Whether a variable of an inner scope has the same name. */
  readonly isShadowed: boolean;
  readonly declaration: SourcePosition | undefined;
  /** Where its debugging information is; opaque outside this room. */
  readonly die: Die;
}

/** Variables in scope, innermost scope first. */
export interface VisibleVariables {
  readonly locals: readonly Variable[];
  readonly arguments: readonly Variable[];
}

/** A variable that is at the same address all the time: a guest address. */
export interface FixedVariable {
  readonly name: string;
  readonly type: Type;
  readonly address: number;
}

/** How many callers up the value of a register on entry is looked for. */
const MOST_CALLERS = 8;
/** Functions whose variables are looked through for a name. */
const MOST_SEARCHED = 3000;
/** Deeper nesting of blocks than any source has. */
const DEEPEST_BLOCK = 100;

/** Finds variables and, in a frame, where they are. Addresses are the linker's unless they are in a {@link Frame}. */
export class Variables {
  #globals: readonly Variable[] | undefined;
  #declared: Map<string, Die> | undefined;
  readonly #steady: SteadyPlaces;

  constructor(
    private readonly info: DebugInfo,
    private readonly types: TypeReader,
    private readonly functions: Functions,
    private readonly effort: Effort,
    private readonly loadBias: number,
    private readonly threadLocals: ThreadLocals,
    private readonly unwinder: Unwinder,
  ) {
    this.#steady = new SteadyPlaces(info, functions, unwinder, loadBias);
  }

  /** @param level which of the activations at the address: 0 is the innermost. */
  visibleAt(address: number, level: number): VisibleVariables {
    const locals: Variable[] = [];
    const parameters: Variable[] = [];
    const entry = this.functions.at(address);
    const scopes = entry && byFunction(this.functions.scopesAt(entry, address))[level];
    if (entry === undefined || scopes === undefined) return { locals, arguments: parameters };
    const line = this.functions.activationsAt(entry, address)[level].line;
    // A variable of an inner block hides others from its declaration on, not before.
    const isAhead = ({ declaration }: Variable): boolean =>
      declaration !== undefined && declaration.file === line?.file && declaration.line > line.line;
    const seen = new Set<string>();
    const found = scopes.flatMap((scope) => {
      const declared = [
        ...scope.parameters.map((die) => this.#variable(die, 'argument')),
        ...scope.variables.map((die) => this.#variable(die, 'local')),
      ].filter((variable) => variable !== undefined);
      const hidden = declared.map((variable) => seen.has(variable.name));
      for (const variable of declared) if (!isAhead(variable)) seen.add(variable.name);
      return declared.map((variable, index) => ({ variable, isHidden: hidden[index] }));
    });
    for (const { variable, isHidden } of found) {
      const isShadowed = isHidden || (isAhead(variable) && seen.has(variable.name));
      (variable.kind === 'argument' ? parameters : locals).push({ ...variable, isShadowed });
    }
    return { locals, arguments: parameters };
  }

  /** An address in each scope that declares one of some names, at most `most`; `isWhole`: there are no others. */
  placesOf(names: ReadonlySet<string>, most: number): { readonly addresses: number[]; readonly isWhole: boolean } {
    const addresses: number[] = [];
    const search = ({ parameters, variables, ranges, inner }: Scope): void => {
      const isMeant = (die: Die): boolean => {
        const name = this.info.attempt(die.unit, undefined, () => nameOf(die));
        return name !== undefined && names.has(name);
      };
      if (ranges.length > 0 && (parameters.some(isMeant) || variables.some(isMeant))) addresses.push(ranges[0].low);
      inner.forEach(search);
    };
    let functions = 0;
    for (const unit of this.info.units())
      for (const entry of this.info.contents(unit).functions) {
        if (this.effort.exhausted || addresses.length > most || ++functions > MOST_SEARCHED)
          return { addresses: addresses.slice(0, most), isWhole: false };
        search(this.functions.scopes(entry));
      }
    return { addresses, isWhole: true };
  }

  /** Variables outside functions, of all units. */
  globals(): readonly Variable[] {
    if (this.#globals !== undefined) return this.#globals;
    const globals: Variable[] = [];
    for (const unit of this.info.units()) {
      if (this.effort.exhausted) break;
      for (const { name, die } of this.info.contents(unit).globals) {
        const type = this.#typeOf(die);
        const declaration = this.functions.declaration(die);
        if (name !== '') globals.push({ name, type, kind: 'global', isShadowed: false, declaration, die });
      }
    }
    return (this.#globals = globals);
  }

  /** A global by name; a static one of the unit around `near` before those of others. */
  global(name: string, near?: number): Variable | undefined {
    const named = this.globals().filter((variable) => variable.name === name);
    const unit = near === undefined ? undefined : this.info.unitAt(near);
    return named.find(({ die }) => die.unit === unit) ?? named[0];
  }

  /** A variable that a source file says another has (`extern`); what its symbol is called, where that is another name. */
  declared(name: string): { readonly type: Type; readonly linkageName: string | undefined } | undefined {
    if (this.#declared === undefined) {
      this.#declared = new Map();
      for (const unit of this.info.units()) {
        if (this.effort.exhausted) break;
        for (const entry of this.info.contents(unit).declared)
          if (!this.#declared.has(entry.name)) this.#declared.set(entry.name, entry.die);
      }
    }
    const die = this.#declared.get(name);
    return (
      die &&
      this.info.attempt(die.unit, undefined, () => ({ type: this.#typeOf(die), linkageName: linkageNameOf(die) }))
    );
  }

  /** A static variable in a function, wherever in it: the first of this name. */
  staticIn(functionName: string, name: string): Variable | undefined {
    const around = this.functions.dieNamed(functionName);
    if (around === undefined) return undefined;
    return this.info.attempt(around.unit, undefined, () => {
      for (const origin of around.origins()) {
        const die = variableIn(origin, (one) => nameOf(one) === name && (isStatic(one) || this.#isThreadLocal(one)));
        if (die) return this.#variable(die, 'local');
      }
      return undefined;
    });
  }

  /** Variables outside functions that are at no fixed address, and are no constants. */
  unfixed(): readonly Variable[] {
    const isConstant = (die: Die): boolean => [...die.origins()].some((origin) => origin.has(At.ConstValue));
    return this.globals().filter(({ die }) => !isStatic(die) && !isConstant(die));
  }

  /** Variables at fixed addresses, those in functions too: `main::calls`. */
  fixed(): FixedVariable[] {
    const found: FixedVariable[] = [];
    for (const unit of this.info.units()) {
      if (this.effort.exhausted) break;
      const { globals, statics } = this.info.contents(unit);
      for (const { name, die } of globals) if (isAtFixedAddress(die)) this.#addFixed(found, name, die);
      for (const { die, within } of statics)
        this.#addFixed(
          found,
          `${this.info.attempt(unit, '', () => this.info.qualifiedName(within))}::${nameOf(die)}`,
          die,
        );
    }
    return found;
  }

  #addFixed(found: FixedVariable[], name: string, die: Die): void {
    this.info.attempt(die.unit, undefined, () => {
      const frame: Frame = { pc: 0, isCaller: false, registers: { x: [], f: [] }, read: () => undefined };
      const type = this.#typeOf(die);
      const location = this.#location(die, type, frame);
      if (location.kind === 'memory' && name !== '') found.push({ name, type, address: location.address });
    });
  }

  /** The variable that a static member of a class is. Throws {@link Damaged}. */
  locateStatic(die: Die, read: ReadMemory): Storage | Unavailable {
    const frame: Frame = { pc: 0, isCaller: false, registers: { x: [], f: [] }, read };
    const type = this.#typeOf(die);
    // The value that clang writes beside a member is that which it began with, also where it is no constant.
    const global = this.global(this.info.qualifiedName(die));
    const location = global ? this.#placeOf(global.die, type, frame) : this.#location(die, type, frame);
    return this.#storage(location, sizeOf(type), frame);
  }

  /** The object itself, or why it cannot be read. Throws {@link Damaged}. */
  locate(variable: Variable, frame: Frame): { readonly type: Type; readonly storage: Storage } | Unavailable {
    const steady = this.#steady.at(variable, placeOf(frame));
    const found = steady && this.#steadyStorage(steady, variable.type, frame);
    if (found) return { type: variable.type, storage: found };
    const type = this.#withBounds(variable.type, frame, 0);
    const storage = this.#storage(this.#placeOf(variable.die, type, frame), sizeOf(type), frame);
    return 'unavailable' in storage ? storage : { type, storage };
  }

  #variable(die: Die, kind: Variable['kind']): Variable | undefined {
    return this.info.attempt(die.unit, undefined, () => {
      const name = nameOf(die);
      if (name === undefined) return undefined;
      // `extern int x;` in a block stands for the global.
      if (die.flag(At.Declaration) && !die.has(At.Location)) {
        return this.global(name);
      }
      const declaration = this.functions.declaration(die);
      return { name, type: this.#typeOf(die), kind, isShadowed: false, declaration, die };
    });
  }

  #typeOf(die: Die): Type {
    return this.info.attempt<Type>(die.unit, { kind: 'unknown', name: '' }, () => {
      for (const origin of die.origins()) if (origin.has(At.Type)) return this.types.typeOf(origin);
      return { kind: 'unknown', name: '' };
    });
  }

  #location(die: Die, type: Type, frame: Frame): Location {
    for (const origin of die.origins()) {
      const constant = origin.attribute(At.ConstValue);
      if (constant?.kind === 'constant') return { kind: 'bytes', bytes: toBytes(constant.exact, sizeOf(type) ?? 8) };
      if (constant?.kind === 'block') return { kind: 'bytes', bytes: constant.bytes };
      if (origin.has(At.Location)) return this.#evaluate(origin, At.Location, frame);
    }
    return { kind: 'unavailable', reason: OPTIMISED_OUT };
  }

  /** Where a variable is, a thread-local one without a location too: gcc gives those of riscv64 none. */
  #placeOf(die: Die, type: Type, frame: Frame): Location {
    const own = this.#location(die, type, frame);
    return own.kind === 'unavailable' ? (this.#threadLocal(die, frame.read) ?? own) : own;
  }

  #threadLocal(die: Die, read: ReadMemory): Location | undefined {
    const name = this.threadLocals.hasAny && !hasPlace(die) ? this.#threadLocalName(die) : undefined;
    const offset = name && this.threadLocals.find(name, read);
    if (offset === undefined) return undefined;
    const block = this.threadLocals.block(read);
    if (typeof block !== 'bigint') return { kind: 'unavailable', reason: block.unavailable };
    const exact = block + BigInt(offset);
    return { kind: 'memory', address: Number(exact), exact };
  }

  /** Whether a variable of a function, without a location, is one that is static in it. */
  #isThreadLocal(die: Die): boolean {
    const name = this.threadLocals.hasAny && !hasPlace(die) ? this.#threadLocalName(die) : undefined;
    return name?.function !== undefined && this.threadLocals.hasCandidates(name);
  }

  #threadLocalName(die: Die): ThreadLocalName {
    const around = enclosingFunction([...die.origins()].at(-1)!);
    const linkageName = linkageNameOf(die);
    return {
      linkageName,
      name: around ? (nameOf(die) ?? '') : this.info.qualifiedName(die),
      ...(around ? { function: linkageNameOf(around) ?? nameOf(around) ?? '' } : {}),
      file: baseName(die.unit.name),
      code: () => this.functions.codeOf(around ?? die.unit),
    };
  }

  /** The location that an attribute gives, by itself or in the entry of its list that holds at the frame's pc. */
  #evaluate(die: Die, attribute: At, frame: Frame, depth = 0): Location {
    const value = die.attribute(attribute);
    if (value === undefined) return { kind: 'unavailable', reason: OPTIMISED_OUT };
    const { unit } = die;
    let expression: Uint8Array | undefined;
    if (value.kind === 'block') expression = value.bytes;
    else {
      const list = unit.locationListAt(value);
      if (list === undefined) throw new Damaged('a variable’s location has an unknown form');
      expression = findLocation(unit, list, placeOf(frame) - this.loadBias);
    }
    if (expression === undefined) return { kind: 'unavailable', reason: OPTIMISED_OUT };
    const isFrameBase = attribute === At.FrameBase;
    return evaluateExpression(expression, this.#context(unit, frame, !isFrameBase, depth));
  }

  #context(unit: Die['unit'], frame: Frame, hasFrameBase: boolean, depth: number): ExpressionContext {
    return {
      effort: this.effort,
      unit,
      registers: frame.registers,
      read: frame.read,
      loadBias: this.loadBias,
      cfa: () => this.unwinder.canonicalFrameAddress(frame),
      threadLocal: (offset) => {
        const block = this.threadLocals.block(frame.read);
        return typeof block === 'bigint' ? block + this.threadLocals.offset(offset) : block;
      },
      entryValue: (register) => (depth < MOST_CALLERS ? this.#entryValue(register, frame, depth + 1) : undefined),
      ...(hasFrameBase ? { frameBase: () => this.#frameBase(frame) } : {}),
    };
  }

  /** What the caller says that it passed in a register, computed in its frame. */
  #entryValue(register: number, frame: Frame, depth: number): bigint | undefined {
    const callee = this.functions.at(placeOf(frame) - this.loadBias);
    const callerFrame = this.unwinder.unwind(frame);
    if (callee === undefined || callerFrame === undefined) return undefined;
    const caller = this.functions.at(placeOf(callerFrame) - this.loadBias);
    const callSite = caller && findCallSite(caller.die, callerFrame.pc - this.loadBias);
    if (callSite === undefined || !isCallOf(callSite, callee.die)) return undefined;
    const expression = passedValue(callSite, register);
    if (expression === undefined) return undefined;
    const location = evaluateExpression(expression, this.#context(callSite.unit, callerFrame, true, depth));
    if (location.kind === 'memory') return location.exact;
    return location.kind === 'bytes' ? fromBytes(location.bytes.subarray(0, 8)) : undefined;
  }

  #frameBase(frame: Frame): Location {
    const entry = this.functions.at(placeOf(frame) - this.loadBias);
    if (entry === undefined) return { kind: 'unavailable', reason: 'the frame is in no known function' };
    return this.#evaluate(entry.die, At.FrameBase, frame);
  }

  #storage(location: Location, size: number | undefined, frame: Frame): Storage | Unavailable {
    switch (location.kind) {
      case 'memory':
        return inMemory(location.address, frame.read);
      case 'bytes':
        return inBytes(location.bytes);
      case 'register': {
        const value = registerValue(frame.registers, location.register);
        return value === undefined
          ? { unavailable: `${OPTIMISED_OUT} (its register was not saved)` }
          : inBytes(toBytes(value, Math.max(8, Math.min(size ?? 8, 16))), location.register);
      }
      case 'pieces':
        return this.#assemble(location.pieces, frame);
      case 'unavailable':
        return { unavailable: location.reason };
    }
  }

  /** `undefined` where there is more to say than where it is. */
  #steadyStorage(steady: SteadyPlace, type: Type, frame: Frame): Storage | undefined {
    if (steady.kind === 'memory') {
      const address = addressIn(frame, steady);
      return address === undefined ? undefined : inMemory(address, frame.read);
    }
    const storage = this.#storage({ kind: 'register', register: steady.register! }, sizeOf(type), frame);
    return 'unavailable' in storage ? undefined : storage;
  }

  #assemble(pieces: Extract<Location, { kind: 'pieces' }>['pieces'], frame: Frame): Storage | Unavailable {
    const bits = pieces.reduce((sum, piece) => sum + piece.bits, 0);
    if (bits > 8 * 65_536) throw new Damaged('a value in pieces is too large');
    const bytes = new Uint8Array(Math.ceil(bits / 8));
    const known = new Uint8Array(bytes.length).fill(1);
    let at = 0;
    for (const piece of pieces) {
      const storage = this.#storage(piece.location, undefined, frame);
      const needed = Math.ceil((piece.bitOffset + piece.bits) / 8);
      const source = 'unavailable' in storage ? storage : storage.read(0, needed);
      for (let bit = 0; bit < piece.bits; bit++, at++)
        if ('unavailable' in source) known[at >> 3] = 0;
        else {
          const from = piece.bitOffset + bit;
          if ((source[from >> 3] >> (from & 7)) & 1) bytes[at >> 3] |= 1 << (at & 7);
        }
    }
    return inBytes(bytes, undefined, known);
  }

  /** The type with the bounds of variable-length arrays filled in for this frame. */
  #withBounds(type: Type, frame: Frame, depth: number): Type {
    if (depth > 32) return type;
    switch (type.kind) {
      case 'typedef':
      case 'qualified': {
        const target = this.#withBounds(type.target, frame, depth + 1);
        return target === type.target ? type : { ...type, target };
      }
      case 'array': {
        const element = this.#withBounds(type.element, frame, depth + 1);
        if (type.bound === undefined) return element === type.element ? type : { ...type, element };
        return { ...type, element, count: this.#count(type.bound as DynamicBound, frame) };
      }
      default:
        return type;
    }
  }

  #count({ die, attribute, plus }: DynamicBound, frame: Frame): number | undefined {
    const holder = die.reference(attribute);
    const location =
      holder === undefined
        ? this.#evaluate(die, attribute, frame)
        : this.#location(holder, { kind: 'unknown', name: '' }, frame);
    let count: number;
    // An expression computes the bound itself, a variable holds it.
    if (holder === undefined && location.kind === 'memory') count = location.address + plus;
    else {
      const storage = this.#storage(location, 8, frame);
      const bytes = 'unavailable' in storage ? storage : storage.read(0, 8);
      if ('unavailable' in bytes) return undefined;
      count = Number(bytes.reduceRight((value, byte) => (value << 8n) | BigInt(byte), 0n)) + plus;
    }
    return Number.isSafeInteger(count) && count >= 0 && count < 2 ** 32 ? count : undefined;
  }
}

/** The first variable that a function declares, in any of its blocks, of those that are wanted. */
function variableIn(around: Die, isWanted: (die: Die) => boolean, depth = 0): Die | undefined {
  for (const child of around.children()) {
    if (child.tag === Tag.Variable && isWanted(child)) return child;
    const isBlock = child.tag === Tag.LexicalBlock && depth < DEEPEST_BLOCK;
    const found = isBlock ? variableIn(child, isWanted, depth + 1) : undefined;
    if (found) return found;
  }
  return undefined;
}

/** Operations that end the expression of a place in a thread. */
const OF_THREAD: ReadonlySet<Op> = new Set([Op.FormTlsAddress, Op.GnuPushTlsAddress]);

/** Whether a variable is at one place for all frames of a thread. */
function isStatic(die: Die): boolean {
  for (const origin of die.origins()) {
    const location = origin.attribute(At.Location);
    if (location?.kind === 'block') return isAtFixedAddress(origin) || OF_THREAD.has(location.bytes.at(-1) as Op);
  }
  return false;
}

/** Whether the debug information says where a variable is, or what its value is. */
function hasPlace(die: Die): boolean {
  for (const origin of die.origins()) if (origin.has(At.Location) || origin.has(At.ConstValue)) return true;
  return false;
}

function linkageNameOf(die: Die): string | undefined {
  for (const origin of die.origins()) {
    const name = origin.text(At.LinkageName) ?? origin.text(At.MipsLinkageName);
    if (name !== undefined) return name;
  }
  return undefined;
}

function nameOf(die: Die): string | undefined {
  for (const origin of die.origins()) {
    const name = origin.text(At.Name);
    if (name !== undefined) return name;
  }
  return undefined;
}

function toBytes(value: bigint, size: number): Uint8Array {
  const bytes = new Uint8Array(Math.min(size, 64));
  const isNegative = value < 0n;
  for (let index = 0; index < bytes.length; index++)
    bytes[index] = index < 16 ? Number((value >> BigInt(index * 8)) & 0xffn) : isNegative ? 0xff : 0;
  return bytes;
}
