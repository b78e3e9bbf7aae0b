import { PAGE_SIZE, pageFloor, type FrameNumber, type VirtAddr } from '../../memory/address.ts';
import type { Instruction } from '../../riscv/instruction.ts';
import { Op } from '../../riscv/op.ts';
import { integerDestination, isBranch, isCall, isReturn, isTranslatable } from './operands.ts';
import type { Block, CodePage, Edge, Placed, Region, Terminator } from './region.ts';

/** The guest's code as region discovery sees it. */
export interface CodeView {
  /** The frame of a page that may be executed and was before, else -1. */
  frameOf(page: VirtAddr): number;
  /** The instruction at an address of such a page; undefined where it may not be translated (a breakpoint, a straddle). */
  instruction(va: VirtAddr): Instruction | undefined;
  /** Whether the instruction was executed, as far as is known. */
  executed(va: VirtAddr): boolean;
  /** Whether an existing translation was asked for at this address. */
  isHead(va: VirtAddr): boolean;
  /** Whether control that comes to this address is to leave the region, for a translation that exists. */
  isSettled(va: VirtAddr): boolean;
  /** Where the indirect jump at `va` went so far, most frequent first. */
  targets(va: VirtAddr): readonly VirtAddr[];
}

export interface DiscoveryLimits {
  /** Instructions in a region. */
  readonly instructions: number;
  /** Instructions in a region with a switch of many targets: an interpreter's loop is best in one piece. */
  readonly withSwitch: number;
  /** Pages in a region. */
  readonly pages: number;
  /** Instructions in a callee that is inlined, with its own callees. */
  readonly inlined: number;
}

const MAX_DEPTH = 3;
const MAX_GUESSES = 12;
/** Functions that a call through a pointer is compared with. */
const MAX_CALLEES = 4;
/** Targets from which on an indirect jump is a switch. */
const SWITCH_TARGETS = 4;
/** Targets from which on a region with the switch may be large. */
const MANY_TARGETS = 10;
const RA = 1;

/** An execution of one function: the region's own, or a call that is inlined into its caller. */
interface Activation {
  readonly caller: Activation | undefined;
  readonly entry: VirtAddr;
  readonly returnsTo: VirtAddr;
  readonly depth: number;
  /** The callee never writes ra: its return goes where the call said. */
  readonly keepsRa: boolean;
  readonly nodes: Map<VirtAddr, Node>;
  readonly leaders: Map<VirtAddr, Block | undefined>;
}

interface Node {
  readonly instruction: Instruction;
  /** The inlined callees of a call. */
  callees: Activation[];
  /** A call of the region's own head. */
  recursive: boolean;
}

/** What is to be known of a function before it is inlined. */
interface Callee {
  readonly size: number;
  readonly keepsRa: boolean;
}

/**
 * Collects the blocks reachable from some addresses as far as they were executed, across branches, jumps, known targets
 * of indirect jumps, and into small callees, which are cloned into their callers.
 * @param heads where control comes in; the first must be translatable, or there is no region
 * @param lastIsEntry whether control comes to the last head from outside, also when the heads before it lead there
 */
export function discover(
  view: CodeView,
  heads: readonly VirtAddr[],
  lastIsEntry: boolean,
  limits: DiscoveryLimits,
): Region | undefined {
  return new Discovery(view, heads, lastIsEntry, limits).region();
}

class Discovery {
  readonly #view: CodeView;
  readonly #heads: readonly VirtAddr[];
  readonly #lastIsEntry: boolean;
  readonly #limits: DiscoveryLimits;
  readonly #root: Activation;
  readonly #activations: Activation[] = [];
  /** Addresses in the root activation that were asked for: control came there often, from wherever. */
  readonly #asked = new Set<VirtAddr>();
  /** Those where control is going to come in from outside: behind calls and what is interpreted. */
  readonly #entries = new Set<VirtAddr>();
  /** Where calls of the head from within the region return to. */
  readonly #recursionReturns: VirtAddr[] = [];
  readonly #callees = new Map<VirtAddr, Callee | undefined>();
  readonly #work: [Activation, VirtAddr][] = [];
  readonly #pages = new Map<VirtAddr, FrameNumber>();
  #size = 0;
  #limit: number;

  constructor(view: CodeView, heads: readonly VirtAddr[], lastIsEntry: boolean, limits: DiscoveryLimits) {
    this.#view = view;
    this.#heads = heads;
    this.#lastIsEntry = lastIsEntry;
    this.#limits = limits;
    this.#limit = limits.instructions;
    this.#root = this.activate(undefined, heads[0], 0 as VirtAddr, false);
  }

