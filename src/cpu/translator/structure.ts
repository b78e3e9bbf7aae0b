import { isCall } from './operands.ts';
import type { Block, Region } from './region.ts';

/** Whether a loop starts with a switch on the state local. */
export function switches({ entries, resumes }: LoopItem): boolean {
  return entries.length + resumes.length > 1;
}

/** The loops among items and inside them, outer ones first. */
export function* loopsOf(items: readonly Item[]): Generator<LoopItem> {
  for (const item of items) {
    if (item.kind === 'block') continue;
    yield item;
    yield* loopsOf(item.items);
  }
}

/** One block, or a loop of them: the tree that structured control flow is generated from. */
export type Item = BlockItem | LoopItem;

interface Place {
  /** The loop around this item; undefined at the top. */
  readonly parent: LoopItem | undefined;
  /** Nesting depth of the WebAssembly label that jumps forward to this item, or -1 while there is none. */
  label: number;
}

export interface BlockItem extends Place {
  readonly kind: 'block';
  readonly block: Block;
}

export interface LoopItem extends Place {
  readonly kind: 'loop';
  /** Where edges from outside the loop, and its back edges, arrive. */
  readonly entries: readonly Block[];
  /** Other blocks in it where the region is entered. */
  readonly resumes: Block[];
  items: readonly Item[];
  /** Nesting depth of the label of the loop itself while it is open, else -1. */
  head: number;
}

export interface Structure {
  /** In an order in which all jumps between them go forward. */
  readonly items: readonly Item[];
  /** The item of each block, by block index. */
  readonly places: readonly BlockItem[];
  /** Blocks where the region is entered. */
  readonly entries: readonly Block[];
  /** The number by which the state local names a block, by block index; -1 for blocks that never need one. */
  readonly states: Int32Array;
}

/**
 * Turns a flow graph into nested loops: strongly connected components become loops, whose entries are taken out before
 * their inside is treated the same way (Tarjan 1972; the stackifier of several WebAssembly back ends). A loop with
 * several entries starts with a switch on the state local. So does one that has an entry of the region deep inside,
 * but that entry is not taken out: the loops around it stay as they are.
 *
 * The region is entered at the heads of its loops, too: control comes back there after a side exit. A block that was
 * asked for in the middle of a loop is then no entry: it was hot because the loop is, and a switch would cost each round.
 */
export function structure(region: Region): Structure {
  return new Structurer(region).structure();
}

class Structurer {
  readonly #region: Region;
  readonly #places: BlockItem[] = [];
  readonly #states: Int32Array;
  #stateCount = 0;
  /** Entries of the loops around: edges to them are back edges. */
  readonly #cut: Uint8Array;
  /** The number of the component that a block was last found in. */
  readonly #component: Int32Array;
  #components = 0;

  constructor(region: Region) {
    this.#region = region;
    const { length } = region.blocks;
    this.#cut = new Uint8Array(length);
    this.#component = new Int32Array(length).fill(-1);
    this.#states = new Int32Array(length).fill(-1);
  }

  structure(): Structure {
    const items = this.nest(this.#region.blocks, undefined);
    const entries = this.entries(items);
    for (const entry of entries) {
      this.nameState(entry);
      for (let loop = this.#places[entry.index].parent; loop; loop = loop.parent)
        if (!loop.entries.includes(entry)) loop.resumes.push(entry);
    }
    for (const loop of loopsOf(items)) if (switches(loop)) for (const entry of loop.entries) this.nameState(entry);
    return { items, places: this.#places, entries, states: this.#states };
  }

  /** Where the region is entered: the first of its heads first, if that is an entry. */
  private entries(items: readonly Item[]): Block[] {
    const { heads, entries, own } = this.#region;
    const loopHeads = [...loopsOf(items)].flatMap((loop) => loop.entries.filter((entry) => own.has(entry)));
    const needed = heads.filter((head) => {
      const loop = this.#places[head.index].parent;
      return !loop?.entries.some((entry) => own.has(entry));
    });
    return [...new Set([...needed, ...entries, ...loopHeads])];
  }

  private nameState(block: Block): void {
    if (this.#states[block.index] < 0) this.#states[block.index] = this.#stateCount++;
  }

  private nest(blocks: readonly Block[], parent: LoopItem | undefined): Item[] {
    return this.components(blocks).map((component) => {
      const [first] = component;
      const cyclic = component.length > 1 || (!this.#cut[first.index] && first.successors.includes(first));
      if (!cyclic) {
        const item: BlockItem = { kind: 'block', block: first, parent, label: -1 };
        this.#places[first.index] = item;
        return item;
      }
      const number = this.#components++;
      for (const block of component) this.#component[block.index] = number;
      let entries = component.filter((block) =>
        block.predecessors.some((from) => this.#component[from.index] !== number),
      );
      if (entries.length === 0) entries = [this.headOf(component)];
      for (const entry of entries) this.#cut[entry.index] = 1;
      const loop: LoopItem = { kind: 'loop', entries, resumes: [], items: [], parent, label: -1, head: -1 };
      loop.items = this.nest(component, loop);
      return loop;
    });
  }

  /**
   * The head of a loop that nothing in the region leads into: the region's own where it calls itself, else where the
   * longest jump back leads, which is not a loop inside.
   */
  private headOf(component: readonly Block[]): Block {
    const { heads, entries, own } = this.#region;
    const [head] = heads;
    const calls = ({ end }: Block): boolean => end.kind === 'jump' && !!end.instruction && isCall(end.instruction);
    if (component.includes(head) && head.predecessors.some(calls)) return head;
    let best: Block | undefined;
    let longest = -1;
    for (const block of component) {
      if (!own.has(block)) continue;
      for (const from of block.predecessors) {
        const length = from.end.va - block.va;
        if (from.end.kind === 'indirect' || !own.has(from) || length <= longest) continue;
        best = block;
        longest = length;
      }
    }
    return best ?? [...heads, ...entries].find((block) => component.includes(block))!;
  }

  /** Strongly connected components in topological order, without the edges to blocks that are cut. */
  private components(blocks: readonly Block[]): Block[][] {
    const inside = new Set(blocks);
    const order = new Map<Block, number>();
    const low = new Map<Block, number>();
    const onStack = new Set<Block>();
    const stack: Block[] = [];
    const found: Block[][] = [];
    const path: { block: Block; next: number }[] = [];
    const enter = (block: Block): void => {
      order.set(block, order.size);
      low.set(block, order.size - 1);
      stack.push(block);
      onStack.add(block);
      path.push({ block, next: 0 });
    };
    for (const root of blocks) {
      if (order.has(root)) continue;
      enter(root);
      while (path.length > 0) {
        const top = path[path.length - 1];
        const { block } = top;
        if (top.next < block.successors.length) {
          const successor = block.successors[top.next++];
          if (!inside.has(successor) || this.#cut[successor.index]) continue;
          if (!order.has(successor)) enter(successor);
          else if (onStack.has(successor)) low.set(block, Math.min(low.get(block)!, order.get(successor)!));
          continue;
        }
        path.pop();
        if (path.length > 0) {
          const above = path[path.length - 1].block;
          low.set(above, Math.min(low.get(above)!, low.get(block)!));
        }
        if (low.get(block) !== order.get(block)) continue;
        const component: Block[] = [];
        let member: Block;
        do {
          member = stack.pop()!;
          onStack.delete(member);
          component.push(member);
        } while (member !== block);
        found.push(component.reverse());
      }
    }
    return found.reverse();
  }
}
