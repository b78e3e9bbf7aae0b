import type { Task } from '../../linux/task.ts';
import type { Machine } from '../../machine/machine.ts';
import { err, ok, type Result } from '../../result.ts';
import { encodeBits, encodeScalar } from '../../symbols/encode-scalar.ts';
import { placeOf } from '../../symbols/frame.ts';
import type { Unavailable } from '../../symbols/storage.ts';
import type { Children, NamedValue } from '../../symbols/children.ts';
import type { Value } from '../../symbols/value.ts';
import { libraryType } from '../../symbols/summaries/access.ts';
import { stripped, type StructType, type Type } from '../../symbols/type.ts';
import type { Variable } from '../../symbols/variables.ts';
import { addressNames } from '../../program/address-text.ts';
import type { StackFrame } from '../../program/call-stack.ts';
import type { EvaluationFrame } from '../expressions/debug-moment.ts';
import type { ImageTable } from '../../program/images.ts';
import { writeGuest, type WriteListener } from '../guest-write.ts';
import { memoryReference } from '../memory-reference.ts';
import { sliced, type Container, type Row, type Slice, type ValueFormat } from '../variable-store.ts';
import { valueTarget } from '../watch-target.ts';

/** What values of C variables are shown from. */
export interface ValueScope extends WriteListener {
  readonly machine: Machine;
  readonly images: ImageTable;
  /** The number that an expression comes to in a frame. */
  readonly scalar: (at: EvaluationFrame, text: string) => Result<bigint | number, string>;
  /** Assigns one expression to another. */
  readonly assign: (at: EvaluationFrame, target: string, value: string) => Result<void, string>;
}

/** The arguments of a frame, its local variables, or first those and then these. */
export function variableScope(
  scope: ValueScope,
  at: StackFrame,
  ...kinds: readonly ('arguments' | 'locals')[]
): Container {
  const visible = at.image?.symbols?.variablesAt(placeOf(at.frame), at.activation);
  return variableContainer(scope, at, visible ? kinds.flatMap((kind) => visible[kind]) : []);
}

/** The global variables of the program that the frame belongs to; those of its own source file first. */
export function globalScope(scope: ValueScope, at: StackFrame): Container | undefined {
  const globals = at.image?.symbols?.globals() ?? [];
  const own = at.line?.file;
  const isOwn = (variable: Variable): boolean => variable.declaration?.file === own;
  const ordered = [...globals.filter(isOwn), ...globals.filter((variable) => !isOwn(variable))];
  return ordered.length > 0 ? variableContainer(scope, at, ordered) : undefined;
}

function variableContainer(scope: ValueScope, at: StackFrame, variables: readonly Variable[]): Container {
  const valueOf = (variable: Variable, asHex: boolean): NamedValue => evaluateVariable(scope, at, variable, asHex);
  const row = (variable: Variable, asHex: boolean): Row => ({
    ...shown(scope, at, valueOf(variable, asHex), spelling(variable)),
    ...(variable.isShadowed ? { presentationHint: { attributes: ['readOnly'] } } : {}),
  });
  const named = (name: string): Variable | undefined => variables.find((one) => one.name === name && !one.isShadowed);
  return {
    named: variables.length,
    children: (slice, { asHex }) => sliced(variables, slice).map((variable) => row(variable, asHex)),
    find(name, { asHex }) {
      const variable = named(name);
      return variable && { row: row(variable, asHex), position: variables.indexOf(variable) };
    },
    set(name, text) {
      const variable = named(name);
      return variable
        ? setValue(scope, at, valueOf(variable, false), text)
        : err(`No variable is called ${name} here.`);
    },
    watched(name) {
      const variable = named(name);
      return variable
        ? valueTarget(at.task, valueOf(variable, false), name)
        : { error: `no variable is called ${name} here` };
    },
  };
}

function spelling({ isShadowed, name }: Variable): Spelling {
  const own = isShadowed ? undefined : name;
  return { own, whole: own };
}

/** The value of a variable in a frame, with its name. */
function evaluateVariable({ images }: ValueScope, at: StackFrame, variable: Variable, asHex: boolean): NamedValue {
  const { name } = variable;
  const names = addressNames(images, at.task.process);
  const value = at.image!.symbols!.evaluateVariable(variable, at.frame, asHex, names);
  return 'unavailable' in value ? { name, type: '', ...value } : { name, ...value };
}

/** How a value is written as an expression; and the object whose parts its children are, where that is another. */
interface Spelling {
  readonly own: string | undefined;
  readonly whole: string | undefined;
}

