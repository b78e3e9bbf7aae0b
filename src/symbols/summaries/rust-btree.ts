import type { ObjectReader } from '../children.ts';
import { pagedMemory, wordAt } from '../paged-memory.ts';
import type { ReadMemory } from '../frame.ts';
import { inMemory } from '../storage.ts';
import { sizeOf, stripped } from '../type.ts';
import type { Type } from '../type.ts';
import { activeCase } from '../variants.ts';
import { counted, entries } from './listing.ts';
import type { Entry } from './listing.ts';
import { alignUp, isPointer, member, numberIn, plausible, search } from './view.ts';
import type { Summary, View } from './view.ts';

/** Entries of a node at most (`alloc::collections::btree::node::CAPACITY`). */
const CAPACITY = 11;
/** No tree is higher. */
const HIGHEST = 24;
/** Entries that are followed at most. */
const MOST_FOLLOWED = 1 << 17;

/** Where the parts of a node are; the edges of those above the leaves follow the rest. */
interface NodeLayout {
  readonly keys: number;
  readonly values: number;
  readonly count: number;
  readonly edges: number;
  readonly keySize: number;
  readonly valueSize: number;
}

/** BTreeMap and, without a type of values, BTreeSet. */
export function btree(object: View, key: Type, value: Type | undefined, reader: ObjectReader): Summary | undefined {
  const count = plausible(numberIn(member(object, 'length')));
  const root = member(object, 'root');
  const option = root && stripped(root.type);
  const active = root && option?.kind === 'struct' ? activeCase(option, root.storage) : undefined;
  if (!root || count === undefined) return undefined;
  const empty = !active || 'unavailable' in active || active.member.name !== 'Some' || count === 0;
  const some = empty ? undefined : { type: active.member.type, storage: root.storage };
  const pointer = search(
    search(some, (_, name) => name === 'node'),
    isPointer,
  );
  const height = numberIn(search(some, (_, name) => name === 'height'));
  const top = numberIn(pointer);
  const layout = pointer && layoutOf(pointer.type, key, value);
  if (!empty && (!layout || !top || height === undefined || height > HIGHEST)) return undefined;
  const open = (): ((index: number) => Entry | undefined) => {
    const found: Entry[] = [];
    const read = pagedMemory(reader.read);
    const places = empty ? undefined : walk(top!, height!, layout!, read);
    return (index) => {
      while (found.length <= index && found.length < MOST_FOLLOWED) {
        const next = places?.next();
        if (!next || next.done) return undefined;
        const [keyAt, valueAt] = next.value;
        found.push({
          key: { type: key, storage: inMemory(keyAt, reader.read) },
          value: { type: value ?? key, storage: inMemory(valueAt, reader.read) },
        });
      }
      return found[index];
    };
  };
  if (value) return entries(count, reader, open);
  return counted(count, reader, () => {
    const at = open();
    return (index) => at(index)?.key;
  });
}

function layoutOf(pointer: Type, key: Type, value: Type | undefined): NodeLayout | undefined {
  const inner = stripped(pointer);
  const leaf = inner.kind === 'pointer' ? stripped(inner.target) : undefined;
  if (leaf?.kind !== 'struct') return undefined;
  const [keys, values, count] = ['keys', 'vals', 'len'].map(
    (name) => leaf.members.find((one) => one.name === name)?.offset,
  );
  const keySize = sizeOf(key);
  if (keys === undefined || count === undefined || !keySize) return undefined;
  return {
    ...{ keys, values: values ?? 0, count, edges: alignUp(leaf.size, 8) },
    ...{ keySize, valueSize: (value && sizeOf(value)) ?? 0 },
  };
}

/** The places of keys and values in order. */
function* walk(node: number, height: number, at: NodeLayout, read: ReadMemory): Generator<readonly [number, number]> {
  const bytes = read(node + at.count, 2);
  const count = bytes ? bytes[0] | (bytes[1] << 8) : CAPACITY + 1;
  if (count > CAPACITY) return;
  for (let index = 0; index <= count; index++) {
    if (height > 0) {
      const below = wordAt(node + at.edges + index * 8, read);
      if (!below) return;
      yield* walk(below, height - 1, at, read);
    }
    if (index < count) yield [node + at.keys + index * at.keySize, node + at.values + index * at.valueSize];
  }
}
