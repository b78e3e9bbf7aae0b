import type { Task } from '../linux/task.ts';
import type { Machine } from '../machine/machine.ts';
import { X } from '../riscv/registers.ts';
import { isSignalReturn } from '../symbols/dwarf/unwinder.ts';
import type { RegisterFile } from '../machine/register-file.ts';
import { FIRST_FLOAT, placeOf, type Frame, type ReadMemory, type Registers } from '../symbols/frame.ts';
import type { Activation } from '../symbols/activations.ts';
import { pagedMemory } from '../symbols/paged-memory.ts';
import { innermostFrame, unwindUnknown } from '../symbols/symbol-file.ts';
import type { Image, ImageTable } from './images.ts';
import { processMemory } from './process-memory.ts';

/** One activation in the call stack of a task. Inlined calls have frames of their own. */
export interface StackFrame {
  readonly task: Task;
  /** 0 for the innermost. */
  readonly level: number;
  /** The frame on the stack; those of inlined calls share that of the function which holds their code. */
  readonly frame: Frame;
  /** How many calls that are not inlined lead from here to the innermost frame. */
  readonly calls: number;
  /** Which of the activations at the frame's place this is: 0 is the innermost. */
  readonly activation: number;
  readonly isInlined: boolean;
  /** The kernel's code that a signal handler returns to: what lies further out was interrupted. */
  readonly isSignalReturn: boolean;
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
  /** What is known of the places of frames: those of a recursion are the same. */
  readonly #places = new Map<number, CodePlace>();
  readonly #signalReturns = new Map<number, boolean>();
  #isWhole = false;

  /** @param hidden how many of the innermost activations are left out: inlined calls that are about to be made. */
  constructor(
    machine: Machine,
    private readonly images: ImageTable,
    private readonly task: Task,
    hidden = 0,
  ) {
    const top = topFrame(machine, task);
    this.#add(top, 0, hidden, top.read);
  }

  at(level: number): StackFrame | undefined {
    if (this.#frames.length <= level && !this.#isWhole) {
      // Nothing changes while the stack is unwound; afterwards the user may change what was read.
      const read = pagedMemory(this.#frames[0].frame.read);
      while (this.#frames.length <= level && !this.#isWhole) this.#unwind(read);
    }
    return this.#frames[level];
  }

  /** Frames known so far, and whether there may be more. */
  get known(): { readonly count: number; readonly isWhole: boolean } {
    return { count: this.#frames.length, isWhole: this.#isWhole };
  }

  #unwind(read: ReadMemory): void {
    const inner = this.#frames.at(-1)!;
    const { frame } = inner;
    const found = unwind(inner.image, { ...frame, read });
    const outer = found && {
      pc: found.pc,
      // No call has made the return address of a handler.
      isCaller: found.isCaller && !this.#isSignalReturn(found.pc, read),
      registers: found.registers,
      read: frame.read,
    };
    if (!outer || this.#frames.length >= DEEPEST || !isOutside(outer, frame)) this.#isWhole = true;
    else this.#add(outer, inner.calls + 1, 0, read);
  }

  /** Adds the activations that share a frame on the stack. */
  #add(frame: Frame, calls: number, hidden: number, read: ReadMemory): void {
    const { task } = this;
    const isSignalReturn = this.#isSignalReturn(frame.pc, read);
    const { image, activations, name, line } = this.#place(placeOf(frame), isSignalReturn);
    const add = (activation: number, isInlined: boolean, name: string, line: StackFrame['line']): void => {
      const level = this.#frames.length;
      // Written out: a deep recursion has a hundred thousand of them.
      this.#frames.push({ task, level, frame, calls, activation, isInlined, isSignalReturn, image, name, line });
    };
    if (activations.length <= hidden) add(0, false, name, line);
    for (let activation = hidden; activation < activations.length; activation++) {
      const one = activations[activation];
      add(activation, one.isInlined, one.name || name, one.line);
    }
  }

  #isSignalReturn(pc: number, read: ReadMemory): boolean {
    let known = this.#signalReturns.get(pc);
    if (known === undefined) this.#signalReturns.set(pc, (known = isSignalReturn({ pc, read })));
    return known;
  }

  #place(place: number, isSignalReturn: boolean): CodePlace {
    let known = this.#places.get(place);
    if (known === undefined) {
      const image = this.images.at(this.task.process, place);
      known = {
        image,
        activations: image?.symbols?.activationsAt(place) ?? [],
        name: isSignalReturn ? SIGNAL_HANDLER_CALLED : functionName(image, place),
        line: image?.symbols?.lineAt(place),
      };
      this.#places.set(place, known);
    }
    return known;
  }
}

/** What there is at a place in code. */
interface CodePlace extends Pick<StackFrame, 'image' | 'name' | 'line'> {
  readonly activations: readonly Activation[];
}

/** As gdb calls it. */
const SIGNAL_HANDLER_CALLED = '<signal handler called>';

/** Where a task is: its innermost frame, without what only a view of the stack needs. Valid until the machine runs. */
export function innermostPlace(
  machine: Machine,
  images: ImageTable,
  task: Task,
): Pick<StackFrame, 'task' | 'frame' | 'calls' | 'activation' | 'image'> {
  const registers = machine.registers(task);
  const read = processMemory(machine, task.process);
  const frame = innermostFrame(registers.pc, new LiveRegisters(registers), read);
  return { task, frame, calls: 0, activation: 0, image: images.at(task.process, frame.pc) };
}

/** What an address in code is called: its function, else an address. */
function functionName(image: Image | undefined, address: number): string {
  const found = image?.symbols?.functionAt(address)?.name;
  return found ?? `0x${address.toString(16)}`;
}

function unwind(image: Image | undefined, frame: Frame): Frame | undefined {
  return image?.symbols ? image.symbols.unwind(frame) : unwindUnknown(frame);
}

function topFrame(machine: Machine, task: Task): Frame {
  const registers = machine.registers(task);
  const values = { x: registers.allX(), f: registers.allF() };
  return innermostFrame(registers.pc, values, processMemory(machine, task.process));
}

/** The registers as they are whenever one is asked for: conditions are evaluated often, and need few of them. */
class LiveRegisters implements Registers {
  readonly #file: RegisterFile;

  constructor(file: RegisterFile) {
    this.#file = file;
  }

  readonly one = (number: number): bigint | undefined =>
    number < FIRST_FLOAT ? this.#file.x(number) : this.#file.f(number - FIRST_FLOAT);

  get x(): BigUint64Array {
    return this.#file.allX();
  }

  get f(): BigUint64Array {
    return this.#file.allF();
  }
}

/** Stacks grow down: a caller's frame lies above. A signal handler's may be on a stack of its own, but not in a circle. */
function isOutside(outer: Frame, inner: Frame): boolean {
  const outerSp = outer.registers.x[X.Sp];
  const innerSp = inner.registers.x[X.Sp];
  if (outer.pc === 0 || outerSp === undefined || innerSp === undefined) return false;
  return !outer.isCaller || outerSp > innerSp || (outerSp === innerSp && outer.pc !== inner.pc);
}
