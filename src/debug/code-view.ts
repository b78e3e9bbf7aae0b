import type { Task } from '../linux/task.ts';
import type { Machine } from '../machine/machine.ts';
import type { VirtAddr } from '../memory/address.ts';
import type { Instruction } from '../riscv/instruction.ts';
import { Op } from '../riscv/op.ts';
import { X } from '../riscv/registers.ts';
import type { Activation } from '../symbols/activations.ts';
import type { AddressRange } from '../symbols/range-index.ts';
import type { SymbolFile } from '../symbols/symbol-file.ts';
import { CallStack } from '../program/call-stack.ts';
import type { Image, ImageTable } from '../program/images.ts';
import { decodeAt } from '../program/instruction-bytes.ts';
import type { MyCode } from './my-code.ts';
import { LONGJMPS, UNWINDERS, type Unwinder } from './unwinding.ts';

/** A part of a function's code. */
export interface Region {
  readonly ranges: readonly { readonly start: number; readonly end: number }[];
  contains(address: number): boolean;
}

export interface SourceLine {
  readonly file: string;
  readonly line: number;
}

/** A source line of a function and the addresses of its code there. */
interface LineRanges extends Region, SourceLine {
  /** Whether a statement of the line starts at this address. */
  startsAt(address: number): boolean;
}

/** The inlined calls that a task is in, beyond those of a step that it makes. */
interface Inlined {
  /** The code of the outermost of them. */
  readonly body: Region;
  /** Whether the task is about to enter it. */
  readonly isAtEntry: boolean;
  /** Where it is called. */
  readonly call: SourceLine | undefined;
  /** Whether the outermost of them is not the person's function. */
  readonly isPassed: boolean;
  /** How many they are. */
  readonly depth: number;
}

/** A caller of what a task executes now. */
export interface Caller {
  /** Where it goes on. */
  readonly pc: number;
  /** The stack pointer that it then has. */
  readonly sp: number;
  /** The line of the call. */
  readonly line: SourceLine | undefined;
  /** Whether it is not the person's function. */
  readonly isPassed: boolean;
}

/** With more functions stepping into what calls one of them goes over it. */
const MOST_ENTRIES = 5000;

/** What stepping has to know of a task and its code. */
export class CodeView {
  readonly #unwinders = new WeakMap<SymbolFile, ReadonlyMap<number, Unwinder>>();
  readonly #entries = new WeakMap<SymbolFile, readonly number[]>();
  readonly #hidden = new WeakMap<Task, { readonly at: number; readonly pc: number; readonly count: number }>();

  constructor(
    private readonly machine: Machine,
    private readonly images: ImageTable,
    private readonly mine: MyCode,
  ) {}

  position(task: Task): { pc: number; sp: number } {
    const registers = this.machine.registers(task);
    return { pc: registers.pc, sp: Number(registers.x(X.Sp)) };
  }

  register(task: Task, index: number): bigint {
    return this.machine.registers(task).x(index);
  }

  /** The instruction at an address; `undefined` where nothing is mapped. */
  instruction(task: Task, address: number): Instruction | undefined {
    return decodeAt(this.machine.read(task.process, address as VirtAddr, 4));
  }

  /** The line of the code that the task is at; `undefined` for code without lines. */
  line(task: Task): LineRanges | undefined {
    const { pc } = this.position(task);
    const symbols = this.images.at(task.process, pc)?.symbols;
    const row = symbols?.lineAt(pc);
    if (!symbols || !row) return undefined;
    const ranges = symbols.lineRange(pc) ?? [];
    return {
      file: row.file,
      line: row.line,
      ranges,
      contains: (address) => ranges.some(({ start, end }) => start <= address && address < end),
      startsAt: (address) => {
        const at = symbols.lineAt(address);
        return at !== undefined && at.isStatement && at.start === address;
      },
    };
  }

  /** The line that the user is shown: that of the call where inlined ones are hidden. */
  shownLine(task: Task): SourceLine | undefined {
    const hidden = this.hidden(task);
    return hidden > 0 ? this.#activations(task)[hidden]?.line : this.line(task);
  }

  /**
   * How many of the innermost activations are hidden: inlined calls that the task is about to make. Their code begins
   * where it is, but the user is shown the call.
   */
  hidden(task: Task): number {
    const known = this.#hidden.get(task);
    return known?.at === this.machine.hart.instret && known.pc === this.position(task).pc ? known.count : 0;
  }

  hide(task: Task, count: number): void {
    this.#hidden.set(task, { at: this.machine.hart.instret, pc: this.position(task).pc, count });
  }

  /** Hides the inlined calls that begin here: all of them, or those within the activation that is to be shown. */
  hideEntered(task: Task, isShown: (activation: Activation) => boolean = () => false): void {
    const { pc } = this.position(task);
    const activations = this.#activations(task);
    const entered = activations.findIndex(({ isInlined, entry }) => !isInlined || entry !== pc);
    const shown = activations.findIndex(isShown);
    this.hide(task, shown < 0 ? Math.max(0, entered) : Math.min(entered, shown));
  }

  /** Tells the activations that a step begins in: the one that is shown, and those around it. */
  visible(task: Task): readonly number[] {
    return this.#activations(task)
      .slice(this.hidden(task))
      .map(({ key }) => key);
  }

