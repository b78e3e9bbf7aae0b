import { floatDestination, floatSources, integerDestination, integerSources, isFloatComputation } from './operands.ts';
import { instructionsOf, type Block, type Region } from './region.ts';
import { loopsOf, type Structure } from './structure.ts';
import { wordsAtEntry } from './words.ts';

/** What code generation needs to know of a region, by block index where it is an array. Register sets are masks. */
export interface Analysis {
  /** x registers that are read or written anywhere. */
  readonly integers: number;
  readonly integersWritten: number;
  readonly floats: number;
  readonly floatsWritten: number;
  /** Whether the region computes with f registers, so that its entry must look at fcsr. */
  readonly computesFloats: boolean;
  /** x registers that may have been written between the entry of the region and the end of the block. */
  readonly integersDirty: Int32Array;
  readonly floatsDirty: Int32Array;
  /** x registers that hold sign-extended words at the start of the block: see words.ts. */
  readonly words: Int32Array;
  /**
   * For blocks that check the budget, the instructions that may retire until the next check, theirs included;
   * 0 for the others.
   */
  readonly slack: Int32Array;
}

export function analyse(region: Region, tree: Structure): Analysis {
  const { blocks } = region;
  const integersDirty = new Int32Array(blocks.length);
  const floatsDirty = new Int32Array(blocks.length);
  let integers = 0;
  let integersWritten = 0;
  let floats = 0;
  let floatsWritten = 0;
  let computesFloats = false;
  for (const block of blocks) {
    let integerWrites = 0;
    let floatWrites = 0;
    for (const { instruction } of instructionsOf(block)) {
      integerWrites |= integerDestination(instruction);
      floatWrites |= floatDestination(instruction);
      integers |= integerSources(instruction);
      floats |= floatSources(instruction);
      computesFloats ||= isFloatComputation(instruction.op);
    }
    integersDirty[block.index] = integerWrites;
    floatsDirty[block.index] = floatWrites;
    integersWritten |= integerWrites;
    floatsWritten |= floatWrites;
  }
  spreadForward(blocks, integersDirty);
  spreadForward(blocks, floatsDirty);
  return {
    integers: integers | integersWritten,
    integersWritten,
    floats: floats | floatsWritten,
    floatsWritten,
    computesFloats,
    integersDirty,
    floatsDirty,
    words: wordsAtEntry(region, tree.entries),
    slack: budgetSlack(region, tree),
  };
}

/** Adds to the set of each block those of the blocks before it, until nothing changes. */
function spreadForward(blocks: readonly Block[], sets: Int32Array): void {
  const work = [...blocks];
  while (work.length > 0) {
    const block = work.pop()!;
    for (const next of block.successors) {
      const joined = sets[next.index] | sets[block.index];
      if (joined === sets[next.index]) continue;
      sets[next.index] = joined;
      work.push(next);
    }
  }
}

/**
 * The budget is checked where the region is entered and at the entries of its loops. Every cycle has such a block, so
 * that the longest way from one to the next is finite.
 */
function budgetSlack({ blocks }: Region, tree: Structure): Int32Array {
  const checks = new Uint8Array(blocks.length);
  for (const entry of tree.entries) checks[entry.index] = 1;
  for (const loop of loopsOf(tree.items)) for (const entry of loop.entries) checks[entry.index] = 1;

  const longest = new Int32Array(blocks.length).fill(-1);
  const measure = (block: Block): number => {
    if (longest[block.index] >= 0) return longest[block.index];
    let rest = 0;
    for (const next of block.successors) if (!checks[next.index]) rest = Math.max(rest, measure(next));
    return (longest[block.index] = block.weight + rest);
  };
  const slack = new Int32Array(blocks.length);
  for (const block of blocks) if (checks[block.index]) slack[block.index] = measure(block);
  return slack;
}
