import { accessGroups } from './access-groups.ts';
import type { Analysis } from './analysis.ts';
import { emitAtomic } from './atomics.ts';
import { emitFcsr } from './csr.ts';
import { sharedDivisions } from './divisions.ts';
import { BUDGET_LOCAL, Emitter, ExitKind, STATE_LOCAL, type RegionExit } from './emitter.ts';
import { emitFloat, floatForms, pushUnsuitableRounding } from './float.ts';
import { emitCondition, emitInteger } from './integer.ts';
import {
  ENTERED,
  JUMP_CACHE,
  JUMP_CACHE_ENTRIES,
  JUMP_CACHE_ENTRY_SIZE,
  LINKS_PER_SLOT,
  linkAddress,
  type CodeLayout,
} from './layout.ts';
import { GroupedAccesses, emitMemoryAccess } from './memory-access.ts';
import { accessesFcsr, isAtomic, isCall, isLoad, isReturn, isStore } from './operands.ts';
import type { AccessGroup } from './access-groups.ts';
import type { Block, CodePage, Edge, Region } from './region.ts';
import { switches, type Item, type LoopItem, type Structure } from './structure.ts';
import { TO_TRANSLATION } from './enter.ts';
import { ValueType, Wasm, type LocalGroup } from './wasm-encoder.ts';

/** In the state local: control has arrived at the block that it named, and takes the usual ways from there. */
const ARRIVED = -1;

export interface GenerationOptions {
  readonly layout: CodeLayout;
  /** The table slot that the function will be in. */
  readonly slot: number;
  /** Addresses of accesses that must not start a group. */
  readonly ungrouped: ReadonlySet<number>;
  /** fflags has NX set where the region is entered, so that inexact results need not be detected. */
  readonly inexactIsSet: boolean;
  /** The host has a fused multiply-add: see host-fused.ts. */
  readonly hostFuses: boolean;
}

/**
 * The function of a region: (number of the entry, budget) -> `slot << 16 | exit`, or, to go on in another translation,
 * its target with `TO_TRANSLATION` set. The budget is then in the state block.
 */
export interface GeneratedFunction {
  readonly body: Uint8Array;
  readonly locals: readonly LocalGroup[];
  readonly exits: readonly RegionExit[];
  /** The groups behind the exits that a group's check takes. */
  readonly groupExits: ReadonlyMap<number, AccessGroup>;
  readonly links: number;
}

/** Generates the function of a region. Its entries have the numbers of their positions in `tree.entries`. */
export function generate(
  region: Region,
  tree: Structure,
  analysis: Analysis,
  options: GenerationOptions,
): GeneratedFunction {
  return new Generator(region, tree, analysis, options).run();
}

class Generator {
  readonly #region: Region;
  readonly #tree: Structure;
  readonly #analysis: Analysis;
  readonly #options: GenerationOptions;
  readonly #emitter: Emitter;
  /** Links by the address that they lead to. */
  readonly #links = new Map<number, number>();

  constructor(region: Region, tree: Structure, analysis: Analysis, options: GenerationOptions) {
    this.#region = region;
    this.#tree = tree;
    this.#analysis = analysis;
    this.#options = options;
    const { layout, inexactIsSet, hostFuses } = options;
    this.#emitter = new Emitter(layout, analysis, floatForms(region), inexactIsSet, hostFuses);
  }

