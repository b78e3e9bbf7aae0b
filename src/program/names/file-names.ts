import type { ReadMemory } from '../../symbols/frame.ts';
import type { FileObject } from '../../symbols/file-contents.ts';
import { partAt } from '../../symbols/object-part.ts';
import { sizeOf, stripped } from '../../symbols/type.ts';
import type { Type } from '../../symbols/type.ts';
import { quote } from '../../inspect/syscall-text.ts';
import { toHex } from '../../memory/address.ts';
import type { Image } from '../images.ts';
import type { MemoryName } from './memory-name.ts';

/** What a program or library has at an address of its own. */
export function nameInFile(image: Image, address: number, read: ReadMemory): MemoryName | undefined {
  const { symbols } = image;
  if (!symbols) return undefined;
  const { objects, sections } = symbols.contents;
  const object = objects.find(address)?.item;
  const section = sections.find(address)?.item;
  if (object) {
    const { name, start, end, type, isCode } = object;
    const text = isCode || !type ? offsetName(name, address - start) : partName(name, type, address - start);
    const kind = isCode ? 'function' : type ? 'variable' : 'symbol';
    return { text, kind, start, end, ...(isCode ? {} : { object: { name, type } }) };
  }
  if (!section) return undefined;
  const { name, start, end } = section;
  const entry = TABLES.get(name);
  if (entry === 'got') {
    const at = address - (address % 8);
    return { text: gotText(symbols, at, read), kind: 'symbol', start: at, end: at + 8 };
  }
  const string = name.startsWith('.rodata') ? stringAt(address, start, end, read) : undefined;
  if (string) return string;
  const what = entry ?? ABOUT[name];
  return { text: what ? `${what} (${name})` : name, kind: 'section', start, end };
}

/** Beside variables that the debug information knows. */
const MOST_UNTYPED = 3;

/** What a program or library has in a range, what the debug information knows of first: `shared_counter`, `big[8192..12287]`. */
export function namesInFile({ symbols }: Image, start: number, end: number): string[] {
  if (!symbols) return [];
  const { objects, sections } = symbols.contents;
  const found = objects.within(start, end);
  const typed = found.filter(({ type }) => type !== undefined);
  const others = found.filter(({ type }) => type === undefined);
  const names = (objects: readonly FileObject[]): string[] => objects.map((object) => nameWithin(object, start, end));
  // A static program's C library has many beside the program's own.
  if (typed.length > 0 && others.length > MOST_UNTYPED)
    return [...names(typed), `${others.length} objects without debug information`];
  if (found.length > 0) return [...names(typed), ...names(others)];
  return sections.within(start, end).map(({ name }) => name);
}

/** An object, or the elements of an array that lie in the range. */
function nameWithin({ name, type, start, end }: FileObject, low: number, high: number): string {
  return type ? elementsWithin(name, type, start, end, low, high) : name;
}

export function elementsWithin(
  name: string,
  type: Type,
  start: number,
  end: number,
  low: number,
  high: number,
): string {
  const inner = stripped(type);
  const size = inner.kind === 'array' ? sizeOf(inner.element) : undefined;
  if (!size || (low <= start && end <= high)) return name;
  const first = Math.floor((Math.max(low, start) - start) / size);
  const last = Math.floor((Math.min(high, end) - 1 - start) / size);
  return first === last ? `${name}[${first}]` : `${name}[${first}..${last}]`;
}

/** `table[17].next`; within a part that has no name of its own how far: `config.u+2`. */
export function partName(name: string, type: Type, offset: number): string {
  const part = partAt(type, offset);
  const inner = stripped(part.type);
  const isWhole = part.offset === 0 || inner.kind === 'base' || inner.kind === 'pointer' || inner.kind === 'enum';
  return isWhole ? name + part.path : offsetName(name + part.path, part.offset);
}

/** `name+4`. */
export function offsetName(name: string, offset: number): string {
  return offset === 0 ? name : `${name}+${offset}`;
}

const TABLES: ReadonlyMap<string, string> = new Map([
  ['.got', 'got'],
  ['.got.plt', 'got'],
]);

const ABOUT: Readonly<Record<string, string>> = {
  '.plt': 'stubs that call libraries',
  '.rodata': 'constants',
  '.eh_frame': 'call frame information',
  '.eh_frame_hdr': 'call frame information',
  '.gcc_except_table': 'exception tables',
  '.dynamic': 'what the dynamic linker reads',
  '.init_array': 'constructors',
  '.fini_array': 'destructors',
};

/** An entry of the global offset table, by what it leads to. */
function gotText(symbols: NonNullable<Image['symbols']>, at: number, read: ReadMemory): string {
  const bytes = read(at, 8);
  const target = bytes && Number(new DataView(bytes.buffer, bytes.byteOffset).getBigUint64(0, true));
  const name = target ? symbols.describe(target) : undefined;
  return name ? `entry of the global offset table for ${name}` : `global offset table, entry at ${toHex(at)}`;
}

/** Longest string that is looked for the ends of. */
const LONGEST = 256;
const SHOWN = 32;

/** The NUL-terminated text around an address, between two others or at the start of its section. */
function stringAt(address: number, low: number, high: number, read: ReadMemory): MemoryName | undefined {
  const from = Math.max(low, address - LONGEST);
  const bytes = read(from, Math.min(high, address + LONGEST) - from);
  if (!bytes) return undefined;
  const at = address - from;
  let start = at;
  while (start > 0 && isText(bytes[start - 1])) start--;
  if (start > 0 ? bytes[start - 1] !== 0 : from > low) return undefined;
  let end = at;
  while (end < bytes.length && isText(bytes[end])) end++;
  const isCut = end === bytes.length;
  if (end - start < 2 || (!isCut && bytes[end] !== 0)) return undefined;
  const text = new TextDecoder().decode(bytes.subarray(start, Math.min(end, start + SHOWN)));
  const whole = quote(text) + (end - start > SHOWN ? '…' : '');
  const index = at - start;
  return {
    text: index === 0 ? whole : `${whole}[${index}]`,
    kind: 'string',
    start: from + start,
    end: from + end + (isCut ? 0 : 1),
  };
}

function isText(byte: number): boolean {
  return (byte >= 0x20 && byte !== 0x7f) || byte === 0x09 || byte === 0x0a || byte === 0x0d || byte === 0x1b;
}
