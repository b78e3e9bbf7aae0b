import type { Process } from '../../linux/process.ts';
import type { Task } from '../../linux/task.ts';
import type { Machine } from '../../machine/machine.ts';
import { X } from '../../riscv/registers.ts';
import { placeOf } from '../../symbols/frame.ts';
import type { ReadMemory } from '../../symbols/frame.ts';
import type { Storage } from '../../symbols/storage.ts';
import { sizeOf } from '../../symbols/type.ts';
import type { Type } from '../../symbols/type.ts';
import { CallStack, type StackFrame } from '../call-stack.ts';
import type { ImageTable } from '../images.ts';
import { baseName } from '../source-map.ts';
import { elementsWithin, partName } from './file-names.ts';
import { initialStack, type StackArea } from './initial-stack.ts';
import type { MemoryName } from './memory-name.ts';

/** A local variable or an argument. */
interface Local {
  readonly name: string;
  readonly type: Type;
  readonly storage: Storage;
  /** In memory; none for one that is in a register. */
  readonly start: number;
  readonly end: number;
}

/** Memory of one call on a stack: from its stack pointer to its caller's. */
interface FrameArea {
  readonly task: Task;
  readonly start: number;
  readonly end: number;
  /** The activations that share it, innermost first. */
  readonly frames: readonly StackFrame[];
  readonly locals: readonly Local[];
}

/** Memory that a thread has as its stack. */
interface StackExtent {
  readonly task: Task;
  readonly start: number;
  readonly end: number;
  readonly sp: number;
  readonly isAlternate: boolean;
}

/** Frames of a thread that are looked at: a runaway recursion has 100,000. */
const MOST_FRAMES = 400;

/** What the stacks of a process hold, at one moment. */
export class StackNames {
  readonly #machine: Machine;
  readonly #images: ImageTable;
  readonly #process: Process;
  readonly #read: ReadMemory;
  readonly #areas = new Map<Task, FrameArea[]>();
  #extents: StackExtent[] | undefined;
  #initial: readonly StackArea[] | undefined;

  constructor(machine: Machine, images: ImageTable, process: Process, read: ReadMemory) {
    this.#machine = machine;
    this.#images = images;
    this.#process = process;
    this.#read = read;
  }

  at(address: number): MemoryName | undefined {
    const extent = this.extentAt(address);
    if (!extent) return undefined;
    const { task } = extent;
    const area = this.areas(task).find(({ start, end }) => start <= address && address < end);
    const local = area?.locals.find(({ start, end }) => start <= address && address < end);
    if (area && local) {
      const { name, type, start, end } = local;
      const text = `${partName(name, type, address - start)} in ${this.#frameText(area)}`;
      return { text, kind: 'local', start, end, object: { name, type } };
    }
    if (area)
      return { text: `stack frame of ${this.#frameText(area)}`, kind: 'stack', start: area.start, end: area.end };
    const initial = this.#initialAreas().find(({ start, end }) => start <= address && address < end);
    if (initial) return { ...initial, kind: 'arguments' };
    const { start, end, sp } = extent;
    const what = stackText(extent);
    if (address < sp)
      return { text: `${what}, ${sp - address} bytes below its stack pointer`, kind: 'stack', start, end };
    return { text: what, kind: 'stack', start, end };
  }

