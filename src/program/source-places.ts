import type { EventPlace } from '../inspect/fork-tree.ts';
import type { EventContext } from '../machine/machine-event.ts';
import type { Machine } from '../machine/machine.ts';
import type { Process } from '../linux/process.ts';
import { toHex } from '../memory/address.ts';
import { CallStack } from './call-stack.ts';
import type { ImageTable } from './images.ts';
import { baseName, type SourceMap } from './source-map.ts';

/** How far out a caller with lines is looked for. */
const MOST_FRAMES = 16;
const MOST_REMEMBERED = 1000;

/** What makes system calls, whoever called it. */
const WRAPPERS = /^_*(libc_)?(v?fork|clone3?|(raw_?)?syscall_?\d*)$/i;

/**
 * Where in the program's own source an event happens: the innermost call that has lines. It is asked while the event
 * happens, and often at the same instruction: the place of one that has a line itself is kept.
 */
export class SourcePlaces {
  readonly #machine: Machine;
  readonly #images: ImageTable;
  readonly #sources: SourceMap | undefined;
  readonly #known = new Map<string, EventPlace>();

  /** @param sources leads from the paths in the debug information to those that are told */
  constructor(machine: Machine, images: ImageTable, sources?: SourceMap) {
    this.#machine = machine;
    this.#images = images;
    this.#sources = sources;
  }

  /** `main (fork-cow.c:36)`; without a line the function alone; `undefined` where nothing is known. */
  at({ pid, tid, pc }: EventContext): EventPlace | undefined {
    const task = this.#machine.tasks().find((one) => one.tid === tid);
    if (!task?.process.space) return undefined;
    const key = `${pid} ${task.process.executable} ${pc}`;
    const known = this.#known.get(key);
    if (known) return known;
    const stack = new CallStack(this.#machine, this.#images, task);
    const place = this.#find(stack);
    // A place further out depends on who has called.
    const top = stack.at(0);
    if (place && top?.line && !WRAPPERS.test(top.name) && top.frame.pc === pc) {
      if (this.#known.size === MOST_REMEMBERED) this.#known.clear();
      this.#known.set(key, place);
    }
    return place;
  }

  /** The line of an instruction itself; `undefined` where it has none. */
  lineAt(process: Process, pc: number): EventPlace | undefined {
    const symbols = process.space && this.#images.at(process, pc)?.symbols;
    const line = symbols?.lineAt(pc);
    return line && this.#named(symbols?.functionAt(pc)?.name ?? toHex(pc), line);
  }

  #named(name: string, { file, line }: { readonly file: string; readonly line: number }): EventPlace {
    return { text: `${name} (${baseName(file)}:${line})`, file: this.#sources?.toClient(file) ?? file, line };
  }

  #find(stack: CallStack): EventPlace | undefined {
    let place: EventPlace | undefined;
    for (let level = 0; level < MOST_FRAMES; level++) {
      const frame = stack.at(level);
      if (!frame) break;
      const { line, name } = frame;
      if (!line) continue;
      const here = this.#named(name, line);
      place ??= here;
      if (!WRAPPERS.test(name)) return here;
    }
    const name = stack.at(0)?.name;
    return place ?? (name === undefined || name.startsWith('0x') ? undefined : { text: name });
  }
}