  run(): GeneratedFunction {
    const emitter = this.#emitter;
    const { code } = emitter;
    this.prologue();
    emitter.exitDepth = emitter.depth;
    emitter.open(Wasm.Block);
    this.items(this.#tree.items, this.#tree.entries);
    code.op(Wasm.Unreachable);
    emitter.end();
    emitter.spill(this.#analysis.integersWritten, this.#analysis.floatsWritten);
    emitter.spillFlags();
    this.leaveFunction(() => code.localGet(emitter.exitLocal));
    code.op(Wasm.End);
    const { locals, exits, groupExits } = emitter;
    return { body: code.bytes, locals, exits, groupExits, links: this.#links.size };
  }

  /** Checks that the region applies, then loads the registers. The first exits are those of the checks, by entry. */
  private prologue(): void {
    const emitter = this.#emitter;
    const { code } = emitter;
    const { entries } = this.#tree;
    const { pages } = this.#region;
    code.i32Const(0);
    code.i32Const(1);
    code.access(Wasm.I32Store8, 0, ENTERED + this.#options.slot);
    pages.forEach((page, position) => {
      this.pushStale(page);
      if (position > 0) code.op(Wasm.I64Or);
    });
    code.i64Const(0);
    code.op(Wasm.I64Ne);
    this.leaveEntryIf(ExitKind.Stale);
    if (this.#analysis.computesFloats) {
      pushUnsuitableRounding(emitter);
      this.leaveEntryIf(ExitKind.Rounding);
    } else {
      // Keeps the numbers of exits regular.
      for (const entry of entries) emitter.exit(ExitKind.Rounding, entry.va);
    }
    emitter.fill(this.#analysis.integers, this.#analysis.floats);
  }

  /** Pushes an i64 that is not 0 when the execute TLB does not map the page to its frame. */
  private pushStale({ va, frame }: CodePage): void {
    const { code, layout } = this.#emitter;
    const low = ((va % 0x1_0000_0000) ^ (frame << 12)) >>> 0;
    code.i32Const(0);
    code.access(Wasm.I64Load, 3, layout.tlbExecute + ((va >>> 9) & layout.tlbOffsetMask));
    code.i64Const(Math.floor(va / 0x1_0000_0000) * 0x1_0000_0000 + low);
    code.op(Wasm.I64Xor);
  }

  private leaveEntryIf(kind: ExitKind.Stale | ExitKind.Rounding): void {
    const emitter = this.#emitter;
    const { code } = emitter;
    const first = emitter.exits.length;
    for (const entry of this.#tree.entries) emitter.exit(kind, entry.va);
    emitter.open(Wasm.If);
    this.leaveFunction(() => {
      code.localGet(STATE_LOCAL);
      if (first === 0) return;
      code.i32Const(first);
      code.op(Wasm.I32Add);
    });
    emitter.end();
  }

  /** Returns with the exit that `push` pushes. */
  private leaveFunction(push: () => void): void {
    const { code } = this.#emitter;
    this.returnWithBudget(() => {
      push();
      code.i32Const(this.#options.slot << 16);
      code.op(Wasm.I32Or);
    });
  }

  private returnWithBudget(push: () => void): void {
    const { code, layout } = this.#emitter;
    code.i32Const(0);
    code.localGet(BUDGET_LOCAL);
    code.access(Wasm.I32Store, 2, layout.budget);
    push();
    code.op(Wasm.Return);
  }

  /**
   * @param arrivals blocks where control may arrive as told by the state local; with more than one there is a switch
   * @param usual the one of them where control arrives when the state local names none
   */
  private items(items: readonly Item[], arrivals: readonly Block[], usual?: Block): void {
    const emitter = this.#emitter;
    const hasSwitch = arrivals.length > 1;
    for (let k = items.length - 1; k >= 0; k--) {
      if (k === 0 && !hasSwitch) break;
      items[k].label = emitter.depth;
      emitter.open(Wasm.Block);
    }
    if (hasSwitch) this.switchOnState(items, arrivals, usual);
    items.forEach((item, k) => {
      if (k > 0 || hasSwitch) {
        emitter.end();
        item.label = -1;
      }
      if (item.kind === 'block') this.block(item.block);
      else this.loop(item);
    });
  }

  private loop(loop: LoopItem): void {
    const emitter = this.#emitter;
    loop.head = emitter.depth;
    emitter.open(Wasm.Loop);
    this.items(loop.items, switches(loop) ? [...loop.entries, ...loop.resumes] : loop.entries, loop.entries[0]);
    emitter.end();
    loop.head = -1;
    emitter.code.op(Wasm.Unreachable);
  }

  private switchOnState(items: readonly Item[], arrivals: readonly Block[], usual: Block | undefined): void {
    const emitter = this.#emitter;
    const { code } = emitter;
    const { states, places } = this.#tree;
    const depths: number[] = [];
    const otherwise = emitter.depth - this.itemAmong(items, places[arrivals[0].index]).label - 1;
    if (usual) {
      // A test that is always predicted: a jump through a table in each round of a loop is not.
      code.localGet(STATE_LOCAL);
      code.i32Const(0);
      code.op(Wasm.I32LtS);
      emitter.branchIfTo(this.itemAmong(items, places[usual.index]).label);
    }
    for (const arrival of arrivals) {
      const state = states[arrival.index];
      while (depths.length <= state) depths.push(otherwise);
      depths[state] = emitter.depth - this.itemAmong(items, places[arrival.index]).label - 1;
    }
    code.localGet(STATE_LOCAL);
    code.brTable(depths, otherwise);
  }

  /** The one of `items` that is or contains an item. */
  private itemAmong(items: readonly Item[], inner: Item): Item {
    const parent = items[0].parent;
    let item = inner;
    while (item.parent !== parent) item = item.parent!;
    return item;
  }

  private block(block: Block): void {
    const emitter = this.#emitter;
    const { code } = emitter;
    if (this.#tree.states[block.index] >= 0) {
      code.i32Const(ARRIVED);
      code.localSet(STATE_LOCAL);
    }
    const slack = this.#analysis.slack[block.index];
    if (slack > 0) {
      code.localGet(BUDGET_LOCAL);
      code.i32Const(slack);
      code.op(Wasm.I32LtS);
      emitter.open(Wasm.If);
      emitter.leave(ExitKind.Budget, block.va, 0);
      emitter.end();
    }
    if (block.weight > 0) {
      code.localGet(BUDGET_LOCAL);
      code.i32Const(block.weight);
      code.op(Wasm.I32Sub);
      code.localSet(BUDGET_LOCAL);
    }
    this.body(block);
    this.terminator(block);
  }

  private body(block: Block): void {
    const emitter = this.#emitter;
    const groups = new GroupedAccesses(emitter, accessGroups(block.body, this.#options.ungrouped));
    const shared = sharedDivisions(block.body);
    emitter.startBlock(this.#analysis.words[block.index]);
    block.body.forEach(({ va, instruction }, position) => {
      emitter.startInstruction(va, block.weight - position);
      const { op } = instruction;
      groups.start(position);
      if (isLoad(op) || isStore(op)) emitMemoryAccess(emitter, groups, instruction);
      else if (isAtomic(op)) emitAtomic(emitter, groups, instruction);
      else if (accessesFcsr(instruction)) emitFcsr(emitter, instruction);
      else if (!emitInteger(emitter, instruction, va, shared.get(position))) emitFloat(emitter, instruction);
      emitter.endInstruction(instruction);
    });
  }

  private terminator(block: Block): void {
    const emitter = this.#emitter;
    const { code } = emitter;
    const { end } = block;
    switch (end.kind) {
      case 'leave':
        emitter.leave(ExitKind.Interpret, end.va, 0);
        return;
      case 'jump':
        if (end.instruction && end.instruction.rd !== 0) {
          code.i64Const(end.va + end.instruction.length);
          emitter.setX(end.instruction.rd);
        }
        this.edge(block, end.to);
        return;
      case 'branch': {
        const { taken, otherwise, instruction } = end;
        if (taken.block && this.isPlain(taken.block)) {
          emitCondition(emitter, instruction, false);
          emitter.branchIfTo(this.target(taken.block));
          this.edge(block, otherwise);
          return;
        }
        if (otherwise.block && this.isPlain(otherwise.block)) {
          emitCondition(emitter, instruction, true);
          emitter.branchIfTo(this.target(otherwise.block));
          this.edge(block, taken);
          return;
        }
        emitCondition(emitter, instruction, false);
        emitter.open(Wasm.If);
        this.edge(block, taken);
        emitter.end();
        this.edge(block, otherwise);
        return;
      }
      case 'indirect':
        this.indirect(block);
    }
  }

  private indirect(block: Block): void {
    const emitter = this.#emitter;
    const { code, layout, pcLocal } = emitter;
    const { end } = block;
    if (end.kind !== 'indirect') throw new Error('the block does not end in an indirect jump');
    const { rd, rs1, imm, length } = end.instruction;
    // The only place where it goes may not be in the region.
    const certain = end.certain && end.guesses.length > 0;
    if (!certain) {
      emitter.getX(rs1);
      if (imm !== 0) {
        code.i64Const(imm);
        code.op(Wasm.I64Add);
      }
      code.i64Const(-2);
      code.op(Wasm.I64And);
      code.localSet(pcLocal);
    }
    if (rd !== 0) {
      code.i64Const(end.va + length);
      emitter.setX(rd);
    }
    if (certain) {
      this.edge(block, { va: end.guesses[0].va, block: end.guesses[0] });
      return;
    }
    if (end.switches) this.switchTo(block, end.guesses);
    else this.tryGuesses(block, end.guesses);
    this.saveDirty(block);
    this.lookUpTarget();
    this.goTo(emitter.scratch(ValueType.I32, 'target'));
    emitter.end();
    code.i32Const(0);
    code.localGet(pcLocal);
    code.access(Wasm.I64Store, 3, layout.pc);
    const exit = emitter.exit(ExitKind.Indirect, end.va, 0, 0, rd === 0 && !isReturn(end.instruction));
    this.leaveFunction(() => code.i32Const(exit));
  }

  private tryGuesses(block: Block, guesses: readonly Block[]): void {
    const emitter = this.#emitter;
    const { code, pcLocal } = emitter;
    for (const guess of guesses) {
      code.localGet(pcLocal);
      code.i64Const(guess.va);
      code.op(Wasm.I64Eq);
      if (this.isPlain(guess)) {
        emitter.branchIfTo(this.target(guess));
        continue;
      }
      emitter.open(Wasm.If);
      this.edge(block, { va: guess.va, block: guess });
      emitter.end();
    }
  }

  /** Opens an `if` for the case that the jump cache has the target of an indirect jump, and sets the local `target`. */
  private lookUpTarget(): void {
    const emitter = this.#emitter;
    const { code, pcLocal } = emitter;
    const target = emitter.scratch(ValueType.I32, 'target');
    code.localGet(pcLocal);
    code.op(Wasm.I32WrapI64);
    code.i32Const(3);
    code.op(Wasm.I32Shl);
    code.i32Const((JUMP_CACHE_ENTRIES - 1) * JUMP_CACHE_ENTRY_SIZE);
    code.op(Wasm.I32And);
    code.localTee(target);
    code.access(Wasm.I64Load, 3, JUMP_CACHE);
    code.localGet(pcLocal);
    code.op(Wasm.I64Eq);
    emitter.open(Wasm.If);
    code.localGet(target);
    code.access(Wasm.I32Load, 2, JUMP_CACHE + 8);
    code.localSet(target);
  }

  /** Goes to one of many blocks of the region, which the jump cache knows as entries of this very function. */
  private switchTo(block: Block, guesses: readonly Block[]): void {
    const emitter = this.#emitter;
    const { code } = emitter;
    const { states } = this.#tree;
    const target = emitter.scratch(ValueType.I32, 'target');
    const inside = guesses.filter((guess) => this.#tree.entries.includes(guess));
    this.lookUpTarget();
    code.localGet(target);
    code.i32Const(16);
    code.op(Wasm.I32ShrU);
    code.i32Const(this.#options.slot);
    code.op(Wasm.I32Eq);
    emitter.open(Wasm.If);
    const depths: number[] = [];
    const elsewhere = 0;
    for (const guess of inside) {
      const state = states[guess.index];
      while (depths.length <= state) depths.push(elsewhere);
      depths[state] = emitter.depth - this.target(guess) - 1;
    }
    code.localGet(target);
    code.i32Const(0xffff);
    code.op(Wasm.I32And);
    code.localTee(STATE_LOCAL);
    code.brTable(depths, elsewhere);
    emitter.end();
    emitter.end();
    this.tryGuesses(
      block,
      guesses.filter((guess) => !inside.includes(guess)),
    );
  }

  /** Leaves for another translation: see `encodeEnter`. */
  private goTo(target: number): void {
    const { code } = this.#emitter;
    this.returnWithBudget(() => {
      code.localGet(target);
      code.i32Const(TO_TRANSLATION);
      code.op(Wasm.I32Or);
    });
  }

  private saveDirty(block: Block): void {
    this.#emitter.spill(this.#analysis.integersDirty[block.index], this.#analysis.floatsDirty[block.index]);
    this.#emitter.spillFlags();
  }

  /** Goes along an edge: within the region, or through a link to another one. */
  private edge(from: Block, { va, block }: Edge): void {
    const emitter = this.#emitter;
    const { code } = emitter;
    if (block) {
      if (!this.isPlain(block)) {
        code.i32Const(this.#tree.states[block.index]);
        code.localSet(STATE_LOCAL);
      }
      emitter.branchTo(this.target(block));
      return;
    }
    this.saveDirty(from);
    const link = this.link(va);
    if (link !== 0) {
      const target = emitter.scratch(ValueType.I32, 'target');
      code.i32Const(0);
      code.access(Wasm.I32Load, 2, link);
      code.localTee(target);
      emitter.open(Wasm.If);
      this.goTo(target);
      emitter.end();
    }
    const { end } = from;
    const inside = end.kind !== 'jump' || !end.instruction || !isCall(end.instruction);
    const exit = emitter.exit(ExitKind.Link, va, 0, link, inside);
    this.leaveFunction(() => code.i32Const(exit));
  }

  private link(va: number): number {
    let index = this.#links.get(va);
    if (index === undefined) {
      if (this.#links.size === LINKS_PER_SLOT) return 0;
      this.#links.set(va, (index = this.#links.size));
    }
    return linkAddress(this.#options.slot, index);
  }

  /** The innermost item around a block that has an open label, and the depth of that label. */
  private target(block: Block): number {
    for (let item: Item | undefined = this.#tree.places[block.index]; item; item = item.parent) {
      if (item.label >= 0) return item.label;
      if (item.kind === 'loop' && item.head >= 0 && item.entries.includes(block)) return item.head;
    }
    throw new Error(`no way to the block at 0x${block.va.toString(16)}`);
  }

  /** Whether jumping to a block needs no state. */
  private isPlain(block: Block): boolean {
    for (let item: Item | undefined = this.#tree.places[block.index]; item; item = item.parent) {
      if (item.kind === 'loop' && switches(item) && item.entries.indexOf(block) > 0) return false;
      if (item.label >= 0 || (item.kind === 'loop' && item.head >= 0 && item.entries.includes(block))) return true;
    }
    return true;
  }
}