  /**
   * The inlined calls that the task is in within the innermost of some activations (those of {@link visible}) that it is
   * still in; `undefined` when it is in none.
   */
  inlinedWithin(task: Task, outer: readonly number[]): Inlined | undefined {
    const activations = this.#activations(task);
    const keys = activations.map(({ key }) => key);
    let common = 0;
    while (common < outer.length && keys.at(-1 - common) === outer.at(-1 - common)) common++;
    const depth = activations.length - common;
    if (depth === 0 || common === 0) return undefined;
    const { ranges, entry } = activations[depth - 1];
    return {
      body: regionOf(ranges),
      isAtEntry: entry === this.position(task).pc,
      call: activations[depth].line,
      isPassed: this.isPassed(task, depth - 1),
      depth,
    };
  }

  /** The code of the function that is shown, if that is inlined, and what it is inlined into. */
  inlinedBody(task: Task): { readonly body: Region; readonly outer: readonly number[] } | undefined {
    const shown = this.#activations(task)[this.hidden(task)];
    return shown?.isInlined ? { body: regionOf(shown.ranges), outer: this.visible(task).slice(1) } : undefined;
  }

  /** Whether one of the activations where a task is, the innermost being 0, is not the person's function. */
  isPassed(task: Task, activation: number): boolean {
    const { pc } = this.position(task);
    const image = this.images.at(task.process, pc);
    const line = this.#activations(task)[activation]?.line ?? image?.symbols?.lineAt(pc);
    return this.mine.passes({ image, line: line && { ...line, column: 0 }, task });
  }

  /** How many inlined calls of functions that are not the person's a function of theirs is in. */
  passedInlined(task: Task): number {
    const count = this.#activations(task).length;
    for (let index = 0; index < count; index++) if (!this.isPassed(task, index)) return index;
    return 0;
  }

  /** Where the person's functions begin, in the program and its libraries. */
  ownEntries({ process }: Task): ReadonlySet<number> {
    const found = new Set<number>();
    for (const image of this.images.of(process)) {
      if (!image.symbols) continue;
      let known = this.#entries.get(image.symbols);
      if (!known) this.#entries.set(image.symbols, (known = this.#entriesOf(image, process.executable)));
      for (const entry of known) found.add(entry);
    }
    return found.size <= MOST_ENTRIES ? found : new Set();
  }

  #entriesOf(image: Image, program: string): readonly number[] {
    const starts = image.symbols!.functionStarts();
    if (starts.length > MOST_ENTRIES) return [];
    return starts.filter((start) => {
      const file = image.symbols!.lineAt(start)?.file;
      return file !== undefined && this.mine.own.isOwnFile(image, file, program);
    });
  }

  #activations(task: Task): readonly Activation[] {
    const { pc } = this.position(task);
    return this.images.at(task.process, pc)?.symbols?.activationsAt(pc) ?? [];
  }

  /** The functions of the process that give up frames, by their first addresses. */
  unwinders({ process }: Task): ReadonlyMap<number, Unwinder> {
    const found = new Map<number, Unwinder>();
    for (const { symbols } of this.images.of(process)) {
      if (!symbols) continue;
      let known = this.#unwinders.get(symbols);
      if (!known) this.#unwinders.set(symbols, (known = unwindersOf(symbols)));
      for (const [address, unwinder] of known) found.set(address, unwinder);
    }
    return found;
  }

  /** Whether the task is where a call returns to: setjmp returns there a second time. */
  isAfterCall(task: Task): boolean {
    const { pc } = this.position(task);
    return [2, 4].some((length) => {
      const before = this.instruction(task, pc - length);
      const isCall = before && (before.op === Op.Jal || before.op === Op.Jalr) && before.rd === X.Ra;
      return isCall && before.length === length;
    });
  }

  isSameFunction(task: Task, a: number, b: number): boolean {
    const symbols = this.images.at(task.process, a)?.symbols;
    const low = symbols?.functionAt(a)?.low;
    return low !== undefined && low === symbols?.functionAt(b)?.low;
  }

  /** Where the first line of the function begins that the task has just entered; `undefined` when it has no lines. */
  bodyStart(task: Task): number | undefined {
    const { pc } = this.position(task);
    return this.line(task) && this.images.at(task.process, pc)?.symbols?.prologueEnd(pc);
  }

  /** From the innermost out. */
  *callers(task: Task): Generator<Caller, undefined, void> {
    const stack = new CallStack(this.machine, this.images, task);
    for (let level = 1; ; level++) {
      const frame = stack.at(level);
      if (!frame) return undefined;
      const sp = frame.frame.registers.x[X.Sp];
      if (sp === undefined) return undefined;
      if (frame.calls === 0 || frame.isInlined) continue;
      const { line } = frame;
      yield { pc: frame.frame.pc, sp: Number(sp), line, isPassed: this.mine.passes(frame) };
    }
  }
}

function unwindersOf(symbols: SymbolFile): Map<number, Unwinder> {
  const found = new Map<number, Unwinder>();
  const add = (names: readonly string[], kind: Unwinder['kind']): void => {
    for (const name of names) {
      const start = symbols.functionNamed(name);
      if (start) found.set(start, { kind, end: symbols.functionAt(start)?.high ?? start });
    }
  };
  add(LONGJMPS, 'longjmp');
  add(UNWINDERS, 'unwinder');
  return found;
}

function regionOf(ranges: readonly AddressRange[]): Region {
  return {
    ranges: ranges.map(({ low, high }) => ({ start: low, end: high })),
    contains: (address) => ranges.some(({ low, high }) => low <= address && address < high),
  };
}
