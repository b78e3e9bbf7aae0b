import type { Task } from '../linux/task.ts';
import { toHex } from '../memory/address.ts';
import { registerByName } from '../riscv/registers.ts';
import { err, ok, type Result } from '../result.ts';
import { placeOf } from '../symbols/frame.ts';
import { stripped } from '../symbols/type.ts';
import type { NamedValue } from '../symbols/value.ts';
import { describeAddress } from './address-text.ts';
import { memoryReader, type StackFrame } from './call-stack.ts';
import { memoryReference } from './memory-reference.ts';
import { parseInteger } from './parse-integer.ts';
import { floatText } from './scopes/registers.ts';
import {
  evaluateVariable,
  findPart,
  partsOf,
  scalarBits,
  valueReference,
  type ValueScope,
} from './scopes/symbol-values.ts';
import type { Container } from './variable-store.ts';

/** What an expression stands for. */
export interface Evaluated {
  readonly text: string;
  readonly type?: string;
  /** The value as a signed 64-bit integer, where it is one. */
  readonly integer?: bigint;
  readonly memoryReference?: string;
  readonly parts?: Container;
}

/** Something with an address or a value, before it is shown. */
type Operand =
  | { readonly kind: 'variable'; readonly value: NamedValue }
  | { readonly kind: 'word'; readonly bits: bigint; readonly type: string; readonly text?: string };

const SHAPE = /^([*&\s]*)(\$?[A-Za-z_][\w:]*|0x[0-9a-f]+|[0-9]+)((?:\s*(?:\.|->)\s*[A-Za-z_]\w*|\s*\[\s*\d+\s*\])*)$/i;

/**
 * Evaluates a register (`$sp`), an address, or the name of a variable, a function or another symbol; with members,
 * constant indices, `*` and `&`. Has no effect on the guest. The error is a sentence.
 */
export function evaluate(scope: ValueScope, at: StackFrame, text: string, asHex = false): Result<Evaluated, string> {
  const trimmed = text.trim();
  const [, prefixes, name, suffixes] = SHAPE.exec(trimmed) ?? [];
  if (name === undefined)
    return err(
      `"${trimmed}" cannot be evaluated: write a register ($sp), an address, or the name of a variable or function.`,
    );
  let operand = lookUp(at, name, asHex);
  for (const suffix of suffixes.match(/\[\s*\d+\s*\]|[A-Za-z_]\w*/g) ?? [])
    operand = operand.ok ? part(operand.value, suffix.replaceAll(/\s/g, '')) : operand;
  for (const prefix of [...prefixes.replaceAll(/\s/g, '')].reverse())
    operand = operand.ok ? applied(scope, at.task, prefix, operand.value) : operand;
  return operand.ok ? shownOperand(scope, at, operand.value, trimmed) : operand;
}

/** Whether a condition holds: comparisons of what can be evaluated, joined by && and ||; or one value that is not zero. */
export function isTrue(scope: ValueScope, at: StackFrame, condition: string): Result<boolean, string> {
  for (const alternative of condition.split('||')) {
    let holds = true;
    for (const comparison of alternative.split('&&')) {
      const result = compare(scope, at, comparison);
      if (!result.ok) return result;
      holds &&= result.value;
    }
    if (holds) return ok(true);
  }
  return ok(false);
}

function compare(scope: ValueScope, at: StackFrame, text: string): Result<boolean, string> {
  const [, left, operator, right] = /^(.+?)(==|!=|<=|>=|<|(?<!-)>)(.+)$/.exec(text) ?? [];
  const a = integerOf(scope, at, left ?? text);
  const b = right === undefined ? ok(0n) : integerOf(scope, at, right);
  if (!a.ok) return a;
  if (!b.ok) return b;
  switch (operator) {
    case '==':
      return ok(a.value === b.value);
    case '<':
      return ok(a.value < b.value);
    case '<=':
      return ok(a.value <= b.value);
    case '>':
      return ok(a.value > b.value);
    case '>=':
      return ok(a.value >= b.value);
    default:
      return ok(a.value !== b.value);
  }
}

function integerOf(scope: ValueScope, at: StackFrame, text: string): Result<bigint, string> {
  const literal = parseInteger(text);
  if (literal !== undefined) return ok(literal);
  const value = evaluate(scope, at, text);
  if (!value.ok) return value;
  return value.value.integer === undefined ? err(`${text.trim()} is not an integer.`) : ok(value.value.integer);
}

