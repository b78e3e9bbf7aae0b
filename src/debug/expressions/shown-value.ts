import type { ExpressionValue } from '../../expressions/expression.ts';
import { isFloating, isInteger, isPointer } from '../../expressions/c-types.ts';
import type { Presentation } from '../../expressions/names.ts';
import type { Place } from '../../expressions/values.ts';
import { toHex, type VirtAddr } from '../../memory/address.ts';
import { err, ok, type Result } from '../../result.ts';
import { wholeObject } from '../../symbols/dynamic-class.ts';
import { integerOf, stringText } from '../../symbols/scalar.ts';
import { unitSize } from '../../symbols/strings.ts';
import { stripped, typeName, type StructType } from '../../symbols/type.ts';
import { ofClass, readValue, type Value } from '../../symbols/value.ts';
import { addressNames, describeAddress } from '../../program/address-text.ts';
import type { ImageTable } from '../../program/images.ts';
import { memoryReference } from '../memory-reference.ts';
import { partsOf, valueReference, type ValueScope } from '../scopes/symbol-values.ts';
import { sliced, type Container } from '../variable-store.ts';
import type { EvaluationFrame } from './debug-moment.ts';

/** What an expression stands for, as the client shows it. */
export interface Evaluated {
  readonly text: string;
  readonly type?: string;
  readonly memoryReference?: string;
  readonly parts?: Container;
  /** Whether the program was changed. */
  readonly hasEffects?: boolean;
}

export interface ShowOptions {
  readonly scope: ValueScope;
  readonly images: ImageTable;
  readonly at: EvaluationFrame;
  /** The expression that the value is of, which its parts are named by. */
  readonly source: string;
  readonly asHex: boolean;
  /** A letter as gdb's `print/x` has it. */
  readonly format: string | undefined;
}

/** Writes a value. The error is a sentence. */
export function shownValue(value: ExpressionValue, options: ShowOptions): Result<Evaluated, string> {
  const { place, presentation } = value;
  const { at, images, format } = options;
  const asHex = format === undefined ? options.asHex : HEXADECIMAL.has(format);
  const { process } = at.task;
  if (presentation && format === undefined) return ok(presented(value, presentation, options));
  if (stripped(place.type).kind === 'unknown') return ok(untyped(place, options));
  const context = { read: at.frame.read, asHex, ...addressNames(images, process) };
  const inner = stripped(place.type);
  const whole =
    inner.kind === 'struct' && !isBaseNamed(inner, options.source)
      ? wholeObject(inner, place.storage, context)
      : undefined;
  const found = readValue(whole?.type ?? place.type, whole?.storage ?? place.storage, context, place.bits);
  const read = whole && !('unavailable' in found) ? { ...found, children: ofClass(whole.type, found.children) } : found;
  if ('unavailable' in read) return err(`${options.source} has no value: ${read.unavailable}.`);
  const formatted = format === undefined ? read.value : formattedValue(read, format);
  if (formatted === undefined) return err(`There is no format ${format}: write ${FORMATS}.`);
  const parts = partsOf(options.scope, at, read, parenthesised(options.source), options.source);
  const reference = value.isObject ? valueReference(at.task, read) : scalarReference(value, options);
  return ok({
    text: formatted,
    type: read.type,
    ...(reference === undefined ? {} : { memoryReference: reference }),
    ...(parts ? { parts } : {}),
  });
}

/** Whether an expression ends with the name of a base class, and so means that part of an object: `object.Base`. */
function isBaseNamed({ name }: StructType, source: string): boolean {
  const [, last] = /(?:\.|->)\s*([^.>]*?)[\s)]*$/.exec(source) ?? [];
  return last !== undefined && (name === last || name.endsWith(`::${last}`));
}

function presented(value: ExpressionValue, { text, parts }: Presentation, options: ShowOptions): Evaluated {
  const reference = scalarReference(value, options);
  return {
    text,
    ...(value.scalar === undefined ? {} : { type: typeName(value.place.type) }),
    ...(reference === undefined ? {} : { memoryReference: reference }),
    ...(parts ? { parts: { named: parts.length, children: (slice) => sliced(parts, slice) } } : {}),
  };
}

