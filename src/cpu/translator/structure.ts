import type { Block } from './region.ts';

/** Whether a loop starts with a switch on the state local. */
export function switches({ entries, resumes }: LoopItem): boolean {
  return entries.length + resumes.length > 1;
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
  /** Other blocks in it where the region may be entered. */
  readonly resumes: readonly Block[];
  items: readonly Item[];
  /** Nesting depth of the label of the loop itself while it is open, else -1. */
  head: number;
}

export interface Structure {
  /** In an order in which all jumps between them go forward. */
  readonly items: readonly Item[];
  /** The item of each block, by block index. */
  readonly places: readonly BlockItem[];
  /** The number by which the state local names a block, by block index; -1 for blocks that never need one. */
  readonly states: Int32Array;
}

/**
 * Turns a flow graph into nested loops: strongly connected components become loops, whose entries are taken out before
 * their inside is treated the same way (Tarjan 1972; the stackifier of several WebAssembly back ends). A loop with
 * several entries starts with a switch on the state local. So does one that has an entry of the region deep inside,
 * but that entry is not taken out: the loops around it stay as they are.
 */
export function structure(blocks: readonly Block[], entries: readonly Block[]): Structure {
  return new Structurer(blocks, entries).structure();
}

class Structurer {
  readonly #blocks: readonly Block[];
  readonly #entries: readonly Block[];
  readonly #isEntry: Uint8Array;
  readonly #places: BlockItem[] = [];
  readonly #states: Int32Array;
  #stateCount = 0;
  /** Entries of the loops around: edges to them are back edges. */
  readonly #cut: Uint8Array;
  /** The number of the component that a block was last found in. */
  readonly #component: Int32Array;
  #components = 0;

  constructor(blocks: readonly Block[], entries: readonly Block[]) {
    this.#blocks = blocks;
    this.#entries = entries;
    this.#isEntry = new Uint8Array(blocks.length);
    for (const entry of entries) this.#isEntry[entry.index] = 1;
    this.#cut = new Uint8Array(blocks.length);
    this.#component = new Int32Array(blocks.length).fill(-1);
    this.#states = new Int32Array(blocks.length).fill(-1);
  }

  structure(): Structure {
    for (const entry of this.#entries) this.nameState(entry);
    const items = this.nest(this.#blocks, undefined);
    return { items, places: this.#places, states: this.#states };
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
      if (entries.length === 0) entries = [this.#entries.find((entry) => this.#component[entry.index] === number)!];
      const resumes = component.filter((block) => this.#isEntry[block.index] !== 0 && !entries.includes(block));
      if (entries.length + resumes.length > 1) for (const entry of entries) this.nameState(entry);
      for (const entry of entries) this.#cut[entry.index] = 1;
      const loop: LoopItem = { kind: 'loop', entries, resumes, items: [], parent, label: -1, head: -1 };
      loop.items = this.nest(component, loop);
      return loop;
    });
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