  region(): Region | undefined {
    this.#heads.forEach((head, position) => {
      const isEntry = this.#lastIsEntry && position === this.#heads.length - 1;
      // What the heads before it lead to need not be an entry.
      if (position > 0 && !isEntry && this.#root.leaders.has(head)) return;
      this.#asked.add(head);
      this.addLeader(this.#root, head, isEntry);
      this.expand();
    });
    for (const va of this.#root.leaders.keys()) if (this.#view.isHead(va)) this.#asked.add(va);
    const blocks: Block[] = [];
    for (const activation of this.#activations)
      for (const va of activation.leaders.keys()) {
        const block = this.block(activation, va);
        activation.leaders.set(va, block);
        if (block) blocks.push(block);
      }
    const head = this.#root.leaders.get(this.#heads[0]);
    if (!head || head.weight === 0) return undefined;
    for (const activation of this.#activations)
      for (const block of activation.leaders.values()) if (block) this.connect(activation, block);
    return this.reachable(head);
  }

  private activate(caller: Activation | undefined, entry: VirtAddr, returnsTo: VirtAddr, keepsRa: boolean): Activation {
    const depth = caller ? caller.depth + 1 : 0;
    const activation = { caller, entry, returnsTo, depth, keepsRa, nodes: new Map(), leaders: new Map() };
    this.#activations.push(activation);
    return activation;
  }

  private addLeader(activation: Activation, va: VirtAddr, entry = false): void {
    const head = activation === this.#root && va === this.#heads[0];
    if (!head && (!this.#view.executed(va) || this.isElsewhere(activation, va))) return;
    if (entry && activation === this.#root) this.#entries.add(va);
    if (activation.leaders.has(va)) return;
    activation.leaders.set(va, undefined);
    this.#work.push([activation, va]);
  }

  private isElsewhere(activation: Activation, va: VirtAddr): boolean {
    return activation === this.#root && this.#view.isSettled(va) && !this.#heads.includes(va);
  }

  private expand(): void {
    for (let next = 0; next < this.#work.length; next++) this.follow(...this.#work[next]);
    this.#work.length = 0;
  }

  /** Collects instructions from a leader to the end of its block. */
  private follow(activation: Activation, start: VirtAddr): void {
    let va = start;
    while (!activation.nodes.has(va)) {
      if (va !== start && (activation.leaders.has(va) || this.isElsewhere(activation, va))) return;
      if (this.#size >= this.#limit) return;
      const instruction = this.fetch(va);
      if (!instruction) return;
      const next = (va + instruction.length) as VirtAddr;
      if (!isTranslatable(instruction)) {
        this.addLeader(activation, next, true);
        return;
      }
      const node: Node = { instruction, callees: [], recursive: false };
      activation.nodes.set(va, node);
      this.#size++;
      const { op, imm } = instruction;
      if (isBranch(op)) {
        this.addLeader(activation, (va + imm) as VirtAddr);
        this.addLeader(activation, next);
        return;
      }
      if (op === Op.Jal) {
        if (isCall(instruction)) this.call(activation, node, [(va + imm) as VirtAddr], next);
        else this.addLeader(activation, (va + imm) as VirtAddr);
        return;
      }
      if (op === Op.Jalr) {
        if (isReturn(instruction)) {
          if (activation.caller) this.addLeader(activation.caller, activation.returnsTo);
        } else if (isCall(instruction)) this.call(activation, node, this.#view.targets(va), next);
        else {
          const targets = this.#view.targets(va);
          const isSwitch = targets.length >= SWITCH_TARGETS && activation === this.#root;
          if (isSwitch && targets.length >= MANY_TARGETS) this.#limit = this.#limits.withSwitch;
          for (const target of targets) this.addLeader(activation, target, isSwitch);
        }
        return;
      }
      va = next;
    }
  }

  private fetch(va: VirtAddr): Instruction | undefined {
    const instruction = this.#view.instruction(va);
    if (!instruction) return undefined;
    const last = va + instruction.length - 1;
    return this.includePage(pageFloor(va)) && this.includePage(pageFloor(last)) ? instruction : undefined;
  }

  private includePage(page: VirtAddr): boolean {
    if (this.#pages.has(page)) return true;
    if (this.#pages.size >= this.#limits.pages) return false;
    const frame = this.#view.frameOf(page);
    if (frame < 0) return false;
    this.#pages.set(page, frame as FrameNumber);
    return true;
  }

  private call(activation: Activation, node: Node, targets: readonly VirtAddr[], next: VirtAddr): void {
    const inRoot = activation === this.#root;
    if (inRoot && node.instruction.op === Op.Jal && targets[0] === this.#heads[0]) {
      node.recursive = true;
      this.#recursionReturns.push(next);
      this.addLeader(activation, next, true);
      return;
    }
    if (targets.length > 0 && targets.length <= MAX_CALLEES)
      for (const target of targets) {
        const callee = this.inlinable(activation, target);
        if (!callee) continue;
        const clone = this.activate(activation, target, next, callee.keepsRa);
        node.callees.push(clone);
        this.addLeader(clone, target);
      }
    const complete = node.callees.length === targets.length && node.instruction.op === Op.Jal;
    this.addLeader(activation, next, !complete);
  }

  private inlinable(activation: Activation, target: VirtAddr): Callee | undefined {
    if (activation.depth >= MAX_DEPTH) return undefined;
    for (let up: Activation | undefined = activation; up; up = up.caller) if (up.entry === target) return undefined;
    if (!this.#view.executed(target)) return undefined;
    const callee = this.measure(target, MAX_DEPTH - activation.depth - 1);
    return callee && this.#size + callee.size <= this.#limit ? callee : undefined;
  }

  /** The executed part of a function, if it is small and calls only such functions, directly. */
  private measure(target: VirtAddr, depth: number): Callee | undefined {
    if (this.#callees.has(target)) return this.#callees.get(target);
    // A recursive function finds this and is not inlined.
    this.#callees.set(target, undefined);
    const measured = this.measureBody(target, depth);
    this.#callees.set(target, measured);
    return measured;
  }

  private measureBody(target: VirtAddr, depth: number): Callee | undefined {
    const seen = new Set<VirtAddr>();
    const work = [target];
    let size = 0;
    let keepsRa = true;
    for (let next = work.pop(); next !== undefined; next = work.pop()) {
      let va: VirtAddr = next;
      while (!seen.has(va) && this.#view.executed(va)) {
        const instruction = this.#view.instruction(va);
        if (!instruction || !isTranslatable(instruction)) return undefined;
        seen.add(va);
        if (++size > this.#limits.inlined) return undefined;
        const { op, imm } = instruction;
        if (integerDestination(instruction) & (1 << RA)) keepsRa = false;
        const after = (va + instruction.length) as VirtAddr;
        if (isBranch(op)) work.push((va + imm) as VirtAddr);
        else if (op === Op.Jal && !isCall(instruction)) {
          va = (va + imm) as VirtAddr;
          continue;
        } else if (op === Op.Jal) {
          const inner = depth > 0 ? this.measure((va + imm) as VirtAddr, depth - 1) : undefined;
          if (!inner) return undefined;
          size += inner.size;
          if (size > this.#limits.inlined) return undefined;
        } else if (op === Op.Jalr) {
          if (!isReturn(instruction)) return undefined;
          break;
        }
        va = after;
      }
    }
    return { size, keepsRa };
  }

  /** The block that starts at a leader, if there is anything to translate there. */
  private block(activation: Activation, start: VirtAddr): Block | undefined {
    const body: Placed[] = [];
    let va = start;
    if (!activation.nodes.has(start)) return undefined;
    const finish = (end: Terminator): Block => {
      const counted = end.kind !== 'leave' && (end.kind !== 'jump' || end.instruction !== undefined);
      const weight = body.length + (counted ? 1 : 0);
      return { va: start, body, end, weight, index: -1, successors: [], predecessors: [] };
    };
    for (;;) {
      const node = activation.nodes.get(va);
      if (!node) {
        const beyond = this.#view.instruction(va);
        if (!beyond || !isTranslatable(beyond)) return finish({ kind: 'leave', va });
        return finish({ kind: 'jump', va, instruction: undefined, to: { va, block: undefined } });
      }
      const { instruction } = node;
      const next = (va + instruction.length) as VirtAddr;
      if (isBranch(instruction.op)) {
        const taken = { va: (va + instruction.imm) as VirtAddr, block: undefined };
        return finish({ kind: 'branch', va, instruction, taken, otherwise: { va: next, block: undefined } });
      }
      if (instruction.op === Op.Jal)
        return finish({
          kind: 'jump',
          va,
          instruction,
          to: { va: (va + instruction.imm) as VirtAddr, block: undefined },
        });
      if (instruction.op === Op.Jalr) {
        const certain = isReturn(instruction) && activation.keepsRa && activation.caller !== undefined;
        const jumps = !isReturn(instruction) && !isCall(instruction) && activation === this.#root;
        const switches = jumps && this.#view.targets(va).length >= SWITCH_TARGETS;
        return finish({ kind: 'indirect', va, instruction, guesses: [], switches, certain });
      }
      body.push({ va, instruction });
      va = next;
      if (activation.leaders.has(va))
        return finish({ kind: 'jump', va, instruction: undefined, to: { va, block: undefined } });
    }
  }

  private connect(activation: Activation, block: Block): void {
    const { end } = block;
    const at = (where: Activation, va: VirtAddr): Block | undefined => where.leaders.get(va);
    const resolve = (edge: Edge, target: Block | undefined): void => {
      edge.block = target;
      if (target && !block.successors.includes(target)) block.successors.push(target);
    };
    const limit = end.kind === 'indirect' && end.switches ? Infinity : MAX_GUESSES;
    const guess = (guesses: Block[], target: Block | undefined): void => {
      if (!target || guesses.includes(target) || guesses.length >= limit) return;
      guesses.push(target);
      block.successors.push(target);
    };
    switch (end.kind) {
      case 'branch':
        resolve(end.taken, at(activation, end.taken.va));
        resolve(end.otherwise, at(activation, end.otherwise.va));
        break;
      case 'jump': {
        if (!end.instruction || !isCall(end.instruction)) {
          resolve(end.to, at(activation, end.to.va));
          break;
        }
        const node = activation.nodes.get(end.va)!;
        if (node.recursive) resolve(end.to, at(this.#root, end.to.va));
        else if (node.callees.length > 0) resolve(end.to, at(node.callees[0], end.to.va));
        break;
      }
      case 'indirect': {
        const node = activation.nodes.get(end.va)!;
        if (isReturn(end.instruction)) {
          if (activation.caller) guess(end.guesses, at(activation.caller, activation.returnsTo));
          else for (const target of this.#recursionReturns) guess(end.guesses, at(activation, target));
        } else if (isCall(end.instruction))
          for (const callee of node.callees) guess(end.guesses, at(callee, callee.entry));
        else for (const target of this.#view.targets(end.va)) guess(end.guesses, at(activation, target));
        break;
      }
      case 'leave':
        break;
    }
  }

  private reachable(head: Block): Region {
    const blocksAt = (places: Iterable<VirtAddr>): Block[] =>
      [...places].flatMap((va) => {
        const block = this.#root.leaders.get(va);
        return block && block.weight > 0 ? [block] : [];
      });
    const heads = [...new Set([head, ...blocksAt(this.#asked)])];
    const entries = blocksAt(this.#entries);
    const blocks: Block[] = [];
    const visit = (block: Block): void => {
      if (block.index >= 0) return;
      block.index = blocks.length;
      blocks.push(block);
    };
    heads.forEach(visit);
    entries.forEach(visit);
    for (let k = 0; k < blocks.length; k++) blocks[k].successors.forEach(visit);
    for (const block of blocks) for (const next of block.successors) next.predecessors.push(block);
    const first = pageFloor(head.va);
    const pages: CodePage[] = [{ va: first, frame: this.#pages.get(first)! }];
    const used = usedPages(blocks);
    for (const [va, frame] of this.#pages) if (va !== first && used.has(va)) pages.push({ va, frame });
    const size = blocks.reduce((sum, block) => sum + block.weight, 0);
    const own = new Set(blocks.filter((block) => this.#root.leaders.get(block.va) === block));
    return { blocks, heads, entries, own, pages, size };
  }
}

/** The pages that instructions of these blocks are in, also with their last bytes only. */
function usedPages(blocks: readonly Block[]): Set<number> {
  const pages = new Set<number>();
  let last = -1;
  const add = (va: number): void => {
    const page = va - (va % PAGE_SIZE);
    if (page === last) return;
    last = page;
    pages.add(page);
  };
  for (const { body, end } of blocks) {
    for (const { va, instruction } of body) {
      add(va);
      add(va + instruction.length - 1);
    }
    if (end.kind === 'leave' || !end.instruction) continue;
    add(end.va);
    add(end.va + end.instruction.length - 1);
  }
  return pages;
}