/** A symbol of which the debug information says nothing is its address. */
function untyped({ storage, type }: Place, { at, images }: ShowOptions): Evaluated {
  const address = BigInt(storage.address ?? 0);
  return {
    text: describeAddress(images.at(at.task.process, Number(address)), address),
    type: typeName(type),
    memoryReference: memoryReference(at.task.process.pid, address),
  };
}

/** Where the memory view opens for a number: at the address that it may be. */
function scalarReference({ scalar, place: { type } }: ExpressionValue, { at, scope }: ShowOptions): string | undefined {
  if (typeof scalar !== 'bigint') return undefined;
  const { pid } = at.task.process;
  if (isPointer(type)) return memoryReference(pid, scalar);
  const isMapped =
    scalar > 0n && scalar < 2n ** 47n && scope.machine.read(at.task.process, Number(scalar) as VirtAddr, 1).length > 0;
  return isMapped ? memoryReference(pid, scalar) : undefined;
}

const HEXADECIMAL = new Set(['x', 'X', 'h', 'H']);
const FORMATS = 'x, d, u, o, b, c, s or f, or a number of elements';

/** Elements that a line lists of an array in a format; of one of characters, whose elements are short, more. */
const MOST_LISTED = { any: 8, characters: 64 };

/** A scalar in the format of a letter, and arrays of scalars; structures know hexadecimal only. */
function formattedValue(value: Value, format: string): string | undefined {
  const { typeModel, bytes, children } = value;
  const type = stripped(typeModel);
  if (!/^[xXhHduobtcsfaz]$/.test(format)) return undefined;
  if (format === 's') return stringOf(value);
  if (type.kind === 'array' && children) {
    const most = unitSize(type.element) === undefined ? MOST_LISTED.any : MOST_LISTED.characters;
    const listed = children
      .slice(0, most, HEXADECIMAL.has(format))
      .map((one) => ('unavailable' in one ? `<${one.unavailable}>` : formattedValue(one, format)));
    return `{${listed.join(', ')}${children.count > most ? ', …' : ''}}`;
  }
  if (!bytes || bytes.length > 16) return value.value;
  const width = value.bits?.count ?? bytes.length * 8;
  const bits = integerOf(bytes, false, value.bits);
  if (format === 'f') return isFloating(typeModel) ? value.value : (floatText(bits, bytes.length) ?? value.value);
  if (isFloating(typeModel) && 'dxXhH'.includes(format) === false && format !== 'b' && format !== 't')
    return value.value;
  switch (format) {
    case 'x':
    case 'X':
    case 'h':
    case 'H':
    case 'a':
      return toHex(bits);
    case 'z':
      return `0x${bits.toString(16).padStart(Math.ceil(width / 4), '0')}`;
    case 'd':
      return isFloating(typeModel) ? value.value : BigInt.asIntN(width, bits).toString();
    case 'u':
      return bits.toString();
    case 'o':
      return bits === 0n ? '0' : `0${bits.toString(8)}`;
    case 'b':
    case 't':
      return `0b${bits.toString(2)}`;
    case 'c': {
      const isWhole = isInteger(type) && bits < 128n;
      return isWhole ? `${bits} ${quoted(Number(bits))}` : BigInt.asIntN(width, bits).toString();
    }
    default:
      return undefined;
  }
}

function quoted(byte: number): string {
  return `'${stringText(Uint8Array.of(byte), false).slice(1, -1).replace('\\"', '"').replace(/^'$/, "\\'")}'`;
}

function stringOf({ children, bytes, value }: Value): string {
  const elements = children?.isIndexed ? children.slice(0, Math.min(children.count, 200)) : [];
  const text = elements.map((element) =>
    'bytes' in element && element.bytes?.length === 1 ? element.bytes[0] : undefined,
  );
  if (bytes || text.length === 0 || text.includes(undefined)) return value;
  const end = text.indexOf(0);
  return stringText(Uint8Array.from((end < 0 ? text : text.slice(0, end)) as number[]), false);
}

function floatText(bits: bigint, size: number): string | undefined {
  const view = new DataView(new ArrayBuffer(8));
  view.setBigUint64(0, bits, true);
  if (size === 8) return String(view.getFloat64(0, true));
  return size === 4 ? String(view.getFloat32(0, true)) : undefined;
}

/** An expression that a member or an index may follow. */
function parenthesised(source: string): string {
  return /^(?:::)?[$\w]+(?:(?:::|\.|->)\w+|\[\w+\])*$/.test(source) ? source : `(${source})`;
}