/** A value as the client shows it; one with parts can be expanded. */
function shown(scope: ValueScope, at: EvaluationFrame, value: NamedValue, { own, whole }: Spelling): Row {
  const { name, role } = value;
  const hint = {
    ...(role === 'base' ? { kind: 'baseClass' } : {}),
    ...('unavailable' in value ? { attributes: ['readOnly'] } : role === 'static' ? { attributes: ['static'] } : {}),
  };
  const presentationHint = Object.keys(hint).length > 0 ? { presentationHint: hint } : {};
  if ('unavailable' in value) return { name, value: `<${value.unavailable}>`, type: value.type, ...presentationHint };
  const reference = valueReference(at.task, value);
  return {
    name,
    value: value.value,
    type: value.type,
    ...(own === undefined ? {} : { evaluateName: own }),
    ...(reference === undefined ? {} : { memoryReference: reference }),
    ...presentationHint,
    parts: partsOf(scope, at, value, whole, name),
  };
}

/** Where the memory view opens for a value: what a pointer points to, else the object itself. */
export function valueReference(task: Task, value: Value): string | undefined {
  const target = value.typeModel.kind === 'pointer' ? scalarBits(value) : undefined;
  const address = target ?? value.address;
  return address === undefined ? undefined : memoryReference(task.process.pid, address);
}

/**
 * The parts of a structure, an array or what a pointer points to.
 * @param written how the value is written as an expression
 * @param name what its row is called: that of what it points to is named by it
 */
export function partsOf(
  scope: ValueScope,
  at: EvaluationFrame,
  { children: found, typeModel }: Value,
  written: string | undefined,
  name: string,
): Container | undefined {
  if (!found) return undefined;
  const children = withTargetNamed(found, name);
  const { dynamicClass } = children;
  const expression = dynamicClass && written ? asDynamic(written, dynamicClass, typeModel) : written;
  const { count, isIndexed } = children;
  const spelling = (part: NamedValue): Spelling => partSpelling(expression, part, children, typeModel);
  const part = (value: NamedValue): Row => shown(scope, at, value, spelling(value));
  const others = children.raw && (() => [shown(scope, at, children.raw!(), { own: undefined, whole: written })]);
  const named = isIndexed ? 0 : count;
  return {
    ...(isIndexed ? { indexed: count } : {}),
    ...(named > 0 || others || !isIndexed ? { named: named + (others ? 1 : 0) } : {}),
    children: (slice: Slice, { asHex }: ValueFormat) => {
      const parts = children.slice(slice.start, slice.count ?? count, asHex || undefined).map(part);
      const isEnd = slice.start + (slice.count ?? count + 1) > count;
      return others && !isIndexed && isEnd ? [...parts, ...others()] : parts;
    },
    ...(others && isIndexed ? { others } : {}),
    find: (name, { asHex }) => {
      const position = numberOf(children, name);
      const [found] = position === undefined ? [] : children.slice(position, 1, asHex || undefined);
      return found && { row: part(found), position };
    },
    ...(children.run ? { range: (start, count) => rangeFacts(at.task, children.run!, start, expression, count) } : {}),
    set: (name, text) => {
      const part = findPart(children, name);
      return part ? setValue(scope, at, part, text) : err(`There is no part ${name}.`);
    },
    watched: (name) => {
      const part = findPart(children, name);
      return part ? valueTarget(at.task, part, spelling(part).own ?? name) : { error: `there is no part ${name}` };
    },
  };
}

/** An object as one of its own class: a pointer, else what a reference refers to. */
function asDynamic(written: string, { name }: StructType, type: Type): string | undefined {
  const spelled = name.replaceAll('(anonymous namespace)::', '');
  if (!/^[\w:]+$/.test(spelled)) return undefined;
  const isPointer = stripped(libraryType(type)?.scalar ?? type).kind === 'pointer';
  return isPointer ? `((${spelled} *)${written})` : `(*(${spelled} *)&${written})`;
}

/** What a pointer points to is called after the pointer: `*p`. */
function withTargetNamed(children: Children, pointer: string): Children {
  if (children.isIndexed || children.count !== 1) return children;
  const named = (part: NamedValue): NamedValue => (part.role === 'target' ? { ...part, name: `*${pointer}` } : part);
  return { ...children, slice: (...asked) => children.slice(...asked).map(named) };
}

/** The part with this name: `[3]` of an array, a member of a structure. */
function findPart(children: Children, name: string): NamedValue | undefined {
  const position = numberOf(children, name);
  return position === undefined ? undefined : children.slice(position, 1)[0];
}

function numberOf(children: Children, name: string): number | undefined {
  if (children.numberOf) return children.numberOf(name);
  if (children.isIndexed) return Number(/^\[(\d+)\]$/.exec(name)?.[1] ?? NaN);
  const at = children.slice(0, children.count).findIndex((part) => part.name === name);
  return at < 0 ? undefined : at;
}

/** How elements that follow each other are named and found together. */
function rangeFacts(
  task: Task,
  { address, size }: NonNullable<Children['run']>,
  start: number,
  whole: string | undefined,
  count: number,
): Partial<Row> {
  const object = whole?.startsWith('*') ? `(${whole})` : whole;
  return {
    memoryReference: memoryReference(task.process.pid, address + start * size),
    ...(object === undefined ? {} : { evaluateName: `${object}[${start}]@${count}` }),
  };
}

