import type { Process } from '../linux/process.ts';
import type { Task } from '../linux/task.ts';
import type { Machine } from '../machine/machine.ts';
import type { VirtAddr } from '../memory/address.ts';
import { X } from '../riscv/registers.ts';
import { placeOf, type Frame, type ReadMemory } from '../symbols/frame.ts';
import { innermostFrame, unwindUnknown } from '../symbols/symbol-file.ts';
import type { Image, ImageTable } from './images.ts';

/** One activation in the call stack of a task. */
export interface StackFrame {
  readonly task: Task;
  /** 0 for the innermost. */
  readonly level: number;
  readonly frame: Frame;
  readonly image: Image | undefined;
  /** Function and offset, `main+12` without debug information, else an address. */
  readonly name: string;
  readonly line: { readonly file: string; readonly line: number; readonly column: number } | undefined;
}

/** Deeper stacks are cut: a runaway recursion fills 8 MiB with frames of 16 bytes. */
const DEEPEST = 1 << 20;

/** The call stack of a task, unwound as far as it is asked for. Valid until the machine runs. */
export class CallStack {
  readonly #frames: StackFrame[] = [];
  #isWhole = false;

  constructor(
    machine: Machine,
    private readonly images: ImageTable,
    private readonly task: Task,
  ) {
    this.#frames.push(this.#describe(topFrame(machine, task), 0));
  }

  at(level: number): StackFrame | undefined {
    while (this.#frames.length <= level && !this.#isWhole) this.#unwind();
    return this.#frames[level];
  }

  /** Frames known so far, and whether there may be more. */
  get known(): { readonly count: number; readonly isWhole: boolean } {
    return { count: this.#frames.length, isWhole: this.#isWhole };
  }

  #unwind(): void {
    const inner = this.#frames.at(-1)!;
    const outer = unwind(inner);
    if (!outer || this.#frames.length === DEEPEST || !isOutside(outer, inner.frame)) this.#isWhole = true;
    else this.#frames.push(this.#describe(outer, inner.level + 1));
  }

  #describe(frame: Frame, level: number): StackFrame {
    const { task } = this;
    const place = placeOf(frame);
    const image = this.images.at(task.process, place);
    const row = image?.symbols?.lineAt(place);
    return {
      task,
      level,
      frame,
      image,
      name: functionName(image, place),
      line: row,
    };
  }
}

/** Reads the memory of a process as the debugger does, without touching it. */
export function memoryReader(machine: Machine, process: Process): ReadMemory {
  return (address, length) => {
    if (!Number.isSafeInteger(address) || address < 0) return undefined;
    const bytes = machine.read(process, address as VirtAddr, length);
    return bytes.length === length ? bytes : undefined;
  };
}

/** What an address in code is called: its function, else an address. */
function functionName(image: Image | undefined, address: number): string {
  const found = image?.symbols?.functionAt(address)?.name;
  return found ?? `0x${address.toString(16)}`;
}

function unwind({ image, frame }: StackFrame): Frame | undefined {
  return image?.symbols ? image.symbols.unwind(frame) : unwindUnknown(frame);
}

function topFrame(machine: Machine, task: Task): Frame {
  const registers = machine.registers(task);
  const values = {
    x: Array.from({ length: 32 }, (_, index) => registers.x(index)),
    f: Array.from({ length: 32 }, (_, index) => registers.f(index)),
  };
  return innermostFrame(registers.pc, values, memoryReader(machine, task.process));
}

/** Stacks grow down: a caller's frame lies above. A signal handler's may be on a stack of its own, but not in a circle. */
function isOutside(outer: Frame, inner: Frame): boolean {
  const outerSp = outer.registers.x[X.Sp];
  const innerSp = inner.registers.x[X.Sp];
  if (outer.pc === 0 || outerSp === undefined || innerSp === undefined) return false;
  return !outer.isCaller || outerSp > innerSp || (outerSp === innerSp && outer.pc !== inner.pc);
}
