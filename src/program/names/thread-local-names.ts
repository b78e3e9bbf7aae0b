import type { Process } from '../../linux/process.ts';
import type { Task } from '../../linux/task.ts';
import type { Machine } from '../../machine/machine.ts';
import { X } from '../../riscv/registers.ts';
import { sizeOf } from '../../symbols/type.ts';
import type { Type } from '../../symbols/type.ts';
import { innermostPlace } from '../call-stack.ts';
import type { ImageTable } from '../images.ts';
import { elementsWithin, partName } from './file-names.ts';
import type { MemoryName } from './memory-name.ts';

/** A thread's copy of a variable. */
interface ThreadLocal {
  readonly name: string;
  readonly type: Type;
  readonly task: Task;
  readonly start: number;
  readonly end: number;
}

/** The thread-local variables of a process, at one moment. */
export class ThreadLocalNames {
  readonly #machine: Machine;
  readonly #images: ImageTable;
  readonly #process: Process;
  #found: readonly ThreadLocal[] | undefined;
  #blocks: readonly Omit<ThreadLocal, 'name' | 'type'>[] | undefined;

  constructor(machine: Machine, images: ImageTable, process: Process) {
    this.#machine = machine;
    this.#images = images;
    this.#process = process;
  }

  at(address: number): MemoryName | undefined {
    const variable = this.variables().find(({ start, end }) => start <= address && address < end);
    if (variable) {
      const { name, type, task, start, end } = variable;
      const text = partName(name, type, address - start) + this.#whose(task);
      return { text, kind: 'variable', start, end, object: { name, type } };
    }
    const block = this.#threadBlocks().find(({ start, end }) => start <= address && address < end);
    return (
      block && {
        text: `thread-local memory of thread ${block.task.tid}`,
        kind: 'symbol',
        start: block.start,
        end: block.end,
      }
    );
  }

  within(low: number, high: number): string[] {
    const touches = ({ start, end }: { start: number; end: number }): boolean => start < high && low < end;
    const names = this.variables()
      .filter(touches)
      .map(({ name, type, task, start, end }) => elementsWithin(name, type, start, end, low, high) + this.#whose(task));
    if (names.length > 0) return names;
    return this.#threadBlocks()
      .filter(touches)
      .map(({ task }) => `thread-local memory of thread ${task.tid}`);
  }

  variables(): readonly ThreadLocal[] {
    return (this.#found ??= this.#tasks().flatMap((task) => {
      const { frame } = innermostPlace(this.#machine, this.#images, task);
      return this.#images.of(this.#process).flatMap(({ symbols }) =>
        (symbols?.threadLocals() ?? []).flatMap((variable) => {
          const located = symbols!.locate(variable, frame);
          const start = 'unavailable' in located ? undefined : located.storage.address;
          const { name, type } = variable;
          return start === undefined ? [] : [{ name, type, task, start, end: start + (sizeOf(type) ?? 1) }];
        }),
      );
    }));
  }

  /** The block that tp points to: the program's own. */
  #threadBlocks(): readonly Omit<ThreadLocal, 'name' | 'type'>[] {
    const size = this.#images.program(this.#process)?.symbols?.contents.threadLocalSize ?? 0;
    return (this.#blocks ??= this.#tasks().map((task) => {
      const start = Number(this.#machine.registers(task).x(X.Tp));
      return { task, start, end: start === 0 ? 0 : start + size };
    }));
  }

  #tasks(): Task[] {
    return this.#process.tasks.filter(({ state }) => state !== 'dead');
  }

  /** Of several threads which. */
  #whose({ tid }: Task): string {
    return this.#tasks().length > 1 ? ` of thread ${tid}` : '';
  }
}