function lookUp(at: StackFrame, name: string, asHex: boolean): Result<Operand, string> {
  if (name.startsWith('$')) return register(at, name.slice(1));
  const number = parseInteger(name);
  if (number !== undefined) return ok({ kind: 'word', bits: BigInt.asUintN(64, number), type: 'unsigned long' });
  const symbols = at.image?.symbols;
  const place = placeOf(at.frame);
  const visible = symbols?.variablesAt(place, at.activation);
  const variable =
    [...(visible?.locals ?? []), ...(visible?.arguments ?? [])].find((one) => one.name === name && !one.isShadowed) ??
    symbols?.global(name, place);
  if (variable) return ok({ kind: 'variable', value: evaluateVariable(at, variable, asHex) });
  const address = symbols?.functionNamed(name) ?? symbols?.symbol(name)?.va;
  if (address !== undefined) return ok({ kind: 'word', bits: BigInt(address), type: 'void *' });
  return err(`There is no variable, function or symbol called ${name} here.`);
}

function register(at: StackFrame, name: string): Result<Operand, string> {
  const { process, tid } = at.task;
  const numbers: Readonly<Record<string, number>> = { pc: at.frame.pc, pid: process.pid, tid };
  const number = numbers[name];
  if (number !== undefined)
    return ok({
      kind: 'word',
      bits: BigInt(number),
      type: name === 'pc' ? 'void *' : 'int',
      ...(name === 'pc' ? {} : { text: String(number) }),
    });
  const found = registerByName(name);
  if (!found) return err(`No register is called $${name}.`);
  const bits = at.frame.registers[found.file][found.index];
  if (bits === undefined) return err(`$${name} was not saved by the functions that this one has called.`);
  return ok({
    kind: 'word',
    bits: BigInt.asUintN(64, bits),
    type: found.file === 'x' ? 'unsigned long' : 'double',
    ...(found.file === 'x' ? {} : { text: floatText(bits) }),
  });
}

function part(operand: Operand, name: string): Result<Operand, string> {
  const children = operand.kind === 'variable' && 'children' in operand.value ? operand.value.children : undefined;
  const found = children && findPart(children, name);
  return found ? ok({ kind: 'variable', value: found }) : err(`There is no part ${name}.`);
}

function applied(scope: ValueScope, task: Task, prefix: string, operand: Operand): Result<Operand, string> {
  if (prefix === '&') {
    const address = operand.kind === 'variable' && 'address' in operand.value ? operand.value.address : undefined;
    if (address !== undefined) return ok({ kind: 'word', bits: BigInt(address), type: 'void *' });
    return operand.kind === 'word' && operand.type === 'void *' ? ok(operand) : err('It has no address.');
  }
  if (operand.kind === 'variable') {
    const { value } = operand;
    const target = 'children' in value ? value.children : undefined;
    if ('unavailable' in value || value.typeModel.kind !== 'pointer' || !target)
      return err('It is not a pointer that can be followed.');
    const pointee = findPart(target, '*');
    return ok({ kind: 'variable', value: pointee ?? value });
  }
  const bytes = memoryReader(scope.machine, task.process)(Number(operand.bits), 8);
  if (!bytes) return err(`${toHex(operand.bits)} is not mapped in pid ${task.process.pid}.`);
  const bits = bytes.reduceRight((sum, byte) => (sum << 8n) | BigInt(byte), 0n);
  return ok({ kind: 'word', bits, type: 'unsigned long' });
}

function shownOperand(scope: ValueScope, at: StackFrame, operand: Operand, text: string): Result<Evaluated, string> {
  if (operand.kind === 'word') {
    const { bits, type } = operand;
    return ok({
      text: operand.text ?? describeAddress(at.image, bits),
      type,
      integer: BigInt.asIntN(64, bits),
      memoryReference: memoryReference(at.task.process.pid, bits),
    });
  }
  const { value } = operand;
  if ('unavailable' in value) return err(`${text} has no value: ${value.unavailable}.`);
  const reference = valueReference(at.task, value);
  const parts = partsOf(scope, at, value, text);
  const integer = signedInteger(value);
  return ok({
    text: value.value,
    type: value.type,
    ...(integer === undefined ? {} : { integer }),
    ...(reference === undefined ? {} : { memoryReference: reference }),
    ...(parts === undefined ? {} : { parts }),
  });
}

/** A scalar as its type says, in 64 bits. */
function signedInteger(value: Exclude<NamedValue, { unavailable: string }>): bigint | undefined {
  const bits = scalarBits(value);
  const type = stripped(value.typeModel);
  if (bits === undefined || value.bits || (type.kind === 'base' && type.encoding === 'float')) return undefined;
  const isSigned =
    (type.kind === 'base' && (type.encoding === 'signed' || type.encoding === 'signed char')) ||
    (type.kind === 'enum' && type.isSigned);
  return BigInt.asIntN(64, isSigned ? BigInt.asIntN(value.bytes!.length * 8, bits) : bits);
}
