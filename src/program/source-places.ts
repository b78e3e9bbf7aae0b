import type { EventContext } from '../machine/machine-event.ts';
import type { Machine } from '../machine/machine.ts';
import { X } from '../riscv/registers.ts';
import { CallStack } from './call-stack.ts';
import type { ImageTable } from './images.ts';
import { baseName } from './source-map.ts';

/** How far out a caller with lines is looked for. */
const MOST_FRAMES = 16;
const MOST_REMEMBERED = 1000;

/** What makes system calls, whoever called it. */
const WRAPPERS = /^_*(libc_)?(v?fork|clone3?|(raw_?)?syscall_?\d*)$/i;

/**
 * Where in the program's own source an event happens: the innermost call that has lines. It is asked while the event
 * happens, and often at the same place, whose name is kept.
 */
export class SourcePlaces {
  readonly #machine: Machine;
  readonly #images: ImageTable;
  readonly #known = new Map<string, string | undefined>();

  constructor(machine: Machine, images: ImageTable) {
    this.#machine = machine;
    this.#images = images;
  }

  /** `main (fork-cow.c:36)`; without a line the function alone; `undefined` where nothing is known. */
  at({ pid, tid, pc }: EventContext): string | undefined {
    const task = this.#machine.tasks().find((one) => one.tid === tid);
    if (!task?.process.space) return undefined;
    const caller = this.#machine.registers(task).x(X.Ra);
    const key = `${pid} ${task.process.executable} ${pc} ${caller}`;
    if (this.#known.has(key)) return this.#known.get(key);
    if (this.#known.size === MOST_REMEMBERED) this.#known.clear();
    const place = this.#find(new CallStack(this.#machine, this.#images, task));
    this.#known.set(key, place);
    return place;
  }

  #find(stack: CallStack): string | undefined {
    let place: string | undefined;
    for (let level = 0; level < MOST_FRAMES; level++) {
      const frame = stack.at(level);
      if (!frame) break;
      const { line, name } = frame;
      if (!line) continue;
      place ??= `${name} (${baseName(line.file)}:${line.line})`;
      if (!WRAPPERS.test(name)) return `${name} (${baseName(line.file)}:${line.line})`;
    }
    const name = stack.at(0)?.name;
    return place ?? (name?.startsWith('0x') ? undefined : name);
  }
}
