import type { ObjectReader } from '../children.ts';
import type { ReadMemory } from '../frame.ts';
import { wordAt } from '../paged-memory.ts';
import { sizeOf, stripped } from '../type.ts';
import type { Type } from '../type.ts';
import { associationSummary } from './association.ts';
import type { Association } from './association.ts';
import { orderOf } from './keys.ts';
import type { Comparison } from './keys.ts';
import { chain } from './nodes.ts';
import { alignmentOf, alignUp, member, numberIn, plausible } from './view.ts';
import type { Summary, View } from './view.ts';

/** What a map or a set holds; `value` is undefined for sets. */
interface Held {
  readonly key: Type;
  readonly value?: Type | undefined;
  readonly comparator?: Type | undefined;
  readonly isMulti?: boolean;
}

/** Places in a node of a red-black tree: its colour is first, the value last. */
const [PARENT, LEFT, RIGHT, TREE_VALUE] = [8, 16, 24, 32];
/** Places in a node of a hash table: the next one is first; the hash of the value may be last. */
const HASH_VALUE = 8;
/** No tree that fits into memory is deeper. */
const DEEPEST_TREE = 128;

/** std::map, std::set and those with several entries for a key. */
export function tree(object: View, held: Held, reader: ObjectReader): Summary | undefined {
  const table = member(object, '_M_t');
  const implementation = member(table, '_M_impl');
  const count = plausible(numberIn(member(implementation, '_M_node_count')));
  const header = member(implementation, '_M_header');
  const [root, first, last] = ['_M_parent', '_M_left', '_M_right'].map((name) => numberIn(member(header, name)));
  if (count === undefined || first === undefined) return undefined;
  const order = orderOf(held.comparator);
  return associationSummary(
    {
      count,
      open: chain(
        {
          first,
          next: (node, read) => neighbour(node, RIGHT, LEFT, read),
          last,
          previous: (node, read) => neighbour(node, LEFT, RIGHT, read),
        },
        count,
      ),
      ...partsOf(table!, TREE_VALUE, held),
      search: order && ((compare, read) => descend(root ?? 0, compare, order, read)),
    },
    reader,
  );
}

/** The node on one side of another, in the order of the tree. */
function neighbour(node: number, side: number, other: number, read: ReadMemory): number | undefined {
  let at = wordAt(node + side, read);
  let steps = 0;
  if (at) {
    for (let next = wordAt(at + other, read); next && steps < DEEPEST_TREE; next = wordAt(at + other, read), steps++)
      at = next;
    return at;
  }
  let below = node;
  at = wordAt(node + PARENT, read);
  for (; at && wordAt(at + side, read) === below && steps < DEEPEST_TREE; steps++) {
    below = at;
    at = wordAt(at + PARENT, read);
  }
  return at;
}

/** The node with a key, found as the program finds it. */
function descend(root: number, compare: Comparison, order: 1 | -1, read: ReadMemory): number | undefined {
  let node: number | undefined = root;
  for (let depth = 0; node && depth < DEEPEST_TREE; depth++) {
    const relation = compare(node, read);
    if (relation === undefined || relation === 0) return relation === 0 ? node : undefined;
    node = wordAt(node + (relation * order < 0 ? LEFT : RIGHT), read);
  }
  return undefined;
}

/** std::unordered_map and its kin, which keep all their nodes in one list. */
export function hashTable(object: View, held: Held, reader: ObjectReader): Summary | undefined {
  const table = member(object, '_M_h');
  const count = plausible(numberIn(member(table, '_M_element_count')));
  const first = numberIn(member(table, '_M_before_begin', '_M_nxt'));
  if (count === undefined || first === undefined) return undefined;
  const open = chain({ first, next: wordAt }, count);
  return associationSummary({ count, open, ...partsOf(table!, HASH_VALUE, held) }, reader);
}

/** Where key and value are in a node. */
function partsOf(
  table: View,
  header: number,
  { key, value, isMulti }: Held,
): Pick<Association, 'key' | 'value' | 'pair'> {
  const offset = alignUp(header, Math.max(alignmentOf(key), value ? alignmentOf(value) : 1));
  if (!value) return { key: { type: key, offset } };
  const pair = isMulti ? pairOf(table) : undefined;
  return {
    key: { type: key, offset },
    value: { type: value, offset: offset + alignUp(sizeOf(key) ?? 0, alignmentOf(value)) },
    ...(pair ? { pair: { type: pair, offset } } : {}),
  };
}

/** What a table holds: pairs of key and value. */
function pairOf({ type }: View): Type | undefined {
  const table = stripped(type);
  const [, pair] = table.kind === 'struct' ? (table.templateArguments as readonly (Type | undefined)[]) : [];
  const inner = pair && stripped(pair);
  return inner?.kind === 'struct' && !inner.isIncomplete ? pair : undefined;
}
