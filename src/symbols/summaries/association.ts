import type { ObjectReader } from '../children.ts';
import type { ReadMemory } from '../frame.ts';
import { pagedMemory } from '../paged-memory.ts';
import { inMemory } from '../storage.ts';
import type { Type } from '../type.ts';
import { comparison } from './keys.ts';
import type { Comparison, Key } from './keys.ts';
import { counted, entries } from './listing.ts';
import type { PartAt } from './listing.ts';
import type { Nodes } from './nodes.ts';
import type { Summary, View } from './view.ts';

/** A part of each entry of a map or a set. */
export interface EntryPart {
  readonly type: Type;
  /** Bytes from the start of the entry. */
  readonly offset: number;
}

/** A map or a set, whose entries are found by their number. */
export interface Association {
  readonly count: number;
  /** Begins a question about some of the entries: they are at these addresses. */
  readonly open: (memory: ReadMemory) => Nodes;
  readonly key: EntryPart;
  /** Undefined for sets. */
  readonly value?: EntryPart | undefined;
  /** What an entry is shown as where several may have one key, so that keys are no names for them. */
  readonly pair?: EntryPart | undefined;
  /** How the entry with a key is found without going through all. */
  readonly search?: ((compare: Comparison, read: ReadMemory) => number | undefined) | undefined;
}

/** Entries that are compared with a key where their order says nothing. */
const MOST_COMPARED = 1 << 18;

export function associationSummary(
  { count, open, key, value, pair, search }: Association,
  reader: ObjectReader,
): Summary | undefined {
  const part = ({ type, offset }: EntryPart, entry: number): View => ({
    type,
    storage: inMemory(entry + offset, reader.read),
  });
  const each =
    <Part>(make: (entry: number) => Part) =>
    (): PartAt<Part> => {
      const at = open(pagedMemory(reader.read));
      return (index) => {
        const entry = at(index);
        return entry === undefined ? undefined : make(entry);
      };
    };
  if (pair)
    return counted(
      count,
      reader,
      each((entry) => part(pair, entry)),
    );
  if (!value)
    return counted(
      count,
      reader,
      each((entry) => part(key, entry)),
    );
  const find = (wanted: Key): View | undefined => {
    const compareKey = comparison(key.type, wanted);
    if (!compareKey) return undefined;
    const memory = pagedMemory(reader.read);
    const compare: Comparison = (entry, read) => compareKey(entry + key.offset, read);
    const entry = search ? search(compare, memory) : scan(open(memory), count, (one) => compare(one, memory) === 0);
    return entry ? part(value, entry) : undefined;
  };
  const summary = entries(
    count,
    reader,
    each((entry) => ({ key: part(key, entry), value: part(value, entry) })),
  );
  return summary && { ...summary, find };
}

function scan(entries: Nodes, count: number, isWanted: (entry: number) => boolean): number | undefined {
  for (let index = 0; index < Math.min(count, MOST_COMPARED); index++) {
    const entry = entries(index);
    if (entry === undefined) return undefined;
    if (isWanted(entry)) return entry;
  }
  return undefined;
}