function partSpelling(whole: string | undefined, part: NamedValue, children: Children, type: Type): Spelling {
  const same = (own: string | undefined): Spelling => ({ own, whole: own });
  const pointer = stripped(type);
  const isPointer = pointer.kind === 'pointer' && pointer.sigil === '*';
  if (children.raw) {
    const named =
      whole === undefined ? undefined : libraryPart(whole, part, isPointer ? pointer.target : undefined, type);
    if (named !== undefined) return same(named);
    // Other parts of objects of a library have no name in the language.
    const address = 'address' in part ? part.address : undefined;
    return same(address === undefined ? undefined : `*(${part.type} *)0x${address.toString(16)}`);
  }
  if (whole === undefined) return same(undefined);
  if (part.role === 'anonymous') return { own: undefined, whole };
  if (part.role === 'target') return same(`*${whole}`);
  const object = whole.startsWith('*') ? `(${whole})` : whole;
  return same(children.isIndexed ? object + part.name : `${object}${isPointer ? '->' : '.'}${part.name}`);
}

/** How a part of an object of a library is spelled, where expressions can. @param target of a pointer to the object */
function libraryPart(
  whole: string,
  { name, role }: NamedValue,
  target: Type | undefined,
  type: Type,
): string | undefined {
  const object = target ? `(*${whole})` : whole.startsWith('*') ? `(${whole})` : whole;
  const library = libraryType(target ?? type);
  const isElement = /^\[(?:-?\d+|".*")\]$/s.test(name);
  if (library?.element) return isElement ? object + name : undefined;
  if (library?.target === undefined) return undefined;
  if (role === 'target') return `*${object}`;
  if (name.startsWith('[')) return isElement ? `(*${object})${name}` : undefined;
  return `${object}->${name}`;
}

/** The bits of a scalar as an unsigned integer. */
function scalarBits({ bytes }: Value): bigint | undefined {
  if (!bytes || bytes.length > 8) return undefined;
  return bytes.reduceRight((sum, byte) => (sum << 8n) | BigInt(byte), 0n);
}

/** Sets a scalar to what was typed. */
function setValue(
  scope: ValueScope,
  at: EvaluationFrame,
  value: Value | Unavailable,
  text: string,
): Result<void, string> {
  if ('unavailable' in value) return err(`It cannot be set: ${value.unavailable}.`);
  const { typeModel, bits, bytes: before } = value;
  const encode = (typed: string): ReturnType<typeof encodeScalar> =>
    bits ? encodeBits(typeModel, typed, bits, before!) : encodeScalar(typeModel, typed);
  const bytes = encode(text);
  if (!('error' in bytes)) return storeObject(scope, at, value, bytes);
  if (isLiteral(text)) return err(bytes.error);
  const number = scope.scalar(at, text);
  if (!number.ok) return number;
  const computed = encode(numberText(number.value, typeModel));
  return 'error' in computed ? err(computed.error) : storeObject(scope, at, value, computed);
}

/** Numbers, characters and text, which need no computing. */
function isLiteral(text: string): boolean {
  return /^\s*[-+]?(?:[\d'".]|$)[^-+*/%&|^?<>=!~]*$/.test(text);
}

/** A number as `encodeScalar` reads it; as in C, an integer takes what is before the point. */
function numberText(value: bigint | number, type: Type): string {
  const inner = stripped(type);
  const isFloat = inner.kind === 'base' && inner.encoding === 'float';
  if (typeof value === 'number' && !isFloat)
    return Number.isFinite(value) ? BigInt(Math.trunc(value)).toString() : 'nan';
  return String(value).replace('Infinity', 'inf');
}

/** Writes an object where it lives: memory, or a register of the innermost frame. */
export function storeObject(
  { machine, ...listener }: Pick<ValueScope, 'machine' | keyof WriteListener>,
  { task, calls }: Pick<EvaluationFrame, 'task' | 'calls'>,
  { address, register }: Pick<Value, 'address' | 'register'>,
  bytes: Uint8Array,
): Result<void, string> {
  if (address !== undefined) return writeGuest(machine, task.process, address, bytes, listener);
  if (register === undefined) return err('It cannot be set: it is not in memory or in one register.');
  if (calls > 0) return err('It is kept in a register: it can be set in the innermost frame only.');
  const registers = machine.registers(task);
  const bits = bytes.reduceRight((sum, byte) => (sum << 8n) | BigInt(byte), 0n);
  if (register >= 32) registers.setF(register - 32, bytes.length === 4 ? bits | (0xffff_ffffn << 32n) : bits);
  // The ABI keeps values narrower than a register sign-extended to 32 bits and from there to 64.
  else registers.setX(register, bytes.length >= 8 ? bits : BigInt.asIntN(bytes.length * 8, bits));
  return ok();
}
