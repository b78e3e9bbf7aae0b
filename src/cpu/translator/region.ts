import type { FrameNumber, VirtAddr } from '../../memory/address.ts';
import type { Instruction } from '../../riscv/instruction.ts';

/** An instruction at its address. */
export interface Placed {
  readonly va: VirtAddr;
  readonly instruction: Instruction;
}

/** Where control goes: to a block of the region, or out of it. */
export interface Edge {
  readonly va: VirtAddr;
  block: Block | undefined;
}

/** How a block ends. `va` is the address of the instruction that ends it. */
export type Terminator =
  /** A conditional branch. */
  | { readonly kind: 'branch'; readonly va: VirtAddr; readonly instruction: Instruction; taken: Edge; otherwise: Edge }
  /** `jal`, or falling through into another block (then there is no instruction). */
  | {
      readonly kind: 'jump';
      readonly va: VirtAddr;
      readonly instruction: Instruction | undefined;
      readonly to: Edge;
    }
  /** `jalr`. */
  | {
      readonly kind: 'indirect';
      readonly va: VirtAddr;
      readonly instruction: Instruction;
      /** Blocks of the region where it is likely to go, most likely first. */
      readonly guesses: Block[];
      /** It goes to many places of the region, which are all entries of it: it is a switch. */
      readonly switches: boolean;
      /** The only guess is where it goes: the return of an inlined call that keeps ra. */
      readonly certain: boolean;
    }
  /** The instruction at `va` is left to the interpreter. */
  | { readonly kind: 'leave'; readonly va: VirtAddr };

/** A basic block. */
export interface Block {
  readonly va: VirtAddr;
  /** Without the one that ends it. */
  readonly body: readonly Placed[];
  readonly end: Terminator;
  /** Instructions that retire when the block is executed to its end. */
  readonly weight: number;
  /** Position among the blocks of the region. */
  index: number;
  readonly successors: Block[];
  readonly predecessors: Block[];
}

/** A page of code that a region was built from, and the frame that it was mapped to. */
export interface CodePage {
  readonly va: VirtAddr;
  readonly frame: FrameNumber;
}

/** A piece of the guest's control flow that becomes one WebAssembly function. */
export interface Region {
  /** In no particular order; every block is reachable from a head or an entry. */
  readonly blocks: readonly Block[];
  /** Blocks that were asked for; the first is the one that the region was built for. */
  readonly heads: readonly Block[];
  /** Blocks where control will come in from outside. */
  readonly entries: readonly Block[];
  /** The blocks that are not in an inlined call. */
  readonly own: ReadonlySet<Block>;
  /** The page of the first head comes first. */
  readonly pages: readonly CodePage[];
  /** Guest instructions in all blocks. */
  readonly size: number;
}

/** The instructions of a block, the one that ends it included. */
export function instructionsOf(block: Block): readonly Placed[] {
  const { end } = block;
  if (end.kind === 'leave' || !end.instruction) return block.body;
  return [...block.body, { va: end.va, instruction: end.instruction }];
}