  /** What stacks have in a range: locals by function, then the frames that have no locals there. */
  within(low: number, high: number): string[] {
    const names: string[] = [];
    const touches = ({ start, end }: { start: number; end: number }): boolean => start < high && low < end;
    for (const extent of this.extents().filter(touches)) {
      const found = this.areas(extent.task).filter(touches);
      for (const area of found) {
        const shown = area.locals
          .filter(touches)
          .map(({ name, type, start, end }) => elementsWithin(name, type, start, end, low, high));
        const who = functionOf(area);
        names.push(shown.length > 0 ? `${fewOf(shown)} in ${who}` : `frame of ${who}`);
      }
      if (this.#initialAreas().some(touches)) names.push('arguments and environment of the program');
      if (names.length === 0) names.push(high <= extent.sp ? `unused ${stackText(extent)}` : stackText(extent));
    }
    return names;
  }

  extentAt(address: number): StackExtent | undefined {
    return this.extents().find(({ start, end }) => start <= address && address < end);
  }

  /** The stacks: alternative ones before those that they may lie in. */
  extents(): readonly StackExtent[] {
    if (this.#extents) return this.#extents;
    const found: StackExtent[] = [];
    const mappings = this.#process.space
      ? this.#machine.inspector.mappings(this.#machine.provider.label(this.#process.space))
      : [];
    for (const task of this.#process.tasks) {
      if (task.state === 'dead') continue;
      const sp = Number(this.#machine.registers(task).x(X.Sp));
      const { alternateStack } = task;
      const { start } = alternateStack;
      const end = start + alternateStack.size;
      const isOnAlternate = start <= sp && sp < end;
      if (isOnAlternate) found.push({ task, start, end, sp, isAlternate: true });
      const inside = this.#outerStackPointers(task, isOnAlternate, sp);
      const mapping = mappings.find((one) => one.start <= inside && inside < one.end);
      if (mapping && !mapping.object)
        found.push({ task, start: mapping.start, end: mapping.end, sp: inside, isAlternate: false });
    }
    const stack = mappings.find(({ name }) => name === '[stack]');
    const first = this.#process.tasks.find(({ tid }) => tid === this.#process.pid) ?? this.#process.tasks[0];
    if (stack && first && !found.some(({ start }) => start === stack.start))
      found.push({ task: first, start: stack.start, end: stack.end, sp: stack.start, isAlternate: false });
    return (this.#extents = found.sort((a, b) => Number(b.isAlternate) - Number(a.isAlternate)));
  }

  /** The stack pointer of the interrupted code, where a signal's handler has a stack of its own. */
  #outerStackPointers(task: Task, isOnAlternate: boolean, sp: number): number {
    if (!isOnAlternate) return sp;
    const { start, size } = task.alternateStack;
    const outside = this.areas(task).find((area) => area.start < start || area.start >= start + size);
    return outside?.start ?? sp;
  }

  /** The calls of a thread, innermost first. */
  areas(task: Task): readonly FrameArea[] {
    let areas = this.#areas.get(task);
    if (areas) return areas;
    areas = [];
    this.#areas.set(task, areas);
    const stack = new CallStack(this.#machine, this.#images, task);
    let frames: StackFrame[] = [];
    for (let level = 0; level < MOST_FRAMES; level++) {
      const frame = stack.at(level);
      if (frame && frames.length > 0 && frame.calls === frames[0].calls) {
        frames.push(frame);
        continue;
      }
      if (frames.length > 0) areas.push(this.#area(task, frames, frame));
      if (!frame) break;
      frames = [frame];
    }
    return areas;
  }

  #area(task: Task, frames: StackFrame[], outer: StackFrame | undefined): FrameArea {
    const start = Number(frames[0].frame.registers.x[X.Sp] ?? 0n);
    const next = Number(outer?.frame.registers.x[X.Sp] ?? 0n);
    const end = next >= start && next - start < LARGEST_FRAME ? next : start;
    let locals: readonly Local[] | undefined;
    const find = (): readonly Local[] => frames.flatMap((frame) => localsOf(frame));
    return {
      task,
      start,
      end,
      frames,
      get locals() {
        return (locals ??= find());
      },
    };
  }

  /** `main (fork.c:12)`; which of several calls of a function it is. */
  #frameText(area: FrameArea): string {
    const [{ line, level }] = area.frames;
    const name = functionOf(area);
    const isOneOfMany = this.areas(area.task).some((other) => other !== area && functionOf(other) === name);
    const facts = [
      ...(line ? [`${baseName(line.file)}:${line.line}`] : []),
      ...(isOneOfMany ? [`frame ${level}`] : []),
      ...(this.#process.tasks.length > 1 ? [`thread ${area.task.tid}`] : []),
    ];
    return facts.length > 0 ? `${name} (${facts.join(', ')})` : name;
  }

  #initialAreas(): readonly StackArea[] {
    return (this.#initial ??= this.#findInitial());
  }

  #findInitial(): readonly StackArea[] {
    if (!this.#process.space) return [];
    const mappings = this.#machine.inspector.mappings(this.#machine.provider.label(this.#process.space));
    const stack = mappings.find(({ name }) => name === '[stack]');
    return stack ? initialStack(this.#read, stack.start, stack.end, this.#process.argv) : [];
  }
}

/** No function that works has more. */
const LARGEST_FRAME = 1 << 30;

/** Variables of one call that are told one by one. */
const MOST_LOCALS = 5;

function fewOf(names: readonly string[]): string {
  if (names.length <= MOST_LOCALS) return names.join(', ');
  return `${names.slice(0, MOST_LOCALS - 1).join(', ')} and ${names.length - MOST_LOCALS + 1} more`;
}

function functionOf({ frames }: FrameArea): string {
  return frames.at(-1)!.name;
}

function stackText({ task, isAlternate }: StackExtent): string {
  return isAlternate ? `alternative signal stack of thread ${task.tid}` : `stack of thread ${task.tid}`;
}

/** The variables of a frame that are in memory, those of inner blocks first. */
function localsOf({ frame, activation, image }: StackFrame): Local[] {
  const symbols = image?.symbols;
  if (!symbols) return [];
  const { locals, arguments: parameters } = symbols.variablesAt(placeOf(frame), activation);
  return [...locals, ...parameters].flatMap((variable) => {
    const found = symbols.locate(variable, frame);
    if ('unavailable' in found) return [];
    const { type, storage } = found;
    const start = storage.address ?? 0;
    return [{ name: variable.name, type, storage, start, end: storage.address ? start + (sizeOf(type) ?? 0) : start }];
  });
}
