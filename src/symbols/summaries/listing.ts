import { elements } from '../children.ts';
import type { NamedValue, ObjectReader } from '../children.ts';
import { inMemory } from '../storage.ts';
import { textOf } from '../strings.ts';
import { sizeOf } from '../type.ts';
import type { Type } from '../type.ts';
import { numberIn, plausible } from './view.ts';
import type { Summary, View } from './view.ts';

/** Elements that a line lists. */
const MOST_LISTED = 8;

/** Answers one question about the parts of a container: the part with a number. */
export type PartAt<Part> = (index: number) => Part | undefined;

/** An entry of a map. */
export interface Entry {
  readonly key: View;
  readonly value: View;
}

/** Elements that follow each other in memory. */
export function sequence(type: Type, address: number, count: number, reader: ObjectReader): Summary | undefined {
  const size = sizeOf(type);
  if (size === undefined || size === 0) return undefined;
  const at: PartAt<View> = (index) => ({ type, storage: inMemory(address + index * size, reader.read) });
  const summary = counted(count, reader, () => at);
  return summary && { ...summary, children: { ...summary.children!, run: { address, size } } };
}

/** Elements by their index; undefined when the first cannot be read. @param open begins a question about some of them */
export function counted(count: number, reader: ObjectReader, open: () => PartAt<View>): Summary | undefined {
  const first = count > 0 ? open()(0) : undefined;
  if (count > 0 && (first === undefined || !isReadable(first))) return undefined;
  const listed = (): string => lineOf(count, open(), (element) => reader.text(element.type, element.storage));
  const children = elements(count, () => {
    const at = open();
    return (index, asHex) => namedView(`[${index}]`, at(index), reader, asHex);
  });
  return { text: () => `[${count}] {${listed()}}`, isLong: count > 0, children };
}

/** Entries of a map, named by their keys. */
export function entries(count: number, reader: ObjectReader, open: () => PartAt<Entry>): Summary | undefined {
  if (count > 0 && !isReadable(open()(0)?.key)) return undefined;
  const keyText = ({ type, storage }: View): string => reader.text(type, storage);
  const listed = (): string =>
    lineOf(count, open(), ({ key, value }) => `${keyText(key)}: ${reader.text(value.type, value.storage)}`);
  const shown = new Map<string, number>();
  const children = elements(count, () => {
    const at = open();
    return (index, asHex) => {
      const entry = at(index);
      const name = entry ? `[${keyText(entry.key)}]` : `[${index}]`;
      // Long texts are cut, and may then look the same.
      shown.set(name, (shown.get(name) ?? index) === index ? index : NaN);
      return namedView(name, entry?.value, reader, asHex);
    };
  });
  return {
    text: () => `[${count}] {${listed()}}`,
    isLong: count > 0,
    children: { ...children, numberOf: (name) => shown.get(name) },
  };
}

function lineOf<Part>(count: number, at: PartAt<Part>, text: (part: Part) => string): string {
  const texts: string[] = [];
  for (let index = 0; index < Math.min(count, MOST_LISTED); index++) {
    const part = at(index);
    texts.push(part ? text(part) : '…');
  }
  return `${texts.join(', ')}${count > MOST_LISTED ? ', …' : ''}`;
}

/** The value of a part as the value of the whole: what a smart pointer or a wrapper holds. */
export function wrapped(view: View, reader: ObjectReader, around: (text: string) => string = (text) => text): Summary {
  const value = reader.named('', view.type, view.storage);
  return {
    text: () => around(reader.text(view.type, view.storage)),
    isLong: false,
    held: view,
    ...('children' in value && value.children ? { children: value.children } : {}),
  };
}

function namedView(name: string, view: View | undefined, reader: ObjectReader, asHex: boolean | undefined): NamedValue {
  return view
    ? reader.named(name, view.type, view.storage, asHex)
    : { name, type: '', unavailable: 'not reached: the container is damaged, or this is too far from its ends' };
}

function isReadable(view: View | undefined): boolean {
  if (view === undefined) return false;
  const size = Math.min(sizeOf(view.type) ?? 0, 1 << 16);
  return !('unavailable' in view.storage.read(0, size));
}

/** The text of a pointer to its bytes and their number. */
export function text(pointer: View | undefined, length: number | undefined, reader: ObjectReader): Summary | undefined {
  const count = plausible(length);
  const address = numberIn(pointer);
  if (count === undefined || address === undefined) return undefined;
  const storage = inMemory(address, reader.read);
  if (count > 0 && 'unavailable' in storage.read(0, 1)) return undefined;
  return { text: () => textOf(count, 1, storage), isLong: false, characters: { storage, count, unit: 1 } };
}
